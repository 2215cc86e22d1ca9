// The world that scripts see: Lua's libraries without what reaches outside, and nothing of it to
// be changed.
//
// Every table that can be reached from the globals is readonly, metatables included, and a global
// that is not there is an error. Names are put into the globals in the order in which Redis puts
// them there, because that is what the order of pairs(_G) comes from.

import { openBit } from '../lua/bit.ts';
import { openCjson } from '../lua/cjson.ts';
import { openCmsgpack } from '../lua/cmsgpack.ts';
import { LuaError } from '../lua/errors.ts';
import { openBase } from '../lua/lib-base.ts';
import { openCoroutine } from '../lua/lib-coroutine.ts';
import { inside } from '../lua/library.ts';
import { openEnvironments } from '../lua/lib-environment.ts';
import { openMath, openOs } from '../lua/lib-math.ts';
import { openString } from '../lua/lib-string.ts';
import { openTable } from '../lua/lib-table.ts';
import { formatNumber } from '../lua/numbers.ts';
import { attempt } from '../lua/protected-call.ts';
import { CALL, Runtime, show } from '../lua/runtime.ts';
import { openStruct } from '../lua/struct.ts';
import { LuaTable } from '../lua/table.ts';
import { cpuMicros } from './machine.ts';
import type { ScriptEngine } from './script-engine.ts';
import {
  type LuaFunction,
  native,
  type Result,
  type Steps,
  stepped,
  type Value,
} from '../lua/value.ts';

const MEMORY_KB = 64; // What scripts are told of their memory: V8 does not know whose is whose.

// Those that scripts must not have leave their trace in the order of the others.
const BASIC = [
  ...['_G', 'assert', 'collectgarbage', 'dofile', 'error', 'gcinfo', 'getfenv', 'getmetatable'],
  ...['loadfile', 'load', 'loadstring', 'next', 'pcall', 'print', 'rawequal', 'rawget', 'rawset'],
  ...['select', 'setfenv', 'setmetatable', 'tonumber', 'tostring', 'type', 'unpack', 'xpcall'],
  ...['_VERSION', 'ipairs', 'pairs', 'newproxy'],
];

// The order in which C's arrays have the functions of the libraries.
const TABLE = ['concat', 'foreach', 'foreachi', 'getn', 'maxn', 'insert', 'remove', 'setn', 'sort'];
const STRING = [
  ...['byte', 'char', 'dump', 'find', 'format', 'gfind', 'gmatch', 'gsub', 'len', 'lower'],
  ...['match', 'rep', 'reverse', 'sub', 'upper'],
];
const MATH = [
  ...['abs', 'acos', 'asin', 'atan2', 'atan', 'ceil', 'cosh', 'cos', 'deg', 'exp', 'floor'],
  ...['fmod', 'frexp', 'ldexp', 'log10', 'log', 'max', 'min', 'modf', 'pow', 'rad', 'random'],
  ...['randomseed', 'sinh', 'sin', 'sqrt', 'tanh', 'tan'],
];

/** A runtime with the libraries that scripts may use, in globals that can still be changed. */
export function openLibraries(engine: ScriptEngine): Runtime {
  const runtime = new Runtime();
  runtime.memoryKb = () => MEMORY_KB;
  openBase(runtime);
  if (engine.server.config.values['lua-enable-deprecated-api']) openEnvironments(runtime);
  const globals = new LuaTable(0, 2);
  const basic = runtime.globals;
  for (const name of BASIC) globals.setString(name, basic.getString(name));
  globals.setString('_G', globals);
  runtime.globals = globals;
  globals.setString('coroutine', openCoroutine(runtime));
  globals.setString('table', arranged(openTable(runtime), TABLE));
  globals.setString('string', arranged(openString(runtime), STRING));
  runtime.stringMeta!.setString('__index', globals.getString('string'));
  globals.setString('math', arranged(openMath(engine.random), MATH, ['pi', 'huge', 'mod']));
  globals.setString('debug', true); // It is gone when the globals are closed.
  globals.setString(
    'os',
    openOs(() => {
      const { user, system } = cpuMicros();
      return (user + system) / 1e6;
    }),
  );
  globals.setString('cjson', openCjson(runtime));
  globals.setString('struct', openStruct(runtime));
  globals.setString('cmsgpack', openCmsgpack(runtime));
  globals.setString('bit', openBit(runtime));
  globals.setString(
    'pcall',
    stepped('pcall', (...args) => pcall(runtime, args)),
  );
  return runtime;
}

/** A library with its fields put in place one after the other. */
function arranged(library: LuaTable, names: readonly string[], rest: string[] = []): LuaTable {
  const table = new LuaTable(0, names.length);
  for (const name of [...names, ...rest]) table.setString(name, library.getString(name));
  return table;
}

// Redis: an error that is a table is given to who catches it as its text, as it once was.
function* pcall(runtime: Runtime, args: readonly Value[]): Steps<Result> {
  const [callee, ...rest] = args;
  const outcome = yield* attempt(runtime, callee, rest);
  if (!(outcome instanceof LuaError)) return [true, ...outcome];
  const { value } = outcome;
  if (!(value instanceof LuaTable)) return [false, value];
  const found = inside(() => runtime.index(value, 'err', ''));
  const text = found === CALL ? yield* runtime.callPending() : found;
  const isText = typeof text === 'string' || typeof text === 'number';
  return isText ? [false, text] : [false, value, text];
}

/** Makes a table, and every table that it leads to, readonly. */
export function protect(table: LuaTable): void {
  if (table.readonly) return;
  table.readonly = true;
  for (let place = table.nextPlace(0); place !== 0; place = table.nextPlace(place)) {
    const value = table.valueAtPlace(place);
    if (value instanceof LuaTable) protect(value);
  }
  if (table.meta !== null) protect(table.meta);
}

/** Makes it an error to look for what a table does not have. */
export function forbidUnknown(table: LuaTable): void {
  table.meta = new LuaTable();
  table.meta.setString('__index', UNKNOWN);
}

const UNKNOWN = native('__index', (...args) => {
  const [, name] = args;
  if (args.length !== 2) throw new LuaError('Wrong number of arguments to luaProtectedTableError');
  if (typeof name !== 'string' && typeof name !== 'number') {
    throw new LuaError('Second argument to luaProtectedTableError must be a string or number');
  }
  const shown = typeof name === 'number' ? formatNumber(name) : name;
  throw new LuaError(`Script attempted to access nonexistent global variable '${shown}'`);
});

/** Closes the globals of a runtime: from here on nothing in them can be changed by a script. */
export function closeGlobals(runtime: Runtime, globals: LuaTable): void {
  globals.setString('debug', undefined);
  forbidUnknown(globals);
  protect(globals);
  if (runtime.stringMeta !== null) protect(runtime.stringMeta);
}

/** What Redis has among the globals of scripts: it makes a table of an error. */
export function errorHandler(): LuaFunction {
  return native('__redis__err__handler', (...args) => {
    const [problem] = args;
    if (problem instanceof LuaTable) return problem;
    const table = new LuaTable();
    table.setString('err', `ERR ${show(problem)}`);
    return table;
  });
}
