// Keys, whatever they hold. Expiry as time goes by is in test/server/expire.test.ts, scanning under
// load in test/server/keyspace.test.ts, and random calls in generic-real.test.ts.

import { expect } from 'vitest';
import { everywhere } from '../redis.ts';

const NO_INTEGER = /^ERR value is not an integer or out of range$/;

everywhere((test) => {
  test('DEL and UNLINK remove keys and count those that were there', async (r) => {
    await r('MSET a 1 b 2 c 3');
    expect(await r('DEL a x b a')).toBe(2);
    expect(await r('UNLINK c c')).toBe(1);
    expect(await r('DBSIZE')).toBe(0);
    await r.fails('DEL', /^ERR wrong number of arguments for 'del' command$/);
  });

  test('EXISTS and TOUCH count a key as often as it is named', async (r) => {
    await r('SET a 1');
    expect(await r('EXISTS a b a')).toBe(2);
    expect(await r('TOUCH a b a')).toBe(2);
  });

  test('TYPE names the type, or none', async (r) => {
    await r('SET a 1');
    expect(await r('TYPE a')).toBe('string');
    expect(await r.raw('TYPE b')).toBe('+none\r\n');
  });

  test('KEYS lists the keys that match', async (r) => {
    await r('MSET one 1 two 2 three 3 "" 4 \\xff 5');
    expect(await sorted(r('KEYS t*'))).toEqual(['three', 'two']);
    expect(await sorted(r('KEYS *'))).toEqual(['', '\\xff', 'one', 'three', 'two']);
    expect(await sorted(r('KEYS **'))).toEqual(['\\xff', 'one', 'three', 'two']);
    expect(await r('KEYS [^a-z]')).toEqual([]);
    expect(await r(['KEYS', ''])).toEqual(['']);
  });

  test('RANDOMKEY returns a key, or null if there is none', async (r) => {
    expect(await r('RANDOMKEY')).toBe(null);
    await r('SET a 1');
    expect(await r('RANDOMKEY')).toBe('a');
    await r('DEL a');
    expect(await r('RANDOMKEY')).toBe(null);
  });

  test('RENAME takes value and expiry along, and replaces what it finds', async (r) => {
    await r('SET a 1 EX 1000');
    await r('SET b 2');
    expect(await r('RENAME a b')).toBe('OK');
    expect(await r('MGET a b')).toEqual([null, '1']);
    expect(await r('TTL b')).toBe(1000);
    await r('SET c 3');
    await r('RENAME c b');
    expect(await r('TTL b')).toBe(-1);
  });

  test('RENAMENX does not replace', async (r) => {
    await r('MSET a 1 b 2');
    expect(await r('RENAMENX a b')).toBe(0);
    expect(await r('RENAMENX a c')).toBe(1);
    expect(await r('MGET a b c')).toEqual([null, '2', '1']);
  });

  test('a key may be given its own name, if it exists', async (r) => {
    await r.fails('RENAME a a', /^ERR no such key$/);
    await r.fails('RENAMENX a b', /^ERR no such key$/);
    await r('SET a 1');
    expect(await r('RENAME a a')).toBe('OK');
    expect(await r('RENAMENX a a')).toBe(0);
  });

  test('COPY copies value and expiry, and leaves its source alone', async (r) => {
    await r('SET a hello EX 1000');
    expect(await r('COPY a b')).toBe(1);
    await r('APPEND a !');
    expect(await r('MGET a b')).toEqual(['hello!', 'hello']);
    expect(await r('TTL b')).toBe(1000);
    expect(await r('COPY x y')).toBe(0);
  });

  test('a copy of a large value is a value of its own', async (r) => {
    await r(['SET', 'a', 'x'.repeat(100_000)]);
    await r('COPY a b');
    await r('SETRANGE a 0 y');
    await r('APPEND b z');
    expect(await r('GETRANGE b 0 1')).toBe('xx');
    expect(await r('GETRANGE a -2 -1')).toBe('xx');
    expect(await r('STRLEN a')).toBe(100_000);
  });

  test('COPY replaces only if told to, and copies into another database', async (r) => {
    await r('SET a 1');
    await r('SET b 2 EX 1000');
    expect(await r('COPY a b')).toBe(0);
    expect(await r('COPY a b REPLACE')).toBe(1);
    expect(await r('GET b')).toBe('1');
    expect(await r('TTL b')).toBe(-1);
    expect(await r('COPY a a db 3 replace')).toBe(1);
    await r('SELECT 3');
    expect(await r('GET a')).toBe('1');
  });

  test('COPY refuses what makes no sense, options before keys', async (r) => {
    await r.fails('COPY a a', /^ERR source and destination objects are the same$/);
    await r.fails('COPY a b DB', /^ERR syntax error$/);
    await r.fails('COPY a b NX', /^ERR syntax error$/);
    await r.fails('COPY a b DB x', NO_INTEGER);
    await r.fails('COPY a a DB 16', /^ERR DB index is out of range$/);
    await r.fails('COPY a a DB -1', /^ERR DB index is out of range$/);
    await r.fails('COPY a b DB 2147483648', /must between -2147483648 and 2147483647$/);
    await r('SET a 1');
    await r('COPY a a DB 1 DB 2 REPLACE REPLACE');
    expect(await r('INFO keyspace')).toMatch(/db0:keys=1,.*\r\ndb2:keys=1,/);
  });

  test('MOVE takes a key to another database, unless it is taken there', async (r) => {
    await r('SET a 1 EX 1000');
    expect(await r('MOVE a 9')).toBe(1);
    expect(await r('EXISTS a')).toBe(0);
    expect(await r('MOVE a 9')).toBe(0);
    await r('SET a 2');
    expect(await r('MOVE a 9')).toBe(0);
    await r('SELECT 9');
    expect(await r('GET a')).toBe('1');
    expect(await r('TTL a')).toBe(1000);
    await r.fails('MOVE a 9', /^ERR source and destination objects are the same$/);
    await r.fails('MOVE a x', NO_INTEGER);
    await r.fails('MOVE a 16', /^ERR DB index is out of range$/);
  });
});

everywhere((test) => {
  test('EXPIRE and its like set the time, TTL and its like tell it', async (r) => {
    await r('SET a 1');
    for (const line of ['TTL a', 'PTTL a', 'EXPIRETIME a', 'PEXPIRETIME a']) {
      expect(await r(line)).toBe(-1);
      expect(await r(line.replace(' a', ' x'))).toBe(-2);
    }
    expect(await r('EXPIRE a 1000')).toBe(1);
    expect(await r('TTL a')).toBe(1000);
    expect(await r('PEXPIRE a 2000400')).toBe(1);
    expect(await r('TTL a')).toBe(2000);
    expect(await r('EXPIREAT a 4102444800')).toBe(1);
    expect(await r('EXPIRETIME a')).toBe(4102444800);
    expect(await r('PEXPIREAT a 4102444800499')).toBe(1);
    expect(await r('EXPIRETIME a')).toBe(4102444800);
    expect(await r('PEXPIRETIME a')).toBe(4102444800499);
    await r('PEXPIREAT a 4102444800500');
    expect(await r('EXPIRETIME a')).toBe(4102444801);
    expect(await r('EXPIRE x 1000')).toBe(0);
  });

  test('PERSIST takes the time away, if there is one', async (r) => {
    await r('SET a 1 EX 1000');
    expect(await r('PERSIST a')).toBe(1);
    expect(await r('PERSIST a')).toBe(0);
    expect(await r('PERSIST x')).toBe(0);
    expect(await r('TTL a')).toBe(-1);
  });

  test('a time that has come deletes the key at once', async (r) => {
    for (const line of ['EXPIRE a 0', 'PEXPIRE a -1', 'EXPIREAT a 1', 'PEXPIREAT a -5']) {
      await r('SET a 1');
      expect(await r(line)).toBe(1);
      expect(await r('EXISTS a')).toBe(0);
      expect(await r('DBSIZE')).toBe(0);
    }
  });

  test('NX, XX, GT and LT compare with the time that the key has', async (r) => {
    await r('SET a 1');
    expect(await r('EXPIRE a 1000 XX')).toBe(0);
    expect(await r('EXPIRE a 1000 GT')).toBe(0);
    expect(await r('EXPIRE a 1000 NX')).toBe(1);
    expect(await r('EXPIRE a 2000 nx')).toBe(0);
    expect(await r('EXPIRE a 2000 LT')).toBe(0);
    expect(await r('EXPIRE a 500 GT')).toBe(0);
    expect(await r('EXPIRE a 2000 gt')).toBe(1);
    expect(await r('EXPIRE a 500 XX LT')).toBe(1);
    expect(await r('TTL a')).toBe(500);
    await r('PERSIST a');
    expect(await r('EXPIRE a 100 LT')).toBe(1);
    await r('EXPIREAT a 4102444800');
    expect(await r('EXPIREAT a 4102444800 GT')).toBe(0);
    expect(await r('EXPIREAT a 4102444800 LT')).toBe(0);
    expect(await r('EXPIRE a -1 LT')).toBe(1);
    expect(await r('EXISTS a')).toBe(0);
  });

  test('EXPIRE refuses options before numbers, and numbers before keys', async (r) => {
    await r.fails('EXPIRE x y ZZ', /^ERR Unsupported option ZZ$/);
    await r.fails('EXPIRE x y NX XX', /^ERR NX and XX, GT or LT options at the same time/);
    await r.fails(
      'EXPIRE x y GT LT',
      /^ERR GT and LT options at the same time are not compatible$/,
    );
    await r.fails('EXPIRE x y NX GT LT', /^ERR NX and XX, GT or LT options/);
    await r.fails('EXPIRE x y', NO_INTEGER);
    await r.fails('EXPIRE x 1.5', NO_INTEGER);
    await r.fails('PEXPIRE x 9223372036854775808', NO_INTEGER);
    expect(await r('EXPIRE x 1 GT GT')).toBe(0);
  });

  test('times that do not fit 64 bits of milliseconds are refused', async (r) => {
    await r('SET a 1');
    await r.fails('EXPIRE a 9223372036854775', /^ERR invalid expire time in 'expire' command$/);
    await r.fails('EXPIRE a -9223372036854776', /^ERR invalid expire time in 'expire' command$/);
    await r.fails('PEXPIRE a 9223372036854775807', /invalid expire time in 'pexpire' command$/);
    await r.fails('EXPIREAT a 9223372036854776', /invalid expire time in 'expireat' command$/);
    expect(await r('TTL a')).toBe(-1);
    expect(await r('EXPIREAT a 9223372036854775')).toBe(1);
    expect(await r('PEXPIRETIME a')).toBe(9223372036854775000n);
    expect(await r('PEXPIREAT a 9223372036854775807 GT')).toBe(1);
    expect(await r('PEXPIREAT a 9223372036854775806 GT')).toBe(0);
    expect(await r('PEXPIRETIME a')).toBe(9223372036854775807n);
    expect(await r('EXPIRETIME a')).toBe(9223372036854776n);
    await r('COPY a b');
    await r('RENAME b c');
    expect(await r('PEXPIRETIME c')).toBe(9223372036854775807n);
    expect(await r('PEXPIREAT a -9223372036854775808')).toBe(1);
    expect(await r('EXISTS a')).toBe(0);
  });
});

everywhere((test) => {
  test('SCAN returns a cursor and keys, which MATCH and TYPE choose from', async (r) => {
    await r('MSET one 1 two 2 three 3');
    const all = (await r('SCAN 0 COUNT 100')) as [string, string[]];
    expect([all[0], all[1].sort()]).toEqual(['0', ['one', 'three', 'two']]);
    expect(await r('SCAN 0 MATCH o* COUNT 100')).toEqual(['0', ['one']]);
    expect(await r('SCAN 0 MATCH o* TYPE STRING COUNT 100')).toEqual(['0', ['one']]);
    expect(await r('SCAN 0 TYPE list COUNT 100')).toEqual(['0', []]);
    expect(await r('SCAN 0 TYPE nonsense COUNT 100')).toEqual(['0', []]);
    expect(await r('SCAN 0 MATCH x MATCH o* COUNT 1 COUNT 100')).toEqual(['0', ['one']]);
  });

  test('SCAN reads cursors as C reads them', async (r) => {
    for (const cursor of ['0', '5', '18446744073709551615', '+5', '007', ' 5', ' -5', '-05']) {
      expect(await r(['SCAN', cursor])).toEqual(['0', []]);
    }
    for (const cursor of ['x', '', '-5', '5x', '5 ', '18446744073709551616', '0x5', '1.5', '--5']) {
      await r.fails(['SCAN', cursor], /^ERR invalid cursor$/);
    }
  });

  test('SCAN refuses a cursor before its options, and options in their order', async (r) => {
    await r.fails('SCAN x COUNT y', /^ERR invalid cursor$/);
    await r.fails('SCAN 0 COUNT y FOO', NO_INTEGER);
    await r.fails('SCAN 0 FOO COUNT y', /^ERR syntax error$/);
    await r.fails('SCAN 0 COUNT', /^ERR syntax error$/);
    await r.fails('SCAN 0 COUNT 0', /^ERR syntax error$/);
    await r.fails('SCAN 0 NOVALUES', /^ERR NOVALUES option can only be used in HSCAN$/);
    expect(await r('SCAN 0 COUNT 9223372036854775807')).toEqual(['0', []]);
  });

  test('OBJECT ENCODING tells how Redis would hold a string', async (r) => {
    const encodings = {
      int: ['0', '-1', '9007199254740993', '9223372036854775807', '-9223372036854775808'],
      embstr: ['', 'a', '01', '+1', '-0', '9223372036854775808', 'x'.repeat(44)],
      raw: ['x'.repeat(45), 'x'.repeat(100_000)],
    };
    for (const [encoding, values] of Object.entries(encodings)) {
      for (const value of values) {
        await r(['SET', 'a', value]);
        expect([value, await r('OBJECT ENCODING a')]).toEqual([value, encoding]);
        await r('COPY a b REPLACE');
        expect([value, await r('OBJECT ENCODING b')]).toEqual([value, encoding]);
      }
    }
    await r('SET a 12');
    await r('APPEND a 3');
    expect(await r('OBJECT ENCODING a')).toBe('raw');
    await r('INCR a');
    expect(await r('OBJECT ENCODING a')).toBe('int');
  });

  test('OBJECT REFCOUNT says that small integers are shared', async (r) => {
    await r('MSET a 0 b 9999 c 10000 d -1 e x');
    const counts = [];
    for (const key of 'abcde') counts.push(await r(`OBJECT REFCOUNT ${key}`));
    expect(counts).toEqual([2147483647, 2147483647, 1, 1, 1]);
    await r('CONFIG SET maxmemory-policy allkeys-lru');
    await r('CONFIG SET maxmemory 1gb');
    await r('SET a 0');
    expect(await r('OBJECT REFCOUNT a')).toBe(1);
  });

  test('OBJECT tells the idle time or the frequency, as the policy has it', async (r) => {
    await r('SET a x');
    expect(await r('OBJECT IDLETIME a')).toBe(0);
    await r.fails('OBJECT FREQ a', /^ERR An LFU maxmemory policy is not selected/);
    await r('CONFIG SET maxmemory-policy volatile-lfu');
    await r('SET b x');
    expect(await r('OBJECT FREQ b')).toBe(5);
    await r.fails('OBJECT IDLETIME b', /^ERR An LFU maxmemory policy is selected/);
  });

  test('OBJECT answers null for a key that is not there', async (r) => {
    for (const what of ['ENCODING', 'FREQ', 'IDLETIME', 'REFCOUNT']) {
      expect(await r(`OBJECT ${what} x`)).toBe(null);
    }
    await r.fails('OBJECT ENCODING', /wrong number of arguments for 'object\|encoding' command$/);
    await r.fails('OBJECT NONSENSE a', /^ERR unknown subcommand 'NONSENSE'. Try OBJECT HELP\.$/);
    expect(await r('OBJECT HELP')).toContain('ENCODING <key>');
  });
});

async function sorted(list: Promise<unknown>): Promise<string[]> {
  return ((await list) as string[]).sort();
}
