// Limits of rate: rate-limiter-flexible, Bottleneck, and express-rate-limit's store.

import { once } from 'node:events';
import { createRequire } from 'node:module';
import Bottleneck from 'bottleneck';
import express from 'express';
import { rateLimit } from 'express-rate-limit';
import { Redis } from 'ioredis';
import { RedisStore } from 'rate-limit-redis';
import {
  BurstyRateLimiter,
  RateLimiterMemory,
  RateLimiterQueue,
  RateLimiterRedis,
  RateLimiterRedisNonAtomic,
  type RateLimiterRes,
  type RateLimiterStoreAbstract,
  RateLimiterUnion,
  RLWrapperBlackAndWhite,
} from 'rate-limiter-flexible';
import { createClient } from 'redis';
import { createClient as createClient4 } from 'redis-4';
import { expect, test } from 'vitest';
import { startServer } from '../../server/index.ts';
import { ScriptLedger } from './script-ledger.ts';
import { listen } from './site.ts';
import { onBothServers, type Place, type Tests, until } from './servers.ts';

async function withRedis(place: Place, work: (redis: Redis) => Promise<void>): Promise<void> {
  const redis = new Redis(place.url);
  await work(redis).finally(() => redis.quit());
}

const used = ({ consumedPoints, remainingPoints }: RateLimiterRes) => [
  consumedPoints,
  remainingPoints,
];

/** The same for every limiter that counts in Redis, whichever client it has. */
async function counts(limiter: RateLimiterStoreAbstract): Promise<void> {
  expect(used(await limiter.consume('ada'))).toEqual([1, 4]);
  expect(used(await limiter.consume('ada', 3))).toEqual([4, 1]);
  expect(used((await limiter.get('ada'))!)).toEqual([4, 1]);
  await expect(limiter.consume('ada', 2)).rejects.toMatchObject({ remainingPoints: 0 });
  expect(used(await limiter.reward('ada', 3))).toEqual([3, 2]);
  expect(used(await limiter.penalty('ada', 2))).toEqual([5, 0]);
  const { msBeforeNext } = (await limiter.get('ada'))!;
  expect(msBeforeNext).toBeGreaterThan(0);
  expect(msBeforeNext).toBeLessThanOrEqual(1000_000);
  await limiter.block('ada', 1e4);
  expect((await limiter.get('ada'))!.msBeforeNext).toBeGreaterThan(9e6);
  await expect(limiter.consume('ada')).rejects.toMatchObject({ remainingPoints: 0 });
  await limiter.set('bob', 2, 0);
  expect((await limiter.get('bob'))!.msBeforeNext).toBe(-1);
  expect(await limiter.delete('ada')).toBe(true);
  expect(await limiter.get('ada')).toBeNull();
}

const FIVE = { points: 5, duration: 1000 };

const flexible: Tests = {
  'ioredis: counts, blocks, rewards': (place) =>
    withRedis(place, async (storeClient) => {
      await counts(new RateLimiterRedis({ storeClient, ...FIVE }));
      expect(await storeClient.keys('*')).toEqual(['rlflx:bob']);
      await storeClient.flushall();
      await counts(new RateLimiterRedisNonAtomic({ storeClient, ...FIVE }));
    }),

  'node-redis 4 and 6: counts, blocks, rewards': async (place) => {
    const options = { useRedisPackage: true, ...FIVE };
    const { url } = place;
    for (const storeClient of [createClient({ url }), createClient4({ url })]) {
      await storeClient.connect();
      await counts(new RateLimiterRedis({ storeClient, ...options }));
      await storeClient.sendCommand(['FLUSHALL']);
      await counts(new RateLimiterRedisNonAtomic({ storeClient, ...options }));
      await storeClient.sendCommand(['FLUSHALL']);
      await storeClient.disconnect();
    }
  },

  'a limit that never ends, one that is spread, one that blocks at once': (place) =>
    withRedis(place, async (storeClient) => {
      const forever = new RateLimiterRedis({ storeClient, points: 1, duration: 0 });
      await forever.consume('x');
      expect(await storeClient.ttl('rlflx:x')).toBe(-1);
      const strict = { storeClient, points: 2, duration: 10, keyPrefix: 'strict' };
      const blocking = new RateLimiterRedis({ ...strict, blockDuration: 1000 });
      await blocking.consume('x', 2);
      await expect(blocking.consume('x')).rejects.toMatchObject({ consumedPoints: 3 });
      expect(await storeClient.ttl('strict:x')).toBeGreaterThan(900);
      const even = { ...strict, keyPrefix: 'even', execEvenly: true, execEvenlyMinDelayMs: 1 };
      await new RateLimiterRedis({ ...even, points: 1e4 }).consume('x');
    }),

  'limits of limits: bursts, unions, lists, queues': (place) =>
    withRedis(place, async (storeClient) => {
      const limiter = (keyPrefix: string, points: number) =>
        new RateLimiterRedis({ storeClient, keyPrefix, points, duration: 1000 });
      const bursty = new BurstyRateLimiter(limiter('usual', 1), limiter('burst', 2));
      for (let i = 0; i < 3; i++) await bursty.consume('x');
      await expect(bursty.consume('x')).rejects.toBeDefined();
      const union = new RateLimiterUnion(limiter('one', 1), limiter('two', 2));
      await union.consume('x');
      await expect(union.consume('x')).rejects.toHaveProperty('one');
      const listed = new RLWrapperBlackAndWhite({
        ...{ limiter: limiter('listed', 1), blackList: ['bad'], whiteList: ['good'] },
      });
      await listed.consume('good', 100);
      await expect(listed.consume('bad')).rejects.toMatchObject({ remainingPoints: 0 });
      const queue = new RateLimiterQueue(limiter('queue', 3));
      const left = [await queue.removeTokens(1), await queue.removeTokens(1)];
      expect(left).toEqual([2, 1]);
    }),
};

onBothServers('rate-limiter-flexible', flexible);

test("a window ends by the server's clock, and without the server memory helps", async () => {
  const server = await startServer();
  server.clock.freeze();
  const redis = new Redis(server.url, { retryStrategy: () => null, enableOfflineQueue: false });
  redis.on('error', () => {});
  await once(redis, 'ready');
  const insuranceLimiter = new RateLimiterMemory({ points: 1, duration: 100 });
  const options = { storeClient: redis, points: 1, duration: 100, insuranceLimiter };
  const limiter = new RateLimiterRedis({ ...options, rejectIfRedisNotReady: true });
  await limiter.consume('x');
  server.clock.advance(100_000); // In this millisecond it lives; in the next it does not.
  await expect(limiter.consume('x')).rejects.toMatchObject({ msBeforeNext: 0 });
  server.clock.advance(1);
  expect((await limiter.consume('x')).isFirstInDuration).toBe(true);
  await server.close();
  expect(used(await limiter.consume('x'))).toEqual([1, 0]);
  await expect(limiter.consume('x')).rejects.toMatchObject({ consumedPoints: 2 });
  redis.disconnect();
});

const { names, payload } = createRequire(import.meta.url)('bottleneck/lib/Scripts.js') as {
  names: string[];
  payload(name: string): string;
};
const ledger = new ScriptLedger(names.map((name) => ({ name, content: payload(name) })));

/** Two limiters of one name, as two processes would have them. */
async function withLimiters(
  { host, port }: Place,
  options: Bottleneck.ConstructorOptions,
  work: (a: Bottleneck, b: Bottleneck) => Promise<void>,
): Promise<void> {
  const make = async (clearDatastore: boolean) => {
    const shared = { id: 'shared', datastore: 'ioredis', clientOptions: { host, port } } as const;
    const ours = { Redis, clearDatastore, heartbeatInterval: 5 };
    const limiter = new Bottleneck({ ...shared, ...ours, ...options });
    await limiter.ready();
    return limiter;
  };
  const [a, b] = [await make(true), await make(false)];
  await work(a, b).finally(() => Promise.all([a.disconnect(), b.disconnect()]));
}

const bottleneck: Tests = {
  'two limiters share how many run at a time': (place) =>
    withLimiters(place, { maxConcurrent: 2 }, async (a, b) => {
      let now = 0;
      let most = 0;
      const work = async (i: number) => {
        most = Math.max(most, ++now);
        await a.running();
        now--;
        return i;
      };
      const jobs = Array.from({ length: 10 }, (_, i) => (i % 2 ? a : b).schedule(work, i));
      expect(await Promise.all(jobs)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(most).toBeLessThanOrEqual(2);
      await until(async () => (await b.done()) === 10);
      expect(await a.check()).toBe(true);
      expect(await a.clusterQueued()).toBe(0);
    }),

  'a reservoir is shared, filled up, and changed while it is used': (place) =>
    withLimiters(place, { reservoir: 3 }, async (a, b) => {
      const done: number[] = [];
      const jobs = [1, 2, 3, 4].map((i) => (i % 2 ? a : b).schedule(async () => done.push(i)));
      await until(() => done.length === 3);
      expect(await b.currentReservoir()).toBe(0);
      await a.incrementReservoir(2);
      await Promise.all(jobs);
      expect(await a.currentReservoir()).toBe(1);
      await b.updateSettings({ reservoir: 7, minTime: 5 });
      expect(await a.currentReservoir()).toBe(7);
      const times: number[] = [];
      const each = Array.from({ length: 4 }, () => a.schedule(async () => times.push(Date.now())));
      await Promise.all(each);
      expect(times[3] - times[0]).toBeGreaterThanOrEqual(10);
    }),

  'high water, drops, and messages between limiters': (place) =>
    withLimiters(
      place,
      { maxConcurrent: 1, highWater: 0, strategy: Bottleneck.strategy.OVERFLOW },
      async (a, b) => {
        const messages: string[] = [];
        b.on('message', (message: string) => messages.push(message));
        await a.publish('hello');
        await until(() => messages.length === 1);
        let finish: (() => void) | null = null;
        const running = a.schedule(() => new Promise<void>((resolve) => (finish = resolve)));
        await until(() => finish !== null);
        await expect(b.schedule(async () => {})).rejects.toThrow(/dropped/);
        finish!();
        await running;
      },
    ),

  'a group has a limiter for each key, as long as it is used': async ({ host, port }) => {
    const options = { datastore: 'ioredis', clientOptions: { host, port }, Redis } as const;
    const group = new Bottleneck.Group({ ...options, id: 'kept', timeout: 1e6 });
    await Promise.all(['a', 'b'].map((key) => group.key(key).schedule(async () => key)));
    expect((await group.clusterKeys()).sort()).toEqual(['a', 'b']);
    expect(await group.deleteKey('a')).toBe(true);
    expect(await group.clusterKeys()).toEqual(['b']);
    await group.disconnect();
    const brief = new Bottleneck.Group({ ...options, id: 'brief', timeout: 20 });
    await brief.key('a').schedule(async () => {});
    await until(() => brief.keys().length === 0);
    await brief.disconnect();
  },

  'every script of Bottleneck has run, but that for a client which does not answer': async (
    place,
  ) => {
    expect(ledger.missing(place)).toEqual(['blacklist_client']);
  },
};

onBothServers('Bottleneck', bottleneck, ledger.notice);

onBothServers('express-rate-limit', {
  'its store counts visits of each address': (place) =>
    withRedis(place, async (redis) => {
      const store = new RedisStore({
        sendCommand: (name, ...args) => redis.call(name, ...args) as Promise<string>,
      });
      const limit = rateLimit({ windowMs: 1e6, limit: 2, store, keyGenerator: () => 'visitor' });
      const app = express();
      app.use(limit);
      app.get('/', (_request, response) => void response.send('welcome'));
      await using site = await listen(app);
      const visit = async () => (await fetch(site.url)).status;
      expect([await visit(), await visit(), await visit()]).toEqual([200, 200, 429]);
      expect(await limit.getKey('visitor')).toMatchObject({ totalHits: 3 });
      limit.resetKey('visitor');
      await until(async () => (await redis.exists('rl:visitor')) === 0);
      expect(await visit()).toBe(200);
      await redis.script('FLUSH'); // It loads its scripts again.
      expect(await visit()).toBe(200);
      await store.decrement('visitor');
      expect(await limit.getKey('visitor')).toMatchObject({ totalHits: 1 });
    }),
});
