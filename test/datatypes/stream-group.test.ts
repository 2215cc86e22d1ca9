import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Consumer, Group, NEVER, UNKNOWN } from '../../datatypes/stream-group.ts';
import { MIN_ID, makeId } from '../../datatypes/stream-id.ts';

const NAMES = ['ada', 'bob', 'cyd'];

type Step = { what: 'deliver' | 'acknowledge' | 'give' | 'leave'; seq: number; name: string };

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom('deliver', 'deliver', 'acknowledge', 'give', 'leave'),
  seq: fc.nat({ max: 40 }),
  name: fc.constantFrom(...NAMES),
});

/** Who has what pending, with how often it was delivered. */
type Model = Map<string, { name: string; deliveries: number }>;

function play(group: Group, model: Model, { what, seq, name }: Step): void {
  const id = makeId(1, seq);
  const consumer = group.consumers.get(name) ?? group.addConsumer(name, 5);
  switch (what) {
    case 'deliver':
      group.deliver(id, consumer, 7);
      model.set(id, { name, deliveries: 1 });
      return;
    case 'acknowledge':
      expect(group.acknowledge(id)).toBe(model.delete(id));
      return;
    case 'give': {
      const entry = group.pending.find(id);
      if (entry === undefined) return;
      group.give(entry, consumer);
      entry.deliveries = Number(entry.deliveries) + 1;
      model.set(id, { name, deliveries: model.get(id)!.deliveries + 1 });
      return;
    }
    case 'leave':
      group.removeConsumer(consumer);
      for (const [each, entry] of model) if (entry.name === name) model.delete(each);
  }
}

function contents(group: Group): Model {
  const found: Model = new Map();
  group.pending.seek(MIN_ID);
  for (let entry = group.pending.next(); entry !== undefined; entry = group.pending.next()) {
    found.set(entry.id, { name: entry.owner.name, deliveries: Number(entry.deliveries) });
  }
  return found;
}

test('what is pending is in the list of its group and in that of one consumer', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
      const group = new Group('workers', MIN_ID, 0);
      const model: Model = new Map();
      for (const one of steps) {
        play(group, model, one);
        group.check();
      }
      expect(contents(group)).toEqual(new Map([...model].sort()));
      const copy = group.copy();
      copy.check();
      expect(contents(copy)).toEqual(contents(group));
      expect([...copy.consumers.keys()]).toEqual([...group.consumers.keys()]);
    }),
  );
});

test('a copy of a group has a life of its own', () => {
  const group = new Group('workers', makeId(3, 0), UNKNOWN);
  const ada: Consumer = group.addConsumer('ada', 10);
  expect(ada.activeMs).toBe(NEVER);
  ada.activeMs = 20;
  group.deliver(makeId(1, 0), ada, 30).deliveries = 5;
  const copy = group.copy();
  expect(copy.lastId).toBe(makeId(3, 0));
  expect(copy.entriesRead).toBe(UNKNOWN);
  expect(copy.consumers.get('ada')).toMatchObject({ seenMs: 10, activeMs: 20 });
  expect(copy.pending.first).toMatchObject({ deliveredMs: 30, deliveries: 5 });
  expect(copy.acknowledge(makeId(1, 0))).toBe(true);
  expect(group.pending.size).toBe(1);
  expect(ada.pending.size).toBe(1);
});

test('consumers are listed in the order of the bytes of their names', () => {
  const group = new Group('workers', MIN_ID, 0);
  for (const name of ['b', '\xff', 'aa', 'a', '', 'B']) group.addConsumer(name, 0);
  const names = group.consumersInOrder().map(({ name }) => name);
  expect(names).toEqual(['', 'B', 'a', 'aa', 'b', '\xff']);
});
