import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sortFirst } from '../../datatypes/partial-sort.ts';

const ascending = (a: number, b: number): number => a - b;

// Few different numbers, so that many are equal; and lengths on both sides of every threshold.
const numbers = fc.oneof(
  fc.array(fc.nat(5), { maxLength: 100 }),
  fc.array(fc.integer(), { maxLength: 100 }),
  fc.array(fc.nat(1000), { minLength: 30, maxLength: 300 }),
  fc.nat(100).map((length) => Array.from({ length }, (_, i) => i)),
  fc.nat(100).map((length) => Array.from({ length }, (_, i) => -i)),
);

test('the first few are those that sorting everything would put first, in its order', () => {
  fc.assert(
    fc.property(numbers, fc.nat(110), (of, count) => {
      const sorted = of.toSorted(ascending);
      const partly = of.slice();
      sortFirst(partly, count, ascending);
      expect(partly.slice(0, count)).toEqual(sorted.slice(0, count));
      expect(partly.toSorted(ascending)).toEqual(sorted);
    }),
    { numRuns: 1000 },
  );
});

test('what is not among the first is not sorted', () => {
  const many = Array.from({ length: 10_000 }, (_, i) => (i * 7919) % 10_007);
  let compared = 0;
  sortFirst(many.slice(), 5, (a, b) => {
    compared++;
    return a - b;
  });
  let comparedByAll = 0;
  many.toSorted((a, b) => {
    comparedByAll++;
    return a - b;
  });
  expect(compared).toBeLessThan(comparedByAll / 2);
});

test('an array of equal elements takes one pass', () => {
  let compared = 0;
  sortFirst(new Array(1000).fill(1), 1000, () => {
    compared++;
    return 0;
  });
  expect(compared).toBeLessThan(1100);
});
