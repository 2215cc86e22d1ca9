// The libraries as scripts call them: with functions of Lua, metatables, and messages that say
// where the fault is and by which name the function was called.

import { expect, test } from 'vitest';
import { LuaError } from '../../lua/errors.ts';
import { openMath, openOs } from '../../lua/lib-math.ts';
import { openString } from '../../lua/lib-string.ts';
import { openTable } from '../../lua/lib-table.ts';
import { ScriptRandom } from '../../lua/random.ts';
import { withReal } from '../protocol/real.ts';
import { newRuntime, run } from './run.ts';

// Each is the body of a function; what it returns or throws is compared.
const BODIES = [
  'return string.sub()',
  'return string.sub(nil)',
  'return string.sub({}, 1)',
  "return string.rep('x')",
  "return ('x'):rep()",
  "return ('x'):rep({})",
  "return ('x').rep({}, 1)",
  "local s = 'x' return s:rep(3)",
  "return string.format('%d', 'x')",
  "return ('%d'):format('x')",
  "return ('%y'):format(1)",
  "return string.format('%d')",
  'local f = string.byte return f()',
  'local f = string.byte return f(true)',
  "return string.gsub('abc', 'b', true)",
  "return string.gsub('hello world', '%w+', function(w) return w:upper() end)",
  "return string.gsub('hello', 'l', function(c) return c == 'l' and 1.5 end)",
  "return string.gsub('hello', '()l', function(at) return at end)",
  "return string.gsub('hello', '(h)(e)', function(a, b) return b .. a end)",
  "return string.gsub('hello', 'l', function() return {} end)",
  "return string.gsub('hello', 'l', function() error('oops') end)",
  "return string.gsub('abc', '%w', setmetatable({}, {__index = function(_, k) return k .. k end}))",
  "return string.gsub('abc', '%w', setmetatable({}, {__index = {b = 'x'}}))",
  "return string.gsub('abc', '%w', setmetatable({}, {__index = 1}))",
  "return string.gsub('abc', '(', 'x')",
  "return string.gsub('abc', '%', 'x')",
  "return string.gsub('a b a', 'a', function(c) return (c:gsub('a', 'x')) end)",
  "return string.find('abc', '[a')",
  "return string.find('abc', '%f')",
  "local t = {} for k, v in ('a=1, b=2'):gmatch('(%w+)=(%w+)') do t[#t + 1] = k .. v end return table.concat(t, ';')",
  "local t = {} for at in string.gmatch('abc', '()') do t[#t + 1] = at end return table.concat(t, ';')",
  "for w in string.gmatch('abc', '(') do return w end",
  "local n = string.gmatch('a', 'a') return n(), n(), n()",
  "return string.gmatch('a')",
  'return string.char(256)',
  'return string.char(1, 2, -1)',
  'return string.dump()',
  "return #string.rep('ab', 1000)",
  "return string.len('\\0\\0')",
  "return string.byte(string.rep('x', 9000), 1, -1)",
  "return select('#', string.byte(string.rep('x', 7000), 1, -1))",
  'return string.upper(12)',
  "return ('x'):nothing()",
  "return #('x' .. 1):rep(10)",
  "local t = {3, 1, 2} table.sort(t, function(a, b) return a > b end) return table.concat(t, ',')",
  "local t = {3, 'x', 2} table.sort(t) return 1",
  'local t = {3, {}, 2} table.sort(t) return 1',
  'local t = {{}, {}} table.sort(t) return 1',
  'local t = {1, 2, 3, 4, 5} table.sort(t, function(a, b) return true end) return 1',
  "local t = {1, 2, 3, 4, 5} table.sort(t, function(a, b) error('no') end) return 1",
  'local t = {1, 2, 3, 4, 5} table.sort(t, function(a, b) return a.x < b.x end) return 1',
  "local m = {__lt = function(a, b) return a.n < b.n end} local t = {} for i = 1, 9 do t[i] = setmetatable({n = i * 7 % 9}, m) end table.sort(t) local s = '' for i = 1, 9 do s = s .. t[i].n end return s",
  'local t = {} table.sort(t, 1) return 1',
  'local t = {} table.insert(t) return 1',
  'local t = {} table.insert(t, 1, 2, 3) return 1',
  'local t = {} table.insert(t, nil) return #t',
  "local t = {} table.insert(t, 'x', 1) return 1",
  'table.insert(nil, 1)',
  'table.insert(1, 1)',
  'return table.concat({1, {}, 3})',
  "return table.concat({1, 2, 3}, ', ', 2)",
  "return table.concat({1, 2, 3}, ', ', 2, 5)",
  'return table.concat({}, {})',
  "return table.concat(setmetatable({}, {__index = function() return 'x' end}), ',', 1, 3)",
  'return table.remove({1, 2, 3}, 1), table.remove({})',
  "return select('#', table.remove({}))",
  'table.setn({}, 1)',
  'return table.foreach({1, 2, 3}, function(i, v) if v == 2 then return i * 10 end end)',
  "local s = '' table.foreach({x = 1}, function(k, v) s = s .. k .. v end) return s",
  'local t = {x = 1, y = 2, 3} table.foreach(t, function(k) t[k] = nil end) return next(t)',
  'return table.foreachi({1, 2, 3}, function(i, v) if v == 2 then return i * 10 end end)',
  'return table.foreachi({1, 2, 3})',
  'return table.maxn({1, 2, nil, 4, [10.5] = 1})',
  'table.sort(string)',
  'table.insert(table, 1)',
  'table.remove(math, 1) return 1',
  'string.x = 1',
  "return math.floor('1.5'), math.max(1, '3', 2)",
  "return math.floor('x')",
  'return math.floor()',
  'return math.max()',
  'return math.random(0)',
  'return math.random(2, 1)',
  'return math.random(1, 2, 3)',
  'return math.pi, math.huge, -math.huge',
  'return math.fmod(5, 3), math.fmod(-5, 3), math.mod(5, -3)',
  'return math.modf(3.7)',
  'return math.pow(2, 10), 2 ^ 0.5, math.pow(10, -5) == 0.00001',
  'return type(os.clock()), os.time',
  "local s = '' for _, l in ipairs({'string', 'table', 'math', 'os'}) do for k in pairs(_G[l]) do s = s .. k .. ' ' end end return s",
  'return string.gfind == string.gmatch, math.mod == math.fmod',
  "return getmetatable('').__index == string",
];

const SHOW = `
local function show(fine, ...)
  local t = {tostring(fine)}
  for i = 1, select('#', ...) do
    local v = select(i, ...)
    t[#t + 1] = type(v) == 'number' and string.format('%.17g', v) or tostring(v)
  end
  return table.concat(t, ' ')
end
`;

const script = (body: string): string => `${SHOW}return show(pcall(function()\n${body}\nend))`;

function ours(body: string): string {
  const runtime = newRuntime();
  runtime.globals.setString('string', openString(runtime));
  runtime.globals.setString('table', openTable(runtime));
  runtime.globals.setString('math', openMath(new ScriptRandom()));
  runtime.globals.setString(
    'os',
    openOs(() => 0),
  );
  for (const name of ['string', 'table', 'math', 'os']) {
    const library = runtime.globals.getString(name) as ReturnType<typeof openString>;
    library.readonly = true;
  }
  try {
    return String(run(runtime, script(body))[0]);
  } catch (problem) {
    if (problem instanceof LuaError) return `uncaught ${problem}`;
    throw problem;
  }
}

await withReal('the libraries as scripts call them', [], (ask) => {
  test('are what they are in real Redis', async () => {
    const real = await ask(BODIES.map((body) => ['EVAL', script(body), '0']));
    const found = BODIES.map((body, i) => ({ body, ours: ours(body), real: real[i] }));
    expect(found.filter((each) => each.ours !== each.real)).toEqual([]);
  });
});
