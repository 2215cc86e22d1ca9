// Logarithms, exponentials and powers as good as those of the C library.
//
// V8 is off by one in the last bit for some percent of all arguments, glibc for less than one in
// a thousand, and scripts that show all digits show that. So here they are worked out in twice a
// double's precision, and then rounded once. A number is a sum, `high` + `low`, where low is what
// high had no bits for.
//
//   exp    x is k times ln 2, which is a shift, and a rest; of the rest's 512th part a few terms of
//          the series will do, and what they come to is squared nine times.
//   log    V8's, y, is nearly right: log x = y + log(x / e^y), and the log of what is nearly 1 is
//          what it has beyond 1.
//   pow    e to the power of y log x.

const SPLITTER = 2 ** 27 + 1;
const LN2_HIGH = Math.LN2;
const LN2_LOW = 2.3190468138462996e-17;
const INVERSE_LN10 = Math.LOG10E;
const LOG2_HIGH = 0.30102999566361177; // The decimal logarithm of 2, in two parts.
const LOG2_LOW = 3.694239077158931e-13;
const SMALLEST = 2 ** -1022; // Below it, numbers have fewer bits.
const HALVINGS = 9;
const TERMS = 11;

// The result of the last operation.
let high = 0;
let low = 0;

/** a + b, where a is the larger one. */
function keep(a: number, b: number): void {
  high = a + b;
  low = b - (high - a);
}

function add(aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  const sum = aHigh + bHigh;
  const part = sum - aHigh;
  const lost = aHigh - (sum - part) + (bHigh - part);
  keep(sum, lost + aLow + bLow);
}

function multiply(aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  const product = aHigh * bHigh;
  keep(product, lostIn(aHigh, bHigh, product) + (aHigh * bLow + aLow * bHigh));
}

function divide(aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  const quotient = aHigh / bHigh;
  const product = quotient * bHigh;
  const rest = aHigh - product - lostIn(quotient, bHigh, product) + aLow - quotient * bLow;
  keep(quotient, rest / bHigh);
}

/** What a product was short of. */
function lostIn(a: number, b: number, rounded: number): number {
  const aShifted = SPLITTER * a;
  const bShifted = SPLITTER * b;
  const aHigh = aShifted - (aShifted - a);
  const bHigh = bShifted - (bShifted - b);
  const [aLow, bLow] = [a - aHigh, b - bHigh];
  return aLow * bLow - (rounded - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

/** Leaves e to the power of a number between -1 and 1. */
function exponential(xHigh: number, xLow: number): void {
  const scale = 2 ** -HALVINGS;
  const [h, l] = [xHigh * scale, xLow * scale];
  keep(1, 0);
  for (let n = TERMS; n > 0; n--) {
    multiply(high, low, h, l);
    divide(high, low, n, 0);
    add(1, 0, high, low);
  }
  for (let i = 0; i < HALVINGS; i++) multiply(high, low, high, low);
}

/** e to the power of a sum, rounded. */
function expOf(xHigh: number, xLow: number): number {
  const shift = Math.round(xHigh / LN2_HIGH);
  multiply(LN2_HIGH, LN2_LOW, -shift, 0);
  add(xHigh, xLow, high, low);
  exponential(high, low);
  // In two steps, since 2 ** 1024 is too large, and 2 ** -1075 too small.
  const half = Math.trunc(shift / 2);
  return (high + low) * 2 ** half * 2 ** (shift - half);
}

/** Leaves the logarithm of a positive number. */
function logarithm(x: number): void {
  let shift = Math.round(Math.log2(x));
  let rest = x * 2 ** -Math.trunc(shift / 2) * 2 ** -(shift - Math.trunc(shift / 2));
  if (rest > 1.5) {
    shift++;
    rest /= 2;
  }
  const near = Math.log(rest);
  exponential(-near, 0);
  multiply(high, low, rest, 0);
  const beyond = high - 1 + low;
  keep(near, beyond - (beyond * beyond) / 2);
  const [h, l] = [high, low];
  multiply(LN2_HIGH, LN2_LOW, shift, 0);
  if (Math.abs(high) > Math.abs(h)) add(high, low, h, l);
  else add(h, l, high, low);
}

export function exp(x: number): number {
  const result = Math.exp(x);
  if (!(result > 1e-300 && result < 1e300) || x === 0) return result;
  return expOf(x, 0);
}

export function log(x: number): number {
  if (!(x > 0 && x < Infinity) || x === 1) return Math.log(x);
  logarithm(x);
  return high + low;
}

/** The C library does not do more than this for it, and so it is wrong where that is. */
export function log10(x: number): number {
  if (!(x >= SMALLEST && x < Infinity) || x === 1) return Math.log10(x);
  let exponent = Math.floor(Math.log2(x));
  if (2 ** exponent > x) exponent--;
  else if (exponent < 1023 && 2 ** (exponent + 1) <= x) exponent++;
  const whole = exponent < 0 ? exponent + 1 : exponent;
  const rest = x * 2 ** -Math.trunc(whole / 2) * 2 ** -(whole - Math.trunc(whole / 2));
  return whole * LOG2_LOW + INVERSE_LN10 * log(rest) + whole * LOG2_HIGH;
}

/** x to the power y, where x is positive and neither is an infinity. */
export function pow(x: number, y: number): number {
  const result = x ** y;
  if (!(result > 1e-300 && result < 1e300) || result === 1) return result;
  logarithm(x);
  multiply(high, low, y, 0);
  return expOf(high, low);
}
