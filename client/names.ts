// What methods are called, and which commands have none.

/** 'client setname' -> 'clientSetname', 'client no-evict' -> 'clientNoEvict'. */
export function methodName(command: string): string {
  return command.replace(/[ _-]([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * Commands that change what comes after them on their connection. There is more to them than a
 * method: multi(), watch(), subscribe(), lease(); and on a connection that is shared they are
 * refused.
 */
export const OWN: ReadonlySet<string> = new Set([
  ...['multi', 'exec', 'discard', 'watch', 'unwatch'],
  ...['subscribe', 'psubscribe', 'ssubscribe', 'unsubscribe', 'punsubscribe', 'sunsubscribe'],
  ...['monitor', 'sync', 'psync', 'quit', 'reset', 'hello', 'asking'],
]);

/** Methods of the client that would change others' replies: for a lease. */
export const OWN_METHODS: ReadonlySet<string> = new Set([
  'client reply',
  'client tracking',
  'client caching',
]);

/** What is said for the bytes that follow, or instead of a reply; SELECT is taken note of. */
export const WIRED: ReadonlySet<string> = new Set([
  ...['subscribe', 'psubscribe', 'ssubscribe', 'unsubscribe', 'punsubscribe', 'sunsubscribe'],
  ...['monitor', 'sync', 'psync', 'quit', 'reset', 'hello', 'select', 'shutdown'],
]);
