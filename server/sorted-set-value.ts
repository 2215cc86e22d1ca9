// Sorted sets as handlers see them: how to come by one, how to read what calls say about
// ranges, and how to say members and scores.

import { SORTED_SET } from '../datatypes/collection.ts';
import { SortedSet } from '../datatypes/sorted-set.ts';
import {
  AT_A_NAME,
  BEFORE_ALL,
  BEHIND_ALL,
  type NameEnd,
  NameRange,
  type ScoreRange,
} from '../datatypes/sorted-set-range.ts';
import {
  BAD_NAME_RANGE,
  BAD_SCORE_RANGE,
  NOT_A_FLOAT,
  NOT_AN_INTEGER,
  type ReplyError,
} from '../protocol/errors.ts';
import { parseDouble, parseInt64, parseSafeInt } from '../protocol/numbers.ts';
import type { Reply } from '../protocol/reply.ts';
import type { Client } from './client.ts';

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const INFINITE = /^[+-]?inf(?:inity)?$/i;
const OPEN = 0x28; // The parenthesis that leaves an end out.
const CLOSED = 0x5b;

/** The sorted set of a key, to be read; undefined if there is none. */
export function readSortedSet(c: Client, key: string): SortedSet | undefined {
  return c.db.readKind(key, SORTED_SET) as SortedSet | undefined;
}

/** The same for one to be changed. */
export function writeSortedSet(c: Client, key: string): SortedSet | undefined {
  return c.db.writeKind(key, SORTED_SET) as SortedSet | undefined;
}

/** A sorted set without members yet, which no key holds. */
export function newSortedSet(c: Client): SortedSet {
  return new SortedSet(c.server.hashSeed, c.server.random);
}

/** Removes the key of a set that has no members left. To be called after changed(). */
export function dropIfEmpty(c: Client, key: string, set: SortedSet): void {
  if (set.size > 0) return;
  c.db.drop(key);
  c.db.announce(key, 'del');
}

/** A score; throws what is to be said of anything else. */
export function parseScore(text: string, problem: ReplyError = NOT_A_FLOAT): number {
  const score = parseDouble(text);
  if (score !== score) throw problem;
  return score;
}

/** An integer of 64 bits; beyond 2^53 it is not exact. */
export function parseLong(text: string): number {
  const n = parseSafeInt(text);
  if (n === n) return n;
  const large = parseInt64(text);
  if (large === undefined) throw NOT_AN_INTEGER;
  return Number(large);
}

/** An integer of 64 bits that is not below `least`; throws `problem` for all else. */
export function parseAtLeast(text: string, least: number, problem: ReplyError): number {
  const n = parseSafeInt(text);
  if (n >= least) return n;
  const large = n === n ? undefined : parseInt64(text);
  if (large === undefined || large < 0n) throw problem;
  return Number(large);
}

/** A range of scores, such as "(1" and "+inf". */
export function parseScoreRange(min: string, max: string): ScoreRange {
  const minOpen = min.charCodeAt(0) === OPEN;
  const maxOpen = max.charCodeAt(0) === OPEN;
  return {
    min: parseScoreEnd(minOpen ? min.slice(1) : min),
    minOpen,
    max: parseScoreEnd(maxOpen ? max.slice(1) : max),
    maxOpen,
  };
}

/** A range of names, such as "[a" and "+". */
export function parseNameRange(min: string, max: string): NameRange {
  return new NameRange(parseNameEnd(min), parseNameEnd(max));
}

// Redis: these ends are not read as scores are. What is too large is infinite, what is too small
// is 0, nothing at all is 0 as well, and a NUL ends the number.
function parseScoreEnd(text: string): number {
  const n = parseSafeInt(text);
  if (n === n) return n;
  if (text === '+inf' || text === 'inf') return Infinity;
  if (text === '-inf') return -Infinity;
  const end = text.indexOf('\0');
  const number = end < 0 ? text : text.slice(0, end);
  if (DECIMAL.test(number) || number === '') return Number(number);
  if (!INFINITE.test(number)) throw BAD_SCORE_RANGE;
  return number[0] === '-' ? -Infinity : Infinity;
}

const FIRST: NameEnd = { end: BEFORE_ALL, name: '', open: false };
const LAST: NameEnd = { end: BEHIND_ALL, name: '', open: false };

function parseNameEnd(text: string): NameEnd {
  const mark = text.charCodeAt(0);
  if (mark === OPEN || mark === CLOSED) {
    return { end: AT_A_NAME, name: text.slice(1), open: mark === OPEN };
  }
  // Redis: a NUL ends the word.
  if (text === '-' || text.startsWith('-\0')) return FIRST;
  if (text === '+' || text.startsWith('+\0')) return LAST;
  throw BAD_NAME_RANGE;
}

/** Begins a list of so many members: in RESP2 it is flat, in RESP3 a list of pairs. */
export function beginMembers(reply: Reply, count: number, withScores: boolean): void {
  reply.array(withScores && !reply.resp3 ? count * 2 : count);
}

/** Says a member of such a list. */
export function sayMember(reply: Reply, member: string, score: number, withScores: boolean): void {
  if (!withScores) return reply.bulk(member);
  if (reply.resp3) reply.array(2);
  reply.bulk(member);
  reply.double(score);
}
