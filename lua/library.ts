// What the libraries have in common.

import { LuaError } from './errors.ts';
import { LuaTable } from './table.ts';
import type { LuaFunction } from './value.ts';

/**
 * A table with the functions of these names, put in one after the other, as Lua does it: pairs()
 * shows in which order they came.
 */
export function libraryOf(names: readonly string[], functions: readonly LuaFunction[]): LuaTable {
  const library = new LuaTable(0, names.length);
  for (const name of names) {
    library.setString(
      name,
      functions.find((each) => each.name === name),
    );
  }
  return library;
}

/** Does what a library does for itself: what goes wrong then has no line of a script in front. */
export function inside<T>(run: () => T): T {
  try {
    return run();
  } catch (problem) {
    if (problem instanceof LuaError && problem.argument === null) problem.level = 0;
    throw problem;
  }
}
