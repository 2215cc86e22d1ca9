// Expectations about a server, for what Vitest and Jest call expect.
//
//   expect(server).toHaveReceived('SET', 'user:1', expect.stringContaining('ada'));
//   expect(server).toHaveReceivedTimes(2, 'GET');
//   expect(server).toHaveKey('user:1', { name: 'ada' });
//   expect(server).toHaveExpiry('session', 60_000);

import { toHaveExpiry, toHaveKey } from './key-matchers.ts';
import type { Journal, JournalEntry } from './journal.ts';
import { requestText } from './story.ts';

/** What both frameworks give a matcher. */
export type MatcherContext = {
  equals(a: unknown, b: unknown): boolean;
  readonly utils: { stringify(value: unknown): string };
};

/** The matchers as one calls them. */
export interface ServerMatchers {
  /**
   * That a request came that begins like this: a command ('SET', 'CLIENT SETNAME'), in any case,
   * and the words behind it: text, numbers, bytes, regular expressions, expect.anything() and its
   * like. There may be more words than these.
   */
  toHaveReceived(command: string, ...args: unknown[]): void;
  /** That so many requests came that begin like this. */
  toHaveReceivedTimes(times: number, command: string, ...args: unknown[]): void;
  /**
   * That database 0 has a key, and that it holds this, in the form of dump() or one that seed()
   * takes; what is asymmetric may stand for all of it or for parts. When it expires is no matter,
   * unless `$expireAt` is among what is expected.
   */
  toHaveKey(key: string | Uint8Array, value?: unknown): void;
  /**
   * That a key expires: at a Date, or in so many milliseconds, of which not even a second has
   * passed yet. What is asymmetric is given the milliseconds that are left.
   */
  toHaveExpiry(key: string | Uint8Array, when?: unknown): void;
}

const SHOWN = 15;

export const matchers = {
  toHaveKey,
  toHaveExpiry,

  /** Whether a request came that begins like this: a command, and words behind it. */
  toHaveReceived(this: MatcherContext, received: unknown, command: string, ...args: unknown[]) {
    const server = serverIn(received);
    const entries = server.journal.entries();
    const found = entries.filter((entry) => isMeant(this, entry, command, args));
    return {
      pass: found.length > 0,
      message: () =>
        found.length > 0
          ? `It should not have received ${wanted(this, command, args)}, but did:\n${list(found)}`
          : `It has not received ${wanted(this, command, args)}.\n${others(entries, command)}`,
    };
  },

  /** How many requests came that begin like this. */
  toHaveReceivedTimes(
    this: MatcherContext,
    received: unknown,
    times: number,
    command: string,
    ...args: unknown[]
  ) {
    const server = serverIn(received);
    const entries = server.journal.entries();
    const found = entries.filter((entry) => isMeant(this, entry, command, args));
    const pass = found.length === times;
    return {
      pass,
      message: () => {
        const what = wanted(this, command, args);
        if (pass) return `It should not have received ${what} ${count(times)}.`;
        const all = found.length > 0 ? list(found) : others(entries, command);
        return `It has received ${what} ${count(found.length)}, not ${count(times)}.\n${all}`;
      },
    };
  },
};

type Watched = { readonly journal: Journal };

function serverIn(received: unknown): Watched {
  const server = received as Partial<Watched> | null | undefined;
  if (typeof server !== 'object' || server === null || server.journal === undefined) {
    throw new TypeError('This is expected of a server, as startServer() or useServer() give one.');
  }
  return server as Watched;
}

/** Whether a request begins with a command, in any case, and these words. */
function isMeant(
  context: MatcherContext,
  entry: JournalEntry,
  command: string,
  args: readonly unknown[],
): boolean {
  const names = command.trim().split(/[\s|]+/);
  const { argv } = entry;
  if (argv.length < names.length + args.length) return false;
  if (!names.every((name, i) => name.toLowerCase() === argv[i].toLowerCase())) return false;
  return args.every((expected, i) => {
    const at = names.length + i;
    if (typeof expected === 'number' || typeof expected === 'bigint') {
      return String(expected) === argv[at];
    }
    if (expected instanceof RegExp) return expected.test(argv[at]);
    if (expected instanceof Uint8Array) {
      return Buffer.from(entry.words[at], 'latin1').equals(expected);
    }
    return context.equals(argv[at], expected);
  });
}

function wanted(context: MatcherContext, command: string, args: readonly unknown[]): string {
  const words = args.map((arg) =>
    arg instanceof RegExp ? String(arg) : context.utils.stringify(arg),
  );
  return [command.toUpperCase(), ...words].join(' ');
}

function count(times: number): string {
  return times === 1 ? 'once' : `${times} times`;
}

/** What came instead: requests of the same command if there are any, or else all. */
function others(entries: readonly JournalEntry[], command: string): string {
  const name = command
    .trim()
    .split(/[\s|]+/)[0]
    .toLowerCase();
  const same = entries.filter(({ argv }) => argv[0].toLowerCase() === name);
  if (same.length > 0) return `These are like it:\n${list(same)}`;
  if (entries.length === 0) return 'It has received nothing.';
  return `This is what it has received:\n${list(entries)}`;
}

function list(entries: readonly JournalEntry[]): string {
  const lines = entries.slice(-SHOWN).map((entry) => `  ${requestText(entry)}`);
  if (entries.length > SHOWN) lines.unshift(`  (and ${entries.length - SHOWN} before)`);
  return lines.join('\n');
}
