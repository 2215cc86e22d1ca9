// Sorted set commands drawn by chance, against real Redis 8.0.2. DUEL_CALLS=100000 plays more of
// them, DUEL_SEED=7 others. What goes by chance on each side (ZRANDMEMBER) is asked only where
// there is no choice; what would wait does so inside of MULTI, where nobody does.

import { describe, test } from 'vitest';
import { unordered } from '../fuzz/normalise.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { Chance } from '../protocol/real.ts';
import { type Agree, type Call, Duel } from './string-duel.ts';

const CALLS = Number(process.env['DUEL_CALLS'] ?? 4000);
const SEED = Number(process.env['DUEL_SEED'] ?? 1);
const BOUT = 60; // Calls from empty databases on.

const KEYS = ['a', 'a', 'b', 'b', 'c', 'd', 'set', 'string', 'none', ''];
const MEMBERS = [
  ...['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'aa', 'ab', 'B', '', '1', '-1', '10', '007', '1e3'],
  ...['\x00', '\xff', '\x80\r\n', 'm'.repeat(9), 'n'.repeat(64), 'n'.repeat(65)],
];
const SCORES = [
  ...['0', '-0', '1', '2', '3', '-1', '1.5', '0.1', '0.2', '1e21', '1e17', '123456789012345678'],
  ...['inf', '-inf', '9007199254740993', '4503599627370497', '3.0', '5e-324', '1e308', '-1e308'],
  '0x10',
];
const NO_SCORES = ['', 'x', 'nan', ' 1', '1e400', '1\x00'];
const BOUNDS = [
  ...['-inf', '+inf', 'inf', '(-inf', '(1', '(2', '', '(', '1e400', '(0.1', '((1', '1\x00'],
];
const NAMES = ['-', '+', '[a', '(a', '[c', '(c', '[aa', '[', '(', '[\xff', '-\x00', '-x', 'a', ''];
const RANKS = [
  ...['0', '0', '1', '2', '3', '-1', '-1', '-2', '-3', '100', '-100', 'x', '', '1.5'],
  ...['9223372036854775807', '-9223372036854775808', '9223372036854775808'],
];
const COUNTS = ['0', '1', '2', '3', '100', '-1', 'x', '', '9223372036854775807'];
const WEIGHTS = ['1', '2', '0', '-1', '0.5', 'inf', '-inf', 'x', '1e308'];

/** The same; but a large set is walked in no order that means anything. */
const agree: Agree = ([name], ours, real) => {
  if (ours.raw === real.raw) return true;
  if (ours.isError || real.isError || name.toUpperCase() !== 'ZSCAN') return false;
  return unordered(ours.items[1], real.items[1]);
};

class Caller {
  private readonly chance: Chance;
  private equal = false; // All scores of this bout are equal.

  constructor(seed: number) {
    this.chance = new Chance(seed);
  }

  /** Calls that meet at a few keys, some of them maimed. */
  bout(): Call[] {
    const entries = this.one(['0', '3', '8', '128', '128']);
    const calls: Call[] = [
      ['CONFIG', 'SET', 'zset-max-listpack-entries', entries],
      ['CONFIG', 'SET', 'zset-max-listpack-value', this.one(['1', '8', '64', '100'])],
    ];
    this.equal = this.below(3) === 0;
    // A plain set's members have the score 1.
    if (!this.equal) calls.push(['SADD', 'set', ...this.some(9, () => this.member())]);
    if (this.below(3) === 0) calls.push(['SET', 'string', 'x']);
    while (calls.length < BOUT) {
      const call = this.call();
      if (!this.equal) this.maim(call);
      if (call[0].startsWith('BZ')) calls.push(['MULTI'], call, ['EXEC']);
      else calls.push(this.settled(call));
    }
    return calls;
  }

  private maim(call: string[]): void {
    if (this.below(50) === 0 && call.length > 2) call.splice(1 + this.below(call.length - 1), 1);
    if (this.below(50) === 0) call.splice(1 + this.below(call.length), 0, this.member());
  }

  // Nothing may be left to chance, also when a call was maimed.
  private settled(call: string[]): string[] {
    const all = call[2] === '100' || call[2] === '9223372036854775807';
    return call[0] === 'ZRANDMEMBER' && !all ? ['ZCARD', call[1]] : call;
  }

  private call(): string[] {
    switch (this.below(5)) {
      case 0:
      case 1:
        return this.adding();
      case 2:
        return this.asking();
      case 3:
        return this.ranging();
      default:
        return this.below(2) === 0 ? this.combining() : this.taking();
    }
  }

  private adding(): string[] {
    const key = this.key();
    if (this.below(4) === 0) {
      const argv = ['ZINCRBY', key, this.score(), this.member()];
      return this.below(2) === 0 ? argv : ['ZREM', key, ...this.some(4, () => this.member())];
    }
    const argv = ['ZADD', key];
    const options = ['NX', 'XX', 'GT', 'LT', 'CH', 'INCR', 'ch'];
    while (this.below(3) === 0) argv.push(this.one(options));
    const pairs = argv.includes('INCR') && this.below(9) > 0 ? 1 : 1 + this.below(8);
    for (let i = 0; i < pairs; i++) argv.push(this.score(), this.member());
    return argv;
  }

  private asking(): string[] {
    const key = this.key();
    const withScore = this.below(2) === 0 ? ['WITHSCORE'] : [];
    return this.one<string[]>([
      ['ZCARD', key],
      ['ZSCORE', key, this.member()],
      ['ZMSCORE', key, ...this.some(4, () => this.member())],
      ['ZRANK', key, this.member(), ...withScore],
      ['ZREVRANK', key, this.member(), ...withScore],
      ['ZCOUNT', key, this.bound(), this.bound()],
      ['ZRANDMEMBER', key, this.one(['100', '0', 'x']), ...(this.below(2) ? ['WITHSCORES'] : [])],
      this.scan(key),
      ['OBJECT', 'ENCODING', key],
      ['COPY', key, this.key(), 'REPLACE'],
      ['DEL', key],
      ['EXPIRE', key, '1000'],
      ['TYPE', key],
    ]);
  }

  private scan(key: string): string[] {
    const argv = ['ZSCAN', key, this.below(8) === 0 ? this.one(['x', '', '-1']) : '0'];
    if (this.below(2) === 0) argv.push('MATCH', this.one(['*', 'n*', '?', '-*']));
    argv.push('COUNT', this.one(['1000', '1000', '1000', '0', 'x', '-1']));
    if (this.below(9) === 0) argv.push(this.one(['TYPE', 'NOVALUES', 'MATCH', 'x']));
    return argv;
  }

  private ranging(): string[] {
    const key = this.key();
    const limit =
      this.below(3) === 0 ? ['LIMIT', this.one(['0', '1', '2', '-1', '9']), this.one(COUNTS)] : [];
    const scores = this.below(2) === 0 ? ['WITHSCORES'] : [];
    const rev = this.below(2) === 0 ? ['REV'] : [];
    const ranks = [this.one(RANKS), this.one(RANKS)];
    const bounds = [this.bound(), this.bound()];
    const names = [this.one(NAMES), this.one(NAMES)];
    const storing = this.below(3) === 0 ? ['ZRANGESTORE', this.key()] : null;
    const start = storing ?? ['ZRANGE'];
    const told = storing === null ? scores : [];
    const calls = [
      [...start, key, ...ranks, ...rev, ...told],
      [...start, key, ...bounds, 'BYSCORE', ...rev, ...limit, ...told],
      ['ZREVRANGE', key, ...ranks, ...scores],
      ['ZRANGEBYSCORE', key, ...bounds, ...scores, ...limit],
      ['ZREVRANGEBYSCORE', key, ...bounds, ...limit, ...scores],
      ['ZREMRANGEBYRANK', key, ...ranks],
      ['ZREMRANGEBYSCORE', key, ...bounds],
      [...start, key, ...ranks, ...limit, ...told],
    ];
    // What a skip list makes of names while scores differ, depends on its levels.
    if (!this.equal) return this.one(calls);
    return this.one([
      ...calls,
      [...start, key, ...names, 'BYLEX', ...rev, ...limit, ...told],
      [...start, key, ...names, 'BYLEX', ...rev, ...limit],
      ['ZRANGEBYLEX', key, ...names, ...limit],
      ['ZREVRANGEBYLEX', key, ...names, ...limit],
      ['ZLEXCOUNT', key, ...names],
      ['ZREMRANGEBYLEX', key, ...names],
    ]);
  }

  private combining(): string[] {
    const keys = this.some(4, () => this.key());
    const numkeys = this.below(9) === 0 ? this.one(COUNTS) : String(keys.length);
    const options: string[] = [];
    const name = this.one(['ZUNION', 'ZINTER', 'ZDIFF', 'ZINTERCARD']);
    if (name === 'ZINTERCARD') {
      if (this.below(2) === 0) options.push('LIMIT', this.one(COUNTS));
      return [name, numkeys, ...keys, ...options];
    }
    // Differences know neither; now and then they are told all the same.
    const plain = name === 'ZDIFF' && this.below(9) > 0;
    if (!plain && !this.equal && this.below(3) === 0) {
      options.push('WEIGHTS', ...keys.map(() => this.one(WEIGHTS)));
    }
    if (!plain && this.below(3) === 0) options.push('AGGREGATE', this.one(['SUM', 'min', 'MAX']));
    const storing = this.below(2) === 0;
    if (this.below(2) === 0 && (!storing || this.below(9) === 0)) options.push('WITHSCORES');
    const start = storing ? [`${name}STORE`, this.key()] : [name];
    return [...start, numkeys, ...keys, ...options];
  }

  private taking(): string[] {
    const keys = this.some(3, () => this.key());
    const end = this.one(['MIN', 'MAX', 'min', 'x']);
    const count = this.below(2) === 0 ? ['COUNT', this.one(COUNTS)] : [];
    const some = this.below(2) === 0 ? [this.one(COUNTS)] : [];
    const timeout = this.one(['0', '0.1', '-1', 'x', '1e300']);
    const numkeys = this.below(9) === 0 ? this.one(COUNTS) : String(keys.length);
    return this.one([
      [this.one(['ZPOPMIN', 'ZPOPMAX']), keys[0], ...some],
      ['ZMPOP', numkeys, ...keys, end, ...count],
      [this.one(['BZPOPMIN', 'BZPOPMAX']), ...keys, timeout],
      ['BZMPOP', timeout, numkeys, ...keys, end, ...count],
    ]);
  }

  private score(): string {
    if (this.below(30) === 0) return this.one(NO_SCORES);
    return this.equal ? '0' : this.one(SCORES);
  }

  private bound(): string {
    return this.one(this.below(3) === 0 ? SCORES : BOUNDS);
  }

  private member(): string {
    return this.one(MEMBERS);
  }

  private key(): string {
    return this.one(KEYS);
  }

  private one<T>(of: readonly T[]): T {
    return of[this.below(of.length)];
  }

  private some<T>(most: number, one: () => T): T[] {
    return Array.from({ length: 1 + this.below(most) }, one);
  }

  private below(n: number): number {
    return this.chance.below(n);
  }
}

const there = (await realRedis('8.0.2')) !== null;
if (!there) process.stderr.write(`\n*** NOT COMPARED (sorted sets): ${whyNoRedis('8.0.2')} ***\n`);

describe.skipIf(!there)('sorted set commands by chance', () => {
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
