// ioredis and node-redis, unmodified, against our server.

import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../../server/index.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

describe('ioredis', () => {
  let redis: Redis;
  beforeEach(async () => {
    redis = new Redis(server.url);
    await redis.flushall();
    return () => redis.quit();
  });

  test('connects, and passes its ready check', async () => {
    expect(redis.status).toBe('ready');
    expect(await redis.ping()).toBe('PONG');
    expect(await redis.info('server')).toContain('redis_version:8.0.2');
  });

  test('sets, expires and counts', async () => {
    await redis.set('k', 'v', 'EX', 100, 'NX');
    expect(await redis.get('k')).toBe('v');
    expect(await redis.ttl('k')).toBe(100);
    expect(await redis.incrby('n', 5)).toBe(5);
    expect(await redis.mget('k', 'n', 'none')).toEqual(['v', '5', null]);
  });

  test('pipelines, and gets each result', async () => {
    const results = await redis.pipeline().set('a', '1').incr('a').get('a').incr('a').exec();
    expect(results).toEqual([
      [null, 'OK'],
      [null, 2],
      [null, '2'],
      [null, 3],
    ]);
  });

  test('a transaction on a watched key fails when the key changes', async () => {
    const other = redis.duplicate();
    await redis.watch('w');
    await other.set('w', 'changed');
    expect(await redis.multi().set('w', 'mine').exec()).toBeNull();
    expect(await redis.multi().set('w', 'mine').get('w').exec()).toEqual([
      [null, 'OK'],
      [null, 'mine'],
    ]);
    await other.quit();
  });

  test('scans with a stream', async () => {
    await redis.mset(Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`s:${i}`, i])));
    const found = new Set<string>();
    for await (const keys of redis.scanStream({ match: 's:*' })) {
      for (const key of keys as string[]) found.add(key);
    }
    expect(found.size).toBe(100);
  });

  test('bytes come back as they were', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    await redis.set('bytes', bytes);
    expect(await redis.getBuffer('bytes')).toEqual(bytes);
  });

  test('selects a database, and keeps it when it reconnects', async () => {
    const second = new Redis(server.port, server.host, { db: 2, connectionName: 'second' });
    await second.set('only', 'here');
    const again = new Promise<void>((resolve) => second.once('ready', resolve));
    await redis.client('KILL', 'ID', String(await second.client('ID')));
    await again;
    expect(await second.get('only')).toBe('here');
    expect(await redis.get('only')).toBeNull();
    await second.quit();
  });

  test('logs in', async () => {
    await using guarded = await startServer({ requirepass: 'secret' });
    const stranger = new Redis(guarded.url, { enableReadyCheck: false });
    stranger.on('error', () => {}); // Its own HELLO is refused as well.
    await expect(stranger.get('x')).rejects.toThrow(/NOAUTH/);
    stranger.disconnect();
    const friend = new Redis(guarded.url, { password: 'secret' });
    expect(await friend.get('x')).toBeNull();
    await friend.quit();
  });
});

describe('node-redis', () => {
  for (const RESP of [2, 3] as const) {
    test(`RESP${RESP}: sets, reads, counts, scans and runs a transaction`, async () => {
      const client = createClient({ url: server.url, RESP });
      client.on('error', () => {});
      await client.connect();
      await client.flushAll();
      expect(await client.set('k', 'v', { expiration: { type: 'EX', value: 100 } })).toBe('OK');
      expect(await client.get('k')).toBe('v');
      expect(await client.incrByFloat('f', 1.5)).toBe('1.5');
      expect(await client.configGet('maxmemory')).toMatchObject({ maxmemory: '0' });
      expect(await client.multi().set('a', '1').incr('a').exec()).toEqual(['OK', 2]);
      const found: string[] = [];
      for await (const keys of client.scanIterator()) found.push(...keys);
      expect(found.sort()).toEqual(['a', 'f', 'k']);
      await expect(client.incr('k')).rejects.toThrow(/not an integer/);
      await client.close();
    });
  }
});
