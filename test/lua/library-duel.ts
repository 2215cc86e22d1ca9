// Calls of a library's functions beside the same calls in real Redis.
//
// A case is a chunk of Lua, and a function that does the same with our library. Tables are made by
// the same assignments in the same order on both sides, so that they come to be laid out alike.
// What comes back is written down as text, with tables in the order of pairs().

import { expect, test } from 'vitest';
import { LuaError } from '../../lua/errors.ts';
import { formatGeneral } from '../../lua/numbers.ts';
import { Runtime } from '../../lua/runtime.ts';
import { LuaTable } from '../../lua/table.ts';
import { NULL } from '../../lua/userdata.ts';
import { all, LuaFunction, type Result, type Value } from '../../lua/value.ts';
import { type Ask, Chance, withReal } from '../protocol/real.ts';

export const CASES = Number(process.env['LIBRARY_CASES'] ?? 1500);
const SEED = Number(process.env['LIBRARY_SEED'] ?? 1);
const BATCH = 200;

/** A value, and the Lua that makes it. */
export type Spelled = { lua: string; value: Value };

/** One chunk, all on one line, that is called with `all`, and what it does. */
export class Case {
  readonly chance: Chance;
  private readonly statements: string[] = ['local all = ... local T = {}'];
  private readonly deeds: (() => void)[] = [];
  private tables = 0;
  private result: Result = [];

  constructor(chance: Chance) {
    this.chance = chance;
  }

  get lua(): string {
    return this.statements.join(' ');
  }

  /** Does what the chunk does, and writes down what comes of it. */
  run(): string {
    try {
      for (const deed of this.deeds) deed();
      return ['ok', ...all(this.result).map((value) => dump(value, 0))].join(' ');
    } catch (problem) {
      if (problem instanceof LuaError) return `error ${problem.value}`;
      throw problem;
    }
  }

  /** A table with these entries. */
  table(entries: [key: Spelled, value: Spelled][]): Spelled {
    const lua = `T[${++this.tables}]`;
    const table = new LuaTable();
    this.statements.push(`${lua} = {}`);
    for (const [key, value] of entries) {
      this.statements.push(`${lua}[${key.lua}] = ${value.lua}`);
      table.set(key.value, value.value);
    }
    return { lua, value: table };
  }

  /** Calls `library.name`; the last call is the one whose results count. */
  call(library: LuaTable, prefix: string, name: string, args: Spelled[], last: boolean): void {
    const lua = `${prefix}.${name}(${args.map((arg) => arg.lua).join(', ')})`;
    this.statements.push(last ? `return all(${lua})` : lua);
    this.deeds.push(() => {
      this.result = callNative(library, name, args);
    });
  }

  /** Something that the chunk needs and our side has already. */
  statement(lua: string): void {
    this.statements.push(lua);
  }

  /** What comes of it is the length and the entries of a table. */
  look(table: Spelled): void {
    this.statements.push(`return all(#${table.lua}, ${table.lua})`);
    this.result = [(table.value as LuaTable).length(), table.value];
  }
}

/** As the function of a chunk that is called "c" would do it. */
function callNative(library: LuaTable, name: string, args: Spelled[]): Result {
  const { native } = library.getString(name) as LuaFunction;
  try {
    return native!(...args.map((arg) => arg.value));
  } catch (problem) {
    if (!(problem instanceof LuaError)) throw problem;
    const { argument } = problem;
    const message =
      argument === null
        ? problem.value
        : `bad argument #${argument.index} to '${name}' (${argument.problem})`;
    throw new LuaError(problem.level === 0 ? message : `c:1: ${message}`, 0);
  }
}

/** A value that is no table. */
export function plain(value: Value): Spelled {
  return { lua: spell(value), value };
}

function spell(value: Value): string {
  if (value === NULL) return 'cjson.null';
  if (typeof value === 'string') return quote(value);
  if (value instanceof LuaFunction) return 'tostring';
  if (typeof value !== 'number') return value === undefined ? 'nil' : String(value);
  if (value !== value) return '(0/0)';
  if (value === Infinity) return '(1/0)';
  if (value === -Infinity) return '(-1/0)';
  // A constant of -0 would be the same one as 0.
  return Object.is(value, -0) ? 'tonumber("-0")' : `(${formatGeneral(value, 17)})`;
}

function quote(text: string): string {
  const escaped = (char: string) => `\\${char.charCodeAt(0).toString().padStart(3, '0')}`;
  return `"${text.replace(/[^a-zA-Z0-9_]/g, escaped)}"`;
}

function dump(value: Value, depth: number): string {
  if (value === NULL) return 'null';
  if (typeof value === 'string') return `${value.length}:${value}`;
  if (typeof value === 'number') return value === value ? formatGeneral(value, 17) : 'nan';
  if (!(value instanceof LuaTable)) return value === undefined ? 'nil' : String(value);
  if (depth > 50) return 'deep';
  const entries: string[] = [];
  let unordered = false;
  for (let at = value.nextPlace(0); at > 0; at = value.nextPlace(at)) {
    const key = value.keyAtPlace(at);
    if (key instanceof LuaTable) unordered = true;
    entries.push(`${dump(key, depth + 1)}=${dump(value.valueAtPlace(at), depth + 1)}`);
  }
  // Where a table is depends on its address.
  if (unordered) entries.sort((a, b) => (a < b ? -1 : 1));
  return `{${entries.join()}}`;
}

const DUMP = `
local function dump(v, depth)
  if v == cjson.null then return 'null' end
  if type(v) == 'string' then return #v .. ':' .. v end
  if v ~= v then return 'nan' end
  if type(v) == 'number' then return string.format('%.17g', v) end
  if type(v) ~= 'table' then return tostring(v) end
  if depth > 50 then return 'deep' end
  local entries, unordered = {}, false
  for key, value in pairs(v) do
    if type(key) == 'table' then unordered = true end
    entries[#entries + 1] = dump(key, depth + 1) .. '=' .. dump(value, depth + 1)
  end
  if unordered then table.sort(entries) end
  return '{' .. table.concat(entries, ',') .. '}'
end
local function all(...)
  local said = {'ok'}
  for i = 1, select('#', ...) do said[i + 1] = dump((select(i, ...)), 0) end
  return table.concat(said, ' ')
end
local replies = {}
for i, chunk in ipairs(ARGV) do
  local f, problem = loadstring(chunk, '=c')
  local fine, said
  if f then fine, said = pcall(f, all) else said = 'NOT LUA: ' .. problem end
  replies[i] = fine and said or ('error ' .. said)
end
return replies`;

/** Where two texts part. */
function fork(a: string, b: string): unknown {
  let at = 0;
  while (a[at] === b[at]) at++;
  return { at, ours: a.slice(at, at + 50), real: b.slice(at, at + 50) };
}

/** A test that `make` makes the same cases for both, and that they say the same. */
export function duel(ask: Ask, title: string, make: (c: Case) => void, cases = CASES): void {
  test(title, { timeout: 600_000 }, async () => {
    const chance = new Chance(SEED);
    const different: unknown[] = [];
    for (let done = 0; done < cases && different.length < 10; done += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, cases - done) }, () => {
        const one = new Case(chance);
        make(one);
        return one;
      });
      const chunks = batch.map((one) => one.lua);
      const [replies] = await ask([['EVAL', DUMP, '0', ...chunks]]);
      batch.forEach((one, i) => {
        const [ours, real] = [one.run(), (replies as string[])[i]];
        if (ours !== real) different.push({ lua: one.lua, ours, real, from: fork(ours, real) });
      });
    }
    expect(different).toEqual([]);
  });
}

/** The same for cases that are given. */
export function duelOf(ask: Ask, title: string, cases: ((c: Case) => void)[]): void {
  let next = 0;
  duel(ask, title, (c) => cases[next++](c), cases.length);
}

/** A test that a library has the same entries in the same order. */
export function sameEntries(ask: Ask, name: string, open: (runtime: Runtime) => LuaTable): void {
  test(`pairs(${name}) goes through what it goes through in real Redis`, async () => {
    const script = `local t = {} for k, v in pairs(${name}) do
      t[#t + 1] = k .. '=' .. (type(v) == 'string' and v or type(v)) end return t`;
    const [real] = await ask([['EVAL', script, '0']]);
    const library = open(new Runtime());
    const ours: string[] = [];
    for (let at = library.nextPlace(0); at > 0; at = library.nextPlace(at)) {
      const value = library.valueAtPlace(at);
      const shown = value instanceof LuaFunction ? 'function' : value === NULL ? 'userdata' : value;
      ours.push(`${library.keyAtPlace(at)}=${shown}`);
    }
    expect(ours).toEqual(real);
  });
}

export { withReal };
