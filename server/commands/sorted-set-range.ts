// Ranges of sorted sets: ZRANGE and all commands that it replaced, ZRANGESTORE, the counts, and the
// removals.
//
// Whatever a range is given by, it becomes a rank to start from, a number of members and
// a direction; the set itself turns scores and names into ranks.

import type { SortedSet } from '../../datatypes/sorted-set.ts';
import { LIMIT_OF_RANKS, SCORES_OF_NAMES, SYNTAX } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import {
  beginMembers,
  dropIfEmpty,
  newSortedSet,
  parseLong,
  parseNameRange,
  parseScoreRange,
  readSortedSet,
  sayMember,
  writeSortedSet,
} from '../sorted-set-value.ts';
import type { KeyEvent } from '../notify.ts';

// What a range is given by.
const RANKS = 0;
const SCORES = 1;
const NAMES = 2;
const OPEN = 3; // The call says it, and the direction as well.

// What the call asked for, set by options().
let by = RANKS;
let down = false;
let withScores = false;
let offset = 0;
let limit = -1;

// Where the members are, set by find().
let start = 0;
let count = 0;

/** Reads what follows the two ends of a range, argv[first] being the first of it. */
function options(argv: readonly string[], first: number, kind: number, storing: boolean): void {
  by = kind === OPEN ? RANKS : kind;
  withScores = false;
  offset = 0;
  limit = -1;
  let given = kind !== OPEN;
  for (let i = first; i < argv.length; i++) {
    const word = argv[i].length <= 10 ? argv[i].toUpperCase() : '';
    if (word === 'WITHSCORES' && !storing) {
      withScores = true;
    } else if (word === 'LIMIT' && i + 2 < argv.length) {
      offset = parseLong(argv[++i]);
      limit = parseLong(argv[++i]);
    } else if (word === 'REV' && kind === OPEN && !down) {
      down = true;
    } else if ((word === 'BYSCORE' || word === 'BYLEX') && !given) {
      by = word === 'BYLEX' ? NAMES : SCORES;
      given = true;
    } else {
      throw SYNTAX;
    }
  }
  // Redis: a limit of -1 is none, whatever its offset.
  if (limit !== -1 && by === RANKS) throw LIMIT_OF_RANKS;
  if (withScores && by === NAMES) throw SCORES_OF_NAMES;
}

/** The set at argv[at], with `start` and `count` set to the range behind it; or undefined. */
function find(c: Client, at: number): SortedSet | undefined {
  const { argv } = c;
  const swapped = down && by !== RANKS;
  const min = argv[swapped ? at + 2 : at + 1];
  const max = argv[swapped ? at + 1 : at + 2];
  if (by === RANKS) {
    const first = parseLong(min);
    const last = parseLong(max);
    const set = readSortedSet(c, argv[at]);
    if (set !== undefined) findRanks(set, first, last);
    return set;
  }
  let set: SortedSet | undefined;
  if (by === SCORES) {
    const range = parseScoreRange(min, max);
    set = readSortedSet(c, argv[at]);
    set?.findScores(range);
  } else {
    const range = parseNameRange(min, max);
    set = readSortedSet(c, argv[at]);
    set?.findNames(range, down);
  }
  if (set === undefined) return undefined;
  skip(set);
  if (limit >= 0 && limit < count) count = limit;
  return set;
}

/** Leaves out the members that the offset says. */
function skip(set: SortedSet): void {
  const { from, to } = set;
  if (offset >= 0) {
    start = down ? to - 1 - offset : from + offset;
    count = Math.max(0, to - from - offset);
  } else {
    // Redis: a negative offset leaves nothing of a small set, and of a large one
    // so many members, those at the end where the range stops.
    count = set.encoding === 'skiplist' && -offset <= to - from ? -offset : 0;
    start = down ? from + count - 1 : to - count;
  }
}

/** Ranks as the call has them, counted from the end if negative. */
function findRanks(set: SortedSet, first: number, last: number): void {
  const { size } = set;
  const from = Math.max(0, first < 0 ? first + size : first);
  const to = Math.min(size - 1, last < 0 ? last + size : last);
  count = Math.max(0, to - from + 1);
  start = down ? size - 1 - from : from;
}

function range(c: Client, kind: number, reverse: boolean): void {
  down = reverse;
  options(c.argv, 4, kind, false);
  const set = find(c, 1);
  const { reply } = c;
  if (set === undefined) return reply.array(0);
  beginMembers(reply, count, withScores);
  if (withScores)
    set.walk(start, count, down, (name, score) => sayMember(reply, name, score, true));
  else set.walk(start, count, down, (name) => reply.bulk(name));
}

/**
 * ZRANGE key start stop [BYSCORE|BYLEX] [REV] [LIMIT offset count] [WITHSCORES]
 */
function zrange(c: Client): void {
  range(c, OPEN, false);
}

/** ZREVRANGE key start stop [WITHSCORES] */
function zrevrange(c: Client): void {
  range(c, RANKS, true);
}

/** ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count] */
function zrangebyscore(c: Client): void {
  range(c, SCORES, false);
}

/** ZREVRANGEBYSCORE key max min [WITHSCORES] [LIMIT offset count] */
function zrevrangebyscore(c: Client): void {
  range(c, SCORES, true);
}

/** ZRANGEBYLEX key min max [LIMIT offset count] */
function zrangebylex(c: Client): void {
  range(c, NAMES, false);
}

/** ZREVRANGEBYLEX key max min [LIMIT offset count] */
function zrevrangebylex(c: Client): void {
  range(c, NAMES, true);
}

/**
 * ZRANGESTORE dst src min max [BYSCORE|BYLEX] [REV] [LIMIT offset count]
 */
function zrangestore(c: Client): void {
  const { argv, db, reply } = c;
  down = false;
  options(argv, 5, OPEN, true);
  const source = find(c, 2);
  if (source === undefined || count === 0) {
    if (db.drop(argv[1])) db.changed(argv[1], 'del');
    return reply.int(0);
  }
  const limits = c.server.config.values;
  const stored = newSortedSet(c);
  // Redis: only a range of ranks tells its length in advance.
  stored.expect(by === RANKS ? count : 0, 0, limits);
  source.walk(start, count, down, (member, score) => stored.add(score, member, 0, limits));
  db.put(argv[1], stored);
  db.changed(argv[1], 'zrangestore');
  reply.int(stored.size);
}

/** ZCOUNT key min max */
function zcount(c: Client): void {
  const scores = parseScoreRange(c.argv[2], c.argv[3]);
  const set = readSortedSet(c, c.argv[1]);
  if (set === undefined) return c.reply.int(0);
  set.findScores(scores);
  c.reply.int(set.to - set.from);
}

/** ZLEXCOUNT key min max */
function zlexcount(c: Client): void {
  const names = parseNameRange(c.argv[2], c.argv[3]);
  const set = readSortedSet(c, c.argv[1]);
  if (set === undefined) return c.reply.int(0);
  set.findNames(names, false);
  c.reply.int(set.to - set.from);
}

/** Removes the ranks from `from` up to `to` of a set, and says how many there were. */
function removeRanks(c: Client, set: SortedSet, from: number, to: number, event: KeyEvent): void {
  const key = c.argv[1];
  if (to > from) {
    set.removeRanks(from, to);
    c.db.changed(key, event, to - from);
    dropIfEmpty(c, key, set);
  }
  c.reply.int(Math.max(0, to - from));
}

/** ZREMRANGEBYRANK key start stop */
function zremrangebyrank(c: Client): void {
  const first = parseLong(c.argv[2]);
  const last = parseLong(c.argv[3]);
  const set = writeSortedSet(c, c.argv[1]);
  if (set === undefined) return c.reply.int(0);
  down = false;
  findRanks(set, first, last);
  removeRanks(c, set, start, start + count, 'zremrangebyrank');
}

/** ZREMRANGEBYSCORE key min max */
function zremrangebyscore(c: Client): void {
  const scores = parseScoreRange(c.argv[2], c.argv[3]);
  const set = writeSortedSet(c, c.argv[1]);
  if (set === undefined) return c.reply.int(0);
  set.findScores(scores);
  removeRanks(c, set, set.from, set.to, 'zremrangebyscore');
}

/** ZREMRANGEBYLEX key min max */
function zremrangebylex(c: Client): void {
  const names = parseNameRange(c.argv[2], c.argv[3]);
  const set = writeSortedSet(c, c.argv[1]);
  if (set === undefined) return c.reply.int(0);
  set.findNames(names, false);
  removeRanks(c, set, set.from, set.to, 'zremrangebylex');
}

export const rangeCommands = {
  zrange,
  zrevrange,
  zrangebyscore,
  zrevrangebyscore,
  zrangebylex,
  zrevrangebylex,
  zrangestore,
  zcount,
  zlexcount,
  zremrangebyrank,
  zremrangebyscore,
  zremrangebylex,
};
