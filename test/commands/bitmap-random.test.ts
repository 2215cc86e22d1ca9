// Bitmap commands drawn by chance, against real Redis 8.0.2. DUEL_CALLS=100000 plays more of
// them, DUEL_SEED=7 others.

import { Caller, duelByChance } from './string-duel.ts';

const KEYS = ['a', 'a', 'a', 'b', 'b', 'c', 'list', 'none'];
const SMALL = ['0', '1', '2', '7', '8', '9', '15', '31', '63', '64', '100', '511', '2047', '2048'];
const LARGE = ['262143', '262144', '300000', '1048583'];
const EDGES = [
  ...['8388607', '8388608', '8388609', '4294967296', '8589934592', '-1', '-9223372036854775808'],
  ...['9223372036854775807', '9223372036854775808', '1x', '', '01', '+1', ' 1', '1.0', '#', '#1'],
];
const RANGE = [
  ...['0', '0', '1', '2', '3', '5', '8', '20', '40', '64', '255', '256', '32768', '300000'],
  ...['-1', '-1', '-2', '-3', '-8', '-9', '-40', '-300', '-40000', '9007199254740993'],
  ...['9223372036854775807', '-9223372036854775808', '-9223372036854775807'],
  ...['-9007199254740993', '-9007199254740994'],
];
const NUMBERS = [
  ...['0', '1', '-1', '2', '7', '100', '127', '128', '-128', '-129', '255', '256', '300', '65536'],
  ...['2147483647', '2147483648', '-2147483649', '4294967295', '4294967296', '1099511627776'],
  ...['4503599627370495', '4503599627370496', '-4503599627370497', '9007199254740991'],
  ...['9007199254740992', '-9007199254740991', '-9007199254740993', '4611686018427387904'],
  ...['9223372036854775807', '-9223372036854775808', '-9223372036854775807'],
  ...['-9223372036854775000', '-4611686018427387905', '1152921504606846976'],
];
const NO_NUMBERS = ['9223372036854775808', '', 'x', '1.5', '-0', '00'];
const TYPES = [
  ...['u1', 'u2', 'u3', 'u4', 'u5', 'u7', 'u8', 'u8', 'u9', 'u16', 'u31', 'u32', 'u33', 'u51'],
  ...['u52', 'u53', 'u54', 'u62', 'u63', 'i1', 'i2', 'i5', 'i8', 'i8', 'i16', 'i31', 'i32', 'i33'],
  ...['i51', 'i52', 'i53', 'i54', 'i62', 'i63', 'i64', 'i64'],
];
const NO_TYPES = ['u64', 'u0', 'i0', 'i65', 'u08', 'U8', 'u', '', '8', 'i-1', 'u8 ', 'x8', 'u255'];

class BitmapCaller extends Caller {
  protected call(): string[] {
    switch (this.below(14)) {
      case 0:
      case 1:
        return ['SETBIT', this.key(), this.offset(), this.rarely(30) ? this.word() : this.bit()];
      case 2:
        return ['GETBIT', this.key(), this.offset()];
      case 3:
      case 4:
        return ['BITCOUNT', this.key(), ...this.range(2)];
      case 5:
      case 6:
        return ['BITPOS', this.key(), this.rarely(30) ? this.word() : this.bit(), ...this.range(1)];
      case 7:
      case 8:
        return this.bitop();
      case 9:
      case 10:
      case 11:
        return this.bitfield();
      case 12:
        return ['SET', this.key(), this.value()];
      default:
        return this.other();
    }
  }

  private other(): string[] {
    const key = this.key();
    return this.one([
      ['GET', key],
      ['GET', key],
      ['STRLEN', key],
      ['OBJECT', 'ENCODING', key],
      ['DEL', key],
      ['APPEND', key, this.value()],
      ['GETRANGE', key, this.one(RANGE), this.one(RANGE)],
      ['INCR', key],
      ['EXPIRE', key, '1000'],
    ]);
  }

  private range(least: number): string[] {
    const unit = this.rarely(20) ? this.word() : this.one(['BIT', 'BYTE', 'bit', 'Byte']);
    const words = [this.one(RANGE), this.one(RANGE), unit];
    const length = this.below(5) - 1;
    return words.slice(0, length < least ? 0 : length);
  }

  private bitop(): string[] {
    const how = this.one(['AND', 'OR', 'XOR', 'NOT', 'and', 'Or', 'xor', 'not', 'DIFF']);
    const most = /not/i.test(how) && !this.rarely(5) ? 1 : 4;
    const keys = Array.from({ length: 1 + this.below(most) }, () => this.key());
    return ['BITOP', how, this.key(), ...keys];
  }

  private bitfield(): string[] {
    const argv = [this.rarely(5) ? 'BITFIELD_RO' : 'BITFIELD', this.key()];
    for (let left = this.below(4); left > 0; left--) {
      if (this.rarely(2)) argv.push('OVERFLOW', this.one(['WRAP', 'SAT', 'FAIL', 'sat', 'fail']));
      const type = this.rarely(60) ? this.one(NO_TYPES) : this.one(TYPES);
      const hash = this.rarely(3) ? '#' : '';
      const at = hash + (this.rarely(8) ? this.offset() : String(this.below(20)));
      const number = this.rarely(60) ? this.one(NO_NUMBERS) : this.one(NUMBERS);
      const how = argv[0] === 'BITFIELD' || this.rarely(10) ? this.below(4) : 0;
      if (how === 0) argv.push('GET', type, at);
      else if (how === 1) argv.push('SET', type, at, number);
      else argv.push(this.one(['INCRBY', 'incrby']), type, at, number);
    }
    if (this.rarely(30)) argv.push(this.word());
    return argv;
  }

  private value(): string {
    const byte = this.one(['\x00', '\xff', '\x01', '\x80', 'a', '7']);
    switch (this.below(8)) {
      case 0:
        return '';
      case 1:
        return this.one(NUMBERS);
      case 2:
        return byte.repeat(this.one([1, 3, 43, 44, 45, 63, 64, 65, 255, 256]));
      case 3:
        return byte.repeat(this.one([32767, 32768, 40000]));
      case 4: {
        const bytes = byte.repeat(300);
        const at = this.below(300);
        return `${bytes.slice(0, at)}${this.one(['\x10', '\xfe'])}${bytes.slice(at)}`;
      }
      default:
        return this.chance.text(this.below(90), '\x00\x01\x7f\x80\xfe\xffab1');
    }
  }

  private offset(): string {
    if (this.rarely(25)) return this.one(EDGES);
    return this.rarely(12) ? this.one(LARGE) : this.one(SMALL);
  }

  private bit(): string {
    return this.one(['0', '1', '1']);
  }

  protected word(): string {
    return this.one(['', 'x', '2', '-1', '0', 'BIT', 'GET', 'OVERFLOW', 'a', 'list', 'u8', '#1']);
  }

  private key(): string {
    return this.one(KEYS);
  }
}

await duelByChance('bitmap', BitmapCaller);
