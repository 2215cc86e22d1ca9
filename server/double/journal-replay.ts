// Doing once more, elsewhere, what a journal has.
//
// Each client of the journal has a connection of its own, and everything is asked in the order in
// which it came: the next request when the last one has its reply, unless that had to wait for
// somebody else at the time, too.

import type { FarEnd, Target } from './far-end.ts';
import type { JournalEntry } from './journal.ts';
import { readReplies } from './values.ts';

/** What came of a request the second time. */
export type Replayed = {
  readonly entry: JournalEntry;
  /** The reply now, as a value; undefined if there was none. */
  readonly reply: unknown;
  readonly replyBytes: Buffer | null;
  /** Whether it is the same, byte for byte, as the one in the journal. */
  readonly same: boolean;
};

// Answers to these do not come one for each request, or never end.
const LEFT_OUT = new Set(['client|reply', 'monitor', 'psync', 'sync', 'quit', 'shutdown']);

/** Asks another server for the same. Rejects if it cannot be reached, or hangs up. */
export async function replay(
  entries: readonly JournalEntry[],
  target: Target,
): Promise<Replayed[]> {
  const { FarEnd } = await import('./far-end.ts');
  const connections = new Map<number, FarEnd>();
  const found: { entry: JournalEntry; bytes: Buffer | null }[] = [];
  const late: Promise<void>[] = [];
  try {
    for (const entry of entries) {
      if (LEFT_OUT.has(entry.name)) continue;
      let far = connections.get(entry.client.id);
      if (far === undefined) {
        far = await FarEnd.open(target);
        connections.set(entry.client.id, far);
      }
      const one: { entry: JournalEntry; bytes: Buffer | null } = { entry, bytes: null };
      found.push(one);
      const reply = far.ask(entry.words).then((bytes) => {
        one.bytes = bytes;
      });
      if (!entry.answered) reply.catch(() => {});
      else if (entry.waited) late.push(reply);
      else await reply;
      if (!entry.answered || entry.waited) await hasArrived(await FarEnd.open(target));
    }
    await Promise.all(late);
  } finally {
    for (const far of connections.values()) far.close();
  }
  return found.map(({ entry, bytes }) => {
    const values = bytes === null ? [] : readReplies(bytes);
    return {
      entry,
      reply: values.length > 1 ? values : values[0],
      replyBytes: bytes,
      same: bytes === null ? !entry.answered : entry.replyBytes?.equals(bytes) === true,
    };
  });
}

/** What was sent to a server over another connection has come when this one had its answers. */
async function hasArrived(far: FarEnd): Promise<void> {
  await far.ask(['PING']);
  await far.ask(['PING']);
  far.close();
}
