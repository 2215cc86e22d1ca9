// Runs a chunk of Lua in this process, for tests of the engine by itself.

import { compile } from '../../lua/compile.ts';
import { openBase } from '../../lua/lib-base.ts';
import { openCoroutine } from '../../lua/lib-coroutine.ts';
import { Runtime } from '../../lua/runtime.ts';
import { DONE, Thread, TICK } from '../../lua/thread.ts';
import { all, type Value } from '../../lua/value.ts';

/** A runtime with the libraries that every script has. */
export function newRuntime(): Runtime {
  const runtime = new Runtime();
  openBase(runtime);
  runtime.globals.setString('coroutine', openCoroutine(runtime));
  return runtime;
}

/** Runs a chunk to its end, and returns what it returns. */
export function run(runtime: Runtime, source: string): readonly Value[] {
  const chunk = compile(runtime, source, 'user_script', runtime.globals);
  const thread = new Thread(runtime, chunk);
  for (;;) {
    const step = thread.step();
    if (step === TICK) runtime.refuel();
    else if (step === DONE) return all(thread.result);
    else throw new Error('a chunk cannot yield');
  }
}
