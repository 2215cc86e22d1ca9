// respite/ioredis-mock: written like the package of that name, and doing what ioredis does.

import { Redis as RealRedis } from 'ioredis';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import Redis, { Cluster, close, reset, serverOf } from '../../server/double/ioredis-mock.ts';

afterEach(reset);
afterAll(close);

/** Resolves with what an emitter says next by a name. */
function next(emitter: Redis, event: string): Promise<unknown[]> {
  return new Promise((resolve) => emitter.once(event, (...told: unknown[]) => resolve(told)));
}

test('data is there from the beginning, each kind of thing as itself', async () => {
  const redis = new Redis({
    data: {
      name: 'Clark',
      count: 3,
      bytes: Buffer.from([0, 255, 13, 10]),
      list: ['a', 'b'],
      set: new Set(['x', 'y']),
      scores: new Map([
        ['first', { score: 1, value: 'first' }],
        ['second', { score: 2, value: 'second' }],
      ]),
      'user:1': { id: '1', email: 'clark@daily.planet', $odd: 'name' },
      events: [
        ['1-0', ['type', 'a']],
        ['2-0', ['type', 'b']],
      ],
      $key: 'of that name',
      nothing: null,
    },
  });
  expect(await redis.get('name')).toBe('Clark');
  expect(await redis.incr('count')).toBe(4);
  expect(await redis.getBuffer('bytes')).toEqual(Buffer.from([0, 255, 13, 10]));
  expect(await redis.lrange('list', 0, -1)).toEqual(['a', 'b']);
  expect((await redis.smembers('set')).sort()).toEqual(['x', 'y']);
  expect(await redis.zrange('scores', 0, '-1', 'WITHSCORES')).toEqual([
    'first',
    '1',
    'second',
    '2',
  ]);
  const user = { id: '1', email: 'clark@daily.planet', $odd: 'name' };
  expect(await redis.hgetall('user:1')).toEqual(user);
  expect(await redis.xrange('events', '-', '+')).toEqual([
    ['1-0', ['type', 'a']],
    ['2-0', ['type', 'b']],
  ]);
  expect(await redis.get('$key')).toBe('of that name');
  expect(await redis.exists('nothing')).toBe(0);
});

test('who comes later with data changes what is there for those who came before', async () => {
  const first = new Redis();
  const second = new Redis({ data: { k: 'of the second' } });
  expect(await first.get('k')).toBe('of the second');
  const third = new Redis({ data: { k: 'of the third' } });
  expect(await first.get('k')).toBe('of the third');
  expect(await third.duplicate().get('k')).toBe('of the third');
  await first.set('k', 'changed');
  expect(await third.duplicate().get('k')).toBe('changed');
  expect(await second.get('k')).toBe('changed');
});

test('the same host, port and database is the same data; any other is not', async () => {
  const one = new Redis();
  await one.set('k', 'v');
  expect(await new Redis('redis://localhost:6379').get('k')).toBe('v');
  expect(await new Redis(6379, '127.0.0.1').get('k')).toBe('v');
  expect(await new Redis({ db: 1 }).get('k')).toBeNull();
  expect(await new Redis(6380).get('k')).toBeNull();
  expect(await new Redis({ host: 'elsewhere.example' }).get('k')).toBeNull();
  expect(await new Redis('redis://localhost/1', { keyPrefix: 'p:' }).get('k')).toBeNull();
});

test('FLUSHALL empties what all share, and they go on sharing it', async () => {
  const [one, two] = [new Redis(), new Redis()];
  await one.set('foo', 'bar');
  await new Redis().flushall();
  expect([await one.get('foo'), await two.get('foo')]).toEqual([null, null]);
  await two.set('foo', 'again');
  expect(await one.get('foo')).toBe('again');
});

test('it is ioredis, for whoever asks', async () => {
  const redis = new Redis({ lazyConnect: true, keyPrefix: 'app:', data: { k: 1 } });
  expect(redis).toBeInstanceOf(RealRedis);
  expect(redis.status).toBe('wait');
  expect(redis.options).toMatchObject({ lazyConnect: true, keyPrefix: 'app:', port: 6379 });
  await redis.connect();
  expect(redis.status).toBe('ready');
  expect(await redis.get('k')).toBe('1');
  expect(await new Redis().keys('*')).toEqual(['app:k']);
  expect(Redis.createClient()).toBeInstanceOf(Redis);
  expect(Redis.Cluster).toBe(Cluster);
  expect(new Redis.Command('get', ['k']).name).toBe('get');
  const ended = next(redis, 'end');
  expect(await redis.quit()).toBe('OK');
  await ended;
});

test('passwords, TLS and sentinels of a real place do not matter here', async () => {
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const redis = new Redis('rediss://me:secret@redis.example:6390/2', { password: 'secret' });
  expect(await redis.set('k', 'v')).toBe('OK');
  const sentinels = [{ host: 'a', port: 26379 }];
  expect(await new Redis({ sentinels, name: 'mymaster', db: 1 }).ping()).toBe('PONG');
  expect(await new Redis({ password: 'secret' }).ping()).toBe('PONG');
  expect(warned).not.toHaveBeenCalled();
  warned.mockRestore();
});

test('defineCommand, and its Buffer; EVALSHA, SCRIPT, keys by number', async () => {
  const redis = new Redis({ data: { k1: 5 } });
  redis.defineCommand('multiply', {
    numberOfKeys: 1,
    lua: "return redis.call('GET', KEYS[1]) * ARGV[1]",
  });
  redis.defineCommand('first', { lua: 'return KEYS[1]' });
  const defined = redis as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  expect(await defined.multiply('k1', 10)).toBe(50);
  expect(await defined.first(2, 'a', 'b')).toBe('a');
  expect(await defined.firstBuffer(2, 'a', 'b')).toEqual(Buffer.from('a'));
  const sha = String(await redis.script('LOAD', "return redis.call('TTL', KEYS[1])"));
  expect(await redis.evalsha(sha, 1, 'k1')).toBe(-1);
  expect(await redis.eval('return cmsgpack.unpack(cmsgpack.pack(7))', 0)).toBe(7);
});

test('WATCH sees a change, and a key that expired', async () => {
  const [one, two] = [new Redis(), new Redis()];
  await one.watch('k');
  await two.set('k', 'v');
  expect(await one.multi().get('k').exec()).toBeNull();
  expect(await one.multi().get('k').exec()).toEqual([[null, 'v']]);
});

test('messages, patterns, and events of keys', async () => {
  const [subscriber, publisher] = [new Redis({ notifyKeyspaceEvents: 'Kx$' }), new Redis()];
  await subscriber.subscribe('news');
  await subscriber.psubscribe('__keyspace@0__:*');
  const message = next(subscriber, 'message');
  expect(await publisher.publish('news', 'hello')).toBe(1);
  expect(await message).toEqual(['news', 'hello']);
  const event = next(subscriber, 'pmessage');
  await publisher.set('k', 'v');
  expect(await event).toEqual(['__keyspace@0__:*', '__keyspace@0__:k', 'set']);
});

test('blocking commands wait, and do not hold up anybody', async () => {
  const [waiting, other] = [new Redis(), new Redis()];
  const popped = waiting.blpop('q', 0);
  expect(await other.rpush('q', 'x')).toBe(1);
  expect(await popped).toEqual(['q', 'x']);
});

test('SCAN returns what was there throughout, though keys are deleted on the way', async () => {
  const redis = new Redis();
  await redis.mset(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k:${i}`, i])));
  const seen = new Set<string>();
  for await (const keys of redis.scanStream({ match: 'k:*', count: 10 })) {
    const page = keys as string[];
    for (const key of page) seen.add(key);
    const even = page.filter((key) => Number(key.slice(2)) % 2 === 0);
    if (even.length > 0) await redis.del(...even);
  }
  for (let i = 1; i < 1000; i += 2) expect(seen.has(`k:${i}`)).toBe(true);
});

test('keys expire by the fake timers of the test', async () => {
  const redis = new Redis();
  await redis.set('k', 'v', 'EX', 60);
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
  try {
    await redis.set('k', 'v', 'EX', 60);
    expect(await redis.get('k')).toBe('v');
    vi.advanceTimersByTime(61_000);
    expect(await redis.get('k')).toBeNull();
  } finally {
    vi.useRealTimers();
  }
});

test('the server can be asked, and made to fail', async () => {
  const redis = new Redis();
  redis.on('error', () => {});
  await redis.set('k', 'v');
  const server = await serverOf(redis);
  expect(server.dump()).toMatchObject({ k: 'v' });
  const fault = server.faults.add({ command: 'GET', error: 'LOADING', count: 1 });
  await expect(redis.get('k')).rejects.toThrow(/LOADING/);
  expect(fault.hits).toBe(1);
  const again = next(redis, 'ready');
  server.faults.add({ command: 'PING', reset: true, count: 1 });
  expect(await redis.ping()).toBe('PONG'); // ioredis comes back, and asks once more.
  await again;
});

test('a cluster is a cluster of one node', async () => {
  const cluster = new Redis.Cluster(['redis://localhost:7001', { host: 'localhost', port: 7002 }]);
  expect(await cluster.set('{user:1}:name', 'v')).toBe('OK');
  expect(await cluster.get('{user:1}:name')).toBe('v');
  expect(cluster.nodes('master')).toHaveLength(1);
  await expect(cluster.mget('a', 'b')).rejects.toThrow(/slot/i);
  const heard = new Promise((resolve) => cluster.on('message', (...told) => resolve(told)));
  await cluster.subscribe('news');
  await cluster.nodes('master')[0].publish('news', 'hello');
  expect(await heard).toEqual(['news', 'hello']);
  const other = new Cluster([
    { host: 'localhost', port: 7002 },
    { host: 'localhost', port: 7001 },
  ]);
  expect(await other.get('{user:1}:name')).toBeNull();
  await Promise.all([cluster.quit(), other.quit()]);
});

test('reset() forgets keys, settings and faults; connections stay', async () => {
  const redis = new Redis({ data: { k: 'v' }, notifyKeyspaceEvents: 'KEA' });
  const id = await redis.client('ID');
  (await serverOf(redis)).faults.add({ command: 'ECHO', error: 'OOM' });
  await expect(redis.echo('x')).rejects.toThrow(/OOM/);
  reset();
  expect(await redis.echo('x')).toBe('x');
  expect(await redis.get('k')).toBeNull();
  expect(await redis.config('GET', 'notify-keyspace-events')).toEqual([
    'notify-keyspace-events',
    '',
  ]);
  expect(await redis.client('ID')).toBe(id);
});

test('close() ends the servers; who connects again finds an empty one', async () => {
  const redis = new Redis({ data: { k: 'v' }, retryStrategy: () => 1 });
  redis.on('error', () => {});
  expect(await redis.get('k')).toBe('v');
  const again = next(redis, 'ready');
  await close();
  await again;
  expect(await redis.get('k')).toBeNull();
  redis.disconnect();
});
