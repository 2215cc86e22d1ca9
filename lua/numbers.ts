// Numbers as Lua 5.1 reads and prints them, which is as C does.

const DECIMAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const HEXADECIMAL = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)(?:[pP]([+-]?[0-9]+))?$/;
const SPECIAL = /^([+-]?)(?:(inf|infinity)|nan(?:\([0-9A-Za-z_]*\))?)$/i;
const SPACES = /^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g;

/**
 * The number that a text spells, spaces around it aside; undefined if it is none. C's texts end at
 * their first zero byte, and so does this one.
 */
export function parseNumber(text: string): number | undefined {
  const zero = text.indexOf('\0');
  const trimmed = (zero < 0 ? text : text.slice(0, zero)).replace(SPACES, '');
  if (DECIMAL.test(trimmed)) return Number(trimmed);
  const hex = HEXADECIMAL.exec(trimmed);
  if (hex !== null) {
    const [, sign, whole, part, power] = hex;
    if (whole === '' && part === '') return undefined;
    return (
      (sign === '-' ? -1 : 1) * hexadecimal(whole + part, Number(power ?? 0) - part.length * 4)
    );
  }
  const special = SPECIAL.exec(trimmed);
  if (special === null) return undefined;
  if (special[2] === undefined) return NaN;
  return special[1] === '-' ? -Infinity : Infinity;
}

function hexadecimal(digits: string, power: number): number {
  const significant = digits.replace(/^0+/, '');
  if (significant === '') return 0;
  // More than 64 bits do not change a double but by being there at all.
  const most = 16;
  let value = BigInt(`0x${significant.slice(0, most)}`);
  if (/[^0]/.test(significant.slice(most))) value |= 1n;
  const scale = power + Math.max(0, significant.length - most) * 4;
  // In two steps, lest a power of two overflow where the product does not.
  const half = Math.trunc(scale / 2);
  return Number(value) * 2 ** half * 2 ** (scale - half);
}

/** A number as tostring() prints it: C's "%.14g". */
export function formatNumber(n: number): string {
  if (n === (n | 0)) return n === 0 && 1 / n < 0 ? '-0' : String(n);
  const size = Math.abs(n);
  if (size >= 1e-4 && size < 1e14) {
    // JavaScript's digits are as few as tell a double from its neighbours. If that takes no more
    // than 14, those are C's too.
    const shortest = String(n);
    if (shortest.length <= 15) return shortest;
  }
  return formatGeneral(n, 14);
}

/** C's "%.*g". */
export function formatGeneral(n: number, precision: number): string {
  // What a processor answers to 0/0 has its sign set, and C prints that. JavaScript has one NaN.
  // Unlike Redis: NaN has no sign. What processors make of 0/0 is -nan in C, and -(0/0) is nan.
  if (n !== n) return '-nan';
  if (!Number.isFinite(n)) return n > 0 ? 'inf' : '-inf';
  if (n === 0) return 1 / n < 0 ? '-0' : '0';
  const digits = Math.max(1, precision);
  // JavaScript rounds ties away from zero, C to what is even.
  const [mantissa, exponent] = exactDigits(n, digits);
  const power = exponent;
  const sign = n < 0 ? '-' : '';
  if (power < -4 || power >= digits) {
    const rest = mantissa.slice(1).replace(/0+$/, '');
    const size = String(Math.abs(power)).padStart(2, '0');
    return `${sign}${mantissa[0]}${rest === '' ? '' : `.${rest}`}e${power < 0 ? '-' : '+'}${size}`;
  }
  if (power < 0) {
    return `${sign}0.${'0'.repeat(-power - 1)}${mantissa.replace(/0+$/, '')}`;
  }
  const rest = mantissa.slice(power + 1).replace(/0+$/, '');
  return `${sign}${mantissa.slice(0, power + 1)}${rest === '' ? '' : `.${rest}`}`;
}

/** So many significant digits of the exact value, ties to even as in C, and the exponent. */
function exactDigits(n: number, digits: number): [digits: string, exponent: number] {
  const size = Math.abs(n);
  const text = size.toExponential(digits - 1);
  const e = text.indexOf('e');
  const mantissa = text[0] + text.slice(2, e);
  const exponent = Number(text.slice(e + 1));
  // V8's digits are those of the exact value, but a tie is rounded up.
  const odd = mantissa.charCodeAt(digits - 1) % 2 === 1;
  if (!odd || !isTie(size, digits - 1 - exponent)) return [mantissa, exponent];
  return [mantissa.slice(0, -1) + (Number(mantissa[digits - 1]) - 1), exponent];
}

/** Whether a number lies in the middle between two of so many digits behind the point. */
export function isTie(size: number, place: number): boolean {
  // Half of 10^-place is odd in units of 2^-(place+1), as 5^place is.
  if (place >= 0) return (size * 2 ** (place + 1)) % 2 === 1;
  if (place < -22 || !Number.isInteger(size)) return false; // No double has so many fives.
  const unit = 10n ** BigInt(-place);
  return BigInt(size) % unit === unit / 2n;
}
