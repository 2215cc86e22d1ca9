// Set commands drawn by chance, against real Redis 8.0.2. DUEL_CALLS=100000 plays more of
// them, DUEL_SEED=7 others. What goes by chance on each side (SPOP, SRANDMEMBER) is asked
// only where there is no choice; set.test.ts and the fuzzer do the rest.

import { describe, test } from 'vitest';
import { unordered } from '../fuzz/normalise.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { Chance } from '../protocol/real.ts';
import { type Agree, type Call, Duel } from './string-duel.ts';

const CALLS = Number(process.env['DUEL_CALLS'] ?? 4000);
const SEED = Number(process.env['DUEL_SEED'] ?? 1);
const BOUT = 60; // Calls from empty databases on.

const KEYS = ['a', 'a', 'b', 'b', 'c', 'd', 'string', 'none', ''];
const INTEGERS = [
  ...['0', '1', '2', '3', '4', '5', '-1', '-2', '10', '-10', '65536', '-9223372036854775808'],
  ...['9223372036854775807', '9007199254740993', '9007199254740992', '-9007199254740993'],
];
const OTHERS = [
  ...['', 'x', 'y', 'z', '01', '-0', '+1', '9223372036854775808', '1.5', 'A', '\x00\xff\r\n'],
  ...['m'.repeat(8), 'm'.repeat(9), 'n'.repeat(64), 'n'.repeat(65)],
];
const COUNTS = ['0', '1', '3', '100000', '-1', 'x', '', '9223372036854775807', '-0', '1.5'];
const LIMITS = ['set-max-intset-entries', 'set-max-listpack-entries', 'set-max-listpack-value'];

/** The same, in any order where a set is told. */
const agree: Agree = ([name], ours, real) => {
  if (ours.raw === real.raw) return true;
  if (ours.isError || real.isError) return false;
  if (name.toUpperCase() === 'SSCAN') return unordered(ours.items[1], real.items[1]);
  return real.type !== ':' && unordered(ours, real);
};

class Caller {
  private readonly chance: Chance;
  private fewIntegers = false;

  constructor(seed: number) {
    this.chance = new Chance(seed);
  }

  /** Calls that meet at a few keys, some of them maimed. */
  bout(): Call[] {
    const calls: Call[] = LIMITS.map((name) => ['CONFIG', 'SET', name, this.limit()]);
    this.fewIntegers = Number(calls[0][3]) < INTEGERS.length;
    if (this.below(3) === 0) calls.push(['SET', 'string', 'x']);
    while (calls.length < BOUT) {
      const call = this.call();
      if (this.below(50) === 0 && call.length > 2) call.splice(1 + this.below(call.length - 1), 1);
      if (this.below(50) === 0) call.splice(1 + this.below(call.length), 0, this.member());
      calls.push(this.settled(call));
    }
    return calls;
  }

  // Nothing may be left to chance, also when a call was maimed.
  private settled(call: string[]): string[] {
    const random = call[0] === 'SPOP' || call[0] === 'SRANDMEMBER';
    const some = call.length === 2 || !['x', '', '1.5', '-0', '0'].includes(call[2]);
    const all = call[2] === '100000' || call[2] === '9223372036854775807';
    return random && some && !all && call.length < 4 ? ['SCARD', call[1]] : call;
  }

  private call(): string[] {
    const key = this.key();
    switch (this.below(16)) {
      case 0:
      case 1:
      case 2:
        return ['SADD', key, ...this.members(12)];
      case 3:
        return ['SADD', key, ...this.some(12, () => this.chance.one(INTEGERS))];
      case 4:
      case 5:
        return ['SREM', key, ...this.members(4)];
      case 6:
        return ['SMOVE', key, this.key(), this.member()];
      case 7:
        return [this.chance.one(['SMEMBERS', 'SCARD']), key];
      case 8:
        return ['SMISMEMBER', key, ...this.members(4)];
      case 9:
        return ['SISMEMBER', key, this.member()];
      case 10:
        return [this.chance.one(['SPOP', 'SRANDMEMBER']), key, this.chance.one(COUNTS)];
      case 11:
        return this.scan(key);
      case 12:
        return this.card();
      case 13:
        return [this.chance.one(['SINTER', 'SUNION', 'SDIFF']), ...this.keys()];
      case 14:
        return [this.storing(), key, ...this.keys()];
      default:
        return this.chance.one([
          ['OBJECT', 'ENCODING', key],
          ['COPY', key, this.key(), 'REPLACE'],
          ['DEL', key],
          ['EXPIRE', key, '1000'],
          ['TYPE', key],
        ]);
    }
  }

  // What becomes of a union or difference of hash tables depends on their order, if an integer
  // too many can come before anything that is none.
  private storing(): string {
    if (this.fewIntegers) return 'SINTERSTORE';
    return this.chance.one(['SINTERSTORE', 'SUNIONSTORE', 'SDIFFSTORE']);
  }

  private card(): string[] {
    const keys = this.keys();
    const numkeys = this.below(6) === 0 ? this.chance.one(COUNTS) : String(keys.length);
    const limit = this.below(2) === 0 ? ['LIMIT', this.chance.one(['0', '2', ...COUNTS])] : [];
    return ['SINTERCARD', numkeys, ...keys, ...limit];
  }

  private scan(key: string): string[] {
    const argv = ['SSCAN', key, this.below(8) === 0 ? this.chance.one(['x', '', '-1']) : '0'];
    if (this.below(2) === 0) argv.push('MATCH', this.chance.one(['*', 'n*', '?', '-*']));
    argv.push('COUNT', this.chance.one(['1000', '1000', '1000', '0', 'x', '-1']));
    if (this.below(9) === 0) argv.push(this.chance.one(['TYPE', 'NOVALUES', 'MATCH', 'x']));
    return argv;
  }

  private limit(): string {
    return this.chance.one(['0', '2', '5', '8', '64', '512']);
  }

  private member(): string {
    return this.chance.one(this.below(2) === 0 ? INTEGERS : OTHERS);
  }

  private members(most: number): string[] {
    return this.some(most, () => this.member());
  }

  private some(most: number, one: () => string): string[] {
    return Array.from({ length: 1 + this.below(most) }, one);
  }

  private key(): string {
    return this.chance.one(KEYS);
  }

  private keys(): string[] {
    return this.some(4, () => this.key());
  }

  private below(n: number): number {
    return this.chance.below(n);
  }
}

const there = (await realRedis('8.0.2')) !== null;
if (!there) process.stderr.write(`\n*** NOT COMPARED (sets): ${whyNoRedis('8.0.2')} ***\n`);

describe.skipIf(!there)('set commands by chance', () => {
  for (const resp3 of [false, true]) {
    test(
      `answer, announce and leave what real Redis does (RESP${resp3 ? 3 : 2}, seed ${SEED})`,
      async () => {
        const duel = await Duel.open(resp3);
        try {
          const caller = new Caller(SEED * 2 + Number(resp3));
          for (let n = 0; n < CALLS / 2; n += BOUT) await duel.play(caller.bout(), agree);
        } finally {
          await duel.close();
        }
      },
      Math.max(20_000, CALLS * 5),
    );
  }
});
