// IDs of stream entries beside the same arithmetic on BigInts.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  isSafe,
  makeId,
  MAX_ID,
  MIN_ID,
  msOf,
  nextId,
  nextSeq,
  parseId,
  parseOpenId,
  prevId,
  printId,
  seqOf,
  spelling,
  wideId,
  wideMs,
  wideSeq,
} from '../../datatypes/stream-id.ts';

const LAST = 2n ** 64n - 1n;

/** Integers of 64 bits, most of them near the end of a word, of a safe integer or of all. */
const half = fc
  .tuple(fc.constantFrom(0n, 2n ** 32n, 2n ** 53n, 2n ** 63n, LAST), fc.bigInt(-3n, 3n))
  .map(([edge, off]) => BigInt.asUintN(64, edge + off));

test('an ID is printed, parsed and taken apart as the two integers that it is', () => {
  fc.assert(
    fc.property(half, half, (ms, seq) => {
      const id = wideId(ms, seq);
      expect(id).toHaveLength(16);
      expect(printId(id)).toBe(`${ms}-${seq}`);
      expect(parseId(`${ms}-${seq}`)).toBe(id);
      expect([wideMs(id), wideSeq(id)]).toEqual([ms, seq]);
      expect([msOf(id), seqOf(id)]).toEqual([Number(ms), Number(seq)]);
      expect(isSafe(id)).toBe(ms < 2n ** 53n && seq < 2n ** 53n);
      if (isSafe(id)) expect(makeId(Number(ms), Number(seq))).toBe(id);
    }),
  );
});

test('the spelling for a reply has its length before it', () => {
  const numbers = [0, 9, 10, 999_999_999, 1e9, 1e9 + 1, 1_700_000_000_000, 2 ** 40, 2 ** 53 - 1];
  for (const ms of numbers) {
    for (const seq of numbers) {
      spelling.spell(ms, seq);
      const { bytes, start, end } = spelling;
      const text = `${ms}-${seq}`;
      expect(bytes.latin1Slice(start, end)).toBe(`$${text.length}\r\n${text}\r\n`);
    }
  }
});

test('IDs are ordered as byte strings', () => {
  fc.assert(
    fc.property(half, half, half, half, (ms1, seq1, ms2, seq2) => {
      const below = ms1 < ms2 || (ms1 === ms2 && seq1 < seq2);
      expect(wideId(ms1, seq1) < wideId(ms2, seq2)).toBe(below);
    }),
  );
});

test('the next ID and the one before are one apart, and the ends have none', () => {
  fc.assert(
    fc.property(half, half, (ms, seq) => {
      const id = wideId(ms, seq);
      const value = (ms << 64n) + seq;
      const next = nextId(id);
      if (next === null) expect(id).toBe(MAX_ID);
      else expect((wideMs(next) << 64n) + wideSeq(next)).toBe(value + 1n);
      const prev = prevId(id);
      if (prev === null) expect(id).toBe(MIN_ID);
      else expect((wideMs(prev) << 64n) + wideSeq(prev)).toBe(value - 1n);
      expect(nextSeq(id)).toBe(seq === LAST ? null : next);
    }),
  );
});

test('what a text leaves out is the lowest or the highest sequence number', () => {
  expect(parseId('5')).toBe(makeId(5, 0));
  expect(parseId('5', true)).toBe(wideId(5n, LAST));
  expect(parseId('5-1', true)).toBe(makeId(5, 1));
});

test('an ID may leave its sequence number open', () => {
  expect(parseOpenId('5-*')).toBe(makeId(5, 0));
  expect(parseOpenId('18446744073709551615-*')).toBe(wideId(LAST, 0n));
  for (const text of ['5', '5-', '5-1', '*', '-*', '5-*1', '5-**', '5*', 'x-*']) {
    expect(parseOpenId(text), text).toBeNull();
  }
});

test('numbers are read as C reads them: blanks, signs, leading zeroes, up to a zero byte', () => {
  for (const [text, printed] of [
    ['007-00', '7-0'],
    [' 5-\t6', '5-6'],
    ['+5-+6', '5-6'],
    ['5-6\x00junk', '5-6'],
    ['5\x00-6', '5-0'],
    ['1--05', '1-18446744073709551611'],
    ['18446744073709551615-18446744073709551615', '18446744073709551615-18446744073709551615'],
  ]) {
    const id = parseId(text);
    expect(id === null ? null : printId(id), text).toBe(printed);
  }
});

test('what is no ID is refused', () => {
  const refused = ['', '-', '+', '*', '$', '1-', '-1', '1--5', '1-2-3', '1 -2', 'x', '1-x', '0x1'];
  for (const text of [...refused, '18446744073709551616', '1-18446744073709551616']) {
    expect(parseId(text), text).toBeNull();
  }
  expect(parseId('0'.repeat(127))).toBe(MIN_ID);
  expect(parseId('0'.repeat(128))).toBeNull();
});
