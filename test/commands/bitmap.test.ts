// Strings as rows of bits. BITFIELD is in bitmap-field.test.ts.

import { expect } from 'vitest';
import { everywhere } from '../redis.ts';

const INTEGER = /^ERR value is not an integer or out of range$/;
const SYNTAX = /^ERR syntax error$/;
const OFFSET = /^ERR bit offset is not an integer or out of range$/;
const BIT = /^ERR bit is not an integer or out of range$/;

everywhere((test) => {
  test('BITOP with an empty result deletes a target whose time had come, uncounted', async (r) => {
    await r('DEBUG SET-ACTIVE-EXPIRE 0');
    await r('CONFIG RESETSTAT');
    await r('SET target x PXAT 1000');
    expect(await r('BITOP NOT target nobody')).toBe(0);
    expect(await r('INFO stats')).toMatch(/expired_keys:0\r/);
    expect(await r('EXISTS target')).toBe(0);
    await r('DEBUG SET-ACTIVE-EXPIRE 1');
  });

  test('SETBIT answers what the bit was, and GETBIT what it is', async (r) => {
    expect(await r('SETBIT k 7 1')).toBe(0);
    expect(await r('GET k')).toBe('\x01');
    expect(await r('SETBIT k 0 1')).toBe(0);
    expect(await r('SETBIT k 7 0')).toBe(1);
    expect(await r('GET k')).toBe('\x80');
    expect(await r('GETBIT k 0')).toBe(1);
    expect(await r('GETBIT k 7')).toBe(0);
    expect(await r('GETBIT k 8')).toBe(0);
    expect(await r('GETBIT k 4294967295')).toBe(0);
    expect(await r('GETBIT nobody 0')).toBe(0);
  });

  test('SETBIT of a bit behind the end adds zeros', async (r) => {
    expect(await r('SETBIT k 20 1')).toBe(0);
    expect(await r('GET k')).toBe('\0\0\x08');
    expect(await r('SETBIT k 39 0')).toBe(0);
    expect(await r('STRLEN k')).toBe(5);
    expect(await r('SETBIT zero 0 0')).toBe(0);
    expect(await r('GET zero')).toBe('\0');
  });

  test('GETBIT and SETBIT see the digits of a number, and the bytes of a string', async (r) => {
    await r('MSET n 10 s ab');
    expect(await r('GETBIT n 2')).toBe(1); // '1' is 00110001.
    expect(await r('GETBIT n 7')).toBe(1);
    expect(await r('GETBIT n 15')).toBe(0);
    expect(await r('SETBIT n 15 1')).toBe(0);
    expect(await r('GET n')).toBe('11');
    expect(await r('GETBIT s 9')).toBe(1);
    expect(await r('GETBIT s 16')).toBe(0);
  });

  test('after SETBIT the encoding is raw, even if no bit changed', async (r) => {
    await r('MSET n 1 s abc');
    await r('SETBIT n 7 1');
    await r('SETBIT s 0 0');
    await r('SETBIT fresh 0 1');
    for (const key of ['n', 's', 'fresh']) expect(await r(`OBJECT ENCODING ${key}`)).toBe('raw');
    expect(await r('MGET n s')).toEqual(['1', 'abc']);
    expect(await r('INCR n')).toBe(2);
    expect(await r('OBJECT ENCODING n')).toBe('int');
  });

  test('SETBIT and GETBIT refuse offsets that are none, before bits that are none', async (r) => {
    for (const offset of [
      '-1',
      'x',
      '""',
      '1.5',
      '4294967296',
      '#1',
      '01',
      '9223372036854775808',
    ]) {
      await r.fails(`SETBIT k ${offset} 2`, OFFSET);
      await r.fails(`GETBIT k ${offset}`, OFFSET);
    }
    for (const bit of ['2', '-1', 'x', '""', '01', '10']) await r.fails(`SETBIT k 0 ${bit}`, BIT);
    expect(await r('EXISTS k')).toBe(0);
  });

  test('the last bit is that of the last byte that proto-max-bulk-len allows', async (r) => {
    await r('CONFIG SET proto-max-bulk-len 1mb');
    expect(await r('SETBIT k 8388607 1')).toBe(0);
    expect(await r('STRLEN k')).toBe(1048576);
    expect(await r('BITPOS k 1')).toBe(8388607);
    await r.fails('SETBIT k 8388608 1', OFFSET);
    await r.fails('GETBIT k 8388608', OFFSET);
  });

  const half = 'half a gigabyte of zeros is slow there';
  test('a row has up to 2^32 bits', { skip: { real: half, tcp: half } }, async (r) => {
    expect(await r('SETBIT k 4294967295 1')).toBe(0);
    expect(await r('STRLEN k')).toBe(536870912);
    expect(await r('GETBIT k 4294967295')).toBe(1);
    expect(await r('GETBIT k 4294967294')).toBe(0);
    expect(await r('BITFIELD_RO k GET u2 4294967294 GET u8 #536870911')).toEqual([1, 1]);
    expect(await r('BITCOUNT k -10 -1')).toBe(1);
    expect(await r('BITPOS k 1 4294967000 -1 BIT')).toBe(4294967295);
  });

  test('a bitmap keeps its expiry', async (r) => {
    await r('SET k abc EX 100');
    await r('SETBIT k 100 1');
    await r('BITFIELD k SET u8 0 1');
    expect(await r('TTL k')).toBe(100);
  });

  test('BITCOUNT counts the bits of all, of bytes or of bits', async (r) => {
    await r('SET k foobar');
    const counts: [string, number][] = [
      ['', 26],
      ['0 -1', 26],
      ['0 0', 4],
      ['1 1', 6],
      ['1 1 BYTE', 6],
      ['5 30 BIT', 17],
      ['-8 -1 bit', 4],
      ['0 0 bit', 0],
      ['1 1 bit', 1],
      ['-2 -3', 0],
      ['4 2', 0],
      ['6 100', 0],
      ['-100 0', 4],
      ['-100 -99', 4],
      ['-99 -100', 0],
      ['-9223372036854775807 -9223372036854775808', 0],
      ['-9223372036854775808 -9223372036854775807', 4],
      ['0 9223372036854775807 BIT', 26],
    ];
    for (const [range, count] of counts) expect(await r(`BITCOUNT k ${range}`), range).toBe(count);
    expect(await r('BITCOUNT nobody')).toBe(0);
    expect(await r('BITCOUNT nobody 0 -1 BIT')).toBe(0);
    await r('MSET empty "" n 10');
    expect(await r('BITCOUNT empty')).toBe(0);
    expect(await r('BITCOUNT empty 0 0')).toBe(0);
    expect(await r('BITCOUNT n')).toBe(5);
  });

  test('BITCOUNT reads its numbers, then the unit, then the key', async (r) => {
    await r.fails('BITCOUNT k 0', SYNTAX);
    await r.fails('BITCOUNT k x', SYNTAX);
    await r.fails('BITCOUNT k 0 1 BIT x', SYNTAX);
    await r.fails('BITCOUNT k x 1 nonsense', INTEGER);
    await r.fails('BITCOUNT k 0 y', INTEGER);
    await r.fails('BITCOUNT k 0 1 nonsense', SYNTAX);
  });

  test('BITPOS finds the first one and the first zero', async (r) => {
    await r(['MSET', 'k', '\xff\xf0\x00', 'ones', '\xff\xff\xff', 'zeros', '\0\0\0', 'empty', '']);
    const positions: [string, number][] = [
      ['k 0', 12],
      ['k 1', 0],
      ['k 1 2', -1],
      ['k 0 2', 16],
      ['k 1 1', 8],
      ['k 0 1 1', 12],
      ['k 0 0 0', -1],
      ['k 1 -3 -3', 0],
      ['k 0 13 -1 BIT', 13],
      ['k 1 11 12 bit', 11],
      ['k 1 12 -1 BIT', -1],
      ['k 0 3 9 BIT', -1],
      ['k 0 5', -1],
      ['k 0 1 0', -1],
      ['zeros 1', -1],
      ['zeros 0 1', 8],
      ['ones 1 2', 16],
      ['nobody 0', 0],
      ['nobody 1', -1],
      ['nobody 0 5 9 BIT', 0],
      ['empty 0', -1],
      ['empty 1', -1],
    ];
    for (const [line, at] of positions) expect(await r(`BITPOS ${line}`), line).toBe(at);
  });

  test('BITPOS of a zero in all ones is behind the end, unless an end was given', async (r) => {
    await r(['SET', 'k', '\xff\xff\xff']);
    expect(await r('BITPOS k 0')).toBe(24);
    expect(await r('BITPOS k 0 1')).toBe(24);
    expect(await r('BITPOS k 0 -1')).toBe(24);
    expect(await r('BITPOS k 0 0 -1')).toBe(-1);
    expect(await r('BITPOS k 0 0 -1 BIT')).toBe(-1);
    expect(await r('BITPOS k 0 3')).toBe(-1);
  });

  test('BITPOS reads the bit, the start, the unit, the end, and then the key', async (r) => {
    await r.fails('BITPOS k x', INTEGER);
    await r.fails('BITPOS k 2', /^ERR The bit argument must be 1 or 0\.$/);
    await r.fails('BITPOS k 2 x', /^ERR The bit argument must be 1 or 0\.$/);
    await r.fails('BITPOS k 1 x y nonsense', INTEGER);
    await r.fails('BITPOS k 1 0 y nonsense', SYNTAX);
    await r.fails('BITPOS k 1 0 y BIT', INTEGER);
    await r.fails('BITPOS k 1 0 y', INTEGER);
    await r.fails('BITPOS k 1 0 1 BIT x', SYNTAX);
  });

  test('BITOP combines strings, the shorter ones as if zeros followed', async (r) => {
    await r(['MSET', 'a', '\xf0\xff\x0f', 'b', '\xff\x0f', 'n', '1']);
    expect(await r('BITOP AND to a b')).toBe(3);
    expect(await r('GET to')).toBe('\xf0\x0f\x00');
    expect(await r('BITOP or to a b')).toBe(3);
    expect(await r('GET to')).toBe('\xff\xff\x0f');
    expect(await r('BITOP Xor to a b')).toBe(3);
    expect(await r('GET to')).toBe('\x0f\xf0\x0f');
    expect(await r('BITOP NOT to a')).toBe(3);
    expect(await r('GET to')).toBe('\x0f\x00\xf0');
    expect(await r('BITOP XOR to a b n')).toBe(3);
    expect(await r('GET to')).toBe('\x3e\xf0\x0f');
    expect(await r('BITOP AND to a nobody')).toBe(3);
    expect(await r('GET to')).toBe('\0\0\0');
    expect(await r('BITOP OR to nobody a')).toBe(3);
    expect(await r('GET to')).toBe('\xf0\xff\x0f');
    expect(await r('MGET a b n')).toEqual(['\xf0\xff\x0f', '\xff\x0f', '1']);
  });

  test('BITOP may write to one of its sources, and replaces whatever is there', async (r) => {
    await r(['SET', 'a', '\x0f', 'EX', '100']);
    expect(await r('BITOP NOT a a')).toBe(1);
    expect(await r('GET a')).toBe('\xf0');
    expect(await r('TTL a')).toBe(-1);
    expect(await r('BITOP XOR a a a')).toBe(1);
    expect(await r('GET a')).toBe('\0');
    await r('SET n 12');
    expect(await r('BITOP AND n n')).toBe(2);
    expect(await r('OBJECT ENCODING n')).toBe('raw');
    expect(await r('INCR n')).toBe(13);
  });

  test('BITOP of nothing removes the destination', async (r) => {
    await r('MSET to abc empty ""');
    expect(await r('BITOP AND to nobody empty')).toBe(0);
    expect(await r('EXISTS to')).toBe(0);
    expect(await r('BITOP NOT to nobody')).toBe(0);
  });

  test('BITOP refuses operations it does not know, and NOT of several keys', async (r) => {
    await r.fails('BITOP NAND to a b', SYNTAX);
    await r.fails('BITOP DIFF to a b', SYNTAX);
    await r.fails('BITOP "" to a b', SYNTAX);
    await r.fails('BITOP NOT to a b', /^ERR BITOP NOT must be called with a single source key\.$/);
    await r.fails('BITOP AND to', /^ERR wrong number of arguments for 'bitop' command$/);
  });

  for (const length of [100, 32767, 32768, 100_001]) {
    test(`everything works on ${length} bytes as it does on one`, async (r) => {
      const bits = length * 8;
      await r(['SET', 'ones', '\xff'.repeat(length)]);
      await r(['SETRANGE', 'zeros', length - 1, '\0']);
      expect(await r('BITCOUNT ones')).toBe(bits);
      expect(await r('BITCOUNT ones 1 -2')).toBe(bits - 16);
      expect(await r('BITCOUNT ones 3 -4 BIT')).toBe(bits - 6);
      expect(await r('BITPOS zeros 1')).toBe(-1);
      expect(await r('BITPOS ones 0')).toBe(bits);
      expect(await r(['SETBIT', 'ones', bits - 5, 0])).toBe(1);
      expect(await r(['SETBIT', 'zeros', bits - 5, 1])).toBe(0);
      expect(await r('BITPOS ones 0')).toBe(bits - 5);
      expect(await r('BITPOS zeros 1 1 -1')).toBe(bits - 5);
      expect(await r(['BITPOS', 'zeros', 1, 1, bits - 6, 'BIT'])).toBe(-1);
      expect(await r('BITCOUNT zeros')).toBe(1);
      expect(await r('BITOP XOR both ones zeros')).toBe(length);
      expect(await r('BITCOUNT both')).toBe(bits);
      expect(await r('BITOP NOT neither ones')).toBe(length);
      expect(await r('BITCOUNT neither')).toBe(1);
      expect(await r('BITOP AND none ones zeros')).toBe(length);
      expect(await r('BITPOS none 1')).toBe(-1);
    });
  }

  test('a key of another type is refused', async (r) => {
    await r('RPUSH list x');
    await r('SET k abc');
    const lines = ['SETBIT list 0 1', 'GETBIT list 0', 'BITCOUNT list', 'BITCOUNT list 0 -1 BIT'];
    lines.push('BITPOS list 1', 'BITPOS list 0 0 -1 BIT', 'BITOP OR to k list', 'BITFIELD list');
    lines.push('BITFIELD list GET u8 0', 'BITFIELD list SET u8 0 1', 'BITFIELD_RO list GET u8 0');
    for (const line of lines) await r.fails(line, /^WRONGTYPE Operation against a key/);
    await r.fails('BITFIELD_RO list SET u8 0 1', /only supports the GET subcommand/);
    expect(await r('BITOP OR list k')).toBe(3);
    expect(await r('TYPE list')).toBe('string');
  });
});
