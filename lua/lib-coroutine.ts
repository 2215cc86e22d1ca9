// Coroutines: threads that stop where they say so, and go on from there.

import { badArgument, LuaError } from './errors.ts';
import { caught } from './protected-call.ts';
import type { Runtime } from './runtime.ts';
import { LuaTable } from './table.ts';
import { LINE, type Step, Thread, TICK, Yield } from './thread.ts';
import { all, LuaFunction, native, type Result, type Steps, stepped, type Value } from './value.ts';

const MOST_NESTED = 199; // LUAI_MAXCCALLS; here it is looked at before one more is counted.

export function openCoroutine(runtime: Runtime): LuaTable {
  const library = new LuaTable(0, 6);
  const functions = [
    native('create', (...args) => create(runtime, args)),
    stepped('resume', (...args) => resume(runtime, args)),
    native('running', () => runtime.thread ?? undefined),
    native('status', (...args) => threadIn(args).status),
    native('wrap', (...args) => wrap(runtime, args)),
    stepped('yield', (...args) => yieldOut(runtime, args)),
  ];
  for (const each of functions) library.setString(each.name, each);
  return library;
}

function create(runtime: Runtime, args: readonly Value[]): Thread {
  const [body] = args;
  if (!(body instanceof LuaFunction) || body.up === null) {
    throw badArgument(1, 'Lua function expected');
  }
  return new Thread(runtime, body);
}

function threadIn(args: readonly Value[]): Thread {
  const [thread] = args;
  if (thread instanceof Thread) return thread;
  throw badArgument(1, 'coroutine expected');
}

function* resume(runtime: Runtime, args: readonly Value[]): Steps<Result> {
  const thread = threadIn(args);
  try {
    return [true, ...(yield* proceed(runtime, thread, args.slice(1)))];
  } catch (problem) {
    return [false, caught(runtime, problem).value];
  }
}

function wrap(runtime: Runtime, args: readonly Value[]): LuaFunction {
  const thread = create(runtime, args);
  return stepped('wrap', function* (...given) {
    try {
      return yield* proceed(runtime, thread, given);
    } catch (problem) {
      throw new LuaError(caught(runtime, problem).value);
    }
  });
}

/** Lets a thread go on until it yields or ends; returns what it then says. */
function* proceed(
  runtime: Runtime,
  thread: Thread,
  given: readonly Value[],
): Steps<readonly Value[]> {
  const outer = runtime.thread;
  if (thread.status !== 'suspended') {
    const what = thread.status === 'dead' ? 'dead' : 'non-suspended';
    throw new LuaError(`cannot resume ${what} coroutine`, 0);
  }
  const { nested } = runtime;
  if (nested >= MOST_NESTED) {
    thread.status = 'dead'; // Lua has dropped what it was to run by then.
    throw new LuaError('C stack overflow');
  }
  thread.nestedBelow = ++runtime.nested;
  if (outer !== null) outer.status = 'normal';
  thread.status = 'running';
  let input: readonly Value[] | undefined = given;
  let step: Step;
  try {
    for (;;) {
      runtime.thread = thread;
      step = thread.step(input);
      if (step !== TICK && step !== LINE) break;
      runtime.thread = outer;
      yield step;
      input = undefined;
    }
    thread.status = step instanceof Yield ? 'suspended' : 'dead';
  } catch (problem) {
    thread.status = 'dead';
    throw problem;
  } finally {
    runtime.nested = nested;
    runtime.thread = outer;
    if (outer !== null) outer.status = 'running';
  }
  return step instanceof Yield ? step.values : all(thread.result);
}

function* yieldOut(runtime: Runtime, values: readonly Value[]): Steps<Result> {
  // Lua cannot leave functions of C that wait for it: pcall, sort, metamethods.
  if (runtime.thread === null || runtime.nested > runtime.thread.nestedBelow) {
    throw new LuaError('attempt to yield across metamethod/C-call boundary', 0);
  }
  return (yield new Yield(values)) as readonly Value[];
}
