// Lua's tables: an array part and a hash part, laid out as Lua 5.1 lays them out.
//
// Scripts can see the layout: next() and pairs() go through the array and then through the nodes of
// the hash in their order, cjson writes objects in that order, and `#` of a table with holes
// depends on where its array ends. So nodes are placed, moved and rehashed exactly as Lua does it:
//
//   array    values of the keys 1 to size; sizes are powers of two that are more than half used
//   nodes    a power of two of them, each with key, value and the next of its chain
//
// A key belongs to its main position, which its hash says. If that is taken, by one that belongs
// there too, the new key goes to the last free node and into the chain; one that does not belong
// there is moved out. When no node is free, all keys are counted, the array gets the size that
// suits them, and everything is put in anew.
//
// Looking up does not go along chains: hashing a string for each look would cost more than a Map
// does. A few nodes are looked through one by one, many have a Map from key to node.

import { LightUserdata, NULL } from './userdata.ts';
import type { LuaFunction, Value } from './value.ts';

const FEW = 8; // Nodes up to which there is no Map.
const MOST_IN_ARRAY = 2 ** 26;
const LARGE = 4096; // Items from which an array is made anew, rather than grown.
const NONE = -1;

const noKeys: Value[] = [];
const noNexts: number[] = [];

/** Of the keys from 2^(i-1)+1 to 2^i, while a table is looked through. */
const counts = new Int32Array(27);

let nextIdentity = 1;
const identities = new WeakMap<object, number>();

export class LuaTable {
  meta: LuaTable | null = null;
  /** Whether it must not be changed: those that scripts share. */
  readonly = false;
  private array: Value[] = [];
  private keys: Value[] = noKeys;
  private values: Value[] = noKeys;
  private nexts: number[] = noNexts;
  private nodes: Map<Value, number> | null = null;
  private free = 0; // Nodes from here on are not free.

  /** With room for so many array items and other keys, as a constructor knows them. */
  constructor(items = 0, others = 0) {
    if (items > 0) this.resizeArray(items);
    if (others > 0) this.makeNodes(others);
  }

  /** A table with these items, which become its own: the array must not be used any more. */
  static of(items: Value[]): LuaTable {
    const table = new LuaTable();
    const { length } = items;
    if (length > 1) for (let i = powerOfTwo(length) - length; i > 0; i--) items.push(undefined);
    table.array = items;
    return table;
  }

  get(key: Value): Value {
    if (typeof key === 'number') return this.getNumber(key);
    if (typeof key === 'string') return this.getString(key);
    const node = key === undefined ? NONE : this.find(key);
    return node < 0 ? undefined : this.values[node];
  }

  getString(key: string): Value {
    const { keys, nodes } = this;
    if (nodes !== null) {
      const node = nodes.get(key);
      return node === undefined ? undefined : this.values[node];
    }
    for (let i = 0; i < keys.length; i++) if (keys[i] === key) return this.values[i];
    return undefined;
  }

  getNumber(key: number): Value {
    // What is no index of the array is undefined there, fractions included.
    if (key >= 1 && key <= this.array.length) {
      const i = key - 1;
      if (i === (i | 0)) return this.array[i];
    }
    const node = this.find(key);
    return node < 0 ? undefined : this.values[node];
  }

  /** Gives a key, which must not be nil or NaN, a value. */
  set(key: Value, value: Value): void {
    if (typeof key === 'number' && key >= 1 && key <= this.array.length) {
      const i = key - 1;
      if (i === (i | 0)) {
        this.array[i] = value;
        return;
      }
    }
    const node = this.find(key);
    if (node >= 0) this.values[node] = value;
    else this.insert(key, value);
  }

  setString(key: string, value: Value): void {
    const node = this.find(key);
    if (node >= 0) this.values[node] = value;
    else this.insert(key, value);
  }

  /** Puts items in place from an index on, as a constructor does. */
  setItems(index: number, items: readonly Value[]): void {
    const last = index + items.length - 1;
    if (last > this.array.length) this.resize(last, this.keys.length);
    for (let i = 0; i < items.length; i++) this.array[index - 1 + i] = items[i];
  }

  /** A border: an index with a value that is followed by one without. */
  length(): number {
    const { array } = this;
    let above = array.length;
    if (above > 0 && array[above - 1] === undefined) {
      let below = 0;
      while (above - below > 1) {
        const middle = (below + above) >>> 1;
        if (array[middle - 1] === undefined) above = middle;
        else below = middle;
      }
      return below;
    }
    if (this.keys.length === 0) return above;
    let below = above++;
    while (this.getNumber(above) !== undefined) {
      below = above;
      above *= 2;
      if (above > 0x7fffffff) return this.walkToBorder();
    }
    while (above - below > 1) {
      const middle = Math.floor((below + above) / 2);
      if (this.getNumber(middle) === undefined) above = middle;
      else below = middle;
    }
    return below;
  }

  /**
   * The place from which to go on behind a key: 0 for nil, which is before all; -1 if there is no
   * such key.
   */
  placeOf(key: Value): number {
    if (key === undefined) return 0;
    const { length } = this.array;
    if (typeof key === 'number' && key >= 1 && key <= length && Number.isInteger(key)) return key;
    const node = this.find(key);
    return node < 0 ? -1 : length + node + 1;
  }

  /** The first place from this one on that has a value, counting from 1; 0 if there is none. */
  nextPlace(from: number): number {
    const { array, values } = this;
    let i = from;
    for (; i < array.length; i++) if (array[i] !== undefined) return i + 1;
    for (; i - array.length < values.length; i++) {
      if (values[i - array.length] !== undefined) return i + 1;
    }
    return 0;
  }

  keyAtPlace(place: number): Value {
    const { length } = this.array;
    return place <= length ? place : this.keys[place - length - 1];
  }

  valueAtPlace(place: number): Value {
    const { length } = this.array;
    return place <= length ? this.array[place - 1] : this.values[place - length - 1];
  }

  private walkToBorder(): number {
    let i = 1;
    while (this.getNumber(i) !== undefined) i++;
    return i - 1;
  }

  /** The node of a key, even if its value is nil; -1 if it has none. */
  private find(key: Value): number {
    const { keys, nodes } = this;
    if (nodes !== null) return nodes.get(key) ?? NONE;
    for (let i = 0; i < keys.length; i++) if (keys[i] === key) return i;
    return NONE;
  }

  private insert(key: Value, value: Value): void {
    const { keys, values, nexts } = this;
    if (keys.length === 0) return this.rehash(key, value);
    let at = this.mainPosition(key);
    if (values[at] !== undefined) {
      const free = this.freeNode();
      if (free < 0) return this.rehash(key, value);
      let other = this.mainPosition(keys[at]);
      if (other !== at) {
        // Who is here belongs elsewhere, and moves.
        while (nexts[other] !== at) other = nexts[other];
        nexts[other] = free;
        this.place(free, keys[at], values[at]);
        nexts[free] = nexts[at];
        nexts[at] = NONE;
      } else {
        nexts[free] = nexts[at];
        nexts[at] = free;
        at = free;
      }
    } else if (keys[at] !== undefined) {
      this.nodes?.delete(keys[at]); // A key without a value gives way, but its chain stays.
    }
    this.place(at, key, value);
  }

  private place(at: number, key: Value, value: Value): void {
    this.keys[at] = key;
    this.values[at] = value;
    this.nodes?.set(key, at);
  }

  private freeNode(): number {
    while (this.free > 0) if (this.keys[--this.free] === undefined) return this.free;
    return NONE;
  }

  private mainPosition(key: Value): number {
    const size = this.keys.length;
    const odd = (size - 1) | 1;
    switch (typeof key) {
      case 'string':
        return hashOfString(key) & (size - 1);
      case 'number':
        return key === 0 ? 0 : hashOfNumber(key) % odd;
      case 'boolean':
        return Number(key) & (size - 1);
      default:
        // The null of cjson is an address, which is 0.
        return key === NULL ? 0 : identity(key as object) % odd;
    }
  }

  /** Makes room for one more key, and puts it in. */
  private rehash(key: Value, value: Value): void {
    counts.fill(0);
    let inArray = this.countArray();
    let total = inArray;
    for (let i = 0; i < this.keys.length; i++) {
      if (this.values[i] === undefined) continue;
      inArray += count(this.keys[i]);
      total++;
    }
    inArray += count(key);
    total++;
    const size = inArray === 0 ? 0 : arraySize(inArray);
    this.resize(size, total - countUpTo(size));
    this.set(key, value);
  }

  private countArray(): number {
    const { array } = this;
    if (array.length === 0) return 0;
    let total = 0;
    for (let log = 0, i = 1, limit = 1; log < counts.length; log++, limit *= 2) {
      const end = Math.min(limit, array.length);
      for (; i <= end; i++) {
        if (array[i - 1] === undefined) continue;
        counts[log]++;
        total++;
      }
      if (limit >= array.length) break;
    }
    return total;
  }

  private resize(size: number, others: number): void {
    const { keys, values, array } = this;
    const vanishing = array.length > size ? array.splice(size) : null;
    if (size > array.length) this.resizeArray(size);
    this.makeNodes(others);
    if (vanishing !== null) {
      vanishing.forEach((value, i) => {
        if (value !== undefined) this.insert(size + i + 1, value);
      });
    }
    for (let i = keys.length - 1; i >= 0; i--) {
      if (values[i] !== undefined) this.move(keys[i], values[i]);
    }
  }

  /** Puts in a key that is not there, and for which there is room. */
  private move(key: Value, value: Value): void {
    if (typeof key === 'number' && key >= 1 && key <= this.array.length && Number.isInteger(key)) {
      this.array[key - 1] = value;
    } else {
      this.insert(key, value);
    }
  }

  private resizeArray(size: number): void {
    const { array } = this;
    if (array.length === 0 && size <= FEW) {
      this.array = filled(size, undefined);
      return;
    }
    if (size < LARGE) {
      for (let i = array.length; i < size; i++) array.push(undefined);
      return;
    }
    // Made at once, where pushing would copy what is there again and again.
    const larger = new Array<Value>(size);
    for (let i = 0; i < array.length; i++) larger[i] = array[i];
    this.array = larger.fill(undefined, array.length);
  }

  private makeNodes(atLeast: number): void {
    const size = atLeast === 0 ? 0 : powerOfTwo(atLeast);
    this.free = size;
    this.nodes = size > FEW ? new Map() : null;
    if (size === 0) {
      this.keys = noKeys;
      this.values = noKeys;
      this.nexts = noNexts;
      return;
    }
    this.keys = filled(size, undefined);
    this.values = filled(size, undefined);
    this.nexts = filled(size, NONE);
  }
}

function powerOfTwo(atLeast: number): number {
  return atLeast <= 1 ? 1 : 2 ** (32 - Math.clz32(atLeast - 1));
}

/** An array without holes, made at its size where that is a usual one. */
function filled<T>(size: number, item: T): T[] {
  if (size === 1) return [item];
  if (size === 2) return [item, item];
  if (size === 3) return [item, item, item];
  if (size === 4) return [item, item, item, item];
  const array = [item, item, item, item];
  for (let i = 4; i < size; i++) array.push(item);
  return array;
}

/** How large the array should be for the keys counted, of which there are so many. */
function arraySize(total: number): number {
  let sum = 0;
  let size = 0;
  for (let log = 0, limit = 1; limit / 2 < total; log++, limit *= 2) {
    sum += counts[log];
    if (counts[log] > 0 && sum > limit / 2) size = limit;
    if (sum === total) break;
  }
  return size;
}

/** How many of the keys counted are in an array of this size, a power of two. */
function countUpTo(size: number): number {
  let sum = 0;
  for (let log = 0, limit = 1; limit <= size; log++, limit *= 2) sum += counts[log];
  return sum;
}

function count(key: Value): number {
  if (typeof key !== 'number' || !(key >= 1 && key <= MOST_IN_ARRAY && Number.isInteger(key))) {
    return 0;
  }
  counts[key === 1 ? 0 : 32 - Math.clz32(key - 1)]++;
  return 1;
}

/** Redis: all chars count, where Lua's own hash leaves out some of long strings. */
function hashOfString(text: string): number {
  let hash = text.length | 0;
  for (let i = text.length; i > 0; i--) {
    hash ^= (hash << 5) + (hash >>> 2) + text.charCodeAt(i - 1);
  }
  return hash >>> 0;
}

const bits = new Float64Array(1);
const halves = new Uint32Array(bits.buffer);

function hashOfNumber(number: number): number {
  bits[0] = number;
  return (halves[0] + halves[1]) >>> 0;
}

/** A number of a table, function or thread. Lua has its address, which nobody can foresee. */
function identity(of: object): number {
  let id = identities.get(of);
  if (id === undefined) {
    id = nextIdentity++;
    identities.set(of, id);
  }
  return id;
}

/** The number that tostring() shows of a table, function or thread. */
export function addressOf(value: LuaTable | LuaFunction | object): string {
  if (value instanceof LightUserdata && value.address !== '') return value.address;
  return `0x${(0x55d000000000 + identity(value) * 32).toString(16)}`;
}
