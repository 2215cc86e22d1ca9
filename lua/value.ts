// What Lua's variables hold, and how functions give and take it.
//
//   nil        undefined              table      LuaTable
//   boolean    boolean                function   LuaFunction
//   number     number                 thread     Thread (coroutine)
//   string     string, one char for each byte; userdata is LightUserdata
//
// Functions are called with JavaScript arguments, so what is missing is nil by itself, and they
// return a value, or an array where they return none or several. No value is an array, so the two
// cannot be confused.

import type { LuaTable } from './table.ts';
import type { Thread } from './thread.ts';
import type { LightUserdata } from './userdata.ts';

export type Value =
  | undefined
  | boolean
  | number
  | string
  | LuaTable
  | LuaFunction
  | Thread
  | LightUserdata;

/** What a function returns: one value, or an array of none or several. */
export type Result = Value | readonly Value[];

export const NOTHING: readonly Value[] = [];

/**
 * Returned in place of a result by a function that ended with a call, which is still to be made:
 * Runtime.untail() makes it. Whoever calls a compiled function has to look for it.
 */
export const TAIL: readonly Value[] = [];

/** What a generator of ours yields to whoever drives it: see thread.ts. */
export type Signal = unknown;
export type Steps<T> = Generator<Signal, T, unknown>;

/** A function of a library: it runs to its end. */
export type Native = (...args: Value[]) => Result;
/** A function that calls others, or takes its time: it runs in steps. `this` is its LuaFunction. */
export type Stepped = (this: LuaFunction, ...args: Value[]) => Steps<Result>;

export class LuaFunction {
  /** How it is called: one of the two is null. */
  readonly native: Native | null;
  readonly stepped: Stepped | null;
  /** What error messages of libraries call it. */
  readonly name: string;
  /** The variables of others that it holds on to; null of a function that is not Lua's. */
  readonly up: unknown[] | null;
  /** Its global variables, where each function has its own. */
  globals: LuaTable | null;

  constructor(
    name: string,
    native: Native | null,
    stepped: Stepped | null,
    up: unknown[] | null = null,
    globals: LuaTable | null = null,
  ) {
    this.name = name;
    this.native = native;
    this.stepped = stepped;
    this.up = up;
    this.globals = globals;
  }
}

/** A variable that a function inside holds on to, and that is given new values. */
export class Box {
  v: Value;

  constructor(v: Value) {
    this.v = v;
  }
}

/** A library's function that runs to its end. */
export function native(name: string, run: Native): LuaFunction {
  return new LuaFunction(name, run, null);
}

/** A library's function that calls Lua. */
export function stepped(name: string, run: Stepped): LuaFunction {
  return new LuaFunction(name, null, run);
}

/** The first of what a function returned. */
export function first(result: Result): Value {
  return result instanceof Array ? result[0] : (result as Value);
}

/** All of what a function returned. */
export function all(result: Result): readonly Value[] {
  return result instanceof Array ? result : [result as Value];
}
