// Threads of Lua: the script itself, and its coroutines, each a stack of generators.
//
// Compiled functions are generators, and one calls another with `yield*`, so whatever is yielded
// arrives here, at whoever drives the thread, from any depth:
//
//   TICK      somebody may want to look at the clock, or to kill the script: step() returns
//   LINE      the same, in a chunk that stops at lines (compile-stepping.ts)
//   Yield     coroutine.yield(): step() returns, and the next step goes on with what it is given
//   Deeper    the JavaScript stack has become deep: the call goes on from here, on a short one
//
// So Lua's stack may be a hundred times deeper than JavaScript's: a thread is cut into segments, of
// which only the last one is on the stack.

import type { LuaError } from './errors.ts';
import type { Runtime } from './runtime.ts';
import { type LuaFunction, type Result, type Steps, TAIL, type Value } from './value.ts';

/** Yielded now and then, so that whoever drives a script may look at the clock. */
export const TICK = Symbol('tick');

/** Yielded where a line begins, by a chunk that was compiled so. */
export const LINE = Symbol('line');

/** A call that is to go on with a short stack. */
export class Deeper {
  readonly callee: LuaFunction;
  readonly args: readonly Value[];

  constructor(callee: LuaFunction, args: readonly Value[]) {
    this.callee = callee;
    this.args = args;
  }
}

/** Thrown into a thread that is to end. Lua cannot catch it. */
export class Killing {
  /** The innermost line of Lua that it met. */
  origin = '';
}

/** What coroutine.yield() was given. */
export class Yield {
  readonly values: readonly Value[];

  constructor(values: readonly Value[]) {
    this.values = values;
  }
}

/** A thread has come to its end, and its `result` is there. */
export const DONE = Symbol('done');

/** What a step came to: nothing yet, what was yielded, or the end of the thread. */
export type Step = typeof TICK | typeof LINE | Yield | typeof DONE;

// However deep the stack is when a thread begins, it may make a few calls before it is cut: it
// could not go on otherwise.
const HIGHEST_BASE = 174;

type Segment = { readonly steps: Steps<Result>; depth: number };

export class Thread {
  status: 'suspended' | 'running' | 'normal' | 'dead' = 'suspended';
  private readonly runtime: Runtime;
  private readonly segments: Segment[] = [];
  private start: LuaFunction | null;
  /** As Runtime.nested, when it was resumed: it may yield only if that is no more now. */
  nestedBelow = 0;
  /** What it returned in the end. */
  result: Result = undefined;
  private killing: Killing | null = null;
  private failing: LuaError | null = null;
  private frames: readonly LuaFunction[] = []; // As Runtime.frames, while it does not run.
  private calls = 0; // Of Lua functions inside of each other, while it does not run.

  /** It begins with a call, at the first step, whose input are the arguments. */
  constructor(runtime: Runtime, body: LuaFunction) {
    this.runtime = runtime;
    this.start = body;
  }

  /** Begins again, with another function, a thread that has come to its end. */
  restart(body: LuaFunction): void {
    this.start = body;
    this.result = undefined;
    this.calls = 0;
  }

  /** Lets the next step throw a Killing, through all that the thread would catch otherwise. */
  kill(): void {
    this.killing = new Killing();
  }

  /** Lets the next step find an error, as if it had happened where the thread stands. */
  fail(error: LuaError): void {
    this.failing = error;
  }

  /**
   * Goes on until there is something to tell; `input` is what the yield that it stopped at
   * returns. Throws what the thread does not catch, and then it is dead.
   */
  step(input?: readonly Value[]): Step {
    const { runtime } = this;
    const outside = runtime.depth;
    const callsOutside = runtime.calls;
    runtime.calls = this.calls;
    const below = runtime.frames.length;
    if (runtime.environments) runtime.frames.push(...this.frames);
    try {
      return this.run(input, Math.min(outside, HIGHEST_BASE));
    } finally {
      if (runtime.environments) this.frames = runtime.frames.splice(below);
      this.calls = runtime.calls;
      runtime.calls = callsOutside;
      runtime.depth = outside;
    }
  }

  private run(input: readonly Value[] | undefined, base: number): Step {
    const { runtime, segments } = this;
    if (this.start !== null) {
      const { start } = this;
      this.start = null;
      const steps = input === undefined ? start.stepped!() : start.stepped!(...input);
      segments.push({ steps, depth: 0 });
    }
    let value: unknown = input;
    let problem: unknown = this.killing ?? this.failing;
    this.failing = null;
    let failed = problem !== null;
    for (;;) {
      const segment = segments[segments.length - 1];
      runtime.depth = base + segment.depth;
      let next: IteratorResult<unknown, Result>;
      try {
        next = failed ? segment.steps.throw(problem) : segment.steps.next(value);
      } catch (thrown) {
        segments.pop();
        if (segments.length === 0) throw thrown;
        failed = true;
        problem = thrown;
        continue;
      }
      failed = false;
      if (next.done) {
        segments.pop();
        value = next.value;
        if (segments.length !== 0) continue;
        if (value !== TAIL) {
          this.result = next.value;
          return DONE;
        }
        segments.push({ steps: runtime.untail(), depth: 0 });
        value = undefined;
        continue;
      }
      segment.depth = runtime.depth - base;
      if (!(next.value instanceof Deeper)) return next.value as typeof TICK | typeof LINE | Yield;
      const { callee, args } = next.value;
      segments.push({ steps: callee.stepped!(...args), depth: 0 });
      value = undefined;
    }
  }
}
