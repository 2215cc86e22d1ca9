// What is said to be freed in the background, and that values are let go of at once.

import { expect } from 'vitest';
import { everywhere, type Talk } from '../redis.ts';

/** What INFO says of what was freed lazily, once nothing is pending. */
async function freed(r: Talk): Promise<number> {
  for (;;) {
    const info = String(await r('INFO memory'));
    if (/\r\nlazyfree_pending_objects:0\r\n/.test(info)) {
      return Number(/\r\nlazyfreed_objects:(\d+)/.exec(info)![1]);
    }
  }
}

const names = (count: number) => Array.from({ length: count }, (_, i) => `name:${i}`);
const pairs = (count: number) => names(count).flatMap((name, i) => [String(i), name]);

everywhere((test) => {
  for (const [what, line, objects] of [
    ['a string', ['SET', 'k', 'x'.repeat(100_000)], 0],
    ['a small set', ['SADD', 'k', ...names(20)], 0],
    ['a large set', ['SADD', 'k', ...names(1000)], 1],
    ['a large intset', ['SADD', 'k', ...names(400).map((_, i) => String(i))], 0],
    ['a large hash', ['HSET', 'k', ...pairs(1000)], 1],
    ['a large sorted set', ['ZADD', 'k', ...pairs(1000)], 1],
    ['a listpack of many elements', ['RPUSH', 'k', ...names(100)], 0],
    ['a list of few nodes', ['RPUSH', 'k', ...names(5000)], 0],
    ['a list of many nodes', ['RPUSH', 'k', ...names(100_000)], 1],
  ] as const) {
    test(`UNLINK of ${what} counts as ${objects} freed lazily`, async (r) => {
      await r('CONFIG RESETSTAT');
      await r([...line]);
      expect(await r('UNLINK k')).toBe(1);
      expect(await freed(r)).toBe(objects);
    });
  }

  test('UNLINK of a stream counts if it has many nodes, or much pending', async (r) => {
    await r('CONFIG RESETSTAT');
    await r('CONFIG SET stream-node-max-entries 2');
    for (let i = 1; i <= 100; i++) await r(`XADD few ${i}-0 f v`);
    for (let i = 1; i <= 200; i++) await r(`XADD many ${i}-0 f v`);
    await r('UNLINK few');
    const before = await freed(r);
    await r('UNLINK many');
    expect((await freed(r)) - before).toBe(1);
    await r('CONFIG SET stream-node-max-entries 100');
  });

  test('DEL frees at once unless lazyfree-lazy-user-del says otherwise', async (r) => {
    await r('CONFIG RESETSTAT');
    await r(['SADD', 'k', ...names(1000)]);
    await r('DEL k');
    expect(await freed(r)).toBe(0);
    await r('CONFIG SET lazyfree-lazy-user-del yes');
    await r(['SADD', 'k', ...names(1000)]);
    await r('DEL k');
    await r('CONFIG SET lazyfree-lazy-user-del no');
    expect(await freed(r)).toBe(1);
  });

  test('what is evicted is freed as lazyfree-lazy-eviction says', async (r) => {
    await r('CONFIG RESETSTAT');
    await r('CONFIG SET lazyfree-lazy-eviction yes maxmemory-policy allkeys-lru');
    await r(['SADD', 'k', ...names(1000)]);
    await r('SET small 1');
    await r('CONFIG SET maxmemory 1');
    expect(await r('DBSIZE')).toBe(0);
    await r('CONFIG SET maxmemory 0 lazyfree-lazy-eviction no maxmemory-policy noeviction');
    expect(await freed(r)).toBe(1);
  });

  test('memory is given back at once, however much it was', async (r) => {
    const used = async () => Number(/used_memory:(\d+)/.exec(String(await r('INFO memory')))![1]);
    const before = await used();
    await r(['SADD', 'k', ...names(100_000)]);
    expect(await used()).toBeGreaterThan(before + 3_000_000);
    await r('UNLINK k');
    await freed(r);
    expect(await used()).toBeLessThan(before + 1_000_000);
  });
});
