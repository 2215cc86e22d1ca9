// Cache-aside: the program asks the cache first, and fills it when it has nothing.
//
// The problem: the same few rows are read from a slow source again and again.
// The idea: keep what was read under a key that expires; after a change of the source forget the
// key, and whoever reads next fills it with what is true now.
// Not when: a reader may never see what was true a moment ago. Between a reader's question to the
// source and its SET, a writer may change the source and forget the key; the old value then stays
// for as long as the key lives. That time is the promise that this cache can make.

import type { Client } from '../client/index.ts';

/** What `load` gives for the key, which is asked for once in so many seconds. */
export async function cached<T>(
  client: Client,
  key: string,
  seconds: number,
  load: () => Promise<T>,
): Promise<T> {
  const kept = await client.get(key);
  if (kept !== null) return JSON.parse(kept) as T;
  const value = await load();
  await client.set(key, JSON.stringify(value), { ex: seconds });
  return value;
}

/** To be called when the source has changed, not before: or the old value comes back at once. */
export async function forget(client: Client, ...keys: string[]): Promise<void> {
  await client.unlink(keys);
}
