// The math library beside real Redis's.

import { expect, test } from 'vitest';
import { openMath } from '../../lua/lib-math.ts';
import { formatGeneral } from '../../lua/numbers.ts';
import { ScriptRandom } from '../../lua/random.ts';
import { Runtime } from '../../lua/runtime.ts';
import type { Value } from '../../lua/value.ts';
import { Chance, withReal } from '../protocol/real.ts';
import {
  type Call,
  type Difference,
  differences,
  type Given,
  outcome,
  spell,
} from './beside-real.ts';

const SEED = Number(process.env.LUA_SEED ?? 1);
const CALLS = Number(process.env.LUA_CALLS ?? 2000);

const EXACT = ['abs', 'ceil', 'floor', 'frexp', 'modf', 'sqrt', 'deg', 'rad', 'mod', 'fmod'];
const ROUNDED = [
  ...['acos', 'asin', 'atan', 'cos', 'cosh', 'exp', 'log', 'log10', 'sin', 'sinh', 'tan', 'tanh'],
];
const NUMBERS = [
  ...[0, -0, 1, -1, 0.5, -0.5, 2, 10, 100, 1000, 0.1, Math.PI, Math.E, 1e15, 2 ** 53, 2 ** 31],
  ...[2 ** 1023, 5e-324, -5e-324, 2.5e-308, 1e300, -1e300, Infinity, -Infinity, 1e22, 720, -745],
];

class Drawn extends Chance {
  given(): Given {
    if (this.below(30) === 0) return this.one<Given>([undefined, true, '', 'a', '0x10', ' 3 ']);
    return this.number();
  }

  number(): number {
    switch (this.below(4)) {
      case 0:
        return this.one(NUMBERS);
      case 1:
        return this.below(200) - 100;
      case 2:
        return (this.next() - 0.5) * 10 ** this.below(6);
      default:
        return this.double();
    }
  }
}

function draw(chance: Drawn): Call {
  const kind = chance.below(10);
  if (kind === 0) {
    const args = Array.from({ length: chance.below(5) }, () => chance.given());
    return { name: chance.one(['math.max', 'math.min']), args };
  }
  if (kind === 1) return { name: 'math.ldexp', args: [chance.given(), chance.below(4400) - 2200] };
  if (kind === 2)
    return { name: chance.one(['math.pow', 'math.atan2']), args: [chance.given(), chance.given()] };
  const name = chance.one(kind < 6 ? ROUNDED : EXACT);
  const wanted = name.endsWith('mod') ? 2 : 1;
  const some = chance.below(20) === 0 ? chance.below(3) : wanted;
  return { name: `math.${name}`, args: Array.from({ length: some }, () => chance.given()) };
}

/** Whether two results are neighbours: neither the C library nor V8 always has the nearest one. */
function isClose({ call, ours, real }: Difference): boolean {
  if (ours === String(real).replace(/ nan/g, ' -nan')) return true; // JavaScript has one NaN.
  if (EXACT.some((name) => call.startsWith(`try(math.${name},`))) return false;
  const [mine, theirs] = [ours, String(real)].map((shown) => Number(shown.replace('true ', '')));
  return Math.abs(mine - theirs) <= Math.abs(mine) * 2 ** -51;
}

await withReal('the math library beside real Redis', [], (ask) => {
  test('returns the same, and fails with the same message', async () => {
    const chance = new Drawn(SEED);
    const calls = Array.from({ length: CALLS }, () => draw(chance));
    const libraries = () => ({ math: openMath(new ScriptRandom()) });
    const found = await differences(ask, libraries, calls);
    expect(found.filter((difference) => !isClose(difference))).toEqual([]);
  }, 600_000);

  test('draws the same random numbers from the same seed', async () => {
    const chance = new Drawn(SEED);
    const calls: Call[] = [];
    for (let i = 0; i < 1000; i++) {
      const args: Given[][] = [[], [chance.below(9)], [chance.below(9) - 4, chance.below(9)]];
      const large: Given[] = [-(2 ** 31), 2 ** 31 - 1, 1.5, 2 ** 40, '7'];
      args.push([chance.one(large)], [chance.one(large), chance.one(large)], [1, 2, 3]);
      if (i % 50 === 49) calls.push({ name: 'math.randomseed', args: [chance.one(large)] });
      calls.push({ name: 'math.random', args: chance.one(args) });
    }
    const lines = calls.map((call) => {
      return `out[#out + 1] = show(pcall(${[call.name, ...call.args.map(spell)].join(', ')}))`;
    });
    const random = new ScriptRandom();
    const runtime = new Runtime();
    const library = openMath(random);
    const ours = calls.map((call) => {
      const [fine, value] = outcome(runtime, library.get(call.name.slice(5)), call.args as Value[]);
      return fine && value !== undefined ? formatGeneral(value as number, 17) : String(value);
    });
    const show = `local function show(fine, v)
      if fine and v then return string.format('%.17g', v) end
      return v == nil and 'undefined' or v
    end local out = {} `;
    const [real] = await ask([['EVAL', `${show}${lines.join('\n')} return out`, '0']]);
    expect(ours).toEqual(real);
  });
});
