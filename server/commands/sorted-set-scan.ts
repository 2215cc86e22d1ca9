// ZSCAN and ZRANDMEMBER: members in no order that means anything.

import type { SortedSet } from '../../datatypes/sorted-set.ts';
import { format17 } from '../../protocol/double-17.ts';
import { BIG_COUNT, NOVALUES_IN_HSCAN, OUT_OF_RANGE, SYNTAX } from '../../protocol/errors.ts';
import { globMatch } from '../../protocol/glob.ts';
import { formatDouble } from '../../protocol/numbers.ts';
import type { Client } from '../client.ts';
import { beginMembers, parseLong, readSortedSet, sayMember } from '../sorted-set-value.ts';
import { parseCount, parseCursor } from './generic-scan.ts';

const LEAST = '-9223372036854775808'; // No count is as low.
const MANY = 2 ** 62; // Nor so high, with scores.
const FRUITLESS = 10; // Redis: how many times COUNT members are visited to find COUNT that match.

/** ZSCAN key cursor [MATCH pattern] [COUNT count] */
function zscan(c: Client): void {
  const { argv, reply } = c;
  const cursor = parseCursor(argv[2]);
  const set = readSortedSet(c, argv[1]);
  if (set === undefined) {
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
  scan(c, set, cursor, pattern, count);
}

// A small set is said whole. In a large one the cursor is the number of members that are
// still to be visited: see datatypes/dict.ts.
function scan(c: Client, set: SortedSet, cursor: number, pattern: string, count: number): void {
  const { reply } = c;
  const small = set.encoding === 'listpack';
  const { size } = set;
  const from = small ? 0 : cursor === 0 ? size : Math.min(cursor, size);
  const chosen: number[] = [];
  const fits = (i: number): boolean => pattern === '*' || globMatch(pattern, set.memberAt(i));
  let left = from;
  if (small) {
    for (let i = 0; i < size; i++) if (fits(i)) chosen.push(i);
  }
  for (let visits = count * FRUITLESS; left > 0 && visits > 0 && chosen.length < count; visits--) {
    left--;
    if (fits(left)) chosen.push(left);
  }
  reply.array(2);
  reply.bulkInt(left);
  reply.array(chosen.length * 2);
  for (const i of chosen) {
    reply.bulk(set.memberAt(i));
    // Redis: a large set's scores have all the digits that there are.
    reply.bulk(small ? formatDouble(set.scoreAt(i)) : format17(set.scoreAt(i)));
  }
}

/** ZRANDMEMBER key [count [WITHSCORES]] */
function zrandmember(c: Client): void {
  const { argv, reply } = c;
  const { random } = c.server;
  if (argv.length === 2) {
    const set = readSortedSet(c, argv[1]);
    if (set === undefined) return reply.null();
    return reply.bulk(set.memberAt(random.below(set.size)));
  }
  const count = parseLong(argv[2]);
  if (argv[2] === LEAST) throw BIG_COUNT;
  if (argv.length > 4) throw SYNTAX;
  const withScores = argv.length === 4;
  if (withScores && argv[3].toUpperCase() !== 'WITHSCORES') throw SYNTAX;
  if (withScores && Math.abs(count) >= MANY) throw OUT_OF_RANGE;
  const set = readSortedSet(c, argv[1]);
  if (set === undefined || count === 0) return reply.array(0);
  if (count < 0) sayAny(c, set, -count, withScores);
  else if (count >= set.size) sayAll(c, set, withScores);
  else sayDistinct(c, set, count, withScores);
}

function sayAny(c: Client, set: SortedSet, count: number, withScores: boolean): void {
  const { reply } = c;
  const { random } = c.server;
  beginMembers(reply, count, withScores);
  for (let left = count; left > 0; left--) {
    const i = random.below(set.size);
    sayMember(reply, set.memberAt(i), set.scoreAt(i), withScores);
  }
}

// Redis: from the highest down.
function sayAll(c: Client, set: SortedSet, withScores: boolean): void {
  const { reply } = c;
  beginMembers(reply, set.size, withScores);
  set.walk(set.size - 1, set.size, true, (member, score) =>
    sayMember(reply, member, score, withScores),
  );
}

/** Floyd's way to a sample without repetition: one draw for each member. */
function sayDistinct(c: Client, set: SortedSet, count: number, withScores: boolean): void {
  const { random } = c.server;
  const chosen = new Set<number>();
  for (let last = set.size - count; last < set.size; last++) {
    const i = random.below(last + 1);
    chosen.add(chosen.has(i) ? last : i);
  }
  beginMembers(c.reply, count, withScores);
  for (const i of chosen) sayMember(c.reply, set.memberAt(i), set.scoreAt(i), withScores);
}

export const scanCommands = { zscan, zrandmember };
