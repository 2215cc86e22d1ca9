// The library struct: values as the bytes that C has for them, as a format says; Redis's version,
// which checks sizes.
//
//   b h l T i   integers of 1, 2, 8, 8, 4 bytes, in capitals without sign; i5 has 5, up to 32
//   f d         float, double
//   c s         chars: c5 has 5, c0 as many as there are (or as the number before it says);
//               s ends with a zero byte
//   x           a byte of no meaning
//   < > !       little-endian from here on, big-endian, aligned to 8 bytes or so many
//
// Integers have 64 bits whatever their size. Larger sizes are filled up with zeros, also of
// negative ones, and reading them keeps what C's shifts leave.

import { checkNumber, checkText, optionalInteger } from './arguments.ts';
import { badArgument, LuaError } from './errors.ts';
import { parseNumber } from './numbers.ts';
import type { Runtime } from './runtime.ts';
import { LuaTable } from './table.ts';
import { native, type Result, type Value } from './value.ts';

const STACK_PLACES = 8000; // LUAI_MAXCSTACK.
const LARGEST_INT = 2 ** 31 - 1;
const MOST_BYTES = 32;
const TWO_32 = 2 ** 32;
const TWO_63 = 2 ** 63;
const SIZES: Readonly<Record<string, number>> = {
  ...{ b: 1, B: 1, h: 2, H: 2, l: 8, L: 8, T: 8, f: 4, d: 8, x: 1 },
};

const double = new Float64Array(1);
const float = new Float32Array(double.buffer);
const bytes = new Uint8Array(double.buffer); // Little-endian, as all that Node runs on.

/** A new table of the library. */
export function openStruct(_runtime: Runtime): LuaTable {
  const table = new LuaTable(0, 3);
  table.setString('pack', native('pack', pack));
  table.setString('unpack', native('unpack', unpack));
  table.setString('size', native('size', size));
  return table;
}

/** Goes through a format, option by option. */
class Format {
  option = '';
  /** How many bytes the option takes; 0 if that depends, or it takes none. */
  size = 0;
  bigEndian = false;
  private align = 1;
  private at = 0;
  private readonly text: string;

  constructor(text: string) {
    const end = text.indexOf('\0');
    this.text = end < 0 ? text : text.slice(0, end);
  }

  next(): boolean {
    if (this.at >= this.text.length) return false;
    this.option = this.text[this.at++];
    this.size = this.sizeOf(this.option);
    return true;
  }

  /** How many bytes are left out in front of the option, if it comes at this position. */
  padding(position: number): number {
    if (this.size === 0 || this.option === 'c') return 0;
    const size = Math.min(this.size, this.align);
    return (size - (position & (size - 1))) & (size - 1);
  }

  /** Does what an option says that is no value. */
  control(): void {
    switch (this.option) {
      case ' ':
        break;
      case '>':
        this.bigEndian = true;
        break;
      case '<':
        this.bigEndian = false;
        break;
      case '!': {
        const align = this.number(8);
        if (align === 0 || (align & (align - 1)) !== 0) {
          throw new LuaError(`alignment ${align} is not a power of 2`);
        }
        this.align = align;
        break;
      }
      default:
        throw badArgument(1, `invalid format option '${this.option}'`);
    }
  }

  private sizeOf(option: string): number {
    if (option === 'c') return this.number(1);
    if (option !== 'i' && option !== 'I') return SIZES[option] ?? 0;
    const size = this.number(4);
    if (size > MOST_BYTES) {
      throw new LuaError(`integral size ${size} is larger than limit of ${MOST_BYTES}`);
    }
    return size;
  }

  private number(otherwise: number): number {
    let n = -1;
    for (; ; this.at++) {
      const digit = this.text.charCodeAt(this.at) - 0x30;
      if (!(digit >= 0 && digit <= 9)) return n < 0 ? otherwise : n;
      n = Math.max(n, 0) * 10 + digit;
      if (n > LARGEST_INT) throw new LuaError('integral size overflow');
    }
  }
}

/** struct.pack(format, value, ...): bytes. */
function pack(...args: Value[]): Result {
  const format = new Format(checkText(args[0], 1, args.length));
  // Redis: a nil stands on the stack behind the arguments while it packs.
  const count = args.length + 1;
  let index = 2;
  let packed = '';
  while (format.next()) {
    packed += '\0'.repeat(format.padding(packed.length));
    switch (format.option) {
      case 'x':
        packed += '\0';
        break;
      case 'f':
      case 'd':
        packed += doubleBytes(checkNumber(args[index - 1], index++, count), format);
        break;
      case 'c':
      case 's': {
        const text = checkText(args[index - 1], index++, count);
        // Redis: the argument behind it is blamed.
        if (text.length < format.size) throw badArgument(index, 'string too short');
        packed += format.size === 0 ? text : text.slice(0, format.size);
        if (format.option === 's') packed += '\0';
        break;
      }
      default:
        if (!isInteger(format.option)) format.control();
        else {
          const n = checkNumber(args[index - 1], index++, count);
          packed += integerBytes(n, format.size, format.bigEndian);
        }
    }
  }
  return packed;
}

function isInteger(option: string): boolean {
  return 'bBhHlLTiI'.includes(option);
}

function doubleBytes(n: number, format: Format): string {
  const { size, bigEndian } = format;
  if (size === 4) float[0] = n;
  else double[0] = n;
  if (n !== n) bytes[size - 1] = 0xff; // What 0/0 is, see formatGeneral().
  let text = '';
  for (let i = 0; i < size; i++) {
    text += String.fromCharCode(bytes[bigEndian ? size - 1 - i : i]);
  }
  return text;
}

function integerBytes(n: number, size: number, bigEndian: boolean): string {
  const whole = castToInteger(n);
  const high = Math.floor(whole / TWO_32);
  const words = [whole - high * TWO_32, high];
  let text = '';
  for (let i = 0; i < size; i++) {
    const shift = bigEndian ? size - 1 - i : i;
    text += String.fromCharCode(shift < 8 ? (words[shift >> 2] >> ((shift & 3) * 8)) & 0xff : 0);
  }
  return text;
}

/** C's cast to 64 bits: with sign for what is negative, else without. */
function castToInteger(n: number): number {
  if (n < 0) return n >= -TWO_63 ? Math.trunc(n) : -TWO_63;
  if (n !== n) return TWO_63;
  return n < 2 * TWO_63 ? Math.trunc(n) : 0;
}

/** struct.unpack(format, bytes [, position]): values, and the position behind them. */
function unpack(...args: Value[]): Result {
  const format = new Format(checkText(args[0], 1, args.length));
  const data = checkText(args[1], 2, args.length);
  const first = optionalInteger(args[2], 3, args.length, 1);
  if (first === 0) throw badArgument(3, 'offset must be 1 or greater');
  const values: Value[] = [];
  let at = first - 1;
  const need = (count: number) => {
    // Redis: negative positions are huge ones.
    if (at < 0 || !(at + count <= data.length)) throw badArgument(2, 'data string too short');
  };
  let any = false;
  while (format.next()) {
    any = true;
    at += format.padding(at);
    need(format.size);
    if (args.length + values.length + 2 > STACK_PLACES) {
      throw new LuaError('stack overflow (too many results)');
    }
    let { size } = format;
    switch (format.option) {
      case 'x':
        break;
      case 'f':
      case 'd':
        values.push(readDouble(data, at, size, format.bigEndian));
        break;
      case 'c':
        if (size === 0) {
          size = sizeBefore(values);
          need(size);
        }
        values.push(data.slice(at, at + size));
        break;
      case 's': {
        const end = data.indexOf('\0', at);
        if (end < 0) throw new LuaError('unfinished string in data');
        values.push(data.slice(at, end));
        size = end + 1 - at;
        break;
      }
      default:
        if (isInteger(format.option)) values.push(readInteger(data, at, format));
        else format.control();
    }
    at += size;
  }
  values.push(any ? at + 1 : first);
  return values;
}

/** The number that was read last, as a size; it is no result then. */
function sizeBefore(values: Value[]): number {
  const last = values.pop();
  const n = typeof last === 'string' ? parseNumber(last) : last;
  if (typeof n !== 'number') throw new LuaError("format 'c0' needs a previous size");
  const size = castToInteger(n);
  return size < 0 ? Infinity : size + 0;
}

function readDouble(data: string, at: number, size: number, bigEndian: boolean): number {
  for (let i = 0; i < size; i++) {
    bytes[bigEndian ? size - 1 - i : i] = data.charCodeAt(at + i);
  }
  return size === 4 ? float[0] : double[0];
}

function readInteger(data: string, at: number, format: Format): number {
  const { size, bigEndian } = format;
  const signed = format.option >= 'a';
  let low = 0;
  let high = 0;
  const most = Math.min(size, 8);
  for (let i = most - 1; i >= 0; i--) {
    const byte = data.charCodeAt(bigEndian ? at + size - 1 - i : at + i);
    if (i >= 4) high = high * 256 + byte;
    else low = low * 256 + byte;
  }
  if (!signed || size === 0) return high * TWO_32 + low;
  if (size > 8) return signedOfMany(high, low, size);
  if (size > 4) return signedOf(high, size - 4) * TWO_32 + low;
  return signedOf(low, size);
}

function signedOf(n: number, size: number): number {
  const unused = 32 - size * 8;
  return (n << unused) >> unused;
}

/** Of more than 8 bytes: the mask for the sign is shifted as far as a processor does it. */
function signedOfMany(high: number, low: number, size: number): number {
  const mask = BigInt.asUintN(64, -1n << BigInt((size * 8 - 1) & 63));
  const n = (BigInt(high) << 32n) | BigInt(low);
  return Number(BigInt.asIntN(64, (n & mask) === 0n ? n : n | mask));
}

/** struct.size(format): how many bytes it takes. */
function size(...args: Value[]): Result {
  const format = new Format(checkText(args[0], 1, args.length));
  let at = 0;
  while (format.next()) {
    at += format.padding(at);
    if (format.option === 's') throw badArgument(1, "option 's' has no fixed size");
    if (format.option === 'c' && format.size === 0) {
      throw badArgument(1, "option 'c0' has no fixed size");
    }
    // Redis: letters and digits that mean nothing are passed over here.
    if (!/[0-9a-zA-Z]/.test(format.option)) format.control();
    at += format.size;
  }
  return at;
}
