// The skip list is played against the dullest model that could be right: an array, sorted after
// every change.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Dict } from '../../datatypes/dict.ts';
import { SkipList } from '../../datatypes/skip-list.ts';

type Step = { what: 'add' | 'move' | 'remove'; score: number; member: string };

// Few scores and members, so that ties and repeats are common.
const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom('add' as const, 'add' as const, 'move' as const, 'remove' as const),
  score: fc.constantFrom(-Infinity, -1, 0, -0, 0.5, 1, 2, 3, Infinity),
  member: fc.stringMatching(/^[a-h]{0,2}$/),
});

// Levels of every height, the same for the same seed.
function chance(seed: number): { next: () => number } {
  let state = seed;
  return {
    next: () => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return ((state >>> 8) % 1000) / 1000;
    },
  };
}

type Pair = { node: number; score: number; member: string };

function byScore(a: Omit<Pair, 'node'>, b: Omit<Pair, 'node'>): number {
  return a.score === b.score ? (a.member < b.member ? -1 : 1) : a.score - b.score;
}

test('a skip list agrees with a sorted array', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.nat(), (steps, seed) => {
      const list = new SkipList(new Dict<number>(1), chance(seed));
      const model: Pair[] = [];
      for (const { what, score, member } of steps) {
        const at = model.findIndex((pair) => pair.member === member);
        if (at < 0) {
          if (what === 'add') model.push({ node: list.insert(score, member), score, member });
        } else if (what === 'remove') {
          list.remove(model.splice(at, 1)[0].node);
        } else if (what === 'move') {
          list.move(model[at].node, score);
          model[at].score = score;
        }
        model.sort(byScore);
        list.check();
        expect(list.length).toBe(model.length);
        expect(list.first).toBe(model[0]?.node ?? 0);
        expect(list.last).toBe(model.at(-1)?.node ?? 0);
        const below = model.filter((pair) => pair.score < score).length;
        const upTo = model.filter((pair) => pair.score <= score).length;
        expect(list.countBelow(score, false)).toBe(below);
        expect(list.countBelow(score, true)).toBe(upTo);
        const rank = model.filter((pair) => byScore(pair, { score, member }) < 0).length;
        if (at < 0 && what !== 'add') expect(list.rank(score, member)).toBe(rank);
      }
      for (const [rank, { node, score, member }] of model.entries()) {
        expect(list.at(rank)).toBe(node);
        expect(list.rank(score, member)).toBe(rank);
        expect(list.score(node)).toBe(score);
        expect(list.member(node)).toBe(member);
      }
      expect(list.at(-1)).toBe(0);
      expect(list.at(model.length)).toBe(0);
    }),
  );
});

test('where all scores are equal, members are counted by their bytes', () => {
  const list = new SkipList(new Dict<number>(1), chance(1));
  for (const member of ['b', 'a', '\xff', 'aa', '']) list.insert(0, member);
  expect(list.countBefore('a', false)).toBe(1);
  expect(list.countBefore('a', true)).toBe(2);
  expect(list.countBefore('ab', true)).toBe(3);
  expect(list.countBefore('\xff', false)).toBe(4);
  expect(list.countBefore('\xff', true)).toBe(5);
});

test('a hundred thousand members are all in their places', () => {
  const list = new SkipList(new Dict<number>(1), chance(7));
  for (let i = 0; i < 100_000; i++) list.insert(Math.imul(i, 2654435761) % 1000, String(i));
  list.check();
  expect(list.length).toBe(100_000);
});
