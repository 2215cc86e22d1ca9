// Sessions: what a server knows of a visitor between two requests, forgotten when he stays away.
//
// The problem: requests of one visitor reach different processes, at times two at once.
// The idea: a key with a name that nobody can guess, which expires. As a string, a session is read
// and written whole: simple, and GETEX reads and prolongs in one step. As a hash, its fields are
// read and written one by one, so that two requests that change different fields do not undo each
// other.
// Not when: a session must survive the loss of the cache. Then it is data, and belongs in a
// database.

import { type Client, defineScript } from '../client/index.ts';

const SECONDS = 1800;
const keyOf = (id: string): string => `session:${id}`;

/** Opens a session that is a string. Resolves to its name, which nobody can guess. */
export async function open(client: Client, data: unknown): Promise<string> {
  const id = crypto.randomUUID();
  await client.set(keyOf(id), JSON.stringify(data), { ex: SECONDS });
  return id;
}

/** What the session holds, for another half hour; null if it is over. */
export async function load<T>(client: Client, id: string): Promise<T | null> {
  const text = await client.getex(keyOf(id), { ex: SECONDS });
  return text === null ? null : (JSON.parse(text) as T);
}

/** Replaces what the session holds. False if it is over: it is not brought back to life. */
export async function store(client: Client, id: string, data: unknown): Promise<boolean> {
  return (await client.set(keyOf(id), JSON.stringify(data), { xx: true, ex: SECONDS })) === 'OK';
}

/** Ends a session of either kind. */
export async function close(client: Client, id: string): Promise<void> {
  await client.unlink(keyOf(id));
}

/** Opens a session that is a hash. */
export async function openFields(client: Client, fields: Record<string, string>): Promise<string> {
  const id = crypto.randomUUID();
  await client.multi((tx) => [tx.hset(keyOf(id), fields), tx.expire(keyOf(id), SECONDS)]);
  return id;
}

/** All fields, for another half hour; null if the session is over. */
export async function loadFields(
  client: Client,
  id: string,
): Promise<Record<string, string> | null> {
  const [prolonged, fields] = await client.multi((tx) => [
    tx.expire(keyOf(id), SECONDS),
    tx.hgetall(keyOf(id)),
  ]);
  return prolonged === 1 ? fields : null;
}

const setField = defineScript({
  keys: ['session'],
  args: ['field', 'value', 'seconds'],
  lua: `if redis.call('EXPIRE', KEYS[1], ARGV[3]) == 0 then return 0 end
    redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
    return 1`,
  reply: (reply) => reply === 1,
});

/** Sets one field. False if the session is over: HSET alone would open it again, for ever. */
export function storeField(
  client: Client,
  id: string,
  field: string,
  value: string,
): Promise<boolean> {
  return client.script(setField, { session: keyOf(id), field, value, seconds: SECONDS });
}
