// SORT drawn by chance, against real Redis 8.0.2. DUEL_CALLS=100000 plays more calls,
// DUEL_SEED=7 others.

import { describe, test } from 'vitest';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { Chance } from '../protocol/real.ts';
import { type Call, Duel } from './string-duel.ts';

const CALLS = Number(process.env['DUEL_CALLS'] ?? 4000);
const SEED = Number(process.env['DUEL_SEED'] ?? 1);
const BOUT = 50; // Calls from empty databases on.

const SOURCES = ['list', 'list', 'set', 'zset', 'none', 'w1', 'h1'];
const NUMBERS = ['1', '2', '3', '10', '-1', '0.5', '1e3', '-0', '+5', '.5', 'inf', '-inf', ''];
const WORDS = ['a', 'b', 'B', 'ab', '_', '1x', ' 1', 'nan', '0x10', '\x00', '\xe9', '2 '];
const WEIGHTS = ['w*', 'h*->f', 'h*->g', '*', 'nosort', '#', 'w*->', 'none*', 'w\x00*', 'h*->f*'];
const CONSTANTS = ['nosort', '#', ''];
const GETS = [...WEIGHTS, '#', '#', 'w*x', 'h*x->f'];

class Caller {
  private readonly chance: Chance;

  constructor(seed: number) {
    this.chance = new Chance(seed);
  }

  /** A few values, and calls that sort them, some of them maimed. */
  bout(): Call[] {
    const calls: Call[] = [['CONFIG', 'SET', 'list-max-listpack-size', this.one(['-2', '3'])]];
    const numeric = this.below(2) === 0;
    const elements = () => this.some(8, () => this.one(numeric ? NUMBERS : WORDS));
    calls.push(['RPUSH', 'list', ...elements()]);
    calls.push(['SADD', 'set', ...elements()]);
    calls.push(['ZADD', 'zset', ...elements().flatMap((element, i) => [String(i), element])]);
    for (const element of [...NUMBERS, ...WORDS]) {
      if (this.below(3) > 0) calls.push(['SET', `w${element}`, this.weight(numeric)]);
      if (this.below(3) > 0) calls.push(['HSET', `h${element}`, 'f', this.weight(numeric)]);
    }
    while (calls.length < BOUT + 40) {
      const call = this.call();
      if (this.below(40) === 0 && call.length > 2) call.splice(1 + this.below(call.length - 1), 1);
      if (this.below(40) === 0) call.splice(1 + this.below(call.length), 0, this.one(WORDS));
      calls.push(call);
    }
    return calls;
  }

  private call(): string[] {
    const source = this.one(SOURCES);
    if (this.below(12) === 0) return ['OBJECT', 'ENCODING', source];
    const argv = [this.below(4) === 0 ? 'SORT_RO' : 'SORT', source];
    // Redis takes the members of a sorted set from its hash table, and looks up in that order.
    const by = this.below(2) === 0 ? this.one(source === 'zset' ? CONSTANTS : WEIGHTS) : null;
    if (by !== null) argv.push('BY', by);
    if (this.below(2) === 0) argv.push('ALPHA');
    if (this.below(3) === 0) argv.push(this.one(['ASC', 'desc']));
    for (let n = this.below(4); n > 1; n--) argv.push('GET', this.one(GETS));
    if (this.below(3) === 0) argv.push('LIMIT', this.limit(), this.limit());
    if (this.below(4) === 0) argv.push('STORE', this.one(['target', 'target', 'w1', 'none']));
    return argv;
  }

  private limit(): string {
    return this.one(['0', '1', '2', '5', '-1', '-5', '100', '9223372036854775807', 'x']);
  }

  private weight(numeric: boolean): string {
    return this.one(numeric || this.below(2) === 0 ? NUMBERS : WORDS);
  }

  private some(most: number, one: () => string): string[] {
    return Array.from({ length: 1 + this.below(most) }, one);
  }

  private below(n: number): number {
    return this.chance.below(n);
  }

  private one<T>(of: readonly T[]): T {
    return this.chance.one(of);
  }
}

const there = (await realRedis('8.0.2')) !== null;
if (!there) process.stderr.write(`\n*** NOT COMPARED (SORT): ${whyNoRedis('8.0.2')} ***\n`);

describe.skipIf(!there)('SORT by chance', () => {
  for (const resp3 of [false, true]) {
    test(
      `answers, announces and leaves what real Redis does (RESP${resp3 ? 3 : 2}, seed ${SEED})`,
      async () => {
        const duel = await Duel.open(resp3);
        try {
          const caller = new Caller(SEED * 2 + Number(resp3));
          for (let n = 0; n < CALLS / 2; n += BOUT) await duel.play(caller.bout());
        } finally {
          await duel.close();
        }
      },
      Math.max(20_000, CALLS * 5),
    );
  }
});
