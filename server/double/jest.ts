// respite/jest: a server in tests that Jest runs, or anything else that has hooks.
//
//   const { useServer } = require('respite/jest');
//   const server = useServer();
//
//   test('a visit is counted', async () => {
//     ...
//     expect(server).toHaveReceived('INCR', 'visits');
//   });

import type {} from 'expect';
import { type RunningServer, startServer } from '../index.ts';
import type { TestServerOptions } from './fixture.ts';
import { type Hooks, serverByHooks } from './hooks.ts';
import { matchers, type ServerMatchers } from './matchers.ts';

export { LeakError, type TestServerOptions } from './fixture.ts';
export type { Hooks } from './hooks.ts';
/** For `expect.extend(matchers)` where there is no global `expect` when this is loaded. */
export { matchers };

declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T> extends ServerMatchers {}
}
declare global {
  namespace jest {
    interface Matchers<R, T> extends ServerMatchers {}
  }
}

const { expect } = globalThis as { expect?: { extend?(all: typeof matchers): void } };
expect?.extend?.(matchers);

/**
 * A server for all tests of the file, or block: starts before the first, is after each as it was
 * before, is closed after the last. Returns what stands for it. The hooks are the global ones of
 * Jest or Mocha unless others are given: `useServer({}, require('node:test'))`. Throws a TypeError
 * where there are none.
 */
export function useServer(options: TestServerOptions = {}, hooks?: Hooks): RunningServer {
  return serverByHooks(startServer, hooks ?? globalHooks(), options);
}

function globalHooks(): Hooks {
  const found = globalThis as Partial<Hooks>;
  if (found.beforeEach !== undefined && ('beforeAll' in found || 'before' in found)) {
    return found as Hooks;
  }
  throw new TypeError(
    'There are no global hooks here: give useServer() those of your test runner.',
  );
}
