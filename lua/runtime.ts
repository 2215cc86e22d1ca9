// What compiled code cannot do in line: operations on values that are not what they usually are,
// metamethods, errors with the names of what they are about.
//
// Compiled code does an addition of two numbers by itself, or a look into a table that has the
// key. Everything else comes here. What needs a function of Lua to be called cannot be done here,
// because only a generator can wait for it; so these methods return CALL then, and the compiled
// code goes on with `yield* callPending()`.

import type { Chunk } from './compile.ts';
import { LuaError } from './errors.ts';
import { formatNumber, parseNumber } from './numbers.ts';
import { power } from './power.ts';
import type { Guard } from './protected-call.ts';
import { addressOf, LuaTable } from './table.ts';
import { Killing, Thread } from './thread.ts';
import { LightUserdata } from './userdata.ts';
import { all, LuaFunction, first, type Result, type Steps, TAIL, type Value } from './value.ts';

export { power };

/** A metamethod is to be called: callPending() does it. */
export const CALL = Symbol('call');
/** Calls inside of each other on JavaScript's stack: see thread.ts. */
export const DEEPEST = 180;
/** How many of them may be left by a call that a function ends with, before they are given up. */
export const TAILS = 100;
const MOST_CALLS = 19_999; // LUAI_MAXCALLS, and one that the script itself takes.
/** LUAI_MAXCCALLS, less what the script itself takes of it; and an eighth more for handlers. */
export const MOST_NESTED = 198;
export const MOST_HANDLERS = 223;
const LONGEST_INDEX_CHAIN = 100; // MAXTAGLOOP.
const FUEL = 20_000; // Turns of loops, and calls, between ticks.

/** What a place in compiled code was about: the names of its operands, as "local 'x'". */
export type Site = {
  readonly line: number;
  readonly name: string;
  readonly kind: string;
  /** Whether the function ends with this call: then Lua does not know its place any more. */
  readonly tail: boolean;
};

export type Operator = '+' | '-' | '*' | '/' | '%' | '^';

const EVENTS: Readonly<Record<Operator, string>> = {
  '+': '__add',
  '-': '__sub',
  '*': '__mul',
  '/': '__div',
  '%': '__mod',
  '^': '__pow',
};

export class Runtime {
  /** Where chunks have their global variables, unless they are compiled with others. */
  globals = new LuaTable();
  /** The functions of these names, which loops recognise. */
  next: LuaFunction | null = null;
  ipairsStep: LuaFunction | null = null;
  /** Whether functions have global variables of their own: see lib-environment.ts. */
  environments = false;
  /** If so, the functions of Lua that run, the innermost last. */
  frames: LuaFunction[] = [];
  /** The metatable of all strings. */
  stringMeta: LuaTable | null = null;
  /** Counts down; compiled code yields TICK below 0. */
  fuel = FUEL;
  /** How many calls are inside of each other on the JavaScript stack, and in all. */
  depth = 0;
  calls = 0;
  /** How many functions that are not Lua's wait for Lua: pcall, sort, resume, metamethods. */
  nested = 0;
  /** How much memory scripts take, for those who ask. */
  memoryKb: () => number = () => 0;
  /** The thread that runs, or null for the script itself. */
  thread: Thread | null = null;

  /** Where pcall was called last. */
  place: Site | null = null;
  placeChunk: Chunk | null = null;
  /** The innermost protected call under way. */
  guard: Guard | null = null;

  private pending: Value;
  private pendingArgs: Value[] = [];
  private negate = false;
  private tailCallee: LuaFunction | null = null;
  private tailArgs: readonly Value[] = [];

  refuel(): void {
    this.fuel = FUEL;
  }

  /** Forgets what a thread that is over, however it ended, has left. */
  reset(): void {
    this.fuel = FUEL;
    this.depth = 0;
    this.calls = 0;
    this.nested = 0;
    this.thread = null;
    this.guard = null;
    this.frames.length = 0;
  }

  /** A global, or a field, by a name, where the table does not simply have it. */
  index(object: Value, key: Value, about: string): Value | typeof CALL {
    let from = object;
    for (let links = 0; links < LONGEST_INDEX_CHAIN; links++) {
      let handler: Value;
      if (from instanceof LuaTable) {
        const value = typeof key === 'string' ? from.getString(key) : from.get(key);
        if (value !== undefined || from.meta === null) return value;
        handler = from.meta.getString('__index');
        if (handler === undefined) return undefined;
      } else {
        handler = this.metamethod(from, '__index');
        if (handler === undefined) throw this.typeError('index', from, links === 0 ? about : '');
      }
      if (handler instanceof LuaFunction) return this.suspend(handler, from, key);
      from = handler;
    }
    throw new LuaError('loop in gettable');
  }

  /** Sets a field; CALL if a metamethod has to. */
  setIndex(object: Value, key: Value, value: Value, about: string): typeof CALL | undefined {
    let into = object;
    for (let links = 0; links < LONGEST_INDEX_CHAIN; links++) {
      let handler: Value;
      if (into instanceof LuaTable) {
        if (into.meta !== null && into.get(key) === undefined) {
          handler = into.meta.getString('__newindex');
        }
        // Lua makes room for the key first, even if it then asks the metatable what to do.
        this.rawSet(into, key, handler === undefined ? value : undefined);
        if (handler === undefined) return undefined;
      } else {
        handler = this.metamethod(into, '__newindex');
        if (handler === undefined) throw this.typeError('index', into, links === 0 ? about : '');
      }
      if (handler instanceof LuaFunction) return this.suspend(handler, into, key, value);
      into = handler;
    }
    throw new LuaError('loop in settable');
  }

  rawSet(table: LuaTable, key: Value, value: Value): void {
    if (table.readonly) throw new LuaError('Attempt to modify a readonly table');
    if (key === undefined) throw new LuaError('table index is nil');
    if (key !== key) throw new LuaError('table index is NaN');
    table.set(key, value);
  }

  arith(op: Operator, left: Value, right: Value, about: string): number | typeof CALL {
    const a = toNumber(left);
    const b = toNumber(right);
    if (a !== undefined && b !== undefined) return arithmetic(op, a, b);
    const handler = this.metamethod(left, EVENTS[op]) ?? this.metamethod(right, EVENTS[op]);
    if (handler !== undefined) return this.suspend(handler, left, right);
    throw this.operandError('perform arithmetic on', a === undefined ? 0 : 1, left, right, about);
  }

  negative(value: Value, about: string): number | typeof CALL {
    const n = toNumber(value);
    if (n !== undefined) return -n;
    const handler = this.metamethod(value, '__unm');
    if (handler !== undefined) return this.suspend(handler, value, value);
    throw this.typeError('perform arithmetic on', value, about);
  }

  length(value: Value, about: string): number | typeof CALL {
    if (typeof value === 'string') return value.length;
    if (value instanceof LuaTable) return value.length();
    const handler = this.metamethod(value, '__len');
    if (handler !== undefined) return this.suspend(handler, value, undefined);
    throw this.typeError('get length of', value, about);
  }

  concat(left: Value, right: Value, about: string): string | typeof CALL {
    const a = toText(left);
    const b = toText(right);
    if (a !== undefined && b !== undefined) return a + b;
    const handler = this.metamethod(left, '__concat') ?? this.metamethod(right, '__concat');
    if (handler !== undefined) return this.suspend(handler, left, right);
    throw this.operandError('concatenate', a === undefined ? 0 : 1, left, right, about);
  }

  /** Whether two values that are not identical are equal nevertheless. */
  equal(a: Value, b: Value): boolean | typeof CALL {
    if (a === b || !hasMeta(a) || !hasMeta(b) || typeName(a) !== typeName(b)) return a === b;
    const handler = a.meta?.getString('__eq');
    if (handler === undefined || b.meta === null) return false;
    if (a.meta !== b.meta && b.meta.getString('__eq') !== handler) return false;
    return this.suspend(handler, a, b);
  }

  less(a: Value, b: Value): boolean | typeof CALL {
    if (typeof a === 'number' && typeof b === 'number') return a < b;
    if (typeof a === 'string' && typeof b === 'string') return a < b;
    return this.ordered('__lt', a, b) ?? this.incomparable(a, b);
  }

  lessEqual(a: Value, b: Value): boolean | typeof CALL {
    if (typeof a === 'number' && typeof b === 'number') return a <= b;
    if (typeof a === 'string' && typeof b === 'string') return a <= b;
    const known = this.ordered('__le', a, b);
    if (known !== undefined) return known;
    // a <= b is not (b < a), where there is only that.
    const other = this.ordered('__lt', b, a);
    if (other === undefined) return this.incomparable(a, b);
    this.negate = true;
    return other;
  }

  private ordered(event: string, a: Value, b: Value): typeof CALL | undefined {
    if (typeName(a) !== typeName(b)) return undefined;
    const handler = this.metamethod(a, event);
    if (handler === undefined || this.metamethod(b, event) !== handler) return undefined;
    return this.suspend(handler, a, b);
  }

  private incomparable(a: Value, b: Value): never {
    const [one, other] = [typeName(a), typeName(b)];
    if (one === other) throw new LuaError(`attempt to compare two ${one} values`);
    throw new LuaError(`attempt to compare ${one} with ${other}`);
  }

  /** A bound of a numeric for. */
  loopNumber(value: Value, what: string): number {
    const n = toNumber(value);
    if (n === undefined) throw new LuaError(`'for' ${what} must be a number`);
    return n;
  }

  /** Calls the metamethod that CALL was returned for. */
  *callPending(): Steps<Value> {
    return first(yield* this.callPendingNow());
  }

  /** The same where what comes back is a truth. */
  *testPending(): Steps<boolean> {
    const { negate } = this;
    this.negate = false;
    const truth = first(yield* this.callPendingNow());
    return (truth !== undefined && truth !== false) !== negate;
  }

  /** Calls anything: a function, or what has __call. */
  *call(callee: Value, about: string, ...args: Value[]): Steps<Result> {
    if (callee instanceof LuaFunction) {
      if (callee.native !== null) return callee.native(...args);
      return yield* callee.stepped!(...args);
    }
    const handler = this.metamethod(callee, '__call');
    if (!(handler instanceof LuaFunction)) throw this.typeError('call', callee, about);
    if (handler.native !== null) return handler.native(callee, ...args);
    return yield* handler.stepped!(callee, ...args);
  }

  /**
   * Notes a call that a function ends with, for when the function is over; returns TAIL. So a
   * chain of such calls, however long, takes no more of the stack than it may.
   */
  tail(callee: Value, about: string, ...args: Value[]): readonly Value[] {
    if (callee instanceof LuaFunction) {
      this.tailCallee = callee;
    } else {
      const handler = this.metamethod(callee, '__call');
      if (!(handler instanceof LuaFunction)) throw this.typeError('call', callee, about);
      this.tailCallee = handler;
      args.unshift(callee);
    }
    this.tailArgs = args;
    return TAIL;
  }

  /** Makes the call that was noted, and those that it ends with in its turn. */
  *untail(): Steps<readonly Value[]> {
    let lost = 0;
    try {
      for (;;) {
        const callee = this.tailCallee!;
        const args = this.tailArgs;
        lost++;
        const result: Result =
          callee.native !== null ? callee.native(...args) : yield* callee.stepped!(...args);
        if (result !== TAIL) return all(result);
      }
    } catch (problem) {
      if (problem instanceof LuaError) problem.level = Math.max(0, problem.level - lost);
      throw problem;
    }
  }

  /** Calls what a loop goes on with. */
  *iterate(callee: Value, state: Value, control: Value): Steps<Result> {
    this.enterBack(1);
    const result = yield* this.call(callee, '', state, control);
    const whole = result === TAIL ? yield* this.untail() : result;
    this.nested--;
    return whole;
  }

  private *callPendingNow(): Steps<Result> {
    this.enterBack(1);
    const result = yield* this.call(this.pending, '', ...this.pendingArgs);
    const whole = result === TAIL ? yield* this.untail() : result;
    this.nested--;
    return whole;
  }

  /**
   * Calls anything from a function that is not Lua's. Lua can do so only so often inside of each
   * other, since it takes C's stack.
   */
  *callBack(callee: Value, ...args: Value[]): Steps<Result> {
    const { nested } = this;
    this.enterBack();
    this.calls++;
    try {
      const result = yield* this.call(callee, '', ...args);
      return result === TAIL ? yield* this.untail() : result;
    } catch (problem) {
      throw this.passed(problem);
    } finally {
      this.calls--;
      this.nested = nested;
    }
  }

  /**
   * An error that came out of what a library's function called. That one is one more on the way
   * up, and has no lines.
   */
  passed(problem: unknown): unknown {
    if (problem instanceof LuaError) {
      if (problem.nested === 0) problem.nested = this.nested;
      if (problem.argument !== null) nameArgument(problem, '', '');
      if (problem.origin === '') problem.origin = '=[C]:-1';
      if (problem.level > 0) problem.level--;
    }
    return problem;
  }

  /**
   * Counts one that calls back in; `nested` is to be counted down when it is done. If it fails,
   * those who catch that put it back to what it was.
   */
  enterBack(level = 0): void {
    const { nested } = this;
    // Lua: a coroutine may have gone past the limit, and is not told until it is far past it.
    if (nested === MOST_NESTED) throw new LuaError('C stack overflow', level);
    if (nested >= MOST_HANDLERS) throw new LuaError('error in error handling', 0);
    this.nested = nested + 1;
  }

  /** Counts a call of a Lua function in; it may have to go on elsewhere (thread.ts). */
  enter(): void {
    if (++this.calls > MOST_CALLS) {
      this.calls--;
      throw new LuaError('stack overflow');
    }
    this.depth++;
  }

  leave(): void {
    this.calls--;
    this.depth--;
  }

  /** An error that passes a function: where its message wants a position, this may be it. */
  located(problem: unknown, chunk: Chunk, site: number): unknown {
    const error = this.asLuaError(problem);
    if (error === null) {
      if (problem instanceof Killing && problem.origin === '') {
        problem.origin = `${chunk.source}:${chunk.sites[site].line}`;
      }
      return problem;
    }
    const { line, name, kind, tail } = chunk.sites[site];
    const lost = tail && error.origin !== '';
    if (error.origin === '') error.origin = `${chunk.source}:${line}`;
    if (error.argument !== null) nameArgument(error, name, kind);
    if (error.level > 0 && --error.level === 0 && typeof error.value === 'string' && !lost) {
      error.value = `${chunk.name}:${line}: ${error.value}`;
    }
    return error;
  }

  /** Notes where pcall is called, for errors that are the fault of whoever calls it. */
  noted(chunk: Chunk, site: number): void {
    this.placeChunk = chunk;
    this.place = chunk.sites[site];
  }

  /** What Lua can catch: its own errors, and the ends of JavaScript's memory and stack. */
  asLuaError(problem: unknown): LuaError | null {
    if (problem instanceof LuaError) return problem;
    if (!(problem instanceof RangeError)) return null;
    return new LuaError(/stack/i.test(problem.message) ? 'stack overflow' : 'not enough memory', 0);
  }

  /** `arg`, as functions of Lua 5.0 had it. */
  argTable(values: readonly Value[]): LuaTable {
    const table = new LuaTable(values.length, 1);
    table.setItems(1, values);
    table.setString('n', values.length);
    return table;
  }

  /** Where a traversal goes on behind a key. */
  placeOf(table: LuaTable, key: Value): number {
    const place = table.placeOf(key);
    if (place < 0) throw new LuaError("invalid key to 'next'", 0);
    return place;
  }

  metamethod(value: Value, event: string): Value {
    if (value instanceof LuaTable) return value.meta?.getString(event);
    if (typeof value === 'string') return this.stringMeta?.getString(event);
    return value instanceof LightUserdata ? value.meta?.getString(event) : undefined;
  }

  /** "attempt to index local 'x' (a nil value)". */
  typeError(action: string, value: Value, about: string): LuaError {
    const what = about === '' ? '' : `${about} (`;
    const end = about === '' ? '' : ')';
    return new LuaError(`attempt to ${action} ${what}a ${typeName(value)} value${end}`);
  }

  /** The same of the operand that is at fault; `about` has the names of both. */
  private operandError(
    action: string,
    at: 0 | 1,
    left: Value,
    right: Value,
    about: string,
  ): LuaError {
    return this.typeError(action, at === 0 ? left : right, about.split('|')[at] ?? '');
  }

  private suspend(handler: Value, ...args: Value[]): typeof CALL {
    this.pending = handler;
    this.pendingArgs = args;
    return CALL;
  }
}

/** Words an error about an argument, now that it is known what the function is called here. */
export function nameArgument(error: LuaError, name: string, kind: string): void {
  const { index, problem } = error.argument!;
  error.argument = null;
  const at = kind === 'method' ? index - 1 : index;
  const called = name === '' ? '?' : name;
  error.value =
    at === 0 && kind === 'method'
      ? `calling '${called}' on bad self (${problem})`
      : `bad argument #${at} to '${called}' (${problem})`;
}

function hasMeta(value: Value): value is LuaTable | LightUserdata {
  return value instanceof LuaTable || value instanceof LightUserdata;
}

export function typeName(value: Value): string {
  switch (typeof value) {
    case 'undefined':
      return 'nil';
    case 'object':
      if (value instanceof LuaTable) return 'table';
      if (value instanceof LuaFunction) return 'function';
      return value instanceof Thread ? 'thread' : 'userdata';
    default:
      return typeof value;
  }
}

/** A number, or what spells one. */
export function toNumber(value: Value): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? parseNumber(value) : undefined;
}

/** A string, or the digits of a number. */
export function toText(value: Value): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? formatNumber(value) : undefined;
}

/** What tostring() makes of a value that has no __tostring. */
export function show(value: Value): string {
  switch (typeof value) {
    case 'undefined':
      return 'nil';
    case 'boolean':
      return String(value);
    case 'number':
      return formatNumber(value);
    case 'string':
      return value;
    default:
      return `${typeName(value)}: ${addressOf(value)}`;
  }
}

export function arithmetic(op: Operator, a: number, b: number): number {
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return modulo(a, b);
    default:
      return power(a, b);
  }
}

/** Lua's remainder has the sign of the divisor. */
export function modulo(a: number, b: number): number {
  return a - Math.floor(a / b) * b;
}
