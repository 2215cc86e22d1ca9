// Sine, cosine and arcsine to the last bit.
//
// ECMAScript lets an engine choose how well Math.sin and its like approximate, and about one
// result in ten is not the double nearest to the true value. The C library's almost always is. A
// distance that GEOSEARCHSTORE keeps shows all of its digits, so one wrong bit can be seen.
//
// The remedy is to reckon with more bits than a double has. A value is kept as the sum of two
// doubles, high + low, low being what high could not hold. Sine and cosine are looked up for the
// nearest multiple of 1/64, to twice a double's precision, and taken from there to x:
//
//     x = k/64 + r, |r| ≤ 1/128
//     sin x = S + C·r + (S·(cos r - 1) + C·(sin r - r))          S = sin k/64, C = cos k/64
//             |   |      |
//             |   |      below 2^-14, so a double's 53 bits place it to within 2^-67
//             |   exact, as two doubles
//             two doubles, from the table
//
// The sum is off by less than a hundredth of its last bit, so it rounds to the wrong double once
// in a hundred times at the very worst. An arcsine is Math.asin, improved by one step of Newton's
// method with that sine: y - (sin y - z) / cos y.

const STEPS = 64; // Of the table, to a radian.
const ENTRIES = 102; // From 0 to beyond π/2.
const FIXED = 160n; // Bits behind the point, where the table is made.
const SPLITTER = 2 ** 27 + 1;
const PI_LOW = 1.2246467991473532e-16; // π - Math.PI

const sinHigh = new Float64Array(ENTRIES);
const sinLow = new Float64Array(ENTRIES);
const cosHigh = new Float64Array(ENTRIES);
const cosLow = new Float64Array(ENTRIES);
let tablesMade = false;

// What the last high part was short of.
let low = 0;

/** The sine of an angle from -π to π. */
export function sin(x: number): number {
  const high = x < 0 ? -sinOf(-x) : sinOf(x);
  return x < 0 ? high - low : high + low;
}

/** The cosine of an angle from -π/2 to π/2. */
export function cos(x: number): number {
  if (!tablesMade) makeTables();
  const angle = Math.abs(x);
  const k = Math.round(angle * STEPS);
  const r = angle - k / STEPS;
  const rest = sinHigh[k] * sinMinus(r) - cosHigh[k] * cosMinusOne(r);
  const product = sinHigh[k] * r;
  low = cosLow[k] - lostIn(sinHigh[k], r, product) - sinLow[k] * r - rest;
  return twoSum(cosHigh[k], -product);
}

/** The arcsine of a number from 0 to 1; NaN for any other. */
export function asin(z: number): number {
  // Near 1 the sine hardly moves, so that it says little about the angle.
  if (z > 0.9998) return Math.PI / 2 + (PI_LOW / 2 - 2 * Math.asin(Math.sqrt((1 - z) / 2)));
  const y = Math.asin(z);
  const high = sinOf(y);
  return y + (z - high - low) / Math.cos(y);
}

/** The sine of an angle from 0 to π: returns its high part and leaves the rest in `low`. */
function sinOf(x: number): number {
  if (!tablesMade) makeTables();
  const angle = x > Math.PI / 2 ? Math.PI - x : x; // Exact; π is not.
  const more = x > Math.PI / 2 ? PI_LOW : 0;
  const k = Math.round(angle * STEPS);
  const r = angle - k / STEPS;
  const rest = sinHigh[k] * cosMinusOne(r) + cosHigh[k] * (sinMinus(r) + more);
  const product = cosHigh[k] * r;
  low = sinLow[k] + lostIn(cosHigh[k], r, product) + cosLow[k] * r + rest;
  const sum = sinHigh[k] + product;
  const part = sum - sinHigh[k];
  low += sinHigh[k] - (sum - part) + (product - part);
  return sum;
}

function twoSum(a: number, b: number): number {
  const sum = a + b;
  const part = sum - a;
  low += a - (sum - part) + (b - part);
  return sum + low;
}

/** sin r - r, for a small r. */
function sinMinus(r: number): number {
  const square = r * r;
  return r * square * (-1 / 6 + square * (1 / 120 - square / 5040));
}

/** cos r - 1, for a small r. */
function cosMinusOne(r: number): number {
  const square = r * r;
  return square * (-1 / 2 + square * (1 / 24 - square / 720));
}

/** a·b - product, where product is a·b rounded (Dekker). */
function lostIn(a: number, b: number, product: number): number {
  let scaled = SPLITTER * a;
  const aTop = scaled - (scaled - a);
  scaled = SPLITTER * b;
  const bTop = scaled - (scaled - b);
  const aRest = a - aTop;
  const bRest = b - bTop;
  return aTop * bTop - product + aTop * bRest + aRest * bTop + aRest * bRest;
}

function makeTables(): void {
  for (let k = 0; k < ENTRIES; k++) {
    sinHigh[k] = fromFixed(series(k, 1n));
    sinLow[k] = low;
    cosHigh[k] = fromFixed(series(k, 0n));
    cosLow[k] = low;
  }
  tablesMade = true;
}

/** Taylor's series at k/64, in fixed point: of the sine from n = 1, of the cosine from n = 0. */
function series(k: number, n: bigint): bigint {
  const x = (BigInt(k) << FIXED) / BigInt(STEPS);
  let term = n === 1n ? x : 1n << FIXED;
  let sum = 0n;
  for (; term !== 0n; n += 2n) {
    sum += term;
    term = -((((term * x) >> FIXED) * x) >> FIXED) / ((n + 1n) * (n + 2n));
  }
  return sum;
}

/** The nearest double; what is missing goes to `low`. */
function fromFixed(n: bigint): number {
  const high = Number(n) / 2 ** Number(FIXED);
  low = Number(n - BigInt(high * 2 ** Number(FIXED))) / 2 ** Number(FIXED);
  return high;
}
