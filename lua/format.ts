// string.format: what C's printf makes of a number or a text.
//
// Digits are those of a double's exact value, and a tie goes to the even digit. V8's toFixed and
// toExponential are exact too but round ties up, so a tie, which is rare and easily told, is
// rounded here.

import { checkNumber, checkText, toInteger } from './arguments.ts';
import { badArgument, LuaError } from './errors.ts';
import { formatGeneral, isTie } from './numbers.ts';
import type { Value } from './value.ts';

const LEFT = 1; // "-"
const PLUS = 2; // "+"
const SPACE = 4; // " "
const OTHER = 8; // "#"
const ZEROS = 16; // "0"
const FLAGS = new Map([
  ['-', LEFT],
  ['+', PLUS],
  [' ', SPACE],
  ['#', OTHER],
  ['0', ZEROS],
]);

/** What stands between "%" and the letter. */
type Spec = { flags: number; width: number; precision: number };

const LONG = 100; // Texts from here on are not laid out but put in as they are.

/** string.format's result; `args` begins with the format itself, which is given as text too. */
export function format(text: string, args: readonly Value[]): string {
  let out = '';
  let arg = 0;
  let from = 0;
  for (;;) {
    const percent = text.indexOf('%', from);
    if (percent < 0) return out + text.slice(from);
    out += text.slice(from, percent);
    from = percent + 1;
    if (text[from] === '%') {
      out += '%';
      from++;
      continue;
    }
    if (++arg >= args.length) throw badArgument(arg + 1, 'no value');
    const letter = text[from] ?? '';
    if (letter === 'd' || letter === 's') {
      out += letter === 'd' ? integer('d', PLAIN, args, arg) : string(PLAIN, args, arg);
      from++;
      continue;
    }
    const spec: Spec = { flags: 0, width: 0, precision: -1 };
    from = readSpec(text, from, spec);
    out += formatOne(text[from] ?? '', spec, args, arg);
    from++;
  }
}

const PLAIN: Spec = { flags: 0, width: 0, precision: -1 };

/** Reads flags, width and precision; returns where the letter is. */
function readSpec(text: string, from: number, spec: Spec): number {
  let at = from;
  for (let flag = FLAGS.get(text[at]); flag !== undefined; flag = FLAGS.get(text[at])) {
    spec.flags |= flag;
    at++;
  }
  if (at - from > FLAGS.size) throw new LuaError('invalid format (repeated flags)');
  const width = digits(text, at);
  at += width.length;
  spec.width = Number(width);
  if (text[at] === '.') {
    const precision = digits(text, at + 1);
    at += 1 + precision.length;
    spec.precision = Number(precision);
  }
  if (isDigit(text[at])) throw new LuaError('invalid format (width or precision too long)');
  return at;
}

/** The digits at a place, two at most. */
function digits(text: string, at: number): string {
  if (!isDigit(text[at])) return '';
  return isDigit(text[at + 1]) ? text.slice(at, at + 2) : text[at];
}

function isDigit(char: string | undefined): boolean {
  return char !== undefined && char >= '0' && char <= '9';
}

function formatOne(letter: string, spec: Spec, args: readonly Value[], arg: number): string {
  switch (letter) {
    case 'c':
      return char(spec, args, arg);
    case 'd':
    case 'i':
    case 'o':
    case 'u':
    case 'x':
    case 'X':
      return integer(letter, spec, args, arg);
    case 'e':
    case 'E':
    case 'f':
    case 'g':
    case 'G':
      return double(letter, spec, checkNumber(args[arg], arg + 1, args.length));
    case 'q':
      return quoted(checkText(args[arg], arg + 1, args.length));
    case 's':
      return string(spec, args, arg);
    default: {
      const shown = letter === '\0' ? '' : letter;
      throw new LuaError(`invalid option '%${shown}' to 'format'`);
    }
  }
}

function char(spec: Spec, args: readonly Value[], arg: number): string {
  const number = Math.trunc(checkNumber(args[arg], arg + 1, args.length));
  const code = number === (number | 0) ? number & 0xff : 0;
  return beforeZero(pad(String.fromCharCode(code), spec));
}

function string(spec: Spec, args: readonly Value[], arg: number): string {
  const text = checkText(args[arg], arg + 1, args.length);
  if (spec.precision < 0 && text.length >= LONG) return text;
  const shown = beforeZero(text);
  return pad(spec.precision < 0 ? shown : shown.slice(0, spec.precision), spec);
}

/** C's strings end at a zero byte. */
function beforeZero(text: string): string {
  const zero = text.indexOf('\0');
  return zero < 0 ? text : text.slice(0, zero);
}

function pad(text: string, spec: Spec): string {
  if (text.length >= spec.width) return text;
  return spec.flags & LEFT ? text.padEnd(spec.width) : text.padStart(spec.width);
}

function quoted(text: string): string {
  const inside = text.replace(/["\\\n\r\0]/g, (special) => {
    if (special === '\r') return '\\r';
    return special === '\0' ? '\\000' : `\\${special}`;
  });
  return `"${inside}"`;
}

const BASES: Readonly<Record<string, number>> = { o: 8, u: 10, x: 16, X: 16 };

function integer(letter: string, spec: Spec, args: readonly Value[], arg: number): string {
  const number = checkNumber(args[arg], arg + 1, args.length);
  const base = BASES[letter];
  if (base === undefined) {
    const value = toInteger(number);
    if (spec === PLAIN && value === (value | 0)) return String(value);
    return layOut(signOf(value < 0, spec), wholeDigits(Math.abs(value), 10), spec);
  }
  const value = unsigned(number);
  let shown = typeof value === 'bigint' ? value.toString(base) : wholeDigits(value, base);
  if (letter === 'X') shown = shown.toUpperCase();
  let prefix = '';
  if (spec.flags & OTHER) {
    if (base === 16 && value !== 0) prefix = `0${letter}`;
    if (base === 8) shown = shown.padStart(spec.precision, '0').replace(/^(?!0)/, '0');
    if (base === 8 && spec.precision === 0 && value === 0) return pad('0', spec);
  }
  return layOut(prefix, shown, spec);
}

function wholeDigits(value: number, base: number): string {
  return Number.isSafeInteger(value) ? value.toString(base) : BigInt(value).toString(base);
}

/** C's cast of a double to an unsigned integer of 64 bits. */
function unsigned(number: number): number | bigint {
  if (number >= 2 ** 63) return number < 2 ** 64 ? BigInt(number) : 0;
  const value = toInteger(number);
  return value >= 0 ? value : BigInt.asUintN(64, BigInt(value));
}

function signOf(negative: boolean, spec: Spec): string {
  if (negative) return '-';
  if (spec.flags & PLUS) return '+';
  return spec.flags & SPACE ? ' ' : '';
}

/** An integer's digits to their precision and width. */
function layOut(prefix: string, shown: string, spec: Spec): string {
  if (spec.precision < 0) return fill(prefix, shown, spec);
  const enough = spec.precision === 0 && shown === '0' ? '' : shown.padStart(spec.precision, '0');
  return pad(prefix + enough, spec);
}

/** To the width, with zeros if they are asked for. */
function fill(prefix: string, shown: string, spec: Spec): string {
  if ((spec.flags & (ZEROS | LEFT)) === ZEROS) {
    return prefix + shown.padStart(spec.width - prefix.length, '0');
  }
  return pad(prefix + shown, spec);
}

function double(letter: string, spec: Spec, number: number): string {
  const upper = letter === 'E' || letter === 'G';
  if (!Number.isFinite(number)) {
    const name = formatGeneral(number, 14);
    const sign = signOf(name[0] === '-', spec);
    const shown = name.replace('-', '');
    return pad(sign + (upper ? shown.toUpperCase() : shown), spec);
  }
  const sign = signOf(number < 0 || Object.is(number, -0), spec);
  const precision = spec.precision < 0 ? 6 : spec.precision;
  const value = Math.abs(number);
  const layout = LAYOUTS[letter.toLowerCase()];
  const shown = layout(value, precision, (spec.flags & OTHER) !== 0);
  return fill(sign, upper ? shown.toUpperCase() : shown, spec);
}

type Layout = (value: number, precision: number, point: boolean) => string;

const LAYOUTS: Readonly<Record<string, Layout>> = { e: scientific, f: fixed, g: general };

/** "%f" of a number that has no sign; with `point` there always is one. */
function fixed(value: number, precision: number, point: boolean): string {
  let shown: string;
  if (value >= 1e21) {
    shown = BigInt(value).toString();
    if (precision > 0) shown += `.${'0'.repeat(precision)}`;
  } else {
    // Only "%g" asks for more than 100, of numbers that have no digits there.
    shown = value.toFixed(Math.min(precision, 100)) + '0'.repeat(Math.max(0, precision - 100));
    if (isTie(value, precision)) shown = toEven(shown);
  }
  return point && precision === 0 ? `${shown}.` : shown;
}

/** "%e", likewise. */
function scientific(value: number, precision: number, point: boolean): string {
  const [mantissa, exponent] = exponential(value, precision);
  const dot = point && precision === 0 ? '.' : '';
  return mantissa + dot + power(exponent);
}

/** The exponent has two digits at least. */
function power(exponent: number): string {
  return `e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** "%g": as many significant digits, in whichever way is shorter. */
function general(value: number, precision: number, point: boolean): string {
  const significant = precision === 0 ? 1 : precision;
  const [mantissa, exponent] = exponential(value, significant - 1);
  if (exponent >= -4 && exponent < significant) {
    const shown = fixed(value, significant - 1 - exponent, point);
    return point ? shown : shown.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
  }
  if (point) return scientific(value, significant - 1, true);
  return mantissa.replace(/\.?0+$/, '') + power(exponent);
}

/** A digit, so many more behind a point, and the power of ten. */
function exponential(value: number, precision: number): [mantissa: string, exponent: number] {
  const [mantissa, exponentText] = value.toExponential(precision).split('e');
  const exponent = Number(exponentText);
  // A tie that was rounded up to the next power of ten shows at the place it was in before.
  const place = precision - exponent;
  if (isTie(value, place)) return [toEven(mantissa), exponent];
  return [mantissa, exponent];
}

/** What a tie was rounded up to, or the digit below if that one is even. */
function toEven(shown: string): string {
  const last = shown.length - 1;
  const digit = Number(shown[last]);
  if (digit % 2 === 0) return shown;
  return `${shown.slice(0, last)}${digit - 1}`;
}
