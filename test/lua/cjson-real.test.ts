import { expect, test } from 'vitest';
import { openCjson } from '../../lua/cjson.ts';
import { Runtime } from '../../lua/runtime.ts';
import { LuaTable } from '../../lua/table.ts';
import { NULL } from '../../lua/userdata.ts';
import { LuaFunction, type Value } from '../../lua/value.ts';
import type { Chance } from '../protocol/real.ts';
import {
  type Case,
  duel,
  duelOf,
  plain,
  type Spelled,
  sameEntries,
  withReal,
} from './library-duel.ts';

const library = openCjson(new Runtime());
const FUNCTION = new LuaFunction('', null, null);
const NUMBERS = [0, -0, 1, -1, 0.1, 1.5, 1e15, 123456789012345, 1e14, 99999999999999, 1e21, 1e-5];
const ALL_CHARS = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('');

function number(chance: Chance): number {
  switch (chance.below(6)) {
    case 0:
      return chance.one(NUMBERS);
    case 1:
      return chance.below(2000) - 1000;
    case 2:
      return chance.below(200_000) / chance.one([2, 4, 8, 10, 100, 1000, 1024, 65536]);
    case 3:
      return (chance.below(2) * 2 - 1) * (2 ** chance.below(70) + chance.below(3) - 1);
    case 4: {
      const n = chance.double();
      return n === n ? n : 0;
    }
    default:
      return chance.below(40) === 0 ? chance.one([NaN, Infinity, -Infinity]) : chance.below(9);
  }
}

function scalar(chance: Chance): Value {
  switch (chance.below(8)) {
    case 0:
    case 1:
    case 2:
      return number(chance);
    case 3:
      return chance.one([true, false]);
    case 4:
      return chance.below(20) === 0 ? FUNCTION : NULL;
    case 5:
      return chance.text(chance.below(5), ALL_CHARS);
    default:
      return chance.text(chance.below(40), 'abc /"\\');
  }
}

function key(chance: Chance, kind: number, i: number): Value {
  switch (kind) {
    case 0:
      return i;
    case 1:
      return i + chance.below(chance.below(3) === 0 ? 30 : 3);
    case 2:
      return chance.text(1 + chance.below(8), 'abcd"');
    case 3:
      return `field${chance.below(30)}`;
    default: {
      const any = chance.below(20) === 0 ? scalar(chance) : number(chance);
      if (any === FUNCTION || any !== any) return 1;
      // An array of millions takes a while, if settings allow it.
      return Number.isInteger(any) && (any as number) > 5000 ? `${any}` : any;
    }
  }
}

function value(c: Case, depth: number): Spelled {
  const { chance } = c;
  if (depth > 4 || chance.below(3) > 0) return plain(scalar(chance));
  const kind = chance.below(chance.below(4) === 0 ? 5 : 4);
  const entries: [Spelled, Spelled][] = [];
  const size = chance.below(10) === 0 ? chance.below(40) : chance.below(6);
  for (let i = 1; i <= size; i++) {
    const gone = chance.below(12) === 0;
    const one = gone ? plain(undefined) : value(c, depth + 1);
    entries.push([plain(key(chance, kind, i)), one]);
  }
  return c.table(entries);
}

const SETTINGS: [name: string, args: Value[]][] = [
  ...[1, 2, 3, 5].map((depth): [string, Value[]] => ['encode_max_depth', [depth]]),
  ...[1, 2, 3, 5].map((depth): [string, Value[]] => ['decode_max_depth', [depth]]),
  ...[1, 3, 8, 9, 10, 13, 14].map((digits): [string, Value[]] => [
    'encode_number_precision',
    [digits],
  ]),
  ['encode_invalid_numbers', [true]],
  ['encode_invalid_numbers', ['null']],
  ['encode_invalid_numbers', ['on']],
  ['decode_invalid_numbers', [false]],
  ['decode_invalid_numbers', ['off']],
  ['decode_invalid_numbers', [false]],
  ['encode_sparse_array', [true]],
  ['encode_sparse_array', [true, 1, 3]],
  ['encode_sparse_array', [false, 0]],
  ['encode_sparse_array', ['on', 4, 0]],
  ['encode_sparse_array', [undefined, 2147483647, 1]],
  ['encode_keep_buffer', [false]],
];

/** The library, with the settings that it has, or another with some. */
function somebody(c: Case, about: string): [LuaTable, string] {
  const { chance } = c;
  if (chance.below(3) > 0) return [library, 'cjson'];
  const made = (library.getString('new') as LuaFunction).native!() as LuaTable;
  c.statement('local j = cjson.new()');
  for (let left = chance.below(3); left >= 0; left--) {
    const [name, args] = chance.one(SETTINGS.filter(([name]) => name.startsWith(about)));
    c.call(made, 'j', name, args.map(plain), false);
  }
  return [made, 'j'];
}

function encode(c: Case): void {
  const [made, prefix] = somebody(c, 'encode');
  c.call(made, prefix, 'encode', [value(c, 0)], true);
}

const SPELLINGS = [
  ...[
    '0',
    '-0',
    '1',
    '-1',
    '12',
    '1.5',
    '-1.5e3',
    '1E+2',
    '2e-3',
    '1e400',
    '-1e400',
    '1e-400',
    '007',
  ],
  ...[
    '+1',
    '-',
    '+',
    '.5',
    '-.5',
    '1.',
    '1.e2',
    '0x1F',
    '0X1p4',
    '0x',
    '0x.8',
    '-0xg',
    'inf',
    'Infinity',
  ],
  ...[
    '-inf',
    'nan',
    'NaN',
    '-nan',
    'nan(12_a)',
    'nan(',
    'infi',
    'INFINITY',
    'n',
    'nul',
    'I',
    'i',
    '1e',
    '1e+',
  ],
  ...[
    '123456789012345',
    '1234567890123456',
    '12345678901234567890',
    '9007199254740993',
    '0.1',
    '1-2',
    '--1',
  ],
  ...[
    '4.9406564584124654e-324',
    '1.7976931348623157e308',
    '0.30000000000000004',
    '00',
    '-00',
    '-01',
    '1x',
  ],
];
const ESCAPES = [
  ...[
    '\\n',
    '\\t',
    '\\"',
    '\\\\',
    '\\/',
    '\\b',
    '\\f',
    '\\r',
    '\\u0041',
    '\\u00e9',
    '\\u20AC',
    '\\u0000',
  ],
  ...[
    '\\ud83d\\ude00',
    '\\uD83D',
    '\\uDE00',
    '\\ud83dx',
    '\\ud83d\\u0041',
    '\\u12',
    '\\u12g4',
    '\\x',
    '\\',
  ],
  ...[
    '\\u',
    '\\u/000',
    '\\ud800\\udbff',
    '\\udbff\\udfff',
    '\\ud83d\\n',
    '\\U0041',
    '\\uffff',
    '\\u07ff',
    '\\u0800',
  ],
];

function space(chance: Chance): string {
  return chance.below(4) > 0 ? '' : chance.text(chance.below(3), ' \t\n\r');
}

function jsonString(chance: Chance): string {
  let text = '';
  for (let left = chance.below(5); left > 0; left--) {
    const kind = chance.below(10);
    if (kind < 7) text += chance.text(chance.below(12), 'abc {}[],:é\x01\xff');
    else text += chance.one(kind === 9 ? ESCAPES : ESCAPES.slice(0, 13));
  }
  return `"${text}"`;
}

function json(chance: Chance, depth: number): string {
  const before = space(chance);
  const parts: string[] = [];
  switch (chance.below(depth > 5 ? 6 : 10)) {
    case 0:
      return before + chance.one(['true', 'false', 'null']) + space(chance);
    case 1:
      return before + chance.one(SPELLINGS) + space(chance);
    case 2:
      return before + String(number(chance)) + space(chance);
    case 3:
      return before + String(chance.below(100_000)) + space(chance);
    case 4:
    case 5:
      return before + jsonString(chance) + space(chance);
    case 6:
    case 7:
      for (let left = chance.below(6); left > 0; left--) parts.push(json(chance, depth + 1));
      return `${before}[${parts.join()}${space(chance)}]${space(chance)}`;
    default:
      for (let left = chance.below(12); left > 0; left--) {
        const name = chance.below(2) === 0 ? `"k${chance.below(20)}"` : jsonString(chance);
        parts.push(`${space(chance)}${name}${space(chance)}:${json(chance, depth + 1)}`);
      }
      return `${before}{${parts.join()}${space(chance)}}${space(chance)}`;
  }
}

function mutated(chance: Chance, text: string): string {
  const at = chance.below(text.length + 1);
  const char = chance.below(2) === 0 ? chance.one('[]{}",:\\ 0-et\0') : chance.one(ALL_CHARS);
  switch (chance.below(4)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + char + text.slice(at);
    case 2:
      return text.slice(0, at) + char + text.slice(at + 1);
    default:
      return text.slice(0, at) + text.slice(at + 1);
  }
}

function decode(c: Case): void {
  const { chance } = c;
  const [made, prefix] = somebody(c, 'decode');
  let text = json(chance, chance.below(6));
  while (chance.below(2) === 0) text = mutated(chance, text);
  const arg: Value = chance.below(50) === 0 ? chance.one([undefined, 12.5, true]) : text;
  c.call(made, prefix, 'decode', [plain(arg)], true);
}

const SETTERS = [
  ...['encode_sparse_array', 'encode_max_depth', 'decode_max_depth', 'encode_number_precision'],
  ...['encode_keep_buffer', 'encode_invalid_numbers', 'decode_invalid_numbers'],
];
const ODD: Value[] = [
  undefined,
  true,
  false,
  'on',
  'off',
  'null',
  '',
  0,
  1,
  14,
  15,
  -1,
  2 ** 31,
  2 ** 32 + 5,
  1.9,
  '3',
];

/** All settings with all kinds of arguments, and what is set then. */
function settings(c: Case): void {
  const { chance } = c;
  const name = chance.one(SETTERS);
  c.statement('local j = cjson.new()');
  const made = (library.getString('new') as LuaFunction).native!() as LuaTable;
  const args = Array.from({ length: chance.below(3) }, () => plain(chance.one(ODD)));
  if (chance.below(2) === 0) return c.call(made, 'j', name, args, true);
  c.call(made, 'j', name, args, false);
  c.call(made, 'j', name, [], true);
}

function nested(name: string, begin: string, end: string, times: number, limit: number) {
  return (c: Case) => {
    c.statement('local j = cjson.new()');
    const made = (library.getString('new') as LuaFunction).native!() as LuaTable;
    c.call(made, 'j', `${name}_max_depth`, [plain(limit)], false);
    const value = `${begin.repeat(times)}1${end.repeat(times)}`;
    const rep = (part: string) => `string.rep(${plain(part).lua}, ${times})`;
    const lua = `${rep(begin)} .. 1 .. ${rep(end)}`;
    c.call(made, 'j', name, [{ lua, value }], true);
  };
}

function encodeNested(isArray: boolean, times: number, limit: number) {
  return (c: Case) => {
    c.statement('local j = cjson.new()');
    const made = (library.getString('new') as LuaFunction).native!() as LuaTable;
    c.call(made, 'j', 'encode_max_depth', [plain(limit)], false);
    const key = isArray ? 1 : 'k';
    let value = new LuaTable();
    for (let i = 1; i < times; i++) {
      const outer = new LuaTable();
      outer.set(key, value);
      value = outer;
    }
    c.statement(`local t = {} for i = 2, ${times} do t = {[${plain(key).lua}] = t} end`);
    c.call(made, 'j', 'encode', [{ lua: 't', value }], true);
  };
}

const DEPTHS = [
  999, 1000, 1001, 2000, 3996, 3997, 3998, 3999, 4000, 7995, 7996, 7997, 7998, 7999, 8001,
];
const aroundTheLimits = DEPTHS.flatMap((times) => {
  const limit = times < 2000 ? 1000 : 100_000;
  return [
    nested('decode', '[', ']', times, limit),
    nested('decode', ' [ 1 ,', ']', times, limit),
    nested('decode', '{"a":', '}', times, limit),
    encodeNested(true, times, limit),
    encodeNested(false, times, limit),
  ];
});

function calls(name: string, ...args: Value[]): (c: Case) => void {
  return (c) => c.call(library, 'cjson', name, args.map(plain), true);
}

function encodes(...entries: [key: Value, value: Value][]): (c: Case) => void {
  return (c) => {
    const table = c.table(entries.map(([key, value]) => [plain(key), plain(value)]));
    c.call(library, 'cjson', 'encode', [table], true);
  };
}

await withReal('cjson beside real Redis', [], (ask) => {
  sameEntries(ask, 'cjson', openCjson);
  duel(ask, 'encodes all kinds of values', encode);
  duel(ask, 'decodes JSON, and says what is wrong with it', decode);
  duel(ask, 'takes settings', settings);
  duelOf(ask, 'ends where its limits and the stack of Lua are', aroundTheLimits);
  duelOf(ask, 'encodes every byte', [
    ...[...ALL_CHARS].map((char) => calls('encode', char)),
    ...[...ALL_CHARS].map((char) => calls('encode', `ab${char}cd`)),
    ...[...ALL_CHARS].map((char) => calls('decode', `"a${char}b"`)),
    ...[...ALL_CHARS].map((char) => calls('decode', `"a\\${char}b"`)),
    ...[...ALL_CHARS].map((char) => calls('decode', `${char}1`)),
    ...[...ALL_CHARS].map((char) => calls('decode', `1${char}`)),
  ]);
  duelOf(ask, 'knows every spelling of a number, and every escape', [
    ...SPELLINGS.flatMap((text) => [calls('decode', text), calls('decode', `[${text},1]`)]),
    ...ESCAPES.flatMap((text) => [calls('decode', `"${text}"`), calls('decode', `["a${text}b"]`)]),
  ]);
  duelOf(ask, 'decides what is an array', [
    encodes([1, 'a'], [3, 'b']),
    encodes([11, 'a']),
    encodes([10, 'a']),
    encodes([1, 1], [2, 1], [3, 1], [4, 1], [5, 1], [6, 1], [14, 1]),
    encodes([1, 1], [2, 1], [3, 1], [4, 1], [5, 1], [6, 1], [15, 1]),
    encodes([0, 'a']),
    encodes([1.5, 'a']),
    encodes([-1, 'a']),
    encodes([2 ** 31 - 1, 'a']),
    encodes([2 ** 31, 'a']),
    encodes([2 ** 40, 'a'], [3, 'b']),
    encodes([Infinity, 'a']),
    encodes([true, 'a']),
    encodes(['1', 'a']),
    encodes([1, 'a'], ['x', 'b']),
  ]);
  duelOf(ask, 'refuses too many arguments, and too few', [
    ...['encode', 'decode', ...SETTERS].flatMap((name) => [
      calls(name),
      calls(name, 'on', 2, 3, 4),
      calls(name, 1, 2),
    ]),
    calls('decode', '\0a'),
    calls('decode', 'a\0'),
    calls('decode', '12\0 what'),
    calls('decode', '\0'),
  ]);
});

test('what is encoded comes back the same', () => {
  const encodeIt = (library.getString('encode') as LuaFunction).native!;
  const decodeIt = (library.getString('decode') as LuaFunction).native!;
  const json = '{"a":[1,2,{"b":null}],"text":"\\u0001\\/ and \\"quotes\\"","x":-1.5}';
  const again = encodeIt(decodeIt(json) as Value) as string;
  expect(JSON.parse(again)).toEqual(JSON.parse(json));
});
