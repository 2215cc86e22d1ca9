// Geo commands drawn by chance, against real Redis 8.0.2. DUEL_CALLS=100000 plays more of
// them, DUEL_SEED=7 others.

import { describe, test } from 'vitest';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { Chance } from '../protocol/real.ts';
import { type Agree, type Call, Duel } from './string-duel.ts';

const CALLS = Number(process.env['DUEL_CALLS'] ?? 4000);
const SEED = Number(process.env['DUEL_SEED'] ?? 1);
const BOUT = 60; // Calls from empty databases on.

const KEYS = ['a', 'a', 'a', 'a', 'b', 'b', 'c', 'string', 'none', ''];
const LONGITUDES = ['180', '-180', '0', '-0', '179.9999999', '-179.9999', '90', '1e-7', '0x1p3'];
const LATITUDES = ['85.05112878', '-85.05112878', '0', '-0', '85', '-85', '66.5', '80.5', '1e-9'];
const NO_PLACES = [
  ...['180.0000001', '-181', '85.0511288', 'inf', '-inf', 'nan', 'x', '', '1e300', ' 1', '1e-400'],
  ...['200.0000005', '-1000.00390625', '1000.01171875', '9007199254740993', '123456789012345678'],
];
const UNITS = ['m', 'km', 'ft', 'mi', 'M', 'KM', 'Ft', 'mI'];
const SIZES = [
  ...['0', '0.1', '1', '10', '100', '1000', '5000', '20000', '300000', '1e7', '2e7', '1e9', 'inf'],
  ...['0.3048', '156.25', '5009431.5925', '10018863.185', '20037726.37', '-0'],
];
const NO_SIZES = ['-1', 'x', '', 'nan', '-inf', '-1e-300'];
const SCORES = [
  ...['0', '1', '-1', '0.5', '-0.5', '1e300', '-1e300', 'inf', '-inf', '4503599627370495.5'],
  ...['4503599627370496', '9007199254740992', '18014398509481984', '18446744073709551615'],
  ...['9223372036854775807', '-9223372036854775808', '9223372036854777856', '36893488147419103232'],
];

/**
 * Stored distances may differ in their last bit: both servers round the sum of many sines, and the
 * C library's are not always rounded correctly.
 */
const agree: Agree = ([name], ours, real) => {
  if (ours.raw === real.raw) return true;
  if (name !== 'ZRANGE' || ours.items.length !== real.items.length) return false;
  const flat = (reply: typeof ours): string[] => {
    return reply.items.length === 0 ? [reply.text] : reply.items.flatMap(flat);
  };
  const mine = flat(ours);
  return flat(real).every((text, i) => {
    if (text === mine[i]) return true;
    return Math.abs(Number(text) - Number(mine[i])) <= Number(text) * 1e-15;
  });
};

class Caller {
  private readonly chance: Chance;
  private spread = 1; // How far apart the places of a bout are, in degrees.
  private centre: readonly [number, number] = [0, 0];

  constructor(seed: number) {
    this.chance = new Chance(seed);
  }

  /** Places first, few or many, and then whatever comes. */
  bout(): Call[] {
    const calls: Call[] = [];
    if (this.rarely(3)) calls.push(['SET', 'string', 'x']);
    if (this.rarely(3)) calls.push(['CONFIG', 'SET', 'zset-max-listpack-entries', '3']);
    else calls.push(['CONFIG', 'SET', 'zset-max-listpack-entries', '128']);
    this.spread = this.one([1e-6, 1e-3, 0.1, 1, 10, 100, 360]);
    this.centre = [this.below(361) - 180, this.below(171) - 85];
    for (const key of ['a', 'b']) {
      if (this.rarely(4)) continue;
      const call = ['GEOADD', key];
      for (let left = this.one([1, 5, 20, 100, 300]); left > 0; left--) call.push(...this.place());
      calls.push(call);
    }
    while (calls.length < BOUT) {
      const call = this.call();
      if (this.rarely(50) && call.length > 2) call.splice(1 + this.below(call.length - 1), 1);
      if (this.rarely(50)) call.splice(1 + this.below(call.length), 0, this.word());
      calls.push(call);
      // Its digits are compared with a little leeway, and then forgotten.
      const at = call.findIndex((word) => word.toUpperCase() === 'STOREDIST');
      if (at < 0) continue;
      const target = call[0] === 'GEOSEARCHSTORE' ? call[1] : (call[at + 1] ?? '');
      calls.push(['ZRANGE', target, '0', '-1', 'WITHSCORES'], ['DEL', target]);
    }
    return calls;
  }

  private call(): string[] {
    const key = this.key();
    switch (this.below(12)) {
      case 0:
        return this.geoadd(key);
      case 1:
        return ['GEOPOS', key, ...this.members()];
      case 2:
        return ['GEOHASH', key, ...this.members()];
      case 3:
        return ['GEODIST', key, this.member(), this.member(), ...this.maybe(2, this.unit())];
      case 4:
      case 5:
      case 6:
        return ['GEOSEARCH', key, ...this.shuffled([this.from(), this.by(), ...this.options()])];
      case 7:
        return this.geosearchstore(key);
      case 8:
        return this.georadius(['GEORADIUS', key, ...this.lonlat()]);
      case 9:
        return this.georadius(['GEORADIUSBYMEMBER', key, this.member()]);
      case 10:
        return this.georadius(
          this.one([
            ['GEORADIUS_RO', key, ...this.lonlat()],
            ['GEORADIUSBYMEMBER_RO', key, this.member()],
          ]),
        );
      default:
        return this.other(key);
    }
  }

  private other(key: string): string[] {
    return this.one([
      ['ZADD', key, this.one(SCORES), this.member()],
      ['ZREM', key, this.member()],
      ['ZRANGE', key, '0', '-1', 'WITHSCORES'],
      ['DEL', key],
      ['EXPIRE', key, '1000'],
    ]);
  }

  private geoadd(key: string): string[] {
    const options = [this.maybe(4, 'NX'), this.maybe(4, 'XX'), this.maybe(2, 'ch')];
    const places = Array.from({ length: 1 + this.below(4) }, () => this.place());
    return ['GEOADD', key, ...this.shuffled(options), ...places.flat()];
  }

  private geosearchstore(key: string): string[] {
    const words = [this.from(), this.by(), ...this.options(), this.maybe(2, 'STOREDIST')];
    return ['GEOSEARCHSTORE', this.key(), key, ...this.shuffled(words)];
  }

  private georadius(head: string[]): string[] {
    const words = this.options();
    if (this.rarely(3)) words.push([this.one(['STORE', 'storedist']), this.key()]);
    return [...head, this.size(), this.unit(), ...this.shuffled(words)];
  }

  private from(): string[] {
    if (this.rarely(40)) return [];
    if (this.rarely(2)) return ['FROMMEMBER', this.member()];
    return ['FROMLONLAT', ...this.lonlat()];
  }

  private by(): string[] {
    if (this.rarely(40)) return [];
    if (this.rarely(2)) return ['BYRADIUS', this.size(), this.unit()];
    return ['BYBOX', this.size(), this.size(), this.unit()];
  }

  private options(): string[][] {
    return [
      this.maybe(3, this.one(['ASC', 'DESC'])),
      this.rarely(3) ? ['COUNT', this.count(), ...this.maybe(3, 'ANY')] : [],
      this.maybe(6, 'WITHCOORD'),
      this.maybe(6, 'withdist'),
      this.maybe(6, 'WITHHASH'),
    ];
  }

  private place(): string[] {
    return [...this.lonlat(), this.member()];
  }

  private lonlat(): string[] {
    if (this.rarely(80)) return [this.one(NO_PLACES), this.one(LATITUDES)];
    if (this.rarely(80)) return [this.one(LONGITUDES), this.one(NO_PLACES)];
    if (this.rarely(15)) return [this.one(LONGITUDES), this.one(LATITUDES)];
    const at = (centre: number, most: number): string => {
      const away = (this.below(1e9) / 1e9 - 0.5) * this.spread;
      return String(Math.max(-most, Math.min(most, centre + away)));
    };
    return [at(this.centre[0], 180), at(this.centre[1], 85.05)];
  }

  private size(): string {
    if (this.rarely(40)) return this.one(NO_SIZES);
    if (this.rarely(3)) return this.one(SIZES);
    // A degree is some hundred kilometres; so the places lie inside or outside by turns.
    return String((this.below(1e9) / 1e9) * this.spread * this.one([1, 100, 100_000, 300_000]));
  }

  private unit(): string {
    return this.rarely(40) ? this.word() : this.one(UNITS);
  }

  private count(): string {
    if (this.rarely(15)) return this.one(['0', '-1', 'x', '9223372036854775808', '']);
    return this.one(['1', '2', '3', '5', '10', '30', '70', '1000', '9223372036854775807']);
  }

  private members(): string[] {
    return Array.from({ length: this.below(5) }, () => this.member());
  }

  private member(): string {
    return this.rarely(60) ? this.word() : `m${this.below(200)}`;
  }

  private word(): string {
    return this.one(['', 'x', '1', '-1', 'km', 'ANY', 'COUNT', 'STORE', 'WITHDIST', 'a', 'ASC']);
  }

  private key(): string {
    return this.one(KEYS);
  }

  private maybe(n: number, word: string): string[] {
    return this.rarely(n) ? [word] : [];
  }

  private shuffled(parts: string[][]): string[] {
    const left = parts.slice();
    const words: string[] = [];
    while (left.length > 0) words.push(...left.splice(this.below(left.length), 1)[0]);
    return words;
  }

  private below(n: number): number {
    return this.chance.below(n);
  }

  private rarely(n: number): boolean {
    return this.chance.below(n) === 0;
  }

  private one<T>(of: readonly T[]): T {
    return this.chance.one(of);
  }
}

const there = (await realRedis('8.0.2')) !== null;
if (!there) process.stderr.write(`\n*** NOT COMPARED (places): ${whyNoRedis('8.0.2')} ***\n`);

describe.skipIf(!there)('geo commands by chance', () => {
  for (const resp3 of [false, true]) {
    test(
      `answer, announce and leave what real Redis does (RESP${resp3 ? 3 : 2}, seed ${SEED})`,
      async () => {
        const duel = await Duel.open(resp3);
        try {
          const caller = new Caller(SEED * 2 + Number(resp3));
          for (let played = 0; played < CALLS / 2; played += BOUT) {
            await duel.play(caller.bout(), agree);
          }
        } finally {
          await duel.close();
        }
      },
      Math.max(30_000, CALLS * 5),
    );
  }
});
