// What happens when memory is short: who is refused, and what goes.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { argvOf, everywhere, type Line, meaningOf, type Talk, type Value } from '../redis.ts';
import { encode, inProcess, type Wire } from '../wire.ts';

const OOM = /^OOM command not allowed when used memory > 'maxmemory'\.$/;

/** Lets go of the limit, so that whoever comes next has none. */
async function short(r: Talk, body: () => Promise<void>, policy = 'noeviction'): Promise<void> {
  await r(`CONFIG SET maxmemory-policy ${policy}`);
  await r('CONFIG SET maxmemory 1');
  try {
    await body();
  } finally {
    await r('CONFIG SET maxmemory 0 maxmemory-policy noeviction');
  }
}

everywhere((test) => {
  test('without eviction, what needs memory is refused, and the rest is not', async (r) => {
    await r('MSET a 1 b 2');
    await r('RPUSH list x y');
    await short(r, async () => {
      await r.fails('SET a 2', OOM);
      await r.fails('LPUSH list z', OOM);
      await r.fails('HSET h f v', OOM);
      await r.fails('SUNIONSTORE a b', OOM);
      await r.fails('BLMOVE list other LEFT RIGHT 1', OOM);
      expect(await r('GET a')).toBe('1');
      expect(await r('LPOP list')).toBe('x');
      expect(await r('EXPIRE a 100')).toBe(1);
      expect(await r('RENAME a c')).toBe('OK');
      expect(await r('DEL c')).toBe(1);
      expect(await r('PUBLISH channel message')).toBe(0);
    });
    expect(await r('SET a 2')).toBe('OK');
  });

  test('what is refused while it is queued lets EXEC fail', async (r) => {
    const other = await r.client();
    await r('MULTI');
    await r('SET a 1');
    await short(other, async () => {
      await r.fails('SET b 1', OOM);
      expect(await r('GET a')).toBe('QUEUED');
    });
    await r.fails('EXEC', /^EXECABORT Transaction discarded because of previous errors\.$/);
    expect(await r('EXISTS a b')).toBe(0);
  });

  test('EXEC is refused if anything in its queue needs memory', async (r) => {
    const other = await r.client();
    await r('MULTI');
    await r('SET a 1');
    await short(other, async () => {
      await r.fails('EXEC', /^EXECABORT Transaction discarded because of: OOM command not allowed/);
    });
    expect(await r('EXISTS a')).toBe(0);
    expect(await r('PING')).toBe('PONG');
  });

  test('EXEC is not refused if nothing in its queue needs memory', async (r) => {
    const other = await r.client();
    await r('SET a 1');
    await r('MULTI');
    await r('GET a');
    await r('DEL a');
    await short(other, async () => {
      expect(await r('EXEC')).toEqual(['1', 1]);
    });
  });

  test('MULTI may be discarded', async (r) => {
    await short(r, async () => {
      await r('MULTI');
      await r.fails('SET a 1', OOM);
      expect(await r('DISCARD')).toBe('OK');
    });
  });

  test('a script fails at its first write, but may end what it has begun', async (r) => {
    await r('SET a 1');
    await short(r, async () => {
      await r.fails(['EVAL', "return redis.call('SET', 'a', '2')", 1, 'a'], /^OOM command not/);
      expect(await r(['EVAL', "return redis.call('GET', 'a')", 1, 'a'])).toBe('1');
      const late = "redis.call('DEL', 'a') return redis.call('SET', 'b', '1')";
      expect(await r(['EVAL', late, 2, 'a', 'b'])).toBe('OK');
    });
  });

  test('a script says for itself whether it may exceed the limit', async (r) => {
    await short(r, async () => {
      const set = "return redis.call('SET', 'a', '2')";
      await r.fails(['EVAL', `#!lua\n${set}`, 1, 'a'], OOM);
      await r.fails(['EVAL', '#!lua\nreturn 1', 0], OOM);
      expect(await r(['EVAL', `#!lua flags=allow-oom\n${set}`, 1, 'a'])).toBe('OK');
      expect(await r(['EVAL', '#!lua flags=no-writes\nreturn 1', 0])).toBe(1);
      expect(await r(['EVAL_RO', '#!lua flags=no-writes\nreturn 1', 0])).toBe(1);
    });
  });

  test('EXEC is refused for a script in its queue that does not say that it may exceed the limit', async (r) => {
    const other = await r.client();
    await r('MULTI');
    await r(['EVAL', '#!lua\nreturn 1', 0]);
    await short(other, async () => {
      await r.fails('EXEC', /^EXECABORT Transaction discarded because of: OOM command not allowed/);
    });
  });

  test('a function says for itself whether it may exceed the limit', async (r) => {
    const body = "function() return redis.call('SET', 'a', '1') end";
    const plain = `redis.register_function('plain', ${body})`;
    const bold = `redis.register_function{function_name='bold', callback=${body}, flags={'allow-oom'}}`;
    await r(['FUNCTION', 'LOAD', 'REPLACE', `#!lua name=lib\n${plain}\n${bold}`]);
    await short(r, async () => {
      await r.fails('FCALL plain 1 a', OOM);
      expect(await r('FCALL bold 1 a')).toBe('OK');
      await r.fails(['FUNCTION', 'LOAD', 'REPLACE', `#!lua name=lib\n${plain}`], OOM);
    });
    await r('FUNCTION FLUSH');
  });

  for (const policy of ['volatile-lru', 'volatile-lfu', 'volatile-random', 'volatile-ttl']) {
    test(`${policy} takes no key that does not expire`, async (r) => {
      await r('SET stays 1');
      await r('SET goes 1 EX 1000');
      await short(
        r,
        async () => {
          await r.fails('SET another 1', OOM);
          expect(await r('EXISTS stays')).toBe(1);
          expect(await r('EXISTS goes')).toBe(0);
        },
        policy,
      );
    });
  }

  for (const policy of ['allkeys-lru', 'allkeys-lfu', 'allkeys-random']) {
    test(`${policy} takes every key of every database if it must`, async (r) => {
      await r('MSET a 1 b 2 c 3');
      await r('SELECT 3');
      await r('SET d 4 EX 1000');
      await short(r, async () => expect(await r('DBSIZE')).toBe(0), policy);
      await r('SELECT 0');
      expect(await r('DBSIZE')).toBe(0);
    });
  }

  test('who listens is told of each key that is evicted', async (r) => {
    await r('CONFIG SET notify-keyspace-events Ee');
    const ear = await r.client();
    await ear.raw('PSUBSCRIBE __key*');
    await r('MSET a 1 b 2');
    await short(r, async () => expect(await r('DBSIZE')).toBe(0), 'allkeys-lru');
    const told: string[] = [];
    for (let i = 0; i < 2; i++) told.push((await ear.wire.next()).items[3].text);
    expect(told.sort()).toEqual(['a', 'b']);
    await r('CONFIG SET notify-keyspace-events ""');
  });

  test('WATCH notices that a key was evicted', async (r) => {
    await r('SET a 1');
    await r('WATCH a');
    const other = await r.client();
    await short(other, async () => expect(await other('EXISTS a')).toBe(0), 'allkeys-lru');
    await r('MULTI');
    await r('PING');
    expect(await r('EXEC')).toBe(null);
  });

  test('INFO counts the keys that were evicted', async (r) => {
    await r('CONFIG RESETSTAT');
    await r('MSET a 1 b 2 c 3');
    await short(r, async () => expect(await r('DBSIZE')).toBe(0), 'allkeys-random');
    expect(String(await r('INFO stats'))).toMatch(/\r\nevicted_keys:3\r\n/);
  });

  test('the limit cannot be a word, nor a policy anything', async (r) => {
    await r.fails('CONFIG SET maxmemory many', /argument must be a memory value/);
    await r.fails(
      'CONFIG SET maxmemory-policy oldest',
      /must be one of the following: volatile-lru,/,
    );
    await r.fails('CONFIG SET maxmemory-samples 65', /must be between 1 and 64/);
  });
});

describe('of the keys that there are', () => {
  let server: Server;
  let wire: Wire;

  beforeEach(() => {
    server = new Server(new Config(), { seed: 1 });
    server.clock.freeze();
    wire = inProcess(server);
    // As many as there are keys: then sampling finds the best each time.
    ask('CONFIG SET maxmemory-samples 64 maxmemory-eviction-tenacity 100');
  });
  afterEach(() => server.close());

  function ask(line: Line): Value {
    wire.send(encode(argvOf(line)));
    return meaningOf(wire.take()!);
  }

  /** Leaves room for all but so many keys of equal size. */
  function evict(keys: number): void {
    server.clientMemory.weighAll();
    const each = server.databases[0].memory / server.databases[0].size;
    const limit = server.usedMemory.total - Math.floor(each * (keys - 0.5));
    ask(['CONFIG', 'SET', 'maxmemory', limit]);
    ask('PING');
    ask('CONFIG SET maxmemory 0');
  }

  function fill(): string[] {
    const keys = Array.from({ length: 12 }, (_, i) => `key:${String(i).padStart(2, '0')}`);
    for (const key of keys) ask(['SET', key, 'x'.repeat(5000)]);
    return keys;
  }

  const left = () => (ask('KEYS *') as string[]).sort();

  test('those not used for longest go first (allkeys-lru)', () => {
    ask('CONFIG SET maxmemory-policy allkeys-lru');
    const keys = fill();
    for (const key of [...keys].reverse()) {
      server.clock.advance(1000);
      ask(['GET', key]);
    }
    evict(4);
    expect(left()).toEqual(keys.slice(0, 8));
  });

  test('those used least often go first (allkeys-lfu)', () => {
    ask('CONFIG SET maxmemory-policy allkeys-lfu lfu-log-factor 0');
    const keys = fill();
    keys.forEach((key, i) => {
      for (let n = 0; n < 20 - i; n++) ask(['GET', key]);
    });
    evict(5);
    expect(left()).toEqual(keys.slice(0, 7));
  });

  test('what was used often long ago counts for less than what is used now (lfu-decay-time)', () => {
    ask('CONFIG SET maxmemory-policy allkeys-lfu lfu-log-factor 0 lfu-decay-time 1');
    const keys = fill();
    for (const key of keys.slice(0, 6)) for (let n = 0; n < 20; n++) ask(['GET', key]);
    server.clock.advance(60 * 60_000);
    for (const key of keys.slice(6)) for (let n = 0; n < 5; n++) ask(['GET', key]);
    evict(6);
    expect(left()).toEqual(keys.slice(6));
  });

  test('those that expire soonest go first (volatile-ttl)', () => {
    ask('CONFIG SET maxmemory-policy volatile-ttl');
    const keys = fill();
    keys.forEach((key, i) => {
      if (i > 2) ask(['EXPIRE', key, 1000 - i]);
    });
    evict(3);
    expect(left()).toEqual(keys.slice(0, 9));
  });

  test('a few keys that expire are found among many that do not', () => {
    ask('CONFIG SET maxmemory-policy volatile-random');
    for (let i = 0; i < 5000; i++) ask(['SET', `key:${i}`, 'x']);
    for (let i = 0; i < 10; i++) ask(['SET', `brief:${i}`, 'x', 'EX', 1000]);
    evict(500);
    expect(ask('DBSIZE')).toBe(5000);
  });

  test('a round that takes too long is gone on with by a timer', () => {
    ask('CONFIG SET maxmemory-policy allkeys-random maxmemory-eviction-tenacity 0');
    for (let i = 0; i < 2000; i++) ask(['SET', `key:${i}`, 'x']);
    const limit = server.usedMemory.total - 100_000;
    ask(['CONFIG', 'SET', 'maxmemory', limit]);
    for (let turns = 0; server.usedMemory.total > limit && turns < 1000; turns++) {
      server.clock.advance(1);
    }
    expect(server.usedMemory.total).toBeLessThanOrEqual(limit);
    expect(server.databases[0].size).toBeGreaterThan(500);
  });

  test('what is evicted is passed on before the command that made room for itself', () => {
    const told: string[] = [];
    server.propagation.listen((_, argv) => void told.push(argv.join(' ')));
    ask('CONFIG SET maxmemory-policy allkeys-random');
    ask(['SET', 'old', 'x'.repeat(5000)]);
    ask('PING'); // The last request counts too, while it is large.
    server.clientMemory.weighAll();
    ask(['CONFIG', 'SET', 'maxmemory', server.usedMemory.total - 1000]);
    ask('SET new 1');
    ask('CONFIG SET maxmemory 1 lazyfree-lazy-eviction yes');
    ask('PING');
    expect(told.slice(1)).toEqual(['DEL old', 'SET new 1', 'UNLINK new']);
  });

  test('a replica keeps what its master has, unless it is told otherwise', () => {
    fill();
    ask('CONFIG SET maxmemory-policy allkeys-random replica-read-only no');
    server.isFollowing = true;
    ask('CONFIG SET maxmemory 1');
    ask('SET another 1');
    expect(server.databases[0].size).toBe(13);
    ask('CONFIG SET replica-ignore-maxmemory no');
    ask('PING');
    expect(server.databases[0].size).toBe(0);
  });

  test('nothing is evicted while writes are paused', () => {
    fill();
    ask('CONFIG SET maxmemory-policy allkeys-lru');
    ask('CLIENT PAUSE 1000 WRITE');
    ask('CONFIG SET maxmemory 1');
    ask('PING');
    expect(server.databases[0].size).toBe(12);
    server.clock.advance(2000);
    ask('PING');
    expect(server.databases[0].size).toBe(0);
  });

  test('a value of a million elements goes as quickly as a small one: it is only let go of', () => {
    const members = Array.from({ length: 50_000 }, (_, i) => `member:${i}`);
    for (let n = 0; n < 4; n++) ask(['SADD', 'large', ...members.map((m) => `${n}${m}`)]);
    ask('SET small 1');
    const before = server.databases[0].memory;
    ask('CONFIG SET maxmemory-policy allkeys-random maxmemory 1');
    ask('PING');
    expect(server.databases[0].size).toBe(0);
    expect(server.databases[0].memory).toBeLessThan(before / 100);
  });
});
