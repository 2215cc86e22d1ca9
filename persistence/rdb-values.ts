// Values as an RDB file has them, in the very bytes that Redis 8.0 would write.
//
// Redis writes what is in its memory: the listpack of a small collection as it lies there, the
// nodes of a list one by one, a skip list from its tail, so that reading it back always adds in
// front. Small collections here are no listpacks, so they are made for the occasion. What is a hash
// table in Redis has no order that means anything, and none that could be kept.

import type { Collection } from '../datatypes/collection.ts';
import { Hash } from '../datatypes/hash.ts';
import { List } from '../datatypes/list.ts';
import { MemberSet } from '../datatypes/set.ts';
import { SortedSet } from '../datatypes/sorted-set.ts';
import { Stream } from '../datatypes/stream.ts';
import { Bytes, type StringValue } from '../datatypes/string.ts';
import { formatDouble } from '../protocol/numbers.ts';
import { PackWriter } from './pack-writer.ts';
import { NODE_PACKED, NODE_PLAIN, RDB_VERSION, TYPE } from './rdb-format.ts';
import type { RdbOutput } from './rdb-output.ts';
import { writeStream } from './rdb-stream.ts';

/** What a key can hold. */
export type RdbValue = StringValue | Collection;

const pack = new PackWriter(); // One value is written at a time.

const FEWEST_TO_READ_AS_INTEGER = 12; // Bytes, from which on no string is tried as an integer.
const SMALLEST_NODE = 48; // Redis: a node of a list is compressed in memory from so many bytes on,
const NODE_GAIN = 9; // and if that saves so many.

/** The type by which a file says what a value is, and how it is written. */
export function typeOfValue(value: RdbValue, version = RDB_VERSION): number {
  if (version < 11) return typeBefore(value, version);
  if (typeof value !== 'object' || value instanceof Bytes) return TYPE.STRING;
  if (value instanceof List) return TYPE.LIST_QUICKLIST_2;
  if (value instanceof MemberSet) {
    if (value.isIntset) return TYPE.SET_INTSET;
    return value.isHashtable ? TYPE.SET : TYPE.SET_LISTPACK;
  }
  if (value instanceof SortedSet) {
    return value.encoding === 'listpack' ? TYPE.ZSET_LISTPACK : TYPE.ZSET_2;
  }
  if (value instanceof Hash) {
    if (!value.isSmall) return value.timed > 0 ? TYPE.HASH_METADATA : TYPE.HASH;
    return value.encoding === 'listpackex' ? TYPE.HASH_LISTPACK_EX : TYPE.HASH_LISTPACK;
  }
  if (value instanceof Stream) return TYPE.STREAM_LISTPACKS_3;
  throw new Error(`no saved form of a ${value.encoding}`);
}

// What small collections and streams were before Redis 7.2. Those of 6.2 were ziplists, which are
// not written any more: what any Redis reads takes their place.
function typeBefore(value: RdbValue, version: number): number {
  const type = typeOfValue(value);
  const packed = version > 9;
  switch (type) {
    case TYPE.SET_LISTPACK:
      return TYPE.SET;
    case TYPE.STREAM_LISTPACKS_3:
      return packed ? TYPE.STREAM_LISTPACKS_2 : TYPE.STREAM_LISTPACKS;
    case TYPE.LIST_QUICKLIST_2:
      return packed ? type : TYPE.LIST;
    case TYPE.ZSET_LISTPACK:
      return packed ? type : TYPE.ZSET_2;
    case TYPE.HASH_LISTPACK:
      return packed ? type : TYPE.HASH;
    default:
      return type;
  }
}

/** Writes what a value holds: what stands behind the type, and in a file the key. */
export function writeValue(out: RdbOutput, value: RdbValue): void {
  if (typeof value === 'string') out.string(value);
  else if (typeof value === 'number') out.integer(value);
  else if (value instanceof Bytes) writeBytes(out, value);
  else if (value instanceof List) writeList(out, value);
  else if (value instanceof Hash) writeHash(out, value);
  else if (value instanceof MemberSet) writeSet(out, value);
  else if (value instanceof SortedSet) writeSortedSet(out, value);
  else if (value instanceof Stream) writeStream(out, value);
  else throw new Error(`no saved form of a ${value.encoding}`);
}

function writeBytes(out: RdbOutput, value: Bytes): void {
  if (value.length < FEWEST_TO_READ_AS_INTEGER) out.string(value.toString());
  else out.bytes(value.buf, value.length);
}

/** The number of nodes, and of each whether it is one element or a listpack, and that. */
function writeList(out: RdbOutput, list: List): void {
  if (out.version < 10) {
    out.length(list.size);
    list.walk((element) => {
      out.string(element);
      return false;
    });
    return;
  }
  const { compressDepth, nodes } = list;
  out.length(nodes);
  let i = 0;
  for (let node = list.head; node !== null; node = node.next, i++) {
    out.length(node.plain ? NODE_PLAIN : NODE_PACKED);
    // Redis: nodes that are compressed in memory are so in the file, whether or not that is wanted.
    const deep = compressDepth > 0 && i >= compressDepth && i < nodes - compressDepth;
    if (node.plain && (!deep || node.bytes < FEWEST_TO_READ_AS_INTEGER)) {
      out.string(node.at(0));
      continue;
    }
    pack.begin();
    if (!node.plain) for (let k = 0; k < node.count; k++) pack.add(node.at(k));
    const bytes = node.plain ? Buffer.from(node.at(0), 'latin1') : pack.finish();
    const length = node.plain ? bytes.length : pack.length;
    const tried = deep && !out.compression && length >= SMALLEST_NODE;
    if (tried && out.compressed(bytes, length, length - NODE_GAIN)) continue;
    out.bytes(bytes, length);
  }
}

/** One array of integers; one listpack; or the number of members, and each of them. */
function writeSet(out: RdbOutput, set: MemberSet): void {
  if (!set.isHashtable && (set.isIntset || out.version > 10)) {
    if (set.isIntset) {
      const bytes = integers(set);
      return out.bytes(bytes, bytes.length);
    }
    pack.begin();
    for (let i = 0; i < set.size; i++) pack.add(set.at(i));
    return out.bytes(pack.finish(), pack.length);
  }
  out.length(set.size);
  for (let i = 0; i < set.size; i++) out.string(set.at(i));
}

/** A sorted array of integers as Redis lays it out: their width, their number, and they. */
function integers(set: MemberSet): Buffer {
  const { size, width } = set;
  const bytes = Buffer.allocUnsafe(8 + width * size);
  bytes.writeUInt32LE(width, 0);
  let at = bytes.writeUInt32LE(size, 4);
  for (let i = 0; i < size; i++) {
    const integer = set.at(i);
    if (width === 8) at = bytes.writeBigInt64LE(BigInt(integer), at);
    else if (width === 4) at = bytes.writeInt32LE(Number(integer), at);
    else at = bytes.writeInt16LE(Number(integer), at);
  }
  return bytes;
}

/** One listpack of members and scores; or their number, and each, from the last to the first. */
function writeSortedSet(out: RdbOutput, set: SortedSet): void {
  if (set.encoding === 'listpack' && out.version > 9) {
    pack.begin();
    for (let i = 0; i < set.size; i++) {
      const score = set.scoreAt(i);
      pack.add(set.memberAt(i));
      if (Number.isSafeInteger(score)) pack.addNumber(score);
      else pack.add(formatDouble(score));
    }
    return out.bytes(pack.finish(), pack.length);
  }
  out.length(set.size);
  set.walk(set.size - 1, set.size, true, (member, score) => {
    out.string(member);
    out.double(score);
  });
}

/**
 * One listpack of fields and values; or their number, and each. If any field expires, the soonest
 * time comes first; in a listpack a time follows each value, and in a table a number that counts
 * from the soonest stands before each field, 0 for those that never expire.
 */
function writeHash(out: RdbOutput, hash: Hash): void {
  const { size } = hash;
  const soonest = hash.timed > 0 ? soonestOf(hash) : 0;
  if (hash.isSmall && out.version > 9) {
    const timed = hash.encoding === 'listpackex';
    pack.begin();
    for (let i = 0; i < size; i++) {
      pack.add(hash.fieldAt(i));
      pack.add(hash.valueAt(i));
      if (timed) pack.addNumber(hash.expiryAt(i));
    }
    // Unlike Redis: the soonest time in the saved form of a small hash is that, where Redis writes
    // what it had noted last, which may be seconds off, or a field's that is gone. Nobody reads it.
    if (timed) out.time(soonest);
    return out.bytes(pack.finish(), pack.length);
  }
  if (soonest > 0) out.time(soonest);
  out.length(size);
  for (let i = 0; i < size; i++) {
    if (soonest > 0) {
      const whenMs = hash.expiryAt(i);
      out.length(whenMs === 0 ? 0 : whenMs - soonest + 1);
    }
    out.string(hash.fieldAt(i));
    out.string(hash.valueAt(i));
  }
}

function soonestOf(hash: Hash): number {
  let soonest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < hash.size; i++) {
    const whenMs = hash.expiryAt(i);
    if (whenMs !== 0 && whenMs < soonest) soonest = whenMs;
  }
  return soonest;
}
