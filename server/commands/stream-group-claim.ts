// Taking over what another consumer has pending, because it did not get it done: XCLAIM by ID,
// XAUTOCLAIM whatever has been idle for long enough. An entry that the stream no longer holds
// is not taken over: it ends to be pending.
//
// Both are passed on as an XCLAIM for each entry, with the outcome as options, so that it comes to
// the same wherever and whenever it is repeated.

import { STREAM } from '../../datatypes/collection.ts';
import type { Stream } from '../../datatypes/stream.ts';
import type { Pending } from '../../datatypes/pending.ts';
import type { Consumer, Group } from '../../datatypes/stream-group.ts';
import { MIN_ID, parseId, printId } from '../../datatypes/stream-id.ts';
import { ReplyError, SYNTAX, WRONG_TYPE, quoting } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import { kindOf } from '../keyspace.ts';
import { integer } from '../string-value.ts';
import { startOf } from './stream-group-pending.ts';
import {
  claimOf,
  exactInteger,
  mustHaveGroup,
  plus,
  readForGroups,
  seenConsumer,
  setIdOf,
  strictId,
} from './stream-group-value.ts';

const badArgument = (what: string): ReplyError =>
  new ReplyError(`ERR Invalid ${what} argument for XCLAIM`);
const BAD_MIN_IDLE = badArgument('min-idle-time');
const BAD_IDLE = badArgument('IDLE option');
const BAD_TIME = badArgument('TIME option');
const BAD_RETRYCOUNT = badArgument('RETRYCOUNT option');
const BAD_AUTO_MIN_IDLE = new ReplyError('ERR Invalid min-idle-time argument for XAUTOCLAIM');
const BAD_COUNT = new ReplyError('ERR COUNT must be > 0');
const COUNT_TOO_HIGH = new ReplyError(
  'ERR Insufficient memory, failed allocating transient memory, COUNT too high.',
);

const LARGEST_COUNT = ((1n << 63n) - 1n) / 16n;
const MOST_TO_CLAIM = 2 ** 42; // Redis: it makes room for the IDs that may have been deleted.
const ATTEMPTS = 10; // Redis: XAUTOCLAIM looks at so many entries for each that it may return.

// What was asked for, set by claimOptions() or autoClaimOptions().
let minIdleMs = 0;
let force = false;
let justId = false;
let deliveredMs = 0;
let deliveries: number | bigint = -1; // Negative: it counts on.
let lastId = MIN_ID;
let claimant: Consumer | null = null; // Null until there is one.
let start = '';
let count = 0;

/** Reads XCLAIM's options behind its IDs; returns where they begin. */
function claimOptions(c: Client): number {
  const { argv } = c;
  const nowMs = c.server.clock.ms;
  minIdleMs = integer(argv[4], BAD_MIN_IDLE);
  force = false;
  justId = false;
  deliveredMs = nowMs;
  deliveries = -1;
  lastId = MIN_ID;
  let at = 5;
  while (at < argv.length && parseId(argv[at]) !== null) at++;
  for (let i = at; i < argv.length; i++) {
    const word = argv[i].toUpperCase();
    const more = i + 1 < argv.length;
    if (word === 'FORCE') force = true;
    else if (word === 'JUSTID') justId = true;
    else if (word === 'IDLE' && more) deliveredMs = nowMs - integer(argv[++i], BAD_IDLE);
    else if (word === 'TIME' && more) deliveredMs = integer(argv[++i], BAD_TIME);
    else if (word === 'RETRYCOUNT' && more) deliveries = exactInteger(argv[++i], BAD_RETRYCOUNT);
    else if (word === 'LASTID' && more) lastId = strictId(argv[++i]);
    else throw quoting("Unrecognized XCLAIM option '", argv[i], "'");
  }
  // Redis: a time that cannot be is not refused, because clocks differ.
  if (deliveredMs < 0 || deliveredMs > nowMs) deliveredMs = nowMs;
  return at;
}

/**
 * XCLAIM key group consumer min-idle-time id [id ...] [IDLE ms] [TIME unix-time-milliseconds]
 *   [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID lastid]
 */
export function xclaim(c: Client): void {
  const { argv, reply } = c;
  const [, key, name, consumerName] = argv;
  const stream = readForGroups(c, key);
  const group = mustHaveGroup(stream, key, name);
  const end = claimOptions(c);
  if (c.server.propagation.active) c.instead = [];
  const moved = lastId > group.lastId;
  if (moved) group.lastId = lastId;
  claimant = c.server.version.isBefore72 ? null : seenConsumer(c, key, group, consumerName);
  const before = c.server.dirty;
  const mark = reply.beginArray();
  let claimed = 0;
  for (let i = 5; i < end; i++) {
    if (claimOne(c, stream!, group, argv[i])) claimed++;
  }
  // Each XCLAIM that is passed on tells it, too.
  if (moved && c.server.dirty === before) {
    c.server.dirty++;
    if (c.instead !== null) c.instead.push(setIdOf(key, group));
  }
  reply.endArray(mark, claimed);
}

/** Claims the entry with an ID, and replies with it; false if it cannot be had. */
function claimOne(c: Client, stream: Stream, group: Group, printedId: string): boolean {
  const id = parseId(printedId)!;
  let entry = group.pending.find(id);
  if (!stream.has(id)) {
    if (entry !== undefined) forget(c, group, entry, printedId);
    return false;
  }
  if (entry === undefined) {
    if (!force) return false;
  } else if (minIdleMs > 0 && c.server.clock.ms - entry.deliveredMs < minIdleMs) {
    return false;
  }
  const consumer = claimantOf(c, group);
  if (entry === undefined) entry = group.add(id, consumer, deliveredMs, 1);
  entry.deliveredMs = deliveredMs;
  if (deliveries >= 0) entry.deliveries = deliveries;
  else if (!justId) entry.deliveries = plus(entry.deliveries, 1);
  take(c, group, consumer, entry, printedId);
  replyEntry(c, stream, id);
  return true;
}

/** Who claims: before Redis 7.2 nobody came into being who claimed nothing. */
function claimantOf(c: Client, group: Group): Consumer {
  claimant ??= seenConsumer(c, c.argv[1], group, c.argv[3]);
  return claimant;
}

/** Lets a consumer have an entry. */
function take(
  c: Client,
  group: Group,
  consumer: Consumer,
  entry: Pending<Consumer>,
  printedId: string,
): void {
  group.give(entry, consumer);
  consumer.activeMs = c.server.clock.ms;
  passOn(c, group, entry, printedId);
}

/** Replies with an entry that is there, or just with its ID. */
function replyEntry(c: Client, stream: Stream, id: string): void {
  if (justId) return c.reply.bulk(printId(id));
  const cursor = stream.cursor(id, id, false);
  cursor.advance();
  cursor.emit(c.reply);
}

/** Drops a pending entry that the stream no longer holds. */
function forget(c: Client, group: Group, entry: Pending<Consumer>, printedId: string): void {
  passOn(c, group, entry, printedId);
  group.acknowledge(entry.id);
}

function passOn(c: Client, group: Group, entry: Pending<Consumer>, printedId: string): void {
  c.server.dirty++;
  if (c.instead !== null) c.instead.push(claimOf(c.argv[1], group, entry, printedId));
}

function autoClaimOptions(argv: readonly string[]): void {
  minIdleMs = integer(argv[4], BAD_AUTO_MIN_IDLE);
  start = startOf(argv[5]);
  count = 100;
  justId = false;
  for (let i = 6; i < argv.length; i++) {
    const word = argv[i].toUpperCase();
    if (word === 'COUNT' && i + 1 < argv.length) {
      const asked = exactInteger(argv[++i], BAD_COUNT);
      if (asked < 1 || asked > LARGEST_COUNT) throw BAD_COUNT;
      count = Number(asked);
    } else if (word === 'JUSTID') {
      justId = true;
    } else {
      throw SYNTAX;
    }
  }
}

/** XAUTOCLAIM key group consumer min-idle-time start [COUNT count] [JUSTID] */
export function xautoclaim(c: Client): void {
  const { argv, reply } = c;
  const [, key, name, consumerName] = argv;
  const value = c.db.read(key); // Redis: it counts as a look even if the call is wrong.
  c.db.willChange(key);
  autoClaimOptions(argv);
  if (value !== undefined && kindOf(value) !== STREAM) throw WRONG_TYPE;
  const stream = value as Stream | undefined;
  const group = mustHaveGroup(stream, key, name);
  if (count > MOST_TO_CLAIM) throw COUNT_TOO_HIGH;
  if (c.server.propagation.active) c.instead = [];
  claimant = c.server.version.isBefore72 ? null : seenConsumer(c, key, group, consumerName);
  const claimed: Pending<Consumer>[] = [];
  const deleted: string[] = [];
  const next = claimIdle(c, stream!, group, claimed, deleted);
  reply.array(3);
  reply.bulk(printId(next));
  reply.array(claimed.length);
  for (const { id } of claimed) replyEntry(c, stream!, id);
  reply.array(deleted.length);
  for (const id of deleted) reply.bulk(printId(id));
}

/** Claims what has been idle long enough; returns the ID from which to go on, or the lowest. */
function claimIdle(
  c: Client,
  stream: Stream,
  group: Group,
  claimed: Pending<Consumer>[],
  deleted: string[],
): string {
  const nowMs = c.server.clock.ms;
  const { pending } = group;
  pending.seek(start);
  for (let attempts = count * ATTEMPTS; attempts > 0; attempts--) {
    if (claimed.length + deleted.length === count) break;
    const entry = pending.next();
    if (entry === undefined) return MIN_ID;
    if (!stream.has(entry.id)) {
      forget(c, group, entry, printId(entry.id));
      deleted.push(entry.id);
      pending.seek(entry.id);
    } else if (minIdleMs <= 0 || nowMs - entry.deliveredMs >= minIdleMs) {
      entry.deliveredMs = nowMs;
      if (!justId) entry.deliveries = plus(entry.deliveries, 1);
      take(c, group, claimantOf(c, group), entry, printId(entry.id));
      claimed.push(entry);
    }
  }
  return pending.next()?.id ?? MIN_ID;
}
