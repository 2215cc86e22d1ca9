// SORT where a duel of random calls (sort-random.test.ts) does not go: sorted sets by weights,
// fields that expire, sizes.

import { expect } from 'vitest';
import { everywhere } from '../redis.ts';

everywhere((test) => {
  test('SORT of a sorted set by weights, which makes it a large one', async (r) => {
    await r('ZADD z 1 a 2 b 3 c');
    await r('MSET w_a 30 w_b 10 w_c 20');
    expect(await r('OBJECT ENCODING z')).toBe('listpack');
    expect(await r('SORT z BY w_* GET # GET w_*')).toEqual(['b', '10', 'c', '20', 'a', '30']);
    expect(await r('SORT z BY w_* DESC LIMIT 1 1')).toEqual(['c']);
    expect(await r('OBJECT ENCODING z')).toBe('skiplist');
  });

  test('SORT BY a constant keeps the order of scores, also backwards and in parts', async (r) => {
    await r('ZADD z 3 c 1 a 2 b 4 d');
    expect(await r('SORT z BY nosort')).toEqual(['a', 'b', 'c', 'd']);
    expect(await r('SORT z BY nosort DESC LIMIT 1 2')).toEqual(['c', 'b']);
    await r('RPUSH l 3 1 2');
    expect(await r('SORT l BY nosort LIMIT 1 10')).toEqual(['1', '2']);
    expect(await r('SORT l BY nosort DESC LIMIT 1 10')).toEqual(['1', '3']);
  });

  test('SORT does not see a field whose time has come', async (r) => {
    await r('RPUSH l 1 2');
    await r('HSET h1 f x g y');
    await r('HSET h2 f z');
    await r('HPEXPIREAT h1 1000 FIELDS 1 f');
    expect(await r('SORT l GET h*->f')).toEqual([null, 'z']);
  });

  test('SORT STORE makes a list of whatever size, or deletes the target', async (r) => {
    await r(['SADD', 'k', ...Array.from({ length: 3000 }, (_, i) => `${i}`)]);
    expect(await r('SORT k LIMIT 0 5 STORE small')).toBe(5);
    expect(await r('OBJECT ENCODING small')).toBe('listpack');
    expect(await r('SORT k DESC STORE large')).toBe(3000);
    expect(await r('OBJECT ENCODING large')).toBe('quicklist');
    expect(await r('LRANGE large 0 2')).toEqual(['2999', '2998', '2997']);
    expect(await r('SORT none STORE large')).toBe(0);
    expect(await r('EXISTS large')).toBe(0);
    await r.fails('SORT_RO k STORE large', /^ERR syntax error$/);
  });
});
