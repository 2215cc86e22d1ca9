// A server for the tests of a file, whatever runs them.
//
// Starting a server takes a millisecond, and going back to a snapshot a fraction of that, so each
// test can have a server as it was when the test began: what a test changes is undone behind it.
// What hooks have put there before is part of the beginning, also where they stand in a describe().
//
//    begin():  snapshot; who is connected?
//    end():    what is left open? what had happened, if the test failed? back to the snapshot
//
// When a test ends its clients may be on their way out: a socket that was closed a moment ago is a
// connection here until the event loop has turned. So what seems to be left is looked at again for
// a little while, and a test that leaves nothing does not wait at all.

import { realTime, turns } from '../real-time.ts';
import type { RunningServer, ServerOptions, ServerSnapshot } from '../index.ts';
import { type Leak, newLeaks } from './leaks.ts';
import { story } from './story.ts';

/** Options of a server, and how tests have it. */
export type TestServerOptions = ServerOptions & {
  /**
   * 'worker', the default: one server for all tests of a file, which goes back after each test to
   * how it was before. 'test': each test has a server of its own.
   */
  readonly per?: 'worker' | 'test';
  /**
   * What to do about what a test leaves open: blocked commands, subscriptions, WATCH, MULTI,
   * connections that it opened. 'warn', the default, tells; 'fail' fails the test, too.
   */
  readonly leaks?: 'fail' | 'warn' | 'ignore';
  /** Fills the server, once it has started. */
  readonly prepare?: (server: RunningServer) => unknown;
};

/** How a server starts. It is given, so that this file does not load all of a server. */
export type Start = (options: ServerOptions) => Promise<RunningServer>;

const PATIENCE_MS = 100;
const LOOK_MS = 2;
const TURNS = 3;

/** What a test has left open, where that is an error. */
export class LeakError extends Error {
  override readonly name = 'LeakError';
  readonly leaks: readonly Leak[];

  constructor(leaks: readonly Leak[]) {
    super(leakText(leaks));
    this.leaks = leaks;
  }
}

export class TestServer {
  private readonly start: Start;
  private readonly options: ServerOptions;
  private readonly per: 'worker' | 'test';
  private readonly leaks: 'fail' | 'warn' | 'ignore';
  private readonly prepare: (server: RunningServer) => unknown;
  private readonly tell: (text: string) => void;
  private running: RunningServer | null = null;
  private begun: ServerSnapshot | null = null; // How the server was when the test began,
  private open: readonly Leak[] = []; // and what was open then.
  private readonly added: Disposable[] = []; // Interceptions and commands of the test.

  /** `tell` takes what somebody should read. */
  constructor(
    start: Start,
    options: TestServerOptions = {},
    tell: (text: string) => void = (text) => process.stderr.write(text),
  ) {
    const { per = 'worker', leaks = 'warn', prepare = () => {}, ...others } = options;
    this.start = start;
    this.options = others;
    this.per = per;
    this.leaks = leaks;
    this.prepare = prepare;
    this.tell = tell;
  }

  /** The server. Throws an Error where there is none yet. */
  get server(): RunningServer {
    if (this.running === null) {
      throw new Error('There is no server yet: use it in a test, or in a hook behind useServer().');
    }
    return this.running;
  }

  /** Starts the server if it is there for all tests, so that hooks can use it. */
  async ready(): Promise<void> {
    if (this.per === 'worker') await this.started();
  }

  /** A test begins. */
  async begin(): Promise<RunningServer> {
    const server = await this.started();
    await turns(TURNS); // Connections that a hook has begun to make are not the test's.
    this.begun = server.snapshot();
    this.open = server.leaks();
    server.random.restart();
    server.journal.clear();
    return server;
  }

  /** A test has ended. Rejects with a LeakError if leaks are errors and there are some. */
  async end(hasFailed: boolean): Promise<void> {
    const { running: server } = this;
    if (server === null || this.begun === null) return;
    if (hasFailed) this.tell(story(server));
    const left = this.leaks === 'ignore' ? [] : await this.left(server);
    if (this.per === 'worker' && !server.closed) this.goBack(server, this.begun);
    else await this.close();
    this.begun = null;
    if (left.length === 0) return;
    if (this.leaks === 'fail') throw new LeakError(left);
    this.tell(`${leakText(left)}\n`);
  }

  /** There are no more tests. */
  async close(): Promise<void> {
    const { running } = this;
    this.running = null;
    await running?.close();
  }

  private async started(): Promise<RunningServer> {
    if (this.running === null || this.running.closed) {
      const server = await this.start({ journal: true, ...this.options });
      this.running = this.watched(server);
      await this.prepare(this.running);
    }
    return this.running;
  }

  /** The server, where what a test adds to it is remembered, so that it can be taken back. */
  private watched(server: RunningServer): RunningServer {
    const remember = <T extends Disposable>(added: T): T => {
      if (this.begun !== null) this.added.push(added);
      return added;
    };
    const all = Object.getOwnPropertyDescriptors(server);
    const { intercept, define } = server;
    const value = (...args: Parameters<typeof intercept>) => remember(intercept(...args));
    const defined = (...args: Parameters<typeof define>) => remember(define(...args));
    return Object.defineProperties({} as RunningServer, {
      ...all,
      intercept: { value, enumerable: true },
      define: { value: defined, enumerable: true },
    });
  }

  private async left(server: RunningServer): Promise<readonly Leak[]> {
    let left = newLeaks(this.open, server.leaks());
    for (let waited = 0; left.length > 0 && waited < PATIENCE_MS; waited += LOOK_MS) {
      await realTime(LOOK_MS);
      left = newLeaks(this.open, server.leaks());
    }
    return left;
  }

  private goBack(server: RunningServer, begun: ServerSnapshot): void {
    for (const added of this.added.splice(0)) added[Symbol.dispose]();
    server.faults.clear();
    server.unpause();
    server.clock.reset();
    server.restore(begun);
    begun.dispose();
  }
}

function leakText(leaks: readonly Leak[]): string {
  const lines = leaks.map(({ text }) => `  ${text}`);
  return `This test has left something open:\n${lines.join('\n')}`;
}
