// The dictionary is played against a Map, and its own invariants are checked on the way.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Dict } from '../../datatypes/dict.ts';

const seeds = fc.integer();
// Few keys, so that they come back, with bytes of all kinds and the empty key among them.
const names = fc.oneof(
  fc.constantFrom('', '\0', '\xff', 'a', 'b', 'aa', 'ab', 'key:1', 'key:2'),
  fc.string({ unit: 'binary-ascii', maxLength: 3 }),
  fc.nat({ max: 40 }).map((n) => `k${n}`),
);

type Step =
  | { readonly does: 'set'; readonly key: string; readonly value: number }
  | { readonly does: 'delete'; readonly key: string }
  | { readonly does: 'removeAt'; readonly fraction: number };

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ does: fc.constant('set'), key: names, value: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('delete'), key: names }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('removeAt'), fraction: fc.nat(999) }) },
) as fc.Arbitrary<Step>;

function play(dict: Dict<number>, model: Map<string, number>, step: Step): void {
  switch (step.does) {
    case 'set':
      same(dict.set(step.key, step.value), !model.has(step.key));
      model.set(step.key, step.value);
      break;
    case 'delete':
      same(dict.delete(step.key), model.delete(step.key));
      break;
    case 'removeAt': {
      if (dict.size === 0) return;
      const i = Math.floor((step.fraction / 1000) * dict.size);
      model.delete(dict.keyAt(i));
      dict.removeAt(i);
    }
  }
}

function expectSame(dict: Dict<number>, model: Map<string, number>): void {
  dict.check();
  same(dict.size, model.size);
  for (const [key, value] of model) {
    const i = dict.find(key);
    same(dict.keyAt(i), key);
    same(dict.valueAt(i), value);
  }
}

// expect() takes microseconds, and there are some hundred thousand comparisons.
function same(one: unknown, other: unknown): void {
  if (one !== other) expect(one).toBe(other);
}

test('agrees with a Map after every step', () => {
  fc.assert(
    fc.property(seeds, fc.array(steps, { maxLength: 120 }), names, (seed, all, absent) => {
      const dict = new Dict<number>(seed);
      const model = new Map<string, number>();
      for (const step of all) {
        play(dict, model, step);
        expectSame(dict, model);
        expect(dict.get(absent)).toBe(model.get(absent));
        expect(dict.has(absent)).toBe(model.has(absent));
      }
    }),
    { numRuns: 200 },
  );
});

describe('with so many keys that segments split and the directory doubles', () => {
  // More than 3072 entries fill a segment of 4096 slots.
  test.each([1, 2, 3])('agrees with a Map while it grows and shrinks (seed %i)', (seed) => {
    const dict = new Dict<number>(seed);
    const model = new Map<string, number>();
    let state = seed;
    const below = (n: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return (state >>> 8) % n;
    };
    // Up to 30,000 keys, down to a few, and up again.
    for (const [count, sets] of [
      [40_000, 9],
      [60_000, 1],
      [40_000, 9],
    ]) {
      for (let step = 0; step < count; step++) {
        const key = `key:${below(30_000)}`;
        const set = below(10) < sets;
        play(dict, model, set ? { does: 'set', key, value: step } : { does: 'delete', key });
        if (step % 10_000 === 0) expectSame(dict, model);
      }
      expectSame(dict, model);
      expect(dict.get('key:30000')).toBe(undefined);
    }
    expect(model.size).toBeGreaterThan(15_000);
    expect(dict.slots).toBeGreaterThan(model.size);
  });

  test('check() notices an entry in the wrong place', () => {
    const dict = new Dict<number>(1);
    for (let i = 0; i < 5000; i++) dict.add(`key:${i}`, i);
    dict.check();
    const { entries } = dict as unknown as { entries: unknown[] };
    [entries[20], entries[8000]] = [entries[8000], entries[20]];
    expect(() => dict.check()).toThrow();
  });
});

test('a removal puts the last entry, and no other, into the hole', () => {
  fc.assert(
    fc.property(seeds, fc.uniqueArray(names, { minLength: 1 }), fc.nat(), (seed, keys, at) => {
      const dict = new Dict<number>(seed);
      keys.forEach((key, i) => {
        expect(dict.add(key, i)).toBe(i);
      });
      const i = at % keys.length;
      dict.removeAt(i);
      const expected = keys.slice(0, -1);
      if (i < expected.length) expected[i] = keys[keys.length - 1];
      expect(keysOf(dict)).toEqual(expected);
      dict.check();
    }),
  );
});

test('keys that differ in one byte only are different keys', () => {
  const dict = new Dict<number>(7);
  for (let byte = 0; byte < 256; byte++) dict.add(`a${String.fromCharCode(byte)}z`, byte);
  dict.check();
  for (let byte = 0; byte < 256; byte++) {
    expect(dict.get(`a${String.fromCharCode(byte)}z`)).toBe(byte);
  }
});

test('the seed decides where keys go', () => {
  const order = (seed: number): string => {
    const dict = new Dict<number>(seed);
    for (let i = 0; i < 64; i++) dict.add(`k${i}`, i);
    return JSON.stringify(dict);
  };
  expect(order(1)).toBe(order(1));
  expect(order(1)).not.toBe(order(2).replace('"seed":2', '"seed":1'));
});

function keysOf(dict: Dict<unknown>): string[] {
  return Array.from({ length: dict.size }, (_, i) => dict.keyAt(i));
}
