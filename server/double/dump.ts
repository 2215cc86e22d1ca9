// The data set as a plain object (plain.ts), in an order that does not depend on how it came about:
// keys, fields, members of sets and names of groups by their bytes. Two dumps are equal if the
// data are.

import { Hash } from '../../datatypes/hash.ts';
import { List } from '../../datatypes/list.ts';
import { MemberSet } from '../../datatypes/set.ts';
import { SortedSet } from '../../datatypes/sorted-set.ts';
import type { Stream } from '../../datatypes/stream.ts';
import type { Group } from '../../datatypes/stream-group.ts';
import { MAX_ID, MIN_ID, printId } from '../../datatypes/stream-id.ts';
import { stringOf } from '../../datatypes/string.ts';
import { type Database, isString, type Value } from '../keyspace.ts';
import type { Server } from '../server.ts';
import { type Dumped, type DumpedValue, spelled, spelledName } from './plain.ts';

/** All keys that have not expired, and the libraries of functions. */
export function dumpOf(server: Server): Dumped {
  server.clock.tick();
  const [first, ...rest] = server.databases;
  const entries = keysOf(first);
  const others = rest
    .filter((db) => db.size > 0)
    .map((db): [string, unknown] => [String(db.id), Object.fromEntries(keysOf(db))]);
  if (others.length > 0) entries.push(['$databases', Object.fromEntries(others)]);
  const codes = [...server.scripting.functions.codes()].map(spelled).sort();
  if (codes.length > 0) entries.push(['$functions', codes]);
  return Object.fromEntries(entries);
}

function keysOf(db: Database): [string, unknown][] {
  const keys: string[] = [];
  for (let i = 0; i < db.size; i++) if (!db.hasExpired(i)) keys.push(db.dict.keyAt(i));
  return keys.sort().map((key) => {
    const i = db.dict.find(key);
    return [spelledName(key), thingOf(db.dict.valueAt(i), db.exactExpiryAt(i))];
  });
}

function thingOf(value: Value, whenMs: number | bigint): DumpedValue {
  const plain = plainOf(value);
  if (whenMs === -1) return plain;
  const $expireAt = exact(whenMs);
  if (typeof plain === 'string') return { $string: plain, $expireAt };
  if (Array.isArray(plain)) return { $list: plain, $expireAt };
  const isThing = !(value instanceof Hash) || value.timed > 0;
  return { ...(isThing ? plain : { $hash: plain }), $expireAt };
}

/** A number, as a text if it is beyond what a number can say. */
function exact(n: number | bigint): number | string {
  return Number.isSafeInteger(Number(n)) ? Number(n) : String(n);
}

function plainOf(value: Value): DumpedValue {
  if (isString(value)) return spelled(stringOf(value));
  if (value instanceof List) return listOf(value);
  if (value instanceof Hash) return hashOf(value);
  if (value instanceof MemberSet) return { $set: membersOf(value) };
  if (value instanceof SortedSet) return { $zset: scoresOf(value) };
  return streamOf(value as Stream);
}

function listOf(list: List): string[] {
  const elements: string[] = [];
  list.walk((element) => {
    elements.push(spelled(element));
    return false;
  });
  return elements;
}

function membersOf(set: MemberSet): string[] {
  return Array.from({ length: set.size }, (_, i) => set.at(i))
    .sort()
    .map(spelled);
}

function scoresOf(set: SortedSet): Record<string, number | string> {
  const entries: [string, number | string][] = [];
  set.walk(0, set.size, false, (member, score) => {
    const ends = score > 0 ? 'inf' : '-inf';
    entries.push([spelledName(member), Number.isFinite(score) ? score : ends]);
  });
  return Object.fromEntries(entries);
}

function hashOf(hash: Hash): { [name: string]: unknown } {
  const order = Array.from({ length: hash.size }, (_, i) => i);
  order.sort((a, b) => (hash.fieldAt(a) < hash.fieldAt(b) ? -1 : 1));
  const fields = order.map((i) => [spelledName(hash.fieldAt(i)), spelled(hash.valueAt(i))]);
  const plain = Object.fromEntries(fields) as { [name: string]: unknown };
  if (hash.timed === 0) return plain;
  const times = order
    .filter((i) => hash.expiryAt(i) !== 0)
    .map((i) => [spelledName(hash.fieldAt(i)), hash.expiryAt(i)]);
  return { $hash: plain, $fieldsExpireAt: Object.fromEntries(times) };
}

function streamOf(stream: Stream): { [name: string]: unknown } {
  const entries: [string, string[]][] = [];
  const cursor = stream.cursor(MIN_ID, MAX_ID, false);
  while (cursor.advance()) entries.push([cursor.printedId, cursor.words().map(spelled)]);
  const plain: { [name: string]: unknown } = { $stream: Object.fromEntries(entries) };
  plain['$lastId'] = printId(stream.lastId);
  plain['$maxDeletedId'] = printId(stream.maxDeletedId);
  plain['$entriesAdded'] = exact(stream.entriesAdded);
  const { groups } = stream;
  if (groups === null || groups.size === 0) return plain;
  const names = [...groups.keys()].sort();
  const all = names.map((name) => [spelledName(name), groupOf(groups.get(name)!)]);
  plain['$groups'] = Object.fromEntries(all);
  return plain;
}

function groupOf(group: Group): { [name: string]: unknown } {
  const { pending } = group;
  const consumers = [...group.consumers.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, seenMs, activeMs }) => [
      spelledName(name),
      { seenAt: seenMs, activeAt: activeMs },
    ]);
  const all: object[] = [];
  pending.seek('');
  for (let entry = pending.next(); entry !== undefined; entry = pending.next()) {
    const { id, owner, deliveredMs, deliveries } = entry;
    const consumer = spelled(owner.name);
    all.push({
      id: printId(id),
      consumer,
      deliveredAt: deliveredMs,
      deliveries: exact(deliveries),
    });
  }
  return {
    $lastId: printId(group.lastId),
    $entriesRead: Number(group.entriesRead) < 0 ? null : exact(group.entriesRead),
    $consumers: Object.fromEntries(consumers),
    $pending: all,
  };
}
