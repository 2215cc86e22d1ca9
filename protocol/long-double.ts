// INCRBYFLOAT and HINCRBYFLOAT reckon in C's long double.
//
// On the machines that Redis is compared on, that is the 80-bit format of the x87: a sign, 15 bits
// of exponent and a significand of 64 bits, eleven more than a double has. The difference shows:
// 0.1 + 0.2 is 0.3 there, and 0.30000000000000004 in JavaScript; and 1000.1 + 0 is
// 1000.09999999999999998, which no client expects but every Redis answers. So the arithmetic is
// done over with BigInt, in three steps, each rounded once, to nearest, ties to even, as the C
// library and the processor do it:
//
//   read    a decimal or hexadecimal string → the nearest long double
//   add     two long doubles                → the nearest to their sum
//   print   "%.17Lf"                        → the nearest decimal with 17 places, zeros cut off
//
// A long double is significand·2^exponent with an integer significand below 2^64 and an exponent
// of at least -16445. Numbers too small to fill the 64 bits (denormals) need no special treatment
// in this form. Each step forms the exact result first (or, where it never ends, enough bits of
// it and the fact that more follow) and hands it to round().
//
// Prices and counters mostly need none of this: see shortSum().

import { flat } from './byte-string.ts';

const SIGNIFICAND_BITS = 64;
const MIN_EXPONENT = -16445;
const MAX_BITS = 16384; // A finite value is below 2^MAX_BITS.
const MAX_CHARS = 5 * 1024; // Redis: a longer string, or one of this length, is no number.

export class LongDouble {
  readonly negative: boolean;
  readonly significand: bigint;
  /** Infinity for an infinity, NaN for what is no number. */
  readonly exponent: number;

  constructor(negative: boolean, significand: bigint, exponent: number) {
    this.negative = negative;
    this.significand = significand;
    this.exponent = exponent;
  }

  get isFinite(): boolean {
    return Number.isFinite(this.exponent);
  }
}

const ZERO = new LongDouble(false, 0n, 0);
const NOT_A_NUMBER = new LongDouble(false, 0n, NaN);

/** What incrByFloat returns when the sum is infinite or no number. */
export const NOT_FINITE = 'nan';

/**
 * The value that INCRBYFLOAT stores and returns, flat; undefined when either string is no float,
 * and NOT_FINITE when both are but their sum is infinite or not a number.
 */
export function incrByFloat(value: string, increment: string): string | undefined {
  const short = shortSum(value, increment);
  if (short !== '') return flat(short);
  const a = parseLongDouble(value);
  if (a === undefined) return undefined;
  const b = parseLongDouble(increment);
  if (b === undefined) return undefined;
  const sum = addLongDoubles(a, b);
  return sum.isFinite ? flat(formatLongDouble(sum)) : NOT_FINITE;
}

/**
 * A string as Redis reads it into a long double, or undefined when it refuses it: decimal,
 * hexadecimal (0x1.8p3) or inf, nothing before or after; refused when too large or too small for
 * anything but infinity or zero.
 */
export function parseLongDouble(s: string): LongDouble | undefined {
  if (s.length === 0 || s.length >= MAX_CHARS) return undefined;
  const number = scanDecimal(s) ?? scanHex(s);
  if (number === undefined) {
    if (!/^[+-]?inf(inity)?$/i.test(s)) return undefined;
    return new LongDouble(s[0] === '-', 0n, Infinity);
  }
  const { negative, digits, exponent, base } = number;
  if (digits === 0n) return new LongDouble(negative, 0n, 0);

  let rounded: LongDouble;
  if (base === 2) {
    if (exponent > MAX_BITS || exponent < -17_000) return undefined;
    rounded = round(negative, digits, exponent, false);
  } else {
    // From here on no power of ten is larger than the string is long, and then some.
    const places = exponent + number.digitCount;
    if (places > 4940 || places < -4960) return undefined;
    rounded = roundDecimal(negative, digits, exponent);
  }
  // Redis: ERANGE with an infinity or a zero is refused; a denormal is fine.
  return rounded.isFinite && rounded.significand !== 0n ? rounded : undefined;
}

/** The sum, rounded. Inf + -inf is no number; -0 + -0 is -0, any other sum of nothing is 0. */
export function addLongDoubles(a: LongDouble, b: LongDouble): LongDouble {
  if (!a.isFinite || !b.isFinite) {
    if (a.isFinite) return b;
    if (b.isFinite) return a;
    return a.negative === b.negative && a.exponent === b.exponent ? a : NOT_A_NUMBER;
  }
  const exponent = Math.min(a.exponent, b.exponent);
  const left = a.significand << BigInt(a.exponent - exponent);
  const right = b.significand << BigInt(b.exponent - exponent);
  const sum = (a.negative ? -left : left) + (b.negative ? -right : right);
  if (sum === 0n) return a.negative && b.negative ? a : ZERO;
  return sum < 0n ? round(true, -sum, exponent, false) : round(false, sum, exponent, false);
}

/** At most 17 decimals, without zeros at the end, without an exponent; -0 is "0". */
export function formatLongDouble(n: LongDouble): string {
  if (!n.isFinite) return n.exponent !== n.exponent ? 'nan' : n.negative ? '-inf' : 'inf';
  let scaled = n.significand * 10n ** 17n;
  if (n.exponent >= 0) {
    scaled <<= BigInt(n.exponent);
  } else {
    scaled = shiftRight(scaled, -n.exponent, false);
  }
  if (scaled === 0n) return '0';
  const text = scaled.toString().padStart(18, '0');
  return (n.negative ? '-' : '') + withPoint(text, 17);
}

/** A hexadecimal string to the nearest double; NaN when it is none, or overflows or vanishes. */
export function hexToDouble(s: string): number {
  const number = scanHex(s);
  if (number === undefined) return NaN;
  const { negative, digits, exponent } = number;
  if (digits === 0n) return negative ? -0 : 0;
  const bits = bitLength(digits);
  if (bits + exponent > 1024 || bits + exponent < -1080) return NaN;
  const extra = Math.max(bits - 53, -1074 - exponent);
  const significand = extra > 0 ? shiftRight(digits, extra, false) : digits;
  const scale = extra > 0 ? exponent + extra : exponent;
  // Two steps, as 2^scale alone may be too small where the product is not.
  const half = Math.trunc(scale / 2);
  const n = Number(significand) * 2 ** half * 2 ** (scale - half);
  if (n === 0 || n === Infinity) return NaN;
  return negative ? -n : n;
}

/** digits·base^exponent; digitCount is the length of digits in decimal. */
interface Scanned {
  negative: boolean;
  digits: bigint;
  digitCount: number;
  exponent: number;
  base: 2 | 10;
}

function scanDecimal(s: string): Scanned | undefined {
  const match = /^([+-]?)(?:(\d+)\.?(\d*)|\.(\d+))(?:[eE]([+-]?\d+))?$/.exec(s);
  if (match === null) return undefined;
  const fraction = match[3] ?? match[4];
  const text = ((match[2] ?? '') + fraction).replace(/^0+/, '');
  return {
    negative: match[1] === '-',
    digits: BigInt(text),
    digitCount: text.length,
    exponent: Number(match[5] ?? 0) - fraction.length,
    base: 10,
  };
}

// More than any significand holds; a 1 at the end then stands for whatever was cut off. A score
// may be as long as a string can be, so this does not go through a regular expression.
const KEPT_HEX_DIGITS = 32;

function scanHex(s: string): Scanned | undefined {
  const sign = s[0] === '-' || s[0] === '+' ? 1 : 0;
  let at = sign + 2;
  if (s[sign] !== '0' || (s[sign + 1] !== 'x' && s[sign + 1] !== 'X')) return undefined;

  let kept = '';
  let exponent = 0;
  let more = false;
  let point = false;
  let empty = true;
  for (; at < s.length; at++) {
    const digit = hexDigit(s.charCodeAt(at));
    if (digit < 0) {
      if (point || s[at] !== '.') break;
      point = true;
      continue;
    }
    empty = false;
    if (point) exponent -= 4;
    if (kept.length === KEPT_HEX_DIGITS) {
      exponent += 4;
      if (digit > 0) more = true;
    } else if (kept !== '' || digit > 0) {
      kept += s[at];
    }
  }
  if (empty) return undefined;
  if (at < s.length) {
    if (s[at] !== 'p' && s[at] !== 'P') return undefined;
    exponent += scanExponent(s, at + 1);
    if (exponent !== exponent) return undefined;
  }
  if (kept === '') kept = '0';
  if (more) {
    kept += '1';
    exponent -= 4;
  }
  const digits = BigInt(`0x${kept}`);
  return { negative: s[0] === '-', digits, digitCount: 0, exponent, base: 2 };
}

function hexDigit(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30;
  const letter = c | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** The signed decimal from `at` to the end, no larger than 10^15; NaN if it is none. */
function scanExponent(s: string, at: number): number {
  const negative = s[at] === '-';
  if (negative || s[at] === '+') at++;
  if (at >= s.length) return NaN;
  let exponent = 0;
  for (; at < s.length; at++) {
    const digit = s.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return NaN;
    if (exponent < 1e14) exponent = exponent * 10 + digit;
  }
  return negative ? -exponent : exponent;
}

/** The long double nearest to digits·10^exponent. */
function roundDecimal(negative: boolean, digits: bigint, exponent: number): LongDouble {
  if (exponent >= 0) return round(negative, digits * 10n ** BigInt(exponent), 0, false);
  const divisor = 10n ** BigInt(-exponent);
  // Enough bits in the quotient to round by; a remainder says that more would follow.
  const shift = Math.max(0, bitLength(divisor) - bitLength(digits) + SIGNIFICAND_BITS + 2);
  const dividend = digits << BigInt(shift);
  const quotient = dividend / divisor;
  return round(negative, quotient, -shift, quotient * divisor !== dividend);
}

/** The long double nearest to n·2^exponent, or to a little more than that when `more` is set. */
function round(negative: boolean, n: bigint, exponent: number, more: boolean): LongDouble {
  const extra = Math.max(bitLength(n) - SIGNIFICAND_BITS, MIN_EXPONENT - exponent);
  if (extra > 0) {
    n = shiftRight(n, extra, more);
    exponent += extra;
  }
  if (n === 0n) return new LongDouble(negative, 0n, 0);
  if (bitLength(n) + exponent > MAX_BITS) return new LongDouble(negative, 0n, Infinity);
  return new LongDouble(negative, n, exponent);
}

/** n / 2^by, to the nearest integer, ties to even; `more` says that n is really a bit larger. */
function shiftRight(n: bigint, by: number, more: boolean): bigint {
  const quotient = n >> BigInt(by);
  const rest = n - (quotient << BigInt(by));
  const half = 1n << BigInt(by - 1);
  const up = rest > half || (rest === half && (more || (quotient & 1n) === 1n));
  return up ? quotient + 1n : quotient;
}

function bitLength(n: bigint): number {
  const hex = n.toString(16);
  return hex.length * 4 - (Math.clz32(Number.parseInt(hex[0], 16)) - 28);
}

/** Puts a decimal point before the last `places` digits and cuts off the zeros behind it. */
function withPoint(digits: string, places: number): string {
  const point = digits.length - places;
  let end = digits.length;
  while (end > point && digits.charCodeAt(end - 1) === 0x30) end--;
  const whole = digits.slice(0, point);
  return end > point ? `${whole}.${digits.slice(point, end)}` : whole;
}

// What readShort() found, besides what it returns.
let shortPlaces = 0;

/**
 * The sum of two decimals of few digits, or '' when the long way must be gone.
 *
 * Integers below 2^53 and their sums are exact in a long double. Otherwise, if the two terms and
 * the sum are all below 32 in size, each of the three roundings is off by at most 2^-60 (half of
 * the last of 64 bits), together by less than 3·2^-60 < 0.5·10^-17: too little to move the
 * result to another decimal with 17 places, given that the true sum has no more than 17. So the sum
 * printed is the true sum, and integers will do to find it.
 */
function shortSum(value: string, increment: string): string {
  let a = readShort(value);
  const aPlaces = shortPlaces;
  let b = readShort(increment);
  const bPlaces = shortPlaces;
  const places = Math.max(aPlaces, bPlaces);
  const scale = POWERS[places];
  a *= POWERS[places - aPlaces];
  b *= POWERS[places - bPlaces];
  const sum = a + b; // NaN if either was refused.
  const limit = places === 0 ? Number.MAX_SAFE_INTEGER : Math.min(32 * scale, 2 ** 53) - 1;
  if (!(Math.abs(a) <= limit && Math.abs(b) <= limit && Math.abs(sum) <= limit)) return '';
  if (places === 0) return String(sum);
  const text = withPoint(String(Math.abs(sum)).padStart(places + 1, '0'), places);
  return sum < 0 ? `-${text}` : text;
}

const POWERS = Array.from({ length: 16 }, (_, i) => 10 ** i);

/** -12.34 is -1234, with shortPlaces at 2. NaN for any other spelling, or 2^53 and more. */
function readShort(s: string): number {
  shortPlaces = 0;
  const start = s.charCodeAt(0) === 0x2d ? 1 : 0;
  if (s.length - start > 16 || s.length === start) return NaN;
  let n = 0;
  let point = -1;
  for (let i = start; i < s.length; i++) {
    const digit = s.charCodeAt(i) - 0x30;
    if (digit === -2 && point < 0 && i > start && i < s.length - 1) point = i;
    else if (digit >= 0 && digit <= 9) n = n * 10 + digit;
    else return NaN;
  }
  if (n > Number.MAX_SAFE_INTEGER) return NaN;
  if (point >= 0) shortPlaces = s.length - 1 - point;
  return start === 1 ? -n : n;
}
