// Locks: Redlock, of yesterday and of tomorrow, and redis-semaphore.

import { Redis } from 'ioredis';
import Redlock4 from 'redlock';
import Redlock5 from 'redlock-5';
import {
  type LostLockError,
  MultiSemaphore,
  Mutex,
  RedlockMultiSemaphore,
  RedlockMutex,
  RedlockSemaphore,
  Semaphore,
} from 'redis-semaphore';
import { expect, test } from 'vitest';
import { type RunningServer, startServer } from '../../server/index.ts';
import { onBothServers, type Place, until } from './servers.ts';

async function withRedis(place: Place, work: (redis: Redis) => Promise<void>): Promise<void> {
  const redis = new Redis(place.url);
  await work(redis).finally(() => redis.quit());
}

const ONCE = { retryCount: 0 };
const PATIENT = { retryCount: 1000, retryDelay: 5, retryJitter: 2 };

onBothServers('Redlock 4', {
  'a lock is taken by one, made longer, given back, and then taken by another': (place) =>
    withRedis(place, async (redis) => {
      const redlock = new Redlock4([redis], ONCE);
      const lock = await redlock.lock(['a', 'b'], 10_000);
      expect(await redis.get('b')).toBe(lock.value);
      await expect(redlock.lock('b', 10_000)).rejects.toThrow(/attempts to lock/);
      await lock.extend(1e6);
      expect(await redis.pttl('a')).toBeGreaterThan(5e5);
      const waiting = new Redlock4([redis], PATIENT).lock('a', 10_000);
      await lock.unlock();
      const next = await waiting;
      expect(next.value).not.toBe(lock.value);
      await expect(lock.unlock()).rejects.toThrow(/Unable to fully release/);
      await next.unlock();
      expect(await redis.dbsize()).toBe(0);
    }),
});

onBothServers('Redlock 5', {
  'a lock is taken by one, made longer, given back, and then taken by another': (place) =>
    withRedis(place, async (redis) => {
      const redlock = new Redlock5([redis], ONCE);
      redlock.on('error', () => {});
      const lock = await redlock.acquire(['a', 'b'], 10_000);
      expect(await redis.mget('a', 'b')).toEqual([lock.value, lock.value]);
      await expect(redlock.acquire(['b', 'c'], 10_000)).rejects.toThrow(/quorum/);
      const longer = await lock.extend(1e6);
      expect(await redis.pttl('a')).toBeGreaterThan(5e5);
      const waiting = new Redlock5([redis], PATIENT).acquire(['a'], 10_000);
      await longer.release();
      await (await waiting).release();
      expect(await redis.dbsize()).toBe(0);
    }),

  'using() makes its lock longer as long as the work takes': (place) =>
    withRedis(place, async (redis) => {
      const redlock = new Redlock5([redis], { ...PATIENT, automaticExtensionThreshold: 9900 });
      const result = await redlock.using(['work'], 10_000, async (signal) => {
        const first = await redis.pexpiretime('work');
        await until(async () => (await redis.pexpiretime('work')) > first);
        expect(signal.aborted).toBe(false);
        return 'done';
      });
      expect(result).toBe('done');
      expect(await redis.exists('work')).toBe(0);
    }),
});

for (const [name, take] of [
  ['Redlock 4', (all: Redis[]) => new Redlock4(all, ONCE).lock(['x'], 10_000)],
  ['Redlock 5', (all: Redis[]) => new Redlock5(all, ONCE).acquire(['x'], 10_000)],
] as const) {
  test(`${name} over three servers needs two of them`, async () => {
    const servers: RunningServer[] = [];
    for (let i = 0; i < 3; i++) servers.push(await startServer());
    const clients = servers.map(({ url }) => {
      const redis = new Redis(url, { maxRetriesPerRequest: 0, retryStrategy: () => null });
      return redis.on('error', () => {});
    });
    await Promise.all(clients.map((redis) => redis.ping()));
    await clients[0].set('x', 'taken');
    const lock = await take(clients);
    expect(await clients[1].get('x')).toBe(lock.value);
    await clients[1].set('x', 'taken as well');
    await clients[2].del('x');
    await expect(take(clients)).rejects.toThrow();
    await clients[1].del('x');
    await servers[0].close();
    expect((await take(clients)).expiration).toBeGreaterThan(Date.now());
    for (const redis of clients) redis.disconnect();
    for (const server of servers) await server.close();
  });
}

const ONE_TRY = { acquireAttemptsLimit: 1, lockTimeout: 10_000 };
const TIMES = {
  lockTimeout: 10_000,
  refreshInterval: 10,
  acquireTimeout: 20_000,
  retryInterval: 5,
};

onBothServers('redis-semaphore', {
  'a mutex is held by one at a time, and refreshed': (place) =>
    withRedis(place, async (redis) => {
      const held: string[] = [];
      const enter = async (name: string) => {
        const mutex = new Mutex(redis, 'door', TIMES);
        await mutex.acquire();
        held.push(`${name} in`);
        const first = await redis.pexpiretime('mutex:door');
        await until(async () => (await redis.pexpiretime('mutex:door')) > first);
        held.push(`${name} out`);
        await mutex.release();
      };
      await Promise.all([enter('a'), enter('b')]);
      expect(held.map((each) => each.slice(2))).toEqual(['in', 'out', 'in', 'out']);
      expect(held[0][0]).toBe(held[1][0]);
      expect(await redis.dbsize()).toBe(0);
    }),

  'who loses a mutex is told': (place) =>
    withRedis(place, async (redis) => {
      let lost: LostLockError | null = null;
      const onLockLost = (problem: LostLockError) => {
        lost = problem;
      };
      const mutex = new Mutex(redis, 'door', { ...TIMES, onLockLost });
      await mutex.acquire();
      await redis.set('mutex:door', 'a thief');
      await until(() => lost !== null);
      expect(mutex.isAcquired).toBe(false);
      expect(String(lost)).toContain('Lost');
    }),

  'a semaphore lets in so many, and a multi-semaphore counts permits': (place) =>
    withRedis(place, async (redis) => {
      const guest = (options: object = ONE_TRY) => new Semaphore(redis, 'room', 2, options);
      const [first, second] = [guest(TIMES), guest(TIMES)];
      expect(await first.tryAcquire()).toBe(true);
      expect(await second.tryAcquire()).toBe(true);
      expect(await guest().tryAcquire()).toBe(false);
      const third = guest(TIMES);
      const waiting = third.acquire();
      await first.release();
      await waiting;
      expect(await redis.zcard('semaphore:room')).toBe(2);
      const before = await redis.zrange('semaphore:room', 0, '-1', 'WITHSCORES');
      await until(async () => {
        const now = await redis.zrange('semaphore:room', 0, '-1', 'WITHSCORES');
        return now.join() !== before.join();
      });
      await Promise.all([second.release(), third.release()]);

      const big = new MultiSemaphore(redis, 'lift', 4, 3, TIMES);
      const small = new MultiSemaphore(redis, 'lift', 4, 2, ONE_TRY);
      await big.acquire();
      expect(await small.tryAcquire()).toBe(false);
      await big.release();
      expect(await small.tryAcquire()).toBe(true);
      await small.release();
      expect(await redis.dbsize()).toBe(0);
    }),

  'the same with a quorum': (place) =>
    withRedis(place, async (redis) => {
      const locks = [
        (options: object) => new RedlockMutex([redis], 'm', options),
        (options: object) => new RedlockSemaphore([redis], 's', 1, options),
        (options: object) => new RedlockMultiSemaphore([redis], 'n', 3, 2, options),
      ];
      for (const make of locks) {
        const mine = make(TIMES);
        await mine.acquire();
        expect(await make(ONE_TRY).tryAcquire()).toBe(false);
        const yours = make(TIMES);
        const waiting = yours.acquire();
        await mine.release();
        await waiting;
        await yours.release();
      }
      expect(await redis.dbsize()).toBe(0);
    }),
});
