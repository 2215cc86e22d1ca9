// What goes wrong in Lua: chunks that do not compile, and values that are thrown.

/** A chunk that is no Lua; the message begins with the chunk's name and the line. */
export class LuaSyntaxError extends Error {
  override readonly name = 'LuaSyntaxError';
}
