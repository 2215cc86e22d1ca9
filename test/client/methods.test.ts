import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test as vitestTest } from 'vitest';
import { keysOf, findCommand } from '../../client/command.ts';
import { generate } from '../../client/generate.ts';
import { type Client, createClient } from '../../client/index.ts';
import { startServer } from '../../server/index.ts';
import { projectRoot } from '../oracle/cache.ts';
import { describeKinds } from './servers.ts';

vitestTest('the methods are those of the table (npm run generate)', () => {
  const path = join(projectRoot, 'client', 'commands.generated.ts');
  expect(readFileSync(path, 'utf8') === generate()).toBe(true);
});

describeKinds(({ kind, host, test }) => {
  let client: Client;
  beforeAll(() => {
    client = host()?.create();
  });

  test('options are written where the grammar has them', async () => {
    expect(await client.set('k', 'v', { nx: true, ex: 100 })).toBe('OK');
    expect(await client.set('k', 'w', { nx: true })).toBe(null);
    expect(await client.set('k', 'w', { get: true, keepttl: true })).toBe('v');
    expect(await client.ttl('k')).toBe(100);
  });

  test('what comes in pairs is given as an object, a Map, tuples, or one by one', async () => {
    expect(await client.hset('h', { a: 1, b: 2 })).toBe(2);
    expect(await client.hset('h', new Map([['c', 3]]))).toBe(1);
    expect(await client.hset('h', [['d', 4]])).toBe(1);
    expect(await client.hset('h', 'e', 5)).toBe(1);
    expect(await client.hgetall('h')).toEqual({ a: '1', b: '2', c: '3', d: '4', e: '5' });
    expect(await client.hmget('h', 'a', 'x')).toEqual(['1', null]);
    expect(await client.del('h', 'none')).toBe(1);
    expect(await client.del(['h', 'none'])).toBe(0);
  });

  test('counts are counted', async () => {
    await client.zadd('z1', [
      [1, 'a'],
      [2.5, 'b'],
    ]);
    await client.zadd('z2', [[10, 'b']]);
    expect(await client.zunion(['z1', 'z2'], { withscores: true })).toEqual([
      ['a', 1],
      ['b', 12.5],
    ]);
    expect(await client.zintercard(['z1', 'z2'], { limit: 1 })).toBe(1);
    if (kind.fieldsExpire) {
      expect(await client.hexpire('none', 10, ['a', 'b'])).toEqual([-2, -2]);
    }
    expect(await client.eval('return #KEYS * 10 + #ARGV', ['a', 'b'], 'x')).toBe(21);
  });

  test('scores and other doubles are numbers', async () => {
    await client.zadd('s', [
      ['-inf', 'low'],
      [0.1, 'mid'],
      [Infinity, 'high'],
    ]);
    expect(await client.zscore('s', 'high')).toBe(Infinity);
    expect(await client.zmscore('s', 'low', 'mid', 'none')).toEqual([-Infinity, 0.1, null]);
    expect(await client.zpopmin('s')).toEqual(['low', -Infinity]);
    expect(await client.zpopmin('s', 5)).toEqual([
      ['mid', 0.1],
      ['high', Infinity],
    ]);
    expect(await client.zpopmin('s')).toBe(null);
    expect(await client.incrbyfloat('f', 1.5)).toBe(1.5);
    expect(await client.zrange('z1', 0, -1, { withscores: true, rev: true })).toEqual([
      ['b', 2.5],
      ['a', 1],
    ]);
  });

  test('integers beyond 2^53 keep their last digit', async () => {
    await client.set('big', '9007199254740993');
    expect(await client.incr('big')).toBe(9007199254740994n);
    expect(await client.incrby('big', -9007199254740993n)).toBe(1);
  });

  test('bytes come as they are, and never as U+FFFD', async () => {
    const bytes = Buffer.from([0, 255, 13, 10]);
    await client.set('bin', bytes);
    expect(await client.bytes.get('bin')).toEqual(bytes);
    await expect(client.get('bin')).rejects.toMatchObject({ code: 'NOT_TEXT', command: 'GET bin' });
    await client.set('text', 'ü\ufffd€');
    expect(await client.get('text')).toBe('ü\ufffd€');
    const dump = (await client.dump('bin'))!;
    expect(await client.restore('copy', 0, dump)).toBe('OK');
    expect(await client.bytes.getrange('copy', 1, 1)).toEqual(Buffer.from([255]));
    expect(await client.bytes.call('GET', 'copy')).toEqual(bytes);
  });

  test('streams come as entries', async () => {
    const id = await client.xadd('x', '1-1', { f: 'v' }, { maxlen: 10, approx: true });
    expect(id).toBe('1-1');
    const entry = { id: '1-1', fields: { f: 'v' } };
    expect(await client.xrange('x', '-', '+')).toEqual([entry]);
    expect(await client.xread({ x: 0 })).toEqual({ x: [entry] });
    expect(await client.xgroupCreate('x', 'g', 0)).toBe('OK');
    expect(await client.xreadgroup('g', 'me', { x: '>' }, { count: 1 })).toEqual({ x: [entry] });
    expect(await client.xpending('x', 'g')).toEqual({
      count: 1,
      min: '1-1',
      max: '1-1',
      consumers: { me: 1 },
    });
    const [pending] = await client.xpending('x', 'g', '-', '+', 10);
    expect(pending).toMatchObject({ id: '1-1', consumer: 'me', deliveries: 1 });
    const claimed = await client.xautoclaim('x', 'g', 'you', 0, 0);
    expect(claimed).toEqual({ cursor: '0-0', entries: [entry], deleted: [] });
    expect(await client.xack('x', 'g', '1-1')).toBe(1);
    const [group] = await client.xinfoGroups('x');
    expect(group).toMatchObject({ name: 'g', consumers: 2, 'last-delivered-id': '1-1' });
    const info = await client.xinfoStream('x');
    expect(info).toMatchObject({ length: 1, 'first-entry': entry });
  });

  test('places come with what was asked for', async () => {
    await client.geoadd('g', [[13.361389, 38.115556, 'Palermo']]);
    const found = await client.geosearch('g', {
      fromlonlat: [13, 38],
      byradius: [100, 'KM'],
      withdist: true,
      withcoord: true,
    });
    expect(found[0]!.member).toBe('Palermo');
    expect(found[0]!.distance).toBeCloseTo(34.2, 0);
    expect(found[0]!.coordinates![1]).toBeCloseTo(38.1155, 3);
    expect(await client.geopos('g', 'Palermo', 'none')).toMatchObject([
      [expect.any(Number), expect.any(Number)],
      null,
    ]);
  });

  test('records of the server are objects', async () => {
    expect(await client.configGet('maxmemory-policy')).toEqual({
      'maxmemory-policy': 'noeviction',
    });
    expect(await client.functionStats()).toMatchObject({ running_script: null });
    expect(await client.functionList()).toEqual([]);
    expect((await client.time())[0]).toBeGreaterThan(1_700_000_000);
    expect(await client.clientTrackinginfo()).toEqual({
      flags: ['off'],
      redirect: -1,
      prefixes: [],
    });
    expect(await client.pubsubNumsub('none')).toEqual({ none: 0 });
    expect(await client.memoryStats()).toMatchObject({ 'keys.count': expect.any(Number) });
  });

  test('cursors', async () => {
    await client.sadd('set', 'a', 'b');
    expect(await client.sscan('set', 0)).toEqual({
      cursor: '0',
      items: expect.arrayContaining(['a']),
    });
    await client.hset('hash', { f: 'v' });
    expect(await client.hscan('hash', 0)).toEqual({ cursor: '0', items: [['f', 'v']] });
    if (!kind.old) {
      expect((await client.hscan('hash', 0, { novalues: true })).items).toEqual(['f']);
    }
    expect((await client.zscan('z1', 0)).items).toContainEqual(['b', 2.5]);
  });

  test('what can be no argument is refused before it is sent', async () => {
    await expect(client.get(undefined as never)).rejects.toThrow('argument 1 of get is undefined');
    await expect(client.set('k', {} as never)).rejects.toThrow('argument 2 of set is an object');
    await expect(client.zincrby('z1', NaN, 'a')).rejects.toThrow('argument 2 of zincrby is NaN');
    expect(await client.ping()).toBe('PONG');
  });

  test('call() sends what has no method', async () => {
    expect(await client.call('OBJECT', 'ENCODING', 'z1')).toBe('listpack');
    expect(await client.call('HGETALL', 'hash')).toEqual(
      kind.protocol === 2 ? ['f', 'v'] : { f: 'v' },
    );
    await expect(client.call('NOSUCH', 'x')).rejects.toMatchObject({
      code: 'ERR',
      command: 'NOSUCH ?',
    });
  });
});

vitestTest('dictionaries are Maps where they are asked for', async () => {
  await using server = await startServer();
  await using client = createClient({ server, maps: 'map' });
  await client.hset('h', { a: 1 });
  const all: Map<string, string> = await client.hgetall('h');
  expect(all).toEqual(new Map([['a', '1']]));
});

vitestTest('keys are found wherever a command has them', () => {
  const keys = (line: string): unknown[] => {
    const argv = line.split(' ');
    const [command, words] = findCommand(argv);
    return keysOf(command, argv.slice(words));
  };
  expect(keys('GET a')).toEqual(['a']);
  expect(keys('MSET a 1 b 2')).toEqual(['a', 'b']);
  expect(keys('BLPOP a b 0')).toEqual(['a', 'b']);
  expect(keys('EVALSHA sha 2 a b c')).toEqual(['a', 'b']);
  expect(keys('EVAL script 0 a')).toEqual([]);
  expect(keys('XREAD COUNT 1 STREAMS a b 0 0')).toEqual(['a', 'b']);
  expect(keys('ZUNIONSTORE d 2 a b WEIGHTS 1 2')).toEqual(['d', 'a', 'b']);
  expect(keys('OBJECT ENCODING a')).toEqual(['a']);
  expect(keys('GEORADIUS a 1 2 3 km STORE b')).toEqual(['a', 'b']);
  expect(keys('XGROUP CREATE a g 0')).toEqual(['a']);
  expect(keys('PING')).toEqual([]);
});
