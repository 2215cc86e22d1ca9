// The list of pending entries is played against the dullest model: a sorted array.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Pending, PendingList } from '../../datatypes/pending.ts';
import { makeId } from '../../datatypes/stream-id.ts';

// Runs of changes, so that blocks fill up, are cut in two, empty and join again.
type Step = { what: 'append' | 'add' | 'remove' | 'take first'; from: number; count: number };

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom('append', 'add', 'remove', 'take first'),
  from: fc.nat({ max: 600 }),
  count: fc.nat({ max: 200 }),
});

class Model {
  readonly list = new PendingList<string>();
  ids: string[] = [];

  add(id: string): void {
    if (this.ids.includes(id)) return;
    this.list.add(new Pending(id, 'me', 0, 1));
    this.ids.push(id);
    this.ids.sort();
  }

  remove(id: string): void {
    const there = this.ids.includes(id);
    expect(this.list.remove(id)?.id).toBe(there ? id : undefined);
    this.ids = this.ids.filter((each) => each !== id);
  }

  play({ what, from, count }: Step): void {
    for (let i = 0; i < count; i++) {
      // The same ID is met again from time to time; even ones and odd ones in turn. Some differ
      // by their milliseconds, some by low sequence numbers, some by high ones.
      const n = (from * 7 + i * 2) % 1000;
      const id = n % 3 === 0 ? makeId(n, 1) : makeId(1, n % 3 === 1 ? n : n * 1e6);
      if (what === 'append') this.add(makeId(2000, this.ids.length + i));
      else if (what === 'add') this.add(id);
      else if (what === 'remove') this.remove(id);
      else if (this.ids.length > 0) this.remove(this.ids[0]);
    }
  }

  compare(from: string): void {
    const { list, ids } = this;
    list.check();
    expect(list.size).toBe(ids.length);
    expect(list.first?.id).toBe(ids[0]);
    expect(list.last?.id).toBe(ids.at(-1));
    expect(list.find(from)?.id).toBe(ids.includes(from) ? from : undefined);
    const walked: string[] = [];
    list.seek(from);
    for (let entry = list.next(); entry !== undefined; entry = list.next()) walked.push(entry.id);
    expect(list.next()).toBe(undefined);
    expect(walked).toEqual(ids.filter((id) => id >= from));
  }
}

test('a list of pending entries agrees with a sorted array', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const model = new Model();
      for (const one of steps) {
        model.play(one);
        model.compare(makeId(1, one.from));
      }
      model.compare('');
    }),
    { numRuns: 60 },
  );
});

test('entries that come in order fill their blocks, and go from the front', () => {
  const list = new PendingList<string>();
  for (let i = 0; i < 100_000; i++) list.add(new Pending(makeId(i, 0), 'me', 0, 1));
  list.check();
  expect(list.memory(false)).toBeLessThan(100_000 * 10);
  for (let i = 0; i < 99_999; i++) expect(list.remove(makeId(i, 0))).toBeDefined();
  list.check();
  expect(list.first?.id).toBe(makeId(99_999, 0));
});

test('a list out of which most entries went from everywhere keeps few blocks', () => {
  const list = new PendingList<string>();
  for (let i = 0; i < 10_000; i++) list.add(new Pending(makeId(i, 0), 'me', 0, 1));
  for (let i = 0; i < 10_000; i++) if (i % 100 !== 0) list.remove(makeId(i, 0));
  list.check();
  expect(list.size).toBe(100);
  expect(list.memory(false)).toBeLessThan(3000);
});
