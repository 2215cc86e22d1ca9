// Lua's table library. It goes past metatables, as that of 5.1 does.

import { checkFunction, checkInt, checkTable, optionalInt, optionalText } from './arguments.ts';
import { LuaError } from './errors.ts';
import { inside, libraryOf } from './library.ts';
import { CALL, type Runtime, toText, typeName } from './runtime.ts';
import type { LuaTable } from './table.ts';
import {
  first,
  type LuaFunction,
  NOTHING,
  native,
  type Result,
  type Steps,
  stepped,
  TAIL,
  type Value,
} from './value.ts';

const LONGEST = 2 ** 29 - 24; // V8's longest string.

export function openTable(runtime: Runtime): LuaTable {
  return libraryOf(NAMES, [
    ...NATIVES,
    stepped('foreach', (...args) => forEach(runtime, args)),
    stepped('foreachi', (...args) => forEachItem(runtime, args)),
    stepped('sort', (...args) => sort(runtime, args)),
  ]);
}

const NAMES = [
  ...['concat', 'foreach', 'foreachi', 'getn', 'maxn', 'insert', 'remove', 'setn', 'sort'],
];

const NATIVES: readonly LuaFunction[] = [
  native('concat', (...args) => concat(args[0], args[1], args[2], args[3], args.length)),
  native('getn', (...args) => checkTable(args[0], 1, args.length).length()),
  native('insert', (...args) => insert(args[0], args[1], args[2], args.length)),
  native('maxn', (...args) => largestKey(checkTable(args[0], 1, args.length))),
  native('remove', (...args) => remove(args[0], args[1], args.length)),
  native('setn', (...args) => {
    checkTable(args[0], 1, args.length);
    throw new LuaError("'setn' is obsolete");
  }),
];

/** Sets an item; what goes wrong inside of a library has no line in front. */
function put(table: LuaTable, index: number, value: Value): void {
  if (table.readonly) throw new LuaError('Attempt to modify a readonly table', 0);
  table.set(index, value);
}

function concat(of: Value, between: Value, from: Value, to: Value, count: number): string {
  const separator = optionalText(between, 2, count, '');
  const table = checkTable(of, 1, count);
  const start = optionalInt(from, 3, count, 1);
  const last = to === undefined ? table.length() : checkInt(to, 4, count);
  let out = '';
  for (let i = start; i <= last; i++) {
    const value = table.getNumber(i);
    const text = toText(value);
    if (text === undefined) {
      const what = `invalid value (${typeName(value)}) at index ${i}`;
      throw new LuaError(`${what} in table for 'concat'`);
    }
    if (out.length + text.length + separator.length > LONGEST) {
      throw new LuaError('not enough memory', 0);
    }
    out += i < last ? text + separator : text;
  }
  return out;
}

function insert(into: Value, second: Value, third: Value, count: number): Result {
  const table = checkTable(into, 1, count);
  const behind = table.length() + 1;
  if (count === 2) {
    put(table, behind, second);
    return NOTHING;
  }
  if (count !== 3) throw new LuaError("wrong number of arguments to 'insert'");
  const at = checkInt(second, 2, count);
  for (let i = Math.max(at, behind); i > at; i--) put(table, i, table.getNumber(i - 1));
  put(table, at, third);
  return NOTHING;
}

function remove(from: Value, at: Value, count: number): Result {
  const table = checkTable(from, 1, count);
  const last = table.length();
  const place = optionalInt(at, 2, count, last);
  if (place < 1 || place > last) return NOTHING;
  const removed = table.getNumber(place);
  for (let i = place; i < last; i++) put(table, i, table.getNumber(i + 1));
  put(table, last, undefined);
  return removed;
}

function largestKey(table: LuaTable): number {
  let largest = 0;
  for (let place = table.nextPlace(0); place !== 0; place = table.nextPlace(place)) {
    const key = table.keyAtPlace(place);
    if (typeof key === 'number' && key > largest) largest = key;
  }
  return largest;
}

function* forEach(runtime: Runtime, args: readonly Value[]): Steps<Result> {
  const table = checkTable(args[0], 1, args.length);
  const visit = checkFunction(args[1], 2, args.length);
  for (let place = table.nextPlace(0); place !== 0; ) {
    const key = table.keyAtPlace(place);
    const answer = first(yield* runtime.callBack(visit, key, table.valueAtPlace(place)));
    if (answer !== undefined) return answer;
    // The call may have changed the table, and with it where the key is.
    const here = table.placeOf(key);
    if (here < 0) throw new LuaError("invalid key to 'next'", 0);
    place = table.nextPlace(here);
  }
  return NOTHING;
}

function* forEachItem(runtime: Runtime, args: readonly Value[]): Steps<Result> {
  const table = checkTable(args[0], 1, args.length);
  const last = table.length();
  const visit = checkFunction(args[1], 2, args.length);
  for (let i = 1; i <= last; i++) {
    const answer = first(yield* runtime.callBack(visit, i, table.getNumber(i)));
    if (answer !== undefined) return answer;
  }
  return NOTHING;
}

function* sort(runtime: Runtime, args: readonly Value[]): Steps<Result> {
  const table = checkTable(args[0], 1, args.length);
  const last = table.length();
  const by = args[1] === undefined ? null : checkFunction(args[1], 2, args.length);
  if (by !== null || !sortAlike(table, last)) {
    const { nested } = runtime;
    runtime.enterBack();
    try {
      yield* new Sorter(runtime, table, by ?? lessThan(runtime)).sort(1, last);
    } catch (problem) {
      const own = problem instanceof LuaError && !problem.argument && problem.origin === '';
      throw own ? problem : runtime.passed(problem);
    } finally {
      runtime.nested = nested;
    }
  }
  return NOTHING;
}

/**
 * Sorts items that are all numbers or all strings: whatever the algorithm, it ends the same. False
 * if they are not.
 */
function sortAlike(table: LuaTable, last: number): boolean {
  const items: Value[] = [];
  const kind = typeof table.getNumber(1);
  if (table.readonly || (kind !== 'number' && kind !== 'string')) return false;
  for (let i = 1; i <= last; i++) {
    const item = table.getNumber(i);
    // NaN is in no order, and the two zeros are equal but not the same.
    if (typeof item !== kind || item !== item || (item === 0 && 1 / item < 0)) return false;
    items.push(item);
  }
  const sorted = kind === 'number' ? Float64Array.from(items as number[]).sort() : items.sort();
  for (let i = 0; i < last; i++) table.set(i + 1, sorted[i]);
  return true;
}

/**
 * Lua's quicksort. Scripts see how it goes: which items the function is asked about and in which
 * order, where equal items end up, and when a function that contradicts itself is found out.
 *
 *   1. Put the first, the last and the middle item in order; of three items, that was all.
 *   2. The middle one is the pivot. It goes to the last place but one.
 *   3. From both ends, look for an item that is on the wrong side of the pivot, and swap the two,
 *      until the searches meet. The pivot goes where they met.
 *   4. Sort the smaller side, then go on with the larger one.
 */
class Sorter {
  private readonly runtime: Runtime;
  private readonly table: LuaTable;
  private readonly by: LuaFunction;

  constructor(runtime: Runtime, table: LuaTable, by: LuaFunction) {
    this.runtime = runtime;
    this.table = table;
    this.by = by;
  }

  // The function is called from here, five times over, and not by a method for all of them, for
  // that would be one more generator for each call.
  *sort(from: number, to: number): Steps<void> {
    const { table, by } = this;
    let low = from;
    let high = to;
    while (low < high) {
      let a = table.getNumber(low);
      let b = table.getNumber(high);
      let answer = by.native !== null ? by.native(b, a) : yield* by.stepped!(b, a);
      if (isTrue(answer === TAIL ? yield* this.runtime.untail() : answer)) this.swap(low, high);
      if (high - low === 1) return;
      const middle = Math.floor((low + high) / 2);
      a = table.getNumber(low);
      b = table.getNumber(middle);
      answer = by.native !== null ? by.native(b, a) : yield* by.stepped!(b, a);
      if (isTrue(answer === TAIL ? yield* this.runtime.untail() : answer)) this.swap(low, middle);
      else {
        a = table.getNumber(high);
        answer = by.native !== null ? by.native(a, b) : yield* by.stepped!(a, b);
        if (answer === TAIL) answer = yield* this.runtime.untail();
        if (isTrue(answer)) this.swap(middle, high);
      }
      if (high - low === 2) return;
      const pivot = table.getNumber(middle);
      this.swap(middle, high - 1);
      const met = yield* this.partition(low, high, pivot);
      this.swap(high - 1, met);
      if (met - low < high - met) {
        yield* this.sort(low, met - 1);
        low = met + 1;
      } else {
        yield* this.sort(met + 1, high);
        high = met - 1;
      }
    }
  }

  private *partition(low: number, high: number, pivot: Value): Steps<number> {
    const { table, by } = this;
    let up = low;
    let down = high - 1;
    for (;;) {
      for (;;) {
        const item = table.getNumber(++up);
        let answer = by.native !== null ? by.native(item, pivot) : yield* by.stepped!(item, pivot);
        if (answer === TAIL) answer = yield* this.runtime.untail();
        if (!isTrue(answer)) break;
        if (up > high) throw new LuaError('invalid order function for sorting');
      }
      for (;;) {
        const item = table.getNumber(--down);
        let answer = by.native !== null ? by.native(pivot, item) : yield* by.stepped!(pivot, item);
        if (answer === TAIL) answer = yield* this.runtime.untail();
        if (!isTrue(answer)) break;
        if (down < low) throw new LuaError('invalid order function for sorting');
      }
      if (down < up) return up;
      this.swap(up, down);
    }
  }

  private swap(one: number, other: number): void {
    const { table } = this;
    const value = table.getNumber(one);
    put(table, one, table.getNumber(other));
    put(table, other, value);
  }
}

function isTrue(answer: Result): boolean {
  const value = first(answer);
  return value !== undefined && value !== false;
}

/** What "<" says, by a metamethod if need be. */
function lessThan(runtime: Runtime): LuaFunction {
  return stepped('<', function* (a, b) {
    const answer = inside(() => runtime.less(a, b));
    return answer === CALL ? yield* runtime.testPending() : answer;
  });
}
