// Sorted sets: members and their scores. Ranges, sets made of others, taking from the ends and
// walking over all have files of their own.

import {
  INCR,
  ADDED,
  GT,
  LT,
  MOVED,
  NOT_A_NUMBER,
  NX,
  REFUSED,
  XX,
} from '../../datatypes/sorted-set.ts';
import type { SortedSet } from '../../datatypes/sorted-set.ts';
import type { sortedSet as specs } from '../../protocol/commands/sorted-set.ts';
import {
  SCORE_NOT_A_NUMBER,
  SYNTAX,
  wrongArity,
  ZADD_GT_LT_NX,
  ZADD_NX_AND_XX,
  ZADD_ONE_INCREMENT,
} from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import type { Handlers } from '../command-table.ts';
import {
  dropIfEmpty,
  newSortedSet,
  parseScore,
  readSortedSet,
  writeSortedSet,
} from '../sorted-set-value.ts';
import { popCommands } from './sorted-set-pop.ts';
import { rangeCommands } from './sorted-set-range.ts';
import { scanCommands } from './sorted-set-scan.ts';
import { storeCommands } from './sorted-set-store.ts';

const CH = 1 << 5; // Beside the bits of datatypes/sorted-set.ts.

/** ZADD key [NX|XX] [GT|LT] [CH] [INCR] score member [score member ...] */
function zadd(c: Client): void {
  const { argv } = c;
  let how = 0;
  let first = 2;
  for (let bit = optionOf(argv[2]); bit !== 0; bit = optionOf(argv[first])) {
    how |= bit;
    if (++first === argv.length) throw SYNTAX;
  }
  if ((argv.length - first) % 2 !== 0) throw SYNTAX;
  if (how & NX && how & XX) throw ZADD_NX_AND_XX;
  if ((how & NX && how & (GT | LT)) || (how & GT && how & LT)) throw ZADD_GT_LT_NX;
  if (how & INCR && argv.length - first > 2) throw ZADD_ONE_INCREMENT;
  add(c, how, first);
}

/** ZINCRBY key increment member */
function zincrby(c: Client): void {
  add(c, INCR, 2);
}

function optionOf(word: string): number {
  switch (word.length <= 4 ? word.toUpperCase() : '') {
    case 'NX':
      return NX;
    case 'XX':
      return XX;
    case 'GT':
      return GT;
    case 'LT':
      return LT;
    case 'CH':
      return CH;
    case 'INCR':
      return INCR;
    default:
      return 0;
  }
}

let scores = new Float64Array(16); // Of the call at hand.

/** Adds the pairs from argv[first] on. */
function add(c: Client, how: number, first: number): void {
  const { argv, db, reply } = c;
  const key = argv[1];
  const pairs = (argv.length - first) / 2;
  if (pairs > scores.length) scores = new Float64Array(pairs * 2);
  // Redis: one bad score, and nothing at all is added.
  for (let i = 0; i < pairs; i++) scores[i] = parseScore(argv[first + i * 2]);

  const limits = c.server.config.values;
  let set = writeSortedSet(c, key);
  if (set === undefined) {
    if (how & XX) return how & INCR ? reply.null() : reply.int(0);
    set = newSortedSet(c);
    set.expect(pairs, argv[first + 1].length, limits);
    db.add(key, set);
  } else {
    set.expect(pairs, 0, limits);
  }
  let added = 0;
  let moved = 0;
  let outcome = 0;
  for (let i = 0; i < pairs; i++) {
    outcome = set.add(scores[i], argv[first + i * 2 + 1], how, limits);
    if (outcome === ADDED) added++;
    else if (outcome === MOVED) moved++;
    else if (outcome === NOT_A_NUMBER) throw SCORE_NOT_A_NUMBER;
  }
  if (added + moved > 0) db.changed(key, how & INCR ? 'zincr' : 'zadd', added + moved);
  if (!(how & INCR)) reply.int(how & CH ? added + moved : added);
  else if (outcome === REFUSED) reply.null();
  else reply.double(set.given);
}

/** ZREM key member [member ...] */
function zrem(c: Client): void {
  const { argv } = c;
  const set = writeSortedSet(c, argv[1]);
  if (set === undefined) return c.reply.int(0);
  let removed = 0;
  for (let i = 2; i < argv.length && set.size > 0; i++) if (set.remove(argv[i])) removed++;
  if (removed > 0) {
    c.db.changed(argv[1], 'zrem', removed);
    dropIfEmpty(c, argv[1], set);
  }
  c.reply.int(removed);
}

/** ZCARD key */
function zcard(c: Client): void {
  const set = readSortedSet(c, c.argv[1]);
  c.reply.int(set === undefined ? 0 : set.size);
}

/** ZSCORE key member */
function zscore(c: Client): void {
  sayScore(c, readSortedSet(c, c.argv[1]), c.argv[2]);
}

/** ZMSCORE key member [member ...] */
function zmscore(c: Client): void {
  const { argv } = c;
  const set = readSortedSet(c, argv[1]);
  c.reply.array(argv.length - 2);
  for (let i = 2; i < argv.length; i++) sayScore(c, set, argv[i]);
}

function sayScore(c: Client, set: SortedSet | undefined, member: string): void {
  const score = set === undefined ? NaN : set.score(member);
  if (score !== score) c.reply.null();
  else c.reply.double(score);
}

function rank(c: Client, command: string, reverse: boolean): void {
  const { argv, reply } = c;
  if (argv.length > 4) throw wrongArity(command);
  const withScore = argv.length === 4;
  if (withScore && argv[3].toUpperCase() !== 'WITHSCORE') throw SYNTAX;
  const set = readSortedSet(c, argv[1]);
  const at = set === undefined ? -1 : set.rank(argv[2]);
  if (set === undefined || at < 0) return withScore ? reply.nullArray() : reply.null();
  if (withScore) reply.array(2);
  reply.int(reverse ? set.size - 1 - at : at);
  if (withScore) reply.double(set.score(argv[2]));
}

/** ZRANK key member [WITHSCORE] */
function zrank(c: Client): void {
  rank(c, 'zrank', false);
}

/** ZREVRANK key member [WITHSCORE] */
function zrevrank(c: Client): void {
  rank(c, 'zrevrank', true);
}

export const sortedSetCommands: Handlers<typeof specs> = {
  zadd,
  zincrby,
  zrem,
  zcard,
  zscore,
  zmscore,
  zrank,
  zrevrank,
  ...popCommands,
  ...rangeCommands,
  ...scanCommands,
  ...storeCommands,
};
