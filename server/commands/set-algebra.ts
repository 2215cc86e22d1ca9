// Intersections, unions and differences.
//
// An intersection goes through the smallest set and asks the others, the next smaller ones
// first. A difference is found in one of two ways, whichever promises to take fewer steps:
// asking all the others about each member of the first set, or taking the members of
// each of the others out of a copy of the first. A union adds up.
//
// The encoding of what is stored depends on how it came about, because a set never returns
// to a smaller encoding; so even the choice between the two ways of finding a difference
// can be seen, and is Redis's.

import { SET } from '../../datatypes/collection.ts';
import { isInteger } from '../../datatypes/intset.ts';
import { MemberSet } from '../../datatypes/set.ts';
import { ReplyError, SYNTAX } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import type { KeyEvent } from '../notify.ts';
import { integer } from '../string-value.ts';

const NO_KEYS = new ReplyError('ERR numkeys should be greater than 0');
const TOO_MANY_KEYS = new ReplyError("ERR Number of keys can't be greater than number of args");
const NEGATIVE_LIMIT = new ReplyError("ERR LIMIT can't be negative");

/** A set, or undefined where a key holds nothing. */
type Operand = MemberSet | undefined;

/** SINTER key [key ...] */
export function sinter(c: Client): void {
  const sets = operands(c, 1, c.argv.length);
  if (sets.length === 1) return replySet(c, sets[0]);
  const start = c.reply.beginArray();
  const size = intersect(sets, (member) => c.reply.bulk(member), Infinity);
  c.reply.endSet(start, size);
}

/** SMEMBERS key */
export function smembers(c: Client): void {
  replySet(c, c.db.readKind(c.argv[1], SET) as Operand);
}

/** SINTERCARD numkeys key [key ...] [LIMIT limit] */
export function sintercard(c: Client): void {
  const { argv } = c;
  const numkeys = integer(argv[1], NO_KEYS);
  if (numkeys < 1) throw NO_KEYS;
  if (numkeys > argv.length - 2) throw TOO_MANY_KEYS;
  let limit = 0;
  for (let i = 2 + numkeys; i < argv.length; i += 2) {
    if (argv[i].toUpperCase() !== 'LIMIT' || i + 1 === argv.length) throw SYNTAX;
    limit = integer(argv[i + 1], NEGATIVE_LIMIT);
    if (limit < 0) throw NEGATIVE_LIMIT;
  }
  const sets = operands(c, 2, 2 + numkeys);
  c.reply.int(intersect(sets, () => {}, limit === 0 ? Infinity : limit));
}

/** SINTERSTORE destination key [key ...] */
export function sinterstore(c: Client): void {
  const limits = c.server.config.values;
  const sets = bySize(operands(c, 2, c.argv.length));
  const first = sets[0];
  const seed = c.server.hashSeed;
  const result = first?.isIntset ? MemberSet.intset(seed) : MemberSet.listpack(seed);
  let integers = true;
  const keep = (member: string): void => {
    integers = integers && isInteger(member);
    result.add(member, limits);
  };
  intersect(sets, keep, Infinity);
  if (integers) result.toIntset(limits);
  store(c, result, 'sinterstore');
}

/** SUNION key [key ...] */
export function sunion(c: Client): void {
  const sets = operands(c, 1, c.argv.length);
  if (sets.length === 1) return replySet(c, sets[0]);
  replySet(c, union(c, sets, forReply(c, sets)));
}

/** SUNIONSTORE destination key [key ...] */
export function sunionstore(c: Client): void {
  const sets = operands(c, 2, c.argv.length);
  store(c, union(c, sets, MemberSet.intset(c.server.hashSeed)), 'sunionstore');
}

/** SDIFF key [key ...] */
export function sdiff(c: Client): void {
  const sets = operands(c, 1, c.argv.length);
  if (sets.length === 1) return replySet(c, sets[0]);
  replySet(c, difference(c, sets, forReply(c, sets)));
}

/** SDIFFSTORE destination key [key ...] */
export function sdiffstore(c: Client): void {
  const sets = operands(c, 2, c.argv.length);
  store(c, difference(c, sets, MemberSet.intset(c.server.hashSeed)), 'sdiffstore');
}

/** The sets of argv[from] up to, but not including, argv[to]. */
function operands(c: Client, from: number, to: number): Operand[] {
  const sets: Operand[] = [];
  for (let i = from; i < to; i++) sets.push(c.db.readKind(c.argv[i], SET) as Operand);
  return sets;
}

function sizeOf(set: Operand): number {
  return set === undefined ? 0 : set.size;
}

/** The smallest first. */
function bySize(sets: Operand[]): Operand[] {
  // An absent set would be sorted to the end, whatever the comparison says.
  if (sets.includes(undefined)) return [undefined];
  return sets.sort((a, b) => sizeOf(a) - sizeOf(b));
}

/** Calls `keep` for what is in all sets, until there are so many. Returns how many there were. */
function intersect(sets: Operand[], keep: (member: string) => void, limit: number): number {
  const [first, ...others] = bySize(sets);
  if (first === undefined) return 0;
  let count = 0;
  for (let i = 0; i < first.size && count < limit; i++) {
    const member = first.at(i);
    if (!others.every((other) => other === first || other!.has(member))) continue;
    keep(member);
    count++;
  }
  return count;
}

/** An empty set to gather a reply in. */
function forReply(c: Client, sets: readonly Operand[]): MemberSet {
  const seed = c.server.hashSeed;
  const integers = sets.every((set) => set === undefined || set.isIntset);
  return integers ? MemberSet.intset(seed) : MemberSet.hashtable(seed);
}

/** Adds everything that is in any of the sets to `result`, and returns it. */
function union(c: Client, sets: readonly Operand[], result: MemberSet): MemberSet {
  for (const set of sets) addAll(c, result, set);
  return result;
}

function addAll(c: Client, result: MemberSet, set: Operand): void {
  const limits = c.server.config.values;
  for (let i = 0; i < sizeOf(set); i++) result.add(set!.at(i), limits);
}

/** Adds what is in the first set and in none of the others to `result`, and returns it. */
function difference(c: Client, sets: readonly Operand[], result: MemberSet): MemberSet {
  const first = sets[0];
  if (first === undefined) return result;
  const others: MemberSet[] = [];
  for (const set of sets.slice(1)) if (set !== undefined) others.push(set);
  if (others.includes(first)) return result;

  let every = first.size;
  for (const other of others) every += other.size;
  // Asking is cheaper than changing, and often ends early: it is given half of its steps.
  if (Math.floor((first.size * (1 + others.length)) / 2) > every) {
    addAll(c, result, first);
    subtract(result, others);
    return result;
  }
  const limits = c.server.config.values;
  others.sort((a, b) => b.size - a.size); // A large one is more likely to know the member.
  for (let i = 0; i < first.size; i++) {
    const member = first.at(i);
    if (!others.some((other) => other.has(member))) result.add(member, limits);
  }
  return result;
}

function subtract(from: MemberSet, others: readonly MemberSet[]): void {
  for (const other of others) {
    for (let i = 0; i < other.size; i++) from.remove(other.at(i));
    if (from.size === 0) return;
  }
}

function replySet(c: Client, set: Operand): void {
  const size = sizeOf(set);
  c.reply.set(size);
  for (let i = 0; i < size; i++) c.reply.bulk(set!.at(i));
}

/** Puts a result in the place of whatever argv[1] holds, and replies with its size. */
function store(c: Client, result: MemberSet, event: KeyEvent): void {
  const { db } = c;
  const key = c.argv[1];
  if (result.size > 0) {
    db.put(key, result);
    db.changed(key, event);
  } else if (db.drop(key)) {
    db.changed(key, 'del');
  }
  c.reply.int(result.size);
}
