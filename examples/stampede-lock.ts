// Against the stampede, by a lock: one computes, all others wait for what it finds.
//
// The problem: a popular key expires, and a hundred requests compute the same thing at once.
// The idea: whoever finds nothing takes a lock, and looks again once it has it: all but the first
// find what the first has left. The lock ends by itself if its holder dies, and is renewed as long
// as it lives, so that the time of the computation need not be known.
// Not when: nobody can wait. stampede-early.ts computes before the key expires, and nobody waits.

import type { Client } from '../client/index.ts';

/** What `compute` gives for the key, computed by one at a time. */
export async function computedOnce<T>(
  client: Client,
  key: string,
  seconds: number,
  compute: () => Promise<T>,
): Promise<T> {
  const kept = await client.get(key);
  if (kept !== null) return JSON.parse(kept) as T;

  await using lock = await client.lock(`${key}:lock`, { ttl: 5000, wait: 30_000, every: 20 });
  const meanwhile = await client.get(key);
  if (meanwhile !== null) return JSON.parse(meanwhile) as T;

  const value = await compute();
  // Whoever has lost the lock leaves the key to whoever has it now.
  if (!lock.signal.aborted) await client.set(key, JSON.stringify(value), { ex: seconds });
  return value;
}
