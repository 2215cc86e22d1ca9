// Lua's basic functions: those without a table of their own.

import { checkAny, checkInt, checkTable, checkText, wrongType } from './arguments.ts';
import { compile } from './compile.ts';
import { badArgument, LuaError, LuaSyntaxError } from './errors.ts';
import { parseNumber } from './numbers.ts';
import { caught, pcall, xpcall } from './protected-call.ts';
import { type Runtime, show, toNumber, typeName } from './runtime.ts';
import { LuaTable } from './table.ts';
import { LightUserdata } from './userdata.ts';
import {
  first,
  LuaFunction,
  NOTHING,
  native,
  type Result,
  type Steps,
  stepped,
  type Value,
} from './value.ts';

const MOST_UNPACKED = 8000; // LUAI_MAXCSTACK.
const LONGEST_NAME = 80; // LUA_IDSIZE.
const BASED = /^[ \t\n\v\f\r]*([+-]?)([0-9a-zA-Z]+)[ \t\n\v\f\r]*(?:\0|$)/;

/** Puts the basic functions into a runtime's globals. */
export function openBase(runtime: Runtime): void {
  const { globals } = runtime;
  const functions = [
    ...[native('assert', assert), native('error', error)],
    ...[native('rawequal', rawequal), native('rawget', rawget), native('select', select)],
    ...[native('tonumber', tonumber), native('type', type), native('unpack', unpack)],
    native('collectgarbage', (option) => collectgarbage(runtime, option)),
    native('gcinfo', () => Math.floor(runtime.memoryKb())),
    native('getmetatable', (...args) => metatable(runtime, args)),
    native('loadstring', (...args) => loadstring(runtime, args)),
    native('rawset', (...args) => rawset(runtime, args)),
    native('setmetatable', setmetatable),
    stepped('load', (...args) => load(runtime, args)),
    stepped('pcall', (...args) => pcall(runtime, args)),
    stepped('tostring', (...args) => tostring(runtime, args)),
    stepped('xpcall', (...args) => xpcall(runtime, args)),
  ];
  for (const each of functions) globals.setString(each.name, each);
  openTraversal(runtime);
  globals.setString('_G', globals);
  globals.setString('_VERSION', 'Lua 5.1');
}

function openTraversal(runtime: Runtime): void {
  const { globals } = runtime;
  const next = native('next', (...args) => {
    const from = tableIn(1, args);
    const place = from.nextPlace(runtime.placeOf(from, args[1]));
    return place === 0 ? undefined : [from.keyAtPlace(place), from.valueAtPlace(place)];
  });
  const step = native('ipairs', (table, index) => {
    const i = (index as number) + 1;
    const value = tableAt(1, table).getNumber(i);
    return value === undefined ? undefined : [i, value];
  });
  runtime.next = next;
  runtime.ipairsStep = step;
  globals.setString('next', next);
  globals.setString(
    'pairs',
    native('pairs', (...args) => [next, tableIn(1, args), undefined]),
  );
  globals.setString(
    'ipairs',
    native('ipairs', (...args) => [step, tableIn(1, args), 0]),
  );
}

/** The table that must be the nth argument. */
function tableIn(index: number, args: readonly Value[]): LuaTable {
  return checkTable(args[index - 1], index, args.length);
}

function tableAt(index: number, given: Value): LuaTable {
  return checkTable(given, index, index);
}

function anyIn(index: number, args: readonly Value[]): Value {
  checkAny(index, args.length);
  return args[index - 1];
}

function integerIn(index: number, args: readonly Value[]): number {
  return checkInt(args[index - 1], index, args.length);
}

function textIn(index: number, args: readonly Value[], otherwise?: string): string {
  const given = args[index - 1];
  if (given === undefined && otherwise !== undefined) return otherwise;
  return checkText(given, index, args.length);
}

function assert(...args: Value[]): Result {
  const given = anyIn(1, args);
  if (given === undefined || given === false) {
    // Redis: C ends a text at its first zero byte.
    throw new LuaError(textIn(2, args, 'assertion failed!').split('\0', 1)[0]);
  }
  return args;
}

function error(...args: Value[]): Result {
  const [value, level] = args;
  const up = level === undefined ? 1 : integerIn(2, args);
  // A number gets a position too, and is a text then.
  throw new LuaError(typeof value === 'number' && up > 0 ? show(value) : value, up);
}

function type(...args: Value[]): Result {
  return typeName(anyIn(1, args));
}

function rawequal(...args: Value[]): Result {
  anyIn(1, args);
  anyIn(2, args);
  return args[0] === args[1];
}

function rawget(...args: Value[]): Result {
  const table = tableIn(1, args);
  return table.get(anyIn(2, args));
}

function rawset(runtime: Runtime, args: readonly Value[]): Result {
  const table = tableIn(1, args);
  anyIn(2, args);
  anyIn(3, args);
  if (table.readonly) throw new LuaError('Attempt to modify a readonly table', 0);
  runtime.rawSet(table, args[1], args[2]);
  return table;
}

function metatable(runtime: Runtime, args: readonly Value[]): Result {
  const of = anyIn(1, args);
  const hasMeta = of instanceof LuaTable || of instanceof LightUserdata;
  const meta = hasMeta ? of.meta : typeof of === 'string' ? runtime.stringMeta : null;
  return meta === null ? undefined : (meta.getString('__metatable') ?? meta);
}

function setmetatable(...args: Value[]): Result {
  const table = tableIn(1, args);
  const meta = args[1];
  if (args.length < 2 || (meta !== undefined && !(meta instanceof LuaTable))) {
    throw badArgument(2, 'nil or table expected');
  }
  if (table.meta?.getString('__metatable') !== undefined) {
    throw new LuaError('cannot change a protected metatable');
  }
  if (table.readonly) throw new LuaError('Attempt to modify a readonly table', 0);
  table.meta = meta ?? null;
  return table;
}

function select(...args: Value[]): Result {
  if (args[0] === '#') return args.length - 1;
  let from = integerIn(1, args);
  if (from < 0) from = args.length + from;
  if (from < 1) throw badArgument(1, 'index out of range');
  return args.slice(from);
}

function unpack(...args: Value[]): Result {
  const table = tableIn(1, args);
  const from = args[1] === undefined ? 1 : integerIn(2, args);
  const to = args[2] === undefined ? table.length() : integerIn(3, args);
  if (from > to) return NOTHING;
  if (to - from + 1 + args.length > MOST_UNPACKED) throw new LuaError('too many results to unpack');
  const values: Value[] = [];
  for (let i = from; i <= to; i++) values.push(table.getNumber(i));
  return values;
}

function tonumber(...args: Value[]): Result {
  const base = args[1] === undefined ? 10 : integerIn(2, args);
  if (base === 10) {
    const given = anyIn(1, args);
    return typeof given === 'string' ? parseNumber(given) : toNumber(given);
  }
  const text = textIn(1, args);
  if (base < 2 || base > 36) throw badArgument(2, 'base out of range');
  return inBase(text, base);
}

/** As C's strtoul: a sign, "0x" for base 16, and all of it has to be digits of the base. */
function inBase(text: string, base: number): number | undefined {
  const match = BASED.exec(text);
  if (match === null) return undefined;
  const [, sign, spelled] = match;
  const digits = base === 16 ? spelled.replace(/^0[xX](?=.)/, '') : spelled;
  let value = 0n;
  for (const char of digits) {
    const digit = Number.parseInt(char, 36);
    if (!(digit < base)) return undefined;
    value = value * BigInt(base) + BigInt(digit);
  }
  const most = 2n ** 64n - 1n;
  if (value > most) return Number(most);
  // The sign is applied to an unsigned integer of 64 bits.
  return sign === '-' ? Number(BigInt.asUintN(64, -value)) : Number(value);
}

function collectgarbage(runtime: Runtime, option: Value): Result {
  switch (option ?? 'collect') {
    case 'count':
      return runtime.memoryKb();
    case 'collect':
    case 'stop':
    case 'restart':
    case 'setpause':
    case 'setstepmul':
      return 0;
    case 'step':
      return true;
    default:
      throw badArgument(1, `invalid option '${show(option)}'`);
  }
}

function* tostring(runtime: Runtime, args: readonly Value[]): Steps<Result> {
  const given = anyIn(1, args);
  const handler = runtime.metamethod(given, '__tostring');
  if (handler === undefined) return show(given);
  return first(yield* runtime.callBack(handler, given));
}

function loadstring(runtime: Runtime, args: readonly Value[]): Result {
  const source = textIn(1, args);
  return compiled(runtime, source, textIn(2, args, source));
}

function* load(runtime: Runtime, args: readonly Value[]): Steps<Result> {
  const name = textIn(2, args, '=(load)');
  if (!(args[0] instanceof LuaFunction)) throw wrongType('function', args[0], 1, args.length);
  let source = '';
  try {
    for (;;) {
      const piece = first(yield* runtime.callBack(args[0]));
      if (piece === undefined || piece === '') break;
      if (typeof piece !== 'string') throw new LuaError('reader function must return a string');
      source += piece;
    }
  } catch (problem) {
    return [undefined, caught(runtime, problem).value];
  }
  return compiled(runtime, source, name);
}

function compiled(runtime: Runtime, source: string, name: string): Result {
  const shown = shownName(name);
  if (source.startsWith('\x1b')) return [undefined, `${shown}: bad code in precompiled chunk`];
  try {
    return compile(runtime, source, shown, runtime.globals, name);
  } catch (problem) {
    if (!(problem instanceof LuaSyntaxError)) throw problem;
    return [undefined, problem.message];
  }
}

/** How error messages show a chunk's name: "=name" and "@file" as they are, else as a string. */
export function shownName(given: string): string {
  const name = given.split('\0', 1)[0];
  const most = LONGEST_NAME - 1;
  if (name.startsWith('=')) return name.slice(1, most + 1);
  if (name.startsWith('@')) {
    const path = name.slice(1);
    const room = LONGEST_NAME - " '...' ".length - 1;
    return path.length > room ? `...${path.slice(path.length - room)}` : path;
  }
  const line = name.split(/[\r\n]/, 1)[0];
  const room = LONGEST_NAME - ' [string "..."] '.length - 1;
  const cut = line.length > room ? line.slice(0, room) : line;
  return cut === name ? `[string "${name}"]` : `[string "${cut}..."]`;
}
