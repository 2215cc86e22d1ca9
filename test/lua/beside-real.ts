// The same calls of a library's functions here and in real Redis, and what comes of them.
//
// There, each call is text of a script, which shows what pcall() returned; here, the function is
// called as it is. Both show values in the same way, numbers by all their digits.

import { LuaError } from '../../lua/errors.ts';
import { formatGeneral } from '../../lua/numbers.ts';
import { Runtime, typeName } from '../../lua/runtime.ts';
import { LuaTable } from '../../lua/table.ts';
import { all, LuaFunction, type Result, type Steps, type Value } from '../../lua/value.ts';
import type { Answer, Ask } from '../protocol/real.ts';

/** A value that scripts spell in their own way: a function, a table. */
export class Spelled {
  readonly lua: string;
  readonly make: (runtime: Runtime) => Value;

  constructor(lua: string, make: (runtime: Runtime) => Value) {
    this.lua = lua;
    this.make = make;
  }
}

export type Given = undefined | boolean | number | string | Spelled;

/** A call of a function by its name, as "string.sub". */
export type Call = { readonly name: string; readonly args: readonly Given[] };

export type Difference = { call: string; ours: string; real: Answer };

const AT_ONCE = 250; // Calls in one script.

const SHOW = `
local function show(v)
  local kind = type(v)
  if kind == 'number' then return string.format('%.17g', v) end
  if kind == 'string' then return '"' .. v .. '"' end
  if kind == 'table' then
    local items = {}
    for i = 1, #v do items[i] = show(v[i]) end
    return '{' .. table.concat(items, ' ') .. '}'
  end
  if kind == 'function' then return kind end
  return tostring(v)
end
local each = {}
function each.gmatch(text, pattern)
  local found = {}
  local fine, problem = pcall(function()
    for a, b in string.gmatch(text, pattern) do
      found[#found + 1] = show(a) .. show(b)
      if #found > 20 then break end
    end
  end)
  if not fine then found[#found + 1] = string.gsub(problem, '^[^ ]* ', '') end
  return table.concat(found, ' ')
end
local shown = {}
local function try(f, ...)
  local given = {...}
  local function line(...)
    local parts = {}
    for i = 1, select('#', ...) do parts[i] = show((select(i, ...))) end
    for i = 1, select('#', unpack(given)) do
      if type(given[i]) == 'table' then parts[#parts + 1] = 'then ' .. show(given[i]) end
    end
    shown[#shown + 1] = table.concat(parts, ' ')
  end
  line(pcall(f, ...))
end
`;

/** Makes the calls on both sides; returns those that do not agree. */
export async function differences(
  ask: Ask,
  libraries: (runtime: Runtime) => Readonly<Record<string, LuaTable>>,
  calls: readonly Call[],
): Promise<Difference[]> {
  const found: Difference[] = [];
  for (let from = 0; from < calls.length; from += AT_ONCE) {
    const some = calls.slice(from, from + AT_ONCE);
    const lines = some.map((call) => `try(${[call.name, ...call.args.map(spell)].join(', ')})`);
    const [answers] = await ask([['EVAL', `${SHOW}${lines.join('\n')}\nreturn shown`, '0']]);
    if (!Array.isArray(answers)) throw new Error(`${answers}\n${lines.join('\n')}`);
    for (const [i, call] of some.entries()) {
      const mine = ours(libraries, call);
      if (mine !== answers[i]) found.push({ call: lines[i], ours: mine, real: answers[i] });
    }
  }
  return found;
}

function ours(
  libraries: (runtime: Runtime) => Readonly<Record<string, LuaTable>>,
  call: Call,
): string {
  const runtime = new Runtime();
  const [library, name] = call.name.split('.');
  const called = libraries(runtime)[library].get(name);
  const args = call.args.map((arg) => (arg instanceof Spelled ? arg.make(runtime) : arg));
  const parts = outcome(runtime, called, args).map(show);
  for (const arg of args) if (arg instanceof LuaTable) parts.push(`then ${show(arg)}`);
  return parts.join(' ');
}

export function outcome(runtime: Runtime, called: Value, args: Value[]): Value[] {
  try {
    return [true, ...all(run(runtime.call(called, '', ...args)))];
  } catch (problem) {
    if (!(problem instanceof LuaError)) throw problem;
    const { argument, value } = problem;
    if (argument === null) return [false, value];
    return [false, `bad argument #${argument.index} to '?' (${argument.problem})`];
  }
}

/** Drives what needs no driver, for nothing in it waits. */
export function run(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

export function show(value: Value): string {
  if (typeof value === 'number') return formatGeneral(value, 17);
  if (typeof value === 'string') return `"${value}"`;
  if (value instanceof LuaTable) {
    const items = Array.from({ length: value.length() }, (_, i) => show(value.get(i + 1)));
    return `{${items.join(' ')}}`;
  }
  return value instanceof LuaFunction || value === undefined ? typeName(value) : String(value);
}

/** A value as Lua's source spells it. */
export function spell(given: Given): string {
  if (given instanceof Spelled) return given.lua;
  if (given === undefined) return 'nil';
  if (typeof given === 'string') {
    const escaped = [...given].map((char) =>
      /[ !#-[\]-~]/.test(char) ? char : `\\${String(char.charCodeAt(0)).padStart(3, '0')}`,
    );
    return `"${escaped.join('')}"`;
  }
  if (typeof given === 'boolean') return String(given);
  if (Number.isNaN(given)) return '(0/0)';
  if (!Number.isFinite(given)) return given > 0 ? '(1/0)' : '(-1/0)';
  return Object.is(given, -0) ? '(-1/(1/0))' : `(${String(given)})`;
}
