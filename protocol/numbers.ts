// Numbers as Redis reads and prints them.
//
// Integers. Redis's integers have 64 bits with a sign; a JavaScript number holds 53. BigInt holds
// them all and costs an allocation for each step, so there are three questions to choose from:
//
//   parseSafeInt(s)   a number, or NaN. For nearly everything: counts, indexes, times, and the
//                     first attempt at anything else. No allocation.
//   parseInt64(s)     a bigint, or undefined. When NaN came back and 2^53 … 2^63 matters.
//   isInt64(s)        whether Redis would hold this value as an integer. No allocation.
//
// All three accept one spelling per integer, the one that Redis prints: no plus sign, no leading
// zero, no blank, no "-0". So equal integers are equal strings, and a value may be kept as either.
//
// Doubles. Redis reads them with the C library's strtod, which differs from Number() in what it
// accepts, not in how it rounds; it prints them with Grisu2 (see double-format.ts), except that
// integers up to 2^62 are printed in full.

import { formatGrisu } from './double-format.ts';
import { hexToDouble } from './long-double.ts';

const PLUS = 0x2b;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const UPPER_E = 0x45;
const LOWER_E = 0x65;

const MAX_INT64 = 9223372036854775807n;
const MIN_INT64 = -9223372036854775808n;
const MAX_INT64_DIGITS = '9223372036854775807';
const MIN_INT64_DIGITS = '9223372036854775808';

/** The integer, or NaN when this is not one or lies outside ±(2^53 - 1). Never -0. */
export function parseSafeInt(s: string): number {
  const length = s.length;
  if (length === 0 || length > 17) return NaN;
  let at = 0;
  const negative = s.charCodeAt(0) === MINUS;
  if (negative) at = 1;
  let n = s.charCodeAt(at) - ZERO; // NaN past the end, which fails the next test.
  if (!(n >= 1 && n <= 9)) return n === 0 && length === 1 ? 0 : NaN;
  while (++at < length) {
    const digit = s.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) return NaN;
    n = n * 10 + digit;
  }
  if (n > Number.MAX_SAFE_INTEGER) return NaN;
  return negative ? -n : n;
}

/** The integer, or undefined when this is not one or does not fit 64 bits with a sign. */
export function parseInt64(s: string): bigint | undefined {
  return isInt64(s) ? BigInt(s) : undefined;
}

/** Whether this is how Redis prints some integer of 64 bits with a sign. */
export function isInt64(s: string): boolean {
  const length = s.length;
  if (length === 0 || length > 20) return false;
  const negative = s.charCodeAt(0) === MINUS;
  const start = negative ? 1 : 0;
  const first = s.charCodeAt(start);
  if (first === ZERO) return length === 1;
  for (let i = start; i < length; i++) {
    const c = s.charCodeAt(i);
    if (c < ZERO || c > NINE) return false;
  }
  const digits = length - start;
  if (digits < 19) return digits > 0;
  if (digits > 19) return false;
  // Strings of equal length compare as the numbers do.
  return negative ? s.slice(1) <= MIN_INT64_DIGITS : s <= MAX_INT64_DIGITS;
}

/** Whether a sum or product still fits 64 bits with a sign. */
export function fitsInt64(n: bigint): boolean {
  return n >= MIN_INT64 && n <= MAX_INT64;
}

/**
 * A double as ZADD and its like read it, or NaN when they refuse it. Infinities are read; what
 * overflows to one, or vanishes to zero, is refused, and so is NaN by any spelling.
 */
export function parseDouble(s: string): number {
  const length = s.length;
  let integer = 0;
  let i = 0;
  for (; i < length; i++) {
    const digit = s.charCodeAt(i) - ZERO;
    if (digit < 0 || digit > 9) break;
    integer = integer * 10 + digit;
  }
  if (i === length && length > 0 && length < 16) return integer;

  // On this alphabet strtod and Number() accept the same strings, but for the empty one.
  for (; i < length; i++) {
    const c = s.charCodeAt(i);
    if (c >= ZERO && c <= NINE) continue;
    if (c !== DOT && c !== MINUS && c !== PLUS && c !== LOWER_E && c !== UPPER_E) {
      return parseOddDouble(s);
    }
  }
  if (length === 0) return NaN;
  const n = Number(s);
  if (n === 0 && !isZero(s)) return NaN;
  return n === Infinity || n === -Infinity ? NaN : n;
}

/** Whether a decimal has no digit but 0 before its exponent. */
function isZero(s: string): boolean {
  for (let i = 0; i < s.length; i++) {
    const c = s.charCodeAt(i);
    if (c === LOWER_E || c === UPPER_E) return true;
    if (c > ZERO && c <= NINE) return false;
  }
  return true;
}

/** Infinities and hexadecimal. */
function parseOddDouble(s: string): number {
  if (s.length > 9 || !/^[+-]?inf(inity)?$/i.test(s)) return hexToDouble(s);
  return s.charCodeAt(0) === MINUS ? -Infinity : Infinity;
}

const LARGEST_PLAIN = 2 ** 62;

/** A double as Redis prints it, in RESP2 and RESP3 alike. */
export function formatDouble(n: number): string {
  // Redis: integers up to 2^62 have all their digits; 2^62 + 2^10 is 4611686018427389000.
  if (n >= -LARGEST_PLAIN && n <= LARGEST_PLAIN && Math.trunc(n) === n) {
    if (n === 0) return 1 / n < 0 ? '-0' : '0';
    return Number.isSafeInteger(n) ? String(n) : String(BigInt(n));
  }
  if (n !== n) return 'nan';
  if (n === Infinity) return 'inf';
  if (n === -Infinity) return '-inf';
  return formatGrisu(n);
}

const UNITS = new Map<string, bigint>([
  ['', 1n],
  ['b', 1n],
  ['k', 1000n],
  ['kb', 1024n],
  ['m', 1000n ** 2n],
  ['mb', 1024n ** 2n],
  ['g', 1000n ** 3n],
  ['gb', 1024n ** 3n],
]);

/**
 * A number of bytes with a unit, as the configuration spells it: k, m, g are powers of 1000, kb,
 * mb, gb powers of 1024, in either case. Undefined when refused; from 0 to 2^64 - 1 otherwise.
 */
export function parseMemory(s: string): bigint | undefined {
  const end = s.indexOf('\0'); // Redis: a C string ends there.
  if (end >= 0) s = s.slice(0, end);
  let digits = 0;
  while (digits < s.length && s.charCodeAt(digits) >= ZERO && s.charCodeAt(digits) <= NINE)
    digits++;
  const unit = UNITS.get(s.slice(digits).toLowerCase());
  if (unit === undefined || digits >= 128) return undefined;
  // Redis: a unit alone, or nothing, is 0; the number stops at 2^64 - 1, the product goes round.
  const count = BigInt(s.slice(0, digits));
  const most = (1n << 64n) - 1n;
  return BigInt.asUintN(64, (count < most ? count : most) * unit);
}
