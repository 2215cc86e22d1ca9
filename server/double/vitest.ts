// respite/vitest: a server in tests that Vitest runs.
//
//   import { expect, test } from 'respite/vitest';
//
//   test('a visit is counted', async ({ server }) => {
//     ...
//     expect(server).toHaveReceived('INCR', 'visits');
//   });

import { afterAll, afterEach, beforeAll, beforeEach, expect, test as plainTest } from 'vitest';
import { type RunningServer, startServer } from '../index.ts';
import { TestServer, type TestServerOptions } from './fixture.ts';
import { serverByHooks } from './hooks.ts';
import { matchers, type ServerMatchers } from './matchers.ts';

export { LeakError, type TestServerOptions } from './fixture.ts';
export { expect };

declare module 'vitest' {
  interface Matchers<T> extends ServerMatchers {}
}

expect.extend(matchers);

/** Vitest's `test` with a `server` that starts when the first test asks for it. */
export function serverTest(options: TestServerOptions = {}) {
  return plainTest.extend<{ testServer: TestServer; server: RunningServer }>({
    testServer: [
      // biome-ignore lint/correctness/noEmptyPattern: Vitest reads what is in these braces.
      async ({}, use) => {
        const shared = new TestServer(startServer, options);
        await use(shared);
        await shared.close();
      },
      { scope: 'file' },
    ],
    server: async ({ testServer, task }, use) => {
      await use(await testServer.begin());
      await testServer.end(task.result?.state === 'fail');
    },
  });
}

export const test = serverTest();
export const it = test;

/** The same by hooks: what it returns stands for the server in all tests of the file, or block. */
export function useServer(options: TestServerOptions = {}): RunningServer {
  const hooks = { beforeAll, afterAll, beforeEach, afterEach };
  return serverByHooks(startServer, hooks, options);
}
