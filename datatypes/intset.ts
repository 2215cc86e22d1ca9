// Integers in ascending order, in the one spelling that each has.
//
// Redis keeps a small set of integers as a sorted array of them. Here it is an array of their
// spellings: they are what goes out to clients, and 64 bits do not fit a number. Between
// spellings without leading zeros or plus signs, order takes no arithmetic: the sign
// decides, then the length, then the digits.

const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const LARGEST = '9223372036854775807';
const SMALLEST = '-9223372036854775808';

/** Whether this is the spelling of an integer of 64 bits with a sign. */
export function isInteger(s: string): boolean {
  const start = s.charCodeAt(0) === MINUS ? 1 : 0;
  const digits = s.length - start;
  if (digits < 1 || digits > 19) return false;
  if (s.charCodeAt(start) === ZERO) return s.length === 1;
  for (let i = start; i < s.length; i++) {
    const c = s.charCodeAt(i);
    if (c < ZERO || c > NINE) return false;
  }
  // Strings of equal length compare as the numbers do.
  return digits < 19 || s <= (start === 0 ? LARGEST : SMALLEST);
}

/** Less than, equal to, or greater than 0, as `a` is to `b`. Both as isInteger() accepts them. */
export function compareIntegers(a: string, b: string): number {
  const negative = a.charCodeAt(0) === MINUS;
  if (negative !== (b.charCodeAt(0) === MINUS)) return negative ? -1 : 1;
  if (a === b) return 0;
  const smaller = a.length === b.length ? a < b : a.length < b.length;
  return smaller === negative ? 1 : -1;
}

/** Where an integer stands among sorted ones, or where it would have to be put. */
export function placeOf(sorted: readonly string[], integer: string): number {
  let low = 0;
  let high = sorted.length;
  // Integers often come in ascending order.
  if (high > 0 && compareIntegers(sorted[high - 1], integer) < 0) return high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareIntegers(sorted[middle], integer) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
