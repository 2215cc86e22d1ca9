import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Roll } from '../../datatypes/roll.ts';

test('holds what a Map would, in the same order', () => {
  const come = fc.constant(null);
  const go = fc.nat(60); // A number that may be there, or has been, or will be.
  fc.assert(
    fc.property(fc.array(fc.oneof(come, go), { maxLength: 200 }), (steps) => {
      const roll = new Roll<string>();
      const model = new Map<number, string>();
      let next = 1;
      for (const step of steps) {
        if (step === null) {
          roll.add(next, `member ${next}`);
          model.set(next, `member ${next}`);
          next += 1 + (next % 3);
        } else {
          expect(roll.delete(step)).toBe(model.delete(step));
        }
        expect(roll.size).toBe(model.size);
        expect(roll.keys()).toEqual([...model.keys()]);
        expect([...roll.values()]).toEqual([...model.values()]);
      }
      for (let number = 0; number <= next; number++) {
        expect(roll.get(number)).toBe(model.get(number));
        expect(roll.has(number)).toBe(model.has(number));
      }
    }),
  );
});

test('any member may go while they are gone through', () => {
  const roll = new Roll<number>();
  for (let i = 0; i < 10; i++) roll.add(i, i);
  const seen: number[] = [];
  for (const member of roll.values()) {
    seen.push(member);
    roll.delete(member);
    roll.delete(member + 1);
  }
  expect(seen).toEqual([0, 2, 4, 6, 8]);
  expect(roll.size).toBe(0);
});

test('who has gone does not survive a small collection', () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as (options?: { type: 'minor' }) => void;
  const roll = new Roll<unknown>();
  const rounds = 20_000;
  let next = 0;
  const come = () => roll.add(next++, new Array(100).fill(0)); // 0.8 KB.
  for (let i = 0; i < 20; i++) come();
  gc(); // What is there now is old from here on.
  gc();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < rounds; i++) {
    come();
    roll.delete(next - 10);
  }
  gc({ type: 'minor' });
  gc({ type: 'minor' });
  // Of a Map, megabytes more are left here.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(rounds * 100);
});
