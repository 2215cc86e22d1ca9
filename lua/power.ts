// x to the power y, as C has it.
//
// V8 is off by a bit or two now and then: 10 ** -5 is less than 0.00001, and a script that divides
// by it, or shows all digits, shows that too. The C library's result is the double nearest to the
// true one but for one in a hundred. So where y is an integer, as it nearly always is, x is
// multiplied here with itself in twice a double's precision: a number is a sum high + low, low
// being what high could not hold. Other powers are in precise.ts.

import { pow } from './precise.ts';

const SPLITTER = 2 ** 27 + 1;
const MOST = 1100; // With a larger y, too many products add their errors up.
const LARGEST = 2 ** 850; // Whatever stays below, and above 1 / LARGEST, can be split.
const SAFE = 2 ** 53;

export function power(x: number, y: number): number {
  // Unlike JavaScript, C knows 1 to the power of NaN, and -1 to that of an infinity.
  if (x === 1 || (x === -1 && (y === Infinity || y === -Infinity))) return 1;
  const result = x ** y;
  if (!Number.isInteger(y) || y > MOST || y < -MOST) {
    const usual = x > 0 && x !== Infinity && Number.isFinite(y);
    return usual ? pow(x, y) : result;
  }
  const size = Math.abs(result);
  // Products of integers are right.
  if (size <= SAFE && y >= 0 && Number.isInteger(x)) return result;
  if (!(size < LARGEST && size > 1 / LARGEST)) return result;
  return product(x, y);
}

function product(x: number, y: number): number {
  let high = 1;
  let low = 0;
  let square = x; // x^(2^i) = square + rest
  let rest = 0;
  for (let left = Math.abs(y); ; ) {
    if (left % 2 === 1) {
      const first = high * square;
      const error = lostIn(high, square, first) + (high * rest + low * square);
      high = first + error;
      low = error - (high - first);
    }
    left = Math.floor(left / 2);
    if (left === 0) break;
    const first = square * square;
    const error = lostIn(square, square, first) + 2 * square * rest;
    square = first + error;
    rest = error - (square - first);
  }
  if (y > 0) return high + low;
  // 1 / (high + low), and what that is short of.
  const inverse = 1 / high;
  const whole = inverse * high;
  const short = 1 - whole - lostIn(inverse, high, whole) - inverse * low;
  return inverse + inverse * short;
}

/** What a product was short of. */
function lostIn(a: number, b: number, rounded: number): number {
  const aHigh = upper(a);
  const bHigh = upper(b);
  const aLow = a - aHigh;
  const bLow = b - bHigh;
  return aLow * bLow - (rounded - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

/** The upper half of a double's bits. */
function upper(a: number): number {
  const shifted = SPLITTER * a;
  return shifted - (shifted - a);
}
