// The list beside an array, operation by operation; which nodes it makes is compared with real
// Redis in test/commands/list-random.test.ts.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Sink } from '../../datatypes/bulk-row.ts';
import { List } from '../../datatypes/list.ts';

type Step = { readonly what: string; readonly a: number; readonly b: number; readonly x: string };

const element = fc.oneof(
  fc.constantFrom('x', 'y', 'z', '1', '-5'),
  fc.integer({ min: 0, max: 60 }).map((length) => 'e'.repeat(length)),
  fc.constant('l'.repeat(9000)),
);
const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(
    ...['pushHead', 'pushTail', 'pushTail', 'popHead', 'popTail', 'replace', 'insert'],
    ...['removeRange', 'removeEqual', 'shrink', 'copy', 'manyTail', 'manyHead'],
  ),
  a: fc.integer({ min: -12, max: 12 }),
  b: fc.integer({ min: -4, max: 4 }),
  x: element,
});

/** Does one step to both, and returns the list, which may be another then. */
function both(list: List, model: string[], { what, a, b, x }: Step, limit: number): List {
  switch (what) {
    case 'pushHead':
      list.grow(x.length, 1, limit, 0);
      list.pushHead(x, 0);
      model.unshift(x);
      break;
    case 'pushTail':
      list.grow(x.length, 1, limit, 0);
      list.pushTail(x, 0);
      model.push(x);
      break;
    case 'manyHead':
    case 'manyTail':
      for (let i = 0; i < 40; i++) {
        const each = `${x.slice(0, 20)}${i % 5}`;
        both(list, model, { what: what.replace('many', 'push'), a, b, x: each }, limit);
      }
      break;
    case 'popHead':
      if (list.size > 0) expect(list.popHead()).toBe(model.shift());
      break;
    case 'popTail':
      if (list.size > 0) expect(list.popTail()).toBe(model.pop());
      break;
    case 'replace': {
      list.grow(x.length, 1, limit, 0);
      const at = a < 0 ? model.length + a : a;
      const there = at >= 0 && at < model.length;
      expect(list.replace(a, x, 0)).toBe(there);
      if (there) model[at] = x;
      break;
    }
    case 'insert': {
      const pivot = model[Math.abs(a)] ?? 'nobody';
      const at = model.indexOf(pivot);
      list.grow(x.length, 1, limit, 0);
      expect(list.insert(pivot, x, b > 0, 0)).toBe(at >= 0);
      if (at >= 0) model.splice(b > 0 ? at + 1 : at, 0, x);
      break;
    }
    case 'removeRange':
      list.removeRange(Math.abs(a), Math.abs(b));
      model.splice(Math.abs(a), Math.abs(b));
      break;
    case 'removeEqual':
      expect(list.removeEqual(x, b)).toBe(removeEqual(model, x, b));
      break;
    case 'shrink':
      if (list.size > 0) list.shrink(limit);
      break;
    default:
      return list.copy();
  }
  return list;
}

function removeEqual(model: string[], x: string, count: number): number {
  let removed = 0;
  while (count === 0 || removed < Math.abs(count)) {
    const at = count < 0 ? model.lastIndexOf(x) : model.indexOf(x);
    if (at < 0) break;
    model.splice(at, 1);
    removed++;
  }
  return removed;
}

function placesOf(model: string[], x: string, fromTail: boolean, most: number): number[] {
  const all = model.map((each, index) => ({ each, index }));
  if (fromTail) all.reverse();
  return all
    .slice(0, most)
    .filter(({ each }) => each === x)
    .map(({ index }) => index);
}

function collected(take: (to: Sink) => void): string[] {
  const elements: string[] = [];
  const bulks = (spelt: Buffer, start: number, end: number, count: number) => {
    const before = elements.length;
    for (let at = start; at < end; ) {
      const line = spelt.indexOf('\r\n', at);
      expect(spelt[at]).toBe(0x24);
      at = line + 4 + Number(spelt.latin1Slice(at + 1, line));
      elements.push(spelt.latin1Slice(line + 2, at - 2));
      expect(spelt.latin1Slice(at - 2, at)).toBe('\r\n');
      expect(at).toBeLessThanOrEqual(end);
    }
    expect(elements.length - before).toBe(count);
  };
  take({ bulk: (each) => elements.push(each), bulks });
  return elements;
}

for (const limit of [-1, -2, 0, 1, 2, 3, 128]) {
  test(`does what an array does (limit ${limit})`, () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(20), (steps, from) => {
        let list = new List();
        const model: string[] = [];
        for (const each of steps) {
          list = both(list, model, each, limit);
          list.check();
          expect(list.size).toBe(model.length);
        }
        const { length } = model;
        expect(collected((to) => list.range(0, length, to))).toEqual(model);
        expect(collected((to) => list.rangeBack(length - 1, length, to))).toEqual(
          [...model].reverse(),
        );
        expect(list.at(from)).toBe(model[from]);
        expect(list.at(-1 - from)).toBe(model.at(-1 - from));
        expect(list.slice(from, 3)).toEqual(model.slice(from, from + 3));
        for (const x of ['x', '1', '']) {
          for (const fromTail of [false, true]) {
            const indexes: number[] = [];
            list.findEach(x, fromTail, from, (index) => indexes.push(index) < 0);
            expect(indexes).toEqual(placesOf(model, x, fromTail, from));
          }
        }
      }),
    );
  });
}

test('a queue of a million elements that passes through keeps no more than it holds', () => {
  const list = new List();
  for (let i = 0; i < 1_000_000; i++) {
    list.grow(1, 1, -2, 0);
    list.pushTail('x', 0);
    if (list.size > 10) list.popHead();
  }
  list.check();
  expect(list.head!.memory).toBeLessThan(1000);
  expect(list.encoding).toBe('listpack');
});

test('a quicklist keeps the limit that it was made with', () => {
  const list = new List();
  list.grow(0, 3, 2, 0);
  for (const each of ['a', 'b', 'c', 'd', 'e']) list.pushTail(each, 0);
  expect([list.encoding, list.nodes, list.limit]).toEqual(['quicklist', 3, 2]);
});
