// What goes wrong in Lua: chunks that do not compile, and values that are thrown.

import type { Value } from './value.ts';

/** A chunk that is no Lua; the message begins with the chunk's name and the line. */
export class LuaSyntaxError extends Error {
  override readonly name = 'LuaSyntaxError';
}

/**
 * A Lua value on its way to whoever catches it. It is no Error of JavaScript, which would look
 * through the whole stack for each.
 *
 * Where a message says "user_script:3:" in front, that is put there by the function on the way
 * whose line it is (Runtime.located): `level` is how many functions up that is, 0 if it is done.
 */
export class LuaError {
  value: Value;
  level: number;
  /** A message about an argument, which lacks the name that the function was called by. */
  argument: { readonly index: number; readonly problem: string } | null = null;
  /** How many calls of C were inside of each other where it happened; 0 if that is not known. */
  nested = 0;
  /** Where it was thrown: the innermost line of Lua, '' if that is not known. */
  origin = '';

  constructor(value: Value, level = 1) {
    this.value = value;
    this.level = level;
  }

  toString(): string {
    return typeof this.value === 'string' ? this.value : 'an error that is no text';
  }
}

/** An error of a library's function about its nth argument. */
export function badArgument(index: number, problem: string): LuaError {
  const error = new LuaError(undefined);
  error.argument = { index, problem };
  return error;
}
