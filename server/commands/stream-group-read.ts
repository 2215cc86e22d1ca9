// XREADGROUP: reading for a consumer of a group, either what nobody of the group was given yet
// ('>'), or what this consumer was given and has not acknowledged (any other ID).
//
// New entries become pending, and are passed on as an XCLAIM each: whoever repeats this stream of
// commands shall give the same entry to the same consumer at the same time, whatever else he
// has. How far the group has come follows.

import { STREAM } from '../../datatypes/collection.ts';
import type { Stream } from '../../datatypes/stream.ts';
import type { Consumer, Group } from '../../datatypes/stream-group.ts';
import { MAX_ID, nextId, printId } from '../../datatypes/stream-id.ts';
import { ReplyError, SYNTAX, noGroup } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import { integer } from '../string-value.ts';
import { wholeTimeoutMs } from '../timeout.ts';
import {
  advance,
  claimOf,
  createConsumer,
  plus,
  readForGroups,
  setIdOf,
  strictId,
} from './stream-group-value.ts';

const UNBALANCED = new ReplyError(
  "ERR Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>' must be " +
    'specified.',
);
const NO_GROUP_OPTION = new ReplyError('ERR Missing GROUP option for XREADGROUP');
const meaningless = (symbol: string): ReplyError =>
  new ReplyError(
    `ERR The ${symbol} ID is meaningless in the context of XREADGROUP: you want to read the ` +
      'history of this consumer by specifying a proper ID, or use the > ID to get new messages. ' +
      `The ${symbol} ID would just return an empty result set.`,
  );
const NOT_LAST = meaningless('$');
const NOT_END = meaningless('+');

const NEW = MAX_ID; // Redis: the highest ID means the same as '>'.

// What was asked for, set by options().
let firstKey = 0;
let keys = 0;
let count = 0;
let blockMs = -1; // -1 if it does not wait.
let noAck = false;
let groupName = '';
let consumerName = '';

// The groups, and the IDs behind which to read, one for each key.
const groups: Group[] = [];
const ids: string[] = [];

function options(c: Client): void {
  const { argv } = c;
  const last = argv.length - 1;
  keys = 0;
  count = 0;
  blockMs = -1;
  noAck = false;
  let hasGroup = false;
  for (let i = 1; keys === 0 && i <= last; i++) {
    const word = argv[i].toUpperCase();
    if (word === 'BLOCK' && i < last) {
      blockMs = wholeTimeoutMs(c, argv[++i]);
    } else if (word === 'COUNT' && i < last) {
      count = Math.max(0, integer(argv[++i]));
    } else if (word === 'STREAMS' && i < last) {
      firstKey = i + 1;
      keys = (argv.length - firstKey) / 2;
      if (keys % 1 !== 0) throw UNBALANCED;
    } else if (word === 'GROUP' && i + 1 < last) {
      groupName = argv[++i];
      consumerName = argv[++i];
      hasGroup = true;
    } else if (word === 'NOACK') {
      noAck = true;
    } else {
      throw SYNTAX;
    }
  }
  if (keys === 0) throw SYNTAX;
  if (!hasGroup) throw NO_GROUP_OPTION;
}

/** Finds the groups, and reads the IDs. */
function findGroups(c: Client): void {
  const { argv } = c;
  for (let i = 0; i < keys; i++) {
    const key = argv[firstKey + i];
    const group = readForGroups(c, key)?.groups?.get(groupName);
    if (group === undefined) {
      throw noGroup(key, groupName, ' in XREADGROUP with GROUP option');
    }
    groups[i] = group;
    const id = argv[firstKey + keys + i];
    if (id === '$') throw NOT_LAST;
    if (id === '+') throw NOT_END;
    ids[i] = id === '>' ? NEW : strictId(id);
  }
}

/**
 * XREADGROUP GROUP group consumer [COUNT count] [BLOCK milliseconds] [NOACK] STREAMS key [key ...]
 *   id [id ...]
 */
export function xreadgroup(c: Client): void {
  options(c);
  findGroups(c);
  if (c.server.propagation.active) c.instead = [];
  const start = c.reply.beginArray();
  let served = 0;
  for (let i = 0; i < keys; i++) {
    const stream = readForGroups(c, c.argv[firstKey + i])!;
    if (serve(c, stream, i)) served++;
  }
  groups.length = 0;
  if (served === 0) {
    c.reply.rewind(start);
    return wait(c);
  }
  if (c.reply.resp3) c.reply.endMap(start, served);
  else c.reply.endArray(start, served);
}

/** Replies with what one stream has for the consumer; false if that is nothing new. */
function serve(c: Client, stream: Stream, i: number): boolean {
  const key = c.argv[firstKey + i];
  const group = groups[i];
  const isNew = ids[i] === NEW;
  const isInVain = isNew && (stream.size === 0 || stream.topId <= group.lastId);
  if (isInVain && c.server.version.isBefore72) return false;
  const consumer = consumerOf(c, key, group);
  if (isInVain) return false;
  if (!c.reply.resp3) c.reply.array(2);
  c.reply.bulk(key);
  if (isNew) deliver(c, key, stream, group, consumer);
  else history(c, stream, consumer, nextId(ids[i])!);
  return true;
}

function consumerOf(c: Client, key: string, group: Group): Consumer {
  let consumer = group.consumers.get(consumerName);
  if (consumer === undefined) {
    consumer = createConsumer(c, key, group, consumerName);
    if (noAck && c.instead !== null) {
      c.instead.push(['XGROUP', 'CREATECONSUMER', key, groupName, consumerName]);
    }
  }
  consumer.seenMs = c.server.clock.ms;
  return consumer;
}

/** Gives the consumer what is new to the group. */
function deliver(c: Client, key: string, stream: Stream, group: Group, consumer: Consumer): void {
  const nowMs = c.server.clock.ms;
  const start = c.reply.beginArray();
  let delivered = 0;
  const cursor = stream.cursor(nextId(group.lastId)!, MAX_ID, false);
  while (cursor.advance()) {
    const { id } = cursor;
    advance(stream, group, id);
    cursor.emit(c.reply);
    delivered++;
    if (!noAck) {
      const entry = group.deliver(id, consumer, nowMs);
      consumer.activeMs = nowMs;
      if (c.instead !== null) c.instead.push(claimOf(key, group, entry));
    }
    if (delivered === count) break;
  }
  if (c.instead !== null) c.instead.push(setIdOf(key, group));
  c.server.dirty++;
  c.reply.endArray(start, delivered);
}

/** Replies with what the consumer has pending from an ID on: null for what was deleted. */
function history(c: Client, stream: Stream, consumer: Consumer, from: string): void {
  const { reply } = c;
  const nowMs = c.server.clock.ms;
  const start = reply.beginArray();
  let told = 0;
  consumer.pending.seek(from);
  for (
    let entry = consumer.pending.next();
    entry !== undefined && (count === 0 || told < count);
    entry = consumer.pending.next()
  ) {
    const { id } = entry;
    const cursor = stream.cursor(id, id, false);
    if (cursor.advance()) {
      cursor.emit(reply);
      entry.deliveredMs = nowMs;
      entry.deliveries = plus(entry.deliveries, 1);
    } else {
      reply.array(2);
      reply.bulk(printId(id));
      reply.nullArray();
    }
    told++;
  }
  reply.endArray(start, told);
}

function wait(c: Client): void {
  if (blockMs < 0 || c.inExec) return inVain(c);
  const streams = c.argv.slice(firstKey, firstKey + keys);
  c.server.blocking.block(c, streams, STREAM, blockMs, inVain, true);
}

function inVain(c: Client): void {
  c.reply.nullArray();
}
