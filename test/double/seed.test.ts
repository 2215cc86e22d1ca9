// What a plain object says comes to be, what is there is told by a plain object, and the one is the
// other's inverse.

import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { digestOf } from '../../server/digest.ts';
import { dumpOf } from '../../server/double/dump.ts';
import type { PlainData } from '../../server/double/plain.ts';
import { seed } from '../../server/double/seed.ts';
import { startServer } from '../../server/index.ts';
import { MemoryConnection } from '../../server/memory-link.ts';
import { Server } from '../../server/server.ts';
import { CLIENTS, commandsOf, conversations, WAITERS } from '../fuzz/grammar.ts';
import { encode, inProcess, type Wire } from '../wire.ts';

function fresh(): Server {
  const server = new Server(new Config(), { seed: 1 });
  server.clock.freeze();
  server.clock.set(1_700_000_000_000);
  return server;
}

async function value(wire: Wire, ...argv: string[]): Promise<string> {
  return (await wire.ask(...argv)).raw;
}

const EVERYTHING: PlainData = {
  greeting: 'hello',
  hits: 42,
  queue: ['a', 'b', 'a'],
  'user:1': { name: 'Ann', age: 41 },
  tags: new Set(['y', 'x']),
  more: new Map([['field', 'value']]),
  board: { $zset: { ann: 10, bob: 7.5, last: '-inf', first: 'inf' } },
  events: { $stream: { '1-0': { type: 'login' }, '2-0': ['type', 'logout', 'by', 'ann'] } },
  session: { $string: 'abc', $expireAt: 1_700_000_060_000 },
  soon: { $list: ['x'], $expireIn: 1000 },
  picture: new Uint8Array([0, 255, 128]),
  timed: { $hash: { f: '1', g: '2' }, $fieldsExpireAt: { f: 1_700_000_001_000 } },
  $$price: '$5',
  grüße: 'schön',
  $databases: { 1: { other: 'in SELECT 1' } },
  $functions: ["#!lua name=lib\nredis.register_function('one', function() return 1 end)"],
};

test('a plain object fills a server, and a dump tells what is there in one form', () => {
  const server = fresh();
  seed(server, EVERYTHING);
  expect(dumpOf(server)).toEqual({
    greeting: 'hello',
    hits: '42',
    queue: ['a', 'b', 'a'],
    'user:1': { name: 'Ann', age: '41' },
    tags: { $set: ['x', 'y'] },
    more: { field: 'value' },
    board: { $zset: { last: '-inf', bob: 7.5, ann: 10, first: 'inf' } },
    events: {
      $stream: { '1-0': ['type', 'login'], '2-0': ['type', 'logout', 'by', 'ann'] },
      $lastId: '2-0',
      $maxDeletedId: '0-0',
      $entriesAdded: 2,
    },
    session: { $string: 'abc', $expireAt: 1_700_000_060_000 },
    soon: { $list: ['x'], $expireAt: 1_700_000_001_000 },
    picture: '$bytes:AP+A',
    timed: { $hash: { f: '1', g: '2' }, $fieldsExpireAt: { f: 1_700_000_001_000 } },
    $$price: '$5',
    grüße: 'schön',
    $databases: { 1: { other: 'in SELECT 1' } },
    $functions: ["#!lua name=lib\nredis.register_function('one', function() return 1 end)"],
  });
  server.close();
});

test('a seed replaces keys of its names, whatever they held, and leaves others', () => {
  const server = fresh();
  seed(server, { a: ['list'], b: 'old', c: { $string: 'x', $expireIn: 5 } });
  seed(server, { a: { now: 'a hash' }, c: 'stays' });
  expect(dumpOf(server)).toEqual({ a: { now: 'a hash' }, b: 'old', c: 'stays' });
  server.close();
});

test('whoever waits for a key is served by a seed, and whoever watches one is told', async () => {
  const server = fresh();
  const [waits, watches] = [inProcess(server), inProcess(server)];
  const popped = waits.ask('BLPOP', 'queue', '0');
  await watches.ask('WATCH', 'hits');
  await watches.ask('MULTI');
  await watches.ask('PING');
  seed(server, { queue: ['first', 'second'], hits: 1 });
  expect((await popped).raw).toContain('first');
  expect(await value(watches, 'EXEC')).toBe('*-1\r\n');
  expect(dumpOf(server)).toEqual({ queue: ['second'], hits: '1' });
  server.close();
});

test('what random commands have made survives JSON and comes back the same', async () => {
  const families = ['string', 'bitmap', 'list', 'hyperloglog', 'hash', 'set', 'sortedSet'];
  const all = conversations(commandsOf([...families, 'geo', 'stream', 'generic', 'scripting']));
  await fc.assert(
    fc.asyncProperty(fc.array(all, { minLength: 1, maxLength: 3 }), async (parts) => {
      const [server, copy] = [fresh(), fresh()];
      const connections = Array.from({ length: CLIENTS + WAITERS }, () => {
        return new MemoryConnection(server);
      });
      for (const { client, argv } of parts.flat()) {
        connections[client].write(Buffer.from(encode(argv), 'latin1'));
      }
      const dumped = dumpOf(server);
      seed(copy, JSON.parse(JSON.stringify(dumped)) as PlainData);
      expect(dumpOf(copy)).toEqual(dumped);
      expect(digestOf(copy.databases)).toBe(digestOf(server.databases));
      server.close();
      copy.close();
    }),
    { numRuns: 200 },
  );
});

test.each<[string, PlainData, string]>([
  ['an unknown name', { $set: ['a'] } as PlainData, "$set: '$set' is no name"],
  ['a thing of no kind', { k: { $expireIn: 5 } } as PlainData, 'k: $expireIn: one of $string'],
  ['no value', { k: null } as unknown as PlainData, 'k: null is no value'],
  ['a list of lists', { k: [['a']] } as unknown as PlainData, 'k: a text, a number or bytes'],
  ['a score that is none', { k: { $zset: { m: 'many' } } } as unknown as PlainData, 'k: ERR value'],
  ['a database too many', { $databases: { 99: {} } }, '$databases: 99: ERR DB index'],
])('a seed with %s is refused, and the error says where', (_what, data, message) => {
  const server = fresh();
  expect(() => seed(server, data)).toThrow(message);
  server.close();
});

test('commands fill a server, with the quotes of redis-cli', () => {
  const server = fresh();
  seed(
    server,
    '# a comment\nSET greeting "hello\\tworld"\n\nrpush q \'a b\' "\\xff"\nSELECT 1\nSET x 1',
  );
  expect(dumpOf(server)).toEqual({
    greeting: 'hello\tworld',
    q: ['a b', '$bytes:/w=='],
    $databases: { 1: { x: '1' } },
  });
  server.close();
});

test('of a session with redis-cli the commands are run, and the answers passed over', () => {
  const server = fresh();
  seed(
    server,
    `127.0.0.1:6379> SET k v
OK
127.0.0.1:6379> LRANGE l 0 -1
1) "SET"
2) "DEL k"
127.0.0.1:6379> multi
OK
127.0.0.1:6379(TX)> INCR n
QUEUED
127.0.0.1:6379(TX)> exec
1) (integer) 1
127.0.0.1:6379> select 2
OK
127.0.0.1:6379[2]> sadd s a
(integer) 1
redis /tmp/redis.sock[2]> sadd s b
(integer) 1
`,
  );
  expect(dumpOf(server)).toEqual({
    k: 'v',
    n: '1',
    $databases: { 2: { s: { $set: ['a', 'b'] } } },
  });
  server.close();
});

test('a command that fails stops a seed, and the error names its line', () => {
  const server = fresh();
  expect(() => seed(server, 'SET k v\nLPUSH k x\nSET z z')).toThrow('line 2: WRONGTYPE');
  expect(() => seed(server, 'SET k "v')).toThrow('line 1: a quote');
  expect(() => seed(server, 'SET k')).toThrow("line 1: ERR wrong number of arguments for 'set'");
  expect(() => seed(server, 'NOSUCH k')).toThrow("line 1: ERR unknown command 'NOSUCH'");
  expect(dumpOf(server)).toEqual({ k: 'v' });
  server.close();
});

test('an RDB file fills a server, by its bytes or by its URL', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'respite-seed-'));
  try {
    await using source = await startServer({ persistence: { dir } });
    source.seed({ a: 'of the file', b: { field: 'x' }, c: { $list: ['x'], $expireIn: 100_000 } });
    const dumped = source.dump();
    const file = join(dir, 'dump.rdb');
    source.seed('SAVE');
    await using other = await startServer({ listen: false });
    other.seed({ a: 'replaced', z: 'stays' });
    other.seed(pathToFileURL(file));
    expect(other.dump()).toEqual({ ...dumped, z: 'stays' });
    writeFileSync(file, 'REDIS0012 and no more');
    expect(() => other.seed(pathToFileURL(file))).toThrow();
    expect(other.dump()).toEqual({ ...dumped, z: 'stays' });
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('a server is seeded although its users need a password', async () => {
  await using server = await startServer({ requirepass: 'secret', listen: false });
  server.seed({ k: 'v' });
  server.seed('SET z 1');
  expect(server.dump()).toEqual({ k: 'v', z: '1' });
});
