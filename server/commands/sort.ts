// SORT and SORT_RO.
//
// An element is weighed by itself, or by what a key holds whose name is made from it: the
// pattern BY, with the element in the place of its first star. What is told of an element
// is found in the same way, by the patterns GET. A pattern may go on into a hash:
// 'user:*->age'. Without ALPHA weights are numbers; elements of the same weight are in the
// order of their bytes.
//
// A BY without a star means not to sort: lists and sorted sets then keep their order.

import { type Collection, HASH, LIST, SET, SORTED_SET } from '../../datatypes/collection.ts';
import type { Hash } from '../../datatypes/hash.ts';
import { List } from '../../datatypes/list.ts';
import { sortFirst } from '../../datatypes/partial-sort.ts';
import type { MemberSet } from '../../datatypes/set.ts';
import type { SortedSet } from '../../datatypes/sorted-set.ts';
import { stringOf } from '../../datatypes/string.ts';
import type { sort as specs } from '../../protocol/commands/sort.ts';
import { ReplyError, SYNTAX, WRONG_TYPE } from '../../protocol/errors.ts';
import { mayReadAll } from '../acl-check.ts';
import { keySlot, patternSlot } from '../../protocol/slot.ts';
import type { Client } from '../client.ts';
import type { Handlers } from '../command-table.ts';
import { isString, kindOf, type Value } from '../keyspace.ts';
import { findLive } from '../field-expire.ts';
import { integer } from '../string-value.ts';
import { grow } from './list-moves.ts';

const NO_NUMBERS = new ReplyError("ERR One or more scores can't be converted into double");

const BY_DENIED = new ReplyError(
  'ERR BY option of SORT denied due to insufficient ACL permissions.',
);
const GET_DENIED = new ReplyError(
  'ERR GET option of SORT denied due to insufficient ACL permissions.',
);

const BY_OF_OTHER_SLOTS = new ReplyError(
  'ERR BY option of SORT denied in Cluster mode when keys formed by the pattern may be in ' +
    'different slots.',
);
const GET_OF_OTHER_SLOTS = new ReplyError(
  'ERR GET option of SORT denied in Cluster mode when keys formed by the pattern may be in ' +
    'different slots.',
);

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;

/** One element, with what it is sorted by. */
type Item = { readonly element: string; readonly weight: number; readonly text: string | null };

class Options {
  descending = false;
  alpha = false;
  offset = 0;
  count = -1;
  by: string | null = null;
  sorts = true;
  store: string | null = null;
  readonly gets: string[] = [];
}

/**
 * SORT key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC|DESC] [ALPHA]
 *   [STORE destination]
 */
function sort(c: Client): void {
  run(c, parse(c, true));
}

/**
 * SORT_RO key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC|DESC]
 *   [ALPHA]
 */
function sortRo(c: Client): void {
  run(c, parse(c, false));
}

function parse(c: Client, stores: boolean): Options {
  const { argv } = c;
  const readsAll = mayReadAll(c.user, c.running!.spec, argv);
  const options = new Options();
  for (let i = 2; i < argv.length; i++) {
    const left = argv.length - i - 1;
    const word = argv[i].toUpperCase();
    if (word === 'ASC') options.descending = false;
    else if (word === 'DESC') options.descending = true;
    else if (word === 'ALPHA') options.alpha = true;
    else if (word === 'LIMIT' && left >= 2) {
      options.offset = integer(argv[++i]);
      options.count = integer(argv[++i]);
    } else if (word === 'STORE' && left >= 1 && stores) options.store = argv[++i];
    else if (word === 'GET' && left >= 1) {
      if (argv[++i] !== '#') checkSlot(c, argv[i], GET_OF_OTHER_SLOTS);
      if (!readsAll) throw GET_DENIED;
      options.gets.push(argv[i]);
    } else if (word === 'BY' && left >= 1) {
      options.by = argv[++i];
      if (!cString(options.by).includes('*')) {
        options.sorts = false;
      } else {
        checkSlot(c, options.by, BY_OF_OTHER_SLOTS);
        if (!readsAll) throw BY_DENIED;
      }
    } else throw SYNTAX;
  }
  return options;
}

/** Refuses a pattern that leads to keys which may be of other nodes. */
function checkSlot(c: Client, pattern: string, problem: ReplyError): void {
  const { cluster, compatibility } = c.server;
  if (compatibility.samples) compatibility.lookAtPattern(c.argv[1], pattern);
  if (cluster !== null && patternSlot(pattern) !== keySlot(c.argv[1])) throw problem;
}

function run(c: Client, options: Options): void {
  const value = c.db.read(c.argv[1]);
  const kind = value === undefined ? LIST : kindOf(value);
  if (kind !== LIST && kind !== SET && kind !== SORTED_SET) throw WRONG_TYPE;
  if (!options.sorts && kind === SET && (options.store !== null || c.isScript)) {
    // Redis: what is made of a set must not depend on how it lies in memory.
    options.sorts = true;
    options.alpha = true;
    options.by = null;
  }
  const size = value === undefined ? 0 : (value as Collection).size;
  const from = Math.min(Math.max(options.offset, 0), size);
  const end = options.count < 0 ? size : Math.min(from + options.count, size);
  let elements: string[] = [];
  if (value !== undefined) {
    if (options.sorts) elements = sorted(c, value, size, options, from, end);
    else elements = elementsOf(c, value, from, end, options.descending);
  }
  const told = options.gets.length === 0 ? elements : found(c, elements, options.gets);
  if (options.store !== null) return store(c, options.store, told);
  c.reply.array(told.length);
  for (const bytes of told) {
    if (bytes === null) c.reply.null();
    else c.reply.bulk(bytes);
  }
}

/** The elements from one place up to another in the order that they have, or backwards. */
function elementsOf(c: Client, value: Value, from: number, end: number, back: boolean): string[] {
  const elements: string[] = [];
  const count = end - from;
  const kind = kindOf(value);
  if (kind === SET) {
    const set = value as MemberSet;
    for (let i = from; i < end; i++) elements.push(set.at(i));
  } else if (kind === SORTED_SET) {
    const set = value as SortedSet;
    // Redis: to sort a small sorted set makes it a large one.
    if (set.encoding === 'listpack') c.db.willChange(c.argv[1]);
    set.expect(Infinity, 0, c.server.config.values);
    if (count > 0)
      set.walk(back ? set.size - 1 - from : from, count, back, (member) => elements.push(member));
  } else if (count > 0) {
    const list = value as List;
    return back ? list.slice(list.size - end, count).reverse() : list.slice(from, count);
  }
  return elements;
}

/** The elements in order, from one place up to, but not including, another. */
function sorted(
  c: Client,
  value: Value,
  size: number,
  options: Options,
  from: number,
  end: number,
): string[] {
  const { by, alpha, descending } = options;
  const stored = options.store !== null;
  let numbers = true;
  const items = elementsOf(c, value, 0, size, false).map((element): Item => {
    const text = by === null ? element : lookUp(c, by, element);
    if (alpha) return { element, weight: 0, text: text === null || stored ? text : cString(text) };
    const weight = text === null ? 0 : weightOf(text);
    if (weight !== weight) numbers = false;
    return { element, weight, text: element };
  });
  if (!numbers) throw NO_NUMBERS;
  const compare = (a: Item, b: Item): number => {
    const order = a.weight === b.weight ? compareTexts(a.text, b.text) : a.weight - b.weight;
    return descending ? -order : order;
  };
  if (by !== null && (from > 0 || end < items.length)) sortFirst(items, end, compare);
  else items.sort(compare);
  return items.slice(from, end).map((item) => item.element);
}

/** Absent texts come first. */
function compareTexts(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null || (b !== null && a < b)) return -1;
  return 1;
}

/** A weight, or NaN if it is no number. Nothing at all weighs nothing. */
function weightOf(text: string): number {
  const s = cString(text);
  if (DECIMAL.test(s)) return Number(s);
  if (s === '') return 0;
  const infinite = INFINITE.exec(s);
  if (infinite === null) return NaN;
  return infinite[1] === '-' ? -Infinity : Infinity;
}

/** What the patterns find for each element in turn; null where there is nothing. */
function found(
  c: Client,
  elements: readonly string[],
  patterns: readonly string[],
): (string | null)[] {
  const values: (string | null)[] = [];
  for (const element of elements) {
    for (const pattern of patterns) values.push(lookUp(c, pattern, element));
  }
  return values;
}

/** The string, or the field of a hash, that a pattern leads to from an element, or null. */
function lookUp(c: Client, pattern: string, element: string): string | null {
  const readable = cString(pattern);
  if (readable === '#') return element;
  const star = readable.indexOf('*');
  if (star < 0) return null;
  const arrow = readable.indexOf('->', star + 1);
  const inHash = arrow >= 0 && arrow + 2 < readable.length;
  const tail = inHash ? pattern.slice(star + 1, arrow) : pattern.slice(star + 1);
  const key = pattern.slice(0, star) + element + tail;
  const value = c.db.read(key);
  if (value === undefined) return null;
  if (!inHash) return isString(value) ? stringOf(value) : null;
  if (kindOf(value) !== HASH) return null;
  const hash = value as Hash;
  const i = findLive(c, key, hash, pattern.slice(arrow + 2));
  return i < 0 ? null : hash.valueAt(i);
}

/** Puts a list of what was told in the place of whatever the key holds. */
function store(c: Client, key: string, told: readonly (string | null)[]): void {
  const { db } = c;
  if (told.length > 0) {
    const list = new List();
    for (const bytes of told) {
      const element = bytes ?? '';
      grow(c, list, element.length, 1);
      list.pushTail(element, c.server.debug.packedThreshold);
    }
    db.put(key, list);
    db.changed(key, 'sortstore', told.length);
  } else if (db.drop(key)) {
    db.changed(key, 'del');
  }
  c.reply.int(told.length);
}

// Redis reads patterns and weights as C does, up to the first NUL.
function cString(bytes: string): string {
  const end = bytes.indexOf('\0');
  return end < 0 ? bytes : bytes.slice(0, end);
}

export const sortCommands: Handlers<typeof specs> = { sort, sort_ro: sortRo };
