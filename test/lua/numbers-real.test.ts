// Numbers and texts beside real Redis's Lua: tostring, tonumber, and string.format with few and
// with many digits.

import { expect, test } from 'vitest';
import { openBase } from '../../lua/lib-base.ts';
import { openString } from '../../lua/lib-string.ts';
import type { Runtime } from '../../lua/runtime.ts';
import type { LuaTable } from '../../lua/table.ts';
import { Chance, withReal } from '../protocol/real.ts';
import { type Call, differences, type Given } from './beside-real.ts';

const SEED = Number(process.env.LUA_SEED ?? 1);
const CALLS = Number(process.env.LUA_CALLS ?? 2000);

const PIECES = [
  ...['0', '1', '9', '12', '00', '0x', '0X', 'f', 'A', 'e', 'E', 'p', 'e+', 'e-', 'p-', '.', '-'],
  ...[
    '+',
    ' ',
    '\t',
    '\n',
    '\v',
    '\0',
    '\xa0',
    'inf',
    'nan',
    'Infinity',
    'z',
    '_',
    '1e308',
    '18446744073709551615',
  ],
  ...['e400', '9007199254740993', '0.1', 'p1023', 'e-400', '123456789012345678901234567890'],
];

class Drawn extends Chance {
  /** Doubles of all sizes, among them those that lie between two decimal neighbours. */
  number(): number {
    switch (this.below(6)) {
      case 0:
        return this.double();
      case 1:
        return (this.below(2 ** 31) * 2 + 1) / 2 ** this.below(40);
      case 2:
        return this.below(2 ** 31) * 10 ** this.below(20);
      case 3:
        return this.below(100000) / 100;
      case 4:
        return Math.floor(this.next() * 2 ** 53) * 2 ** (this.below(30) - 20);
      default:
        return Number(`${this.below(10 ** 9)}${this.below(10 ** 7)}5e${this.below(40) - 30}`);
    }
  }

  spelled(): string {
    return Array.from({ length: 1 + this.below(4) }, () => this.one(PIECES)).join('');
  }
}

function draw(chance: Drawn): Call {
  const number = chance.number() * (chance.below(3) === 0 ? -1 : 1);
  switch (chance.below(5)) {
    case 0:
      return { name: '_G.tostring', args: [number] };
    case 1:
      return { name: '_G.tonumber', args: [chance.spelled()] };
    case 2: {
      const text = chance.below(3) === 0 ? chance.spelled() : chance.below(2 ** 31).toString(36);
      const base = chance.below(10) === 0 ? chance.below(50) : chance.one([16, 2, 8, 36, 16, 10]);
      const given: Given = chance.below(9) === 0 ? chance.below(1000) : text;
      return { name: '_G.tonumber', args: [given, base] };
    }
    default: {
      const digits = chance.one(['', '.0', '.1', '.3', '.14', '.15', '.16', '.17', '.40', '.99']);
      return { name: 'string.format', args: [`%${digits}${chance.one([...'gfe'])}`, number] };
    }
  }
}

function libraries(runtime: Runtime): { string: LuaTable; _G: LuaTable } {
  openBase(runtime);
  return { string: openString(runtime), _G: runtime.globals };
}

await withReal('numbers beside real Redis', [], (ask) => {
  test('are read and shown the same', async () => {
    const chance = new Drawn(SEED);
    const calls = Array.from({ length: CALLS }, () => draw(chance));
    const found = await differences(ask, libraries, calls);
    // JavaScript has one NaN, without a sign.
    const other = found.filter(({ ours, real }) => ours !== String(real).replace(/ nan$/, ' -nan'));
    expect(other).toEqual([]);
  }, 600_000);
});
