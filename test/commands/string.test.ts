// Strings: plain values, counters, parts of values. SET's and GETEX's options are in
// string-set.test.ts, LCS in string-lcs.test.ts, values beyond 32 KB in string-large.test.ts.

import { expect } from 'vitest';
import { everywhere } from '../redis.ts';

const INTEGER = /^ERR value is not an integer or out of range$/;
const FLOAT = /^ERR value is not a valid float$/;
const OVERFLOW = /^ERR increment or decrement would overflow$/;
const TOO_LONG = /^ERR string exceeds maximum allowed size \(proto-max-bulk-len\)$/;

everywhere((test) => {
  test('a missing key answers null, or the length and the parts of nothing', async (r) => {
    expect(await r('GET nobody')).toBe(null);
    expect(await r('GETDEL nobody')).toBe(null);
    expect(await r('GETEX nobody')).toBe(null);
    expect(await r('MGET nobody')).toEqual([null]);
    expect(await r('STRLEN nobody')).toBe(0);
    expect(await r('GETRANGE nobody 0 -1')).toBe('');
    expect(await r('SUBSTR nobody 0 -1')).toBe('');
    expect(await r('LCS nobody nothing')).toBe('');
    expect(await r('EXISTS nobody')).toBe(0);
  });

  test('null is spelt as the protocol has it', async (r) => {
    expect(await r.raw('GET nobody')).toBe(r.resp3 ? '_\r\n' : '$-1\r\n');
  });

  test('every byte comes back, in keys and in values', async (r) => {
    const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('');
    expect(await r(['SET', bytes, bytes])).toBe('OK');
    expect(await r(['GET', bytes])).toBe(bytes);
    expect(await r(['STRLEN', bytes])).toBe(256);
    expect(await r(['SET', '', ''])).toBe('OK');
    expect(await r(['GET', ''])).toBe('');
  });

  test('each command wants its number of arguments', async (r) => {
    for (const line of [
      'GET',
      'GET a b',
      'SET a',
      'SETNX a',
      'SETEX a 1',
      'PSETEX a 1',
      'GETSET a',
    ]) {
      await r.fails(line, /^ERR wrong number of arguments for '[a-z]+' command$/);
    }
    for (const line of [
      'APPEND a',
      'STRLEN',
      'SETRANGE a 1',
      'GETRANGE a 1',
      'SUBSTR a 1',
      'INCR',
    ]) {
      await r.fails(line, /^ERR wrong number of arguments for '[a-z]+' command$/);
    }
    for (const line of [
      'INCRBY a',
      'DECRBY a',
      'INCRBYFLOAT a',
      'MGET',
      'GETDEL',
      'GETEX',
      'LCS a',
    ]) {
      await r.fails(line, /^ERR wrong number of arguments for '[a-z]+' command$/);
    }
    await r.fails('MSET a', /^ERR wrong number of arguments for 'mset' command$/);
    await r.fails('MSET a 1 b', /^ERR wrong number of arguments for 'mset' command$/);
    await r.fails('MSETNX a 1 b', /^ERR wrong number of arguments for 'msetnx' command$/);
  });

  test('an encoding tells how a value came about', async (r) => {
    const encodings: [string, string[]][] = [
      ['int', ['SET k 12', 'SET k -9223372036854775808', 'SET k 9223372036854775807']],
      ['embstr', ['SET k 012', 'SET k -0', 'SET k 1.5', 'SET k 9223372036854775808', 'SET k ""']],
      ['embstr', [`SET k ${'x'.repeat(44)}`, 'MSET k abc', 'GETSET k abc', 'SETEX k 100 abc']],
      ['raw', [`SET k ${'x'.repeat(45)}`]],
    ];
    for (const [encoding, lines] of encodings) {
      for (const line of lines) {
        await r(line);
        expect(await r('OBJECT ENCODING k'), line).toBe(encoding);
      }
    }
  });

  test('a value that was edited in place is raw, however short', async (r) => {
    await r('MSET a 10 b abc');
    expect(await r('APPEND a 5')).toBe(3);
    expect(await r('OBJECT ENCODING a')).toBe('raw');
    expect(await r('SETRANGE b 1 xy')).toBe(3);
    expect(await r('OBJECT ENCODING b')).toBe('raw');
    expect(await r('INCR a')).toBe(106);
    expect(await r('OBJECT ENCODING a')).toBe('int');
    expect(await r('APPEND fresh 5')).toBe(1);
    expect(await r('OBJECT ENCODING fresh')).toBe('int');
    expect(await r('APPEND a ""')).toBe(3);
    expect(await r('OBJECT ENCODING a')).toBe('raw');
  });

  test('SETNX sets only what is not there', async (r) => {
    expect(await r('SETNX k one')).toBe(1);
    expect(await r('SETNX k two')).toBe(0);
    expect(await r('GET k')).toBe('one');
  });

  test('GETSET and GETDEL answer what they replace and remove', async (r) => {
    expect(await r('GETSET k one')).toBe(null);
    await r('EXPIRE k 100');
    expect(await r('GETSET k two')).toBe('one');
    expect(await r('TTL k')).toBe(-1);
    expect(await r('GETDEL k')).toBe('two');
    expect(await r('EXISTS k')).toBe(0);
  });

  test('SETEX and PSETEX set a value and when it expires', async (r) => {
    expect(await r('SETEX k 100 v')).toBe('OK');
    expect(await r('TTL k')).toBe(100);
    expect(await r('PSETEX k 200000 w')).toBe('OK');
    expect(await r('TTL k')).toBe(200);
    expect(await r('GET k')).toBe('w');
  });

  test('SETEX and PSETEX refuse a time that is none', async (r) => {
    await r.fails('SETEX k 0 v', /^ERR invalid expire time in 'setex' command$/);
    await r.fails('SETEX k -1 v', /^ERR invalid expire time in 'setex' command$/);
    await r.fails('SETEX k 9223372036854775807 v', /^ERR invalid expire time in 'setex' command$/);
    await r.fails('PSETEX k 0 v', /^ERR invalid expire time in 'psetex' command$/);
    await r.fails('PSETEX k 9223372036854775807 v', /^ERR invalid expire time in 'psetex'/);
    await r.fails('SETEX k 1.5 v', INTEGER);
    expect(await r('EXISTS k')).toBe(0);
  });

  test('MSET sets all, the last of equal keys', async (r) => {
    expect(await r('MSET a 1 b 2 a 3')).toBe('OK');
    expect(await r('MGET a b c a')).toEqual(['3', '2', null, '3']);
  });

  test('MSETNX sets all or nothing', async (r) => {
    expect(await r('MSETNX a 1 b 2')).toBe(1);
    expect(await r('MSETNX c 3 b 4')).toBe(0);
    expect(await r('MGET a b c')).toEqual(['1', '2', null]);
    expect(await r('MSETNX d 1 d 2')).toBe(1);
    expect(await r('GET d')).toBe('2');
  });

  test('INCR and its like count up and down', async (r) => {
    expect(await r('INCR n')).toBe(1);
    expect(await r('INCRBY n 41')).toBe(42);
    expect(await r('DECR n')).toBe(41);
    expect(await r('DECRBY n 50')).toBe(-9);
    expect(await r('INCRBY n -1')).toBe(-10);
    expect(await r('GET n')).toBe('-10');
  });

  test('a counter keeps its expiry', async (r) => {
    await r('SET n 1 EX 100');
    await r('INCR n');
    await r('INCRBYFLOAT n 1.5');
    await r('APPEND n 0');
    expect(await r('TTL n')).toBe(100);
  });

  test('counters have 64 bits', async (r) => {
    await r('SET n 9007199254740991');
    expect(await r('INCR n')).toBe(9007199254740992n);
    expect(await r('INCR n')).toBe(9007199254740993n);
    expect(await r('DECRBY n 2')).toBe(9007199254740991);
    await r('SET n 9223372036854775806');
    expect(await r('INCR n')).toBe(9223372036854775807n);
    await r.fails('INCR n', OVERFLOW);
    await r.fails('DECRBY n -1', OVERFLOW);
    expect(await r('GET n')).toBe('9223372036854775807');
    expect(await r('INCRBY n -9223372036854775808')).toBe(-1);
    await r.fails('INCRBY n -9223372036854775808', OVERFLOW);
    await r.fails('DECRBY n -9223372036854775808', /^ERR decrement would overflow$/);
  });

  test('counters refuse what is not an integer as Redis spells it', async (r) => {
    for (const value of ['', 'abc', '1.5', '+1', '01', '-0', ' 1', '1 ', '9223372036854775808']) {
      await r(['SET', 'n', value]);
      await r.fails('INCR n', INTEGER);
      await r.fails(['INCRBY', 'other', value], INTEGER);
      await r.fails(['DECRBY', 'other', value], INTEGER);
      expect(await r('GET n')).toBe(value);
    }
  });

  test('an increment is read before the value is looked at', async (r) => {
    await r('SET n abc');
    await r.fails('DECRBY n -9223372036854775808', /^ERR decrement would overflow$/);
    await r.fails('SETRANGE n -1 x', /^ERR offset is out of range$/);
  });

  test('INCRBYFLOAT computes with long doubles and prints 17 digits', async (r) => {
    expect(await r('INCRBYFLOAT n 10.50')).toBe('10.5');
    expect(await r('INCRBYFLOAT n 0.1')).toBe('10.6');
    expect(await r('INCRBYFLOAT n -5.6')).toBe('5');
    expect(await r('OBJECT ENCODING n')).toBe('embstr');
    await r('SET n 5.0e3');
    expect(await r('INCRBYFLOAT n 2.0e2')).toBe('5200');
    await r('SET n 3');
    expect(await r('INCRBYFLOAT n 1.1')).toBe('4.1');
    expect(await r('INCRBYFLOAT tiny 0.00000000000000001')).toBe('0.00000000000000001');
    expect(await r('INCRBYFLOAT tiny 0.000000000000000001')).toBe('0.00000000000000001');
    await r('SET large 9007199254740993');
    expect(await r('INCRBYFLOAT large 0.5')).toBe('9007199254740993.5');
  });

  test('INCRBYFLOAT refuses what is no number, and sums that are none', async (r) => {
    await r('SET n abc');
    await r.fails('INCRBYFLOAT n 1', FLOAT);
    await r.fails('INCRBYFLOAT other abc', FLOAT);
    await r.fails('INCRBYFLOAT other nan', FLOAT);
    await r.fails('INCRBYFLOAT other inf', /^ERR increment would produce NaN or Infinity$/);
    await r.fails('INCRBYFLOAT other -inf', /^ERR increment would produce NaN or Infinity$/);
    expect(await r('EXISTS other')).toBe(0);
  });

  test('APPEND to a missing key sets it, to another adds', async (r) => {
    expect(await r('APPEND k Hello')).toBe(5);
    expect(await r('APPEND k " World"')).toBe(11);
    expect(await r('GET k')).toBe('Hello World');
    expect(await r('APPEND empty ""')).toBe(0);
    expect(await r('EXISTS empty')).toBe(1);
  });

  test('APPEND a byte at a time', async (r) => {
    let text = '';
    for (let i = 0; i < 300; i++) {
      const byte = String.fromCharCode(i % 256);
      text += byte;
      expect(await r(['APPEND', 'k', byte])).toBe(text.length);
    }
    expect(await r('GET k')).toBe(text);
  });

  test('SETRANGE writes over, and fills the gap with zeros', async (r) => {
    await r('SET k "Hello World"');
    expect(await r('SETRANGE k 6 Redis')).toBe(11);
    expect(await r('GET k')).toBe('Hello Redis');
    expect(await r('SETRANGE k 13 !')).toBe(14);
    expect(await r('GET k')).toBe('Hello Redis\0\0!');
    expect(await r('SETRANGE fresh 3 ab')).toBe(5);
    expect(await r('GET fresh')).toBe('\0\0\0ab');
    await r('SET n 1234');
    expect(await r('SETRANGE n 1 9')).toBe(4);
    expect(await r('GET n')).toBe('1934');
  });

  test('SETRANGE with nothing to write changes nothing', async (r) => {
    expect(await r('SETRANGE k 0 ""')).toBe(0);
    expect(await r('SETRANGE k 1000000000000 ""')).toBe(0);
    expect(await r('EXISTS k')).toBe(0);
    await r('SET k 12');
    expect(await r('SETRANGE k 5 ""')).toBe(2);
    expect(await r('OBJECT ENCODING k')).toBe('int');
  });

  test('SETRANGE refuses offsets that are none', async (r) => {
    await r.fails('SETRANGE k -1 x', /^ERR offset is out of range$/);
    await r.fails('SETRANGE k x x', INTEGER);
    await r.fails('SETRANGE k 536870912 x', TOO_LONG);
    await r.fails('SETRANGE k 9223372036854775807 x', TOO_LONG);
    expect(await r('EXISTS k')).toBe(0);
  });

  test('APPEND and SETRANGE stay below proto-max-bulk-len', async (r) => {
    await r('CONFIG SET proto-max-bulk-len 1mb');
    expect(await r('SETRANGE k 1048575 x')).toBe(1048576);
    await r.fails('SETRANGE k 1048576 x', TOO_LONG);
    await r.fails('APPEND k x', TOO_LONG);
    expect(await r('STRLEN k')).toBe(1048576);
  });

  for (const command of ['GETRANGE', 'SUBSTR']) {
    test(`${command} counts from either end, both ends included`, async (r) => {
      await r('SET k "This is a string"');
      const ranges: [string, string][] = [
        ['0 3', 'This'],
        ['-3 -1', 'ing'],
        ['0 -1', 'This is a string'],
        ['10 100', 'string'],
        ['5 3', ''],
        ['-1 -3', ''],
        ['-100 1', 'Th'],
        ['-100 -99', 'T'],
        ['-99 -100', ''],
        ['100 200', ''],
        ['0 0', 'T'],
        ['-9223372036854775808 9223372036854775807', 'This is a string'],
        ['-9223372036854775807 -9223372036854775808', ''],
        ['-9223372036854775808 -9223372036854775807', 'T'],
      ];
      for (const [range, part] of ranges)
        expect(await r(`${command} k ${range}`), range).toBe(part);
      await r('SET n 12345');
      expect(await r(`${command} n 1 -2`)).toBe('234');
      await r('SET empty ""');
      expect(await r(`${command} empty 0 -1`)).toBe('');
      await r.fails(`${command} k a 1`, INTEGER);
      await r.fails(`${command} k 1 a`, INTEGER);
      await r.fails(`${command} nobody 1 a`, INTEGER);
    });
  }

  test('a key of another type is refused, and left alone', async (r) => {
    await r('RPUSH list x');
    const lines = ['GET', 'GETDEL', 'GETEX', 'STRLEN', 'INCR', 'DECR'].map(
      (word) => `${word} list`,
    );
    lines.push('GETSET list v', 'APPEND list v', 'SETRANGE list 0 v', 'SETRANGE list 0 ""');
    lines.push('GETRANGE list 0 -1', 'SUBSTR list 0 -1', 'INCRBY list 1', 'DECRBY list 1');
    lines.push('INCRBYFLOAT list 1', 'SET list v GET');
    for (const line of lines) await r.fails(line, /^WRONGTYPE Operation against a key/);
    expect(await r('MGET list')).toEqual([null]);
    expect(await r('SETNX list v')).toBe(0);
    expect(await r('MSETNX a 1 list v')).toBe(0);
    expect(await r('TYPE list')).toBe('list');
    expect(await r('SET list v')).toBe('OK');
    expect(await r('TYPE list')).toBe('string');
  });
});
