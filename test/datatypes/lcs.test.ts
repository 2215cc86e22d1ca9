// The longest common subsequence against its definition, and against the plainest recursion.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lcsTableBytes, longestCommonSubsequence } from '../../datatypes/lcs.ts';

const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\xff'), maxLength: 12 });

function lengthByTrying(a: string, b: string): number {
  if (a === '' || b === '') return 0;
  const [restA, restB] = [a.slice(1), b.slice(1)];
  if (a[0] === b[0]) return 1 + lengthByTrying(restA, restB);
  return Math.max(lengthByTrying(restA, b), lengthByTrying(a, restB));
}

function isWithin(part: string, whole: string): boolean {
  let at = 0;
  for (const byte of part) {
    at = whole.indexOf(byte, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

test('what is found is in both strings, and nothing longer is', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      const { length, bytes } = longestCommonSubsequence(a, b);
      expect(length).toBe(lengthByTrying(a, b));
      expect(bytes.length).toBe(length);
      expect(isWithin(bytes, a)).toBe(true);
      expect(isWithin(bytes, b)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('the ranges match, do not overlap, and spell the subsequence from its end', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      const { bytes, matches } = longestCommonSubsequence(a, b);
      let spelt = '';
      let [beforeA, beforeB] = [a.length, b.length];
      for (const { aStart, aEnd, bStart, bEnd } of matches) {
        const run = a.slice(aStart, aEnd + 1);
        expect(run).toBe(b.slice(bStart, bEnd + 1));
        expect(aEnd < beforeA && bEnd < beforeB).toBe(true);
        [beforeA, beforeB] = [aStart, bStart];
        spelt = run + spelt;
      }
      expect(spelt).toBe(bytes);
    }),
    { numRuns: 300 },
  );
});

test('neighbouring runs are two ranges only if one of the strings goes on differently', () => {
  const { matches } = longestCommonSubsequence('abxcd', 'abcd');
  expect(matches).toEqual([
    { aStart: 3, aEnd: 4, bStart: 2, bEnd: 3 },
    { aStart: 0, aEnd: 1, bStart: 0, bEnd: 1 },
  ]);
});

test('where two ways are as long, the second string is shortened first', () => {
  expect(longestCommonSubsequence('ab', 'ba').bytes).toBe('b');
  expect(longestCommonSubsequence('ba', 'ab').bytes).toBe('a');
});

test('an empty string has nothing in common with any', () => {
  expect(longestCommonSubsequence('', 'abc')).toEqual({ length: 0, bytes: '', matches: [] });
  expect(longestCommonSubsequence('', '')).toEqual({ length: 0, bytes: '', matches: [] });
});

test('the table has four bytes for each pair of beginnings, the empty ones included', () => {
  expect(lcsTableBytes(0, 0)).toBe(4);
  expect(lcsTableBytes(9, 19)).toBe(800);
});
