// What the commands of consumer groups have in common: finding a group, counting what it has
// read, and what is passed on of its changes.
//
// HOW FAR A GROUP HAS COME
//
// A stream counts the entries that ever came (entriesAdded); a group counts those that came up to
// its lastId (entriesRead); the difference is its lag. The group's count can be kept only while the
// entries that it passes are known to be all that ever were there: an entry deleted behind
// the group's place, a tombstone, makes it unknown until it can be told again, which is at the
// stream's two ends. A stream remembers just one tombstone, the highest, and that is enough: what
// lies above it has no gaps.

import type { Stream } from '../../datatypes/stream.ts';
import { type Consumer, type Group, UNKNOWN } from '../../datatypes/stream-group.ts';
import { MAX_ID, MIN_ID, parseId, printId } from '../../datatypes/stream-id.ts';
import type { Pending } from '../../datatypes/pending.ts';
import { BAD_STREAM_ID, NOT_AN_INTEGER, noGroup } from '../../protocol/errors.ts';
import { parseInt64, parseSafeInt } from '../../protocol/numbers.ts';
import type { Client } from '../client.ts';
import type { KeyEvent } from '../notify.ts';
import { readStream } from '../stream-value.ts';

/**
 * The stream at a key, or undefined; throws WRONGTYPE. Redis: to it this is a look at the key, even
 * if a group changes.
 */
export function readForGroups(c: Client, key: string): Stream | undefined {
  c.db.willChange(key);
  return readStream(c, key);
}

/** A group of the stream that was found; throws NOGROUP without it. */
export function mustHaveGroup(stream: Stream | undefined, key: string, name: string): Group {
  const group = stream?.groups?.get(name);
  if (group === undefined) throw noGroup(key, name);
  return group;
}

/** A consumer of a group, who comes into being if need be; it was seen just now. */
export function seenConsumer(c: Client, key: string, group: Group, name: string): Consumer {
  let consumer = group.consumers.get(name);
  if (consumer === undefined) consumer = createConsumer(c, key, group, name);
  else consumer.seenMs = c.server.clock.ms;
  return consumer;
}

export function createConsumer(c: Client, key: string, group: Group, name: string): Consumer {
  const consumer = group.addConsumer(name, c.server.clock.ms);
  groupChanged(c, key, 'xgroup-createconsumer');
  return consumer;
}

/** Counts and announces a change of a group. Redis: transactions that watch the key go on. */
export function groupChanged(c: Client, key: string, event: KeyEvent): void {
  c.server.dirty++;
  c.db.announce(key, event);
}

/** An entry's ID; without a sequence number, the first or the last. Throws if it is none. */
export function strictId(text: string, highest = false): string {
  const id = parseId(text, highest);
  if (id === null) throw BAD_STREAM_ID;
  return id;
}

/** The same, or '-' or '+' for the ends of all IDs. */
export function looseId(text: string, highest = false): string {
  if (text === '-') return MIN_ID;
  if (text === '+') return MAX_ID;
  return strictId(text, highest);
}

/** A 64-bit integer, as a number if that holds it exactly; throws if it is none. */
export function exactInteger(text: string, problem = NOT_AN_INTEGER): number | bigint {
  const n = parseSafeInt(text);
  if (n === n) return n;
  const wide = parseInt64(text);
  if (wide === undefined) throw problem;
  return wide;
}

/** A sum or difference in 64 bits, which goes round at their ends. */
export function plus(a: number | bigint, b: number | bigint): number | bigint {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return exact(BigInt.asIntN(64, BigInt(a) + BigInt(b)));
}

function exact(n: bigint): number | bigint {
  const short = Number(n);
  return Number.isSafeInteger(short) ? short : n;
}

export function replyInteger(c: Client, n: number | bigint): void {
  if (typeof n === 'number') c.reply.int(n);
  else c.reply.int64(n);
}

/** Whether an entry above an ID was deleted. */
function hasTombstoneFrom(stream: Stream, id: string): boolean {
  const { maxDeletedId } = stream;
  return stream.size !== 0 && maxDeletedId !== MIN_ID && id <= maxDeletedId;
}

/** How many entries came up to an ID since the stream began, or UNKNOWN. */
export function entriesUpTo(stream: Stream, id: string): number | bigint {
  const { size, maxDeletedId, lastId, firstId } = stream;
  const entriesAdded = plus(stream.entriesAdded, 0);
  if (entriesAdded === 0) return 0;
  if (size === 0 && id <= lastId) return entriesAdded;
  if (id !== MIN_ID && id < maxDeletedId) return UNKNOWN;
  if (id === lastId) return entriesAdded;
  if (id > lastId) return UNKNOWN;
  if (maxDeletedId === MIN_ID || maxDeletedId < firstId) {
    if (id < firstId) return plus(entriesAdded, -size);
    if (id === firstId) return plus(entriesAdded, 1 - size);
  }
  return UNKNOWN;
}

/** Notes that a group was given an entry that is new to it. */
export function advance(stream: Stream, group: Group, id: string): void {
  const { entriesRead, lastId } = group;
  const counts =
    entriesRead !== UNKNOWN && lastId >= stream.firstId && !hasTombstoneFrom(stream, lastId);
  if (counts) group.entriesRead = plus(entriesRead, 1);
  else if (stream.entriesAdded !== 0) group.entriesRead = entriesUpTo(stream, id);
  group.lastId = id;
}

/** Replies with how many entries a group has yet to be given; null if that cannot be told. */
export function replyLag(c: Client, stream: Stream, group: Group): void {
  const { entriesAdded, size, firstId, maxDeletedId } = stream;
  const { lastId, entriesRead } = group;
  const { isCurrent } = c.server.version;
  if (entriesAdded === 0 || (size === 0 && isCurrent)) return c.reply.int(0);
  if (isCurrent && lastId < firstId && maxDeletedId < firstId) return c.reply.int(size);
  const known = entriesRead !== UNKNOWN && !hasTombstoneFrom(stream, lastId);
  const read = known ? entriesRead : entriesUpTo(stream, lastId);
  if (!known && read === UNKNOWN) return c.reply.null();
  replyInteger(c, plus(entriesAdded, minus(read)));
}

function minus(n: number | bigint): number | bigint {
  return typeof n === 'number' ? -n : exact(-n);
}

/** What is passed on of an entry that was given to a consumer, by whatever command. */
export function claimOf(
  key: string,
  group: Group,
  entry: Pending<Consumer>,
  id = printId(entry.id),
): string[] {
  const { owner, deliveredMs, deliveries } = entry;
  return [
    ...['XCLAIM', key, group.name, owner.name, '0', id],
    ...['TIME', String(deliveredMs), 'RETRYCOUNT', String(deliveries)],
    ...['FORCE', 'JUSTID', 'LASTID', printId(group.lastId)],
  ];
}

/** What is passed on of how far a group has come. */
export function setIdOf(key: string, group: Group): string[] {
  const { name, lastId, entriesRead } = group;
  return ['XGROUP', 'SETID', key, name, printId(lastId), 'ENTRIESREAD', String(entriesRead)];
}
