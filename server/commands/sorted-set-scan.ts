// ZSCAN and ZRANDMEMBER: members in no order that means anything.

import type { SortedSet } from '../../datatypes/sorted-set.ts';
import { format17 } from '../../protocol/double-17.ts';
import { BIG_COUNT, OUT_OF_RANGE, SYNTAX } from '../../protocol/errors.ts';
import { formatDouble } from '../../protocol/numbers.ts';
import type { Client } from '../client.ts';
import { beginMembers, parseLong, readSortedSet, sayMember } from '../sorted-set-value.ts';
import { scanEntries, scanOptions } from './element-scan.ts';
import { parseCursor } from './generic-scan.ts';

const LEAST = '-9223372036854775808'; // No count is as low.
const MANY = 2 ** 62; // Nor so high, with scores.

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
  const small = set.encoding === 'listpack';
  const short = small && !c.server.version.isBefore72;
  const found: number[] = [];
  const nameAt = (i: number): string => set.memberAt(i);
  const next = scanEntries(cursor, set.size, small, scanOptions(argv), nameAt, found);
  reply.array(2);
  reply.bulkInt(next);
  reply.array(found.length * 2);
  for (const i of found) {
    reply.bulk(set.memberAt(i));
    // Redis: a large set's scores have all the digits that there are.
    reply.bulk(short ? formatDouble(set.scoreAt(i)) : format17(set.scoreAt(i)));
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
