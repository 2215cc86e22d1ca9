// The string library beside real Redis's: random subjects, patterns, formats and arguments.

import { expect, test } from 'vitest';
import { openString } from '../../lua/lib-string.ts';
import { LuaTable } from '../../lua/table.ts';
import { first, native } from '../../lua/value.ts';
import { Runtime } from '../../lua/runtime.ts';
import { Chance, withReal } from '../protocol/real.ts';
import { type Call, differences, type Given, outcome, run, Spelled, show } from './beside-real.ts';

const SEED = Number(process.env.LUA_SEED ?? 1);
const CALLS = Number(process.env.LUA_CALLS ?? 2000);

const TEXTS = [
  'long '.repeat(25),
  `${'x'.repeat(99)}\0`,
  `${'x'.repeat(97)}\0y`,

  '',
  'a',
  'abc',
  'aaaa',
  'hello world',
  'a,b,,c',
  'x=1, y=2',
  '(a(b)c)',
  'THE (quick)',
];
const PIECES = [
  ...['a', 'b', 'a', '.', '%a', '%d', '%s', '%w', '%p', '%u', '%l', '%x', '%c', '%z', '%A', '%W'],
  ...['[ab]', '[^a]', '[a-c]', '[%a_]', '[]]', '[^]]', '[%]]', '[a-]', '[-a]', '[%d-z]', '[a', '['],
  ...['(', ')', '()', '(', ')', '%1', '%2', '%0', '%b()', '%bab', '%b', '%f[a]', '%f[^a]', '%f'],
  ...['*', '+', '-', '?', '*', '+', '-', '?', '^', '$', '%', '%%', '\0', '\x80', '\xff', ' ', ','],
];
const CHARS = ['a', 'b', 'c', 'a', 'b', ' ', ',', '(', ')', '1', '_', 'A', '\0', '\xe9', '\n', '%'];
const REPLACEMENTS = ['x', '', '%0', '%1', '<%1>', '%2', '%%', '%', '%x', '[%0%1%2]', '1'];
const NUMBERS = [
  ...[0, -0, 1, -1, 2, 3, 0.5, -0.5, 1.5, 2.5, 0.1, 9.5, 99.5, 0.25, 123456789, -123.456, 1e15],
  ...[2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53, 2 ** 63, 2 ** 64, -(2 ** 63), 1e18, 1e21, 1e300],
  ...[
    5e-324,
    1e-5,
    9.9999999e-5,
    0.0001,
    1.7976931348623157e308,
    Infinity,
    -Infinity,
    255,
    256,
    65,
  ],
];
const OPTIONS = [
  ...'cdiouxXeEfgGqs',
  ...'cdiouxXeEfgGqs',
  ...'cdiouxXeEfgGqs',
  'y',
  'a',
  'n',
  '%',
  '',
];

class Drawn extends Chance {
  subject(longest = 8): string {
    if (this.below(4) === 0) return this.one(TEXTS);
    return Array.from({ length: this.below(longest) }, () => this.one(CHARS)).join('');
  }

  pattern(): string {
    const start = this.below(8) === 0 ? '^' : '';
    if (this.below(200) === 0) return '()'.repeat(31 + this.below(3));
    return start + Array.from({ length: 1 + this.below(5) }, () => this.one(PIECES)).join('');
  }

  number(): number {
    switch (this.below(4)) {
      case 0:
        return this.one(NUMBERS);
      case 1:
        return this.below(41) - 20;
      case 2:
        return (this.below(20001) - 10000) / 2 ** this.below(12);
      default:
        return (this.below(2 ** 30) - 2 ** 29) * 10 ** (this.below(60) - 35);
    }
  }

  place(): number {
    return this.below(10) === 0 ? this.number() : this.below(21) - 10;
  }

  /** Something that an argument should not be, most of the time. */
  odd(): Given {
    const odd = [undefined, true, false, '', 'a', '12', ' 0x10 ', '1e1', 'inf', TABLE, FUNCTION];
    return this.one<Given>(odd);
  }

  format(): string {
    const flags = Array.from({ length: this.below(3) }, () => this.one([...'-+ #0'])).join('');
    const width = this.below(2) === 0 ? '' : String(this.below(this.below(9) === 0 ? 200 : 30));
    const precision =
      this.below(2) === 0 ? '' : `.${this.one(['', '0', '1', '3', '14', '17', '20', '99'])}`;
    const prefix = this.below(4) === 0 ? this.subject(3) : '';
    return `${prefix}%${flags}${width}${precision}${this.one(OPTIONS)}${this.below(6) === 0 ? '|' : ''}`;
  }
}

const TABLE = new Spelled("{a = 'x', b = false, [1] = 2, [2] = true, ab = 3.5, [''] = 'e'}", () => {
  const table = new LuaTable();
  table.set('a', 'x');
  table.set('b', false);
  table.set(1, 2);
  table.set(2, true);
  table.set('ab', 3.5);
  table.set('', 'e');
  return table;
});
const FUNCTION = new Spelled(
  "function(...) if ... == 'b' then return end return select('#', ...) .. tostring(...) end",
  () =>
    native('f', (...args) => {
      if (args[0] === 'b') return [];
      return args.length + String(args[0]);
    }),
);

/** All that gmatch finds, in one string, as the script on the other side writes it. */
const gmatch = (library: LuaTable): LuaTable => {
  const each = new LuaTable();
  const collect = native('each', (text, pattern) => {
    const found: string[] = [];
    const runtime = new Runtime();
    const next = first(run(runtime.call(library.get('gmatch'), '', text, pattern)));
    while (found.length <= 20) {
      const [fine, a, b] = outcome(runtime, next, []);
      if (!fine) found.push(String(a));
      if (!fine || a === undefined) break;
      found.push(show(a) + show(b));
    }
    return found.join(' ');
  });
  each.set('gmatch', collect);
  return each;
};

function draw(chance: Drawn): Call {
  const text = (): Given => (chance.below(40) === 0 ? chance.odd() : chance.subject());
  const pattern = (): Given => (chance.below(60) === 0 ? chance.odd() : chance.pattern());
  const place = (): Given => (chance.below(20) === 0 ? chance.odd() : chance.place());
  const number = (): Given => (chance.below(40) === 0 ? chance.odd() : chance.number());
  const some = (args: Given[], least: number): Given[] =>
    chance.below(30) === 0
      ? args.slice(0, chance.below(args.length + 1))
      : args.slice(0, least + chance.below(args.length - least + 1));
  switch (chance.below(18)) {
    case 16:
    case 17:
      return { name: 'each.gmatch', args: [chance.subject(12), chance.pattern()] };
    case 0:
    case 1:
    case 2: {
      const plain = chance.one<Given>([undefined, false, false, true, 0]);
      return { name: 'string.find', args: some([text(), pattern(), place(), plain], 2) };
    }
    case 3:
    case 4:
      return { name: 'string.match', args: some([text(), pattern(), place()], 2) };
    case 5:
    case 6:
    case 7: {
      const by = chance.one<Given>([chance.one(REPLACEMENTS), TABLE, FUNCTION, chance.odd(), 7]);
      return { name: 'string.gsub', args: some([text(), pattern(), by, place()], 3) };
    }
    case 8:
      return { name: 'string.sub', args: some([text(), place(), place()], 2) };
    case 9:
      return { name: 'string.byte', args: some([text(), place(), place()], 1) };
    case 10:
      return {
        name: chance.one(['string.upper', 'string.lower', 'string.len', 'string.reverse']),
        args: some([text()], 1),
      };
    case 11:
      if (chance.below(2) === 0)
        return { name: 'string.rep', args: some([text(), chance.below(20) - 3], 2) };
      return {
        name: 'string.char',
        args: some([chance.below(260), chance.below(256), place()], 0),
      };
    default: {
      const value = (): Given => (chance.below(3) === 0 ? text() : number());
      return { name: 'string.format', args: [chance.format(), ...some([value(), value()], 1)] };
    }
  }
}

function libraries(runtime: Runtime): { string: LuaTable; each: LuaTable } {
  const library = openString(runtime);
  return { string: library, each: gmatch(library) };
}

await withReal('the string library beside real Redis', [], (ask) => {
  test('returns the same, and fails with the same message', async () => {
    const chance = new Drawn(SEED);
    const calls = Array.from({ length: CALLS }, () => draw(chance));
    const found = await differences(ask, libraries, calls);
    expect(found).toEqual([]);
  }, 600_000);
});
