// The order in which pairs() goes through a table depends on all that was done to it: keys that
// came and went, in which order, with which hash. Random histories, here and in real Redis.

import { expect, test } from 'vitest';
import { LuaTable } from '../../lua/table.ts';
import type { Value } from '../../lua/value.ts';
import type { Chance } from '../protocol/real.ts';
import { type Case, duel, plain, type Spelled, withReal } from './library-duel.ts';

const WORDS = ['a', 'b', 'id', 'name', 'value', 'x1', 'x2', 'key', 'opts', 'data', '', '\0', 'é'];

/** Keys of one kind or of several, few or many, so that some meet again. */
function keysOf(chance: Chance): () => Value {
  const kinds = [
    () => chance.one(WORDS),
    () => `field${chance.below(60)}`,
    () => chance.text(chance.below(80), 'abcdefgh'),
    () => 1 + chance.below(20),
    () => 1 + chance.below(200),
    () => chance.below(10) - 5,
    () => chance.below(1000) / 8,
    () => 2 ** chance.below(60) * chance.one([1, -1, 1.5]),
    () => chance.one([true, false]),
    () => chance.double() || 0, // Not NaN.
  ];
  const chosen = Array.from({ length: 1 + chance.below(3) }, () => chance.one(kinds));
  return () => chance.one(chosen)();
}

function history(c: Case): void {
  const { chance } = c;
  const key = keysOf(chance);
  const steps = chance.below(chance.below(4) === 0 ? 150 : 25);
  const seen: Value[] = [];
  const entries: [Spelled, Spelled][] = [];
  const nils = chance.below(3);
  for (let i = 0; i < steps; i++) {
    const again = seen.length > 0 && chance.below(4) === 0;
    const one = again ? chance.one(seen) : key();
    seen.push(one);
    const gone = nils > 0 && chance.below(again ? 2 : 8) === 0;
    entries.push([plain(one), plain(gone ? undefined : i)]);
  }
  c.look(c.table(entries));
}

await withReal('tables beside real Redis', [], (ask) => {
  duel(ask, 'pairs() and # after random insertions and removals', history);
});

test('a key without a value is passed over', () => {
  const table = new LuaTable();
  table.set('a', 1);
  table.set('a', undefined);
  expect(table.nextPlace(0)).toBe(0);
});
