import { expect, test } from 'vitest';
import { Ration } from '../../server/ration.ts';

function ration(most: () => number) {
  const turns: (() => void)[] = [];
  const had: number[] = [];
  const rationed = new Ration<number>(
    (run) => turns.push(run),
    most,
    (one) => had.push(one),
  );
  const turn = () => {
    for (const run of turns.splice(0)) run();
    return had.splice(0);
  };
  return { rationed, had, turn, isOver: () => turns.length === 0 };
}

test('so many are dealt with in each turn, in the order of their coming', () => {
  const { rationed, had, turn, isOver } = ration(() => 3);
  for (let i = 0; i < 7; i++) rationed.add(i);
  expect(had.splice(0)).toEqual([0, 1, 2]);
  expect(turn()).toEqual([3, 4, 5]);
  rationed.add(7); // Not before 6, though there is room for more in this turn.
  expect(turn()).toEqual([6, 7]);
  expect(turn()).toEqual([]);
  expect(isOver()).toBe(true);
});

test('what comes in a later turn is dealt with at once', () => {
  const { rationed, had, turn } = ration(() => 2);
  for (let i = 0; i < 5; i++) {
    rationed.add(i);
    expect(had.splice(0)).toEqual([i]);
    turn();
  }
});

test('how many they are may change', () => {
  let most = 1;
  const { rationed, had, turn } = ration(() => most);
  for (let i = 0; i < 5; i++) rationed.add(i);
  expect(had.splice(0)).toEqual([0]);
  most = 3;
  expect(turn()).toEqual([1, 2, 3]);
});

test('those who still wait are handed back', () => {
  const { rationed, turn } = ration(() => 2);
  for (let i = 0; i < 5; i++) rationed.add(i);
  expect(rationed.end()).toEqual([2, 3, 4]);
  expect(turn()).toEqual([0, 1]); // Before, that was; and now nothing more.
});
