// Write-through: a change goes to the source, and from there into the cache, before it is done.
//
// The problem: with cache-aside the first reader after each change waits for the source.
// The idea: the writer fills the cache itself. Two writers may reach the source in one order and
// the cache in the other, so each value carries the version that the source gave it, and the cache
// takes only what is newer than what it has.
// Not when: most of what is written is never read. Then the cache fills up with it for nothing.

import { type Client, defineScript } from '../client/index.ts';

export interface Source<T> {
  /** Resolves to the version of what was written: a number that grows with each change. */
  write(id: string, value: T): Promise<number>;
}

const keepNewest = defineScript({
  keys: ['key'],
  args: ['version', 'value', 'seconds'],
  lua: `local known = tonumber(redis.call('HGET', KEYS[1], 'version') or '-1')
    if tonumber(ARGV[1]) <= known then return 0 end
    redis.call('HSET', KEYS[1], 'version', ARGV[1], 'value', ARGV[2])
    redis.call('EXPIRE', KEYS[1], ARGV[3])
    return 1`,
  reply: (reply) => reply === 1,
});

/** Puts a value into the cache. False if it has a newer one already. */
export function keep(
  client: Client,
  key: string,
  version: number,
  value: unknown,
  seconds = 3600,
): Promise<boolean> {
  return client.script(keepNewest, { key, version, value: JSON.stringify(value), seconds });
}

/** Changes the source, and the cache with it. */
export async function save<T>(
  client: Client,
  source: Source<T>,
  id: string,
  value: T,
): Promise<void> {
  const version = await source.write(id, value);
  await keep(client, `user:${id}`, version, value);
}

/** What the cache has; null if that is nothing. */
export async function read<T>(client: Client, id: string): Promise<T | null> {
  const value = await client.hget(`user:${id}`, 'value');
  return value === null ? null : (JSON.parse(value) as T);
}
