// A server for all tests of a file, by the hooks of whatever runs them.
//
//   const server = useServer({ maxmemory: '10mb' });
//   test('...', async () => { ... new Redis(server.url) ... });
//
// There is no server yet when useServer() returns, so it returns what stands for the server: each
// look at it is a look at the server of the moment.

import type { RunningServer } from '../index.ts';
import { TestServer, type Start, type TestServerOptions } from './fixture.ts';

type Body = (this: unknown, ...args: unknown[]) => Promise<void>;
type Hook = (body: Body) => unknown;

/** What runs something around tests: as Vitest and Jest name it, or as Mocha and node:test do. */
export type Hooks = {
  readonly beforeEach: Hook;
  readonly afterEach: Hook;
} & (
  | { readonly beforeAll: Hook; readonly afterAll: Hook }
  | { readonly before: Hook; readonly after: Hook }
);

/**
 * A server that starts before the first test, is after each test as it was before, and is closed
 * after the last one. The clients that a test opens are to be closed in the test, or in hooks.
 */
export function serverByHooks(
  start: Start,
  hooks: Hooks,
  options: TestServerOptions = {},
): RunningServer {
  const shared = new TestServer(start, options);
  const [before, after] =
    'beforeAll' in hooks ? [hooks.beforeAll, hooks.afterAll] : [hooks.before, hooks.after];
  // Redis clients are closed by hooks as well, and those have to be done before we look. Jest runs
  // hooks in the order in which they stand in the file.
  const end: Body = async function (this: unknown, ...args) {
    await shared.end(failedIn(this, args));
  };
  before(async () => {
    moveToEnd(end);
    await shared.ready();
  });
  hooks.beforeEach(async () => {
    await shared.begin();
  });
  hooks.afterEach(end);
  after(async () => {
    await shared.close();
  });
  return standIn(() => shared.server);
}

/** Something that behaves like the server of the moment. */
export function standIn(server: () => RunningServer): RunningServer {
  return new Proxy({} as RunningServer, {
    get: (_, name) => Reflect.get(server(), name, server()),
    has: (_, name) => Reflect.has(server(), name),
    ownKeys: () => Reflect.ownKeys(server()),
    getOwnPropertyDescriptor: (_, name) => {
      const found = Reflect.getOwnPropertyDescriptor(server(), name);
      return found && { ...found, configurable: true };
    },
  });
}

type Told = {
  readonly currentTest?: { readonly state?: string }; // Mocha's `this`.
  readonly task?: { readonly result?: { readonly state?: string } }; // Vitest's context.
  readonly passed?: boolean; // The context of node:test: undefined where it does not say.
  readonly error?: unknown;
};

/** Whether the test that just ended has failed, as far as its runner tells. */
function failedIn(self: unknown, args: readonly unknown[]): boolean {
  const told = (args[0] ?? {}) as Told;
  if (told.task?.result !== undefined) return told.task.result.state === 'fail';
  if (told.error) return true;
  if ((self as Told | undefined)?.currentTest?.state === 'failed') return true;
  return (circus()?.currentlyRunningTest?.errors.length ?? 0) > 0;
}

type Circus = {
  readonly currentlyRunningTest?: { readonly errors: readonly unknown[] } | null;
  readonly rootDescribeBlock: Block;
};
type Block = {
  readonly hooks: { readonly fn: unknown }[];
  readonly children: readonly unknown[];
};

/** What Jest's runner knows of its tests. It does not tell hooks, but keeps it in sight. */
function circus(): Circus | undefined {
  const key = Object.getOwnPropertySymbols(globalThis).find(
    ({ description }) => description === 'JEST_STATE_SYMBOL',
  );
  return key && (globalThis as unknown as Record<symbol, Circus>)[key];
}

/** Makes a hook of Jest's the last of its kind in its block. */
function moveToEnd(body: Body): void {
  const within = (block: Block): boolean => {
    const at = block.hooks?.findIndex(({ fn }) => fn === body) ?? -1;
    if (at < 0) return (block.children ?? []).some((child) => within(child as Block));
    block.hooks.push(...block.hooks.splice(at, 1));
    return true;
  };
  const root = circus()?.rootDescribeBlock;
  if (root !== undefined) within(root);
}
