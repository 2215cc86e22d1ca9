// Fields of hashes that expire by themselves. The clock is frozen in all of these.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { PAUSE_WRITE, pause } from '../../server/pause.ts';
import { Server } from '../../server/server.ts';
import { argvOf, type Line, meaningOf, type Value } from '../redis.ts';
import { encode, inProcess, type Wire } from '../wire.ts';

let server: Server;
let wire: Wire;
/** Keyspace events, each with its database and when it came, in ms from the start. */
let events: string[];
let startMs: number;

beforeEach(() => {
  server = new Server(new Config(), { seed: 1 });
  server.clock.freeze();
  startMs = server.clock.ms;
  events = [];
  server.onKeyEvent = (db, key, event) => {
    if (/^(expired|hexpired|del)$/.test(event)) {
      events.push(`${db} ${key} ${event} ${server.clock.ms - startMs}`);
    }
  };
  wire = inProcess(server);
});
afterEach(() => server.close());

function ask(line: Line): Value {
  wire.send(encode(argvOf(line)));
  return meaningOf(wire.take()!);
}

function keyspace(): string {
  return String(ask('INFO keyspace'));
}

test('fields and keys expire in the order of their times', () => {
  ask('HSET h a 1 b 2 c 3');
  ask('HPEXPIRE h 300 FIELDS 1 a');
  ask('HPEXPIRE h 100 FIELDS 1 b');
  ask('SET s 1 PX 200');
  server.clock.advance(1000);
  expect(events).toEqual(['0 h hexpired 101', '0 s expired 201', '0 h hexpired 301']);
  expect(ask('HKEYS h')).toEqual(['c']);
  expect(server.stats.expiredFields).toBe(2);
});

test('the key goes with its last field', () => {
  ask('HSET h a 1 b 2');
  ask('HPEXPIRE h 100 FIELDS 2 a b');
  server.clock.advance(100);
  expect(ask('EXISTS h')).toBe(1);
  server.clock.advance(1);
  expect(events).toEqual(['0 h hexpired 101', '0 h del 101']);
  expect(server.databases[0].size).toBe(0);
});

test('fields of large hashes expire too', () => {
  ask(`HSET h long ${'x'.repeat(100)} a 1 b 2`);
  ask('HPEXPIRE h 200 FIELDS 1 a');
  ask('HPEXPIRE h 100 FIELDS 1 b');
  expect(ask('OBJECT ENCODING h')).toBe('hashtable');
  server.clock.advance(150);
  expect(ask('HLEN h')).toBe(2);
  server.clock.advance(100);
  expect(ask('HKEYS h')).toEqual(['long']);
});

test('a field that was persisted, removed or set anew stays, or stays away', () => {
  ask('HSET h persisted 1 removed 1 replaced 1 counted 1 later 1');
  ask('HPEXPIRE h 100 FIELDS 5 persisted removed replaced counted later');
  ask('HPERSIST h FIELDS 1 persisted');
  ask('HDEL h removed');
  ask('HSET h replaced 2');
  ask('HINCRBY h counted 1');
  ask('HPEXPIRE h 200 FIELDS 1 later');
  server.clock.advance(150);
  expect(ask('HKEYS h')).toEqual(['later', 'persisted', 'replaced']);
  expect(events).toEqual(['0 h hexpired 101']);
});

test('fields expire wherever their hash went: another name, another database, a copy', () => {
  for (const key of ['renamed', 'moved', 'copied', 'swapped', 'flushed']) {
    ask(`HSET ${key} a 1`);
    ask(`HPEXPIRE ${key} 100 FIELDS 1 a`);
    if (key === 'flushed') ask('FLUSHDB');
    if (key === 'renamed') ask('RENAME renamed other');
    if (key === 'moved') ask('MOVE moved 1');
    if (key === 'copied') ask('COPY copied copy DB 2');
    if (key === 'swapped') ask('SWAPDB 0 3');
  }
  server.clock.advance(200);
  const gone = events.filter((event) => event.includes('hexpired')).sort();
  expect(gone).toEqual([
    '1 moved hexpired 101',
    '2 copy hexpired 101',
    '3 copied hexpired 101',
    '3 other hexpired 101',
    '3 swapped hexpired 101',
  ]);
  expect(server.databases.reduce((sum, db) => sum + db.size, 0)).toBe(0);
});

test('nothing expires while writes are paused, but nobody sees it', () => {
  ask('HSET h a 1 b 2');
  ask('HPEXPIRE h 100 FIELDS 1 a');
  pause(server, PAUSE_WRITE, startMs + 500);
  server.clock.advance(300);
  expect(ask('HGET h a')).toBe(null);
  expect(ask('HGETALL h')).toEqual(['b', '2']);
  expect(ask('HLEN h')).toBe(2);
  expect(events).toEqual([]);
  server.clock.advance(300);
  expect(ask('HLEN h')).toBe(1);
});

test('without active expiry a field goes when somebody asks for it', () => {
  server.expirer.active = false;
  ask('HSET h a 1 b 2');
  ask('HPEXPIRE h 100 FIELDS 1 a');
  server.clock.advance(200);
  expect(ask('HLEN h')).toBe(2);
  expect(ask('HGET h a')).toBe(null);
  expect(ask('HLEN h')).toBe(1);
});

test('many fields of one moment all go, and leave no entry behind', () => {
  const fields = Array.from({ length: 5000 }, (_, i) => `f${i}`);
  ask(['HSET', 'h', ...fields.flatMap((field) => [field, 'v'])]);
  ask(['HPEXPIRE', 'h', '100', 'FIELDS', '5000', ...fields]);
  server.clock.advance(200);
  expect(ask('EXISTS h')).toBe(0);
  expect(server.stats.expiredFields).toBe(5000);
  expect(events.filter((event) => event.includes('hexpired'))).toHaveLength(5);
  expect(server.expirer.size).toBe(0);
});

test('INFO tells how many hashes have fields that expire', () => {
  ask('HSET h a 1 b 2');
  ask('HSET i a 1');
  ask('HSET j a 1');
  expect(keyspace()).toContain('subexpiry=0');
  ask('HPEXPIRE h 100 FIELDS 2 a b');
  ask('HPEXPIRE i 200 FIELDS 1 a');
  expect(keyspace()).toContain('subexpiry=2');
  server.clock.advance(150);
  expect(keyspace()).toContain('subexpiry=1');
  ask('HPERSIST i FIELDS 1 a');
  expect(keyspace()).toContain('subexpiry=0');
  expect(ask('INFO stats')).toContain('expired_subkeys:2');
});
