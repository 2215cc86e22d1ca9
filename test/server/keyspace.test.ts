// The keyspace as commands see it: a walk that misses nothing, columns that stay in step with
// their keys, and what counts as use.

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import type { Database } from '../../server/keyspace.ts';
import { Server } from '../../server/server.ts';
import { argvOf, type Line, meaningOf, type Value } from '../redis.ts';
import { encode, inProcess, type Wire } from '../wire.ts';

let server: Server;
let wire: Wire;
let db: Database;

beforeEach(() => {
  server = new Server(new Config(), { seed: 1 });
  server.clock.freeze();
  wire = inProcess(server);
  db = server.databases[0];
});
afterEach(() => server.close());

function ask(line: Line): Value {
  wire.send(encode(argvOf(line)));
  return meaningOf(wire.take()!);
}

function scan(cursor: string, ...options: string[]): [cursor: string, keys: string[]] {
  return ask(['SCAN', cursor, ...options]) as [string, string[]];
}

describe('SCAN', () => {
  // What happens between two calls of a scan. `kept` keys may be written, never removed.
  const kept = fc.nat(19).map((n) => `kept:${n}`);
  const other = fc.nat(39).map((n) => `other:${n}`);
  const brief = fc.nat(9).map((n) => `brief:${n}`);
  const line = fc.oneof(
    fc.tuple(fc.constant('SET'), fc.oneof(kept, other), fc.constant('1')),
    fc.tuple(fc.constant('SET'), brief, fc.constant('1'), fc.constant('PX'), fc.constant('5')),
    fc.tuple(fc.constantFrom('DEL', 'UNLINK', 'GETDEL'), other),
    fc.tuple(fc.constant('RENAME'), other, fc.oneof(kept, other)),
    fc.tuple(fc.constant('COPY'), other, fc.oneof(kept, other), fc.constant('REPLACE')),
    fc.tuple(fc.constant('MOVE'), other, fc.constant('1')),
    fc.tuple(fc.constant('GETSET'), kept, fc.constant('2')),
    fc.constant(['ADVANCE']),
  );
  const between = fc.array(fc.array(line, { maxLength: 20, size: 'max' }), {
    maxLength: 20,
    size: 'max',
  });

  function play(words: readonly string[]): void {
    if (words[0] === 'ADVANCE') server.clock.advance(6);
    else ask(words);
  }

  test('returns every key that stays throughout, whatever else happens, and ends', () => {
    fc.assert(
      fc.property(fc.nat(7), between, fc.boolean(), (count, all, lazy) => {
        ask('FLUSHALL');
        server.expirer.active = !lazy;
        for (let i = 0; i < 40; i++) {
          if (i % 2 === 0) ask(`SET kept:${i / 2} 1`);
          ask(`SET other:${i} 1`);
        }
        const seen = new Set<string>();
        let cursor = '0';
        let last = Number.POSITIVE_INFINITY;
        let calls = 0;
        do {
          const [next, keys] = scan(cursor, 'COUNT', String(count + 1));
          for (const key of keys) seen.add(key);
          if (next !== '0') expect(Number(next)).toBeLessThan(last);
          last = Number(next);
          cursor = next;
          for (const words of all[calls++] ?? []) play(words);
        } while (cursor !== '0');
        for (let i = 0; i < 20; i++) expect(seen).toContain(`kept:${i}`);
        db.dict.check();
      }),
      { numRuns: 150 },
    );
  });

  test('while nothing changes, each key is returned once', () => {
    for (let i = 0; i < 2000; i++) ask(`SET key:${i} 1`);
    const seen: string[] = [];
    let cursor = '0';
    do {
      const [next, keys] = scan(cursor, 'COUNT', '7');
      expect(keys.length).toBeLessThanOrEqual(7);
      seen.push(...keys);
      cursor = next;
    } while (cursor !== '0');
    expect(seen.length).toBe(2000);
    expect(new Set(seen).size).toBe(2000);
  });

  test('a pattern that hardly matches costs ten times COUNT a call, not the whole database', () => {
    for (let i = 0; i < 2000; i++) ask(`SET key:${i} 1`);
    const [cursor, keys] = scan('0', 'MATCH', 'nothing', 'COUNT', '10');
    expect(cursor).toBe('1900');
    expect(keys).toEqual([]);
    let found = 0;
    let at = '0';
    do {
      const [next, some] = scan(at, 'MATCH', 'key:1??', 'COUNT', '50');
      found += some.length;
      at = next;
    } while (at !== '0');
    expect(found).toBe(100);
  });

  test('a cursor that nobody gave out is as good as another', () => {
    for (let i = 0; i < 10; i++) ask(`SET key:${i} 1`);
    expect(scan('18446744073709551615')[1].length).toBe(10);
    expect(scan('4')).toEqual(['0', ['key:3', 'key:2', 'key:1', 'key:0']]);
    ask('FLUSHALL');
    expect(scan('4')).toEqual(['0', []]);
  });

  test('keys whose time has come are removed, if the pattern matches them', () => {
    server.expirer.active = false;
    for (const key of ['a', 'b']) ask(`SET ${key} 1 PX 1`);
    ask('SET c 1');
    server.clock.advance(2);
    expect(scan('0', 'MATCH', '[ac]')).toEqual(['0', ['c']]);
    expect(ask('DBSIZE')).toBe(2);
    expect(scan('0', 'TYPE', 'list')).toEqual(['0', []]);
    expect(ask('DBSIZE')).toBe(1);
  });
});

test('RANDOMKEY draws each key about equally often, and none that expired', () => {
  server.expirer.active = false;
  for (let i = 0; i < 10; i++) ask(`SET key:${i} 1`);
  for (let i = 0; i < 10; i++) ask(`SET gone:${i} 1 PX 1`);
  server.clock.advance(2);
  const counts = new Map<string, number>();
  for (let i = 0; i < 5000; i++) {
    const key = ask('RANDOMKEY') as string;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  expect([...counts.keys()].sort()).toEqual(Array.from({ length: 10 }, (_, i) => `key:${i}`));
  for (const count of counts.values()) expect(Math.abs(count - 500)).toBeLessThan(150);
});

describe('use', () => {
  const idle = (key: string): Value => ask(`OBJECT IDLETIME ${key}`);

  test('OBJECT IDLETIME counts the seconds since a command last used the key', () => {
    ask('SET a 1');
    server.clock.advance(10_000);
    expect(idle('a')).toBe(10);
    for (const line of ['TTL a', 'TYPE a', 'EXISTS a', 'OBJECT ENCODING a', 'KEYS *', 'SCAN 0']) {
      ask(line);
      expect([line, idle('a')]).toEqual([line, 10]);
    }
    for (const line of ['GET a', 'TOUCH a', 'EXPIRE a 1000', 'PERSIST a', 'SET a 2', 'COPY a b']) {
      server.clock.advance(5_000);
      expect(idle('a')).toBeGreaterThan(0);
      ask(line);
      expect([line, idle('a')]).toEqual([line, 0]);
    }
  });

  test('the last use goes with the key, by RENAME and MOVE', () => {
    ask('SET a 1');
    ask('SET b 1');
    server.clock.advance(10_000);
    ask('RENAME a b');
    expect(idle('b')).toBe(0); // RENAME itself is a use.
    const other = server.databases[1];
    db.moveTo('b', other, 'b');
    server.clock.advance(10_000);
    expect(other.peek('b')).toBe(1);
    ask('PING');
    expect(other.idleSeconds()).toBe(10);
  });

  test('columns stay in step with their keys', () => {
    const key = fc.nat(8).map((n) => `k${n}`);
    const verb = fc.constantFrom('SET', 'DEL', 'RENAME', 'GET', 'ADVANCE');
    fc.assert(
      fc.property(fc.array(fc.tuple(verb, key, key), { maxLength: 100, size: 'max' }), (all) => {
        ask('FLUSHALL');
        const used = new Map<string, number>();
        for (const [does, one, two] of all) {
          const now = Math.floor(server.clock.ms / 1000);
          if (does === 'ADVANCE') server.clock.advance(1000);
          else
            ask(
              does === 'SET'
                ? `SET ${one} 1`
                : does === 'RENAME'
                  ? `RENAME ${one} ${two}`
                  : `${does} ${one}`,
            );
          if (does === 'DEL') used.delete(one);
          if (does === 'SET' || (does !== 'ADVANCE' && used.has(one))) used.set(one, now);
          if (does === 'RENAME' && used.has(one) && one !== two) {
            used.delete(one);
            used.set(two, now);
          }
        }
        const now = Math.floor(server.clock.ms / 1000);
        for (const [name, second] of used) expect(idle(name)).toBe(now - second);
        expect(db.size).toBe(used.size);
      }),
    );
  });

  test('a client that is not to leave traces reads, and even writes, without use', () => {
    ask('SET a 1');
    server.clock.advance(10_000);
    ask('CLIENT NO-TOUCH ON');
    ask('GET a');
    ask('EXPIRE a 1000');
    expect(idle('a')).toBe(10);
    ask('TOUCH a');
    expect(idle('a')).toBe(0);
  });

  test('under an LFU policy keys count how often they are used, and forget with time', () => {
    ask('CONFIG SET maxmemory-policy allkeys-lfu');
    ask('SET a 1');
    expect(ask('OBJECT FREQ a')).toBe(5);
    for (let i = 0; i < 500; i++) ask('GET a');
    const often = ask('OBJECT FREQ a') as number;
    expect(often).toBeGreaterThan(8);
    expect(often).toBeLessThan(40);
    server.clock.advance(3 * 60_000);
    expect(ask('OBJECT FREQ a')).toBe(often - 3);
    server.clock.advance(100 * 60_000);
    expect(ask('OBJECT FREQ a')).toBe(0);
    expect(String(ask('OBJECT IDLETIME a'))).toMatch(/idle time not tracked/);
  });
});

test('hits and misses are counted for commands that look', () => {
  ask('SET a 1');
  for (const line of ['GET a', 'TTL a', 'EXISTS a a', 'OBJECT ENCODING a', 'TYPE a']) ask(line);
  expect(server.stats.keyspaceHits).toBe(6);
  for (const line of ['GET x', 'PTTL x', 'TOUCH x', 'OBJECT FREQ x', 'COPY x y']) ask(line);
  expect(server.stats.keyspaceMisses).toBe(5);
  for (const line of ['DEL a x', 'EXPIRE x 1', 'RENAME x y', 'MOVE x 1', 'PERSIST x']) ask(line);
  expect([server.stats.keyspaceHits, server.stats.keyspaceMisses]).toEqual([6, 5]);
});

test('swapped databases take their keys, expiries and watchers along, not their clients', () => {
  ask('SET a 1 PX 1000');
  ask('SWAPDB 0 1');
  expect(ask('DBSIZE')).toBe(0);
  ask('SELECT 1');
  expect(ask('PTTL a')).toBe(1000);
  expect(server.databases[1].volatile).toBe(1);
  expect(server.databases[0].volatile).toBe(0);
});

test('replacing a key in place does not move it within the dictionary', () => {
  for (const key of ['a', 'b', 'c']) ask(`SET ${key} 1`);
  ask('SET x 1');
  ask('SET y 1');
  ask('RENAME x a');
  ask('COPY y b REPLACE');
  ask('SET c 2');
  expect([0, 1, 2].map((i) => db.dict.keyAt(i))).toEqual(['a', 'b', 'c']);
});
