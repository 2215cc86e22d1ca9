import { openBit } from '../../lua/bit.ts';
import { Runtime } from '../../lua/runtime.ts';
import { LuaFunction, type Value } from '../../lua/value.ts';
import type { Chance } from '../protocol/real.ts';
import { type Case, duel, plain, sameEntries, withReal } from './library-duel.ts';

const library = openBit(new Runtime());
const NAMES = [
  ...['tobit', 'bnot', 'band', 'bor', 'bxor', 'lshift', 'rshift', 'arshift', 'rol', 'ror'],
  ...['bswap', 'tohex'],
];
const EDGES = [0, -0, 0.5, 1.5, 2.5, -0.5, -1.5, 1, -1, 8, -8, 9, -9, 31, 32, 33, -31, -32, -33];
const WRONG: Value[] = [undefined, true, 'x', '', '0x10', ' 7 ', '1e3', '-2.5'];

/** A number at which something might happen. */
function number(chance: Chance): number {
  switch (chance.below(6)) {
    case 0:
      return chance.one(EDGES);
    case 1:
      return (chance.below(2) * 2 - 1) * (2 ** chance.below(70) + chance.below(3) - 1);
    case 2:
      return chance.below(2 ** 32) - 2 ** 31 + chance.one([0, 0, 0.25, 0.5, 0.75]);
    case 3:
      return chance.below(40) - 20;
    case 4:
      return (chance.next() - 0.5) * 2 ** chance.below(60);
    default:
      return chance.double();
  }
}

function call(c: Case): void {
  const { chance } = c;
  const name = chance.one(NAMES);
  const count = chance.below(8) === 0 ? chance.below(6) : name === 'bnot' ? 1 : 2;
  const args = Array.from({ length: count }, () => {
    if (chance.below(15) > 0) return plain(number(chance));
    if (chance.below(6) === 0) return c.table([]);
    return plain(chance.below(9) === 0 ? new LuaFunction('', null, null) : chance.one(WRONG));
  });
  c.call(library, 'bit', name, args, true);
}

await withReal('bit beside real Redis', [], (ask) => {
  sameEntries(ask, 'bit', openBit);
  duel(ask, 'all functions with all kinds of numbers', call);
});
