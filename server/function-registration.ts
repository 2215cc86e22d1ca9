// What redis.register_function() is given: a name and a function, or a table that names them.

import { toText } from '../lua/runtime.ts';
import { LuaTable } from '../lua/table.ts';
import { LuaFunction, type Value } from '../lua/value.ts';
import type { LibraryFunction } from './functions.ts';
import { FLAGS } from './script-flags.ts';

const NOT_NAMED =
  'calling redis.register_function with a single argument is only applicable to Lua table ' +
  '(representing named arguments).';
const BAD_FLAGS =
  'flags argument to redis.register_function must be a table representing function flags';

/** The function that is asked for, or what is wrong. */
export function registration(args: readonly Value[]): LibraryFunction | string {
  if (args.length === 1) return named(args[0]);
  if (args.length !== 2) return 'wrong number of arguments to redis.register_function';
  const [first, body] = args;
  const name = toText(first);
  if (name === undefined) return 'first argument to redis.register_function must be a string';
  if (!(body instanceof LuaFunction)) {
    return 'second argument to redis.register_function must be a function';
  }
  return { name, body, description: null, flags: 0 };
}

function named(given: Value): LibraryFunction | string {
  if (!(given instanceof LuaTable)) return NOT_NAMED;
  let name: string | undefined;
  let body: LuaFunction | undefined;
  let description: string | null = null;
  let flags = 0;
  for (let place = given.nextPlace(0); place !== 0; place = given.nextPlace(place)) {
    const key = toText(given.keyAtPlace(place));
    const value = given.valueAtPlace(place);
    if (key === undefined) {
      return 'named argument key given to redis.register_function is not a string';
    }
    switch (key.toLowerCase()) {
      case 'function_name':
        name = toText(value);
        if (name === undefined) return mustBe('function_name', 'a string');
        break;
      case 'description':
        description = toText(value) ?? null;
        if (description === null) return mustBe('description', 'a string');
        break;
      case 'callback':
        if (!(value instanceof LuaFunction)) return mustBe('callback', 'a function');
        body = value;
        break;
      case 'flags': {
        if (!(value instanceof LuaTable)) return BAD_FLAGS;
        const bits = flagsOf(value);
        if (bits < 0) return 'unknown flag given';
        flags = bits;
        break;
      }
      default:
        return 'unknown argument given to redis.register_function';
    }
  }
  if (name === undefined) return 'redis.register_function must get a function name argument';
  if (body === undefined) return 'redis.register_function must get a callback argument';
  return { name, body, description, flags };
}

function mustBe(what: string, kind: string): string {
  return `${what} argument given to redis.register_function must be ${kind}`;
}

/** The flags that a table lists, or -1 if one is unknown. */
function flagsOf(table: LuaTable): number {
  let flags = 0;
  for (let i = 1; ; i++) {
    const item = table.getNumber(i);
    if (item === undefined) return flags;
    const bit = FLAGS.get((toText(item) ?? '').toLowerCase());
    if (bit === undefined) return -1;
    flags |= bit;
  }
}
