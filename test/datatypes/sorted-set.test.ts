// A sorted set, small and large, beside a Map that is sorted whenever somebody asks.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as how from '../../datatypes/sorted-set.ts';
import { SortedSet } from '../../datatypes/sorted-set.ts';
import { AT_A_NAME, BEFORE_ALL, BEHIND_ALL, NameRange } from '../../datatypes/sorted-set-range.ts';
import { Random } from '../../server/clock.ts';

const SMALL = { 'zset-max-listpack-entries': 128, 'zset-max-listpack-value': 64 };
const LARGE = { 'zset-max-listpack-entries': 0, 'zset-max-listpack-value': 64 };
const MIXED = { 'zset-max-listpack-entries': 6, 'zset-max-listpack-value': 64 };

const score = fc.constantFrom(-Infinity, -2, 0, 1, 1.5, 2, 3, Infinity);
const member = fc.stringMatching(/^[a-f]{0,2}$/);
const options = fc.constantFrom(0, how.NX, how.XX, how.GT, how.LT, how.INCR, how.XX | how.GT);
const call = fc.record({
  remove: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
  score,
  member,
  options,
});

type Pairs = [member: string, score: number][];

function sorted(model: ReadonlyMap<string, number>): Pairs {
  return [...model].sort(([a, x], [b, y]) => (x === y ? (a < b ? -1 : 1) : x < y ? -1 : 1));
}

function listed(set: SortedSet, down = false): Pairs {
  const pairs: Pairs = [];
  if (set.size === 0) return pairs;
  set.walk(down ? set.size - 1 : 0, set.size, down, (name, value) => pairs.push([name, value]));
  return pairs;
}

/** What adding comes to, by the plainest reading of the options. */
function added(model: Map<string, number>, name: string, value: number, bits: number): number {
  const present = model.get(name);
  if (present === undefined) {
    if (bits & how.XX) return how.REFUSED;
    model.set(name, value);
    return how.ADDED;
  }
  if (bits & how.NX) return how.REFUSED;
  const wanted = bits & how.INCR ? present + value : value;
  if (Number.isNaN(wanted)) return how.NOT_A_NUMBER;
  if (bits & how.GT && wanted <= present) return how.REFUSED;
  if (bits & how.LT && wanted >= present) return how.REFUSED;
  model.set(name, wanted);
  return wanted === present ? how.SAME : how.MOVED;
}

for (const [title, limits] of Object.entries({ small: SMALL, large: LARGE, growing: MIXED })) {
  test(`a ${title} sorted set agrees with a sorted map`, () => {
    fc.assert(
      fc.property(fc.array(call, { maxLength: 80 }), score, score, (calls, min, max) => {
        const set = new SortedSet(1, new Random(2));
        const model = new Map<string, number>();
        for (const { remove, score, member, options } of calls) {
          if (remove) expect(set.remove(member)).toBe(model.delete(member));
          else
            expect(set.add(score, member, options, limits)).toBe(
              added(model, member, score, options),
            );
          set.check();
          expect(set.score(member)).toBe(model.get(member) ?? NaN);
        }
        const pairs = sorted(model);
        expect(listed(set)).toEqual(pairs);
        expect(listed(set, true)).toEqual(pairs.toReversed());
        expect(listed(set.copy())).toEqual(pairs);
        expect(set.copy().encoding).toBe(set.encoding);
        expect(pairs.map(([name]) => set.rank(name))).toEqual(pairs.map((_, rank) => rank));
        for (const [minOpen, maxOpen] of [
          [false, false],
          [true, false],
          [false, true],
          [true, true],
        ]) {
          set.findScores({ min, minOpen, max, maxOpen });
          const inside = pairs.filter(
            ([, x]) => (minOpen ? x > min : x >= min) && (maxOpen ? x < max : x <= max),
          );
          expect(pairs.slice(set.from, set.to)).toEqual(inside);
        }
      }),
    );
  });

  test(`a ${title} set finds and removes ranges of names`, () => {
    const end = fc.record({
      end: fc.constantFrom(BEFORE_ALL, AT_A_NAME, AT_A_NAME, AT_A_NAME, BEHIND_ALL),
      name: member,
      open: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(member), end, end, fc.boolean(), (members, min, max, down) => {
        const set = new SortedSet(1, new Random(2));
        for (const name of members) set.add(0, name, 0, limits);
        const all = [...new Set(members)].sort();
        const range = new NameRange(min, max);
        const inside = all.filter((name) => range.reaches(name) && range.ends(name));
        set.findNames(range, down);
        expect(all.slice(set.from, set.to)).toEqual(inside);
        set.removeRanks(set.from, set.to);
        set.check();
        expect(listed(set).map(([name]) => name)).toEqual(
          all.filter((name) => !inside.includes(name)),
        );
      }),
    );
  });
}

test('a set becomes large with one member more than the limit, or one byte', () => {
  const set = new SortedSet(1, new Random(2));
  for (let i = 0; i < 128; i++) set.add(i, String(i), 0, SMALL);
  expect(set.encoding).toBe('listpack');
  set.add(0, '5', 0, SMALL);
  expect(set.encoding).toBe('listpack');
  set.add(0, 'one more', 0, SMALL);
  expect(set.encoding).toBe('skiplist');
  set.check();

  const other = new SortedSet(1, new Random(2));
  other.add(0, 'x'.repeat(64), 0, SMALL);
  expect(other.encoding).toBe('listpack');
  other.add(0, 'x'.repeat(65), 0, SMALL);
  expect(other.encoding).toBe('skiplist');
});

test('a small set knows no -0, a large one does', () => {
  const small = new SortedSet(1, new Random(2));
  small.add(-0, 'a', 0, SMALL);
  expect(Object.is(small.score('a'), 0)).toBe(true);
  const large = new SortedSet(1, new Random(2));
  large.add(-0, 'a', 0, LARGE);
  expect(Object.is(large.score('a'), -0)).toBe(true);
});
