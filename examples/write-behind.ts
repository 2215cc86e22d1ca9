// Write-behind: a change is done once Redis has it, and reaches the slow source later, in bulk.
//
// The problem: counters, positions, drafts change many times a second; the source need not see
// each state.
// The idea: what changed is noted in a set, in one transaction with the change. A worker writes
// what is noted to the source, and takes the note away only if nothing has changed since it looked;
// so a worker that dies, or a change that comes in between, costs a second write and no loss.
// Not when: a change must not be lost with the Redis server. How much that can be is a matter of
// its persistence (appendfsync) and of replicas.

import { type Client, defineScript } from '../client/index.ts';

const CHANGED = 'users:changed';
const keyOf = (id: string): string => `user:${id}`;

/** Changes some fields. Done when Redis has them. */
export async function save(
  client: Client,
  id: string,
  fields: Record<string, string | number>,
): Promise<void> {
  await client.multi((tx) => [
    tx.hset(keyOf(id), fields),
    tx.hincrby(keyOf(id), 'version', 1),
    tx.sadd(CHANGED, id),
  ]);
}

const settle = defineScript({
  keys: ['record', 'changed'],
  args: ['id', 'version'],
  lua: `if redis.call('HGET', KEYS[1], 'version') ~= ARGV[2] then return 0 end
    return redis.call('SREM', KEYS[2], ARGV[1])`,
  reply: Number,
});

/**
 * Writes whatever has changed to the source. Resolves to how many records are settled: those that
 * changed while they were written are left for the next time.
 */
export async function flush(
  client: Client,
  write: (id: string, fields: Record<string, string>) => Promise<void>,
): Promise<number> {
  let settled = 0;
  for await (const id of client.sscanIterator(CHANGED)) {
    const { version = '', ...fields } = await client.hgetall(keyOf(id));
    await write(id, fields);
    const names = { record: keyOf(id), changed: CHANGED, id, version };
    settled += await client.script(settle, names);
  }
  return settled;
}
