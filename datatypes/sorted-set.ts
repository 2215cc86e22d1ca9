// What a key holds after ZADD: members, each with a score, in the order of the scores, and
// in the order of their bytes where scores are equal.
//
// A small set is two arrays side by side, kept in order; members are looked for one by one, as
// Redis does in its listpack. A large one is a skip list, which knows the order, and a
// dictionary from each member to its node, which knows the scores. Both know ranks, so
// everything about ranges is said in ranks: a range of scores or names is first turned into
// the ranks from which and up to which it reaches, and then there is one kind of range.
//
// Invariants, which check() verifies:
// - members ascend strictly by (score, member);
// - a large set's dictionary holds exactly the nodes of its skip list.

import { type Collection, SORTED_SET } from './collection.ts';
import { Dict } from './dict.ts';
import { type Chance, SkipList } from './skip-list.ts';
import type { NameRange, ScoreRange } from './sorted-set-range.ts';
import { arrayBytes, OBJECT, stringBytes, WORD } from './weight.ts';

const SORTED_SET_BYTES = OBJECT + 11 * WORD;

// How to add: any mixture of these bits.
export const NX = 1 << 0; // Only members that are new.
export const XX = 1 << 1; // Only members that are here already.
export const GT = 1 << 2; // Only if the score goes up.
export const LT = 1 << 3; // Only if the score goes down.
export const INCR = 1 << 4; // Add to the present score.

// What adding came to: exactly one of these.
export const ADDED = 1;
export const MOVED = 2;
export const SAME = 3;
export const REFUSED = 4; // By NX, XX, GT or LT.
export const NOT_A_NUMBER = 5; // inf + -inf.

/** How many members, and of how many bytes, a small set may have: a part of the configuration. */
export type Limits = {
  readonly 'zset-max-listpack-entries': number;
  readonly 'zset-max-listpack-value': number;
};

export class SortedSet implements Collection {
  readonly kind = SORTED_SET;
  weighed = 0;
  /** The score that add() gave a member, or would have. */
  given = 0;
  /** The ranks from which and up to which (exclusive) the range reaches that was found last. */
  from = 0;
  to = 0;
  private members: string[] = []; // Empty if the set is large.
  private scores: number[] = [];
  private large: SkipList | null = null;
  private bytes = 0; // Of the members of a small set.
  private readonly seed: number;
  private readonly chance: Chance;

  /** The seed is the dictionary's; chance makes the skip list's levels. */
  constructor(seed: number, chance: Chance) {
    this.seed = seed;
    this.chance = chance;
  }

  /**
   * A small set of members with scores, in their order; the arrays become its own. Undefined if
   * they are not in order, or a member is there twice with one score.
   */
  static ofSorted(
    members: string[],
    scores: number[],
    seed: number,
    chance: Chance,
  ): SortedSet | undefined {
    for (let i = 1; i < members.length; i++) {
      const [before, score] = [scores[i - 1], scores[i]];
      if (!(before < score || (before === score && members[i - 1] < members[i]))) return undefined;
    }
    const set = new SortedSet(seed, chance);
    set.members = members;
    set.scores = scores;
    for (const member of members) set.bytes += stringBytes(member.length);
    return set;
  }

  get encoding(): string {
    return this.large === null ? 'listpack' : 'skiplist';
  }

  get size(): number {
    return this.large === null ? this.members.length : this.large.length;
  }

  /** The score of a member, or NaN if it is not here. */
  score(member: string): number {
    if (this.large !== null) {
      const node = this.large.nodes.get(member);
      return node === undefined ? NaN : this.large.score(node);
    }
    const i = this.members.indexOf(member);
    return i < 0 ? NaN : this.scores[i];
  }

  /** How many members come before this one, or -1 if it is not here. */
  rank(member: string): number {
    if (this.large === null) return this.members.indexOf(member);
    const node = this.large.nodes.get(member);
    return node === undefined ? -1 : this.large.rank(this.large.score(node), member);
  }

  /** Adds a member or changes its score, and says what came of it; see the bits above. */
  add(score: number, member: string, how: number, limits: Limits): number {
    const { large } = this;
    const i = large === null ? this.members.indexOf(member) : large.nodes.find(member);
    this.given = score;
    if (i < 0) {
      if (how & XX) return REFUSED;
      this.insert(score, member, limits);
      return ADDED;
    }
    if (how & NX) return REFUSED;
    const present = large === null ? this.scores[i] : large.score(large.nodes.valueAt(i));
    const wanted = how & INCR ? present + score : score;
    if (wanted !== wanted) return NOT_A_NUMBER;
    if ((how & GT && wanted <= present) || (how & LT && wanted >= present)) return REFUSED;
    this.given = wanted;
    if (wanted === present) return SAME;
    if (large === null) {
      this.members.splice(i, 1);
      this.scores.splice(i, 1);
      this.insertSmall(wanted, member);
    } else {
      large.move(large.nodes.valueAt(i), wanted);
    }
    return MOVED;
  }

  /** Removes a member; false if it was not here. */
  remove(member: string): boolean {
    const { large } = this;
    const i = large === null ? this.members.indexOf(member) : large.nodes.find(member);
    if (i < 0) return false;
    if (large === null) this.removeRanks(i, i + 1);
    else large.remove(large.nodes.valueAt(i));
    return true;
  }

  /** Removes the members of some ranks. */
  removeRanks(from: number, to: number): void {
    const { large } = this;
    if (large === null) {
      for (let i = from; i < to; i++) this.bytes -= stringBytes(this.members[i].length);
      this.members.splice(from, to - from);
      this.scores.splice(from, to - from);
      return;
    }
    let node = large.at(from);
    for (let left = to - from; left > 0; left--) {
      const next = large.next(node);
      large.remove(node);
      node = next;
    }
  }

  /** Visits `count` members from a rank on, upwards or downwards; they must be there. */
  walk(
    rank: number,
    count: number,
    down: boolean,
    visit: (member: string, score: number) => void,
  ): void {
    const { large } = this;
    if (large === null) {
      const step = down ? -1 : 1;
      for (let i = rank, left = count; left > 0; left--, i += step) {
        visit(this.members[i], this.scores[i]);
      }
      return;
    }
    const order = large;
    let node = order.at(rank);
    for (let left = count; left > 0; left--) {
      visit(order.member(node), order.score(node));
      node = down ? order.prev(node) : order.next(node);
    }
  }

  /** Sets `from` and `to` to the ranks that a range of scores covers. */
  findScores(range: ScoreRange): void {
    this.from = this.countBelow(range.min, range.minOpen);
    this.to = Math.max(this.from, this.countBelow(range.max, !range.maxOpen));
  }

  /** The same for a range of names; which member is looked for first depends on the direction. */
  findNames(range: NameRange, down: boolean): void {
    this.from = 0;
    this.to = 0;
    if (range.empty || this.size === 0) return;
    if (this.large === null) return down ? this.findNamesDown(range) : this.findNamesUp(range);
    const order = this.large;
    if (!range.reaches(order.member(order.last)) || !range.ends(order.member(order.first))) return;
    this.from = range.minEnd === 0 ? order.countBefore(range.min, range.minOpen) : 0;
    this.to = range.maxEnd === 0 ? order.countBefore(range.max, !range.maxOpen) : this.size;
    if (this.to < this.from) this.to = this.from;
  }

  /** A member by a number from 0 up to the size, in no order that means anything. */
  memberAt(i: number): string {
    return this.large === null ? this.members[i] : this.large.nodes.keyAt(i);
  }

  /** The score of the member with that number. */
  scoreAt(i: number): number {
    return this.large === null ? this.scores[i] : this.large.score(this.large.nodes.valueAt(i));
  }

  /** Makes the set large, if so many members, or one of so many bytes, call for it. */
  expect(size: number, bytes: number, limits: Limits): void {
    if (this.large !== null) return;
    if (size <= limits['zset-max-listpack-entries'] && bytes <= limits['zset-max-listpack-value']) {
      return;
    }
    const { members, scores } = this;
    const large = this.newList();
    for (let i = 0; i < members.length; i++) large.insert(scores[i], members[i]);
    this.large = large;
    this.members = [];
    this.scores = [];
    this.bytes = 0;
  }

  copy(): SortedSet {
    const copy = new SortedSet(this.seed, this.chance);
    if (this.large === null) {
      copy.members = this.members.slice();
      copy.scores = this.scores.slice();
      copy.bytes = this.bytes;
      return copy;
    }
    const from = this.large;
    const order = this.newList();
    for (let node = from.first; node !== 0; node = from.next(node)) {
      order.insert(from.score(node), from.member(node));
    }
    copy.large = order;
    return copy;
  }

  get memory(): number {
    const { large } = this;
    if (large === null) return SORTED_SET_BYTES + this.bytes + 2 * arrayBytes(this.size);
    return SORTED_SET_BYTES + large.nodes.memory + large.bytes;
  }

  /** Throws unless every invariant above holds. For tests; O(N log N). */
  check(): void {
    let bytes = 0;
    for (const member of this.members) bytes += stringBytes(member.length);
    if (bytes !== this.bytes) throw new Error(`${bytes} bytes, not ${this.bytes}`);
    let last: string | null = null;
    let lastScore = 0;
    this.walk(0, this.size, false, (member, score) => {
      if (this.score(member) !== score) throw new Error(`${member} has two scores`);
      if (last !== null && !(lastScore < score || (lastScore === score && last < member))) {
        throw new Error(`${last} is not before ${member}`);
      }
      last = member;
      lastScore = score;
    });
    if (this.large === null) return;
    this.large.check();
    if (this.large.nodes.size !== this.size) throw new Error('nodes without a place');
  }

  private insert(score: number, member: string, limits: Limits): void {
    this.expect(this.members.length + 1, member.length, limits);
    const { large } = this;
    if (large === null) {
      this.bytes += stringBytes(member.length);
      this.insertSmall(score, member);
    } else {
      large.insert(score, member);
    }
  }

  private newList(): SkipList {
    return new SkipList(new Dict<number>(this.seed), this.chance);
  }

  private insertSmall(score: number, member: string): void {
    const { members, scores } = this;
    let low = 0;
    let high = members.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const there = scores[middle];
      if (there < score || (there === score && members[middle] < member)) low = middle + 1;
      else high = middle;
    }
    members.splice(low, 0, member);
    // Redis: a listpack keeps whole numbers as integers, so it knows no -0.
    scores.splice(low, 0, score + 0);
  }

  /** How many members have a lower score; or, with `equal`, no higher one. */
  private countBelow(score: number, equal: boolean): number {
    if (this.large !== null) return this.large.countBelow(score, equal);
    const { scores } = this;
    let low = 0;
    let high = scores.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (scores[middle] < score || (equal && scores[middle] === score)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // Redis: names in a listpack are looked at one by one from the end where the range begins, which
  // can be told from a search if the scores, against all advice, are not equal.

  private findNamesUp(range: NameRange): void {
    const { members } = this;
    const last = members.length - 1;
    if (!range.reaches(members[last]) || !range.ends(members[0])) return;
    while (!range.reaches(members[this.from])) this.from++;
    this.to = this.from;
    while (this.to <= last && range.ends(members[this.to])) this.to++;
  }

  private findNamesDown(range: NameRange): void {
    const { members } = this;
    const last = members.length - 1;
    if (!range.reaches(members[last]) || !range.ends(members[0])) return;
    this.to = members.length;
    while (!range.ends(members[this.to - 1])) this.to--;
    this.from = this.to;
    while (this.from > 0 && range.reaches(members[this.from - 1])) this.from--;
  }
}
