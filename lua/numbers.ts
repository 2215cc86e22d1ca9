// Numbers as Lua 5.1 reads and prints them, which is as C does.

const DECIMAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const HEXADECIMAL = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)(?:[pP]([+-]?[0-9]+))?$/;
const SPECIAL = /^([+-]?)(?:(inf|infinity)|nan(?:\([0-9A-Za-z_]*\))?)$/i;
const SPACES = /^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g;

/** The number that a text spells, spaces around it aside; undefined if it is none. */
export function parseNumber(text: string): number | undefined {
  const trimmed = text.replace(SPACES, '');
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
  return formatGeneral(n, 14);
}

/** C's "%.*g". */
export function formatGeneral(n: number, precision: number): string {
  // What a processor answers to 0/0 has its sign set, and C prints that. JavaScript has but one NaN.
  if (n !== n) return '-nan';
  if (!Number.isFinite(n)) return n > 0 ? 'inf' : '-inf';
  if (n === 0) return 1 / n < 0 ? '-0' : '0';
  const digits = Math.max(1, precision);
  // toPrecision rounds ties away from zero where C looks at the exact value; so do the digits of 25.
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
  const [text, power] = Math.abs(n)
    .toExponential(Math.min(100, digits - 1))
    .split('e');
  const exponent = Number(power);
  const mantissa = text.replace('.', '');
  // V8's digits are those of the exact value, rounded half up: only an exact tie can differ.
  const longer = digits < 100 ? Math.abs(n).toExponential(Math.min(100, digits + 30)) : '';
  const [long, longPower] = longer.split('e');
  if (longer === '' || Number(longPower) !== exponent)
    return [mantissa.padEnd(digits, '0'), exponent];
  const all = long.replace('.', '');
  const tie = all[digits] === '5' && /^0*$/.test(all.slice(digits + 1));
  const last = Number(all[digits - 1]);
  if (tie && last % 2 === 0) return [all.slice(0, digits), exponent];
  return [mantissa.padEnd(digits, '0'), exponent];
}
