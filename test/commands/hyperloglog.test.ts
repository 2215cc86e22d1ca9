// HyperLogLog commands, in every cell and against real Redis. Random ones are in
// hyperloglog-random.test.ts, the structure by itself in test/datatypes/hyperloglog.test.ts.

import { expect } from 'vitest';
import { everywhere } from '../redis.ts';

const HEADER = 'HYLL\x01\0\0\0\0\0\0\0\0\0\0\x80';

const TWICE = { real: 'it answers twice: with the error, and with what is enabled' };

everywhere((test) => {
  test('PFADD tells whether a register changed, and makes a key even without elements', async (r) => {
    expect(await r('PFADD hll')).toBe(1);
    expect(await r('PFADD hll')).toBe(0);
    expect(await r('PFCOUNT hll')).toBe(0);
    expect(await r('PFADD hll a b c')).toBe(1);
    expect(await r('PFADD hll b a')).toBe(0);
    expect(await r('PFADD hll ""')).toBe(1);
    expect(await r('PFCOUNT hll')).toBe(4);
  });

  test('the value is a string, written as Redis writes it', async (r) => {
    await r('PFADD hll a b c');
    expect(await r('TYPE hll')).toBe('string');
    expect(await r('OBJECT ENCODING hll')).toBe('raw');
    expect(await r('PFDEBUG DECODE hll')).toBe('Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603');
    expect(await r('GET hll')).toBe(`${HEADER}\x60\xf3\x80\x50\xb1\x84\x4b\xfb\x80\x42\x5a`);
    await r('PFCOUNT hll');
    expect(await r('GETRANGE hll 8 15')).toBe('\x03\0\0\0\0\0\0\0');
  });

  test('a value that was SET goes on as if it had been made here', async (r) => {
    await r(['SET', 'hll', `${HEADER}\x60\xf3\x80\x50\xb1\x84\x4b\xfb\x80\x42\x5a`]);
    expect(await r('OBJECT ENCODING hll')).toBe('embstr');
    expect(await r('PFADD hll a')).toBe(0);
    expect(await r('OBJECT ENCODING hll')).toBe('raw');
    expect(await r('PFCOUNT hll')).toBe(3);
  });

  test('the estimate that a value carries is believed until a register changes', async (r) => {
    await r('PFADD hll a b c');
    await r(['SETRANGE', 'hll', '8', '\x2a\0\0\0\0\0\0\0']);
    expect(await r('PFCOUNT hll')).toBe(42);
    expect(await r('PFADD hll a')).toBe(0);
    expect(await r('PFCOUNT hll')).toBe(42);
    expect(await r('PFCOUNT hll none')).toBe(3);
    expect(await r('PFADD hll d')).toBe(1);
    expect(await r('PFCOUNT hll')).toBe(4);
    await r(['SETRANGE', 'hll', '8', '\xff\xff\xff\xff\xff\xff\xff\x7f']);
    expect(await r('PFCOUNT hll')).toBe(9223372036854775807n);
  });

  test('PFCOUNT that estimates anew fails transactions that watch the key', async (r) => {
    await r('PFADD hll a');
    const other = await r.client();
    await r('WATCH hll');
    await other('PFCOUNT hll');
    await r('MULTI');
    expect(await r('EXEC')).toBe(null);
    await r('WATCH hll');
    await other('PFCOUNT hll');
    await r('MULTI');
    expect(await r('EXEC')).toEqual([]);
  });

  test('a value becomes dense at hll-sparse-max-bytes, and remains so', async (r) => {
    await r('CONFIG SET hll-sparse-max-bytes 30');
    await r('PFADD hll a b c');
    expect(await r('PFDEBUG ENCODING hll')).toBe('sparse');
    await r('PFADD hll d e f');
    expect(await r('PFDEBUG ENCODING hll')).toBe('dense');
    expect(await r('STRLEN hll')).toBe(12304);
    await r('CONFIG SET hll-sparse-max-bytes 3000');
    await r('PFMERGE copy hll');
    expect(await r('PFDEBUG ENCODING copy')).toBe('dense');
    expect(await r('PFCOUNT copy')).toBe(6);
    await r.fails('PFDEBUG DECODE hll', /^ERR HLL encoding is not sparse$/);
  });

  test('equal runs are joined, but no further than five opcodes on', async (r) => {
    // The element a belongs in register 12711, and its rank is 2.
    await r(['SET', 'hll', `${HEADER}\x71\xa2\x82\x83\x80\x80\x4e\x53`]);
    expect(await r('PFDEBUG DECODE hll')).toBe('Z:12707 v:1,3 v:1,4 v:1,1 v:1,1 Z:3668');
    await r('PFADD hll a');
    expect(await r('PFDEBUG DECODE hll')).toBe('Z:12707 v:1,4 v:2,1 v:1,4 Z:3668');
    await r(['SET', 'hll', `${HEADER}\x71\xa2\x82\x83\x88\x84\x84\x4e\x52`]);
    await r('PFADD hll a');
    expect(await r('PFDEBUG DECODE hll')).toBe(
      'Z:12707 v:1,4 v:2,1 v:1,2 v:3,1 v:2,1 v:2,1 Z:3667',
    );
  });

  test('PFMERGE keeps what the target has seen, and makes it if it is not there', async (r) => {
    await r('PFADD a 1 2 3');
    await r('PFADD b 3 4 5');
    expect(await r('PFMERGE a b none')).toBe('OK');
    expect(await r('PFCOUNT a')).toBe(5);
    expect(await r('PFCOUNT a b none')).toBe(5);
    expect(await r('PFMERGE new')).toBe('OK');
    expect(await r('PFCOUNT new')).toBe(0);
    expect(await r('EXISTS new none')).toBe(1);
  });

  test('a key keeps its expiry', async (r) => {
    await r('PFADD hll a');
    await r('EXPIRE hll 1000');
    await r('PFADD hll b');
    await r('PFMERGE hll none');
    await r('PFCOUNT hll');
    await r('PFDEBUG TODENSE hll');
    expect(await r('TTL hll')).toBeGreaterThan(900);
  });

  test('PFDEBUG shows registers and encodings', async (r) => {
    await r('PFADD hll a');
    const registers = (await r('PFDEBUG GETREG hll')) as number[];
    expect(registers.length).toBe(16384);
    expect(registers.filter((rank) => rank !== 0)).toEqual([2]);
    expect(await r('PFDEBUG encoding hll')).toBe('dense');
    expect(await r('PFDEBUG TODENSE hll')).toBe(0);
    expect(await r('PFDEBUG SIMD OFF')).toBe('disabled');
    expect(await r('PFDEBUG SIMD on')).toBe('enabled');
    await r.fails('PFDEBUG GETREG none', /^ERR The specified key does not exist$/);
    await r.fails('PFDEBUG x hll', /^ERR Unknown PFDEBUG subcommand 'x'$/);
    await r.fails('PFDEBUG GETREG', /^ERR wrong number of arguments for 'pfdebug' command$/);
    await r.fails('PFDEBUG GETREG a b', /^ERR wrong number of arguments for 'pfdebug' command$/);
  });

  test('PFDEBUG SIMD refuses what is neither on nor off', { skip: TWICE }, async (r) => {
    await r.fails('PFDEBUG SIMD x', /^ERR Argument must be ON or OFF$/);
    expect(await r('PING')).toBe('PONG');
  });

  test('what is no HyperLogLog is refused', async (r) => {
    const no = /^WRONGTYPE Key is not a valid HyperLogLog string value\.$/;
    const strings = ['', '12', 'HYLL', HEADER.replace('H', 'h'), HEADER.replace('\x01', '\x02')];
    strings.push(
      HEADER.replace('\x01', '\0'),
      `${HEADER.replace('\x01', '\0')}${'x'.repeat(12289)}`,
    );
    for (const value of strings) {
      await r(['SET', 'k', value]);
      for (const line of ['PFADD k', 'PFCOUNT k', 'PFCOUNT none k', 'PFMERGE x k', 'PFMERGE k']) {
        await r.fails(line, no);
      }
      await r.fails('PFDEBUG ENCODING k', no);
      expect(await r('GET k')).toBe(value);
    }
    expect(await r('EXISTS x')).toBe(0);
  });

  test('runs that do not add up are found out, and nothing is counted', async (r) => {
    const corrupted = /^INVALIDOBJ Corrupted HLL object detected$/;
    for (const runs of ['', '\x7f\xfe', '\x7f\xff\x00', '\x7f\xff\xff', '\x7f\xfc\x88\x8a']) {
      await r(['SET', 'k', HEADER + runs]);
      await r.fails('PFCOUNT k', corrupted);
      await r.fails('PFCOUNT k k', corrupted);
      await r.fails('PFMERGE x k', corrupted);
      await r.fails('PFMERGE k', corrupted);
      await r.fails('PFDEBUG GETREG k', corrupted);
      await r.fails('PFDEBUG TODENSE k', corrupted);
      expect(await r('GET k')).toBe(HEADER + runs);
    }
    await r(['SET', 'k', HEADER]);
    await r.fails('PFADD k a', corrupted);
    expect(await r('EXISTS x')).toBe(0);
  });

  test('the wrong number of arguments is refused', async (r) => {
    for (const name of ['PFADD', 'PFCOUNT', 'PFMERGE', 'PFDEBUG']) {
      await r.fails(name, /^ERR wrong number of arguments/);
    }
    await r.fails('PFSELFTEST now', /^ERR wrong number of arguments/);
  });

  test('PFSELFTEST passes', { skip: { real: 'it takes seconds' } }, async (r) => {
    expect(await r('PFSELFTEST')).toBe('OK');
  });
});
