// What it takes to say how a command was in another version.

import type { Arg, Doc, KeyRun } from '../../protocol/command-spec.ts';
import { ReplyError, SYNTAX } from '../../protocol/errors.ts';
import type { Handler } from '../command-table.ts';
import type { Version } from './version.ts';

/** Whether something is so in a version. */
export type When = (version: Version) => boolean;

/** How some commands were otherwise, in some versions. What is left out is as in 8.0. */
export type Change = {
  readonly when: When;
  /** Their full names, apart by blanks: 'zrank zrevrank'. */
  readonly of: string;
  readonly arity?: number;
  /** Flags that they had, or that they had not. */
  readonly adds?: number;
  readonly takes?: number;
  readonly keys?: readonly KeyRun[];
  /** Arguments that they have beside the others. */
  readonly args?: readonly Arg[];
  readonly doc?: Partial<Doc>;
  /** Makes their handler out of 8.0's. */
  readonly run?: (run: Handler) => Handler;
};

/** In versions that are older than this one of Redis; and of Valkey, where it took that over. */
export function before(redis: string, valkey = ''): When {
  return (version) => !version.has(redis, valkey);
}

/** In Valkey, from this version on. */
export function valkey(since = '8.0'): When {
  return (version) => version.hasOwn(since);
}

/** Options that had not come: a call that uses one is refused as any unknown word is. */
export function without(from: number, ...words: readonly string[]): (run: Handler) => Handler {
  return (run) => (c) => {
    for (let i = from; i < c.argv.length; i++) {
      if (words.includes(c.argv[i].toUpperCase())) throw SYNTAX;
    }
    run(c);
  };
}

/** Errors whose words were others. */
export function worded(words: Readonly<Record<string, string>>): (run: Handler) => Handler {
  const errors = new Map(Object.entries(words).map(([now, then]) => [now, new ReplyError(then)]));
  return (run) => (c) => {
    try {
      run(c);
    } catch (problem) {
      throw problem instanceof ReplyError ? (errors.get(problem.line) ?? problem) : problem;
    }
  };
}
