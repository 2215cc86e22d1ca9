// The time of the world outside, whatever a test makes of it.
//
// Tests replace setTimeout, Date and others in globalThis by fakes that stand still until they are
// told to go on. A server would stand still with them, and so would everybody who waits for its
// answers. So it takes what it needs from where fakes are not put: from Node's own modules, and
// through the names of an ES module, which stay what they were.
//
// Where that is not possible, since this file was loaded as CommonJS after timers had been faked in
// the same realm, a fake leads back: that of fake-timers (which Vitest, Jest and Sinon use) keeps
// what it stands for in its clock.
//
// This file is one of the edges that may use node: modules.

import { performance } from 'node:perf_hooks';
import * as timers from 'node:timers';
import { runInNewContext } from 'node:vm';

type Fake = { readonly clock?: Readonly<Record<string, unknown>> };

function original<T>(found: T, name: string): T {
  const { clock } = found as Fake;
  return (clock?.[`_${name}`] as T | undefined) ?? found;
}

/** Whether a Date is JavaScript's own. Fakes say so, or are classes that somebody wrote. */
export function isNative(date: object): boolean {
  if (typeof date !== 'function' || 'isFake' in date || 'clock' in date) return false;
  return Function.prototype.toString.call(date).includes('[native code]');
}

export const setTimeout = original(timers.setTimeout, 'setTimeout');
export const clearTimeout = original(timers.clearTimeout, 'clearTimeout');
export const setImmediate = original(timers.setImmediate, 'setImmediate');
export { performance };

/** The system's time. A new realm has a Date of its own, which nobody can have replaced. */
export const SystemDate: { now(): number } = isNative(globalThis.Date)
  ? globalThis.Date
  : (runInNewContext('Date') as DateConstructor);

const done = Promise.resolve();

/** Runs something after what is under way, before anything else that happens. */
export function soon(run: () => void): void {
  void done.then(run);
}

/** Resolves after so many milliseconds of real time. */
export function realTime(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** Resolves when the event loop has turned so often: what was under way in the kernel is here. */
export async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++)
    await new Promise<void>((resolve) => setImmediate(() => resolve()));
}
