// Sizes of listpack entries, and the bytes themselves.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  EMPTY_LISTPACK,
  END_MARK,
  entryAfter,
  entryBefore,
  entryBytes,
  FIRST_ENTRY,
  isPackedInteger,
  numberBytes,
  packed,
  readEntry,
  readInteger,
  writeNumber,
} from '../../datatypes/listpack.ts';

test('integers take as few bytes as their encoding allows, and one for their length', () => {
  const sizes: [number, string[]][] = [
    [2, ['0', '1', '127']],
    [3, ['-1', '128', '4095', '-4096']],
    [4, ['4096', '-4097', '32767', '-32768']],
    [5, ['32768', '-32769', '8388607', '-8388608']],
    [6, ['8388608', '-8388609', '2147483647', '-2147483648']],
    [10, ['2147483648', '-2147483649', '9223372036854775807', '-9223372036854775808']],
  ];
  for (const [size, elements] of sizes) {
    for (const element of elements) {
      expect(entryBytes(element), element).toBe(size);
      expect(isPackedInteger(element), element).toBe(true);
    }
  }
});

test('what an integer would not be printed as is a string', () => {
  for (const element of ['', '-', '-0', '00', '+1', '1 ', '1.0', '9223372036854775808', 'x']) {
    expect(isPackedInteger(element), element).toBe(false);
    expect(entryBytes(element), element).toBe(element.length + 2);
  }
  expect(isPackedInteger('-9223372036854775809')).toBe(false);
  expect(isPackedInteger('99999999999999999999')).toBe(false);
});

test('long strings need longer headers, and longer lengths behind them', () => {
  const overheads: [number, number][] = [
    [63, 2],
    [64, 3],
    [125, 3],
    [126, 4],
    [4095, 4],
    [4096, 7],
    [16_377, 7],
    [16_378, 8],
  ];
  for (const [length, overhead] of overheads) {
    expect(entryBytes('x'.repeat(length)) - length, String(length)).toBe(overhead);
  }
});

const element = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  fc.integer({ min: -70_000, max: 70_000 }).map(String),
  fc.string({ unit: fc.nat(255).map((code) => String.fromCharCode(code)), maxLength: 200 }),
  fc.integer({ min: 0, max: 20_000 }).map((length) => 'x'.repeat(length)),
);

test('a listpack is as long as its entries say, and says so itself', () => {
  fc.assert(
    fc.property(fc.array(element, { maxLength: 20 }), (elements) => {
      const pack = packed(elements);
      const size = elements.reduce((sum, each) => sum + entryBytes(each), EMPTY_LISTPACK);
      expect(pack.length).toBe(size);
      expect(pack.readUInt32LE(0)).toBe(size);
      expect(pack.readUInt16LE(4)).toBe(elements.length);
      expect(pack[size - 1]).toBe(0xff);
    }),
  );
});

test('every encoding has its bytes', () => {
  const elements = ['5', '-1', '300', '70000', '-2147483648', '4294967296', 'ab', 'y'.repeat(64)];
  expect(packed(elements).toString('hex')).toBe(
    [
      '6b000000' + '0800',
      '05' + '01',
      'dfff' + '02',
      'c12c' + '02',
      'f2701101' + '04',
      'f300000080' + '05',
      'f40000000001000000' + '09',
      '826162' + '03',
      `e040${'79'.repeat(64)}42`,
      'ff',
    ].join(''),
  );
});

test('what was packed is read again, from either end', () => {
  fc.assert(
    fc.property(fc.array(element, { maxLength: 20 }), (elements) => {
      const pack = packed(elements);
      let at = FIRST_ENTRY;
      for (const each of elements) {
        expect(readEntry(pack, at)).toBe(each);
        if (isPackedInteger(each)) expect(readInteger(pack, at)).toBe(Number(each));
        else expect(readInteger(pack, at)).toBe(NaN);
        at = entryAfter(pack, at);
      }
      expect(pack[at]).toBe(END_MARK);
      for (const each of elements.toReversed()) {
        at = entryBefore(pack, at);
        expect(readEntry(pack, at)).toBe(each);
      }
      expect(at).toBe(FIRST_ENTRY);
    }),
  );
});

test('a number is written as the element that spells it', () => {
  const edges = [7, 12, 15, 23, 31, 32, 40].flatMap((bits) => [2 ** bits - 1, 2 ** bits]);
  const numbers = [...edges, ...edges.map((n) => -n), ...edges.map((n) => -n - 1)];
  for (const n of [0, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, ...numbers]) {
    const pack = Buffer.alloc(24);
    const end = writeNumber(pack, FIRST_ENTRY, n);
    expect(end - FIRST_ENTRY, String(n)).toBe(numberBytes(n));
    pack[end] = END_MARK;
    expect(pack.subarray(FIRST_ENTRY, end + 1)).toEqual(packed([String(n)]).subarray(FIRST_ENTRY));
  }
});
