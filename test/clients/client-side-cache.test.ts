// node-redis's client-side cache over RESP3, unmodified: what it answers from its own memory is what
// the server would have said.

import { BasicClientSideCache, createClient } from 'redis';
import { expect, test } from 'vitest';
import { startServer } from '../../server/index.ts';
import { Chance } from '../protocol/real.ts';

const KEYS = ['a', 'b', 'c', 'd', 'e'];
const ROUNDS = 40;

async function connect(url: string, clientSideCache?: BasicClientSideCache) {
  const client =
    clientSideCache === undefined
      ? createClient({ url, RESP: 3 })
      : createClient({ url, RESP: 3, clientSideCache });
  client.on('error', () => {});
  await client.connect();
  return client;
}

test('a cache stays coherent while others write', async () => {
  await using server = await startServer();
  const cache = new BasicClientSideCache();
  const reader = await connect(server.url, cache);
  const writers = await Promise.all([1, 2, 3, 4].map(() => connect(server.url)));
  const chance = new Chance(1);
  const last = new Map<string, number>();

  const read = async (): Promise<void> => {
    const key = chance.one(KEYS);
    const value = Number(await reader.get(key));
    // Counters only grow: a smaller one than before is from a time that is over.
    expect(value).toBeGreaterThanOrEqual(last.get(key) ?? 0);
    last.set(key, value);
  };
  for (let round = 0; round < ROUNDS; round++) {
    const all: Promise<unknown>[] = [];
    for (let n = 0; n < 30; n++) {
      if (chance.below(4) !== 0) all.push(read());
      else if (chance.below(10) === 0) all.push(reader.incr(chance.one(KEYS)));
      else all.push(chance.one(writers).incr(chance.one(KEYS)));
    }
    await Promise.all(all);
    // What the server has said before the answer to this has come by then.
    await reader.ping();
    for (const key of KEYS) expect(await reader.get(key)).toBe(await writers[0].get(key));
  }
  expect(cache.stats().hitCount).toBeGreaterThan(100);
  expect(cache.stats().missCount).toBeGreaterThan(100);
  for (const client of [reader, ...writers]) await client.close();
});

test('what is in a cache goes when its key expires, is removed, or all keys go', async () => {
  await using server = await startServer();
  const cache = new BasicClientSideCache();
  const reader = await connect(server.url, cache);
  const writer = await connect(server.url);
  const again = async (): Promise<string | null> => {
    await reader.ping();
    return reader.get('k');
  };
  server.clock.freeze();

  await writer.set('k', 'v', { expiration: { type: 'PX', value: 100 } });
  expect(await reader.get('k')).toBe('v');
  server.clock.advance(200);
  expect(await again()).toBeNull();

  await writer.set('k', 'w');
  expect(await again()).toBe('w');
  await writer.del('k');
  expect(await again()).toBeNull();

  await writer.set('k', 'x');
  expect(await again()).toBe('x');
  expect(cache.size()).toBe(1);
  await writer.flushAll();
  expect(await again()).toBeNull();
  for (const client of [reader, writer]) await client.close();
});
