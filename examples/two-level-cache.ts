// A cache in two levels: this process's memory, and Redis behind it, which all processes share.
//
// The problem: even Redis is a journey over the network, and some keys are read all the time.
// The idea: the client keeps replies to reads, and the server, which remembers who has read what,
// tells when a key changes (CLIENT TRACKING). So the copy here is stale for the time that a message
// takes, not for a time to live. A connection that breaks empties it.
// Not when: keys change about as often as they are read: each change is a message to all readers.
// It needs RESP3.

import { type Client, type ClientOptions, createClient } from '../client/index.ts';

/** A client that keeps replies. */
export function openTwoLevels(where: ClientOptions, maxEntries = 10_000): Client {
  return createClient({ ...where, cache: { maxEntries } });
}

/** A product: from here, from Redis, or from `load`. */
export async function product<T>(
  client: Client,
  id: string,
  load: (id: string) => Promise<T>,
): Promise<T> {
  const key = `product:${id}`;
  const kept = await client.get(key);
  if (kept !== null) return JSON.parse(kept) as T;
  const value = await load(id);
  await client.set(key, JSON.stringify(value), { ex: 3600 });
  return value;
}

/** The product has changed: all processes forget it. */
export async function productChanged(client: Client, id: string): Promise<void> {
  await client.unlink(`product:${id}`);
}

/** Which part of the reads never left this process. */
export function hitRate(client: Client): number {
  const { hits, misses } = client.cacheStats ?? { hits: 0, misses: 0 };
  return hits + misses === 0 ? 0 : hits / (hits + misses);
}
