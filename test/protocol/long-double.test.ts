import { expect, test } from 'vitest';
import {
  addLongDoubles,
  formatLongDouble,
  incrByFloat,
  NOT_FINITE,
  parseLongDouble,
} from '../../protocol/long-double.ts';
import { Chance, withReal } from './real.ts';

test.each([
  ['10.5', '0.1', '10.6'],
  ['0.1', '0.2', '0.3'],
  ['5.0e3', '200', '5200'],
  ['3', '-1.1', '1.9'],
  ['-0', '0', '0'],
  ['1.5', '-1.5', '0'],
  ['0.25', '-0.5', '-0.25'],
  ['9007199254740991', '1', '9007199254740992'],
  ['9007199254740991', '9007199254740990', '18014398509481981'],
  [`${'0'.repeat(5118)}1`, '1', '2'],
  ['9223372036854775807', '1', '9223372036854775808'],
  ['18446744073709551616', '1', '18446744073709551616'], // 65 bits, a tie, to even.
  ['18446744073709551616', '3', '18446744073709551620'],
  ['0x1.8p3', '+.5', '12.5'],
  ['1e-17', '0', '0.00000000000000001'],
  ['-1e-18', '0', '0'],
  ['1e-4950', '0', '0'],
])('%s + %s is %s', (value, increment, sum) => {
  expect(incrByFloat(value, increment)).toBe(sum);
});

test('what 64 bits cannot hold shows in the seventeenth decimal', () => {
  expect(incrByFloat('1000.1', '0')).toBe('1000.09999999999999998');
});

const notFloats = [
  ...['', ' 1', '1 ', '1\0', '\v1', '.', '-', '1e', '0x', '0x.p1', 'abc', '1.5x', 'nan', 'infi'],
  ...[
    '1e5000',
    '-1e5000',
    '1e-5000',
    '1.8e-4951',
    '0x1p16384',
    '0x1p-16446',
    `${'0'.repeat(5119)}1`,
  ],
];

test.each(notFloats)('%j is no float, on either side', (s) => {
  expect(parseLongDouble(s)).toBeUndefined();
  expect(incrByFloat(s, '1')).toBeUndefined();
  expect(incrByFloat('1', s)).toBeUndefined();
});

test('a sum that is infinite, or no number, is told from a bad argument', () => {
  expect(incrByFloat('inf', '1')).toBe(NOT_FINITE);
  expect(incrByFloat('inf', '-INFINITY')).toBe(NOT_FINITE);
  expect(incrByFloat('1.18e4932', '1.18e4932')).toBe(NOT_FINITE);
  expect(parseLongDouble('-inf')?.isFinite).toBe(false);
});

test('the largest and the smallest long double are read', () => {
  expect(parseLongDouble('0x.ffffffffffffffffp16384')?.isFinite).toBe(true);
  expect(parseLongDouble('1.18973149535723176505e+4932')?.isFinite).toBe(true);
  expect(parseLongDouble('1.18973149535723176509e+4932')).toBeUndefined();
  expect(parseLongDouble('0x1p-16445')?.significand).toBe(1n);
  expect(parseLongDouble('1.9e-4951')?.significand).toBe(1n);
});

test('the short way and the long way come to the same sum', () => {
  const chance = new Chance(17);
  for (let i = 0; i < 20_000; i++) {
    const [a, b] = [0, 0].map(() => {
      const n = (chance.next() * 2 - 1) * chance.one([1, 16, 33, 1000, 2 ** 53, 2 ** 54]);
      return n.toFixed(chance.below(16));
    }) as [string, string];
    const sum = addLongDoubles(parseLongDouble(a)!, parseLongDouble(b)!);
    expect(incrByFloat(a, b), `${a} + ${b}`).toBe(formatLongDouble(sum));
  }
});

const seed = 80;

await withReal('long doubles, beside real Redis', [], (ask) => {
  async function sums(pairs: [string, string][]): Promise<unknown[]> {
    const answers = await ask(
      pairs.flatMap(([value, increment]) => [
        ['SET', 'k', value],
        ['INCRBYFLOAT', 'k', increment],
      ]),
    );
    return pairs.map((_, i) => answers[2 * i + 1]);
  }

  function ours(value: string, increment: string): string {
    const sum = incrByFloat(value, increment);
    if (sum === undefined) return '-ERR value is not a valid float';
    return sum === NOT_FINITE ? '-ERR increment would produce NaN or Infinity' : sum;
  }

  const chance = new Chance(seed);
  const sign = () => chance.one(['', '', '-', '+']);
  const digits = (least: number, most: number) =>
    chance.text(least + chance.below(most - least + 1), '0123456789');
  const hex = (least: number, most: number) =>
    chance.text(least + chance.below(most - least + 1), '0123456789abcdefABCDEF');
  const rare = [
    ...['inf', '-inf', '1e4932', '1.18973149535723176502e+4932', '-1.18973149535723176505e+4932'],
    ...['3.6e-4951', '0', '-0', '0x1p16383', '-0x1p16383', '0x.ffffffffffffffffp16384'],
    ...['0x1p-16445', '0x1.8p-16446', '9'.repeat(4000), `0.${'3'.repeat(5117)}`, ...notFloats],
  ];
  const kinds = [
    () => `${sign()}${digits(1, 4)}.${digits(1, 6)}`,
    () => sign() + digits(1, 20),
    () => `${sign()}${digits(1, 2)}.${digits(0, 20)}`,
    () => String(chance.double()).replace('Infinity', 'inf'),
    () => `${sign()}${digits(1, 3)}e${chance.below(60) - 30}`,
    () => `${sign()}${digits(1, 30)}.${digits(0, 30)}e${chance.below(10_000) - 5000}`,
    () => `${sign()}0x${hex(1, 20)}.${hex(0, 10)}${chance.one(['', 'p-70', 'P9', 'p+64'])}`,
    () => `${sign()}0x${hex(1, 20)}p${chance.below(33_000) - 16_600}`,
    () => String(2n ** BigInt(62 + chance.below(4)) + BigInt(chance.below(5) - 2)),
    () => `${sign()}${digits(1, 2)}.${digits(17, 17)}5`,
    () => (chance.below(2 ** 30) / 2 ** chance.below(30)).toFixed(chance.below(20)),
    () => chance.one(rare),
  ];

  test(`20,000 sums are the same, and errors too (seed ${seed})`, async () => {
    const pairs = Array.from({ length: 20_000 }, (): [string, string] => [
      chance.one(kinds)(),
      chance.one(kinds)(),
    ]);
    const answers = await sums(pairs);
    const differences = pairs.filter(([a, b], i) => ours(a, b) !== answers[i]);
    expect(differences).toEqual([]);
  });
});
