// Logarithms, exponentials and powers beside real Redis's, which are the C library's.

import { expect, test } from 'vitest';
import { power } from '../../lua/power.ts';
import { exp, log, log10 } from '../../lua/precise.ts';
import { Chance, withReal } from '../protocol/real.ts';

const CASES = 2000;
const SEED = Number(process.env['LUA_SEED'] ?? 1);

type Kind = {
  readonly what: string;
  readonly lua: string;
  readonly ours: (a: number, b: number) => number;
  readonly draw: (chance: Chance) => [number, number];
  /** How many of a thousand may differ: the C library itself is not always right. */
  readonly most: number;
};

const wide = (chance: Chance) => chance.next() * 10 ** (chance.next() * 40 - 20);
const whole = (chance: Chance) => chance.below(1000) + 2;

const KINDS: Kind[] = [
  { what: 'log', lua: 'math.log(a)', ours: log, draw: (c) => [wide(c), 0], most: 3 },
  { what: 'log near 1', lua: 'math.log(a)', ours: log, draw: (c) => [c.next() + 0.5, 0], most: 5 },
  { what: 'log of integers', lua: 'math.log(a)', ours: log, draw: (c) => [whole(c), 0], most: 1 },
  { what: 'log10', lua: 'math.log10(a)', ours: log10, draw: (c) => [wide(c), 0], most: 0 },
  {
    what: 'log10 of 2 and more',
    lua: 'math.log10(a)',
    ours: log10,
    draw: (c) => [whole(c), 0],
    most: 0,
  },
  { what: 'exp', lua: 'math.exp(a)', ours: exp, draw: (c) => [c.next() * 100 - 50, 0], most: 3 },
  {
    what: 'exp far out',
    lua: 'math.exp(a)',
    ours: exp,
    draw: (c) => [c.next() * 1300 - 650, 0],
    most: 3,
  },
  { what: 'pow', lua: 'a ^ b', ours: power, draw: (c) => [wide(c), c.next() * 10 - 5], most: 3 },
  {
    what: 'pow near 1',
    lua: 'a ^ b',
    ours: power,
    draw: (c) => [1 + c.next() / 1e5, wide(c) % 1e5],
    most: 3,
  },
  {
    what: 'roots',
    lua: 'a ^ b',
    ours: power,
    draw: (c) => [whole(c), 1 / (1 + c.below(9))],
    most: 3,
  },
];

await withReal('logarithms, exponentials, powers', [], (ask) => {
  test.each(KINDS)('$what is what C says', async ({ lua, ours, draw, most }) => {
    const chance = new Chance(SEED);
    const pairs = Array.from({ length: CASES }, () => draw(chance));
    const script = `local all = {} for i = 1, #ARGV, 2 do
      local a, b = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
      all[#all + 1] = string.format('%.17g', ${lua}) end return all`;
    const [real] = await ask([['EVAL', script, '0', ...pairs.flat().map(String)]]);
    const different = pairs.filter(([a, b], i) => {
      const theirs = Number((real as string[])[i]);
      const mine = ours(a, b);
      // Never by more than the last bit.
      expect(Math.abs(mine - theirs)).toBeLessThanOrEqual(Math.abs(theirs) * 2 ** -51);
      return mine !== theirs;
    });
    expect((different.length / CASES) * 1000).toBeLessThanOrEqual(most);
  });
});
