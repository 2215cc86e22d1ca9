// What a command says to a script: values of Lua.
//
// A third writer behind protocol/reply.ts. A script that has not asked for RESP3 is told what RESP2
// can say: maps and sets are arrays, doubles are strings, nothing is `false`. With RESP3 what is
// no plain array says so: { map = ... }, { set = ... }, { double = ... }, and nothing is nil.
//
// Most replies are one value. Those inside of arrays gather in the innermost one that is open; when
// as many have come as it was announced with, it is closed, and is itself a value of the next one.

import { LuaTable } from '../lua/table.ts';
import type { Value } from '../lua/value.ts';
import { cString } from '../protocol/errors.ts';
import { formatDouble } from '../protocol/numbers.ts';
import type { Reply } from '../protocol/reply.ts';

const ARRAY = 0;
const MAP = 1;
const SET = 2;
const ATTRIBUTE = 3;
const OPEN = -1; // Of a collection whose end is told by endArray() and its like.
const DEPTH = 2 ** 32; // A mark is a depth, and how much is there at that depth.

/** An array, map or set that is not complete yet. */
type Gathering = { kind: number; left: number; readonly items: Value[] };

export class LuaReply implements Reply {
  resp3 = false;
  /** The reply, when it is complete. */
  value: Value;
  /** Whether it is an error. */
  failed = false;
  private readonly open: Gathering[] = [];

  /** Forgets the last reply. */
  begin(): void {
    this.value = undefined;
    this.failed = false;
    if (this.open.length !== 0) this.open.length = 0;
  }

  ok(): void {
    this.status('OK');
  }

  status(word: string): void {
    this.put(tagged('ok', word));
  }

  error(line: string): void {
    if (this.open.length === 0) this.failed = true;
    const table = errorTable(line);
    table.setString('ignore_error_stats_update', true);
    this.put(table);
  }

  int(n: number): void {
    this.put(n);
  }

  int64(n: bigint): void {
    this.put(Number(n));
  }

  bulk(bytes: string): void {
    this.put(bytes);
  }

  bulkInt(n: number): void {
    this.put(String(n));
  }

  bulkBytes(bytes: Buffer, start: number, end: number): void {
    this.put(bytes.latin1Slice(start, end));
  }

  bulks(spelt: Buffer, start: number, end: number, count: number): void {
    let at = start;
    for (let i = 0; i < count && at < end; i++) {
      let length = 0;
      for (at++; spelt[at] !== 13; at++) length = length * 10 + spelt[at] - 48;
      at += 2;
      this.put(spelt.latin1Slice(at, at + length));
      at += length + 2;
    }
  }

  null(): void {
    this.put(this.resp3 ? undefined : false);
  }

  nullArray(): void {
    this.null();
  }

  array(length: number): void {
    this.gather(ARRAY, length);
  }

  map(pairs: number): void {
    this.gather(this.resp3 ? MAP : ARRAY, 2 * pairs);
  }

  set(length: number): void {
    this.gather(this.resp3 ? SET : ARRAY, length);
  }

  push(length: number): void {
    this.gather(ARRAY, length);
  }

  attribute(pairs: number): void {
    this.gather(ATTRIBUTE, 2 * pairs);
  }

  double(n: number): void {
    this.put(this.resp3 ? tagged('double', n) : formatDouble(n));
  }

  doubleText(digits: string): void {
    this.put(this.resp3 ? tagged('double', Number(digits)) : digits);
  }

  bool(value: boolean): void {
    this.put(this.resp3 ? value : Number(value));
  }

  bigNumber(digits: string): void {
    this.put(this.resp3 ? tagged('big_number', digits) : digits);
  }

  verbatim(format: string, text: string): void {
    if (!this.resp3) return this.put(text);
    const table = tagged('string', text);
    table.setString('format', format);
    this.put(tagged('verbatim_string', table));
  }

  beginArray(): number {
    const mark = this.mark();
    this.open.push({ kind: ARRAY, left: OPEN, items: [] });
    return mark;
  }

  endArray(_mark: number, _length: number): void {
    this.close();
  }

  endSet(_mark: number, _length: number): void {
    if (this.resp3) this.open[this.open.length - 1].kind = SET;
    this.close();
  }

  endMap(_mark: number, _pairs: number): void {
    if (this.resp3) this.open[this.open.length - 1].kind = MAP;
    this.close();
  }

  mark(): number {
    const { length } = this.open;
    return length === 0 ? 0 : length * DEPTH + this.open[length - 1].items.length;
  }

  rewind(mark: number): void {
    if (mark === 0) return this.begin();
    this.open.length = Math.floor(mark / DEPTH);
    const last = this.open[this.open.length - 1];
    const kept = mark % DEPTH;
    if (last.left !== OPEN) last.left += last.items.length - kept;
    last.items.length = kept;
  }

  private gather(kind: number, length: number): void {
    this.open.push({ kind, left: length, items: [] });
    if (length === 0) this.close();
  }

  private put(value: Value): void {
    const { open } = this;
    if (open.length === 0) {
      this.value = value;
      return;
    }
    const last = open[open.length - 1];
    last.items.push(value);
    if (last.left !== OPEN && --last.left === 0) this.close();
  }

  private close(): void {
    const { kind, items } = this.open.pop()!;
    switch (kind) {
      case ARRAY:
        return this.put(arrayOf(items));
      case MAP:
        return this.put(tagged('map', mapOf(items)));
      case SET:
        return this.put(tagged('set', setOf(items)));
      // Redis: what is about a reply is kept from scripts.
    }
  }
}

/** A table with a single field. */
export function tagged(name: string, value: Value): LuaTable {
  const table = new LuaTable();
  table.setString(name, value);
  return table;
}

/** An error as scripts have it: { err = "CODE what is wrong" }. */
export function errorTable(line: string): LuaTable {
  const space = line.indexOf(' ');
  const code = space < 0 ? 'ERR' : line.slice(0, space);
  const text = line.slice(space + 1).replace(/^[\r\n]+|[\r\n]+$/g, '');
  return tagged('err', cString(`${code} ${text}`));
}

/** Items 1, 2, 3 and so on, in a table laid out as if they had been put there one by one. */
export function arrayOf(items: Value[]): LuaTable {
  return LuaTable.of(items);
}

function mapOf(items: readonly Value[]): LuaTable {
  const table = new LuaTable();
  for (let i = 0; i < items.length; i += 2) table.set(items[i], items[i + 1]);
  return table;
}

function setOf(items: readonly Value[]): LuaTable {
  const table = new LuaTable();
  for (const item of items) table.set(item, true);
  return table;
}
