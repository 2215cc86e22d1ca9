// DUMP and RESTORE. That payloads are real Redis's to the byte is generic-dump-random.test.ts.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { realRedis } from '../oracle/bring.ts';
import { PAYLOADS } from '../fuzz/payloads.ts';
import { everywhere, type Talk } from '../redis.ts';
import { inProcess } from '../wire.ts';
import { Duel } from './string-duel.ts';

const payloadOf = async (r: Talk, key: string) => (await r(['DUMP', key])) as string;

everywhere((test) => {
  test('RESTORE makes a key of what DUMP returned, and DUMP nothing of nothing', async (r) => {
    await r('RPUSH k a b 3');
    expect(await r(['RESTORE', 'copy', 0, await payloadOf(r, 'k')])).toBe('OK');
    expect(await r('LRANGE copy 0 -1')).toEqual(['a', 'b', '3']);
    expect(await r('TTL copy')).toBe(-1);
    expect(await r('DUMP missing')).toBe(null);
  });

  test('an expiry is given in milliseconds from now, or as a time', async (r) => {
    await r('SET k v');
    const payload = await payloadOf(r, 'k');
    await r(['RESTORE', 'a', 100_000, payload]);
    expect(await r('TTL a')).toBe(100);
    await r(['RESTORE', 'b', 4_000_000_000_000, payload, 'ABSTTL']);
    expect(await r('PEXPIRETIME b')).toBe(4_000_000_000_000);
    expect(await r(['RESTORE', 'c', 1, payload, 'ABSTTL'])).toBe('OK');
    expect(await r('EXISTS c')).toBe(0);
  });

  test('a key that is there is replaced only if that is asked for', async (r) => {
    await r('SET k v EX 100');
    await r('HSET h f v');
    const payload = await payloadOf(r, 'h');
    await r.fails(['RESTORE', 'k', 0, payload], /^BUSYKEY Target key name already exists\.$/);
    await r.fails(['RESTORE', 'k', 'x', 'x'], /^BUSYKEY/);
    await r(['RESTORE', 'k', 0, payload, 'replace']);
    expect(await r('HGETALL k')).toEqual(await r('HGETALL h'));
    expect(await r('TTL k')).toBe(-1);
    await r(['RESTORE', 'k', 1, payload, 'ABSTTL', 'REPLACE']);
    expect(await r('EXISTS k')).toBe(0);
  });

  test('what is no payload is refused', async (r) => {
    await r('SET k 12345');
    const payload = await payloadOf(r, 'k');
    const wrong = /^ERR DUMP payload version or checksum are wrong$/;
    await r.fails(['RESTORE', 'a', 0, ''], wrong);
    await r.fails(['RESTORE', 'a', 0, 'x'.repeat(9)], wrong);
    await r.fails(['RESTORE', 'a', 0, `x${payload.slice(1)}`], wrong);
    await r.fails(['RESTORE', 'a', 0, `${payload}x`], wrong);
    await r('DEBUG SET-SKIP-CHECKSUM-VALIDATION 1');
    await r.fails(['RESTORE', 'a', 0, `\xfa${payload.slice(1)}`], /^ERR Bad data format$/);
    await r.fails(['RESTORE', 'a', 0, `\x12${payload.slice(1)}`], /^ERR Bad data format$/);
    await r('DEBUG SET-SKIP-CHECKSUM-VALIDATION 0');
    expect(await r('EXISTS a')).toBe(0);
  });

  test('arguments are refused before the payload is looked at', async (r) => {
    await r.fails('RESTORE k 0', /^ERR wrong number of arguments for 'restore' command$/);
    await r.fails('RESTORE k 0 x WHAT', /^ERR syntax error$/);
    await r.fails('RESTORE k 0 x IDLETIME', /^ERR syntax error$/);
    await r.fails('RESTORE k 0 x IDLETIME 1 FREQ 1', /^ERR syntax error$/);
    await r.fails('RESTORE k 0 x IDLETIME -1', /^ERR Invalid IDLETIME value, must be >= 0$/);
    await r.fails('RESTORE k 0 x FREQ 256', /^ERR Invalid FREQ value, must be >= 0 and <= 255$/);
    await r.fails('RESTORE k 0 x FREQ x', /^ERR value is not an integer or out of range$/);
    await r.fails('RESTORE k x x', /^ERR value is not an integer or out of range$/);
    await r.fails('RESTORE k -1 x', /^ERR Invalid TTL value, must be >= 0$/);
    await r.fails('RESTORE k 0 x', /^ERR DUMP payload version or checksum are wrong$/);
  });

  test('how a key was used comes along if the policy asks for it', async (r) => {
    await r('SET k v');
    const payload = await payloadOf(r, 'k');
    await r(['RESTORE', 'a', 0, payload, 'IDLETIME', 1000]);
    expect(await r('OBJECT IDLETIME a')).toBeGreaterThanOrEqual(1000);
    expect(await r('OBJECT IDLETIME a')).toBeLessThan(1010);
    await r('CONFIG SET maxmemory-policy allkeys-lfu');
    await r(['RESTORE', 'b', 0, payload, 'FREQ', 100]);
    expect(await r('OBJECT FREQ b')).toBe(100);
    await r('CONFIG SET maxmemory-policy noeviction');
  });

  test('fields of hashes keep their times', async (r) => {
    await r('HSET h a 1 b 2 c 3');
    await r('HPEXPIREAT h 4000000000000 FIELDS 2 b c');
    await r(['RESTORE', 'copy', 0, await payloadOf(r, 'h')]);
    const times = await r('HPEXPIRETIME copy FIELDS 3 a b c');
    expect(times).toEqual([-1, 4_000_000_000_000, 4_000_000_000_000]);
    expect(await r('OBJECT ENCODING copy')).toBe('listpackex');
  });

  test('whoever waits for a key is given what is restored', async (r) => {
    await r('RPUSH k a');
    const payload = await payloadOf(r, 'k');
    const other = await r.client();
    const waiting = other('BLPOP other 0');
    while (((await r('INFO clients')) as string).includes('\nblocked_clients:0'));
    await r(['RESTORE', 'other', 0, payload]);
    expect(await waiting).toEqual(['other', 'a']);
  });
});

test('a field whose time comes after the hash was restored goes', async () => {
  const server = new Server(new Config(), { seed: 1 });
  const wire = inProcess(server);
  server.clock.freeze();
  await wire.ask('HSET', 'h', 'a', '1', 'b', '2');
  await wire.ask('HPEXPIRE', 'h', '5000', 'FIELDS', '1', 'a');
  const payload = (await wire.ask('DUMP', 'h')).text;
  await wire.ask('FLUSHALL');
  await wire.ask('RESTORE', 'h', '0', payload);
  server.clock.advance(6000);
  expect((await wire.ask('HLEN', 'h')).text).toBe('1');
  server.close();
});

test('RESTORE is passed on with a time, and as a deletion if the time has come', async () => {
  const server = new Server(new Config(), { seed: 1 });
  const sent: string[][] = [];
  server.propagation.listen((_db, argv) => sent.push([...argv]));
  const wire = inProcess(server);
  server.clock.freeze();
  const now = server.clock.ms;
  await wire.ask('SET', 'k', 'v');
  const payload = (await wire.ask('DUMP', 'k')).text;
  sent.length = 0;
  await wire.ask('RESTORE', 'a', '0', payload);
  await wire.ask('RESTORE', 'b', '5000', payload, 'REPLACE');
  await wire.ask('RESTORE', 'c', '4000000000000', payload, 'ABSTTL');
  await wire.ask('RESTORE', 'a', '1', payload, 'ABSTTL', 'REPLACE');
  await wire.ask('RESTORE', 'none', '1', payload, 'ABSTTL', 'REPLACE');
  expect(sent).toEqual([
    ['RESTORE', 'a', '0', payload],
    ['RESTORE', 'b', String(now + 5000), payload, 'REPLACE', 'ABSTTL'],
    ['RESTORE', 'c', '4000000000000', payload, 'ABSTTL'],
    ['DEL', 'a'],
  ]);
  server.close();
});

describe.skipIf((await realRedis('8.0.2')) === null)('beside real Redis 8.0.2', () => {
  let duel: Duel;
  beforeAll(async () => {
    duel = await Duel.open(false);
  });
  afterAll(() => duel.close());

  const options = [
    [],
    ['REPLACE'],
    ['ABSTTL', 'REPLACE'],
    ['IDLETIME', '5'],
    ['FREQ', '7', 'REPLACE'],
  ];

  test.each(options.map((words) => [words]))(
    'events and changes are the same %j',
    async (words) => {
      for (const payload of PAYLOADS) {
        for (const ttl of ['0', '4000000000000', '1']) {
          if (ttl === '1' && !words.includes('ABSTTL')) continue;
          await duel.play([
            ['SET', 'b', 'x'],
            ['RESTORE', 'a', ttl, payload, ...words],
            ['RESTORE', 'b', ttl, payload, ...words],
            ['RESTORE', 'a', ttl, payload, ...words],
          ]);
        }
      }
    },
  );
});
