// What it takes to say how a command was in another version.

import { isIntact, sealed } from '../../persistence/dump.ts';
import type { Arg, Doc, KeyRun } from '../../protocol/command-spec.ts';
import { ReplyError, SYNTAX, WRONG_TYPE } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import type { Handler } from '../command-table.ts';
import { typeName } from '../keyspace.ts';
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

/** Errors that were said in other words: what `change` makes of a line is sent. */
export function worded(change: (line: string, c: Client) => string): (run: Handler) => Handler {
  return (run) => (c) => {
    const { reply } = c;
    const { error } = reply;
    // Scripts say some of theirs, rather than throw them.
    reply.error = (line) => error.call(reply, change(line, c));
    try {
      run(c);
    } catch (problem) {
      if (!(problem instanceof ReplyError)) throw problem;
      const line = change(problem.line, c);
      throw line === problem.line ? problem : new ReplyError(line);
    } finally {
      reply.error = error;
    }
  };
}

/** Arguments that were read in another way: the handler gets what `change` makes of them. */
export function respelled(change: (argv: string[]) => void): (run: Handler) => Handler {
  return (run) => (c) => {
    change(c.argv);
    run(c);
  };
}

/** RESTORE: types of values that were not known yet, from the first such number on. */
export function withoutTypes(first: number): (run: Handler) => Handler {
  return respelled((argv) => {
    const payload = Buffer.from(argv[3] ?? '', 'latin1');
    if (payload.length === 0 || payload[0] < first || !isIntact(payload, true)) return;
    payload[0] = 255; // No type of any version.
    argv[3] = sealed(payload).toString('latin1');
  });
}

/** Commands that looked at their key first, `when` the rest of the call did not come before. */
export function keyFirst(
  kind: string,
  answer: (c: Client) => void,
  when: (c: Client) => boolean = () => true,
): (run: Handler) => Handler {
  return (run) => (c) => {
    if (!when(c)) return run(c);
    const i = c.db.dict.find(c.argv[1]);
    if (i < 0 || c.db.hasExpired(i)) {
      c.db.read(c.argv[1]); // Counts the miss.
      return answer(c);
    }
    if (typeName(c.db.dict.valueAt(i)) !== kind) {
      c.db.read(c.argv[1]);
      throw WRONG_TYPE;
    }
    const { stats } = c.server;
    const hits = stats.keyspaceHits;
    try {
      run(c);
    } finally {
      if (stats.keyspaceHits === hits) stats.keyspaceHits++;
    }
  };
}
