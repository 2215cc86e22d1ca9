// The model is Taylor's series in fixed point, with bits to spare.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asin, cos, sin } from '../../datatypes/trigonometry.ts';

const BITS = 300n;
const ONE = 1n << BITS;

/** A double as an integer multiple of 2^-300; what lies below that is cut off. */
function fixed(n: number): bigint {
  let whole = n;
  let shift = 0n;
  while (Math.trunc(whole) !== whole && shift < BITS) {
    whole *= 2;
    shift++;
  }
  return BigInt(Math.trunc(whole)) << (BITS - shift);
}

/** The sine from n = 1, the cosine from n = 0. */
function series(x: bigint, n: bigint): bigint {
  let term = n === 1n ? x : ONE;
  let sum = 0n;
  for (; term !== 0n; n += 2n) {
    sum += term;
    term = -((((term * x) >> BITS) * x) >> BITS) / ((n + 1n) * (n + 2n));
    if (term === -1n) break; // Shifting rounds down, so a negative term would stay for ever.
  }
  return sum;
}

/** How far a double is from a true value, in units of the double's last place. */
function error(n: number, truth: bigint): number {
  const apart = fixed(n) - truth;
  const exponent = Math.floor(Math.log2(Math.abs(n)));
  const unit = 1n << (BITS + BigInt(exponent) - 52n);
  return Math.abs(Number((apart * 1000n) / unit)) / 1000;
}

// Rounded correctly, a result is off by half a unit; somewhat more is allowed where the true
// value lies half way between two doubles.
const HALF = 0.51;

test('a sine is off by half a unit of its last place', () => {
  const angle = fc.double({ min: 1e-6, max: Math.PI - 1e-6, noNaN: true });
  fc.assert(
    fc.property(angle, (x) => {
      expect(error(sin(x), series(fixed(x), 1n))).toBeLessThan(HALF);
      expect(sin(-x)).toBe(-sin(x));
    }),
    { numRuns: 1000 },
  );
});

test('a cosine is off by half a unit of its last place', () => {
  const angle = fc.double({ min: 0, max: 1.49, noNaN: true });
  fc.assert(
    fc.property(angle, (x) => {
      expect(error(cos(x), series(fixed(x), 0n))).toBeLessThan(HALF);
      expect(cos(-x)).toBe(cos(x));
    }),
    { numRuns: 1000 },
  );
});

test('an arcsine is the angle with that sine, to half a unit of its last place', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1 - 1e-9, noNaN: true }), (z) => {
      // The sine of an angle half a unit larger is larger than z, of one half a unit smaller,
      // smaller.
      const y = asin(z);
      const unit = fixed(2 ** (Math.floor(Math.log2(y)) - 52));
      const most = (unit * 51n) / 100n;
      expect(series(fixed(y) + most, 1n) > fixed(z)).toBe(true);
      expect(series(fixed(y) - most, 1n) < fixed(z)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test('the ends are exact', () => {
  expect(sin(0)).toBe(0);
  expect(cos(0)).toBe(1);
  expect(asin(0)).toBe(0);
  expect(asin(1)).toBe(Math.PI / 2);
  expect(sin(Math.PI)).toBe(1.2246467991473532e-16);
  expect(asin(1.1)).toBeNaN();
});
