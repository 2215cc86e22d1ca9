// The library cjson: values as JSON and back, at version 2.1.0 with Redis's changes.
//
// JSON has what Lua has not: arrays beside objects, and null. A table is an array if all its keys
// are positive integers, of which it must not lack too many ("excessively sparse"); an empty one is
// an object, as is every other, in the order of pairs(). Null is a value of its own, cjson.null.
//
// Settings belong to the table of the library and hold for all scripts; cjson.new() makes another
// table with settings of its own.

import { checkInt, checkText } from './arguments.ts';
import { decode } from './cjson-decode.ts';
import { encode } from './cjson-encode.ts';
import { badArgument } from './errors.ts';
import type { Runtime } from './runtime.ts';
import { LuaTable } from './table.ts';
import { NULL } from './userdata.ts';
import { native, type Native, type Value } from './value.ts';

const LARGEST = 2 ** 31 - 1;
const SWITCH = ['off', 'on'];

/** What the functions of a table of the library have in common. */
export class JsonSettings {
  sparseAsObject = 0;
  /** An array may be so many times as long as it has items; 0 if that does not matter. */
  sparseRatio = 2;
  /** An array of up to so many places is never too sparse. */
  sparseSafe = 10;
  encodeDepth = 1000;
  decodeDepth = 1000;
  /** Infinities and NaN: 0 refused, 1 as C prints them, 2 as null. */
  encodeInvalid = 0;
  /** What JSON has no numbers for but C has: 0 refused, 1 read. */
  decodeInvalid = 1;
  precision = 14;
  keepBuffer = 1;
}

type Setting = keyof JsonSettings;

/** A new table of the library. */
export function openCjson(_runtime: Runtime): LuaTable {
  return library();
}

function library(): LuaTable {
  const settings = new JsonSettings();
  const table = new LuaTable();
  const add = (name: string, run: Native) => table.setString(name, native(name, run));
  add('encode', (...args) => encode(only(args), settings));
  add('decode', (...args) => {
    only(args);
    return decode(checkText(args[0], 1, 1), settings);
  });
  add('encode_sparse_array', (...args) => {
    atMost(3, args);
    return [
      choice(settings, 'sparseAsObject', args[0], SWITCH),
      number(settings, 'sparseRatio', 2, args, 0, LARGEST),
      number(settings, 'sparseSafe', 3, args, 0, LARGEST),
    ];
  });
  add('encode_max_depth', ofNumber(settings, 'encodeDepth', LARGEST));
  add('decode_max_depth', ofNumber(settings, 'decodeDepth', LARGEST));
  add('encode_number_precision', ofNumber(settings, 'precision', 14));
  add('encode_keep_buffer', ofChoice(settings, 'keepBuffer', SWITCH));
  add('encode_invalid_numbers', ofChoice(settings, 'encodeInvalid', [...SWITCH, 'null']));
  add('decode_invalid_numbers', ofChoice(settings, 'decodeInvalid', SWITCH));
  add('new', library);
  table.setString('null', NULL);
  table.setString('_NAME', 'cjson');
  table.setString('_VERSION', '2.1.0');
  return table;
}

function only(args: Value[]): Value {
  if (args.length !== 1) throw badArgument(1, 'expected 1 argument');
  return args[0];
}

function atMost(count: number, args: Value[]): void {
  if (args.length > count) throw badArgument(count + 1, 'found too many arguments');
}

function ofNumber(settings: JsonSettings, setting: Setting, most: number): Native {
  return (...args) => {
    atMost(1, args);
    return number(settings, setting, 1, args, 1, most);
  };
}

function ofChoice(settings: JsonSettings, setting: Setting, options: string[]): Native {
  return (...args) => {
    atMost(1, args);
    return choice(settings, setting, args[0], options);
  };
}

/** Sets what an argument says, if it says something; returns what is set. */
function number(
  settings: JsonSettings,
  setting: Setting,
  index: number,
  args: Value[],
  least: number,
  most: number,
): number {
  if (args[index - 1] !== undefined) {
    const value = checkInt(args[index - 1], index, args.length);
    if (value < least || value > most) {
      // Redis: the first argument is blamed, whichever it was.
      throw badArgument(1, `expected integer between ${least} and ${most}`);
    }
    settings[setting] = value;
  }
  return settings[setting];
}

function choice(settings: JsonSettings, setting: Setting, value: Value, options: string[]): Value {
  if (typeof value === 'boolean') settings[setting] = Number(value);
  else if (value !== undefined) settings[setting] = option(value, options);
  const set = settings[setting];
  return set <= 1 ? set === 1 : options[set];
}

function option(value: Value, options: string[]): number {
  const name = checkText(value, 1, 1);
  const index = options.indexOf(name);
  if (index < 0) throw badArgument(1, `invalid option '${name}'`);
  return index;
}
