// getfenv, setfenv, newproxy: what Lua 5.1 has from its past, and Redis only where it is told to
// (lua-enable-deprecated-api).
//
// A function may have a table of global variables of its own. Since that costs something at each
// global and at each call, code is compiled for it only where these functions are there
// (Runtime.environments).

import { checkInt, checkTable, optionalInt } from './arguments.ts';
import { badArgument, LuaError } from './errors.ts';
import type { Runtime } from './runtime.ts';
import { LuaTable } from './table.ts';
import { LightUserdata } from './userdata.ts';
import { LuaFunction, NOTHING, native, type Result, type Value } from './value.ts';

/** Puts the functions into a runtime's globals, and has code compiled so that they can work. */
export function openEnvironments(runtime: Runtime): void {
  const { globals } = runtime;
  runtime.environments = true;
  const functions = [
    native('getfenv', (...args) => getfenv(runtime, args)),
    native('newproxy', (...args) => newproxy(args)),
    native('setfenv', (...args) => setfenv(runtime, args)),
  ];
  for (const each of functions) globals.setString(each.name, each);
}

/** A function that is given, or one of those that run: the one that calls is the first of them. */
function chosen(runtime: Runtime, args: readonly Value[], otherwise?: number): LuaFunction | null {
  const [given] = args;
  if (given instanceof LuaFunction) return given;
  const level =
    otherwise === undefined
      ? checkInt(given, 1, args.length)
      : optionalInt(given, 1, args.length, otherwise);
  if (level < 0) throw badArgument(1, 'level must be non-negative');
  const { frames } = runtime;
  if (level > frames.length) throw badArgument(1, 'invalid level');
  return level === 0 ? null : frames[frames.length - level];
}

function getfenv(runtime: Runtime, args: readonly Value[]): Result {
  return chosen(runtime, args, 1)?.globals ?? runtime.globals;
}

function setfenv(runtime: Runtime, args: readonly Value[]): Result {
  const globals = checkTable(args[1], 2, args.length);
  const of = chosen(runtime, args);
  if (of === null) {
    runtime.globals = globals;
    return NOTHING;
  }
  if (of.up === null) {
    throw new LuaError("'setfenv' cannot change environment of given object");
  }
  of.globals = globals;
  return of;
}

function newproxy(args: readonly Value[]): Result {
  const [given] = args;
  let meta: LuaTable | null = null;
  if (given instanceof LightUserdata && given.meta !== null) meta = given.meta;
  else if (given === true) meta = new LuaTable();
  else if (given !== undefined && given !== false)
    throw badArgument(1, 'boolean or proxy expected');
  return new LightUserdata('', meta);
}
