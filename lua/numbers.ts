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
