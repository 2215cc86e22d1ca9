// Commands of streams drawn by chance, against real Redis 8.0.2: every reply to the byte, events,
// counts of changes, and the bytes of DUMP, which are those of the nodes.
// STREAM_CALLS=100000 plays more of them, STREAM_SEED=7 others.

import { afterAll, beforeAll, describe, test } from 'vitest';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { Chance } from '../protocol/real.ts';
import { type Call, Duel } from './string-duel.ts';

const CALLS = Number(process.env['STREAM_CALLS'] ?? 4000);
const SEED = Number(process.env['STREAM_SEED'] ?? 1);
const BOUT = 60; // Calls from empty databases on.

const KEYS = ['a', 'a', 'a', 'a', 'b', 'b', 'string'];
const VALUES = [
  ...['v', '', '1', '-1', '127', '128', '4095', '-4097', '70000', '2147483648', '007', '\x00\xff'],
  ...['9223372036854775807', '-9223372036854775808', '9223372036854775808', 'm'.repeat(63)],
  ...['n'.repeat(64), 'o'.repeat(126), 'p'.repeat(4096), 'q'.repeat(17_000)],
];
const FIELDS = [['f'], ['f'], ['f'], ['f', 'g'], ['g', 'f'], ['1', '2', '3'], ['f', 'f'], ['']];
const ENTRIES = ['1', '2', '3', '10', '100', '0', '128', '1000'];
const BYTES = ['4096', '100', '1', '0', '1000', '100000'];
const EDGES = [
  ...['0-0', '0-1', '4294967295-4294967295', '4294967296-0', '9007199254740991-9007199254740991'],
  ...['9007199254740992-1', '9223372036854775807-9223372036854775808', '18446744073709551615-0'],
  ...['18446744073709551615-18446744073709551614', '18446744073709551615-18446744073709551615'],
];

class Author {
  private readonly chance: Chance;
  /** Where the IDs of a bout begin, and how far apart they lie. */
  private base = 0n;
  private step = 1n;
  private last = 0n;

  constructor(chance: Chance) {
    this.chance = chance;
  }

  bout(): Call[] {
    const { chance } = this;
    this.base = chance.one([0n, 0n, 1n << 32n, 1_700_000_000_000n, 1n << 53n, (1n << 64n) - 400n]);
    this.step = chance.one([0n, 1n, 1n, 1n, 5n]);
    this.last = this.base;
    const calls: Call[] = [
      ['CONFIG', 'SET', 'stream-node-max-entries', chance.one(ENTRIES)],
      ['CONFIG', 'SET', 'stream-node-max-bytes', chance.one(BYTES)],
      ['SET', 'string', 'x'],
    ];
    while (calls.length < BOUT) calls.push(this.draw());
    return calls;
  }

  private draw(): Call {
    const { chance } = this;
    const key = chance.one(KEYS);
    switch (chance.below(24)) {
      case 0:
        return ['XDEL', key, this.id(), this.id(), this.id()];
      case 1:
      case 2:
        return ['XDEL', key, this.id()];
      case 3:
        return ['XTRIM', key, ...this.trim()];
      case 4:
        return ['XRANGE', key, this.end('-'), this.end('+'), ...this.count()];
      case 5:
        return ['XREVRANGE', key, this.end('+'), this.end('-'), ...this.count()];
      case 6:
        return ['XREAD', ...this.count(), 'STREAMS', key, 'b', this.id(), chance.one(['0', '+'])];
      case 7:
        return ['XINFO', 'STREAM', key, ...chance.one([[], [], ['FULL'], ['FULL', 'COUNT', '2']])];
      case 8:
        return ['DUMP', key];
      case 9:
        return this.setId(key);
      case 10:
        return chance.one([
          ['XLEN', key],
          ['COPY', key, 'b', 'REPLACE'],
          ['RENAME', key, 'a'],
          ['DEL', key],
        ]);
      default:
        return this.add(key);
    }
  }

  private add(key: string): Call {
    const { chance } = this;
    this.last += this.step * BigInt(chance.below(3));
    const id = chance.one([`${this.last}-*`, `${this.last}-*`, `${this.last}`, this.id()]);
    const words = chance.one(FIELDS).flatMap((field) => [field, chance.one(VALUES)]);
    const options = chance.below(5) === 0 ? this.trim() : [];
    return [
      'XADD',
      key,
      ...(chance.below(9) === 0 ? ['NOMKSTREAM'] : []),
      ...options,
      id,
      ...words,
    ];
  }

  private setId(key: string): Call {
    const { chance } = this;
    const call = ['XSETID', key, this.id()];
    if (chance.below(2) === 0) call.push('ENTRIESADDED', chance.one(['0', '7', '100', '-1', 'x']));
    if (chance.below(2) === 0) call.push('MAXDELETEDID', this.id());
    return call;
  }

  private trim(): string[] {
    const { chance } = this;
    const operator = chance.one([[], ['='], ['~'], ['~']]);
    const threshold = chance.below(2) === 0;
    return [
      threshold ? 'MAXLEN' : 'MINID',
      ...operator,
      threshold ? chance.one(['0', '1', '3', '10', '20', '-1']) : this.id(),
      ...(operator[0] === '~' && chance.below(3) === 0
        ? ['LIMIT', chance.one(['0', '1', '5', '30', '-1'])]
        : []),
    ];
  }

  private count(): string[] {
    return this.chance.below(3) === 0 ? ['COUNT', this.chance.one(['0', '1', '3', '-1'])] : [];
  }

  private end(usual: string): string {
    const { chance } = this;
    if (chance.below(3) === 0) return usual;
    return (chance.below(4) === 0 ? '(' : '') + this.id();
  }

  /** An ID that may well be there. */
  private id(): string {
    const { chance } = this;
    if (chance.below(12) === 0) return chance.one(EDGES);
    const ms = this.base + BigInt(chance.below(Number(this.last - this.base) + 2));
    return chance.below(6) === 0 ? `${ms}` : `${ms}-${chance.below(this.step === 0n ? 30 : 5)}`;
  }
}

const install = await realRedis('8.0.2');
if (install === null) console.warn(`*** NOT COMPARED: ${whyNoRedis('8.0.2')} ***`);

for (const resp3 of [false, true]) {
  describe.skipIf(install === null)(`beside real Redis, RESP${resp3 ? 3 : 2}`, () => {
    let duel: Duel;

    beforeAll(async () => {
      duel = await Duel.open(resp3);
    });
    afterAll(() => duel?.close());

    test(`${CALLS} commands of streams leave the same behind`, { timeout: 600_000 }, async () => {
      const author = new Author(new Chance(SEED + (resp3 ? 1000 : 0)));
      for (let played = 0; played < CALLS; played += BOUT) await duel.play(author.bout());
    });
  });
}
