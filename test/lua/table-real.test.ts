// The table library beside real Redis's: random tables with holes, and functions to sort by that
// do not always make sense.

import { expect, test } from 'vitest';
import { openTable } from '../../lua/lib-table.ts';
import { LuaTable } from '../../lua/table.ts';
import { native, type Value } from '../../lua/value.ts';
import { Chance, withReal } from '../protocol/real.ts';
import { type Call, differences, type Given, Spelled, spell } from './beside-real.ts';

const SEED = Number(process.env.LUA_SEED ?? 1);
const CALLS = Number(process.env.LUA_CALLS ?? 2000);

const number = (value: Value): number => (typeof value === 'number' ? value : 0);
const NUMBER = "local n = function(v) return type(v) == 'number' and v or 0 end";

/** A function of two, given in Lua and here. */
function asks(lua: string, ours: (a: number, b: number) => Value): Spelled {
  const text = `(function() ${NUMBER} return function(a, b) a, b = n(a), n(b) ${lua} end end)()`;
  return new Spelled(text, () => native('by', (a, b) => ours(number(a), number(b))));
}

// Those that count agree with themselves in the end: real Redis sorts for ever otherwise.
const ORDERS = [
  asks('return a < b', (a, b) => a < b),
  asks('return a > b', (a, b) => a > b),
  asks('return a <= b', (a, b) => a <= b),
  asks(
    'return math.floor(a / 2) < math.floor(b / 2)',
    (a, b) => Math.floor(a / 2) < Math.floor(b / 2),
  ),
  asks('return a % 3 < b % 3', (a, b) => a - Math.floor(a / 3) * 3 < b - Math.floor(b / 3) * 3),
  asks('return true', () => true),
  asks('return 1', () => 1),
  asks('return false', () => false),
  asks('return nil', () => undefined),
  new Spelled(
    '(function() local c = 0 return function() c = c + 1 return c < 300 and c % 3 == 0 end end)()',
    () => {
      let calls = 0;
      return native('by', () => ++calls < 300 && calls % 3 === 0);
    },
  ),
  new Spelled(
    '(function() local c = 0 return function() c = c + 1 return c < 300 and c % 5 < 3 end end)()',
    () => {
      let calls = 0;
      return native('by', () => ++calls < 300 && calls % 5 < 3);
    },
  ),
];

const VISITS = [
  new Spelled('function(k, v) if v == 2 then return k end end', () =>
    native('visit', (k, v) => (v === 2 ? k : undefined)),
  ),
  new Spelled("function(k, v) if type(k) == 'string' then return v end end", () =>
    native('visit', (k, v) => (typeof k === 'string' ? v : [])),
  ),
  new Spelled('function(k, v) return v == 3 or nil end', () =>
    native('visit', (_, v) => (v === 3 ? true : undefined)),
  ),
];

/** The room that a constructor makes: Lua's instruction for it has four bits for a size. */
function asConstructed(size: number): number {
  let unit = 1;
  while (size / unit >= 16) unit *= 2;
  return Math.ceil(size / unit) * unit;
}

class Drawn extends Chance {
  value(): Given {
    return this.one<Given>([1, 2, 3, 'a', 'b', 1.5, 7, '10', true, 10]);
  }

  /** What the items of one table are: all numbers, all strings, or anything. */
  items(): Given[] {
    const kind = this.below(8);
    const length = this.one([0, 1, 2, 3, 4, 5, 8, 9, 20, 40]);
    return Array.from({ length }, () => {
      if (kind < 4) return this.below(2) === 0 ? this.below(10) : this.below(1000) / 4;
      if (kind < 6) return this.text(this.below(4), 'ab\0\xff');
      if (kind === 6) return this.one<Given>([0, -0, 1, NaN, Infinity, -Infinity, 2]);
      return this.value();
    });
  }

  table(): Spelled {
    const items = this.items();
    const holes = this.below(4) === 0 ? this.below(3) : 0;
    for (let i = 0; i < holes; i++) items[this.below(items.length + 3)] = undefined;
    const others =
      this.below(3) === 0
        ? [
            ['x', 2],
            ['y', 3],
            [0, 'z'],
            [12.5, 1],
            [-1, 2],
          ]
        : [];
    const fields = others.slice(0, this.below(6)) as [string | number, Given][];
    const from = Array.from(items, spell);
    const set = fields.map(([key, value]) => `[${spell(key)}] = ${spell(value)}`);
    return new Spelled(`{${[...set, ...from].join(', ')}}`, () => {
      const table = new LuaTable(asConstructed(items.length), asConstructed(fields.length));
      for (const [key, value] of fields) table.set(key, value as Value);
      table.setItems(1, Array.from(items) as Value[]);
      return table;
    });
  }

  odd(): Given {
    return this.one<Given>([undefined, false, '', 'a', '2', 1.9, 2 ** 32 + 1, NaN, ORDERS[0]]);
  }
}

function draw(chance: Drawn): Call {
  const table = (): Given => (chance.below(40) === 0 ? chance.odd() : chance.table());
  const place = (): Given => (chance.below(15) === 0 ? chance.odd() : chance.below(12) - 2);
  const some = (args: Given[], least: number): Given[] =>
    args.slice(0, chance.below(40) === 0 ? 0 : least + chance.below(args.length - least + 1));
  switch (chance.below(12)) {
    case 0: {
      const separator = chance.one<Given>(['', ',', 1, undefined, chance.odd()]);
      return { name: 'table.concat', args: some([table(), separator, place(), place()], 1) };
    }
    case 1:
      return { name: 'table.insert', args: some([table(), place(), chance.value(), 1], 2) };
    case 2:
      return { name: 'table.remove', args: some([table(), place()], 1) };
    case 3: {
      const name = chance.one(['table.getn', 'table.maxn', 'table.setn']);
      return { name, args: some([table()], 1) };
    }
    case 4: {
      const name = chance.one(['table.foreach', 'table.foreachi']);
      return { name, args: some([table(), chance.one([...VISITS, chance.odd()])], 1) };
    }
    case 5:
    case 6:
      return { name: 'table.sort', args: some([table(), undefined], 1) };
    default:
      return { name: 'table.sort', args: [table(), chance.one([...ORDERS, chance.odd()])] };
  }
}

await withReal('the table library beside real Redis', [], (ask) => {
  test('returns and leaves the same, and fails with the same message', async () => {
    const chance = new Drawn(SEED);
    const calls = Array.from({ length: CALLS }, () => draw(chance));
    const found = await differences(ask, (runtime) => ({ table: openTable(runtime) }), calls);
    expect(found).toEqual([]);
  }, 600_000);
});
