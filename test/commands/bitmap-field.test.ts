// BITFIELD: integers of any width inside a string.

import { expect } from 'vitest';
import { everywhere, type Talk } from '../redis.ts';

const INTEGER = /^ERR value is not an integer or out of range$/;
const SYNTAX = /^ERR syntax error$/;
const OFFSET = /^ERR bit offset is not an integer or out of range$/;
const TYPE = /^ERR Invalid bitfield type\. Use something like i16 u8\. Note that u64 is not /;

/** Sets a field and adds to it, in one way to overflow after another. */
async function overflows(r: Talk, type: string, from: string, by: string): Promise<unknown[]> {
  const results: unknown[] = [];
  for (const how of ['WRAP', 'SAT', 'FAIL']) {
    await r(`BITFIELD k SET ${type} 3 ${from}`);
    const reply = await r(`BITFIELD k OVERFLOW ${how} INCRBY ${type} 3 ${by}`);
    results.push(...(reply as unknown[]));
  }
  return results;
}

everywhere((test) => {
  test('BITFIELD without operations answers an empty list and makes no key', async (r) => {
    expect(await r('BITFIELD k')).toEqual([]);
    expect(await r('BITFIELD_RO k')).toEqual([]);
    expect(await r('BITFIELD k OVERFLOW SAT')).toEqual([]);
    expect(await r('BITFIELD k GET u8 0 GET i64 1000')).toEqual([0, 0]);
    expect(await r('EXISTS k')).toBe(0);
  });

  test('SET answers what was there, INCRBY what is there now, GET reads in between', async (r) => {
    expect(await r('BITFIELD k SET i8 0 -100 SET u8 8 200')).toEqual([0, 0]);
    expect(await r('BITFIELD k GET u8 0 INCRBY u8 0 10 GET i8 0 SET i8 0 1')).toEqual([
      156, 166, -90, -90,
    ]);
    expect(await r('GET k')).toBe('\x01\xc8');
  });

  test('a field lies across bytes, highest bit first', async (r) => {
    await r('BITFIELD k SET u12 6 2730');
    expect(await r('GET k')).toBe('\x02\xaa\x80');
    expect(await r('BITFIELD k GET u4 6 GET u4 10 GET i4 14 GET u1 6')).toEqual([10, 10, -6, 1]);
  });

  test('an offset behind # counts fields', async (r) => {
    await r('BITFIELD k SET u8 #0 65 SET u8 #1 66 SET u16 #1 17220');
    expect(await r('GET k')).toBe('ABCD');
    expect(await r('BITFIELD k GET u8 #3 GET u8 24 GET u5 #2')).toEqual([68, 68, 1]);
  });

  test('what lies behind the end reads as zeros', async (r) => {
    await r(['SET', 'k', '\xff']);
    expect(await r('BITFIELD k GET u16 0 GET i16 0 GET u8 4 GET u63 7 GET u8 100')).toEqual([
      65280,
      -256,
      240,
      4611686018427387904n,
      0,
    ]);
    expect(await r('STRLEN k')).toBe(1);
  });

  test('GET leaves the encoding, SET and INCRBY make it raw', async (r) => {
    await r('SET n 12');
    expect(await r('BITFIELD n GET u8 0')).toEqual([49]);
    expect(await r('OBJECT ENCODING n')).toBe('int');
    expect(await r('BITFIELD n INCRBY u8 0 1')).toEqual([50]);
    expect(await r('OBJECT ENCODING n')).toBe('raw');
    expect(await r('GET n')).toBe('22');
  });

  test('an unsigned sum that does not fit wraps, stays at an end, or is refused', async (r) => {
    expect(await overflows(r, 'u8', '250', '10')).toEqual([4, 255, null]);
    expect(await overflows(r, 'u8', '5', '-10')).toEqual([251, 0, null]);
    expect(await overflows(r, 'u1', '1', '1')).toEqual([0, 1, null]);
    expect(await overflows(r, 'u52', '4503599627370495', '2')).toEqual([1, 4503599627370495, null]);
    expect(await overflows(r, 'u53', '0', '-1')).toEqual([9007199254740991, 0, null]);
    expect(await overflows(r, 'u63', '9223372036854775807', '9223372036854775807')).toEqual([
      9223372036854775806n,
      9223372036854775807n,
      null,
    ]);
  });

  test('a signed sum that does not fit does too', async (r) => {
    expect(await overflows(r, 'i8', '120', '10')).toEqual([-126, 127, null]);
    expect(await overflows(r, 'i8', '-120', '-10')).toEqual([126, -128, null]);
    expect(await overflows(r, 'i1', '0', '1')).toEqual([-1, 0, null]);
    expect(await overflows(r, 'i8', '0', '9223372036854775807')).toEqual([-1, 127, null]);
    expect(await overflows(r, 'i64', '9223372036854775807', '1')).toEqual([
      -9223372036854775808n,
      9223372036854775807n,
      null,
    ]);
    expect(await overflows(r, 'i64', '-9223372036854775808', '-1')).toEqual([
      9223372036854775807n,
      -9223372036854775808n,
      null,
    ]);
  });

  test('SET minds what does not fit as INCRBY does', async (r) => {
    expect(await r('BITFIELD k SET u8 0 257 GET u8 0')).toEqual([0, 1]);
    expect(await r('BITFIELD k OVERFLOW SAT SET u8 0 257 GET u8 0')).toEqual([1, 255]);
    expect(await r('BITFIELD k OVERFLOW FAIL SET u8 0 256 GET u8 0')).toEqual([null, 255]);
    expect(await r('BITFIELD k SET i8 0 128 GET i8 0')).toEqual([-1, -128]);
    expect(await r('BITFIELD k OVERFLOW SAT SET i8 0 -129 GET i8 0')).toEqual([-128, -128]);
  });

  test('SET takes a negative number for a very large unsigned one', async (r) => {
    expect(await r('BITFIELD k SET u8 0 -1 GET u8 0')).toEqual([0, 255]);
    expect(await r('BITFIELD k OVERFLOW SAT SET u8 0 -200 GET u8 0')).toEqual([255, 255]);
    expect(await r('BITFIELD k OVERFLOW SAT SET u63 0 -1 GET u63 0')).toEqual([
      9187343239835811840n,
      9223372036854775807n,
    ]);
  });

  test('SET of the lowest 64-bit number into fewer bits saturates at the highest', async (r) => {
    const [, got] = (await r(
      'BITFIELD k OVERFLOW SAT SET i63 0 -9223372036854775808 GET i63 0',
    )) as unknown[];
    expect(got).toBe(4611686018427387903n);
  });

  test('OVERFLOW holds for what follows, until the next one', async (r) => {
    const line = 'OVERFLOW SAT INCRBY u8 0 300 INCRBY u8 0 1 OVERFLOW WRAP INCRBY u8 0 2';
    expect(await r(`BITFIELD k ${line}`)).toEqual([255, 255, 1]);
    expect(await r('BITFIELD k INCRBY u8 0 255')).toEqual([0]);
  });

  test('a refused operation still makes the key as long as it asked for', async (r) => {
    expect(await r('BITFIELD k OVERFLOW FAIL INCRBY u8 24 300')).toEqual([null]);
    expect(await r('GET k')).toBe('\0\0\0\0');
  });

  test('an error in any operation leaves all undone', async (r) => {
    await r.fails('BITFIELD k SET u8 0 1 SET u8 8 x', INTEGER);
    await r.fails('BITFIELD k SET u8 0 1 GET u64 8', TYPE);
    await r.fails('BITFIELD k SET u8 0 1 GET u8 -1', OFFSET);
    await r.fails('BITFIELD k SET u8 0 1 GET u8', SYNTAX);
    await r.fails(
      'BITFIELD k SET u8 0 1 OVERFLOW nonsense',
      /^ERR Invalid OVERFLOW type specified$/,
    );
    await r.fails('BITFIELD k SET u8 0 1 OVERFLOW', SYNTAX);
    expect(await r('EXISTS k')).toBe(0);
  });

  test('an operation is read from left to right', async (r) => {
    await r.fails('BITFIELD k SET u99 x y', TYPE);
    await r.fails('BITFIELD k SET u8 x y', OFFSET);
    await r.fails('BITFIELD k SET u8 0 y', INTEGER);
    await r.fails('BITFIELD k SET u99 x', SYNTAX);
    await r.fails('BITFIELD k nonsense u99 x', SYNTAX);
    await r.fails('BITFIELD k SET u8 0 9223372036854775808', INTEGER);
  });

  test('a type is i1 to i64 or u1 to u63', async (r) => {
    for (const type of [
      'u64',
      'i65',
      'u0',
      'i0',
      'u',
      'i',
      '',
      '8',
      'x8',
      'U8',
      'u08',
      'u-1',
      'u 8',
    ]) {
      await r.fails(['BITFIELD', 'k', 'GET', type, '0'], TYPE);
    }
    for (let width = 1; width <= 64; width++) {
      expect(await r(`BITFIELD i${width} SET i${width} 5 -1 GET i${width} 5`)).toEqual([0, -1]);
    }
    for (let width = 1; width <= 63; width++) {
      const highest = 2n ** BigInt(width) - 1n;
      const [, got] = (await r(
        `BITFIELD u${width} SET u${width} 5 -1 GET u${width} 5`,
      )) as number[];
      expect(BigInt(got)).toBe(highest);
    }
  });

  test('an offset is limited by proto-max-bulk-len, the end of the field is not', async (r) => {
    await r('CONFIG SET proto-max-bulk-len 1mb');
    expect(await r('BITFIELD k SET u63 8388607 1')).toEqual([0]);
    expect(await r('STRLEN k')).toBe(1048584);
    await r.fails('BITFIELD k GET u8 8388608', OFFSET);
    await r.fails('BITFIELD k GET u8 #1048576', OFFSET);
    expect(await r('BITFIELD k GET u8 #1048575')).toEqual([0]);
    for (const offset of ['-1', '#-1', '#', '##1', 'x', '1#', '9223372036854775808']) {
      await r.fails(`BITFIELD k GET u8 ${offset}`, OFFSET);
    }
  });

  test('a product of # that overflows 64 bits counts as what is left of it', async (r) => {
    await r(['SET', 'k', 'A']);
    expect(await r('BITFIELD k GET u8 #2305843009213693952')).toEqual([65]);
    await r.fails('BITFIELD k GET u8 #1152921504606846976', OFFSET);
  });

  test('BITFIELD_RO reads, and refuses all else before it looks at the key', async (r) => {
    await r('SET k AB');
    expect(await r('BITFIELD_RO k GET u8 0 GET u8 #1')).toEqual([65, 66]);
    await r.fails('BITFIELD_RO k SET u8 0 1', /^ERR BITFIELD_RO only supports the GET subcommand$/);
    await r.fails(
      'BITFIELD_RO k GET u8 0 INCRBY u8 0 1',
      /^ERR BITFIELD_RO only supports the GET subcommand$/,
    );
    await r.fails('BITFIELD_RO k GET u8', SYNTAX);
    expect(await r('GET k')).toBe('AB');
  });

  for (const length of [32_767, 32_768, 200_000]) {
    test(`fields at the end of ${length} bytes are as good as any`, async (r) => {
      await r(['SET', 'k', 'x'.repeat(length)]);
      const at = length * 8 - 32;
      expect(await r(`BITFIELD k SET u32 ${at} 1094861636 INCRBY u16 ${at + 16} 1`)).toEqual([
        0x78787878, 0x4345,
      ]);
      expect(await r('GETRANGE k -6 -1')).toBe('xxABCE');
      expect(await r(`BITFIELD k INCRBY i64 ${at + 32} -1`)).toEqual([-1]);
      expect(await r('STRLEN k')).toBe(length + 8);
    });
  }
});
