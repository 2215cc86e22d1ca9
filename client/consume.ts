// A consumer of a group, as an iteration: each entry comes with what acknowledges it.
//
//   for await (const { fields, ack } of client.consume('jobs', { group: 'g', consumer: 'c' })) {
//     ...
//     await ack();
//   }
//
// First comes what this consumer was given before and never acknowledged (it may have died since),
// then what is new; from time to time, what others were given and have left lying for
// `claimAfter`.

import type { Caller } from './client.ts';
import { RedisError } from './errors.ts';
import { now } from './time.ts';
import type { Entry } from './types.ts';

export interface ConsumeOptions {
  group: string;
  consumer: string;
  /** Entries asked for at a time. 16. */
  count?: number;
  /** Milliseconds that one question waits for new entries. 5,000. */
  block?: number;
  /** Milliseconds after which what others have not acknowledged is taken over; 0: never. 60,000. */
  claimAfter?: number;
  /** Where a group that has to be created begins: '$' for what is new, '0' for all there is. */
  from?: string;
  /** Ends the iteration. */
  signal?: AbortSignal;
}

export interface Delivery {
  readonly stream: string;
  readonly id: string;
  readonly fields: Record<string, string>;
  /** Tells the group that it is done with. */
  ack(): Promise<number>;
}

/** Ends when the signal aborts, whatever is being asked then. */
export async function* consume(
  client: Caller,
  stream: string,
  options: ConsumeOptions,
): AsyncGenerator<Delivery, void, void> {
  const { signal } = options;
  // What has been done can be acknowledged after the signal, too: it only ends the asking.
  const deliver = ({ id, fields }: Entry<string>): Delivery => {
    return { stream, id, fields, ack: () => client.xack(stream, options.group, id) };
  };
  const asking = signal === undefined ? client : client.with({ signal });
  try {
    for await (const entry of entriesFor(asking, stream, options)) yield deliver(entry);
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}

async function* entriesFor(
  client: Caller,
  stream: string,
  options: ConsumeOptions,
): AsyncGenerator<Entry<string>, void, void> {
  const { group, consumer, count = 16, block = 5000, claimAfter = 60_000, signal } = options;
  await createGroup(client, stream, group, options.from ?? '$');
  let own = '0'; // Behind which ID to look for our own; '>' when there is no more.
  let cursor = '0-0';
  let claimAt = now();
  while (signal?.aborted !== true) {
    if (claimAfter > 0 && own === '>' && now() >= claimAt) {
      const idle = claimAfter;
      const page = await client.xautoclaim(stream, group, consumer, idle, cursor, { count });
      cursor = page.cursor;
      if (cursor === '0-0') claimAt = now() + claimAfter / 2;
      for (const entry of page.entries) if (entry !== null) yield entry;
    }
    const wait = own === '>' ? { count, block } : { count };
    const read = await client.xreadgroup(group, consumer, { [stream]: own }, wait);
    const entries = read?.[stream] ?? [];
    if (own !== '>') own = entries.at(-1)?.id ?? '>';
    // An entry that was deleted while it was pending has no fields any more.
    for (const entry of entries) if (entry.fields !== null) yield entry;
  }
}

async function createGroup(
  client: Caller,
  stream: string,
  group: string,
  from: string,
): Promise<void> {
  try {
    await client.xgroupCreate(stream, group, from, { mkstream: true });
  } catch (error) {
    if (!(error instanceof RedisError && error.code === 'BUSYGROUP')) throw error;
  }
}
