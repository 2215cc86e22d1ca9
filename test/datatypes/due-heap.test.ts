import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DueHeap } from '../../datatypes/due-heap.ts';

type Entry = { time: number; key: string; field: string | null; owner: number };

function entryAt(heap: DueHeap<number>, i: number): Entry {
  const [time, key] = [heap.timeAt(i), heap.keyAt(i)];
  return { time, key, field: heap.fieldAt(i), owner: heap.ownerAt(i) };
}

function take(entries: Entry[], entry: Entry): void {
  const at = entries.findIndex((each) => JSON.stringify(each) === JSON.stringify(entry));
  expect(at).toBeGreaterThanOrEqual(0);
  entries.splice(at, 1);
}

test('holds what an unsorted list would, and the soonest of it at the top', () => {
  const add = fc.record({
    // Few times, so that many are the same.
    time: fc.integer({ min: 0, max: 20 }),
    key: fc.string({ maxLength: 2 }),
    field: fc.option(fc.string({ maxLength: 2 })),
    owner: fc.nat(3),
  });
  const remove = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.array(fc.oneof(add, remove), { maxLength: 200 }), (steps) => {
      const heap = new DueHeap<number>();
      const model: Entry[] = [];
      for (const step of steps) {
        if (typeof step !== 'number') {
          heap.add(step.time, step.key, step.field, step.owner);
          model.push(step);
        } else if (model.length > 0) {
          const at = Math.floor(step * model.length);
          take(model, entryAt(heap, at));
          heap.removeAt(at);
        }
        heap.check();
        expect(heap.size).toBe(model.length);
        if (model.length > 0) expect(heap.timeAt(0)).toBe(Math.min(...model.map((e) => e.time)));
      }
    }),
  );
});

test('gives everything back in the order of its time, across pages', () => {
  const heap = new DueHeap<null>();
  const count = 50_000;
  for (let i = 0; i < count; i++) heap.add((i * 7919) % count, `k${i}`, null, null);
  heap.check();
  for (let i = 0; i < count; i++) {
    expect(heap.timeAt(0)).toBe(i);
    heap.removeAt(0);
  }
  expect(heap.size).toBe(0);
  heap.check();
});

test('can be emptied at once, and filled again', () => {
  const heap = new DueHeap<null>();
  for (let i = 0; i < 20_000; i++) heap.add(i, 'k', null, null);
  heap.clear();
  heap.check();
  heap.add(3, 'three', 'field', null);
  expect([heap.size, heap.keyAt(0), heap.fieldAt(0)]).toEqual([1, 'three', 'field']);
});
