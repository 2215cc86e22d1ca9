// Hash commands drawn by chance, against real Redis 8.0.2. DUEL_CALLS=100000 plays more of
// them, DUEL_SEED=7 others.

import { describe, test } from 'vitest';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { Chance } from '../protocol/real.ts';
import { type Call, Duel } from './string-duel.ts';

const CALLS = Number(process.env['DUEL_CALLS'] ?? 4000);
const SEED = Number(process.env['DUEL_SEED'] ?? 1);
const BOUT = 40; // Calls from empty databases on.

const KEYS = ['a', 'a', 'a', 'a', 'b', 'b', 'text', 'none', ''];
const FIELDS = ['f', 'g', 'h', 'i', 'f', 'g', 'n', '', '1', 'F'];
// No value of more than 64 bytes: the order of a large hash is each server's own.
const VALUES = ['', 'x', '0', '1', '-1', '2.5', '1e3', '007', ' 1', 'x'.repeat(64), '\x00\xff'];
const NUMBERS = [
  ...['0', '1', '-1', '10', '2147483648', '9007199254740991', '9007199254740992', '-0', '+1'],
  ...['9223372036854775807', '-9223372036854775808', '9223372036854775808', '', 'x', '1.5'],
];
const FLOATS = ['0', '0.1', '-0.1', '3.0', '1e3', '1e17', 'inf', '-inf', 'nan', '', 'x'];
// No time is both far away and counted from now: two servers' nows are not the same.
const TIMES: Readonly<Record<string, readonly string[]>> = {
  EX: ['0', '0', '70368744177', '70368744178'],
  PX: ['0', '0', '70368744177663', '70368744177664'],
  EXAT: ['4000000000', '5000000000', '1', '0', '70368744177', '70368744178'],
  PXAT: ['4000000000000', '5000000000123', '1', '0', '70368744177663', '70368744177664'],
};
const NO_TIMES = ['-1', '', 'x', '1.5', '9223372036854775807', '9223372036854775808'];
const NAPS: readonly Call[] = [
  ['DEBUG', 'SLEEP', '0.003'], // Longer than the shortest time to live below.
];

class Caller {
  private readonly chance: Chance;

  constructor(seed: number) {
    this.chance = new Chance(seed);
  }

  /** Calls that meet at a few keys, some of them maimed; then what is left. */
  bout(): Call[] {
    const calls: Call[] = this.rarely(3) ? [['SET', 'text', 'x']] : [];
    while (calls.length < BOUT) {
      const call = this.call();
      if (this.rarely(60) && call.length > 2) call.splice(1 + this.below(call.length - 1), 1);
      if (this.rarely(60)) call.splice(1 + this.below(call.length), 0, this.word());
      calls.push(call);
      if (call[0] === 'HPEXPIRE' && call[2] === '1') calls.push(...NAPS);
    }
    for (const key of ['a', 'b']) {
      calls.push(['HGETALL', key], ['DEBUG', 'DIGEST-VALUE', key]);
      calls.push(['HPEXPIRETIME', key, 'FIELDS', '4', 'f', 'g', 'h', 'i']);
    }
    return calls;
  }

  private call(): string[] {
    switch (this.below(9)) {
      case 0:
      case 1:
        return this.set();
      case 2:
        return this.number();
      case 3:
        return this.get();
      case 4:
        return this.expire();
      case 5:
        return this.ex();
      case 6:
        return this.whole();
      case 7:
        return [this.one(['HPERSIST', 'HGETDEL', 'HEXPIRETIME']), this.key(), ...this.fields()];
      default:
        return ['HDEL', this.key(), ...this.some(() => this.field())];
    }
  }

  private set(): string[] {
    if (this.rarely(4)) return ['HSETNX', this.key(), this.field(), this.one(VALUES)];
    return [this.one(['HSET', 'HMSET']), this.key(), ...this.pairs()];
  }

  private number(): string[] {
    if (this.rarely(2)) return ['HINCRBY', this.key(), this.field(), this.one(NUMBERS)];
    return ['HINCRBYFLOAT', this.key(), this.field(), this.one(FLOATS)];
  }

  private get(): string[] {
    if (this.rarely(3)) return ['HMGET', this.key(), ...this.some(() => this.field())];
    return [this.one(['HGET', 'HEXISTS', 'HSTRLEN']), this.key(), this.field()];
  }

  private expire(): string[] {
    const [name, times] = this.one([
      ['HEXPIRE', TIMES['EX']],
      ['HPEXPIRE', ['1', '1', ...TIMES['PX']]],
      ['HEXPIREAT', TIMES['EXAT']],
      ['HPEXPIREAT', TIMES['PXAT']],
    ] as const);
    const argv = [name, this.key(), this.rarely(20) ? this.one(NO_TIMES) : this.one(times)];
    if (this.rarely(3)) argv.push(this.one(['NX', 'XX', 'gt', 'LT']));
    return [...argv, ...this.fields()];
  }

  private ex(): string[] {
    const time = this.one(['EX', 'PX', 'EXAT', 'PXAT']);
    const at = this.rarely(20) ? this.one(NO_TIMES) : this.one(TIMES[time]);
    const timed = this.rarely(2) ? [time, at] : [];
    if (this.rarely(2)) {
      if (this.rarely(4)) timed.splice(0, 2, 'PERSIST');
      return ['HGETEX', this.key(), ...timed, ...this.fields()];
    }
    if (this.rarely(4)) timed.push('KEEPTTL');
    if (this.rarely(3)) timed.splice(0, 0, this.one(['FNX', 'fxx', 'FXX']));
    const pairs = this.pairs();
    return ['HSETEX', this.key(), ...timed, 'FIELDS', String(pairs.length / 2), ...pairs];
  }

  private whole(): string[] {
    const name = this.one(['HLEN', 'HKEYS', 'HVALS', 'HGETALL', 'HSCAN', 'RENAME', 'COPY', 'TYPE']);
    const argv = [name, this.key()];
    if (name === 'HSCAN') argv.push('0', ...this.one([[], ['MATCH', '[fg]'], ['NOVALUES']]));
    if (name === 'RENAME' || name === 'COPY') argv.push(this.key());
    return argv;
  }

  private fields(): string[] {
    const fields = this.some(() => this.field());
    return ['FIELDS', String(fields.length), ...fields];
  }

  private pairs(): string[] {
    return this.some(() => this.field()).flatMap((field) => [field, this.one(VALUES)]);
  }

  private word(): string {
    return this.one(['FIELDS', '1', 'x', 'NX', 'EX', 'KEEPTTL', 'COUNT', 'f']);
  }

  private key(): string {
    return this.one(KEYS);
  }

  private field(): string {
    return this.one(FIELDS);
  }

  private some<T>(make: () => T): T[] {
    return Array.from({ length: 1 + this.below(3) }, make);
  }

  private one<T>(of: readonly T[]): T {
    return of[this.below(of.length)];
  }

  private below(n: number): number {
    return this.chance.below(n);
  }

  private rarely(n: number): boolean {
    return this.below(n) === 0;
  }
}

const here = (await realRedis('8.0.2')) !== null;
if (!here)
  process.stderr.write(`\n*** NOT COMPARED WITH REDIS 8.0.2: ${whyNoRedis('8.0.2')} ***\n`);

describe.skipIf(!here).each([
  ['RESP2', false],
  ['RESP3', true],
])('hash commands drawn by chance do what real Redis does, in %s', (_, resp3) => {
  test('replies, events, changes and what is left are the same', { timeout: 600_000 }, async () => {
    const duel = await Duel.open(resp3);
    const caller = new Caller(SEED);
    try {
      for (let played = 0; played < CALLS; played += BOUT) await duel.play(caller.bout());
    } finally {
      await duel.close();
    }
  });
});
