// ioredis 5 and 6, in RESP2 and RESP3: what people rely on beyond sending commands.

import { once } from 'node:events';
import { Redis, type RedisOptions } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-5';
import { expect, test } from 'vitest';
import { inProcess } from '../../server/double/ioredis.ts';
import { type RunningServer, startServer } from '../../server/index.ts';
import { onBothServers, onOurServer, type Place, type Tests, until } from './servers.ts';

type Options = Omit<RedisOptions, 'replyMapping' | 'protocol'>;
type Make = (place: Place, options?: Options) => Redis;

const five = Redis5 as unknown as typeof Redis;

const KINDS: Record<string, Make> = {
  'ioredis 5': ({ url }, options = {}) => new five(url, { ...options }),
  'ioredis 6': ({ url }, options = {}) => new Redis(url, { protocol: 2, ...options }),
  'ioredis 6 in RESP3': ({ url }, options = {}) => new Redis(url, { protocol: 3, ...options }),
};

/** Options for who needs no socket to get there. */
const within = (place: Place) => inProcess(place as RunningServer);

/** Commands that a test defines. */
type Scripted = Redis & { twice(key: string, by: number): Promise<number> };

const TWICE = `redis.call('INCRBY', KEYS[1], ARGV[1])
return redis.call('INCRBY', KEYS[1], ARGV[1])`;

const testsOf = (make: Make): Tests => ({
  'lazy connections, names, databases and duplicates': async (place) => {
    const redis = make(place, { lazyConnect: true, connectionName: 'lazy', db: 3 });
    expect(redis.status).toBe('wait');
    expect(await redis.set('k', 'v')).toBe('OK');
    expect(redis.status).toBe('ready');
    expect(await redis.client('GETNAME')).toBe('lazy');
    expect(String(await redis.call('CLIENT', 'INFO'))).toMatch(/db=3 .*lib-name=ioredis/s);
    const other = redis.duplicate({ db: 0, connectionName: 'other' });
    await other.connect();
    expect(await other.get('k')).toBeNull();
    expect(await other.client('GETNAME')).toBe('other');
    await Promise.all([redis.quit(), other.quit()]);
  },

  'pipelines: errors stay with their command, order is kept': async (place) => {
    const redis = make(place);
    const results = await redis.pipeline().set('s', 'x').incr('s').rpush('l', 1).get('s').exec();
    expect(results!.map(([error, value]) => error?.message ?? value)).toEqual([
      ...['OK', 'ERR value is not an integer or out of range', 1, 'x'],
    ]);
    const nested = await redis
      .pipeline([
        ['set', 'a', '1'],
        ['get', 'a'],
      ])
      .exec();
    expect(nested).toEqual([
      [null, 'OK'],
      [null, '1'],
    ]);
    const batch = redis.pipeline();
    for (let i = 0; i < 5000; i++) batch.incr('n');
    expect((await batch.exec())!.at(-1)).toEqual([null, 5000]);
    await redis.quit();
  },

  'autopipelining sends what one turn asks for together': async (place) => {
    const redis = make(place, { enableAutoPipelining: true });
    await redis.config('RESETSTAT');
    const values = await Promise.all(Array.from({ length: 300 }, () => redis.incr('n')));
    expect(values).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
    const mixed = await Promise.allSettled([redis.set('s', 'x'), redis.incr('s'), redis.get('s')]);
    expect(mixed.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    await redis.quit();
  },

  'transactions: in one piece, watched, with an error, refused': async (place) => {
    const redis = make(place);
    const other = make(place);
    expect(await redis.multi().set('a', 1).incr('a').exec()).toEqual([
      [null, 'OK'],
      [null, 2],
    ]);
    await redis.watch('a');
    await other.set('a', 5);
    expect(await redis.multi().incr('a').exec()).toBeNull();
    const failing = await redis.multi().rpush('a', 'x').get('a').exec();
    expect(failing![0][0]!.message).toMatch(/^WRONGTYPE/);
    expect(failing![1]).toEqual([null, '5']);
    const refused = redis.multi();
    refused.call('NOSUCH');
    refused.get('a');
    await expect(refused.exec()).rejects.toThrow(/EXECABORT/);
    await redis.multi({ pipeline: false });
    expect(await redis.get('a')).toBe('QUEUED');
    expect(await redis.exec()).toEqual([[null, '5']]);
    await Promise.all([redis.quit(), other.quit()]);
  },

  'scripts of its own, with a prefix of keys, in pipelines, after a flush': async (place) => {
    const redis = make(place, {
      keyPrefix: 'app:',
      scripts: { twice: { lua: TWICE, numberOfKeys: 1 } },
    }) as Scripted;
    expect(await redis.twice('n', 5)).toBe(10);
    expect(await redis.get('n')).toBe('10');
    expect(await redis.keys('*')).toEqual(['app:n']);
    await redis.script('FLUSH');
    expect(await redis.twice('n', 1)).toBe(12);
    await redis.script('FLUSH');
    const line = redis.pipeline() as unknown as { twice(key: string, by: number): void };
    line.twice('n', 1);
    line.twice('n', 2);
    expect(await (line as unknown as ReturnType<Redis['pipeline']>).exec()).toEqual([
      [null, 14],
      [null, 18],
    ]);
    await redis.set('x', 2);
    await redis.set('y', 1);
    expect(await redis.mget('x', 'y')).toEqual(['2', '1']);
    await redis.rpush('ids', 'x', 'y');
    expect(await redis.sort('ids', 'BY', '*')).toEqual(['y', 'x']);
    await redis.quit();
  },

  'errors show where the command was sent': async (place) => {
    const redis = make(place, { showFriendlyErrorStack: true });
    await redis.set('s', 'x');
    const problem: Error = await redis.incr('s').then(
      () => expect.unreachable(),
      (reason) => reason,
    );
    expect(problem.name).toBe('ReplyError');
    expect(problem.stack).toContain('ioredis.test.ts');
    await redis.quit();
  },

  'subscriptions, by name and pattern, survive a lost connection': async (place) => {
    const [sub, pub] = [make(place), make(place)];
    const heard: string[] = [];
    sub.on('message', (channel, text) => heard.push(`${channel}: ${text}`));
    sub.on('pmessage', (pattern, channel, text) => heard.push(`${pattern} ${channel}: ${text}`));
    sub.on('messageBuffer', (channel: Buffer, bytes: Buffer) =>
      heard.push(`${channel}${bytes[0]}`),
    );
    expect(await sub.subscribe('a', 'b')).toBe(2);
    expect(await sub.psubscribe('n*')).toBe(3);
    expect(await pub.publish('a', 'one')).toBe(1);
    expect(await pub.publish('news', 'two')).toBe(1);
    await until(() => heard.length === 3);
    expect(heard.sort()).toEqual(['a111', 'a: one', 'n* news: two']);
    const again = once(sub, 'ready');
    await pub.client('KILL', 'TYPE', 'PUBSUB');
    await again;
    await until(async () => (await pub.publish('b', 'three')) === 1);
    await until(() => heard.includes('b: three'));
    expect(await sub.unsubscribe('a', 'b')).toBe(1);
    expect(await sub.punsubscribe()).toBe(0);
    expect(await sub.ping()).toBe('PONG');
    await Promise.all([sub.quit(), pub.quit()]);
  },

  'streams, blocking commands, scans, bytes, numbers': async (place) => {
    const [redis, waiter] = [make(place), make(place)];
    const id = await redis.xadd('x', '*', 'f', 'v');
    await redis.xgroup('CREATE', 'x', 'g', '0');
    const taken = await redis.xreadgroup('GROUP', 'g', 'c', 'COUNT', 1, 'STREAMS', 'x', '>');
    expect(JSON.stringify(taken)).toContain(JSON.stringify([id, ['f', 'v']]));
    expect(await redis.xack('x', 'g', id!)).toBe(1);
    const popped = waiter.blpop('list', 20);
    const read = make(place);
    const streamed = read.xread('BLOCK', 20_000, 'STREAMS', 'x', '$');
    await until(async () => /blocked_clients:2/.test(await redis.info('clients')));
    await redis.rpush('list', 'came');
    await redis.xadd('x', '*', 'n', '2');
    expect(await popped).toEqual(['list', 'came']);
    expect(JSON.stringify(await streamed)).toContain('["n","2"]');

    const fields = Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`f${i}`, i]));
    await redis.hset('h', fields);
    let seen = 0;
    for await (const page of redis.hscanStream('h', { count: 50 })) seen += page.length / 2;
    expect(seen).toBe(600);
    expect(Object.keys(await redis.hgetall('h'))).toHaveLength(600);
    const bytes = Buffer.from([0, 255, 13, 10]);
    await redis.set('bytes', bytes);
    expect(await redis.getBuffer('bytes')).toEqual(bytes);
    await redis.zadd('z', 1.5, 'a', '+inf', 'b');
    expect(await redis.zscore('z', 'a')).toBe('1.5');
    expect((await redis.zrange('z', 0, '-1', 'WITHSCORES')).flat()).toEqual([
      'a',
      '1.5',
      'b',
      'inf',
    ]);
    const numbers = make(place, { stringNumbers: true });
    expect(await numbers.incrby('big', '9007199254740993')).toBe('9007199254740993');
    await Promise.all([redis, waiter, read, numbers].map((each) => each.quit()));
  },

  'a monitor sees what others send': async (place) => {
    const redis = make(place);
    const monitor = await redis.monitor();
    const seen: string[][] = [];
    monitor.on('monitor', (_time, argv) => seen.push(argv));
    await redis.set('k', 'with "quotes"');
    await until(() => seen.some(([name]) => name.toLowerCase() === 'set'));
    expect(seen.find(([name]) => name.toLowerCase() === 'set')!.slice(1)).toEqual([
      ...['k', 'with "quotes"'],
    ]);
    monitor.disconnect();
    await redis.quit();
  },

  'what a lost connection left unanswered is sent again': async (place) => {
    const [redis, other] = [make(place), make(place)];
    const id = String(await redis.client('ID'));
    const waiting = redis.blpop('later', 20);
    await until(async () => /blocked_clients:1/.test(await other.info('clients')));
    await other.client('KILL', 'ID', id);
    await until(async () => /blocked_clients:1/.test(await other.info('clients')));
    await other.rpush('later', 'came');
    expect(await waiting).toEqual(['later', 'came']);
    await Promise.all([redis.quit(), other.quit()]);
  },

  'it reconnects on an error that it is told of, and gives up when it is told to': async (
    place,
  ) => {
    const reconnectOnError = (problem: Error) => problem.message.includes('READONLY') && 1;
    const redis = make(place, { reconnectOnError, commandTimeout: 10_000 });
    const first = await redis.client('ID');
    await expect(redis.eval("return redis.error_reply('READONLY')", 0)).rejects.toThrow('READONLY');
    await until(async () => (await redis.client('ID').catch(() => first)) !== first);
    await redis.quit();
    const brief = make(place, { commandTimeout: 30 });
    await expect(brief.blpop('none', 0)).rejects.toThrow(/timed out/);
    brief.disconnect();
    const stubborn = make(place, { retryStrategy: () => null, maxRetriesPerRequest: 0 });
    stubborn.on('error', () => {});
    await stubborn.ping();
    stubborn.disconnect();
    await once(stubborn, 'end');
    await expect(stubborn.ping()).rejects.toThrow(/closed/);
  },
});

for (const [name, make] of Object.entries(KINDS)) onBothServers(name, testsOf(make));

const WITHOUT_SOCKET: Record<string, Make> = {
  'ioredis 5': (place, options = {}) => new five({ ...within(place), ...options }),
  'ioredis 6': (place, options = {}) => new Redis({ ...within(place), protocol: 2, ...options }),
  'ioredis 6 in RESP3': (place, options = {}) =>
    new Redis({ ...within(place), protocol: 3, ...options }),
};

for (const [name, make] of Object.entries(WITHOUT_SOCKET)) {
  onOurServer(`${name} without a socket`, testsOf(make), undefined, { listen: false });
}

onBothServers('ioredis 6 with replies as RESP3 has them', {
  'maps are objects, doubles numbers': async ({ url }) => {
    const redis = new Redis(url, { protocol: 3, replyMapping: 'resp3' });
    await redis.hset('h', { a: 1 });
    await redis.zadd('z', 1.5, 'm');
    expect(await redis.config('GET', 'maxmemory')).toEqual({ maxmemory: '0' });
    expect(await redis.hgetall('h')).toEqual({ a: '1' });
    expect(await redis.zrange('z', 0, '-1', 'WITHSCORES')).toEqual([['m', 1.5]]);
    await redis.quit();
  },
});

test('ioredis waits for a server that is still away, and for one that comes back', async () => {
  const first = await startServer();
  const { port } = first;
  const redis = new Redis(port, '127.0.0.1', { retryStrategy: () => 20 });
  redis.on('error', () => {});
  await redis.set('k', 'v');
  await first.close();
  const waiting = redis.get('k'); // It is kept until there is somebody to ask.
  const second = await startServer({ port });
  expect(await waiting).toBeNull();
  await redis.quit();
  await second.close();
});
