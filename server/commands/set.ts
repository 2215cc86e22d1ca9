// Sets: one member or some at a time. What takes several sets is in set-algebra.ts, what
// leaves the choice to chance in set-random.ts.

import { SET } from '../../datatypes/collection.ts';
import { MemberSet } from '../../datatypes/set.ts';
import type { set as specs } from '../../protocol/commands/set.ts';
import { WRONG_TYPE } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import type { Handlers } from '../command-table.ts';
import { kindOf, type Value } from '../keyspace.ts';
import { scanEntries, scanOptions } from './element-scan.ts';
import { parseCursor } from './generic-scan.ts';
import {
  sdiff,
  sdiffstore,
  sinter,
  sintercard,
  sinterstore,
  smembers,
  sunion,
  sunionstore,
} from './set-algebra.ts';
import { spop, srandmember } from './set-random.ts';

/** SADD key member [member ...] */
function sadd(c: Client): void {
  const { argv, db } = c;
  const limits = c.server.config.values;
  const key = argv[1];
  let set = db.writeKind(key, SET) as MemberSet | undefined;
  if (set === undefined) {
    set = MemberSet.of(argv[2], argv.length - 2, limits, c.server.hashSeed);
    db.add(key, set);
  } else {
    set.expect(argv.length - 2, limits);
  }
  let added = 0;
  for (let i = 2; i < argv.length; i++) if (set.add(argv[i], limits)) added++;
  if (added > 0) db.changed(key, 'sadd', added);
  c.reply.int(added);
}

/** SREM key member [member ...] */
function srem(c: Client): void {
  const { argv, db } = c;
  const key = argv[1];
  const set = db.writeKind(key, SET) as MemberSet | undefined;
  if (set === undefined) return c.reply.int(0);
  let removed = 0;
  for (let i = 2; i < argv.length && set.size > 0; i++) if (set.remove(argv[i])) removed++;
  if (removed > 0) {
    const { size } = set;
    if (size === 0) db.drop(key);
    db.changed(key, 'srem', removed);
    if (size === 0) db.changed(key, 'del', 0);
  }
  c.reply.int(removed);
}

/** SMOVE source destination member */
function smove(c: Client): void {
  const { db } = c;
  const [, source, destination, member] = c.argv;
  const from = db.write(source);
  const to = db.write(destination);
  if (from === undefined) return c.reply.int(0);
  const set = ofSet(from);
  const target = to === undefined ? undefined : ofSet(to);
  if (set === target) return c.reply.int(set.has(member) ? 1 : 0);
  if (!set.remove(member)) return c.reply.int(0);
  db.changed(source, 'srem');
  if (set.size === 0) {
    db.drop(source);
    db.changed(source, 'del', 0);
  }
  if (addTo(c, target, destination, member)) db.changed(destination, 'sadd');
  c.reply.int(1);
}

/** Adds a member to a set, which may have to be made; false if it was there. */
function addTo(c: Client, set: MemberSet | undefined, key: string, member: string): boolean {
  const limits = c.server.config.values;
  if (set !== undefined) return set.add(member, limits);
  const made = MemberSet.of(member, 1, limits, c.server.hashSeed);
  c.db.add(key, made);
  return made.add(member, limits);
}

function ofSet(value: Value): MemberSet {
  if (kindOf(value) !== SET) throw WRONG_TYPE;
  return value as MemberSet;
}

/** SISMEMBER key member */
function sismember(c: Client): void {
  const set = c.db.readKind(c.argv[1], SET) as MemberSet | undefined;
  c.reply.int(set?.has(c.argv[2]) ? 1 : 0);
}

/** SMISMEMBER key member [member ...] */
function smismember(c: Client): void {
  const { argv, reply } = c;
  const set = c.db.readKind(argv[1], SET) as MemberSet | undefined;
  reply.array(argv.length - 2);
  for (let i = 2; i < argv.length; i++) reply.int(set?.has(argv[i]) ? 1 : 0);
}

/** SCARD key */
function scard(c: Client): void {
  const set = c.db.readKind(c.argv[1], SET) as MemberSet | undefined;
  c.reply.int(set === undefined ? 0 : set.size);
}

/** SSCAN key cursor [MATCH pattern] [COUNT count] */
function sscan(c: Client): void {
  const { argv, reply } = c;
  const cursor = parseCursor(argv[2]);
  const set = c.db.readKind(argv[1], SET) as MemberSet | undefined;
  if (set === undefined) {
    // Redis: the options of a walk over nothing are not looked at.
    reply.array(2);
    reply.bulk('0');
    return reply.array(0);
  }
  const found: number[] = [];
  const nameAt = (i: number): string => set.at(i);
  const next = scanEntries(cursor, set.size, !set.isHashtable, scanOptions(argv), nameAt, found);
  reply.array(2);
  reply.bulkInt(next);
  reply.array(found.length);
  for (const i of found) reply.bulk(set.at(i));
}

export const setCommands: Handlers<typeof specs> = {
  sadd,
  scard,
  sdiff,
  sdiffstore,
  sinter,
  sintercard,
  sinterstore,
  sismember,
  smembers,
  smismember,
  smove,
  spop,
  srandmember,
  srem,
  sscan,
  sunion,
  sunionstore,
};
