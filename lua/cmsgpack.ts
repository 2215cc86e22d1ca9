// The library cmsgpack: values as MessagePack, at version 0.4.0 of Redis's.
//
// Lua has one kind of number and one of table, MessagePack several, so packing chooses:
//
//   a number    the shortest integer that holds it, if it is one of 64 bits; else a float if that
//               loses nothing, else a double
//   a table     an array if its keys are the integers from 1 to their count, else a map in the
//               order of pairs(); an empty one is an array
//   anything else, and a table inside of 16 others: nil
//
// Unpacking goes through nested tables without recursion, because they may be thousands deep: each
// that is begun is an Open, which knows the one around it. Redis keeps what is unfinished on Lua's
// stack of 8000 places and ends when that is full, with an error that scripts can see; `height` is
// how full it would be.

import { checkInteger, checkText, optionalInteger } from './arguments.ts';
import { badArgument, LuaError } from './errors.ts';
import type { Runtime } from './runtime.ts';
import { LuaTable } from './table.ts';
import { native, type Result, type Value } from './value.ts';

const DEEPEST_TABLE = 16;
const STACK_PLACES = 8000; // LUAI_MAXCSTACK.
const TWO_32 = 2 ** 32;
const TWO_63 = 2 ** 63;
const UNLIMITED = 2 ** 31 - 1;

const double = new Float64Array(1);
const float = new Float32Array(double.buffer);
const bytes = new Uint8Array(double.buffer); // Little-endian, as all that Node runs on.

/** A new table of the library. */
export function openCmsgpack(_runtime: Runtime): LuaTable {
  const table = new LuaTable();
  table.setString('pack', native('pack', pack));
  table.setString('unpack', native('unpack', unpack));
  table.setString('unpack_one', native('unpack_one', unpackOne));
  table.setString('unpack_limit', native('unpack_limit', unpackLimit));
  table.setString('_NAME', 'cmsgpack');
  table.setString('_VERSION', 'lua-cmsgpack 0.4.0');
  table.setString('_COPYRIGHT', 'Copyright (C) 2012, Salvatore Sanfilippo');
  table.setString('_DESCRIPTION', 'MessagePack C implementation for Lua');
  return table;
}

/** cmsgpack.pack(value, ...): the bytes of all values, one after the other. */
function pack(...args: Value[]): Result {
  if (args.length === 0) throw badArgument(0, 'MessagePack pack needs input.');
  let packed = '';
  for (let i = 0; i < args.length; i++) packed += packValue(args[i], 0);
  return packed;
}

function packValue(value: Value, level: number): string {
  switch (typeof value) {
    case 'string':
      return packString(value);
    case 'number':
      return packNumber(value);
    case 'boolean':
      return value ? '\xc3' : '\xc2';
    default:
      if (!(value instanceof LuaTable) || level === DEEPEST_TABLE) return '\xc0';
      return packTable(value, level + 1);
  }
}

function packString(text: string): string {
  const { length } = text;
  if (length < 32) return byte(0xa0 | length) + text;
  if (length <= 0xff) return byte(0xd9) + byte(length) + text;
  if (length <= 0xffff) return byte(0xda) + twoBytes(length) + text;
  return byte(0xdb) + fourBytes(length) + text;
}

function packTable(table: LuaTable, level: number): string {
  const items = sequenceLength(table);
  if (items < 0) return packMap(table, level);
  let packed = lengthOfMany(items, 0x90, 0xdc);
  for (let i = 1; i <= items; i++) packed += packValue(table.getNumber(i), level);
  return packed;
}

function packMap(table: LuaTable, level: number): string {
  let count = 0;
  let packed = '';
  for (let at = table.nextPlace(0); at > 0; at = table.nextPlace(at)) {
    packed += packValue(table.keyAtPlace(at), level);
    packed += packValue(table.valueAtPlace(at), level);
    count++;
  }
  return lengthOfMany(count, 0x80, 0xde) + packed;
}

/** How many items, if their keys are the integers from 1 on without a gap; otherwise -1. */
function sequenceLength(table: LuaTable): number {
  let count = 0;
  let last = 0;
  for (let at = table.nextPlace(0); at > 0; at = table.nextPlace(at)) {
    const key = table.keyAtPlace(at);
    if (typeof key !== 'number' || key <= 0 || key !== (key | 0)) return -1;
    if (key > last) last = key;
    count++;
  }
  return last === count ? count : -1;
}

function lengthOfMany(count: number, few: number, many: number): string {
  if (count <= 15) return byte(few | count);
  return count <= 0xffff ? byte(many) + twoBytes(count) : byte(many + 1) + fourBytes(count);
}

function packNumber(n: number): string {
  if (n >= -TWO_63 && n < TWO_63 && Math.trunc(n) === n) {
    return n >= 0 ? packPositive(n) : packNegative(n);
  }
  if (n !== n) return '\xcb\xff\xf8\0\0\0\0\0\0'; // What 0/0 is, see formatGeneral().
  const fits = Math.fround(n) === n;
  if (fits) float[0] = n;
  else double[0] = n;
  let packed = '';
  for (let i = fits ? 3 : 7; i >= 0; i--) packed += byte(bytes[i]);
  return (fits ? '\xca' : '\xcb') + packed;
}

function packPositive(n: number): string {
  if (n <= 0x7f) return byte(n);
  if (n <= 0xff) return byte(0xcc) + byte(n);
  if (n <= 0xffff) return byte(0xcd) + twoBytes(n);
  if (n < TWO_32) return byte(0xce) + fourBytes(n);
  return byte(0xcf) + eightBytes(n);
}

function packNegative(n: number): string {
  if (n >= -0x20) return byte(n & 0xff);
  if (n >= -0x80) return byte(0xd0) + byte(n & 0xff);
  if (n >= -0x8000) return byte(0xd1) + twoBytes(n);
  if (n >= -0x80000000) return byte(0xd2) + fourBytes(n);
  return byte(0xd3) + eightBytes(n);
}

const byte = String.fromCharCode;

function twoBytes(n: number): string {
  return byte((n >> 8) & 0xff, n & 0xff);
}

function fourBytes(n: number): string {
  return byte(n >>> 24, (n >> 16) & 0xff, (n >> 8) & 0xff, n & 0xff);
}

function eightBytes(n: number): string {
  const high = Math.floor(n / TWO_32);
  return fourBytes(high) + fourBytes(n - high * TWO_32);
}

/** cmsgpack.unpack(bytes): all values that they hold. */
function unpack(...args: Value[]): Result {
  return unpackSome(args, args.length, 0, 0);
}

/** cmsgpack.unpack_one(bytes [, offset]): where to go on, -1 at the end, and a value. */
function unpackOne(...args: Value[]): Result {
  return unpackSome(args, 1, 1, optionalInteger(args[1], 2, args.length, 0));
}

/** cmsgpack.unpack_limit(bytes, limit [, offset]): the same with up to so many values. */
function unpackLimit(...args: Value[]): Result {
  const limit = checkInteger(args[1], 2, args.length);
  return unpackSome(args, 1, limit, optionalInteger(args[2], 3, args.length, 0));
}

function unpackSome(args: Value[], height: number, limit: number, offset: number): Result {
  const text = checkText(args[0], 1, args.length);
  if (offset < 0 || limit < 0) {
    // Redis: it says the length where it means the limit.
    throw new LuaError(
      `Invalid request to unpack with offset of ${offset | 0} and limit of ${text.length}.`,
    );
  }
  if (offset > text.length) {
    throw new LuaError(`Start offset ${offset | 0} greater than input length ${text.length | 0}.`);
  }
  const everything = limit === 0 && offset === 0;
  const most = everything ? UNLIMITED : limit;
  const unpacker = new Unpacker(text, offset, height);
  const values: Value[] = everything ? [] : [undefined];
  for (let count = 0; unpacker.at < text.length && count < most; count++) {
    values.push(unpacker.value());
  }
  if (everything) return values.length === 1 ? values[0] : values;
  unpacker.reserve('in function mp_unpack_full');
  values[0] = unpacker.at === text.length ? -1 : unpacker.at;
  return values;
}

/** A table that is not yet complete. */
class Open {
  readonly outer: Open | null;
  readonly isMap: boolean;
  table: LuaTable;
  /** What of it is still to come: items, or pairs. */
  left: number;
  private key: Value;
  private hasKey = false;
  private index = 0;
  private exact = false;

  constructor(outer: Open | null, isMap: boolean, count: number, room: number) {
    this.outer = outer;
    this.isMap = isMap;
    this.left = count;
    this.table = new LuaTable(isMap || room === 0 ? 0 : 2 ** Math.ceil(Math.log2(room)));
  }

  /** Whether a value of a pair comes next, not a key. */
  get between(): boolean {
    return this.hasKey;
  }

  take(value: Value): void {
    if (!this.isMap) this.takeItem(value);
    else if (!this.hasKey) {
      this.key = value;
      this.hasKey = true;
    } else {
      this.hasKey = false;
      this.left--;
      if (this.key === undefined) throw new LuaError('table index is nil', 0);
      if (this.key !== this.key) throw new LuaError('table index is NaN', 0);
      this.table.set(this.key, value);
    }
  }

  private takeItem(value: Value): void {
    // With items that are nil, how large the array becomes depends on each step on the way.
    if (value === undefined && !this.exact) {
      const table = new LuaTable();
      for (let i = 1; i <= this.index; i++) table.set(i, this.table.getNumber(i));
      this.table = table;
      this.exact = true;
    }
    this.left--;
    this.table.set(++this.index, value);
  }
}

class Unpacker {
  at: number;
  private readonly text: string;
  private height: number;

  constructor(text: string, at: number, height: number) {
    this.text = text;
    this.at = at;
    this.height = height;
  }

  /** The value that begins here, with all that is in it. */
  value(): Value {
    let open: Open | null = null;
    for (;;) {
      this.need(1);
      this.reserve('too many return values at once; use unpack_one or unpack_limit instead.');
      const head = this.text.charCodeAt(this.at++);
      let value: Value;
      const count = this.count(head);
      if (count < 0) value = this.scalar(head);
      else {
        open = this.open(open, head, count);
        if (count > 0) continue;
        value = open.table;
        open = this.close(open);
      }
      while (open !== null) {
        open.take(value);
        if (open.isMap) this.height += open.between ? 1 : -1;
        if (open.left > 0) break;
        value = open.table;
        open = this.close(open);
      }
      if (open === null) {
        this.height++;
        return value;
      }
    }
  }

  /** Fails if not even so many more places can be had. */
  reserve(why: string): void {
    if (this.height + 1 > STACK_PLACES) throw new LuaError(`stack overflow (${why})`);
  }

  private open(outer: Open | null, head: number, count: number): Open {
    const isMap = (head & 0xf0) === 0x80 || head >= 0xde;
    this.height++;
    if (!isMap) {
      this.reserve('in function mp_decode_to_lua_array');
      this.height++;
    }
    return new Open(outer, isMap, count, Math.min(count, this.text.length - this.at));
  }

  private close(open: Open): Open | null {
    this.height -= open.isMap ? 1 : 2;
    return open.outer;
  }

  /** How many items or pairs a table has whose first byte this is; -1 if it is none. */
  private count(head: number): number {
    if (head >= 0x80 && head < 0xa0) return head & 0xf;
    if (head < 0xdc || head > 0xdf) return -1;
    return this.unsigned((head & 1) === 0 ? 2 : 4);
  }

  private scalar(head: number): Value {
    if (head < 0x80) return head;
    if (head >= 0xe0) return head - 0x100;
    if (head < 0xc0) return this.string(head & 0x1f);
    switch (head) {
      case 0xc0:
        return undefined;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xca:
        return this.float(4);
      case 0xcb:
        return this.float(8);
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.unsigned(1 << (head - 0xcc));
      case 0xd0:
        return (this.unsigned(1) << 24) >> 24;
      case 0xd1:
        return (this.unsigned(2) << 16) >> 16;
      case 0xd2:
        return this.unsigned(4) | 0;
      // Redis: integers of 64 bits have a sign for it, even those that are said to have none.
      case 0xcf:
      case 0xd3: {
        this.need(8);
        const high = this.unsigned(4) | 0;
        return high * TWO_32 + this.unsigned(4);
      }
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.string(this.unsigned(1 << (head - 0xd9)));
      default:
        throw new LuaError('Bad data format in input.');
    }
  }

  private unsigned(size: number): number {
    this.need(size);
    const { text } = this;
    let n = 0;
    for (let i = 0; i < size; i++) n = n * 256 + text.charCodeAt(this.at++);
    return n;
  }

  private string(length: number): string {
    this.need(length);
    const from = this.at;
    this.at += length;
    return this.text.slice(from, this.at);
  }

  private float(size: number): number {
    this.need(size);
    for (let i = size - 1; i >= 0; i--) bytes[i] = this.text.charCodeAt(this.at++);
    return size === 4 ? float[0] : double[0];
  }

  private need(size: number): void {
    if (this.text.length - this.at < size) throw new LuaError('Missing bytes in input.');
  }
}
