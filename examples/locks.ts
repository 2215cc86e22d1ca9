// Locks: one at a time, over processes and machines; on one server, or on most of five.
//
// The problem: a report must not be written by two processes at once.
// The idea: a key with a token that only its holder knows, which ends by itself and is renewed as
// long as the work goes on. If it cannot be renewed a signal aborts, and the work has to stop. On
// five servers that know nothing of each other (Redlock) two may fail.
// Not when: two at a time would be a disaster, and nothing else prevents it. A process may sleep
// through the end of its lock and wake up writing. For that, each holder gets a number that grows,
// and what is written to refuses a smaller number than it has seen: `writeAs`.

import { type Client, defineScript, type Lock, redlock } from '../client/index.ts';

/** Does work while nobody else does. Rejects with a LockError if that cannot be in five seconds. */
export async function alone<T>(
  client: Client,
  name: string,
  work: (signal: AbortSignal, fence: number) => Promise<T>,
): Promise<T> {
  await using lock: Lock = await client.lock(`lock:${name}`, { ttl: 10_000, wait: 5000 });
  const fence = Number(await client.incr(`fence:${name}`));
  return await work(lock.signal, fence);
}

/** The same, as long as most of the servers say so. */
export async function aloneAmong<T>(
  clients: readonly Client[],
  name: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  await using lock: Lock = await redlock(clients, `lock:${name}`, { ttl: 10_000, wait: 5000 });
  return await work(lock.signal);
}

const write = defineScript({
  keys: ['key', 'seen'],
  args: ['fence', 'value'],
  lua: `if tonumber(ARGV[1]) < tonumber(redis.call('GET', KEYS[2]) or '0') then return 0 end
    redis.call('SET', KEYS[2], ARGV[1])
    redis.call('SET', KEYS[1], ARGV[2])
    return 1`,
  reply: (reply) => reply === 1,
});

/** Writes as the holder with that number. False if a later holder has written already. */
export function writeAs(
  client: Client,
  fence: number,
  key: string,
  value: string,
): Promise<boolean> {
  return client.script(write, { key, seen: `${key}:fence`, fence, value });
}
