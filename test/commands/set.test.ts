// What a duel of random calls does not reach: chance, sizes, and walks in several steps.

import { expect } from 'vitest';
import { everywhere, type Talk, type Value } from '../redis.ts';

const RANGE = /^ERR value is out of range, must be positive$/;
const SYNTAX = /^ERR syntax error$/;

/** A reply that is a list, or in RESP3 a set. */
function listed(reply: Value): Value[] {
  return reply instanceof Set ? [...reply] : (reply as Value[]);
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
}

async function encoding(r: Talk, key: string): Promise<Value> {
  return r(['OBJECT', 'ENCODING', key]);
}

everywhere((test) => {
  test('SADD makes a set whose encoding suits the number of members given', async (r) => {
    expect(await r(['SADD', 'a', ...numbers(1, 512)])).toBe(512);
    expect(await encoding(r, 'a')).toBe('intset');
    expect(await r('SADD a 513')).toBe(1);
    expect(await encoding(r, 'a')).toBe('hashtable');
    expect(await r(['SADD', 'b', 'x', ...numbers(1, 127)])).toBe(128);
    expect(await encoding(r, 'b')).toBe('listpack');
    expect(await r(['SADD', 'c', ...'x'.repeat(129)])).toBe(1);
    expect(await encoding(r, 'c')).toBe('hashtable');
  });

  test('SPOP takes random members out, and the key with the last of them', async (r) => {
    await r('SADD k a b c');
    const first = await r('SPOP k');
    const rest = listed(await r('SPOP k 2'));
    expect([first, ...rest].sort()).toEqual(['a', 'b', 'c']);
    expect(await r('EXISTS k')).toBe(0);
    expect(await r('SPOP k')).toBeNull();
    expect(listed(await r('SPOP k 3'))).toEqual([]);
    await r('SADD k a');
    expect(await r('SPOP k')).toBe('a');
    expect(await r('EXISTS k')).toBe(0);
    await r.fails('SPOP k -1', RANGE);
    await r.fails('SPOP k 1 2', SYNTAX);
  });

  test('SPOP that leaves a few members of many makes a small set of them', async (r) => {
    await r(['SADD', 'k', ...numbers(1, 600)]);
    expect(listed(await r('SPOP k 100'))).toHaveLength(100);
    expect(await encoding(r, 'k')).toBe('hashtable');
    expect(new Set(listed(await r('SPOP k 450'))).size).toBe(450);
    expect(await encoding(r, 'k')).toBe('listpack');
    expect(await r('SCARD k')).toBe(50);
  });

  test('SRANDMEMBER tells so many different members, or any so many', async (r) => {
    for (const all of [numbers(1, 20), ['x', ...numbers(1, 19)], numbers(1, 1000)]) {
      await r('DEL k');
      await r(['SADD', 'k', ...all]);
      for (const count of [1, 2, 10, 19]) {
        const some = (await r(['SRANDMEMBER', 'k', count])) as string[];
        expect(some).toHaveLength(count);
        expect(new Set(some).size).toBe(count);
        expect(some.filter((member) => !all.includes(member))).toEqual([]);
      }
      expect(((await r('SRANDMEMBER k 2000')) as string[]).sort()).toEqual([...all].sort());
      expect(await r('SRANDMEMBER k -3000')).toHaveLength(3000);
      expect(all).toContain(await r('SRANDMEMBER k'));
    }
    await r.fails('SRANDMEMBER k -9223372036854775808', /value must between -922337203685477580/);
    await r.fails('SRANDMEMBER k x', /^ERR value is not an integer or out of range$/);
  });

  test('SSCAN meets every member of a large set, also while others come and go', async (r) => {
    await r(['SADD', 'k', ...numbers(1, 1000)]);
    const met = new Set<Value>();
    let cursor = '0';
    let round = 0;
    do {
      const [next, some] = (await r(['SSCAN', 'k', cursor, 'COUNT', 50])) as [string, Value[]];
      for (const member of some) met.add(member);
      cursor = next;
      round++;
      await r(['SREM', 'k', ...numbers(900, 905 + round)]);
      await r(['SADD', 'k', `new${round}`]);
    } while (cursor !== '0');
    expect(numbers(1, 899).filter((member) => !met.has(member))).toEqual([]);
    expect(round).toBeGreaterThan(5);
  });

  test('SSCAN of a small set comes with everything at once', async (r) => {
    await r('SADD k c a b');
    expect(await r('SSCAN k 0 COUNT 1')).toEqual(['0', ['c', 'a', 'b']]);
    expect(await r('SSCAN k 7 MATCH [ab]')).toEqual(['0', ['a', 'b']]);
    expect(await r('SSCAN none 0 COUNT x')).toEqual(['0', []]);
    await r.fails('SSCAN k 0 NOVALUES', /can only be used in HSCAN/);
  });

  test('SDIFFSTORE leaves an encoding that tells how the difference was found', async (r) => {
    await r(['SADD', 'first', 'x', ...numbers(1, 150)]);
    await r('SADD second x');
    await r(['SADD', 'many', ...numbers(1, 140)]);
    expect(await r('SDIFFSTORE few first many second')).toBe(10);
    expect(await encoding(r, 'few')).toBe('intset');
    await r('SADD x1 x');
    await r('SADD x2 y');
    await r('SADD x3 z');
    expect(await r('SDIFFSTORE rest first x1 x2 x3')).toBe(150);
    expect(await encoding(r, 'rest')).toBe('hashtable');
  });

  test('SINTERSTORE of integers alone makes an intset, whatever they were kept in', async (r) => {
    await r('SADD a 1 2 3 x');
    await r('SADD b 3 2 y');
    expect(await r('SINTERSTORE c a b')).toBe(2);
    expect(await encoding(r, 'c')).toBe('intset');
    expect(listed(await r('SMEMBERS c'))).toEqual(['2', '3']);
  });

  test('DEBUG OBJECT tells how long a set would be in a file', async (r) => {
    const length = async (...members: string[]): Promise<string> => {
      await r('DEL k');
      await r(['SADD', 'k', ...members]);
      return /serializedlength:(\d+)/.exec((await r('DEBUG OBJECT k')) as string)![1];
    };
    expect(await length('1', '32767')).toBe('13');
    expect(await length('1', '32768')).toBe('17');
    expect(await length('2147483648')).toBe('17');
    expect(await length('a', 'b', '12')).toBe('16');
    expect(await length('x'.repeat(65), '1', '1000')).toBe('19');
  });
});
