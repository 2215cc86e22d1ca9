// Hashes, wherever the server is, and in real Redis.

import { expect } from 'vitest';
import { everywhere } from '../redis.ts';

everywhere((test) => {
  test('HSET counts the fields that are new; HMSET says OK', async (r) => {
    expect(await r('HSET h a 1 b 2 a 3')).toBe(2);
    expect(await r('HSET h a 4 c 5')).toBe(1);
    expect(await r('HMSET h a 6')).toBe('OK');
    expect(await r('HMGET h a b c d')).toEqual(['6', '2', '5', null]);
    await r.fails('HSET h a', /wrong number of arguments for 'hset'/);
    await r.fails('HMSET h a 1 b', /wrong number of arguments for 'hmset'/);
  });

  test('HGETALL is a map where there are maps', async (r) => {
    await r('HSET h a 1 b 2');
    const expected = r.resp3
      ? new Map([
          ['a', '1'],
          ['b', '2'],
        ])
      : ['a', '1', 'b', '2'];
    expect(await r('HGETALL h')).toEqual(expected);
    expect(await r('HKEYS h')).toEqual(['a', 'b']);
    expect(await r('HVALS h')).toEqual(['1', '2']);
    expect(await r.raw('HGETALL none')).toBe(r.resp3 ? '%0\r\n' : '*0\r\n');
  });

  test('the key goes with its last field', async (r) => {
    await r('HSET h a 1 b 2');
    expect(await r('HDEL h a none')).toBe(1);
    expect(await r('HDEL h b b')).toBe(1);
    expect(await r('EXISTS h')).toBe(0);
    expect(await r('HDEL h b')).toBe(0);
  });

  test('no other type is taken for a hash', async (r) => {
    await r('SET s 1');
    for (const line of [
      ...['HSET s a 1', 'HGET s a', 'HDEL s a', 'HLEN s', 'HINCRBY s a 1', 'HSCAN s 0'],
      ...['HEXPIRE s 1 FIELDS 1 a', 'HTTL s FIELDS 1 a', 'HGETDEL s FIELDS 1 a', 'HRANDFIELD s 2'],
    ]) {
      await r.fails(line, /^WRONGTYPE/);
    }
  });

  test('sums are kept as text, and what is no number is refused', async (r) => {
    expect(await r('HINCRBY h n 5')).toBe(5);
    expect(await r('HINCRBYFLOAT h n 0.1')).toBe('5.1');
    await r.fails('HINCRBY h n 1', /hash value is not an integer/);
    await r('HSET h n 9223372036854775807');
    await r.fails('HINCRBY h n 1', /would overflow/);
    await r('HSET h n x');
    await r.fails('HINCRBYFLOAT h n 1', /hash value is not a float/);
    await r.fails('HINCRBYFLOAT h n inf', /value is NaN or Infinity/);
    expect(await r('HGET h n')).toBe('x');
  });

  test('a walk over a large hash meets every field', async (r) => {
    const fields = Array.from({ length: 600 }, (_, i) => `f${i}`);
    await r(['HSET', 'h', ...fields.flatMap((field) => [field, 'v'])]);
    expect(await r('OBJECT ENCODING h')).toBe('hashtable');
    const met = new Set<string>();
    let cursor = '0';
    do {
      const [next, some] = (await r(['HSCAN', 'h', cursor, 'COUNT', '50', 'NOVALUES'])) as [
        string,
        string[],
      ];
      for (const field of some) met.add(field);
      cursor = next;
    } while (cursor !== '0');
    expect([...met].sort()).toEqual([...fields].sort());
  });

  test('fields drawn by HRANDFIELD differ if their number is positive', async (r) => {
    await r('HSET h a 1 b 2 c 3');
    const two = (await r('HRANDFIELD h 2')) as string[];
    expect(new Set(two).size).toBe(2);
    expect(await r('HRANDFIELD h 10')).toEqual(['a', 'b', 'c']);
    expect(await r('HRANDFIELD h -7')).toHaveLength(7);
    const pair = (await r('HRANDFIELD h 1 WITHVALUES')) as unknown[];
    expect(pair).toHaveLength(r.resp3 ? 1 : 2);
    expect(await r('HRANDFIELD none')).toBe(null);
    expect(await r('HRANDFIELD none 5')).toEqual([]);
  });

  test('a field can be given a time to live, asked for it, and kept after all', async (r) => {
    await r('HSET h a 1 b 2');
    expect(await r('HEXPIRE h 100 FIELDS 2 a none')).toEqual([1, -2]);
    expect(await r('OBJECT ENCODING h')).toBe('listpackex');
    expect(await r('HTTL h FIELDS 3 a b none')).toEqual([100, -1, -2]);
    expect(await r('HEXPIRE h 50 GT FIELDS 1 a')).toEqual([0]);
    expect(await r('HPERSIST h FIELDS 2 a b')).toEqual([1, -1]);
    expect(await r('HEXPIREAT h 1 FIELDS 1 a')).toEqual([2]);
    expect(await r('HKEYS h')).toEqual(['b']);
  });

  test('HSETEX, HGETEX and HGETDEL have values and times in one', async (r) => {
    expect(await r('HSETEX h FNX EX 100 FIELDS 2 a 1 b 2')).toBe(1);
    expect(await r('HSETEX h FNX FIELDS 2 b 3 c 4')).toBe(0);
    expect(await r('HTTL h FIELDS 2 a b')).toEqual([100, 100]);
    expect(await r('HGETEX h PERSIST FIELDS 2 a none')).toEqual(['1', null]);
    expect(await r('HTTL h FIELDS 2 a b')).toEqual([-1, 100]);
    expect(await r('HGETDEL h FIELDS 2 a b')).toEqual(['1', '2']);
    expect(await r('EXISTS h')).toBe(0);
  });
});
