// What real Redis's Lua says of chunks that do not compile, and of those that do, beside our
// parser: snippets, and scripts from which a word was taken by chance.

import { describe, expect, test } from 'vitest';
import { LuaSyntaxError } from '../../lua/errors.ts';
import { parse } from '../../lua/parser.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { startReal } from '../oracle/server.ts';
import { Chance } from '../protocol/real.ts';
import { overSocket } from '../wire.ts';

const SNIPPETS = [
  ...['', 'return', 'return 1 return 2', 'x', 'x = ', 'x = = 1', 'x, y = 1', 'x() = 1', '(x) = 1'],
  ...['if x then', 'if x then else elseif', 'for i = 1 do end', 'for i = 1, 2 end', 'for 1 = 2'],
  ...[
    'for a, b in c do',
    'while true do',
    'repeat until',
    'repeat local a = 1 until a',
    'do end end',
  ],
  ...['local function', 'function x:y.z() end', 'function x.y:z() end', 'local a.b = 1', 'break'],
  ...['for i=1,2 do break end', 'for i=1,2 do local f = function() break end end', 'return ...'],
  ...[
    'local f = function() return ... end',
    'local f = function(a, ..., b) end',
    'f = function(a,) end',
  ],
  ...[
    'x = "abc',
    "x = 'abc\ndef'",
    'x = "\\300"',
    'x = "\\25"',
    'x = "a\\\nb"',
    'x = [[a]b]]',
    'x = [==[a',
  ],
  ...[
    'x = [=a',
    'x = [[a [[ b ]] ]]',
    'x = [=[a [[ b ]=]',
    '--[[ open',
    '--[==[ closed ]==] x = ',
    '-- x = ',
  ],
  ...[
    'x = 1e',
    'x = 0x',
    'x = 0xG',
    'x = 3in',
    'x = 1..2',
    'x = .5',
    'x = 5.',
    'x = 0x1p4',
    'x = 1e+',
    'x = 08',
  ],
  ...[
    'x = a.1',
    'x = a..b',
    'x = a...',
    'x = {1, 2',
    'x = {a = 1; [2] = 3, 4}',
    'x = {a =}',
    'x = {[1] 2}',
    'x = {,}',
  ],
  ...[
    'f\n(1)',
    'f\n"x"',
    'f{1}',
    'f"x"',
    'f:g',
    'f:g{1}',
    'f:1()',
    'a.b.c = 1',
    'a.b.c',
    'not x',
    '-x',
    '#x',
    '(1)',
  ],
  ...[
    'x = 1 + ',
    'x = 1 1',
    'x = not',
    'x = (1',
    'x = \n\n(1\n',
    'if x\nthen\ny = 1\n',
    'function f()\nx = 1',
    '@',
    '$',
    '!x',
  ],
  ...[
    'x ~ 1',
    'x = 1 ~= 2',
    'x = ~1',
    '~= 1',
    '\x01',
    '\x7f',
    '\xff',
    'x = "\xff\x00"',
    'x = y\x00',
    'local x <const> = 1',
  ],
  ...[
    'goto a',
    '::a::',
    'x = 1 // 2',
    'x = 1 & 2',
    'return return',
    'return 1;',
    'return 1;;',
    ';',
    'x = 1;',
    'local 1',
  ],
  ...[
    'x = function end',
    'x = function( end',
    'and',
    'x = and',
    'local and = 1',
    'nil = 1',
    'x = nil.y',
    '"x".y = 1',
    '{}.x = 1',
  ],
  `${'('.repeat(210)}1${')'.repeat(210)}`,
  `return ${'('.repeat(190)}1${')'.repeat(190)}`,
  `x = ${'{'.repeat(205)}`,
  `${'do '.repeat(199)}${' end'.repeat(199)}`,
  `${'do '.repeat(205)}${' end'.repeat(205)}`,
  `local ${Array.from({ length: 200 }, (_, i) => `a${i}`).join()} = 1`,
  `local ${Array.from({ length: 201 }, (_, i) => `a${i}`).join()} = 1`,
  `\nlocal f = function() local ${Array.from({ length: 201 }, (_, i) => `a${i}`).join()} end`,
  `x = ${'-'.repeat(1)}${' -'.repeat(198)}1`,
  `x = ${'not '.repeat(210)}1`,
  `x = ${Array.from({ length: 150 }, () => 'a').join('..')}`,
  `x = ${Array.from({ length: 300 }, () => 'a').join('..')}`,
  `x = ${Array.from({ length: 300 }, () => '1').join('+')}`,
  `local ${Array.from({ length: 61 }, (_, i) => `a${i}`).join()}\nlocal f = function() return ${Array.from(
    { length: 61 },
    (_, i) => `a${i}`,
  ).join()} end`,
];

const SCRIPTS = [
  `local key = KEYS[1]
local n, m = tonumber(ARGV[1]) or 0, #ARGV
--[[ a comment
over lines ]]
if n > 0 and not (m == 1) then
  for i = 1, n, 2 do redis.call('set', key .. ':' .. i, ARGV[1 + i % m]) end
elseif n == -1 then
  while true do break end
else
  repeat local x = { a = 1, ['b'] = 2; 3, [4] = nil } until x.a ~= 2 ^ 3
end
local function sum(a, ...) return a + select('#', ...) end
for k, v in pairs({ 1, 2 }) do n = n + sum(v, k) end
return { sum(1, 2), [[long]], "str\\n", -n, #KEYS }`,
  `local t = {}
function t.add(x, y) return x + y end
function t:sub(x) return self.v - x end
t.v = 0x10 t["w"] = 1e3
local s = ''
for w in string.gmatch('a b c', '%a+') do s = s .. w end
return t:sub(2) * t.add(1, t.w) / 2, s, nil, true, false`,
];

/** A script without one of its words, or with one that stands elsewhere in it. */
function maimed(chance: Chance): string {
  const words = chance
    .one(SCRIPTS)
    .split(/(\s+|[a-zA-Z_]+|[0-9.]+|.)/s)
    .filter((word) => word !== '');
  const at = chance.below(words.length);
  if (chance.below(2) === 0) words.splice(at, 1);
  else words.splice(at, chance.below(2), chance.one(words));
  return words.join('');
}

function ours(source: string): string {
  try {
    parse(source, 'user_script');
    return 'fine';
  } catch (problem) {
    if (!(problem instanceof LuaSyntaxError)) throw problem;
    return problem.message;
  }
}

const there = (await realRedis('8.0.2')) !== null;
if (!there) process.stderr.write(`\n*** NOT COMPARED (Lua's parser): ${whyNoRedis('8.0.2')} ***\n`);

describe.skipIf(!there)('chunks that do not compile', () => {
  test('are refused as real Redis refuses them', async () => {
    const real = (await startReal('8.0.2'))!;
    const wire = await overSocket({ path: real.socket });
    const chance = new Chance(1);
    const sources = [...SNIPPETS, ...Array.from({ length: 3000 }, () => maimed(chance))];
    try {
      const different: string[][] = [];
      for (const source of sources) {
        const { text, type } = await wire.ask('SCRIPT', 'LOAD', source);
        const said =
          type === '-'
            ? text.replace(/^ERR Error compiling script \(new function\): /, '')
            : 'fine';
        // A reply is one line, whatever the message holds.
        const mine = ours(source).replace(/[\r\n]/g, ' ');
        if (mine !== said) different.push([source, mine, said]);
      }
      expect(different).toEqual([]);
    } finally {
      wire.close();
      await real.stop();
    }
  });
});
