// Scripts and functions with names for their keys and arguments.
//
//   const take = defineScript({
//     keys: ['lock'], args: ['token', 'ms'],
//     lua: 'return redis.call("set", KEYS[1], ARGV[1], "NX", "PX", ARGV[2])',
//   });
//   await client.script(take, { lock: 'l', token: 't', ms: 100 });
//
// A script is called by its SHA-1, and sent whole once a server says that it does not know it. A
// function's library is loaded the same way.

import { createHash } from 'node:crypto';
import type { Value } from './command.ts';

export interface Definition<K extends string, A extends string, R> {
  /** What KEYS are called, in their order. */
  readonly keys: readonly K[];
  /** What ARGV are called, in their order. */
  readonly args?: readonly A[];
  /** It changes nothing: a replica may run it, and it may be repeated. */
  readonly readonly?: boolean;
  /** Makes of the reply what the call resolves to. */
  readonly reply?: (reply: unknown) => R;
}

export interface ScriptSource<K extends string, A extends string, R> extends Definition<K, A, R> {
  readonly lua: string;
}

export interface FunctionSource<K extends string, A extends string, R> extends Definition<K, A, R> {
  /** What the function is registered as. */
  readonly name: string;
  /** The library that registers it, with its shebang line. */
  readonly library: string;
}

export interface Script<K extends string, A extends string, R> {
  readonly definition: Definition<K, A, R>;
  /** EVALSHA's or FCALL's name for it. */
  readonly name: string;
  /** The command that calls it, and the one that also brings the text. */
  readonly call: 'evalsha' | 'evalsha_ro' | 'fcall' | 'fcall_ro';
  readonly whole: 'eval' | 'eval_ro' | 'function load';
  readonly text: string;
}

/** Keys and arguments by their names. */
export type Given<K extends string, A extends string> = { readonly [Name in K | A]: Value };

/** A script that can be called with client.script(). */
export function defineScript<const K extends string, const A extends string = never, R = unknown>(
  source: ScriptSource<K, A, R>,
): Script<K, A, R> {
  const reads = source.readonly === true;
  return {
    definition: source,
    name: createHash('sha1').update(source.lua).digest('hex'),
    call: reads ? 'evalsha_ro' : 'evalsha',
    whole: reads ? 'eval_ro' : 'eval',
    text: source.lua,
  };
}

/** A function of a library that can be called with client.script(). */
export function defineFunction<const K extends string, const A extends string = never, R = unknown>(
  source: FunctionSource<K, A, R>,
): Script<K, A, R> {
  return {
    definition: source,
    name: source.name,
    call: source.readonly === true ? 'fcall_ro' : 'fcall',
    whole: 'function load',
    text: source.library,
  };
}

/** The arguments of EVALSHA, EVAL or FCALL after the script or its name. */
export function scriptArguments(
  { keys, args = [] }: Definition<string, string, unknown>,
  given: Readonly<Record<string, Value>>,
): Value[] {
  const values = [...keys, ...args].map((name) => {
    const value = given[name];
    if (value === undefined) throw new TypeError(`the script is given no ${name}`);
    return value;
  });
  return [keys.length, ...values];
}

/** Whether a server said that it does not know the script, or the function. */
export function isUnknown(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return code === 'NOSCRIPT' || /^ERR Function not found/.test(message ?? '');
}
