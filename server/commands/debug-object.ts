// DEBUG OBJECT: a value as the server keeps it, on one line. Tests of Redis read it.

import { Hash } from '../../datatypes/hash.ts';
import { List } from '../../datatypes/list.ts';
import { packed } from '../../datatypes/listpack.ts';
import { MemberSet } from '../../datatypes/set.ts';
import { SortedSet } from '../../datatypes/sorted-set.ts';
import { Stream } from '../../datatypes/stream.ts';
import { msOf, seqOf } from '../../datatypes/stream-id.ts';
import { bytesOf, stringLength } from '../../datatypes/string.ts';
import { compress } from '../../persistence/lzf.ts';
import { NO_SUCH_KEY } from '../../protocol/errors.ts';
import { formatDouble, parseSafeInt } from '../../protocol/numbers.ts';
import type { Group } from '../../datatypes/stream-group.ts';
import type { Client } from '../client.ts';
import { isString, typeName, type Value } from '../keyspace.ts';
import { encodingName, references } from './generic-object.ts';

const ID_BYTES = 16;
const TIME_BYTES = 8;
const LRU_BITS = 0xffffff; // Redis keeps this much of a key's last use.

/** DEBUG OBJECT <key> */
export function debugObject(c: Client): void {
  const { db, server } = c;
  // Redis: neither a use of the key nor a reason to remove it, should its time have come.
  const i = db.dict.find(c.argv[2]);
  if (i < 0) throw NO_SUCH_KEY;
  const value = db.dict.valueAt(i);
  const compressed = server.config.values.rdbcompression;
  const lru = db.accessAt(i) & LRU_BITS;
  const idle = (server.lruClock - lru) & LRU_BITS;
  // Unlike Redis: DEBUG OBJECT gives no address but the number of the key's entry.
  c.reply.status(
    `Value at:0x${i.toString(16)} refcount:${references(c.server, value)}` +
      ` encoding:${encodingName(value)} serializedlength:${savedLength(value, compressed)}` +
      ` lru:${lru} lru_seconds_idle:${idle}${value instanceof List ? nodesOf(value) : ''}`,
  );
}

/** What Redis tells of a quicklist beside. */
function nodesOf(list: List): string {
  if (list.encoding !== 'quicklist') return '';
  const average = twoDecimals(list.size / list.nodes);
  const compressed = list.compressDepth === 0 ? 0 : 1;
  return (
    ` ql_nodes:${list.nodes} ql_avg_node:${average} ql_listpack_max:${list.limit}` +
    ` ql_compressed:${compressed} ql_uncompressed_size:${list.bytes}`
  );
}

/** As C's printf does it: what lies in the middle goes to the even digit. */
function twoDecimals(n: number): string {
  const eighths = n * 8;
  if (eighths % 2 !== 1) return n.toFixed(2);
  const hundredths = Math.floor(n * 100);
  return ((hundredths + (hundredths % 2)) / 100).toFixed(2);
}

/** How many bytes a value takes in an RDB file. */
function savedLength(value: Value, compressed: boolean): number {
  if (value instanceof List) return savedList(value, compressed);
  if (value instanceof Hash) return savedHash(value, compressed);
  if (value instanceof MemberSet) return savedSet(value, compressed);
  if (value instanceof SortedSet) return savedSortedSet(value, compressed);
  if (value instanceof Stream) return savedStream(value, compressed);
  if (!isString(value)) throw new Error(`no saved form of a ${typeName(value)}`);
  const length = stringLength(value);
  if (length <= 11) {
    const n = typeof value === 'number' ? value : parseSafeInt(value.toString());
    if (n >= -0x80 && n <= 0x7f) return 2;
    if (n >= -0x8000 && n <= 0x7fff) return 3;
    if (n >= -0x80000000 && n <= 0x7fffffff) return 5;
  }
  return savedBytes(bytesOf(value).subarray(0, length), compressed);
}

/** How many bytes it takes to write so many, compressed if that helps. */
function savedBytes(bytes: Buffer, compressed: boolean): number {
  const { length } = bytes;
  const shorter = compressed && length > 20 ? compress(bytes, length - 4) : null;
  if (shorter === null) return headerLength(length) + length;
  return 1 + headerLength(shorter.length) + headerLength(length) + shorter.length;
}

/** The number of nodes, and for each of them whether it is plain, and its bytes. */
function savedList(list: List, compressed: boolean): number {
  let sum = headerLength(list.nodes);
  for (let node = list.head; node !== null; node = node.next) {
    sum += node.plain
      ? 1 + savedLength(node.at(0), compressed)
      : 1 + savedBytes(packed(node.elements()), compressed);
  }
  return sum;
}

/** One array of integers as wide as the widest; one listpack of members; or each member. */
function savedSet(set: MemberSet, compressed: boolean): number {
  const members: string[] = [];
  for (let i = 0; i < set.size; i++) members.push(set.at(i));
  if (set.isIntset) return savedBytes(integers(members), compressed);
  if (!set.isHashtable) return savedBytes(packed(members), compressed);
  let sum = headerLength(set.size);
  for (const member of members) sum += savedLength(member, compressed);
  return sum;
}

/** A sorted array of integers as Redis lays it out: their width, their number, and they. */
function integers(sorted: readonly string[]): Buffer {
  const [least, greatest] = [Number(sorted[0]), Number(sorted[sorted.length - 1])];
  const hold = (bits: number): boolean => least >= -(2 ** (bits - 1)) && greatest < 2 ** (bits - 1);
  const width = hold(16) ? 2 : hold(32) ? 4 : 8;
  const bytes = Buffer.alloc(8 + width * sorted.length);
  bytes.writeUInt32LE(width);
  bytes.writeUInt32LE(sorted.length, 4);
  sorted.forEach((integer, i) => {
    const at = 8 + i * width;
    if (width === 8) bytes.writeBigInt64LE(BigInt(integer), at);
    else bytes.writeIntLE(Number(integer), at, width);
  });
  return bytes;
}

/** One listpack of members and scores; or each member, and eight bytes for its score. */
function savedSortedSet(set: SortedSet, compressed: boolean): number {
  if (set.encoding === 'listpack') {
    const elements: string[] = [];
    for (let i = 0; i < set.size; i++) elements.push(set.memberAt(i), formatDouble(set.scoreAt(i)));
    return savedBytes(packed(elements), compressed);
  }
  let sum = headerLength(set.size);
  for (let i = 0; i < set.size; i++) sum += savedLength(set.memberAt(i), compressed) + 8;
  return sum;
}

/**
 * One listpack of fields, values and, if there are any, times; or each field and value, with its
 * time counted from the soonest.
 */
function savedHash(hash: Hash, compressed: boolean): number {
  if (hash.isSmall) {
    const elements: string[] = [];
    const timed = hash.encoding === 'listpackex';
    for (let i = 0; i < hash.size; i++) {
      elements.push(hash.fieldAt(i), hash.valueAt(i));
      if (timed) elements.push(String(hash.expiryAt(i)));
    }
    return savedBytes(packed(elements), compressed);
  }
  let sum = headerLength(hash.size);
  let soonest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < hash.size; i++) soonest = Math.min(soonest, hash.expiryAt(i) || soonest);
  for (let i = 0; i < hash.size; i++) {
    const whenMs = hash.expiryAt(i);
    sum += savedLength(hash.fieldAt(i), compressed) + savedLength(hash.valueAt(i), compressed);
    if (hash.timed > 0) sum += headerLength(whenMs === 0 ? 0 : whenMs - soonest + 1);
  }
  return sum;
}

/** Its nodes with their IDs, four IDs and numbers, and the groups. */
function savedStream(stream: Stream, compressed: boolean): number {
  let sum = headerLength(stream.nodeCount) + headerLength(stream.size);
  for (let i = 0; i < stream.nodeCount; i++) {
    const { pack, bytes } = stream.nodeAt(i)!;
    sum += headerLength(ID_BYTES) + ID_BYTES + savedBytes(pack.subarray(0, bytes), compressed);
  }
  sum += savedId(stream.lastId) + savedId(stream.firstId) + savedId(stream.maxDeletedId);
  sum += headerLength(Number(stream.entriesAdded)) + headerLength(stream.groups?.size ?? 0);
  for (const group of stream.groups?.values() ?? []) sum += savedGroup(group, compressed);
  return sum;
}

/** What a group has pending, and whose it is: each with a time, a count, and an ID twice. */
function savedGroup(group: Group, compressed: boolean): number {
  const { pending, consumers } = group;
  let sum = savedLength(group.name, compressed) + savedId(group.lastId);
  const read = Number(group.entriesRead); // -1 is written as the largest integer.
  sum += read < 0 ? headerLength(2 ** 64) : headerLength(read);
  sum += headerLength(pending.size) + headerLength(consumers.size);
  pending.seek('');
  for (let entry = pending.next(); entry !== undefined; entry = pending.next()) {
    sum += 2 * ID_BYTES + TIME_BYTES + headerLength(Number(entry.deliveries));
  }
  for (const consumer of consumers.values()) {
    sum += savedLength(consumer.name, compressed) + 2 * TIME_BYTES;
    sum += headerLength(consumer.pending.size);
  }
  return sum;
}

/** Two integers. */
function savedId(id: string): number {
  return headerLength(msOf(id)) + headerLength(seqOf(id));
}

/** How many bytes say that so many follow. */
function headerLength(length: number): number {
  if (length < 0x40) return 1;
  if (length < 0x4000) return 2;
  return length < 2 ** 32 ? 5 : 9;
}
