// Sets: members without order, in one of three encodings.
//
//   intset      integers only, in ascending order (intset.ts)
//   listpack    few and short members, in the order in which they came
//   hashtable   anything, in a dictionary
//
// A set begins in the encoding that suits its first member and the number of members
// expected, and goes from left to right as it grows: an intset that gets a member
// that is no integer becomes a listpack if it would be a permitted one, and a hashtable if
// not; an intset with too many members becomes a hashtable, however short they are. A set
// that shrinks stays what it is, unless a large set loses nearly all of its members at once.
//
// The first two are an array here. An intset is searched by halving, a listpack from end to end,
// which its limits keep short.

import { type Collection, SET } from './collection.ts';
import { Dict } from './dict.ts';
import { isInteger, placeOf } from './intset.ts';
import { arrayBytes, OBJECT, stringBytes, WORD } from './weight.ts';

/** Up to where the small encodings are allowed; the names are the configuration's. */
export interface SetLimits {
  readonly 'set-max-intset-entries': number;
  readonly 'set-max-listpack-entries': number;
  readonly 'set-max-listpack-value': number;
}

/** Where chance comes from: whole numbers from 0 up to, but not including, `n`. */
export interface Chance {
  below(n: number): number;
}

const INTSET = 0;
const LISTPACK = 1;
const HASHTABLE = 2;
const ENCODINGS = ['intset', 'listpack', 'hashtable'] as const;

const MOSTLY = 5; // Redis: from how many times more popped than left on the rest is moved instead.
const SET_BYTES = OBJECT + 7 * WORD;

export class MemberSet implements Collection {
  readonly kind = SET;
  /** Bytes of each integer in Redis's intset, which never becomes narrower again. */
  width = 2;
  weighed = 0;
  private form: number;
  private small: string[] = []; // The members, unless it is a hashtable.
  private large: Dict<null> | null; // The members, if it is one.
  private bytes = 0; // Of the members, unless it is a hashtable.
  private readonly seed: number;

  private constructor(form: number, seed: number) {
    this.form = form;
    this.seed = seed;
    this.large = form === HASHTABLE ? new Dict(seed) : null;
  }

  /** An empty set that will hold `first`, and about so many members in all. */
  static of(first: string, expected: number, limits: SetLimits, seed: number): MemberSet {
    if (expected <= limits['set-max-intset-entries'] && isInteger(first)) {
      return new MemberSet(INTSET, seed);
    }
    const short = expected <= limits['set-max-listpack-entries'];
    return new MemberSet(short ? LISTPACK : HASHTABLE, seed);
  }

  /** An empty intset. */
  static intset(seed: number): MemberSet {
    return new MemberSet(INTSET, seed);
  }

  /** An empty listpack. */
  static listpack(seed: number): MemberSet {
    return new MemberSet(LISTPACK, seed);
  }

  /** A listpack of members, none of them twice; the array becomes its own. */
  static ofMembers(members: string[], seed: number): MemberSet {
    const set = new MemberSet(LISTPACK, seed);
    set.small = members;
    set.bytes = bytesOf(members);
    return set;
  }

  /** An empty hashtable. */
  static hashtable(seed: number): MemberSet {
    return new MemberSet(HASHTABLE, seed);
  }

  get encoding(): string {
    return ENCODINGS[this.form];
  }

  /** Whether it is an intset, so that all members are integers and come in ascending order. */
  get isIntset(): boolean {
    return this.form === INTSET;
  }

  /** Whether it is a hashtable: the other two are walked in one go. */
  get isHashtable(): boolean {
    return this.form === HASHTABLE;
  }

  get size(): number {
    return this.large === null ? this.small.length : this.large.size;
  }

  /** Member number i, which must be there. Good until the next change. */
  at(i: number): string {
    return this.large === null ? this.small[i] : this.large.keyAt(i);
  }

  has(member: string): boolean {
    return this.large === null ? this.find(member) >= 0 : this.large.has(member);
  }

  /** Prepares for so many members to be added: a set that cannot stay small is turned now. */
  expect(members: number, limits: SetLimits): void {
    if (this.form === HASHTABLE) return;
    const name = this.form === INTSET ? 'set-max-intset-entries' : 'set-max-listpack-entries';
    if (members > limits[name]) this.enlarge();
  }

  /** Adds a member; false if it was there. */
  add(member: string, limits: SetLimits): boolean {
    const { small } = this;
    if (this.large !== null) {
      if (this.large.has(member)) return false;
      this.large.add(member, null);
      return true;
    }
    if (this.form === INTSET && isInteger(member)) {
      const place = placeOf(small, member);
      if (small[place] === member) return false;
      if (member.length > 4) this.widen(member);
      if (place === small.length) small.push(member);
      else small.splice(place, 0, member);
      this.bytes += stringBytes(member.length);
      if (small.length > limits['set-max-intset-entries']) this.enlarge();
      return true;
    }
    if (this.form === LISTPACK && small.includes(member)) return false;
    if (this.fitsListpack(member, limits)) {
      this.form = LISTPACK;
      small.push(member);
      this.bytes += stringBytes(member.length);
    } else {
      this.enlarge().add(member, null);
    }
    return true;
  }

  /** Removes a member; false if it was not there. */
  remove(member: string): boolean {
    if (this.large !== null) return this.large.delete(member);
    const i = this.find(member);
    if (i < 0) return false;
    this.removeAt(i);
    return true;
  }

  /** Removes member number i, which must be there. */
  removeAt(i: number): void {
    if (this.large !== null) return this.large.removeAt(i);
    this.bytes -= stringBytes(this.small[i].length);
    this.small.splice(i, 1);
  }

  /** Becomes an intset if that may hold so many. All members must be integers. */
  toIntset(limits: SetLimits): void {
    if (this.form === INTSET || this.size > limits['set-max-intset-entries']) return;
    const sorted: string[] = [];
    for (let i = 0; i < this.size; i++) {
      const member = this.at(i);
      sorted.splice(placeOf(sorted, member), 0, member);
    }
    this.form = INTSET;
    this.small = sorted;
    this.bytes = bytesOf(sorted);
    this.large = null;
    this.width = 2;
    for (const member of sorted) this.widen(member);
  }

  /** So many members by chance, no two the same; there must be at least as many. */
  sample(count: number, chance: Chance): string[] {
    const { size } = this;
    const members: string[] = [];
    if (this.large === null) {
      // Algorithm S (Knuth, vol. 2, 3.4.2): in the order of the set, in one pass.
      for (let i = 0; members.length < count; i++) {
        if (chance.below(size - i) < count - members.length) members.push(this.small[i]);
      }
      return members;
    }
    // Floyd's: a number that was drawn already stands for the one that is new in this round.
    const drawn = new Set<number>();
    for (let newest = size - count; newest < size; newest++) {
      const i = chance.below(newest + 1);
      drawn.add(drawn.has(i) ? newest : i);
    }
    for (const i of drawn) members.push(this.large.keyAt(i));
    return members;
  }

  /** Removes so many members by chance, fewer than there are, and returns them. */
  pop(count: number, chance: Chance, limits: SetLimits): string[] {
    if (this.large === null) {
      const popped = this.sample(count, chance);
      const kept: string[] = [];
      let next = 0; // Both are in the same order.
      for (const member of this.small) {
        if (member === popped[next]) next++;
        else kept.push(member);
      }
      this.small = kept;
      this.bytes -= bytesOf(popped);
      return popped;
    }
    const left = this.size - count;
    if (left * MOSTLY > count) return draw(this.large, count, chance);
    // Redis: those few that stay make a new set, which may be a small one again.
    const { large } = this;
    const rest = draw(large, left, chance);
    this.form = LISTPACK;
    this.large = null;
    for (const member of rest) this.add(member, limits);
    return keysOf(large);
  }

  copy(): MemberSet {
    const copy = new MemberSet(this.form, this.seed);
    copy.width = this.width;
    copy.bytes = this.bytes;
    if (this.large === null) copy.small = this.small.slice();
    else for (let i = 0; i < this.large.size; i++) copy.large!.add(this.large.keyAt(i), null);
    return copy;
  }

  get memory(): number {
    return SET_BYTES + this.bytes + (this.large?.memory ?? arrayBytes(this.small.length));
  }

  /** Throws unless it is what its encoding says. For tests; O(N). */
  check(): void {
    if (bytesOf(this.small) !== this.bytes) throw new Error('miscounted bytes');
    if (this.large !== null) {
      if (this.form !== HASHTABLE || this.small.length > 0) throw new Error('two encodings');
      return this.large.check();
    }
    if (this.form === HASHTABLE) throw new Error('a hashtable without one');
    if (new Set(this.small).size !== this.small.length) throw new Error('a member twice');
    if (this.form === LISTPACK) return;
    this.small.forEach((member, i) => {
      if (!isInteger(member)) throw new Error(`${member} in an intset`);
      if (placeOf(this.small, member) !== i) throw new Error(`${member} out of order`);
    });
  }

  /** The place of a member in the array, or -1. */
  private find(member: string): number {
    const { small } = this;
    if (this.form === LISTPACK) return small.indexOf(member);
    if (!isInteger(member)) return -1;
    const place = placeOf(small, member);
    return small[place] === member ? place : -1;
  }

  /** Whether it may be a listpack with one more member. */
  private fitsListpack(member: string, limits: SetLimits): boolean {
    const { small } = this;
    const longest = limits['set-max-listpack-value'];
    if (small.length >= limits['set-max-listpack-entries'] || member.length > longest) return false;
    if (this.form === LISTPACK || small.length === 0) return true;
    // The longest integer stands first or last.
    return small[0].length <= longest && small[small.length - 1].length <= longest;
  }

  private widen(member: string): void {
    const n = Number(member);
    if (n < -(2 ** 31) || n >= 2 ** 31) this.width = 8;
    else if (this.width === 2 && (n < -(2 ** 15) || n >= 2 ** 15)) this.width = 4;
  }

  private enlarge(): Dict<null> {
    const large = new Dict<null>(this.seed);
    for (const member of this.small) large.add(member, null);
    this.form = HASHTABLE;
    this.small = [];
    this.bytes = 0;
    this.large = large;
    return large;
  }
}

/** Takes so many keys by chance out of a dictionary. */
function draw(from: Dict<null>, count: number, chance: Chance): string[] {
  const drawn: string[] = [];
  for (let n = 0; n < count; n++) {
    const i = chance.below(from.size);
    drawn.push(from.keyAt(i));
    from.removeAt(i);
  }
  return drawn;
}

function bytesOf(members: readonly string[]): number {
  let bytes = 0;
  for (const member of members) bytes += stringBytes(member.length);
  return bytes;
}

function keysOf(dict: Dict<null>): string[] {
  const keys: string[] = [];
  for (let i = 0; i < dict.size; i++) keys.push(dict.keyAt(i));
  return keys;
}
