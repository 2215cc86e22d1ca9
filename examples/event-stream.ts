// An event stream: what happened, kept in order, read by as many as want, each at its own pace.
//
// The problem: several services are to learn of each order; some of them are down at times, and
// some have several processes that share the work.
// The idea: a stream, and a consumer group for each service. A group remembers how far it is, and
// which entries it gave to which consumer; an entry that was not acknowledged is given out again,
// to the same consumer after a crash, to another one after `claimAfter`.
// Not when: events must be kept for years, or be handled exactly once. A stream lives in memory,
// and is cut; a handler may see an entry twice.

import type { Client } from '../client/index.ts';

const STREAM = 'orders';

export interface Order {
  id: string;
  total: number;
}

/** Tells of an order. Resolves to the entry's ID. */
export function tell(client: Client, order: Order): Promise<string> {
  // About the last 100,000: cutting exactly costs more than it saves.
  return client.xadd(STREAM, '*', { ...order }, { maxlen: 100_000, approx: true });
}

/**
 * Handles each order for a service, until the signal aborts. What a handler throws on stays
 * unacknowledged, and is given out again, to whichever consumer asks first.
 */
export async function follow(
  client: Client,
  service: string,
  consumer: string,
  handle: (order: Order) => Promise<void>,
  { signal, claimAfter = 60_000 }: { signal: AbortSignal; claimAfter?: number },
): Promise<void> {
  const options = { group: service, consumer, from: '0', claimAfter, signal };
  for await (const { fields, ack } of client.consume(STREAM, options)) {
    try {
      await handle({ id: fields['id']!, total: Number(fields['total']) });
    } catch {
      continue;
    }
    await ack();
  }
}

/** How many orders a service has not been given yet, and how many it has not acknowledged. */
export async function backlog(
  client: Client,
  service: string,
): Promise<{ lag: number | null; pending: number }> {
  const groups = await client.xinfoGroups(STREAM);
  const group = groups.find(({ name }) => name === service);
  if (group === undefined) throw new Error(`nobody follows for ${service}`);
  return { lag: group.lag, pending: group.pending };
}
