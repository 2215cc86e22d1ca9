// Sessions of a web site, and caches.

import { createKeyv } from '@keyv/redis';
import { createCache } from 'cache-manager';
import { RedisStore } from 'connect-redis';
import express from 'express';
import session from 'express-session';
import { createClient } from 'redis';
import { createClient as createClient5 } from 'redis-5';
import { expect, test } from 'vitest';
import { startServer } from '../../server/index.ts';
import { listen } from './site.ts';
import { onBothServers, type Place, type Tests, until } from './servers.ts';

/** A site that counts each visitor's visits, and forgets who logs out. */
function counting(store: RedisStore) {
  const options = { store, secret: 'hush', resave: false, saveUninitialized: false };
  const app = express();
  app.use(session({ ...options, cookie: { maxAge: 1000_000 } }));
  app.get('/', ({ session: data }, response) => {
    data['visits'] = Number(data['visits'] ?? 0) + 1;
    response.send(String(data['visits']));
  });
  app.get('/logout', ({ session: data }, response) => {
    (data['destroy'] as (done: () => void) => void).call(data, () => void response.send('bye'));
  });
  return app;
}

/** Visits with the cookie of the visit before. */
function browser(url: string) {
  let cookie = '';
  return async (path = '') => {
    const response = await fetch(url + path, { headers: { cookie } });
    cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie;
    return response.text();
  };
}

const sessions: Tests = {
  'each visitor has a session, and it ends': async ({ url }) => {
    for (const client of [createClient({ url }), createClient5({ url })]) {
      await client.connect();
      await client.sendCommand(['FLUSHALL']);
      const store = new RedisStore({ client, prefix: 'visit:' });
      await using site = await listen(counting(store));
      const [ada, bob] = [browser(site.url), browser(site.url)];
      expect([await ada(), await ada(), await bob(), await ada()]).toEqual(['1', '2', '1', '3']);
      expect(await store.length()).toBe(2);
      const [id] = await store.ids();
      expect(await store.get(id)).toMatchObject({ cookie: { originalMaxAge: 1000_000 } });
      expect(await client.ttl(`visit:${id}`)).toBeGreaterThan(900);
      expect(await store.all()).toHaveLength(2);
      expect(await ada('logout')).toBe('bye');
      expect(await ada()).toBe('1');
      await store.clear();
      await until(async () => (await store.length()) === 0);
      expect(await bob()).toBe('1');
      client.destroy();
    }
  },
};

onBothServers('connect-redis', sessions);

test('a session is over when the server says that its time is', async () => {
  await using server = await startServer();
  server.clock.freeze();
  const client = createClient({ url: server.url });
  await client.connect();
  await using site = await listen(counting(new RedisStore({ client, ttl: 100 })));
  const ada = browser(site.url);
  expect([await ada(), await ada()]).toEqual(['1', '2']);
  server.clock.advance(1000_001);
  expect(await ada()).toBe('1');
  client.destroy();
});

async function caching({ url }: Place): Promise<void> {
  const keyv = createKeyv(url, { namespace: 'shop' });
  const cache = createCache({ stores: [keyv], ttl: 1000_000 });
  await cache.set('a', { price: 1 });
  await cache.mset<unknown>([
    { key: 'b', value: [1, 2] },
    { key: 'c', value: 'x', ttl: 1 },
  ]);
  expect(await cache.get('a')).toEqual({ price: 1 });
  await until(async () => (await cache.get('c')) === undefined);
  expect(await cache.mget(['a', 'b', 'none'])).toEqual([{ price: 1 }, [1, 2], undefined]);
  let computed = 0;
  const compute = async () => ++computed;
  expect(await Promise.all([1, 2, 3].map(() => cache.wrap('d', compute)))).toEqual([1, 1, 1]);
  expect(await cache.wrap('d', compute)).toBe(1);
  expect(await cache.ttl('a')).toBeGreaterThan(Date.now());
  await cache.mdel(['a', 'b']);
  expect(await keyv.has('a')).toBe(false);

  const other = createKeyv(url, { namespace: 'other' });
  await other.set('kept', 1);
  const found: string[] = [];
  for await (const [key] of keyv.iterator!(undefined)) found.push(String(key));
  expect(found).toEqual(['d']);
  await cache.clear();
  expect(await keyv.get('d')).toBeUndefined();
  expect(await other.get('kept')).toBe(1);
  await keyv.disconnect();
  await other.disconnect();
}

onBothServers('cache-manager with @keyv/redis', {
  'values are kept for their time, computed once, found and cleared by namespace': caching,
});
