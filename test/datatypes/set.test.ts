// Sets are played against JavaScript's own, and what chance draws is counted.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareIntegers, isInteger } from '../../datatypes/intset.ts';
import { MemberSet, type SetLimits } from '../../datatypes/set.ts';
import { isInt64 } from '../../protocol/numbers.ts';
import { Random } from '../../server/clock.ts';

const LIMITS: SetLimits = {
  'set-max-intset-entries': 8,
  'set-max-listpack-entries': 6,
  'set-max-listpack-value': 4,
};

const numbers = fc.oneof(
  fc.integer({ min: -9, max: 9 }).map(String),
  fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }).map(String),
  fc.constantFrom('9223372036854775807', '-9223372036854775808'),
);
const others = fc.oneof(
  fc.constantFrom('', '-', '-0', '+1', '01', '9223372036854775808', '-9223372036854775809'),
  fc.string({ unit: 'binary-ascii', maxLength: 6 }),
);
const members = fc.oneof(numbers, others);

type Step = { readonly adds: boolean; readonly member: string };
const steps = fc.array(fc.record({ adds: fc.boolean(), member: members }), { maxLength: 40 });

function listed(set: MemberSet): string[] {
  return Array.from({ length: set.size }, (_, i) => set.at(i));
}

function filled(from: readonly string[], limits: SetLimits): MemberSet {
  const set = MemberSet.of(from[0], 1, limits, 1);
  for (const member of from) set.add(member, limits);
  return set;
}

describe('an integer', () => {
  test('is told from other byte strings as everywhere else', () => {
    fc.assert(fc.property(members, (text) => isInteger(text) === isInt64(text)));
  });

  test('comes before those that are larger', () => {
    const sign = (n: bigint) => (n > 0n ? 1 : n < 0n ? -1 : 0);
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        expect(Math.sign(compareIntegers(a, b))).toBe(sign(BigInt(a) - BigInt(b)));
      }),
    );
  });
});

describe('a set', () => {
  test('holds what a Set holds, whatever its encoding', () => {
    fc.assert(
      fc.property(members, steps, (first: string, taken: Step[]) => {
        const set = MemberSet.of(first, 1, LIMITS, 1);
        const model = new Set<string>();
        for (const { adds, member } of taken) {
          if (adds) expect(set.add(member, LIMITS)).toBe(!model.has(member));
          else expect(set.remove(member)).toBe(model.has(member));
          if (adds) model.add(member);
          else model.delete(member);
          set.check();
          expect(set.has(member)).toBe(adds);
        }
        expect(listed(set).sort()).toEqual([...model].sort());
        const copy = set.copy();
        copy.check();
        expect(copy.encoding).toBe(set.encoding);
        expect(listed(copy)).toEqual(listed(set));
      }),
    );
  });

  test('of integers has them in ascending order, a short one in the order of coming', () => {
    const set = filled(['10', '-3', '9', '-20'], LIMITS);
    expect([set.encoding, ...listed(set)]).toEqual(['intset', '-20', '-3', '9', '10']);
    set.add('x', LIMITS);
    set.add('0', LIMITS);
    expect([set.encoding, ...listed(set)]).toEqual(['listpack', '-20', '-3', '9', '10', 'x', '0']);
    set.add('y', LIMITS);
    expect(set.encoding).toBe('hashtable');
  });

  test('is a hashtable from one integer, or one long member, too many', () => {
    const integers = filled(['1', '2', '3', '4', '5', '6', '7', '8'], LIMITS);
    expect(integers.encoding).toBe('intset');
    integers.add('9', LIMITS);
    expect(integers.encoding).toBe('hashtable');
    expect(filled(['1', '12345', 'x'], LIMITS).encoding).toBe('hashtable');
    expect(filled(['x', '12345'], LIMITS).encoding).toBe('hashtable');
    expect(filled(['x', '1234'], LIMITS).encoding).toBe('listpack');
  });

  test('returns what it pops, and keeps the rest', () => {
    const limits = { ...LIMITS, 'set-max-listpack-entries': 20 };
    for (const size of [2, 6, 8, 15, 60, 200]) {
      for (const word of ['', 'x']) {
        const all = Array.from({ length: size }, (_, i) => word + i);
        for (const count of [1, size >> 1, size - 2, size - 1]) {
          const set = filled(all, limits);
          const popped = set.pop(count, new Random(size), limits);
          set.check();
          expect(popped).toHaveLength(count);
          expect([...popped, ...listed(set)].sort()).toEqual([...all].sort());
        }
      }
    }
  });

  test('is a small one again when nearly all of a hashtable is popped', () => {
    const set = filled(
      Array.from({ length: 100 }, (_, i) => String(i)),
      LIMITS,
    );
    set.pop(50, new Random(1), LIMITS);
    expect(set.encoding).toBe('hashtable');
    set.pop(45, new Random(1), LIMITS);
    expect(set.encoding).toBe('listpack');
  });
});

describe('chance', () => {
  const DRAWS = 20_000;
  // The chi-square value of 19 degrees of freedom that one fair sample in 1000 exceeds.
  const UNFAIR = 43.82;

  function unfairness(draw: () => readonly string[], each: number): number {
    const counts = new Map<string, number>();
    let drawn = 0;
    for (let n = 0; n < DRAWS; n++) {
      for (const member of draw()) {
        counts.set(member, (counts.get(member) ?? 0) + 1);
        drawn++;
      }
    }
    expect(drawn).toBe(DRAWS * each);
    const expected = drawn / 20;
    let sum = 0;
    for (let i = 0; i < 20; i++) sum += ((counts.get(`${i}`) ?? 0) - expected) ** 2 / expected;
    return sum;
  }

  const all = Array.from({ length: 20 }, (_, i) => String(i));
  const roomy = { ...LIMITS, 'set-max-listpack-entries': 100, 'set-max-listpack-value': 64 };
  const sets = {
    intset: filled(all, { ...roomy, 'set-max-intset-entries': 100 }),
    listpack: filled(['x', ...all], roomy),
    hashtable: filled(['x', ...all], LIMITS),
  };
  sets.listpack.remove('x');
  sets.hashtable.remove('x');

  for (const [encoding, set] of Object.entries(sets)) {
    const random = new Random(7);
    test(`draws every member of a ${encoding} as often as the others`, () => {
      expect(set.encoding).toBe(encoding);
      for (const count of [1, 3, 10, 19]) {
        expect(unfairness(() => set.sample(count, random), count)).toBeLessThan(UNFAIR);
      }
    });

    test(`pops every member of a ${encoding} as often as the others`, () => {
      for (const count of [1, 10, 19]) {
        const pop = () => set.copy().pop(count, random, LIMITS);
        expect(unfairness(pop, count)).toBeLessThan(UNFAIR);
      }
    });
  }
});
