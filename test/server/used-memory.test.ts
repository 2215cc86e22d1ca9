// What a server says that it uses: the sum stays true whatever happens, and the limit is kept.

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { valueMemory } from '../../server/memory-usage.ts';
import { Server } from '../../server/server.ts';
import { argvOf, type Line, meaningOf, RedisError, type Value } from '../redis.ts';
import { encode, inProcess, type Wire } from '../wire.ts';

let server: Server;
let wire: Wire;

beforeEach(() => {
  server = new Server(new Config(), { seed: 1 });
  server.clock.freeze();
  wire = inProcess(server);
});
afterEach(() => server.close());

function ask(line: Line): Value {
  wire.send(encode(argvOf(line)));
  return meaningOf(wire.take()!);
}

const key = fc.nat(5).map((n) => `key:${n}`);
const text = fc.oneof(
  fc.nat(99).map(String),
  fc.nat(40).map((n) => 'x'.repeat(n)),
  fc.constantFrom('y'.repeat(100), 'z'.repeat(40_000), String(2 ** 40)),
);
const member = fc.nat(200).map((n) => `m${n}`);
const number = fc.integer({ min: -50, max: 300 }).map(String);
const many = fc
  .tuple(fc.nat(200), fc.nat(150))
  .map(([from, count]) => Array.from({ length: count + 1 }, (_, i) => `m${from + i}`));

/** Commands that make values larger and smaller, exchange them, and let them go. */
const command = fc.oneof(
  fc.tuple(
    fc.constantFrom('SET', 'APPEND', 'GETSET', 'RPUSH', 'LPUSH', 'SADD', 'PFADD'),
    key,
    text,
  ),
  fc.tuple(
    fc.constantFrom('INCR', 'DEL', 'UNLINK', 'GETDEL', 'LPOP', 'RPOP', 'SPOP', 'ZPOPMIN'),
    key,
  ),
  fc.tuple(fc.constantFrom('RENAME', 'COPY', 'SMOVE', 'LMOVE'), key, key).map((argv) => {
    if (argv[0] === 'SMOVE') return [...argv, 'm1'];
    return argv[0] === 'LMOVE' ? [...argv, 'LEFT', 'RIGHT'] : argv;
  }),
  fc.tuple(fc.constant('SETRANGE'), key, fc.nat(50_000).map(String), text),
  fc.tuple(fc.constant('HSET'), key, member, text),
  fc.tuple(fc.constantFrom('HDEL', 'SREM', 'ZREM'), key, member),
  fc.tuple(fc.constant('HPEXPIRE'), key, fc.constantFrom('5', '500')).map((argv) => {
    return [...argv, 'FIELDS', '2', 'm1', 'm2'];
  }),
  fc.tuple(fc.constant('ZADD'), key, number, member),
  fc.tuple(fc.constantFrom('LTRIM', 'ZREMRANGEBYRANK', 'LSET', 'LREM'), key, number, number),
  fc.tuple(fc.constantFrom('SADD', 'RPUSH', 'SREM', 'ZREM', 'HDEL'), key, many).map(flat),
  fc.tuple(fc.constant('ZADD'), key, many).map(([name, to, members]) => {
    return [name, to, ...members.flatMap((each, i) => [String(i), each])];
  }),
  fc.tuple(fc.constant('HSET'), key, many).map(([name, to, members]) => {
    return [name, to, ...members.flatMap((each) => [each, each])];
  }),
  fc
    .tuple(fc.constantFrom('SUNIONSTORE', 'SDIFFSTORE', 'ZUNIONSTORE'), key, key, key)
    .map((argv) => {
      return argv[0] === 'ZUNIONSTORE' ? [argv[0], argv[1], '2', argv[2], argv[3]] : argv;
    }),
  fc.tuple(fc.constant('XADD'), key, fc.constantFrom('*', '5-*'), fc.constant('f'), text),
  fc.tuple(fc.constantFrom('XTRIM', 'XDEL'), key).map(([name, of]) => {
    return name === 'XTRIM' ? [name, of, 'MAXLEN', '3'] : [name, of, '5-0'];
  }),
  fc.tuple(fc.constant('XGROUP'), key).map(([name, of]) => [name, 'CREATE', of, 'g', '0']),
  fc.tuple(fc.constant('XREADGROUP'), key).map(([name, of]) => {
    return [name, 'GROUP', 'g', 'c', 'COUNT', '2', 'STREAMS', of, '>'];
  }),
  fc.tuple(fc.constantFrom('PEXPIRE'), key, fc.constantFrom('1', '900')),
  fc.tuple(fc.constantFrom('MOVE'), key, fc.constantFrom('1', '2')),
  fc.constantFrom(['SWAPDB', '0', '1'], ['SELECT', '1'], ['SELECT', '0'], ['FLUSHDB'], ['ADVANCE']),
);

function flat([name, to, members]: [string, string, string[]]): string[] {
  return [name, to, ...members];
}

test('the sum of what values weigh is what a walk over them finds', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60, size: 'max' }), (commands) => {
      ask('FLUSHALL');
      for (const argv of commands) {
        if (argv[0] === 'ADVANCE') server.clock.advance(10);
        else ask(argv as string[]);
      }
      for (const db of server.databases) {
        let found = 0;
        for (let i = 0; i < db.size; i++) found += valueMemory(db.dict.valueAt(i));
        expect(db.weights.sum).toBe(found);
        db.dict.check();
      }
    }),
    { numRuns: 200 },
  );
});

test('an empty database weighs nothing', () => {
  const before = server.usedMemory.total;
  for (let i = 0; i < 3000; i++) ask(['RPUSH', `key:${i}`, 'x', 'y']);
  expect(server.usedMemory.total).toBeGreaterThan(before + 300_000);
  for (let i = 0; i < 3000; i++) ask(['DEL', `key:${i}`]);
  expect(server.usedMemory.total).toBe(before);
});

test('MEMORY USAGE grows by what comes in, to the byte', () => {
  const usage = (name: string) => ask(['MEMORY', 'USAGE', name]) as number;
  ask(['SADD', 'set', ...Array.from({ length: 200 }, (_, i) => `member:${i}`)]);
  const before = usage('set');
  ask(['SADD', 'set', 'x'.repeat(10_000)]);
  expect(usage('set') - before).toBeGreaterThanOrEqual(10_000);
  expect(usage('set') - before).toBeLessThan(10_200);
  ask(['SREM', 'set', 'x'.repeat(10_000)]);
  expect(usage('set')).toBe(before);
  expect(ask('MEMORY USAGE set SAMPLES 1')).toBe(ask('MEMORY USAGE set SAMPLES 0'));
});

describe.each([
  'allkeys-lru',
  'allkeys-lfu',
  'allkeys-random',
  'volatile-lru',
  'volatile-lfu',
  'volatile-random',
  'volatile-ttl',
])('under %s', (policy) => {
  test('memory stays within 5 percent of the limit, and no write is refused', () => {
    const limit = server.usedMemory.total + 4_000_000;
    ask(['CONFIG', 'SET', 'maxmemory', limit, 'maxmemory-policy', policy]);
    ask('CONFIG SET maxmemory-eviction-tenacity 100');
    const random = server.random.below.bind(server.random);
    let fullFrom = -1;
    for (let n = 0; n < 12_000; n++) {
      const name = `key:${random(20_000)}`;
      const value = 'x'.repeat(1 + Math.floor(4000 * random(1000) ** 3 * 1e-9));
      const line =
        n % 3 === 0
          ? ['HSET', `hash:${name}`, `field:${n}`, value]
          : ['SET', name, value, 'PX', String(1_000_000 + random(1_000_000))];
      const reply = ask(line);
      expect(reply).not.toBeInstanceOf(RedisError);
      if (n % 3 === 0) ask(['PEXPIRE', `hash:${name}`, String(1_000_000 + random(1_000_000))]);
      const used = server.usedMemory.total;
      expect(used).toBeLessThan(limit * 1.05);
      if (fullFrom < 0 && server.stats.evictedKeys > 0) fullFrom = n;
      if (fullFrom >= 0) expect(used).toBeGreaterThan(limit * 0.95);
    }
    expect(fullFrom).toBeGreaterThan(0);
    expect(server.stats.evictedKeys).toBeGreaterThan(100);
  });
});
