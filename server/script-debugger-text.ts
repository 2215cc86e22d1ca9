// What the debugger of scripts prints: values of Lua, and what commands answered.

import { formatGeneral } from '../lua/numbers.ts';
import { typeName } from '../lua/runtime.ts';
import { addressOf, LuaTable } from '../lua/table.ts';
import type { Value } from '../lua/value.ts';
import { quoted } from '../protocol/words.ts';

const DEEPEST = 10; // LUA_MINSTACK / 2.

/** A value of Lua, tables with what they hold. */
export function describe(value: Value, level = 0): string {
  if (level === DEEPEST) return '<max recursion level reached! Nested table?>';
  switch (typeof value) {
    case 'undefined':
      return 'nil';
    case 'boolean':
      return String(value);
    case 'number':
      return formatGeneral(value, 6);
    case 'string':
      return quoted(value);
    default:
      if (value instanceof LuaTable) return describeTable(value, level + 1);
      return `"${typeName(value)}@${addressOf(value)}"`;
  }
}

/** `{1; 2}` if the keys are 1, 2, ... in this order, else `{["a"]=1; [3]=2}`. */
function describeTable(table: LuaTable, level: number): string {
  const plain: string[] = [];
  const named: string[] = [];
  let isArray = true;
  for (let place = table.nextPlace(0); place !== 0; place = table.nextPlace(place)) {
    const key = table.keyAtPlace(place);
    const value = describe(table.valueAtPlace(place), level);
    plain.push(value);
    isArray &&= key === plain.length;
    named.push(`[${describe(key, level)}]=${value}`);
  }
  return `{${(isArray ? plain : named).join('; ')}}`;
}

/** What a command answered, as scripts are told it (script-reply.ts). */
export function describeReply(value: Value, resp3: boolean): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'boolean') return resp3 ? `#${value}` : value ? '1' : 'NULL';
  if (!(value instanceof LuaTable)) return '(null)';
  const field = (name: string) => value.getString(name);
  const inside = (each: Value) => describeReply(each, resp3);
  if (typeof field('ok') === 'string') return quoted(`+${field('ok')}`);
  if (typeof field('err') === 'string') return quoted(`-${field('err')}`);
  if (typeof field('double') === 'number') {
    return `(double) ${formatGeneral(field('double') as number, 17)}`;
  }
  const map = field('map');
  if (map instanceof LuaTable) {
    const pairs = entries(map).map(([key, item]) => `${inside(key)} => ${inside(item)}`);
    return `{${pairs.join(',')}}`;
  }
  const set = field('set');
  if (set instanceof LuaTable)
    return `~(${entries(set)
      .map(([key]) => inside(key))
      .join(',')})`;
  const items = Array.from({ length: value.length() }, (_, i) => inside(value.getNumber(i + 1)));
  return `[${items.join(',')}]`;
}

function entries(table: LuaTable): [key: Value, value: Value][] {
  const found: [Value, Value][] = [];
  for (let place = table.nextPlace(0); place !== 0; place = table.nextPlace(place)) {
    found.push([table.keyAtPlace(place), table.valueAtPlace(place)]);
  }
  return found;
}

export const HELP = [
  'Redis Lua debugger help:',
  '[h]elp               Show this help.',
  '[s]tep               Run current line and stop again.',
  '[n]ext               Alias for step.',
  '[c]ontinue           Run till next breakpoint.',
  '[l]ist               List source code around current line.',
  '[l]ist [line]        List source code around [line].',
  '                     line = 0 means: current position.',
  '[l]ist [line] [ctx]  In this form [ctx] specifies how many lines',
  '                     to show before/after [line].',
  "[w]hole              List all source code. Alias for 'list 1 1000000'.",
  '[p]rint              Show all the local variables.',
  '[p]rint <var>        Show the value of the specified variable.',
  '                     Can also show global vars KEYS and ARGV.',
  '[b]reak              Show all breakpoints.',
  '[b]reak <line>       Add a breakpoint to the specified line.',
  '[b]reak -<line>      Remove breakpoint from the specified line.',
  '[b]reak 0            Remove all breakpoints.',
  '[t]race              Show a backtrace.',
  '[e]val <code>        Execute some Lua code (in a different callframe).',
  '[r]edis <cmd>        Execute a Redis command.',
  '[m]axlen [len]       Trim logged Redis replies and Lua var dumps to len.',
  '                     Specifying zero as <len> means unlimited.',
  '[a]bort              Stop the execution of the script. In sync',
  '                     mode dataset changes will be retained.',
  '',
  'Debugger functions you can call from Lua scripts:',
  'redis.debug()        Produce logs in the debugger console.',
  'redis.breakpoint()   Stop execution like if there was a breakpoint in the',
  '                     next line of code.',
] as const;
