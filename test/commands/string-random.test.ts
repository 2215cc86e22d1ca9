// String commands drawn by chance, against real Redis 8.0.2. DUEL_CALLS=100000 plays more of
// them, DUEL_SEED=7 others.

import { Caller, duelByChance } from './string-duel.ts';

const KEYS = ['a', 'a', 'a', 'b', 'b', 'c', 'list', 'none', ''];
const INTEGERS = [
  ...['0', '1', '-1', '2', '10', '-10', '100', '9999', '10000', '2147483647', '-2147483648'],
  ...['4294967296', '9007199254740990', '9007199254740991', '9007199254740992'],
  ...['9007199254740993', '-9007199254740991', '-9007199254740992', '-9007199254740993'],
  ...['9223372036854775806', '9223372036854775807', '-9223372036854775807'],
  ...['-9223372036854775808', '4611686018427387904', '-4611686018427387905'],
];
const NO_INTEGERS = [
  ...['9223372036854775808', '-9223372036854775809', '', 'x', '1.5', '-0', '00', '+1', ' 1', '1 '],
  ...['1\x00', '0x10', '1e3', '18446744073709551615', '123456789012345678901234'],
];
const FLOATS = [
  ...['0', '-0', '1', '-1', '0.1', '0.2', '-0.1', '3.0', '3.14', '1e3', '1E-5', '5.', '.5', '+1'],
  ...['1e17', '1e18', '1e21', '123456789.123456789', '0.00000000000000001', '1e-17', '1e-18'],
  ...['9007199254740993', '9223372036854775807', '18446744073709551616', '1e300', '-1e300'],
  ...[
    '1.7976931348623157e308',
    '1e4000',
    '1e4932',
    '-1.1e4932',
    '0x1p3',
    '3.141592653589793238462',
  ],
];
const NO_FLOATS = [
  '',
  'x',
  'nan',
  'inf',
  '-inf',
  'infinity',
  ' 1',
  '1 ',
  '1e',
  '1,5',
  '1e5000',
  '--1',
];
const INDEXES = [
  ...['0', '0', '1', '2', '3', '5', '10', '44', '100', '-1', '-1', '-2', '-3', '-5', '-44', '-100'],
  ...['32767', '32768', '40000', '-40000'],
];
const OFFSETS = ['0', '1', '2', '5', '10', '43', '44', '100', '32760', '40000', '-1'];
const FAR = ['1048575', '1048576', '1048577', '536870912', '9223372036854775807'];
const TIMES: Readonly<Record<string, readonly string[]>> = {
  EX: ['1000', '5000000', '9223372036854775', '9223372036854775807', '4398046511104'],
  PX: ['1000000', '5000000000', '9223372036854775807', '9223370000000000000'],
  EXAT: ['4000000000', '5000000000', '1', '1000', '9223372036854775', '9223372036854775807'],
  PXAT: ['4000000000000', '5000000000123', '1', '1000000', '9223372036854775807'],
};
const NO_TIMES = ['0', '-1', '', 'x', '1.5', '9223372036854775808', '-9223372036854775808'];

class StringCaller extends Caller {
  protected call(): string[] {
    switch (this.below(10)) {
      case 0:
      case 1:
        return this.set();
      case 2:
        return this.getex();
      case 3:
      case 4:
        return this.counter();
      case 5:
      case 6:
        return this.part();
      case 7:
        return this.many();
      case 8:
        return this.lcs();
      default:
        return this.other();
    }
  }

  private set(): string[] {
    const argv = ['SET', this.key(), this.value()];
    if (this.rarely(2)) argv.push(this.one(['NX', 'XX', 'nx', 'Xx']));
    if (this.rarely(3)) argv.push(this.one(['GET', 'get']));
    if (this.rarely(2)) argv.push(...this.time());
    if (this.rarely(6)) argv.push('KEEPTTL');
    if (this.rarely(20)) argv.push(this.word());
    return argv;
  }

  private getex(): string[] {
    const argv = ['GETEX', this.key()];
    const how = this.below(4);
    if (how < 2) argv.push(...this.time());
    else if (how < 3) argv.push('PERSIST');
    if (this.rarely(20)) argv.push(...this.time());
    return argv;
  }

  private time(): string[] {
    const word = this.one(['EX', 'PX', 'EXAT', 'PXAT']);
    const number = this.rarely(6) ? this.one(NO_TIMES) : this.one(TIMES[word]);
    return [this.rarely(3) ? word.toLowerCase() : word, number];
  }

  private counter(): string[] {
    const key = this.key();
    const by = this.rarely(10) ? this.one(NO_INTEGERS) : this.one(INTEGERS);
    const float = this.rarely(10) ? this.one(NO_FLOATS) : this.one(FLOATS);
    return this.one([
      ['INCR', key],
      ['DECR', key],
      ['INCRBY', key, by],
      ['DECRBY', key, by],
      ['INCRBYFLOAT', key, float],
      ['INCRBYFLOAT', key, float],
      ['SET', key, this.rarely(2) ? by : float],
    ]);
  }

  private part(): string[] {
    const key = this.key();
    const index = () =>
      this.rarely(8) ? this.one([...NO_INTEGERS, ...INTEGERS]) : this.one(INDEXES);
    const offset = this.rarely(8) ? this.one([...FAR, ...NO_INTEGERS]) : this.one(OFFSETS);
    return this.one([
      ['GETRANGE', key, index(), index()],
      ['SUBSTR', key, index(), index()],
      ['SETRANGE', key, offset, this.value()],
      ['APPEND', key, this.value()],
      ['STRLEN', key],
      ['GET', key],
    ]);
  }

  private many(): string[] {
    const name = this.one(['MGET', 'MSET', 'MSETNX']);
    const argv = [name];
    for (let left = 1 + this.below(3); left > 0; left--) {
      argv.push(this.key());
      if (name !== 'MGET') argv.push(this.value());
    }
    return argv;
  }

  private lcs(): string[] {
    const argv = ['LCS', this.key(), this.key()];
    if (this.rarely(3)) argv.push('LEN');
    if (this.rarely(2)) argv.push('IDX');
    if (this.rarely(2)) argv.push('WITHMATCHLEN');
    if (this.rarely(2)) {
      argv.push(
        'MINMATCHLEN',
        this.rarely(10) ? this.word() : this.one(['0', '1', '2', '4', '-3']),
      );
    }
    if (this.rarely(20)) argv.push(this.word());
    return argv;
  }

  private other(): string[] {
    const key = this.key();
    const number = this.rarely(4) ? this.one(NO_TIMES) : this.one(TIMES['EX']);
    return this.one([
      ['GETSET', key, this.value()],
      ['GETDEL', key],
      ['SETNX', key, this.value()],
      ['SETEX', key, number, this.value()],
      ['PSETEX', key, this.rarely(4) ? this.one(NO_TIMES) : this.one(TIMES['PX']), this.value()],
      ['PERSIST', key],
      ['OBJECT', 'ENCODING', key],
      ['DEL', key],
      ['SETBIT', key, this.one(OFFSETS), '1'],
      ['EXPIRE', key, '1000'],
    ]);
  }

  private value(): string {
    switch (this.below(8)) {
      case 0:
        return this.one(['', 'x', ...NO_INTEGERS]);
      case 1:
      case 2:
        return this.one(INTEGERS);
      case 3:
        return 'y'.repeat(this.one([43, 44, 45, 100]));
      case 4:
        return this.rarely(3) ? 'z'.repeat(this.one([32767, 32768, 40000])) : this.one(FLOATS);
      default:
        return this.chance.text(this.below(30), this.one(['ab', 'abcdefgh', '\x00\xff\r\n"']));
    }
  }

  protected word(): string {
    return this.one([
      '',
      'x',
      '2',
      '-1',
      'NX',
      'GET',
      'KEEPTTL',
      'EX',
      'IDX',
      'a',
      'list',
      'MINMATCHLEN',
    ]);
  }

  private key(): string {
    return this.one(KEYS);
  }
}

await duelByChance('string', StringCaller);
