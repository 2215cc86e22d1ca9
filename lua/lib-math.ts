// Lua's math library, and what there is of the os library: a clock.

import { checkInt, checkNumber } from './arguments.ts';
import { badArgument, LuaError } from './errors.ts';
import { libraryOf } from './library.ts';
import { power } from './power.ts';
import { exp, log, log10 } from './precise.ts';
import type { ScriptRandom } from './random.ts';
import type { LuaTable } from './table.ts';
import { type LuaFunction, NOTHING, native, type Result, type Value } from './value.ts';

const DEGREE = Math.PI / 180;

/** `random` is where random numbers come from, and what randomseed() sets. */
export function openMath(random: ScriptRandom): LuaTable {
  const library = libraryOf(NAMES, [
    ...NATIVES,
    native('random', (...args) => draw(random, args[0], args[1], args.length)),
    native('randomseed', (...args) => {
      random.seed(checkInt(args[0], 1, args.length));
      return NOTHING;
    }),
  ]);
  library.setString('pi', Math.PI);
  library.setString('huge', Infinity);
  library.setString('mod', library.getString('fmod'));
  return library;
}

const NAMES = [
  ...['abs', 'acos', 'asin', 'atan2', 'atan', 'ceil', 'cosh', 'cos', 'deg', 'exp', 'floor'],
  ...['fmod', 'frexp', 'ldexp', 'log10', 'log', 'max', 'min', 'modf', 'pow', 'rad', 'random'],
  ...['randomseed', 'sinh', 'sin', 'sqrt', 'tanh', 'tan'],
];

/** `clock` says how many seconds the processor has been at work. */
export function openOs(clock: () => number): LuaTable {
  return libraryOf(['clock'], [native('clock', clock)]);
}

/** A function of one number. */
function unary(name: string, run: (x: number) => number): LuaFunction {
  return native(name, (...args) => run(checkNumber(args[0], 1, args.length)));
}

function binary(name: string, run: (x: number, y: number) => number): LuaFunction {
  return native(name, (...args) => {
    // The second is looked at first: compilers evaluate the arguments of C from the right.
    const y = checkNumber(args[1], 2, args.length);
    return run(checkNumber(args[0], 1, args.length), y);
  });
}

const NATIVES: readonly LuaFunction[] = [
  unary('abs', Math.abs),
  unary('acos', Math.acos),
  unary('asin', Math.asin),
  unary('atan', Math.atan),
  binary('atan2', Math.atan2),
  unary('ceil', Math.ceil),
  unary('cos', Math.cos),
  unary('cosh', Math.cosh),
  unary('deg', (x) => x / DEGREE),
  unary('exp', exp),
  unary('floor', Math.floor),
  binary('fmod', (x, y) => x % y),
  native('frexp', (...args) => split(checkNumber(args[0], 1, args.length))),
  native('ldexp', (...args) => {
    const power = checkInt(args[1], 2, args.length);
    return scale(checkNumber(args[0], 1, args.length), power);
  }),
  unary('log', log),
  unary('log10', log10),
  native('max', (...args) => extreme(args, (x, y) => x > y)),
  native('min', (...args) => extreme(args, (x, y) => x < y)),
  native('modf', (...args) => {
    const x = checkNumber(args[0], 1, args.length);
    const whole = Math.trunc(x);
    const part = x === whole ? 0 : x - whole;
    return [whole, part === 0 && (x < 0 || Object.is(x, -0)) ? -0 : part];
  }),
  binary('pow', power),
  unary('rad', (x) => x * DEGREE),
  unary('sin', Math.sin),
  unary('sinh', Math.sinh),
  unary('sqrt', Math.sqrt),
  unary('tan', Math.tan),
  unary('tanh', Math.tanh),
];

/** The number that is beyond all others; NaN is so only where it comes first. */
function extreme(args: readonly Value[], beyond: (x: number, y: number) => boolean): number {
  let found = checkNumber(args[0], 1, args.length);
  for (let i = 1; i < args.length; i++) {
    const x = checkNumber(args[i], i + 1, args.length);
    if (beyond(x, found)) found = x;
  }
  return found;
}

const bits = new DataView(new ArrayBuffer(8));

/** A number from a half to below one, and the power of two it is to be multiplied by. */
function split(x: number): Result {
  if (x === 0 || !Number.isFinite(x)) return [x, 0];
  const denormal = Math.abs(x) < 2 ** -1022;
  bits.setFloat64(0, denormal ? x * 2 ** 54 : x);
  const high = bits.getUint16(0);
  const exponent = ((high >> 4) & 0x7ff) - 1022;
  bits.setUint16(0, (high & 0x800f) | (1022 << 4));
  return [bits.getFloat64(0), denormal ? exponent - 54 : exponent];
}

/** x * 2^n, rounded once where the result is denormal. */
function scale(x: number, n: number): number {
  if (x === 0 || !Number.isFinite(x)) return x;
  let result = x;
  let left = Math.max(-2200, Math.min(2200, n));
  for (; left > 1000; left -= 1000) result *= 2 ** 1000;
  if (left >= -1000) return result * 2 ** left;
  const [mantissa, exponent] = split(x) as [number, number];
  const power = exponent + left;
  return power < -1074 ? mantissa * 2 ** -1074 * 0.25 : mantissa * 2 ** power;
}

function draw(random: ScriptRandom, first: Value, second: Value, count: number): number {
  const chance = random.next(); // Before anything can go wrong.
  if (count === 0) return chance;
  if (count > 2) throw new LuaError('wrong number of arguments');
  if (count === 1) {
    const most = checkInt(first, 1, count);
    if (most < 1) throw badArgument(1, 'interval is empty');
    return Math.floor(chance * most) + 1;
  }
  const least = checkInt(first, 1, count);
  const most = checkInt(second, 2, count);
  if (least > most) throw badArgument(2, 'interval is empty');
  // The number of integers is one of 32 bits too.
  return Math.floor(chance * ((most - least + 1) | 0)) + least;
}
