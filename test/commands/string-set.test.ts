// SET and GETEX: the options, and which of them agree.

import { expect } from 'vitest';
import { everywhere } from '../redis.ts';

const SYNTAX = /^ERR syntax error$/;
const INTEGER = /^ERR value is not an integer or out of range$/;

everywhere((test) => {
  test('SET NX and XX ask whether the key is there', async (r) => {
    expect(await r('SET k 1 XX')).toBe(null);
    expect(await r('SET k 1 NX')).toBe('OK');
    expect(await r('SET k 2 NX')).toBe(null);
    expect(await r('SET k 3 XX')).toBe('OK');
    expect(await r('GET k')).toBe('3');
  });

  test('SET GET answers what was there, whether or not it sets', async (r) => {
    expect(await r('SET k 1 GET')).toBe(null);
    expect(await r('SET k 2 GET')).toBe('1');
    expect(await r('SET k 3 NX GET')).toBe('2');
    expect(await r('SET k 4 XX GET')).toBe('2');
    expect(await r('SET other 5 XX GET')).toBe(null);
    expect(await r('SET other 5 NX GET')).toBe(null);
    expect(await r('MGET k other')).toEqual(['4', '5']);
  });

  test('SET takes the expiry away, unless it is told to keep it or gives another', async (r) => {
    await r('SET k 1 EX 100');
    expect(await r('TTL k')).toBe(100);
    await r('SET k 2 KEEPTTL');
    expect(await r('TTL k')).toBe(100);
    await r('SET k 3 PX 200000');
    expect(await r('TTL k')).toBe(200);
    await r('SET k 4');
    expect(await r('TTL k')).toBe(-1);
    await r('SET k 5 EXAT 4000000000');
    expect(await r('EXPIRETIME k')).toBe(4000000000);
    await r('SET k 6 PXAT 4000000000123');
    expect(await r('PEXPIRETIME k')).toBe(4000000000123);
    await r('SET k 7 NX EX 5');
    expect(await r('PEXPIRETIME k')).toBe(4000000000123);
  });

  test('SET reads its options in any order and case, and a time more than once', async (r) => {
    expect(await r('SET k 1 ex 100 nx get')).toBe(null);
    expect(await r('SET k 2 Get xX pX 200000')).toBe('1');
    expect(await r('SET k 3 EX 10 EX 300')).toBe('OK');
    expect(await r('TTL k')).toBe(300);
    expect(await r('SET k 4 NX NX KEEPTTL KEEPTTL')).toBe(null);
  });

  test('SET with a time that has passed is as if the key had expired', async (r) => {
    expect(await r('SET k 1 PXAT 1')).toBe('OK');
    expect(await r('GET k')).toBe(null);
  });

  test('SET refuses options that contradict each other, or that it does not know', async (r) => {
    const options = [
      'NX XX',
      'XX NX',
      'EX 1 PX 1',
      'EX 1 KEEPTTL',
      'KEEPTTL PXAT 1',
      'EXAT 1 EX 1',
    ];
    options.push('EX', 'NX EX', 'nonsense', 'EX 1 nonsense', '""', 'PERSIST', 'GET nonsense');
    for (const option of options) await r.fails(`SET k 1 ${option}`, SYNTAX);
    expect(await r('EXISTS k')).toBe(0);
  });

  for (const word of ['EX', 'PX', 'EXAT', 'PXAT']) {
    test(`SET and GETEX refuse a time behind ${word} that is none`, async (r) => {
      await r('SET k v');
      for (const time of ['0', '-1', '-9223372036854775808']) {
        await r.fails(`SET k w ${word} ${time}`, /^ERR invalid expire time in 'set' command$/);
        await r.fails(`GETEX k ${word} ${time}`, /^ERR invalid expire time in 'getex' command$/);
      }
      for (const time of ['x', '1.5', '""', '9223372036854775808']) {
        await r.fails(`SET k w ${word} ${time}`, INTEGER);
        await r.fails(`GETEX k ${word} ${time}`, INTEGER);
      }
      expect(await r('GET k')).toBe('v');
      expect(await r('TTL k')).toBe(-1);
    });
  }

  test('a time in seconds whose milliseconds overflow is refused', async (r) => {
    await r('SET k v');
    await r.fails('SET k w EX 9223372036854776', /^ERR invalid expire time in 'set' command$/);
    await r.fails('SET k w EXAT 9223372036854776', /^ERR invalid expire time in 'set' command$/);
    await r.fails('SET k w PX 9223372036854775807', /^ERR invalid expire time in 'set' command$/);
    expect(await r('SET k w PXAT 9223372036854775807')).toBe('OK');
    expect(await r('PEXPIRETIME k')).toBe(9223372036854775807n);
  });

  test('GETEX sets, keeps and takes away when a key expires', async (r) => {
    await r('SET k v');
    expect(await r('GETEX k EX 100')).toBe('v');
    expect(await r('TTL k')).toBe(100);
    expect(await r('GETEX k')).toBe('v');
    expect(await r('TTL k')).toBe(100);
    expect(await r('GETEX k PX 200000')).toBe('v');
    expect(await r('TTL k')).toBe(200);
    expect(await r('GETEX k EXAT 4000000000')).toBe('v');
    expect(await r('EXPIRETIME k')).toBe(4000000000);
    expect(await r('GETEX k PXAT 4000000000123')).toBe('v');
    expect(await r('PEXPIRETIME k')).toBe(4000000000123);
    expect(await r('GETEX k PERSIST')).toBe('v');
    expect(await r('TTL k')).toBe(-1);
    expect(await r('GETEX k PXAT 1')).toBe('v');
    expect(await r('EXISTS k')).toBe(0);
  });

  test('GETEX refuses options that contradict each other, even for a missing key', async (r) => {
    const options = [
      'EX',
      'EX 1 PX 1',
      'PERSIST EX 1',
      'EX 1 PERSIST',
      'KEEPTTL',
      'NX',
      'GET',
      'x',
    ];
    for (const option of options) await r.fails(`GETEX nobody ${option}`, SYNTAX);
  });

  test('a key expires when its time has come, on the server’s clock', {
    skip: { real: 'its clock cannot be moved' },
  }, async (r) => {
    r.clock.freeze();
    await r('SET a 1 PX 1000');
    await r('SETEX b 2 1');
    await r('SET c 1');
    await r('GETEX c PX 3000');
    r.clock.advance(1000);
    expect(await r('MGET a b c')).toEqual(['1', '1', '1']);
    r.clock.advance(1);
    expect(await r('MGET a b c')).toEqual([null, '1', '1']);
    r.clock.advance(1000);
    expect(await r('MGET a b c')).toEqual([null, null, '1']);
    r.clock.advance(1000);
    expect(await r('DBSIZE')).toBe(0);
  });
});
