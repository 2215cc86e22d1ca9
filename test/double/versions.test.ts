// Other versions: what anybody sees of them, without a real one at hand.

import { Redis } from 'ioredis';
import { afterEach, describe, expect, test } from 'vitest';
import { type RunningServer, startServer, type VersionName } from '../../server/index.ts';
import { VERSION_NAMES } from '../../server/versions/version.ts';

let server: RunningServer | null = null;
let client: Redis | null = null;

afterEach(async () => {
  client?.disconnect();
  await server?.close();
  client = server = null;
});

async function as(version: VersionName): Promise<Redis> {
  server = await startServer({ version });
  client = new Redis(server.url);
  return client;
}

/** A call of anything, as words. */
const ask = (redis: Redis, line: string) => {
  const [name, ...args] = line.split(' ');
  return redis.call(name, ...args) as Promise<unknown>;
};

test.each([
  ['6.2', 'redis', '6.2.16'],
  ['7.0', 'redis', '7.0.15'],
  ['7.2', 'redis', '7.2.6'],
  ['7.4', 'redis', '7.4.1'],
  ['8.0', 'redis', '8.0.2'],
  ['valkey-8.0', 'valkey', '8.0.1'],
  ['valkey-8.1', 'valkey', '8.1.1'],
] as const)('%s greets as %s %s', async (version, name, release) => {
  const redis = await as(version);
  const hello = (await ask(redis, 'HELLO 2')) as unknown[];
  expect(hello.slice(0, 4)).toEqual(['server', name, 'version', release]);
  const info = await redis.info('server');
  if (name === 'valkey') expect(info).toContain(`redis_version:7.2.4\r\nserver_name:valkey\r\n`);
  else expect(info).toContain(`redis_version:${release}\r\n`);
});

// What came when: a call, and the versions that do not know it.
const BEFORE: readonly (readonly [line: string, unknownTo: readonly VersionName[]])[] = [
  ['LMPOP 1 k LEFT', ['6.2']],
  ['SINTERCARD 1 k', ['6.2']],
  ['EXPIRE k 10 NX', ['6.2']],
  ['CONFIG GET maxmemory port', ['6.2']],
  ['SET k v NX GET', ['6.2']],
  ['BITCOUNT k 0 -1 BIT', ['6.2']],
  ['ZRANK k m WITHSCORE', ['6.2', '7.0']],
  ['CLIENT SETINFO LIB-NAME x', ['6.2', '7.0']],
  ['CLIENT NO-TOUCH on', ['6.2', '7.0']],
  ['HEXPIRE k 10 FIELDS 1 f', ['6.2', '7.0', '7.2', 'valkey-8.0', 'valkey-8.1']],
  ['CLIENT KILL MAXAGE 1000', ['6.2', '7.0', '7.2']],
  ['HGETDEL k FIELDS 1 f', ['6.2', '7.0', '7.2', '7.4', 'valkey-8.0', 'valkey-8.1']],
  ['SCRIPT SHOW 0', ['6.2', '7.0', '7.2', '7.4', '8.0']],
  ['COMMANDLOG LEN slow', ['6.2', '7.0', '7.2', '7.4', '8.0', 'valkey-8.0']],
  ['SET k v IFEQ x', ['6.2', '7.0', '7.2', '7.4', '8.0', 'valkey-8.0']],
];
const UNKNOWN = /^ERR (unknown|wrong number|syntax)|^ReplyError: ERR (unknown|wrong|syntax)/i;

describe.each(VERSION_NAMES)('%s', (version) => {
  test('knows what had come by then, and nothing else', async () => {
    const redis = await as(version);
    for (const [line, unknownTo] of BEFORE) {
      const said = await ask(redis, line).then(
        () => 'an answer',
        (problem: Error) => problem.message,
      );
      expect(UNKNOWN.test(said), `${line}: ${said}`).toBe(unknownTo.includes(version));
    }
  });

  test('reads back what it dumps, and nothing of a newer version', async () => {
    const redis = await as(version);
    await redis.rpush('list', 'a', 'b', '3');
    await redis.sadd('set', 'a', 'b', '3');
    await redis.sadd('integers', '1', '2', '70000');
    await redis.zadd('zset', 1, 'a', 2.5, 'b');
    await redis.hset('hash', 'f', 'v', 'g', '7');
    await redis.xadd('stream', '1-1', 'f', 'v');
    await redis.xgroup('CREATE', 'stream', 'g', '0');
    const digest = await redis.debug('DIGEST' as never).catch(() => '');
    for (const key of await redis.keys('*')) {
      const payload = (await redis.dumpBuffer(key))!;
      await redis.del(key);
      expect(await redis.restore(key, 0, payload)).toBe('OK');
      payload[payload.length - 10] = 13;
      await expect(redis.restore('other', 0, payload)).rejects.toThrow(/version or checksum/);
    }
    expect(await redis.debug('DIGEST' as never).catch(() => '')).toBe(digest);
    expect(await redis.xlen('stream')).toBe(1);
  });
});

test('scores have 17 digits before 7.2', async () => {
  const old = await as('7.0');
  await old.zadd('z', '0.1', 'a');
  expect(await old.zscore('z', 'a')).toBe('0.10000000000000001');
});

test('small collections are called what they were called', async () => {
  const names = async (version: VersionName) => {
    const redis = await as(version);
    await redis.rpush('l', 'a');
    await redis.hset('h', 'f', 'v');
    await redis.sadd('s', 'a');
    await redis.zadd('z', 1, 'a');
    const found: unknown[] = [];
    for (const key of ['l', 'h', 's', 'z']) found.push(await redis.object('ENCODING', key));
    redis.disconnect();
    await server!.close();
    return found;
  };
  expect(await names('6.2')).toEqual(['quicklist', 'ziplist', 'hashtable', 'ziplist']);
  expect(await names('7.0')).toEqual(['quicklist', 'listpack', 'hashtable', 'listpack']);
  expect(await names('7.2')).toEqual(['listpack', 'listpack', 'listpack', 'listpack']);
});

test('SET with IFEQ stores over what is expected only', async () => {
  const redis = await as('valkey-8.1');
  expect(await ask(redis, 'SET k new IFEQ old')).toBe(null);
  expect(await ask(redis, 'SET k old')).toBe('OK');
  expect(await ask(redis, 'SET k new IFEQ other GET')).toBe('old');
  expect(await ask(redis, 'SET k new IFEQ old')).toBe('OK');
  expect(await redis.get('k')).toBe('new');
  await expect(ask(redis, 'SET k v IFEQ new NX')).rejects.toThrow('ERR syntax error');
});

test('the zone of Valkey stands in its greeting once it is set', async () => {
  const redis = await as('valkey-8.1');
  await redis.config('SET', 'availability-zone', 'eu-1');
  const hello = (await ask(redis, 'HELLO 2')) as unknown[];
  expect(hello.slice(-2)).toEqual(['availability_zone', 'eu-1']);
  expect(await redis.info('server')).toContain('availability_zone:eu-1\r\n');
});

test('what a command has been called for is counted with its parts in 6.2', async () => {
  const redis = await as('6.2');
  await redis.client('ID');
  await redis.client('GETNAME');
  const stats = await redis.info('commandstats');
  expect(stats).toMatch(/^cmdstat_client:calls=\d+,/m);
  expect(stats).not.toContain('|');
  expect(stats).toMatch(/failed_calls=0\r\n$/);
});

test('parameters are those of the version', async () => {
  const old = await as('6.2');
  expect(await old.config('GET', 'set-max-listpack-entries')).toEqual([]);
  expect(await old.config('GET', 'acl-pubsub-default')).toEqual([
    'acl-pubsub-default',
    'allchannels',
  ]);
  await expect(old.config('SET', 'nothing', '1')).rejects.toThrow(
    'ERR Unsupported CONFIG parameter: nothing',
  );
});

test('a version that there is not is refused', async () => {
  await expect(startServer({ version: '5.0' as never })).rejects.toThrow(/respite-version/);
});
