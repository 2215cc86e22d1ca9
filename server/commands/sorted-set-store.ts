// Sorted sets made of others: unions, intersections and differences, returned, stored or counted.
// Sources may be plain sets as well, whose members then all have the score 1.
//
// What comes of it is first a list of members and scores, which is sorted once.

import { SET, SORTED_SET } from '../../datatypes/collection.ts';
import { Dict } from '../../datatypes/dict.ts';
import { MemberSet } from '../../datatypes/set.ts';
import type { SortedSet } from '../../datatypes/sorted-set.ts';
import {
  BAD_LIMIT,
  SYNTAX,
  WEIGHT_NOT_A_FLOAT,
  WRONG_TYPE,
  quoting,
} from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import { isString } from '../keyspace.ts';
import {
  beginMembers,
  newSortedSet,
  parseAtLeast,
  parseLong,
  parseScore,
  sayMember,
} from '../sorted-set-value.ts';
import type { KeyEvent } from '../notify.ts';

// What is made of the sources.
const UNION = 0;
const INTER = 1;
const DIFF = 2;

// What is done with it.
const RETURN = 0;
const STORE = 1;
const COUNT = 2;

type Sum = (a: number, b: number) => number;
type Pair = { readonly member: string; score: number };

/** A set to take from; without `set` there is none. */
class Source {
  readonly set: SortedSet | MemberSet | undefined;
  weight = 1;

  constructor(set: SortedSet | MemberSet | undefined) {
    this.set = set;
  }

  get size(): number {
    return this.set === undefined ? 0 : this.set.size;
  }

  memberAt(i: number): string {
    return this.set instanceof MemberSet ? this.set.at(i) : this.set!.memberAt(i);
  }

  scoreAt(i: number): number {
    return this.weigh(this.set instanceof MemberSet ? 1 : this.set!.scoreAt(i));
  }

  /** The weighed score of a member; undefined if it is not here. */
  score(member: string): number | undefined {
    const { set } = this;
    if (set === undefined) return undefined;
    if (set instanceof MemberSet) return set.has(member) ? this.weight : undefined;
    const score = set.score(member);
    return score !== score ? undefined : this.weight * score;
  }

  // Redis: infinity times nothing is nothing.
  private weigh(score: number): number {
    const weighed = this.weight * score;
    return weighed !== weighed ? 0 : weighed;
  }
}

// Redis: so is infinity less infinity.
function sum(a: number, b: number): number {
  const total = a + b;
  return total !== total ? 0 : total;
}

function lower(a: number, b: number): number {
  return b < a ? b : a;
}

function higher(a: number, b: number): number {
  return b > a ? b : a;
}

// What the call asked for beside its sources, set by options().
let aggregate: Sum = sum;
let withScores = false;
let limit = 0;

/** Carries out a command whose number of keys stands at argv[at]. */
function combine(c: Client, at: number, kind: number, use: number): void {
  const sources = sourcesOf(c, at);
  options(c.argv, at + 1 + sources.length, sources, kind, use);
  // Redis: from the smallest on; the order can be told from how floats add up.
  if (kind !== DIFF) sources.sort((a, b) => a.size - b.size);
  if (use === COUNT) return c.reply.int(intersection(sources, limit).length);
  const pairs =
    kind === UNION
      ? union(sources, c.server.hashSeed)
      : kind === INTER
        ? intersection(sources, 0)
        : difference(sources);
  pairs.sort(byScore);
  if (use === STORE) return store(c, pairs);
  beginMembers(c.reply, pairs.length, withScores);
  for (const { member, score } of pairs) sayMember(c.reply, member, score, withScores);
}

function byScore(a: Pair, b: Pair): number {
  if (a.score !== b.score) return a.score < b.score ? -1 : 1;
  return a.member < b.member ? -1 : 1;
}

function sourcesOf(c: Client, at: number): Source[] {
  const { argv } = c;
  const keys = parseLong(argv[at]);
  if (keys < 1) {
    throw quoting("at least 1 input key is needed for '", c.running!.spec.name, "' command");
  }
  if (keys > argv.length - at - 1) throw SYNTAX;
  const sources: Source[] = [];
  for (let i = at + 1; i <= at + keys; i++) {
    const value = c.db.read(argv[i]);
    if (value !== undefined) {
      if (isString(value) || (value.kind !== SORTED_SET && value.kind !== SET)) throw WRONG_TYPE;
    }
    sources.push(new Source(value as SortedSet | MemberSet | undefined));
  }
  return sources;
}

function options(
  argv: readonly string[],
  first: number,
  sources: readonly Source[],
  kind: number,
  use: number,
): void {
  aggregate = sum;
  withScores = false;
  limit = 0;
  let i = first;
  while (i < argv.length) {
    const left = argv.length - i - 1;
    const word = argv[i++].toUpperCase();
    const weighs = kind !== DIFF && use !== COUNT;
    if (word === 'WEIGHTS' && weighs && left >= sources.length) {
      for (const source of sources) source.weight = parseScore(argv[i++], WEIGHT_NOT_A_FLOAT);
    } else if (word === 'AGGREGATE' && weighs && left >= 1) {
      aggregate = aggregateOf(argv[i++]);
    } else if (word === 'WITHSCORES' && use === RETURN) {
      withScores = true;
    } else if (word === 'LIMIT' && use === COUNT && left >= 1) {
      limit = parseAtLeast(argv[i++], 0, BAD_LIMIT);
    } else {
      throw SYNTAX;
    }
  }
}

function aggregateOf(word: string): Sum {
  switch (word.toUpperCase()) {
    case 'SUM':
      return sum;
    case 'MIN':
      return lower;
    case 'MAX':
      return higher;
    default:
      throw SYNTAX;
  }
}

function union(sources: readonly Source[], seed: number): Pair[] {
  const found = new Dict<Pair>(seed);
  const pairs: Pair[] = [];
  for (const source of sources) {
    for (let i = 0; i < source.size; i++) {
      const member = source.memberAt(i);
      const score = source.scoreAt(i);
      const at = found.find(member);
      if (at >= 0) {
        const pair = found.valueAt(at);
        pair.score = aggregate(pair.score, score);
        continue;
      }
      const pair = { member, score };
      found.add(member, pair);
      pairs.push(pair);
    }
  }
  return pairs;
}

/** The members that all sources have; at most so many, if `most` is not 0. */
function intersection(sources: readonly Source[], most: number): Pair[] {
  const [smallest, ...others] = sources;
  const pairs: Pair[] = [];
  for (let i = 0; i < smallest.size; i++) {
    const member = smallest.memberAt(i);
    let score: number | undefined = smallest.scoreAt(i);
    for (const other of others) {
      const theirs = other.score(member);
      score = theirs === undefined ? undefined : aggregate(score, theirs);
      if (score === undefined) break;
    }
    if (score === undefined) continue;
    pairs.push({ member, score });
    if (pairs.length === most) break;
  }
  return pairs;
}

function difference(sources: readonly Source[]): Pair[] {
  const [first, ...others] = sources;
  const pairs: Pair[] = [];
  for (let i = 0; i < first.size; i++) {
    const member = first.memberAt(i);
    if (others.some((other) => other.score(member) !== undefined)) continue;
    pairs.push({ member, score: first.scoreAt(i) });
  }
  return pairs;
}

function store(c: Client, pairs: readonly Pair[]): void {
  const { db, reply } = c;
  const key = c.argv[1];
  if (pairs.length === 0) {
    if (db.drop(key)) db.changed(key, 'del');
    return reply.int(0);
  }
  const limits = c.server.config.values;
  const stored = newSortedSet(c);
  const longest = pairs.reduce((most, { member }) => Math.max(most, member.length), 0);
  stored.expect(pairs.length, longest, limits);
  for (const { member, score } of pairs) stored.add(score, member, 0, limits);
  db.put(key, stored);
  db.changed(key, c.running!.spec.name as KeyEvent);
  reply.int(pairs.length);
}

/**
 * ZUNION numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM|MIN|MAX] [WITHSCORES]
 */
function zunion(c: Client): void {
  combine(c, 1, UNION, RETURN);
}

/**
 * ZINTER numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM|MIN|MAX] [WITHSCORES]
 */
function zinter(c: Client): void {
  combine(c, 1, INTER, RETURN);
}

/** ZDIFF numkeys key [key ...] [WITHSCORES] */
function zdiff(c: Client): void {
  combine(c, 1, DIFF, RETURN);
}

/**
 * ZUNIONSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM|MIN|
 *   MAX]
 */
function zunionstore(c: Client): void {
  combine(c, 2, UNION, STORE);
}

/**
 * ZINTERSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM|MIN|
 *   MAX]
 */
function zinterstore(c: Client): void {
  combine(c, 2, INTER, STORE);
}

/** ZDIFFSTORE destination numkeys key [key ...] */
function zdiffstore(c: Client): void {
  combine(c, 2, DIFF, STORE);
}

/** ZINTERCARD numkeys key [key ...] [LIMIT limit] */
function zintercard(c: Client): void {
  combine(c, 1, INTER, COUNT);
}

export const storeCommands = {
  zunion,
  zinter,
  zdiff,
  zunionstore,
  zinterstore,
  zdiffstore,
  zintercard,
};
