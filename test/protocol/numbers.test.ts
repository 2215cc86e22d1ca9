import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  fitsInt64,
  formatDouble,
  isInt64,
  parseDouble,
  parseInt64,
  parseMemory,
  parseSafeInt,
} from '../../protocol/numbers.ts';
import { Chance, withReal } from './real.ts';

const notIntegers = [
  ...[
    '',
    '-',
    '+1',
    '-0',
    '00',
    '01',
    '-01',
    ' 1',
    '1 ',
    '1\n',
    '1\0',
    '\x001',
    '1.',
    '1.0',
    '1e3',
  ],
  ...['0x1', '--1', '1-', '1_0', 'one', '0 ', '-a', '\xb2', '00000000000000000000001'],
];

test.each(notIntegers)('%j is not an integer', (s) => {
  expect(parseSafeInt(s)).toBeNaN();
  expect(parseInt64(s)).toBeUndefined();
  expect(isInt64(s)).toBe(false);
});

test('integers up to 2^53 - 1 are read as numbers, and zero has no sign', () => {
  expect(parseSafeInt('0')).toBe(0);
  expect(parseSafeInt('-1')).toBe(-1);
  expect(parseSafeInt('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
  expect(parseSafeInt('-9007199254740991')).toBe(Number.MIN_SAFE_INTEGER);
});

test.each(['9007199254740992', '-9007199254740992', '9007199254740993', '99999999999999999'])(
  '%s is no safe integer, but fits 64 bits',
  (s) => {
    expect(parseSafeInt(s)).toBeNaN();
    expect(parseInt64(s)).toBe(BigInt(s));
    expect(isInt64(s)).toBe(true);
  },
);

test('64 bits end at 2^63 - 1 and -2^63', () => {
  expect(parseInt64('9223372036854775807')).toBe(2n ** 63n - 1n);
  expect(parseInt64('-9223372036854775808')).toBe(-(2n ** 63n));
  for (const s of ['9223372036854775808', '-9223372036854775809', '10000000000000000000']) {
    expect(parseInt64(s)).toBeUndefined();
    expect(isInt64(s)).toBe(false);
  }
  expect(fitsInt64(2n ** 63n - 1n)).toBe(true);
  expect(fitsInt64(2n ** 63n)).toBe(false);
  expect(fitsInt64(-(2n ** 63n) - 1n)).toBe(false);
});

test('every integer is read from the string that it prints', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (n) => {
      expect(parseSafeInt(String(n))).toBe(n + 0); // + 0: there is no -0.
      expect(parseInt64(String(n))).toBe(BigInt(n));
    }),
  );
  fc.assert(
    fc.property(fc.bigInt(-(2n ** 65n), 2n ** 65n), (n) => {
      expect(parseInt64(String(n))).toBe(fitsInt64(n) ? n : undefined);
    }),
  );
});

// What a real server does with each of these is asked below, in the same words.
const doubles: [string, number][] = [
  ['1', 1],
  ['+1.5', 1.5],
  ['.5', 0.5],
  ['5.', 5],
  ['1e5', 1e5],
  ['1E+5', 1e5],
  ['007', 7],
  ['-0', -0],
  ['0e999999', 0],
  ['-0e-99999999999999999999', -0],
  ['9007199254740993', 9007199254740992],
  ['999999999999999999999', 1e21],
  ['inf', Infinity],
  ['+INF', Infinity],
  ['-Infinity', -Infinity],
  ['0x1p3', 8],
  ['-0X.8', -0.5],
  ['0x1.', 1],
  ['0x1.p+1', 2],
  ['0xAbCp-2', 687],
  ['0x0p99999999999999999999', 0],
  ['0x20000000000001p0', 2 ** 53], // A tie, to even.
  ['0x200000000000010000000000000000000000001p-96', 2 ** 57 + 32], // Hardly more than a tie.
  ['0x1p-1074', 5e-324],
  ['0x1.8p-1075', 5e-324],
  ['2.5e-324', 5e-324],
  ['1.7976931348623158e308', Number.MAX_VALUE],
  ['0x1.fffffffffffff7p1023', Number.MAX_VALUE],
];

const notDoubles = [
  ...[
    '',
    ' 1',
    '1 ',
    '\t1',
    '1\0',
    '\xa01',
    '.',
    '+',
    '-',
    'e5',
    '1e',
    '1e+',
    '+-1',
    '1.5.',
    '1_0',
  ],
  ...['0b1', '0o7', '0x', '0x.', '0x.p1', '0x1p', '0x1p+', '0xg', '0x1.1.1', '0x1p1.5', '1f'],
  ...['infin', 'infinityy', 'in', '+-inf', 'nan', '-nan', 'NaN', 'nan(1)', 'Infinity1'],
  ...['1e400', '-1e400', '1e-400', '2.4e-324', '1.7976931348623159e308', '1e99999999999999999999'],
  ...['0x1p2000', '0x1p-2000', '0x1p-1075', '0x1.fffffffffffff8p1023', '0x1p99999999999999999999'],
];

test.each(doubles)('%j is the double %d', (s, n) => {
  expect(parseDouble(s)).toBe(n);
});

test.each(notDoubles)('%j is not a double', (s) => {
  expect(parseDouble(s)).toBeNaN();
});

test('a double may be as long as it likes, in decimal and in hexadecimal', () => {
  const zeros = '0'.repeat(1_000_000);
  expect(parseDouble(`${zeros}1.5`)).toBe(1.5);
  expect(parseDouble(`1${zeros}e-1000000`)).toBe(1);
  expect(parseDouble(`0x${zeros}18p-4`)).toBe(1.5);
  expect(parseDouble(`0x1${zeros}p-4000000`)).toBe(1);
  expect(parseDouble(`0x0.${zeros}1p4000004`)).toBe(1);
});

const spellings: [number, string][] = [
  [3, '3'],
  [0, '0'],
  [-0, '-0'],
  [-1.5, '-1.5'],
  [NaN, 'nan'],
  [Infinity, 'inf'],
  [-Infinity, '-inf'],
  [0.1 + 0.2, '0.30000000000000004'],
  [1e17, '100000000000000000'],
  [2 ** 60, '1152921504606846976'],
  [2 ** 62, '4611686018427387904'],
  [2 ** 62 + 1024, '4611686018427389000'],
  [1e19, '1e+19'],
  [-1e21, '-1e+21'],
  [123456789012345680000, '123456789012345680000'],
  [1e-6, '0.000001'],
  [1e-7, '1e-7'],
  [1.5e-7, '1.5e-7'],
  [0.0001234, '1.234e-4'],
  [0.000012, '0.000012'],
  [0.00001234, '1.234e-5'],
  [0.0012345678901234567, '0.0012345678901234567'],
  [5e-324, '5e-324'],
  [Number.MAX_VALUE, '1.7976931348623157e+308'],
  [2 ** 866, '4.9201262289254483e+260'],
];

test.each(spellings)('%d is printed as %s', (n, s) => {
  expect(formatDouble(n)).toBe(s);
});

test('a double that Redis prints a digit longer than JavaScript is printed so', () => {
  expect(formatDouble(8.38292038493645e-123)).toBe('8.382920384936449e-123');
});

test('every double is read from the string that it prints', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true }), (n) => {
      expect(parseDouble(formatDouble(n))).toBe(n);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['', 0n],
  ['0', 0n],
  ['1b', 1n],
  ['1k', 1000n],
  ['1KB', 1024n],
  ['2m', 2_000_000n],
  ['2Mb', 2_097_152n],
  ['3g', 3_000_000_000n],
  ['3gB', 3_221_225_472n],
  ['mb', 0n],
  ['1\0mb', 1n],
  ['18446744073709551616', 2n ** 64n - 1n],
  ['17179869185gb', 2n ** 30n],
  ['1'.repeat(127), 2n ** 64n - 1n],
])('%j bytes of memory', (s, bytes) => {
  expect(parseMemory(s)).toBe(bytes);
});

test.each(['-1', ' 1', '1 mb', '1mb ', '1t', '1.5mb', '+1', '0x10', '1KiB', '1'.repeat(128)])(
  '%j is no amount of memory',
  (s) => {
    expect(parseMemory(s)).toBeUndefined();
  },
);

const seed = 20250;

await withReal('numbers, beside real Redis', ['--zset-max-listpack-entries', '0'], (ask) => {
  async function scores(texts: string[]): Promise<unknown[]> {
    const answers = await ask(
      texts.flatMap((s) => [
        ['DEL', 'z'],
        ['ZADD', 'z', s, 'm'],
        ['ZSCORE', 'z', 'm'],
      ]),
    );
    return texts.map((_, i) => answers[3 * i + 2]);
  }

  function stored(s: string): string | null {
    const n = parseDouble(s);
    return Number.isNaN(n) ? null : formatDouble(n);
  }

  test('the strings named above are doubles, or not, there too', async () => {
    const texts = [...doubles.map(([s]) => s), ...notDoubles];
    expect(await scores(texts)).toEqual(texts.map(stored));
  });

  test('the doubles named above are printed so there too', async () => {
    const finite = spellings.filter(([n]) => Number.isFinite(n));
    const asked = finite.map(([n]) => (Object.is(n, -0) ? '-0' : String(n)));
    expect(await scores(asked)).toEqual(finite.map(([, s]) => s));
  });

  test(`20,000 doubles of all kinds are printed alike (seed ${seed})`, async () => {
    const chance = new Chance(seed);
    const kinds = [
      () => chance.double(),
      () => chance.next() * 1000,
      () => chance.below(1e6) / 10 ** chance.below(12),
      () => 2 ** (chance.below(2098) - 1074),
      () => -(2 ** (chance.below(2046) - 1022)) * (1 - 2 ** -53),
      () => 2 ** 62 * (0.9 + chance.next() * 0.2),
      () => 5e-324 * chance.below(2 ** 32) * 2 ** chance.below(20),
      () => Number(`${chance.below(1e9)}e${chance.below(60) - 30}`),
    ];
    const numbers: number[] = [];
    while (numbers.length < 20_000) {
      const n = chance.one(kinds)();
      if (Number.isFinite(n)) numbers.push(n);
    }
    const answers = await scores(numbers.map(String));
    const differences = numbers.filter((n, i) => formatDouble(n + 0) !== answers[i]);
    expect(differences).toEqual([]);
  });

  test(`20,000 strings are read alike, or refused alike (seed ${seed})`, async () => {
    const chance = new Chance(seed);
    const sign = () => chance.one(['', '-', '+']);
    const digits = (most: number) => chance.text(chance.below(most), '0123456789.');
    const hex = (most: number) => chance.text(chance.below(most), '0018f.');
    const kinds = [
      () => chance.text(chance.below(7), '0123456789.eE+-xXpPinfINFty \0'),
      () => `${sign()}${digits(40)}e${chance.below(800) - 400}`,
      () => sign() + digits(9),
      () => chance.text(14 + chance.below(5), '0123456789'),
      () => `${sign()}0x${hex(30)}p${chance.below(2400) - 1200}`,
      () => `${sign()}0x1.${chance.text(chance.below(60), '08f1')}p${-1000 - chance.below(80)}`,
      () => `0x${chance.text(60, '08f1')}p${700 + chance.below(100)}`,
    ];
    const texts = Array.from({ length: 20_000 }, () => chance.one(kinds)());
    const answers = await scores(texts);
    const differences = texts.filter((s, i) => stored(s) !== answers[i]);
    expect(differences).toEqual([]);
  });

  test(`10,000 strings are integers, or not, there too (seed ${seed})`, async () => {
    const chance = new Chance(seed);
    const kinds = [
      () => chance.text(chance.below(5), '01-+ 9.'),
      () => (chance.below(2) ? '-' : '') + chance.text(chance.below(21), '0123456789'),
      () => String((2n ** 63n - 10n + BigInt(chance.below(20))) * (chance.below(2) ? 1n : -1n)),
      () => String((2n ** 53n - 10n + BigInt(chance.below(20))) * (chance.below(2) ? 1n : -1n)),
    ];
    const texts = [...notIntegers, ...Array.from({ length: 10_000 }, () => chance.one(kinds)())];
    const answers = await ask(
      texts.flatMap((s) => [
        ['DEL', 'k'],
        ['INCRBY', 'k', s],
      ]),
    );
    texts.forEach((s, i) => {
      const there = String(answers[2 * i + 1]);
      const n = parseInt64(s);
      expect(n === undefined ? '-' : `:${n}`, s).toBe(there[0] === '-' ? '-' : there);
      const safe = n !== undefined && Number.isSafeInteger(Number(n));
      expect(parseSafeInt(s), s).toBe(safe ? Number(n) : NaN);
      expect(isInt64(s), s).toBe(n !== undefined);
    });
  });

  describe('maxmemory', () => {
    test.each(['1k', '1Kb', '2m', '3gB', 'mb', '', '1\0mb', '99999999999999999999', '1kb '])(
      'set to %j comes to the same number of bytes',
      async (s) => {
        await ask([['CONFIG', 'SET', 'maxmemory', '77gb']]);
        const [outcome, [, bytes]] = (await ask([
          ['CONFIG', 'SET', 'maxmemory', s],
          ['CONFIG', 'GET', 'maxmemory'],
          ['CONFIG', 'SET', 'maxmemory', '0'],
        ])) as [string, string[]];
        expect(parseMemory(s)?.toString()).toBe(outcome === 'OK' ? bytes : undefined);
      },
    );
  });
});
