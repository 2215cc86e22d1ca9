// Keys that expire by themselves, or when somebody looks. The clock is frozen in all of these.

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
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
    if (event === 'expired') events.push(`${db} ${key} ${server.clock.ms - startMs}`);
  };
  wire = inProcess(server);
});
afterEach(() => server.close());

/** Numbers by chance that are the same each time. */
function seeded(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return seed >>> 8;
  };
}

function ask(line: Line, through = wire): Value {
  through.send(encode(argvOf(line)));
  return meaningOf(through.take()!);
}

describe('by themselves', () => {
  test('keys expire in the order of their times, however they were given them', () => {
    ask('SET a 1 PX 300');
    ask('SET b 1 PX 100');
    ask('SET c 1');
    ask('PEXPIRE c 200');
    ask(`SET d 1 PXAT ${startMs + 250}`);
    server.clock.advance(1000);
    // A key lives through the millisecond that it expires in.
    expect(events).toEqual(['0 b 101', '0 c 201', '0 d 251', '0 a 301']);
    expect(server.stats.expiredKeys).toBe(4);
    expect(ask('DBSIZE')).toBe(0);
  });

  test('a key that was persisted, deleted or written anew stays, or stays away', () => {
    for (const key of ['persisted', 'deleted', 'replaced', 'kept', 'later', 'sooner']) {
      ask(`SET ${key} 1 PX 100`);
    }
    ask('PERSIST persisted');
    ask('DEL deleted');
    ask('SET replaced 2');
    ask('SET kept 2 KEEPTTL');
    ask('PEXPIRE later 200');
    ask('PEXPIRE sooner 50');
    server.clock.advance(1000);
    expect(events).toEqual(['0 sooner 51', '0 kept 101', '0 later 201']);
    expect(ask('GET persisted')).toBe('1');
    expect(ask('GET replaced')).toBe('2');
  });

  test('a key that is given the same time again expires once', () => {
    ask('SET a 1 PX 100');
    ask('PEXPIRE a 100');
    ask('DEL a');
    ask('SET a 1 PX 100');
    server.clock.advance(200);
    expect(events).toEqual(['0 a 101']);
  });

  test('an expiry goes with its key: by RENAME, MOVE, COPY and SWAPDB', () => {
    ask('SET a 1 PX 100');
    ask('RENAME a b');
    ask('SET c 1 PX 200');
    ask('MOVE c 1');
    ask('SET d 1 PX 300');
    ask('COPY d e');
    ask('SET f 1 PX 400');
    ask('SWAPDB 0 2');
    server.clock.advance(1000);
    expect(events.sort()).toEqual(['1 c 201', '2 b 101', '2 d 301', '2 e 301', '2 f 401']);
  });

  test('a name that gets a key without expiry loses its own', () => {
    ask('SET a 1');
    for (const key of ['b', 'c', 'd']) ask(`SET ${key} 1 PX 100`);
    ask('COPY a b REPLACE');
    ask('SET e 1');
    ask('RENAME e c');
    server.clock.advance(1000);
    expect(events).toEqual(['0 d 101']);
  });

  test('FLUSHDB and FLUSHALL take the expiries along', () => {
    ask('SET a 1 PX 100');
    ask('FLUSHDB');
    ask('SET a 2');
    server.clock.advance(200);
    ask('SET b 1 PX 100');
    expect(server.expirer.size).toBe(1);
    ask('FLUSHALL');
    expect(server.expirer.size).toBe(0); // Or the heap would keep what was flushed in memory.
    ask('SET b 2');
    server.clock.advance(200);
    expect(events).toEqual([]);
    expect(ask('MGET a b')).toEqual([null, '2']);
  });

  test('a database that is flushed beside a large one gives its expiries back, little by little', () => {
    for (let i = 0; i < 6000; i++) ask(`SET key:${i} 1 PX ${100_000 + i}`);
    ask('SELECT 1');
    for (let i = 0; i < 6000; i++) ask(`SET key:${i} 1 PX ${200_000 + i}`);
    ask('FLUSHDB');
    expect(server.expirer.size).toBe(12_000);
    for (let i = 0; i < 5; i++) server.clock.advance(100);
    expect(server.expirer.size).toBe(6000);
    server.clock.advance(200_000);
    expect(events.length).toBe(6000);
    expect(server.expirer.size).toBe(0);
  });

  test('stale expiries among a great many go while others come, and no other is lost', () => {
    const times = new Map<string, number>();
    const random = seeded(7);
    for (let i = 0; i < 40_000; i++) {
      const key = `key:${random() % 3000}`;
      const ms = 1 + (random() % 50_000);
      if (random() % 10 === 0) {
        ask(`DEL ${key}`);
        times.delete(key);
      } else {
        ask(`SET ${key} 1 PX ${ms}`);
        times.set(key, ms);
      }
      expect(server.expirer.size).toBeLessThan(11_000);
    }
    server.clock.advance(60_000);
    const expected = [...times].map(([key, ms]) => `0 ${key} ${ms + 1}`);
    expect([...events].sort()).toEqual(expected.sort());
  });

  test('many keys of one moment all go', () => {
    for (let i = 0; i < 5000; i++) ask(`SET key:${i} 1 PX 100`);
    server.clock.advance(100);
    expect(ask('DBSIZE')).toBe(5000);
    server.clock.advance(1);
    expect(ask('DBSIZE')).toBe(0);
    expect(server.stats.expiredKeys).toBe(5000);
  });

  test('a key whose expiry is put off for ever takes no more memory each time', () => {
    ask('SET a 1');
    for (let i = 0; i < 20_000; i++) ask(`PEXPIRE a ${1000 + i}`);
    expect(server.expirer.size).toBeLessThan(2000);
    server.clock.advance(20_998);
    expect(ask('EXISTS a')).toBe(1);
    server.clock.advance(2);
    expect(ask('EXISTS a')).toBe(0);
  });

  test('a time beyond 2^53 is no burden, and never comes', () => {
    ask('SET a 1 PX 100');
    ask('PEXPIREAT a 9223372036854775807');
    server.clock.advance(10_000);
    expect(ask('PEXPIRETIME a')).toBe(9223372036854775807n);
    expect(events).toEqual([]);
    ask('PEXPIRE a 100');
    server.clock.advance(101);
    expect(ask('EXISTS a')).toBe(0);
  });
});

describe('when somebody looks', () => {
  beforeEach(() => {
    server.expirer.active = false;
  });

  test('without active expiry a key stays until it is asked for', () => {
    ask('SET a 1 PX 100');
    ask('SET b 1 PX 100');
    server.clock.advance(1000);
    expect(ask('DBSIZE')).toBe(2);
    expect(ask('GET a')).toBe(null);
    expect(ask('DBSIZE')).toBe(1);
    expect(events).toEqual(['0 a 1000']);
    expect(ask('KEYS *')).toEqual([]);
    expect(ask('DBSIZE')).toBe(1); // Redis: KEYS leaves them where they are.
  });

  test('active expiry, once switched on again, catches up in order', () => {
    ask('SET a 1 PX 300');
    ask('SET b 1 PX 100');
    server.clock.advance(1000);
    server.expirer.active = true;
    server.clock.advance(0);
    expect(events).toEqual(['0 b 1000', '0 a 1000']);
  });

  test.each([
    ['GET a', null],
    ['EXISTS a', 0],
    ['TYPE a', 'none'],
    ['TTL a', -2],
    ['PTTL a', -2],
    ['EXPIRETIME a', -2],
    ['EXPIRE a 10', 0],
    ['PERSIST a', 0],
    ['DEL a', 0],
    ['UNLINK a', 0],
    ['TOUCH a', 0],
    ['OBJECT ENCODING a', null],
    ['COPY a b', 0],
    ['RENAME a b', /no such key/],
    ['MOVE a 1', 0],
    ['SCAN 0', ['0', []]],
    ['RANDOMKEY', null],
    ['SET a 2 XX', null],
    ['SETNX a 2', 1],
    ['APPEND a 2', 1],
    ['INCR a', 1],
  ])('%s finds no key that has expired, and removes it first', (line, expected) => {
    ask('SET a 1 PX 100');
    server.clock.advance(101);
    const answer = ask(line);
    if (expected instanceof RegExp) expect(String(answer)).toMatch(expected);
    else expect(answer).toEqual(expected);
    expect(events).toEqual(['0 a 101']);
    expect(server.stats.expiredKeys).toBe(1);
  });

  test('a destination that has expired is free', () => {
    ask('SET a 1');
    ask('SET b 1 PX 100');
    server.clock.advance(101);
    expect(ask('RENAMENX a b')).toBe(1);
    expect(ask('PTTL b')).toBe(-1);
    ask('SET c 1 PX 100');
    server.clock.advance(101);
    expect(ask('COPY b c')).toBe(1);
    expect(events).toEqual(['0 b 101', '0 c 202']);
  });

  test('EXPIRE does not bring a key back', () => {
    ask('SET a 1 PX 100');
    server.clock.advance(101);
    expect(ask('EXPIRE a 1000')).toBe(0);
    expect(ask('GET a')).toBe(null);
  });
});

describe('while writes are paused', () => {
  test('keys that expire are absent but stay, and go when the pause ends', () => {
    ask('SET a 1 PX 100');
    ask('SET b 1 PX 200');
    pause(server, PAUSE_WRITE, startMs + 1000);
    server.clock.advance(500);
    expect(ask('GET a')).toBe(null);
    expect(ask('EXISTS a b')).toBe(0);
    expect(ask('SCAN 0')).toEqual(['0', []]);
    expect(ask('DBSIZE')).toBe(2);
    expect(events).toEqual([]);
    server.clock.advance(500);
    expect(events).toEqual(['0 a 1000', '0 b 1000']);
    expect(ask('DBSIZE')).toBe(0);
  });

  test('RANDOMKEY still ends', () => {
    ask('SET a 1 PX 100');
    pause(server, PAUSE_WRITE, startMs + 1000);
    server.clock.advance(500);
    expect(ask('RANDOMKEY')).toBe('a'); // Redis: after a hundred tries it gives up.
  });

  test('a write that runs all the same replaces the key', () => {
    ask('SET a 1 PX 100');
    pause(server, PAUSE_WRITE, startMs + 1000);
    server.clock.advance(500);
    const db = server.databases[0];
    db.put('a', 2); // As a transaction may, that began with CLIENT PAUSE.
    db.dict.check();
    expect(ask('GET a')).toBe('2');
    expect(ask('PTTL a')).toBe(-1);
    server.clock.advance(1000);
    expect(ask('GET a')).toBe('2');
  });
});

describe('WATCH', () => {
  function transaction(...before: (() => void)[]): Value {
    ask('WATCH a');
    for (const each of before) each();
    ask('MULTI');
    ask('PING');
    return ask('EXEC');
  }

  test('a watched key that expires fails the transaction, whether removed or not', () => {
    ask('SET a 1 PX 100');
    expect(transaction(() => server.clock.advance(101))).toBe(null);
    server.expirer.active = false;
    ask('SET a 1 PX 100');
    expect(transaction(() => server.clock.advance(101))).toBe(null);
    expect(ask('DBSIZE')).toBe(1);
  });

  test('a key that had expired before it was watched does not, though it is removed', () => {
    server.expirer.active = false;
    ask('SET a 1 PX 100');
    server.clock.advance(101);
    expect(transaction()).toEqual(['PONG']);
    expect(transaction(() => ask('GET a'))).toEqual(['PONG']);
    ask('SET a 1 PX 100');
    server.clock.advance(101);
    expect(transaction(() => ask('DEL a'))).toEqual(['PONG']);
    ask('SET a 1 PX 100');
    server.clock.advance(101);
    expect(transaction(() => ask('FLUSHALL'))).toEqual(['PONG']);
  });

  test('but it does if it is written anew', () => {
    server.expirer.active = false;
    ask('SET a 1 PX 100');
    server.clock.advance(101);
    expect(transaction(() => ask('SET a 2'))).toBe(null);
  });

  test('EXPIRE and PERSIST change a watched key; those that find nothing to do, do not', () => {
    ask('SET a 1');
    expect(transaction(() => ask('EXPIRE a 100'))).toBe(null);
    expect(transaction(() => ask('EXPIRE a 100 NX'))).toEqual(['PONG']);
    expect(transaction(() => ask('PERSIST a'))).toBe(null);
    expect(transaction(() => ask('PERSIST a'))).toEqual(['PONG']);
    expect(transaction(() => ask('TOUCH a'))).toEqual(['PONG']);
    expect(transaction(() => ask('RENAME a b'))).toBe(null);
    expect(transaction(() => ask('RENAME b a'))).toBe(null);
  });
});

// A database against the dullest model: each key with its time, looked through at every step.
type Step = readonly [verb: string, key: string, other: string, ms: number];

const keys = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const verbs = fc.constantFrom(
  ...['SET', 'SETPX', 'PEXPIRE', 'PERSIST', 'DEL', 'RENAME', 'COPY', 'ADVANCE', 'LAZY', 'FLUSHDB'],
);
const steps = fc.array(fc.tuple(verbs, keys, keys, fc.integer({ min: 1, max: 50 })), {
  maxLength: 80,
  size: 'max',
});

function playModel(model: Map<string, number>, step: Step, nowMs: number): void {
  const [verb, key, other, ms] = step;
  const whenMs = model.get(key);
  if (verb === 'SET') model.set(key, 0);
  if (verb === 'SETPX') model.set(key, nowMs + ms);
  if (verb === 'PEXPIRE' && whenMs !== undefined) model.set(key, nowMs + ms);
  if (verb === 'PERSIST' && whenMs !== undefined) model.set(key, 0);
  if (verb === 'DEL') model.delete(key);
  if (verb === 'COPY' && whenMs !== undefined && key !== other) model.set(other, whenMs);
  if (verb === 'RENAME' && whenMs !== undefined && key !== other) {
    model.set(other, whenMs);
    model.delete(key);
  }
  if (verb === 'FLUSHDB') model.clear();
}

function playServer(step: Step): void {
  const [verb, key, other, ms] = step;
  const lines: Record<string, string> = {
    SET: `SET ${key} 1`,
    SETPX: `SET ${key} 1 PX ${ms}`,
    COPY: `COPY ${key} ${other} REPLACE`,
    RENAME: `RENAME ${key} ${other}`,
    PEXPIRE: `PEXPIRE ${key} ${ms}`,
    FLUSHDB: 'FLUSHDB',
  };
  if (verb === 'LAZY') server.expirer.active = !server.expirer.active;
  else if (verb === 'ADVANCE') server.clock.advance(ms);
  else ask(lines[verb] ?? `${verb} ${key}`);
}

test('what is there, and for how long, agrees with a model after every step', () => {
  fc.assert(
    fc.property(steps, (all) => {
      ask('FLUSHALL');
      server.expirer.active = true;
      events = [];
      const model = new Map<string, number>();
      for (const step of all) {
        playModel(model, step, server.clock.ms);
        playServer(step);
        const nowMs = server.clock.ms;
        for (const [key, whenMs] of model) {
          if (whenMs !== 0 && whenMs < nowMs) model.delete(key);
        }
        server.databases[0].dict.check();
        if (step[0] !== 'ADVANCE') continue;
        if (server.expirer.active) expect(ask('DBSIZE')).toBe(model.size);
        const times = [...model].sort();
        expect((ask('KEYS *') as string[]).sort()).toEqual(times.map(([key]) => key));
        for (const [key, whenMs] of times) {
          expect(ask(`PEXPIRETIME ${key}`)).toBe(whenMs === 0 ? -1 : whenMs);
        }
      }
    }),
  );
});
