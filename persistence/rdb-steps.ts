// How generators read: in steps that are repeated where bytes run out. See rdb-input.ts.

import { type RdbInput, SHORT } from './rdb-input.ts';

/** Runs a step, again and again until there are bytes enough for it. */
export function* whole<T>(input: RdbInput, step: () => T): Generator<void, T, void> {
  for (;;) {
    input.mark();
    try {
      return step();
    } catch (problem) {
      if (problem !== SHORT) throw problem;
    }
    input.rewind();
    yield;
  }
}

/** Runs a step so many times. It must read all that it needs before it changes anything. */
export function* times(
  input: RdbInput,
  count: number,
  step: () => void,
): Generator<void, void, void> {
  let left = count;
  while (left > 0) {
    try {
      for (; left > 0; left--) {
        input.mark();
        step();
      }
      return;
    } catch (problem) {
      if (problem !== SHORT) throw problem;
    }
    input.rewind();
    yield;
  }
}
