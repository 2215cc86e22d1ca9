// How library functions look at what they were given, and what they say if it does not suit.
//
// Lua tells "no value" from nil, so each check is told how many arguments there were. It is given
// that number, and not the arguments, so that a call need not make an array of them.
//
// A string will do for a number if it spells one, and a number for a string. Where an integer is
// wanted, numbers become one as a cast of C makes it on a 64-bit processor: towards zero, and
// what has no such integer becomes the smallest there is.

import { badArgument, type LuaError } from './errors.ts';
import { formatNumber, parseNumber } from './numbers.ts';
import { typeName } from './runtime.ts';
import { LuaTable } from './table.ts';
import { LuaFunction, type Value } from './value.ts';

const SMALLEST = -(2 ** 63);

/** A string, or the digits of a number. */
export function checkText(value: Value, index: number, count: number): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return formatNumber(value);
  throw wrongType('string', value, index, count);
}

export function checkNumber(value: Value, index: number, count: number): number {
  if (typeof value === 'number') return value;
  const number = typeof value === 'string' ? parseNumber(value) : undefined;
  if (number === undefined) throw wrongType('number', value, index, count);
  return number;
}

/** An integer of 64 bits. Beyond 2^53 it is a double that happens to be one. */
export function checkInteger(value: Value, index: number, count: number): number {
  return toInteger(checkNumber(value, index, count));
}

/** An integer of 32 bits: the lowest of the 64. */
export function checkInt(value: Value, index: number, count: number): number {
  return toInteger(checkNumber(value, index, count)) | 0;
}

/** As checkText; `otherwise` if there is no argument or nil. */
export function optionalText(
  value: Value,
  index: number,
  count: number,
  otherwise: string,
): string {
  return value === undefined ? otherwise : checkText(value, index, count);
}

/** As checkInteger; `otherwise` if there is no argument or nil. */
export function optionalInteger(
  value: Value,
  index: number,
  count: number,
  otherwise: number,
): number {
  return value === undefined ? otherwise : checkInteger(value, index, count);
}

/** As checkInt; `otherwise` if there is no argument or nil. */
export function optionalInt(value: Value, index: number, count: number, otherwise: number): number {
  return value === undefined ? otherwise : checkInt(value, index, count);
}

export function checkTable(value: Value, index: number, count: number): LuaTable {
  if (value instanceof LuaTable) return value;
  throw wrongType('table', value, index, count);
}

export function checkFunction(value: Value, index: number, count: number): LuaFunction {
  if (value instanceof LuaFunction) return value;
  throw wrongType('function', value, index, count);
}

/** Anything, nil too, but it has to be there. */
export function checkAny(index: number, count: number): void {
  if (index > count) throw badArgument(index, 'value expected');
}

/** "string expected, got no value". */
export function wrongType(wanted: string, value: Value, index: number, count: number): LuaError {
  const got = index > count ? 'no value' : typeName(value);
  return badArgument(index, `${wanted} expected, got ${got}`);
}

/** C's cast of a double to an integer of 64 bits. */
export function toInteger(number: number): number {
  const small = number | 0;
  if (small === number) return small;
  if (number >= SMALLEST && number < -SMALLEST) return Math.trunc(number) + 0; // No -0.
  return SMALLEST;
}
