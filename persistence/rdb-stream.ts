// Streams as an RDB file has them:
//
//   nodes    how many, and of each its ID and its listpack
//   about    how many entries, the last ID, the first, the highest deleted, how many ever were
//   groups   how many, and of each: name, last ID, how many entries it has read; what is pending
//            (ID, time, deliveries); the consumers, each with its name, when it was seen and when
//            it was active, and the IDs of what it has pending
//
// Version 1 (Redis 5 and 6) says less about the stream and about what groups have read, version 2
// (7.0) less about consumers. An integer of 64 bits is two lengths' worth of halves, and what a
// group has read is the largest of them if that is not known.

import { entryAfter, FIRST_ENTRY, numberBytes, readInteger } from '../datatypes/listpack.ts';
import { Stream } from '../datatypes/stream.ts';
import { type Consumer, Group, UNKNOWN } from '../datatypes/stream-group.ts';
import { DELETED, SAME_FIELDS, StreamNode } from '../datatypes/stream-node.ts';
import { corrupt } from './rdb-error.ts';
import { TYPE } from './rdb-format.ts';
import type { RdbInput } from './rdb-input.ts';
import type { RdbOutput } from './rdb-output.ts';
import { isListpack } from './rdb-packs.ts';
import { times, whole } from './rdb-steps.ts';

const ID_BYTES = 16;
const FLAGS = 3; // All that there are.
const FRAME = 3; // Elements of an entry before its fields: flags and both halves of the ID.

/** Writes a stream. */
export function writeStream(out: RdbOutput, stream: Stream): void {
  const nodes = stream.nodeCount;
  out.length(nodes);
  for (let i = 0; i < nodes; i++) {
    const node = stream.nodeAt(i)!;
    out.string(node.id);
    out.bytes(node.pack, node.bytes);
  }
  out.length(stream.size);
  writeId(out, stream.lastId);
  if (out.version > 9) {
    writeId(out, stream.firstId);
    writeId(out, stream.maxDeletedId);
    writeWide(out, stream.entriesAdded);
  }
  out.length(stream.groups?.size ?? 0);
  if (stream.groups === null) return;
  for (const name of [...stream.groups.keys()].sort()) writeGroup(out, stream.groups.get(name)!);
}

function writeGroup(out: RdbOutput, group: Group): void {
  const { pending } = group;
  out.string(group.name);
  writeId(out, group.lastId);
  if (out.version > 9) writeWide(out, group.entriesRead);
  out.length(pending.size);
  pending.seek('');
  for (let entry = pending.next(); entry !== undefined; entry = pending.next()) {
    out.raw(entry.id);
    out.time(entry.deliveredMs);
    writeWide(out, entry.deliveries);
  }
  const consumers = group.consumersInOrder();
  out.length(consumers.length);
  for (const consumer of consumers) {
    out.string(consumer.name);
    out.time(consumer.seenMs);
    if (out.version > 10) out.time(consumer.activeMs);
    out.length(consumer.pending.size);
    consumer.pending.seek('');
    for (
      let entry = consumer.pending.next();
      entry !== undefined;
      entry = consumer.pending.next()
    ) {
      out.raw(entry.id);
    }
  }
}

function writeId(out: RdbOutput, id: string): void {
  out.length64(wordAt(id, 0), wordAt(id, 4));
  out.length64(wordAt(id, 8), wordAt(id, 12));
}

function writeWide(out: RdbOutput, n: number | bigint): void {
  if (typeof n === 'number' && n >= 0) return out.length(n);
  const wide = BigInt.asUintN(64, BigInt(n));
  out.length64(Number(wide >> 32n), Number(wide & 0xffffffffn));
}

function wordAt(id: string, at: number): number {
  const low = (id.charCodeAt(at + 2) << 8) | id.charCodeAt(at + 3);
  return ((id.charCodeAt(at) << 24) | (id.charCodeAt(at + 1) << 16) | low) >>> 0;
}

/** Reads a stream of any version. Yields where bytes run out; throws an RdbError. */
export function* readStream(input: RdbInput, type: number): Generator<void, Stream, void> {
  const stream = new Stream();
  const nodes = yield* whole(input, () => input.length());
  let last = '';
  yield* times(input, nodes, () => {
    const id = input.string();
    if (id.length !== ID_BYTES) {
      throw corrupt('Stream node key entry is not the size of a stream ID');
    }
    const pack = input.ownBytes();
    const node = readNode(id, pack);
    if (node === null) throw corrupt('Stream listpack integrity check failed.');
    if (id <= last) throw corrupt('Listpack re-added with existing key');
    last = node.lastId();
    stream.addNode(node);
  });
  yield* whole(input, () => readAbout(input, type, stream));
  if (last > stream.lastId) throw corrupt('Stream entries beyond its last ID');
  const groups = yield* whole(input, () => input.length());
  if (groups > 0) stream.groups = new Map();
  for (let left = groups; left > 0; left--) yield* readGroup(input, type, stream);
  return stream;
}

function readAbout(input: RdbInput, type: number, stream: Stream): void {
  const size = input.length();
  const lastId = readId(input);
  if (size > 0 && stream.nodeCount === 0) {
    throw corrupt('Stream length inconsistent with rax entries');
  }
  if (type === TYPE.STREAM_LISTPACKS) {
    // Unlike Redis: an empty stream that Redis 5 or 6 saved has 0-0 for its first entry, as others
    // have, rather than the highest ID there is.
    stream.entriesAdded = stream.size;
  } else {
    readId(input); // The first: it is known.
    stream.maxDeletedId = readId(input);
    stream.entriesAdded = readWide(input);
  }
  stream.lastId = lastId;
}

function* readGroup(input: RdbInput, type: number, stream: Stream): Generator<void, void, void> {
  const group = yield* whole(input, () => {
    const name = input.string();
    const lastId = readId(input);
    const read = type === TYPE.STREAM_LISTPACKS ? estimate(stream, lastId) : readCount(input);
    return new Group(name, lastId, read);
  });
  if (stream.groups!.has(group.name)) {
    throw corrupt(`Duplicated consumer group name ${group.name}`);
  }
  stream.groups!.set(group.name, group);
  // Whose they are is said later, by those who have them.
  const unowned = new Map<string, { deliveredMs: number; deliveries: number | bigint }>();
  const pending = yield* whole(input, () => input.length());
  yield* times(input, pending, () => {
    const id = input.raw(ID_BYTES);
    const deliveredMs = readTime(input);
    const deliveries = readWide(input);
    if (unowned.has(id)) throw corrupt('Duplicated global PEL entry loading stream consumer group');
    unowned.set(id, { deliveredMs, deliveries });
  });
  const consumers = yield* whole(input, () => input.length());
  for (let left = consumers; left > 0; left--) {
    const consumer = yield* whole(input, () => readConsumer(input, type, group));
    const owned = yield* whole(input, () => input.length());
    yield* times(input, owned, () => {
      const id = input.raw(ID_BYTES);
      const entry = unowned.get(id);
      if (entry === undefined) throw corrupt('Consumer entry not found in group global PEL');
      unowned.delete(id);
      group.add(id, consumer, entry.deliveredMs, 0).deliveries = entry.deliveries;
    });
  }
  if (unowned.size > 0) throw corrupt('Stream CG PEL entry without consumer');
}

function readConsumer(input: RdbInput, type: number, group: Group): Consumer {
  const name = input.string();
  const seenMs = readTime(input);
  const activeMs = type === TYPE.STREAM_LISTPACKS_3 ? readTime(input) : seenMs;
  if (group.consumers.has(name)) throw corrupt('Duplicate stream consumer detected.');
  const consumer = group.addConsumer(name, seenMs);
  consumer.activeMs = activeMs;
  return consumer;
}

/** A time that is a number; beyond 2^53, which no clock shows, that. */
function readTime(input: RdbInput): number {
  const ms = input.time();
  if (typeof ms === 'number') return ms;
  return ms > 0 ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER;
}

function readId(input: RdbInput): string {
  input.length64();
  const ms = word(input.high) + word(input.low);
  input.length64();
  return ms + word(input.high) + word(input.low);
}

function word(n: number): string {
  return String.fromCharCode(n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255);
}

function readWide(input: RdbInput): number | bigint {
  input.length64();
  const { high, low } = input;
  if (high < 2 ** 21) return high * 2 ** 32 + low;
  return (BigInt(high) << 32n) | BigInt(low);
}

/** A number with a sign, of which -1 says that it is not known. */
function readCount(input: RdbInput): number | bigint {
  const n = readWide(input);
  if (typeof n === 'number') return n;
  const signed = BigInt.asIntN(64, n);
  return signed === -1n ? UNKNOWN : signed;
}

/** How many entries there were up to an ID, in a stream that has none deleted; or UNKNOWN. */
function estimate(stream: Stream, id: string): number | bigint {
  const { entriesAdded, firstId, lastId, size } = stream;
  if (entriesAdded === 0) return 0;
  if (size === 0 && id <= lastId) return entriesAdded;
  if (id === lastId) return entriesAdded;
  if (id > lastId) return UNKNOWN;
  // There are as many as ever were added, as far as a file of that version tells.
  if (id < firstId) return 0;
  return id === firstId ? 1 : UNKNOWN;
}

/** The node of a listpack, or null if it is none. */
function readNode(id: string, pack: Buffer): StreamNode | null {
  if (!isListpack(pack)) return null;
  const end = pack.length - 1;
  let at = FIRST_ENTRY;
  const head: number[] = [];
  for (let i = 0; i < 3; i++) {
    const n = at < end ? readInteger(pack, at) : NaN;
    // What is counted here is later written in place.
    if (!(n >= 0) || entryAfter(pack, at) - at !== numberBytes(n)) return null;
    head.push(n);
    at = entryAfter(pack, at);
  }
  const [count, deleted, fields] = head;
  for (let i = 0; i < fields; i++) {
    if (at >= end) return null;
    at = entryAfter(pack, at);
  }
  if (at >= end || readInteger(pack, at) !== 0) return null;
  at = entryAfter(pack, at);
  if (count + deleted === 0) return null;
  let marked = 0;
  for (let i = 0; i < count + deleted; i++) {
    marked += pack[at] & DELETED;
    at = behindEntry(pack, at, fields);
    if (at < 0) return null;
  }
  if (at !== end || marked !== deleted) return null;
  const node = StreamNode.of(id, pack);
  return ascends(node) ? node : null;
}

/** The offset behind the entry of a stream at an offset, or -1 if it is none. */
function behindEntry(pack: Buffer, at: number, masterFields: number): number {
  const end = pack.length - 1;
  const flags = pack[at];
  if (at >= end || flags > FLAGS) return -1;
  let left = FRAME; // Elements up to the one that counts them,
  let elements = FRAME; // and what it says.
  for (; left > 0; left--) {
    if (at >= end || Number.isNaN(readInteger(pack, at))) return -1;
    at = entryAfter(pack, at);
  }
  if ((flags & SAME_FIELDS) !== 0) {
    left = masterFields;
  } else {
    const fields = at < end ? readInteger(pack, at) : NaN;
    if (!(fields >= 0 && fields <= pack.length)) return -1;
    at = entryAfter(pack, at);
    left = fields * 2;
    elements++;
  }
  elements += left;
  for (; left > 0; left--) {
    if (at >= end) return -1;
    at = entryAfter(pack, at);
  }
  if (at >= end || readInteger(pack, at) !== elements) return -1;
  return entryAfter(pack, at);
}

/** Whether the IDs in a node are in order, and the first is that of the node. */
function ascends(node: StreamNode): boolean {
  let last = '';
  const end = node.bytes - 1;
  for (let at = node.first; at < end; at = node.after(at)) {
    const id = node.idAt(at);
    if (last === '' ? id !== node.id : id <= last) return false;
    last = id;
  }
  return true;
}
