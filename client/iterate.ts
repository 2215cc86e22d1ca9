// Cursors that are followed for whoever only wants the items.

import type { Value } from './command.ts';
import type { Cursor } from './types.ts';

export interface ScanOptions {
  match?: Value;
  /** How much work a server does at a time, about; not how many items there are in all. */
  count?: number;
  type?: 'string' | 'list' | 'set' | 'zset' | 'hash' | 'stream';
}

/**
 * Follows a cursor to its end. An item may come more than once if others change what is scanned;
 * what is there all the time comes at least once.
 */
export async function* follow<T>(
  next: (cursor: string) => Promise<Cursor<T>>,
): AsyncGenerator<T, void, void> {
  let cursor = '0';
  do {
    const page = await next(cursor);
    yield* page.items;
    cursor = page.cursor;
  } while (cursor !== '0');
}
