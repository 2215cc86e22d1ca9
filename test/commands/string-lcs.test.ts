// LCS: every option, and what it costs.

import { expect } from 'vitest';
import { everywhere, type Value } from '../redis.ts';

const A = 'ohmytext';
const B = 'mynewtext';

everywhere((test, { resp3 }) => {
  /** What LCS IDX answers: a map, which RESP2 spells as a list. */
  const answer = (matches: Value[], length: number): Value =>
    resp3
      ? new Map<Value, Value>([
          ['matches', matches],
          ['len', length],
        ])
      : ['matches', matches, 'len', length];

  test('LCS answers what two strings have in common', async (r) => {
    await r(['MSET', 'a', A, 'b', B]);
    expect(await r('LCS a b')).toBe('mytext');
    expect(await r('LCS b a')).toBe('mytext');
    expect(await r('LCS a a')).toBe(A);
    expect(await r('LCS a nobody')).toBe('');
    expect(await r('LCS a b WITHMATCHLEN MINMATCHLEN 100')).toBe('mytext');
  });

  test('LCS LEN answers how long that is', async (r) => {
    await r(['MSET', 'a', A, 'b', B]);
    expect(await r('LCS a b LEN')).toBe(6);
    expect(await r('LCS a nobody len')).toBe(0);
  });

  test('LCS IDX answers where it is, from the end', async (r) => {
    await r(['MSET', 'a', A, 'b', B]);
    const text: Value = [
      [4, 7],
      [5, 8],
    ];
    const my: Value = [
      [2, 3],
      [0, 1],
    ];
    expect(await r('LCS a b IDX')).toEqual(answer([text, my], 6));
    expect(await r('LCS a b IDX MINMATCHLEN 4')).toEqual(answer([text], 6));
    expect(await r('LCS a b IDX MINMATCHLEN 5')).toEqual(answer([], 6));
    expect(await r('LCS a b IDX MINMATCHLEN -5')).toEqual(answer([text, my], 6));
    expect(await r('LCS a b IDX WITHMATCHLEN')).toEqual(
      answer(
        [
          [...text, 4],
          [...my, 2],
        ],
        6,
      ),
    );
    expect(await r('lcs a b withmatchlen minmatchlen 4 idx')).toEqual(answer([[...text, 4]], 6));
    expect(await r('LCS a nobody IDX')).toEqual(answer([], 0));
  });

  test('LCS compares numbers by their digits', async (r) => {
    await r('MSET a 12345 b 2040');
    expect(await r('LCS a b')).toBe('24');
  });

  test('LCS refuses what it does not know, and LEN with IDX', async (r) => {
    await r.fails('LCS a b nonsense', /^ERR syntax error$/);
    await r.fails('LCS a b IDX MINMATCHLEN', /^ERR syntax error$/);
    await r.fails('LCS a b MINMATCHLEN x', /^ERR value is not an integer or out of range$/);
    await r.fails(
      'LCS a b LEN IDX',
      /^ERR If you want both the length and indexes, please just use IDX\.$/,
    );
  });

  test('LCS refuses a table that is larger than proto-max-bulk-len', async (r) => {
    await r('CONFIG SET proto-max-bulk-len 1mb');
    await r(['MSET', 'a', 'x'.repeat(512), 'b', 'x'.repeat(511), 'c', 'x'.repeat(510)]);
    await r.fails(
      'LCS a b',
      /^ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len$/,
    );
    expect(await r('LCS a c LEN')).toBe(510);
  });

  test('LCS refuses keys of another type', async (r) => {
    await r('RPUSH list x');
    await r.fails('LCS a list', /^ERR The specified keys must contain string values$/);
    await r.fails('LCS list a nonsense', /^ERR The specified keys must contain string values$/);
  });
});
