// The library bit: operations on the bits of numbers, as Lua BitOp 1.0.2 does them.
//
// A number is taken modulo 2^32, rounded if it has a fraction, and results have a sign. For that, a
// number so large is added that a double has no bits left for fractions: the low 32 of its bits are
// then the integer. From 2^51 on this cuts off what it should not, in Redis too.

import { wrongType } from './arguments.ts';
import { parseNumber } from './numbers.ts';
import type { Runtime } from './runtime.ts';
import { LuaTable } from './table.ts';
import { native, type Native, type Value } from './value.ts';

const SHIFT = 2 ** 52 + 2 ** 51;

const double = new Float64Array(1);
const words = new Int32Array(double.buffer); // Little-endian, as all that Node runs on.

/** A new table of the library. */
export function openBit(_runtime: Runtime): LuaTable {
  const functions: [name: string, run: Native][] = [
    ['tobit', (...args) => bits(args, 1)],
    ['bnot', (...args) => ~bits(args, 1)],
    ['band', ofMany((a, b) => a & b)],
    ['bor', ofMany((a, b) => a | b)],
    ['bxor', ofMany((a, b) => a ^ b)],
    ['lshift', ofTwo((a, n) => a << n)],
    ['rshift', ofTwo((a, n) => a >>> n)],
    ['arshift', ofTwo((a, n) => a >> n)],
    ['rol', ofTwo((a, n) => (a << n) | (a >>> -n))],
    ['ror', ofTwo((a, n) => (a >>> n) | (a << -n))],
    ['bswap', (...args) => bswap(bits(args, 1))],
    ['tohex', tohex],
  ];
  const table = new LuaTable(0, functions.length);
  for (const [name, run] of functions) table.setString(name, native(name, run));
  return table;
}

function ofMany(join: (a: number, b: number) => number): Native {
  return (...args) => {
    let joined = bits(args, 1);
    // From the last one, which shows where several are wrong.
    for (let i = args.length; i > 1; i--) joined = join(joined, bits(args, i));
    return joined;
  };
}

function ofTwo(move: (a: number, n: number) => number): Native {
  return (...args) => {
    const a = bits(args, 1);
    return move(a, bits(args, 2) & 31) | 0;
  };
}

function bits(args: Value[], index: number): number {
  const value = args[index - 1];
  if (typeof value === 'number') {
    const small = value | 0;
    return small === value ? small : bitsOf(value);
  }
  const n = typeof value === 'string' ? parseNumber(value) : undefined;
  if (n === undefined) throw wrongType('number', value, index, args.length);
  return bitsOf(n);
}

function bitsOf(n: number): number {
  if (n !== n) return 0; // Which NaN it is, JavaScript does not say.
  double[0] = n + SHIFT;
  return words[0];
}

function bswap(a: number): number {
  return (a >>> 24) | ((a >> 8) & 0xff00) | ((a & 0xff00) << 8) | (a << 24);
}

/** bit.tohex(number [, digits]): capitals if there are to be fewer than none. */
function tohex(...args: Value[]): string {
  const hex = (bits(args, 1) >>> 0).toString(16).padStart(8, '0');
  const digits = args.length < 2 ? 8 : bits(args, 2);
  const last = hex.slice(8 - Math.min(8, Math.abs(digits)));
  return digits < 0 ? last.toUpperCase() : last;
}
