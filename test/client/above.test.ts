// What the client has above commands.

import diagnostics from 'node:diagnostics_channel';
import { beforeAll, beforeEach, expect, test as vitestTest } from 'vitest';
import {
  type Client,
  createClient,
  defineFunction,
  defineScript,
  redlock,
} from '../../client/index.ts';
import { startServer } from '../../server/index.ts';
import { describeKinds } from './servers.ts';

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const take = defineScript({
  keys: ['from', 'to'],
  args: ['amount'],
  lua: `local left = redis.call('decrby', KEYS[1], ARGV[1])
    return {left, redis.call('incrby', KEYS[2], ARGV[1])}`,
  reply: (reply) => reply as [number, number],
});

describeKinds(({ kind, host, test }) => {
  let client: Client;
  beforeAll(() => {
    client = host()?.create();
  });
  beforeEach(async () => {
    await client?.flushall();
  });

  test('a monitor tells each command as it is carried out, until it is stopped', async () => {
    const monitor = await client.monitor();
    await client.set('k', 'a "b"\n\\ grün');
    await client.set('k', Buffer.from([0, 255]));
    await client.ping();
    const words: (readonly string[])[] = [];
    for await (const { time, database, address, argv } of monitor) {
      expect(time).toBeGreaterThan(1e12);
      expect(database).toBe(0);
      expect(address).not.toBe('');
      if (argv[0] === 'SET' || argv[0] === 'PING') words.push(argv);
      if (argv[0] === 'PING') break;
    }
    expect(words).toEqual([['SET', 'k', 'a "b"\n\\ grün'], ['SET', 'k', '\\x00\\xff'], ['PING']]);
    expect(await all(monitor)).toEqual([]);
  });

  test('a monitor whose connection ends says so', async () => {
    const monitor = await client.monitor();
    const lost = expect(all(monitor)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    const list = await client.clientList();
    const id = /^id=(\d+) .* cmd=monitor /m.exec(list)![1]!;
    await client.clientKill({ id });
    await lost;
  });

  test('what took long is told as it was asked', async () => {
    await client.configSet({ 'slowlog-log-slower-than': 0 });
    await client.slowlogReset();
    await client.get('slow');
    await client.configSet({ 'slowlog-log-slower-than': 10_000 });
    const entries = await client.slowlogGet(10);
    const entry = entries.find(({ argv }) => argv[0] === 'GET')!;
    expect(entry.argv).toEqual(['GET', 'slow']);
    expect(entry.id).toBeGreaterThanOrEqual(0);
    expect(entry.time).toBeGreaterThan(1e9);
    expect(entry.microseconds).toBeGreaterThanOrEqual(0);
    expect(entry.address).toMatch(/:\d+$/);
  });

  test('scans follow their cursor to its end', async () => {
    const keys = Array.from({ length: 500 }, (_, i) => `k${i}`);
    await client.pipeline((p) => keys.map((key) => p.set(key, 1)));
    await client.lpush('list', 1);
    expect(new Set(await all(client.scanIterator({ match: 'k*', count: 10 })))).toEqual(
      new Set(keys),
    );
    expect(await all(client.scanIterator({ type: 'list' }))).toEqual(['list']);
    const members = keys.slice(0, 300);
    await client.sadd('s', members);
    expect(new Set(await all(client.sscanIterator('s')))).toEqual(new Set(members));
    await client.hset('h', { a: 1, b: 2 });
    expect(await all(client.hscanIterator('h'))).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
    await client.zadd('z', [[0.5, 'm']]);
    expect(await all(client.zscanIterator('z'))).toEqual([['m', 0.5]]);
  });

  test('a script is called by its digest, and brought where it is not known', async () => {
    await client.scriptFlush();
    const given = { from: 'a', to: 'b', amount: 3 };
    expect(await client.script(take, given)).toEqual([-3, 3]);
    expect(await client.script(take, given)).toEqual([-6, 6]);
    expect(await client.info('commandstats')).toContain('cmdstat_eval:calls=1,');
    const [, both] = await client.multi((tx) => [tx.get('a'), tx.script(take, given)]);
    expect(both).toEqual([-9, 9]);
    // @ts-expect-error: a key is missing.
    await expect(client.script(take, { from: 'a', amount: 3 })).rejects.toThrow('no to');
  });

  test('a function is loaded where it is not known', async () => {
    const hello = defineFunction({
      keys: [],
      args: ['name'],
      name: 'hello',
      library: `#!lua name=greetings
      redis.register_function('hello', function(keys, args) return 'hello ' .. args[1] end)`,
      reply: String,
    });
    expect(await client.script(hello, { name: 'ada' })).toBe('hello ada');
    expect(await client.script(hello, { name: 'bob' })).toBe('hello bob');
  });

  test('a lock is held by one, renewed, and let go', async () => {
    const lock = await client.lock('l', { ttl: 1000 });
    await expect(client.lock('l')).rejects.toMatchObject({ code: 'LOCKED' });
    await lock.extend(5000);
    expect(await client.pttl('l')).toBeGreaterThan(4000);
    const waiting = client.lock('l', { wait: 5000, every: 5 });
    await lock.release();
    await using next = await waiting;
    expect(await client.get('l')).toBe(next.token);
    await lock.release(); // Is not ours any more.
    expect(await client.get('l')).toBe(next.token);
  });

  test('a lock that was lost says so', async () => {
    await using lock = await client.lock('l', { ttl: 60 });
    await client.set('l', 'somebody else');
    if (!lock.signal.aborted) {
      await new Promise((resolve) => lock.signal.addEventListener('abort', resolve));
    }
    expect(lock.signal.reason).toMatchObject({ code: 'LOCKED' });
  });

  test('a consumer gets its own leavings, what is new, and what others left lying', async () => {
    const abort = new AbortController();
    const options = { group: 'g', consumer: 'me', from: '0', claimAfter: 1, block: 1000 };
    await client.xadd('s', '1-1', { n: 1 });
    await client.xgroupCreate('s', 'g', 0);
    await client.xreadgroup('g', 'me', { s: '>' }); // Taken by us, who died.
    await client.xadd('s', '2-1', { n: 2 });
    await client.xreadgroup('g', 'other', { s: '>' }); // Taken by another.
    await client.xadd('s', '3-1', { n: 3 });
    await client.clientPause(0);
    const seen: string[] = [];
    for await (const { id, fields, ack } of client.consume('s', {
      ...options,
      signal: abort.signal,
    })) {
      seen.push(`${id} ${fields['n']}`);
      expect(await ack()).toBe(1);
      if (seen.length === 3) break;
    }
    expect(seen.sort()).toEqual(['1-1 1', '2-1 2', '3-1 3']);
    expect((await client.xpending('s', 'g')).count).toBe(0);
  });

  test('a signal ends a consumer that waits', async () => {
    const abort = new AbortController();
    const options = { group: 'g', consumer: 'me', signal: abort.signal, block: 60_000 };
    const consuming = all(client.consume('quiet', options));
    while ((await client.clientList()).split('cmd=xreadgroup').length < 2);
    abort.abort();
    expect(await consuming).toEqual([]);
  });

  test('what is done when the signal aborts can still be acknowledged', async () => {
    const abort = new AbortController();
    const options = { group: 'g', consumer: 'me', from: '0', signal: abort.signal };
    await client.xadd('s', '1-1', { n: 1 });
    for await (const { ack } of client.consume('s', options)) {
      abort.abort();
      expect(await ack()).toBe(1);
    }
    const early = { ...options, group: 'other', signal: AbortSignal.abort() };
    expect(await all(client.consume('s', early))).toEqual([]);
  });

  test('a cache answers until the server says that a key has changed', async () => {
    if (kind.protocol === 2) return;
    await using cached = host().create({ cache: {} });
    await client.set('k', 'one');
    expect([await cached.get('k'), await cached.get('k')]).toEqual(['one', 'one']);
    expect(cached.cacheStats).toMatchObject({ hits: 1, misses: 1, entries: 1 });
    await client.set('k', 'two');
    const changed = async (): Promise<string | null> => {
      await new Promise(setImmediate); // What is kept is there without any waiting.
      const value = await cached.get('k');
      return value === 'one' ? changed() : value;
    };
    expect(await changed()).toBe('two');
    await client.hset('h', { f: 1 });
    const first = await cached.hgetall('h');
    first['f'] = 'changed by its taker';
    expect(await cached.hgetall('h')).toEqual({ f: '1' });
  });

  test('a cache takes RESP3, and says so', async () => {
    if (kind.protocol === 3) return;
    const cached = host().create({ cache: {} });
    await expect(cached.get('k')).rejects.toMatchObject({
      code: 'CLOSED',
      cause: { code: 'CACHE' },
    });
  });

  test('a cache forgets all when its connection ends', async () => {
    if (kind.protocol === 2) return;
    await using cached = host().create({ cache: {} });
    await client.set('k', 'one');
    await cached.get('k');
    await client.clientKill({ id: await cached.clientId() });
    await client.set('k', 'two');
    while (cached.cacheStats!.entries > 0) await new Promise(setImmediate);
    expect(await cached.get('k')).toBe('two');
  });

  test('calls are told to a diagnostics channel, their values left out', async () => {
    const told: { command: string; error: unknown }[] = [];
    const listener = (message: unknown): void => void told.push(message as (typeof told)[0]);
    diagnostics.subscribe('respite:command', listener);
    await client.set('k', 'secret');
    await client.incr('k').catch(() => {});
    diagnostics.unsubscribe('respite:command', listener);
    expect(told.map(({ command }) => command)).toEqual(['SET k ?', 'INCR k']);
    expect(told[1]!.error).toMatchObject({ code: 'ERR' });
  });
});

vitestTest('Redlock takes most of its servers, and waits for none that is away', async () => {
  const servers = await Promise.all(Array.from({ length: 5 }, () => startServer()));
  const clients = servers.map(({ url }) => createClient({ url, connectTimeout: 200 }));
  await Promise.all(clients.map((one) => one.connect()));
  await Promise.all(servers.slice(0, 2).map((one) => one.close()));
  while (clients.slice(0, 2).some(({ state }) => state === 'ready')) {
    await new Promise(setImmediate);
  }
  await using lock = await redlock(clients, 'l', { ttl: 5000 });
  expect(lock.left).toBeGreaterThan(0);
  await expect(redlock(clients, 'l')).rejects.toMatchObject({ code: 'LOCKED' });
  for (const one of clients.slice(2)) expect(await one.exists('l')).toBe(1);
  await lock.release();
  for (const one of clients.slice(2)) expect(await one.exists('l')).toBe(0);
  for (const one of clients.slice(0, 2)) one.destroy();
  for (const one of clients.slice(2)) await one.close();
  await Promise.all(servers.slice(2).map((one) => one.close()));
});

vitestTest('a lock whose server has gone is lost when its time is up', async () => {
  const server = await startServer();
  const client = createClient({ url: server.url });
  const lock = await client.lock('l', { ttl: 60 });
  await server.close();
  if (!lock.signal.aborted) {
    await new Promise((resolve) => lock.signal.addEventListener('abort', resolve));
  }
  expect(lock.left).toBe(0);
  client.destroy();
});

/** Five servers that can be made to hang, and a client of each. */
async function five() {
  const servers = await Promise.all(
    Array.from({ length: 5 }, () => startServer({ 'enable-debug-command': 'yes' })),
  );
  const clients = servers.map(({ url }) => createClient({ url }));
  await Promise.all(clients.map((one) => one.connect()));
  const end = async (): Promise<void> => {
    for (const one of clients) one.destroy();
    await Promise.all(servers.map((one) => one.close()));
  };
  return { servers, clients, end };
}

vitestTest(
  'a Redlock outlives a renewal to which most servers are silent',
  async () => {
    const { servers, clients, end } = await five();
    const lock = await redlock(clients, 'l', { ttl: 60_000, renew: false });
    const held = lock.left;
    for (const one of clients.slice(0, 3)) await one.clientPause(100_000);
    await expect(lock.extend(300)).rejects.toMatchObject({ code: 'LOCKED' });
    expect(lock.signal.aborted).toBe(false);
    expect(lock.left).toBeGreaterThan(0);
    for (const one of servers.slice(0, 3)) one.clock.advance(100_000);
    for (const one of clients.slice(0, 3)) await one.set('l', lock.token, { px: 60_000 });
    await lock.extend();
    expect(lock.left).toBeLessThanOrEqual(held + 60_000);
    for (const one of clients.slice(0, 3)) await one.set('l', 'somebody else');
    await expect(lock.extend()).rejects.toMatchObject({ code: 'LOCKED' });
    expect(lock.signal.aborted).toBe(true);
    expect(lock.left).toBe(0);
    await end();
  },
  30_000,
);

vitestTest('a Redlock that most servers are silent to is lost when its time is up', async () => {
  const { clients, end } = await five();
  const lock = await redlock(clients, 'l', { ttl: 300 });
  for (const one of clients.slice(0, 3)) await one.clientPause(100_000);
  if (!lock.signal.aborted) {
    await new Promise((resolve) => lock.signal.addEventListener('abort', resolve));
  }
  expect(lock.left).toBe(0);
  expect(lock.signal.reason.message).toContain('not renewed in time');
  await end();
});
