import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Histogram } from '../../server/histogram.ts';

function of(...micros: number[]): Histogram {
  const histogram = new Histogram();
  for (const each of micros) histogram.record(each);
  return histogram;
}

function told(histogram: Histogram): [number, number][] {
  const pairs: [number, number][] = [];
  histogram.powersOfTwo((micros, calls) => pairs.push([micros, calls]));
  return pairs;
}

test('a histogram without calls has nothing to tell', () => {
  expect(told(of())).toEqual([]);
  expect(of().percentile(50)).toBe(0);
});

// What 8.0.2 printed after DEBUG SLEEPs of 0.5, 1.2 and 2.3 seconds.
test('calls of a second and more are told as real Redis tells them', () => {
  const sleepy = of(500_109, 1_200_110, 2_300_111);
  expect(told(sleepy)).toEqual([
    [541065, 1],
    [1073741, 3],
  ]);
  expect([0, 25, 50, 99, 100].map((p) => sleepy.percentile(p))).toEqual([
    499122.176, 501219.327, 1002438.655, 1002438.655, 1002438.655,
  ]);
});

// The same of calls that took 11, 178, 659, 10297 microseconds.
test('percentiles are rounded up to the end of their bucket', () => {
  expect(of(1).percentile(50)).toBe(1.003);
  expect(of(11).percentile(99.9)).toBe(11.007);
  expect(of(178).percentile(50)).toBe(178.175);
  expect(of(659).percentile(50)).toBe(659.455);
  expect(of(10297).percentile(50)).toBe(10354.687);
});

test('times that no command can take are counted all the same', () => {
  const odd = of(0, -5, 0.0001, Number.POSITIVE_INFINITY);
  expect(odd.count).toBe(4);
  expect(odd.percentile(50)).toBe(0.001);
  expect(odd.percentile(100)).toBe(1002438.655);
});

test('no figure is more than 0.8 % above the truth, and none below it', () => {
  const micros = fc.array(fc.double({ min: 0.001, max: 999_000, noNaN: true }), {
    minLength: 1,
    maxLength: 200,
  });
  fc.assert(
    fc.property(micros, fc.double({ min: 0.1, max: 100, noNaN: true }), (calls, percent) => {
      const sorted = [...calls].sort((a, b) => a - b);
      const rank = Math.max(1, Math.floor((percent / 100) * calls.length + 0.5));
      const truth = Math.floor(sorted[rank - 1] * 1000) / 1000;
      const figure = of(...calls).percentile(percent);
      expect(figure).toBeGreaterThanOrEqual(truth - 1e-9);
      expect(figure).toBeLessThanOrEqual(truth * (1 + 1 / 128) + 0.001);
    }),
  );
});

test('the counts for powers of two rise to all calls', () => {
  const micros = fc.array(fc.double({ min: 0, max: 5_000_000, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(micros, (calls) => {
      const pairs = told(of(...calls));
      expect(pairs.at(-1)![1]).toBe(calls.length);
      for (let i = 1; i < pairs.length; i++) {
        expect(pairs[i][0]).toBeGreaterThan(pairs[i - 1][0]);
        expect(pairs[i][1]).toBeGreaterThan(pairs[i - 1][1]);
      }
    }),
  );
});

test('powers of two are told by the ends of their buckets', () => {
  const all = of(...Array.from({ length: 21 }, (_, i) => (1024 * 2 ** i) / 1000));
  expect(told(all).map(([micros]) => micros)).toEqual([
    1, 2, 4, 8, 16, 33, 66, 132, 264, 528, 1056, 2113, 4227, 8454, 16908, 33816, 67633, 135266,
    270532, 541065, 1073741,
  ]);
});
