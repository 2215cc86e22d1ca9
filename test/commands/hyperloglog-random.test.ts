// HyperLogLog commands drawn by chance, against real Redis 8.0.2: replies, events, changes, and
// the values themselves to the byte. DUEL_CALLS=100000 plays more of them, DUEL_SEED=7 others.

import { describe, test } from 'vitest';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { Chance } from '../protocol/real.ts';
import { type Call, Duel } from './string-duel.ts';

const CALLS = Number(process.env['DUEL_CALLS'] ?? 2000);
const SEED = Number(process.env['DUEL_SEED'] ?? 1);
const BOUT = 30; // Calls from empty databases on.

const KEYS = ['a', 'a', 'a', 'b', 'b', 'c', 'none'];
const ALPHABET = '\x00\x01\x7f\x80\xfe\xffab1';
const MOST_BYTES = ['3000', '3000', '3000', '0', '17', '18', '20', '40', '100', '500', '12304'];
const OPCODES = [
  '\x00',
  '\x3f',
  '\x40\x00',
  '\x7f\xff',
  '\x7f\xf0',
  '\x40',
  '\x80',
  '\xff',
  '\x88',
];
const ONE_BYTE = ['\x00', '\x01', '\x3f', '\x80', '\xff', 'H'];
const ESTIMATES = [
  ...['\0\0\0\0\0\0\0\x80', '\x05\0\0\0\0\0\0\0', '\xff\xff\xff\xff\xff\xff\xff\x7f'],
  ...['\0\0\0\0\0\0\x20\0', '\xff\xff\xff\xff\xff\xff\x1f\0', '\0\0\0\0\0\0\0\xff'],
];

class Caller {
  private readonly chance: Chance;
  private readonly lists: boolean;

  constructor(seed: number, lists: boolean) {
    this.chance = new Chance(seed);
    this.lists = lists;
  }

  bout(): Call[] {
    const calls: Call[] = [['CONFIG', 'SET', 'hll-sparse-max-bytes', this.one(MOST_BYTES)]];
    if (this.lists && this.rarely(3)) calls.push(['RPUSH', 'c', 'x']);
    while (calls.length < BOUT) {
      const call = this.call();
      // A word too few or too many, now and then.
      if (this.rarely(60) && call.length > 2) call.splice(1 + this.below(call.length - 1), 1);
      if (this.rarely(60)) call.splice(1 + this.below(call.length), 0, this.key());
      calls.push(call);
    }
    return calls;
  }

  private call(): string[] {
    switch (this.below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return ['PFADD', this.key(), ...this.elements()];
      case 4:
      case 5:
        return ['PFCOUNT', ...this.keys(3)];
      case 6:
        return ['PFMERGE', ...this.keys(4)];
      case 7:
        return ['PFDEBUG', this.debug(), this.key()];
      case 8:
        return ['SET', this.key(), this.value()];
      case 9:
        return this.other();
      default:
        return ['GET', this.key()];
    }
  }

  private debug(): string {
    if (this.rarely(3)) return 'GETREG';
    return this.one(['ENCODING', 'DECODE', 'decode', 'Encoding', 'DECODE', 'TODENSE', 'x\r\ny']);
  }

  private other(): string[] {
    const key = this.key();
    return this.one([
      ['OBJECT', 'ENCODING', key],
      ['STRLEN', key],
      ['DEL', key],
      ['EXPIRE', key, '1000'],
      ['COPY', key, this.key(), 'REPLACE'],
      ['SETRANGE', key, this.one(['0', '4', '7', '15', '16']), this.one(ONE_BYTE)],
      ['APPEND', key, this.one(OPCODES)],
      ['SETRANGE', key, '8', this.one(ESTIMATES)],
      ['CONFIG', 'SET', 'hll-sparse-max-bytes', this.one(MOST_BYTES)],
    ]);
  }

  private elements(): string[] {
    const many = this.one([0, 1, 1, 2, 5, 20, 100, 600, 3000]);
    return Array.from({ length: many }, () => {
      if (this.rarely(3)) return String(this.below(100));
      return this.chance.text(this.below(this.rarely(9) ? 60 : 17), ALPHABET);
    });
  }

  /** What somebody may SET: now and then a sparse value in order, as often one that is not. */
  private value(): string {
    if (this.rarely(8)) return this.one(['', '123', 'HYLL', 'x'.repeat(20), 'HYLL\x01'.padEnd(15)]);
    if (this.rarely(6)) return this.dense();
    const encoding = this.rarely(10) ? this.one(['\x02', '\xff', '\x00']) : '\x01';
    const estimate = this.one(ESTIMATES);
    const runs: string[] = [];
    let left = 16384;
    while (left > 0 && runs.length < 150) {
      const run = Math.min(left, 1 + this.below(this.one([1, 4, 64, 5000])));
      left -= run;
      if (run <= 4 && !this.rarely(3)) runs.push(byte(0x80 | (this.below(32) << 2) | (run - 1)));
      else if (run <= 64) runs.push(byte(run - 1));
      else runs.push(byte(0x40 | ((run - 1) >> 8)) + byte((run - 1) & 255));
    }
    if (this.rarely(4)) runs.push(this.one(OPCODES));
    // Never half an opcode: of that, real Redis reads what happens to lie behind the string.
    if (this.rarely(8)) runs.pop();
    return `HYLL${encoding}\0\0\0${estimate}${runs.join('')}`;
  }

  private dense(): string {
    // Ranks that no hash gives included: there the estimate goes to its ends.
    const bytes = this.one([ALPHABET, '\0', '\xff', '\x41\x10\x04', '\x00\x01\x02']);
    const length = 12288 - (this.rarely(9) ? 1 : 0);
    return `HYLL\0\0\0\0${this.one(ESTIMATES)}${this.chance.text(length, bytes)}`;
  }

  private keys(most: number): string[] {
    return Array.from({ length: 1 + this.below(most) }, () => this.key());
  }

  private key(): string {
    return this.one(KEYS);
  }

  private below(n: number): number {
    return this.chance.below(n);
  }

  private rarely(n: number): boolean {
    return this.chance.below(n) === 0;
  }

  private one<T>(of: readonly T[] | string): T {
    return this.chance.one(of as ArrayLike<T>);
  }
}

function byte(n: number): string {
  return String.fromCharCode(n);
}

const there = (await realRedis('8.0.2')) !== null;
if (!there) process.stderr.write(`\n*** NOT COMPARED (hyperloglog): ${whyNoRedis('8.0.2')} ***\n`);

describe.skipIf(!there)('HyperLogLog commands by chance', () => {
  for (const resp3 of [false, true]) {
    test(
      `answer, announce and leave what real Redis does (RESP${resp3 ? 3 : 2}, seed ${SEED})`,
      async () => {
        const duel = await Duel.open(resp3);
        try {
          const caller = new Caller(SEED * 2 + Number(resp3), duel.knows('rpush'));
          for (let played = 0; played < CALLS / 2; played += BOUT) await duel.play(caller.bout());
        } finally {
          await duel.close();
        }
      },
      Math.max(30_000, CALLS * 10),
    );
  }
});
