// pcall and xpcall: calls whose errors go no further.
//
// An error may be the fault of a function further up than the one that it happened in: error(x, 3)
// puts the line in front on which that one is. The functions between the error and the first pcall
// are passed on its way (Runtime.located). Those beyond are not, so each protected call notes
// where it was made, and which was around it:
//
//   pcall(function()          level 5: this line
//     pcall(function()        level 4 is the pcall above, level 3 this line
//       error('x', 3)         level 2 is the pcall above, level 1 this line
//
// Where other functions of Lua stand between two protected calls, their lines are not known.

import { checkAny } from './arguments.ts';
import type { Chunk } from './compile.ts';
import { LuaError } from './errors.ts';
import { MOST_HANDLERS, MOST_NESTED, nameArgument, type Runtime, type Site } from './runtime.ts';
import type { Thread } from './thread.ts';
import { all, first, type Result, type Steps, TAIL, type Value } from './value.ts';

/** A protected call under way. */
export class Guard {
  readonly outer: Guard | null;
  /** Where it was made; null if that is not known. */
  readonly site: Site | null;
  readonly chunk: Chunk | null;
  private readonly thread: Thread | null;
  private readonly calls: number;
  private readonly nested: number;

  constructor(runtime: Runtime) {
    this.outer = runtime.guard;
    this.site = runtime.place;
    this.chunk = runtime.placeChunk;
    this.thread = runtime.thread;
    this.calls = runtime.calls;
    this.nested = runtime.nested;
  }

  /** How many functions of Lua are between this call and the one around it; -1 if others are. */
  get between(): number {
    const { outer } = this;
    if (outer === null || outer.thread !== this.thread) return -1;
    return this.nested === outer.nested + 1 ? this.calls - outer.calls - 1 : -1;
  }
}

/** Calls something: all that it returns, or the error that it ends with. */
export function* attempt(
  runtime: Runtime,
  callee: Value,
  args: readonly Value[],
): Steps<readonly Value[] | LuaError> {
  const guard = new Guard(runtime);
  runtime.guard = guard;
  try {
    return all(yield* runtime.callBack(callee, ...args));
  } catch (problem) {
    return blamed(caught(runtime, problem), guard);
  } finally {
    runtime.guard = guard.outer;
  }
}

/** pcall() */
export function* pcall(runtime: Runtime, args: readonly Value[]): Steps<Result> {
  checkAny(1, args.length);
  const [callee, ...rest] = args;
  const outcome = yield* attempt(runtime, callee, rest);
  return outcome instanceof LuaError ? [false, outcome.value] : [true, ...outcome];
}

/** xpcall() */
export function* xpcall(runtime: Runtime, args: readonly Value[]): Steps<Result> {
  checkAny(2, args.length);
  const outcome = yield* attempt(runtime, args[0], []);
  if (!(outcome instanceof LuaError)) return [true, ...outcome];
  return [false, yield* handled(runtime, args[1], outcome)];
}

/** Puts the line in front of an error that is the fault of a function beyond a protected call. */
function blamed(error: LuaError, guard: Guard): LuaError {
  if (error.level > 0 && typeof error.value === 'string') {
    const found = callerAt(guard, error.level);
    if (found?.site) error.value = `${found.chunk!.name}:${found.site.line}: ${error.value}`;
  }
  error.level = 0;
  return error;
}

/** The call that is made by the nth function beyond a protected call; null if it is not known. */
function callerAt(guard: Guard, level: number): Guard | null {
  let left = level;
  for (let at: Guard | null = guard; at !== null; at = at.outer) {
    if (at.between !== 0) {
      if (left === 1) return at;
      if (at.between !== 1) return null;
      left--;
    }
    if (left === 1) return null; // The call around this one, which has no lines.
    left--;
  }
  return null;
}

/**
 * What a handler makes of an error. What goes wrong in it is given to it again, inside of the call
 * that failed, until there is no room for that.
 */
function* handled(runtime: Runtime, handler: Value, given: LuaError): Steps<Value> {
  const { nested } = runtime;
  let { value } = given;
  // A handler is called where the error happened, on top of all that.
  let raisedAt = Math.max(given.nested, nested + 1);
  try {
    while (raisedAt < MOST_HANDLERS) {
      runtime.nested = raisedAt + 1;
      if (raisedAt === MOST_NESTED) {
        value = 'C stack overflow';
        raisedAt++;
        continue;
      }
      try {
        const result = yield* runtime.call(handler, '', value);
        return first(result === TAIL ? yield* runtime.untail() : result);
      } catch (problem) {
        const error = caught(runtime, problem);
        value = error.value;
        raisedAt = Math.max(runtime.nested, error.nested);
      }
    }
    return 'error in error handling';
  } finally {
    runtime.nested = nested;
  }
}

/** What Lua may catch of what was thrown; all else goes on. */
export function caught(runtime: Runtime, problem: unknown): LuaError {
  const error = runtime.asLuaError(problem);
  if (error === null) throw problem;
  if (error.argument !== null) nameArgument(error, '', '');
  return error;
}
