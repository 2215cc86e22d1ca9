// Sets: one member or some at a time. What takes several sets is in set-algebra.ts, what
// leaves the choice to chance in set-random.ts.

import { SET } from '../../datatypes/collection.ts';
import { MemberSet } from '../../datatypes/set.ts';
import type { set as specs } from '../../protocol/commands/set.ts';
import { NOVALUES_IN_HSCAN, SYNTAX, WRONG_TYPE } from '../../protocol/errors.ts';
import { globMatch } from '../../protocol/glob.ts';
import type { Client } from '../client.ts';
import type { Handlers } from '../command-table.ts';
import { kindOf, type Value } from '../keyspace.ts';
import { parseCount, parseCursor } from './generic-scan.ts';
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

const FRUITLESS = 10; // Redis: how many times COUNT members are visited to find COUNT that match.

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
  let pattern = '*';
  let count = 10;
  for (let i = 3; i < argv.length; i += 2) {
    const word = argv[i].toUpperCase();
    if (word === 'NOVALUES') throw NOVALUES_IN_HSCAN;
    if (i + 1 === argv.length) throw SYNTAX;
    if (word === 'COUNT') count = parseCount(argv[i + 1]);
    else if (word === 'MATCH') pattern = argv[i + 1];
    else throw SYNTAX;
  }
  const found: string[] = [];
  const next = walk(set, cursor, count, pattern, found);
  reply.array(2);
  reply.bulkInt(next);
  reply.array(found.length);
  for (const member of found) reply.bulk(member);
}

/**
 * Goes on with a walk until so many members are found that match, and returns the next cursor.
 * As in SCAN the cursor is how many are still to be visited, and it goes from the end down;
 * only a hashtable takes more than one call.
 */
function walk(
  set: MemberSet,
  cursor: number,
  count: number,
  pattern: string,
  found: string[],
): number {
  const all = pattern === '*';
  if (!set.isHashtable) {
    for (let i = 0; i < set.size; i++) {
      const member = set.at(i);
      if (all || globMatch(pattern, member)) found.push(member);
    }
    return 0;
  }
  let at = cursor === 0 ? set.size : Math.min(cursor, set.size);
  const end = Math.max(0, at - count * FRUITLESS);
  while (at > end && found.length < count) {
    const member = set.at(--at);
    if (all || globMatch(pattern, member)) found.push(member);
  }
  return at;
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
