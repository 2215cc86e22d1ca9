// Values from an RDB file: from what any version of Redis wrote to what 8.0 would have in memory
// after it read that.
//
// What is one string in the file, a plain value or a packed collection, is read in one step
// (readPacked). Collections whose elements follow one by one may be larger than any buffer, so
// reading them is a generator (readElements), which yields where bytes run out and goes on with the
// same element when there are more.
//
// A small collection that was saved packed stays small if it has not too many elements for the
// present configuration, however long they are: Redis does not look.
//
// Unlike Redis: packed collections are always checked to the last byte, whatever
// sanitize-dump-payload says. They are taken apart here anyway, and it is not worth having any
// that would fail later.

import { Hash } from '../datatypes/hash.ts';
import { List } from '../datatypes/list.ts';
import { ListNode, nodeOf } from '../datatypes/list-node.ts';
import { MemberSet, type SetLimits } from '../datatypes/set.ts';
import { ADDED, SortedSet, type Limits as SortedSetLimits } from '../datatypes/sorted-set.ts';
import { parseDouble, parseSafeInt } from '../protocol/numbers.ts';
import { corrupt } from './rdb-error.ts';
import { FIELD_TIME_MAX, NODE_PACKED, NODE_PLAIN, TYPE } from './rdb-format.ts';
import type { RdbInput } from './rdb-input.ts';
import { unzip, unzipMap } from './rdb-old-packs.ts';
import { integersOf, unpack } from './rdb-packs.ts';
import { times, whole } from './rdb-steps.ts';
import { readStream } from './rdb-stream.ts';
import type { RdbValue } from './rdb-values.ts';

/** The parts of the configuration that decide how collections are kept. */
export type RdbLimits = SetLimits &
  SortedSetLimits & {
    readonly 'hash-max-listpack-entries': number;
    readonly 'hash-max-listpack-value': number;
    readonly 'list-max-listpack-size': number;
    readonly 'list-compress-depth': number;
  };

/** What values are made with. */
export type RdbMaker = {
  readonly limits: RdbLimits;
  /** Seeds dictionaries. */
  readonly seed: number;
  /** Makes the levels of skip lists. */
  readonly chance: { readonly next: () => number };
};

/** Read in place of a value that holds nothing, which Redis once wrote by mistake. */
export const EMPTY = Symbol('empty');

const MINUS_INFINITY = 255; // Lengths of a score in digits, that are none.
const PLUS_INFINITY = 254;
const NO_NUMBER = 253;

const BOUNDLESS = {
  'zset-max-listpack-entries': Number.POSITIVE_INFINITY,
  'zset-max-listpack-value': Number.POSITIVE_INFINITY,
};

/** Whether a type's values are read by readPacked(), in one step. */
export function isPacked(type: number): boolean {
  switch (type) {
    case TYPE.STRING:
    case TYPE.HASH_ZIPMAP:
    case TYPE.LIST_ZIPLIST:
    case TYPE.SET_INTSET:
    case TYPE.ZSET_ZIPLIST:
    case TYPE.HASH_ZIPLIST:
    case TYPE.HASH_LISTPACK:
    case TYPE.ZSET_LISTPACK:
    case TYPE.SET_LISTPACK:
    case TYPE.HASH_LISTPACK_EX_PRE_GA:
    case TYPE.HASH_LISTPACK_EX:
      return true;
    default:
      return false;
  }
}

/** A value that is one string in the file. Throws SHORT, or an RdbError. */
export function readPacked(input: RdbInput, type: number, make: RdbMaker): RdbValue | typeof EMPTY {
  if (type === TYPE.STRING) return input.value();
  if (type === TYPE.HASH_LISTPACK_EX) input.time(); // The soonest time: it is seen below.
  switch (type) {
    case TYPE.SET_LISTPACK:
      return memberSet(listpack(input, 'Set listpack'), make);
    case TYPE.ZSET_LISTPACK:
      return sortedSet(listpack(input, 'Zset listpack'), 'Zset listpack', make);
    case TYPE.HASH_LISTPACK:
      return hash(listpack(input, 'Hash listpack'), 'Hash listpack', make);
    case TYPE.HASH_LISTPACK_EX_PRE_GA:
    case TYPE.HASH_LISTPACK_EX:
      return timedHash(listpack(input, 'Hash listpack'), make);
    default:
      return readOldPack(input, type, make);
  }
}

/** A value that is one string of another kind. */
function readOldPack(input: RdbInput, type: number, make: RdbMaker): RdbValue | typeof EMPTY {
  const bytes = input.bytes();
  switch (type) {
    case TYPE.HASH_ZIPMAP:
      return zipmap(checked(unzipMap(bytes), 'Zipmap'), make);
    case TYPE.LIST_ZIPLIST:
      return ziplist(checked(unzip(bytes), 'List ziplist'), make);
    case TYPE.SET_INTSET:
      return intset(bytes, make);
    case TYPE.ZSET_ZIPLIST:
      return sortedSet(checked(unzip(bytes), 'Zset ziplist'), 'Zset ziplist', make);
    default:
      return hash(checked(unzip(bytes), 'Hash ziplist'), 'Hash ziplist', make);
  }
}

function listpack(input: RdbInput, what: string): string[] {
  input.readPack();
  return checked(unpack(input.pack, input.packStart, input.packEnd), what);
}

/** A value whose elements follow one by one. Yields where bytes run out; throws an RdbError. */
export function readElements(
  input: RdbInput,
  type: number,
  make: RdbMaker,
): Generator<void, RdbValue | typeof EMPTY, void> {
  switch (type) {
    case TYPE.LIST:
      return readList(input, make);
    case TYPE.SET:
      return readSet(input, make);
    case TYPE.ZSET:
    case TYPE.ZSET_2:
      return readSortedSet(input, type, make);
    case TYPE.HASH:
      return readHash(input, make);
    case TYPE.HASH_METADATA:
    case TYPE.HASH_METADATA_PRE_GA:
      return readTimedHash(input, type, make);
    case TYPE.LIST_QUICKLIST:
    case TYPE.LIST_QUICKLIST_2:
      return readNodes(input, type, make);
    case TYPE.STREAM_LISTPACKS:
    case TYPE.STREAM_LISTPACKS_2:
    case TYPE.STREAM_LISTPACKS_3:
      return readStream(input, type);
    default:
      throw corrupt(`Unknown RDB encoding type ${type}`);
  }
}

function* readList(
  input: RdbInput,
  make: RdbMaker,
): Generator<void, RdbValue | typeof EMPTY, void> {
  const count = yield* whole(input, () => input.length());
  if (count === 0) return EMPTY;
  const list = newList(make);
  yield* times(input, count, () => list.pushTail(input.string(), 0));
  list.settle(make.limits['list-max-listpack-size']);
  return list;
}

function* readNodes(
  input: RdbInput,
  type: number,
  make: RdbMaker,
): Generator<void, RdbValue | typeof EMPTY, void> {
  const count = yield* whole(input, () => input.length());
  if (count === 0) return EMPTY;
  const list = newList(make);
  yield* times(input, count, () => {
    const kind = type === TYPE.LIST_QUICKLIST_2 ? input.length() : NODE_PACKED;
    if (kind === NODE_PLAIN) {
      const element = input.string();
      if (element.length === 0) throw corrupt('Quicklist integrity check failed.');
      list.appendNode(nodeOf(element, true));
      return;
    }
    if (kind !== NODE_PACKED) throw corrupt('Quicklist integrity check failed.');
    const elements =
      type === TYPE.LIST_QUICKLIST_2
        ? listpack(input, 'Listpack')
        : checked(unzip(input.bytes()), 'Ziplist');
    if (elements.length === 0) return; // Redis: passes over nodes without elements.
    list.appendNode(ListNode.of(elements));
  });
  if (list.size === 0) return EMPTY;
  list.settle(make.limits['list-max-listpack-size']);
  return list;
}

function* readSet(input: RdbInput, make: RdbMaker): Generator<void, RdbValue | typeof EMPTY, void> {
  const { limits, seed } = make;
  const count = yield* whole(input, () => input.length());
  if (count === 0) return EMPTY;
  const small = count <= Math.min(limits['set-max-intset-entries'], 2 ** 30);
  const set = small ? MemberSet.intset(seed) : MemberSet.hashtable(seed);
  yield* times(input, count, () => {
    if (!set.add(input.string(), limits)) throw corrupt('Duplicate set members detected');
  });
  return set;
}

function* readSortedSet(
  input: RdbInput,
  type: number,
  make: RdbMaker,
): Generator<void, RdbValue | typeof EMPTY, void> {
  const count = yield* whole(input, () => input.length());
  if (count === 0) return EMPTY;
  const { limits } = make;
  const set = new SortedSet(make.seed, make.chance);
  // Whether a small number of members makes a small set is known when all of them are: not before,
  // because a small set knows no -0.
  const few = count <= limits['zset-max-listpack-entries'];
  const members: string[] = [];
  const scores: number[] = [];
  if (!few) set.expect(count, 0, limits);
  const add = (score: number, member: string): void => {
    if (set.add(score, member, 0, limits) === ADDED) return;
    throw corrupt('Duplicate zset fields detected');
  };
  let longest = 0;
  yield* times(input, count, () => {
    const member = input.string();
    const score = type === TYPE.ZSET_2 ? input.double() : readScore(input);
    if (score !== score) throw corrupt('Zset with NAN score detected');
    if (!few) return add(score, member);
    if (member.length > longest) longest = member.length;
    members.push(member);
    scores.push(score);
  });
  set.expect(count, longest, limits);
  for (let i = 0; i < members.length; i++) add(scores[i], members[i]);
  return set;
}

/** A score in decimal digits. */
function readScore(input: RdbInput): number {
  const length = input.byte();
  if (length === MINUS_INFINITY) return Number.NEGATIVE_INFINITY;
  if (length === PLUS_INFINITY) return Number.POSITIVE_INFINITY;
  return length === NO_NUMBER ? NaN : parseDouble(input.raw(length));
}

function* readHash(
  input: RdbInput,
  make: RdbMaker,
): Generator<void, RdbValue | typeof EMPTY, void> {
  const { limits } = make;
  const maxBytes = limits['hash-max-listpack-value'];
  const count = yield* whole(input, () => input.length());
  if (count === 0) return EMPTY;
  const made = new Hash(make.seed);
  made.prepare(count, 0, limits['hash-max-listpack-entries'], maxBytes);
  const seen = new Set<string>();
  yield* times(input, count, () => {
    const field = input.string();
    const value = input.string();
    addField(made, field, value, 0, seen, maxBytes);
  });
  return made;
}

function* readTimedHash(
  input: RdbInput,
  type: number,
  make: RdbMaker,
): Generator<void, RdbValue | typeof EMPTY, void> {
  const { limits } = make;
  const maxBytes = limits['hash-max-listpack-value'];
  // Redis: times are counted from the soonest, from 1 on.
  const counted = type === TYPE.HASH_METADATA;
  const from = counted ? Number(yield* whole(input, () => input.time())) - 1 : 0;
  const count = yield* whole(input, () => input.length());
  if (count === 0) return EMPTY;
  const made = new Hash(make.seed);
  made.prepare(count, 0, limits['hash-max-listpack-entries'], maxBytes);
  if (made.isSmall) made.prepareTimes();
  const seen = new Set<string>();
  yield* times(input, count, () => {
    const time = input.length();
    const whenMs = time === 0 ? 0 : time + from;
    if (!(whenMs >= 0 && whenMs <= FIELD_TIME_MAX)) {
      throw corrupt(`invalid expireAt time: ${whenMs}`);
    }
    const field = input.string();
    const value = input.string();
    addField(made, field, value, whenMs, seen, maxBytes);
  });
  return made;
}

function addField(
  to: Hash,
  field: string,
  value: string,
  whenMs: number,
  seen: Set<string>,
  maxBytes: number,
): void {
  const known = to.isSmall ? seen.has(field) : to.find(field) >= 0;
  if (known) throw corrupt('Duplicate hash fields detected');
  to.prepare(0, Math.max(field.length, value.length), Number.POSITIVE_INFINITY, maxBytes);
  if (!to.isSmall) return to.append(field, value, whenMs);
  seen.add(field);
  to.append(field, value, 0);
  if (whenMs !== 0) to.expireAt(to.size - 1, whenMs);
}

function checked(elements: string[] | null, what: string): string[] {
  if (elements === null) throw corrupt(`${what} integrity check failed.`);
  return elements;
}

function newList({ limits }: RdbMaker): List {
  return List.ofNodes(limits['list-max-listpack-size'], limits['list-compress-depth']);
}

/** Redis: a list that was one ziplist is a quicklist, however short. */
function ziplist(elements: readonly string[], make: RdbMaker): RdbValue | typeof EMPTY {
  if (elements.length === 0) return EMPTY;
  const list = newList(make);
  for (const element of elements) list.pushTail(element, 0);
  return list;
}

function intset(bytes: Buffer, { limits, seed }: RdbMaker): RdbValue {
  const integers = checked(integersOf(bytes), 'Intset');
  const set = MemberSet.intset(seed);
  set.expect(integers.length, limits);
  for (const integer of integers) set.add(integer, limits);
  set.width = bytes.readUInt32LE(0);
  return set;
}

function memberSet(members: string[], make: RdbMaker): RdbValue | typeof EMPTY {
  if (members.length === 0) return EMPTY;
  distinct(members, 1, 'Set listpack');
  const set = MemberSet.ofMembers(members, make.seed);
  set.expect(members.length, make.limits);
  return set;
}

function sortedSet(
  pairs: readonly string[],
  what: string,
  make: RdbMaker,
): RdbValue | typeof EMPTY {
  distinct(pairs, 2, what);
  if (pairs.length === 0) return EMPTY;
  const count = pairs.length / 2;
  for (let i = 0; i < count; i++) {
    const score = parseDouble(pairs[2 * i + 1]);
    if (score !== score) throw corrupt(`${what} integrity check failed.`);
    members[i] = pairs[2 * i];
    scores[i] = score + 0; // A small set knows no -0.
  }
  const [named, scored] = [members.slice(0, count), scores.slice(0, count)];
  if (count > KEPT) members.length = scores.length = 0;
  const sorted = SortedSet.ofSorted(named, scored, make.seed, make.chance);
  const set = sorted ?? new SortedSet(make.seed, make.chance);
  set.expect(count, 0, make.limits);
  if (sorted !== undefined) return sorted;
  named.forEach((member, i) => {
    set.add(scored[i], member, 0, BOUNDLESS);
  });
  return set;
}

// Where members and scores gather, so that what is kept of them has no room to spare.
const members: string[] = [];
const scores: number[] = [];
const KEPT = 1024;

function hash(pairs: string[], what: string, { limits, seed }: RdbMaker): RdbValue | typeof EMPTY {
  distinct(pairs, 2, what);
  if (pairs.length === 0) return EMPTY;
  const made = Hash.ofPairs(pairs, seed);
  made.prepare(pairs.length / 2, 0, limits['hash-max-listpack-entries'], 0);
  return made;
}

function timedHash(
  triples: readonly string[],
  { limits, seed }: RdbMaker,
): RdbValue | typeof EMPTY {
  distinct(triples, 3, 'Hash listpack');
  if (triples.length === 0) return EMPTY;
  const made = new Hash(seed);
  made.prepare(triples.length / 3, 0, limits['hash-max-listpack-entries'], 0);
  made.prepareTimes();
  let last = 0;
  for (let i = 0; i < triples.length; i += 3) {
    const whenMs = parseSafeInt(triples[i + 2]);
    const valid = whenMs >= 0 && whenMs <= FIELD_TIME_MAX;
    // Times ascend, and fields that never expire come last.
    const late = whenMs !== 0 && (whenMs < last || (i > 0 && last === 0));
    if (!valid || late) throw corrupt('Hash listpack integrity check failed.');
    last = whenMs;
    made.append(triples[i], triples[i + 1], whenMs);
  }
  return made;
}

/** Redis: a hash that was a zipmap is small only if its strings are short. */
function zipmap(pairs: readonly string[], make: RdbMaker): RdbValue {
  const { limits } = make;
  let longest = 0;
  for (const each of pairs) longest = Math.max(longest, each.length);
  distinct(pairs, 2, 'Hash zipmap with dup elements, or');
  const made = new Hash(make.seed);
  const maxEntries = limits['hash-max-listpack-entries'];
  made.prepare(pairs.length / 2, longest, maxEntries, limits['hash-max-listpack-value']);
  for (let i = 0; i < pairs.length; i += 2) made.append(pairs[i], pairs[i + 1], 0);
  return made;
}

const FEW = 12; // From how many on a Set is quicker than comparing each with each.

/** Throws unless these are whole groups of elements, of which the first are all different. */
function distinct(elements: readonly string[], group: number, what: string): void {
  const count = elements.length / group;
  if (count <= FEW && Number.isInteger(count)) {
    for (let i = group; i < elements.length; i += group) {
      for (let before = 0; before < i; before += group) {
        if (elements[before] === elements[i]) throw corrupt(`${what} integrity check failed.`);
      }
    }
    return;
  }
  const firsts = new Set<string>();
  for (let i = 0; i < elements.length; i += group) firsts.add(elements[i]);
  if (firsts.size !== count) throw corrupt(`${what} integrity check failed.`);
}
