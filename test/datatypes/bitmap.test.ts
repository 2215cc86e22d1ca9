// Rows of bits are played against the dullest model of them: a string of '0' and '1'.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  AND,
  combine,
  countOnes,
  findBit,
  invert,
  OR,
  readBigBits,
  readBits,
  writeBigBits,
  writeBits,
  XOR,
} from '../../datatypes/bitmap.ts';

// Rows that start at any place in their memory, so that words and rows begin at different bytes.
// Long stretches of the same byte are likely: they are what searches skip.
const row = fc
  .record({
    before: fc.nat(7),
    runs: fc.array(
      fc.record({
        byte: fc.oneof(fc.constantFrom(0, 255), fc.nat(255)),
        times: fc.oneof(fc.constant(1), fc.nat(120), fc.constant(4099)),
      }),
      { maxLength: 6 },
    ),
  })
  .map(({ before, runs }) => {
    const bytes = Buffer.concat(runs.map(({ byte, times }) => Buffer.alloc(times, byte)));
    const memory = Buffer.alloc(before + bytes.length + 8, 0xaa);
    bytes.copy(memory, before);
    return memory.subarray(before, before + bytes.length);
  });

const place = fc.nat(100_000); // Modulo the bits there are.

function bitsOf(buf: Buffer): string {
  return Array.from(buf, (byte) => byte.toString(2).padStart(8, '0')).join('');
}

function bytesOf(bits: string): Buffer {
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

test('countOnes counts the ones of any range', () => {
  fc.assert(
    fc.property(row, place, place, (buf, from, to) => {
      const bits = bitsOf(buf);
      const first = from % (bits.length + 1);
      const end = to % (bits.length + 1);
      const model = bits.slice(first, end).replaceAll('0', '').length;
      expect(countOnes(buf, first, end)).toBe(model);
    }),
    { numRuns: 1000 },
  );
});

test('findBit finds the first one, or the first zero, of any range', () => {
  fc.assert(
    fc.property(row, place, place, fc.boolean(), (buf, from, to, set) => {
      const bits = bitsOf(buf);
      const first = from % (bits.length + 1);
      const end = to % (bits.length + 1);
      expect(findBit(buf, set, first, end)).toBe(
        bits.slice(0, end).indexOf(set ? '1' : '0', first),
      );
    }),
    { numRuns: 1000 },
  );
});

test('combine works bit by bit, and takes what is missing for zeros', () => {
  const operations: [number, (a: number, b: number) => number][] = [
    [AND, (a, b) => a & b],
    [OR, (a, b) => a | b],
    [XOR, (a, b) => a ^ b],
  ];
  fc.assert(
    fc.property(row, row, fc.constantFrom(...operations), (one, other, [how, join]) => {
      const [into, source] = one.length >= other.length ? [one, other] : [other, one];
      const model = Buffer.from(into.map((byte, i) => join(byte, source[i] ?? 0)));
      combine(into, source, source.length, how);
      expect(into.equals(model)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test('combine leaves the other row, and what lies around both, as it was', () => {
  const memory = Buffer.alloc(400, 0xaa);
  const other = Buffer.alloc(200, 0x0f);
  combine(memory.subarray(8, 308), other, 200, XOR);
  expect(memory.subarray(0, 8)).toEqual(Buffer.alloc(8, 0xaa));
  expect(memory.subarray(8, 208)).toEqual(Buffer.alloc(200, 0xa5));
  expect(memory.subarray(208)).toEqual(Buffer.alloc(192, 0xaa));
  expect(other).toEqual(Buffer.alloc(200, 0x0f));
});

test('invert turns every bit over, and none beside the row', () => {
  fc.assert(
    fc.property(row, (buf) => {
      const model = bitsOf(buf).replace(/./g, (bit) => (bit === '0' ? '1' : '0'));
      const around = Buffer.from(buf.buffer, buf.byteOffset + buf.length, 1);
      invert(buf);
      expect(bitsOf(buf)).toBe(model);
      expect(around[0]).toBe(0xaa);
    }),
  );
});

const field = fc.record({
  bytes: fc.uint8Array({ maxLength: 24 }),
  bit: fc.nat(120),
  width: fc.integer({ min: 1, max: 64 }),
});

test('readBits and readBigBits read fields of any width, with zeros behind the end', () => {
  fc.assert(
    fc.property(field, ({ bytes, bit, width }) => {
      const bits = bitsOf(Buffer.from(bytes)).padEnd(256, '0');
      const model = BigInt(`0b${bits.slice(bit, bit + width)}`);
      // What lies behind the length is not part of the row.
      const buf = Buffer.concat([bytes, Buffer.alloc(32, 0xff)]);
      expect(readBigBits(buf, bytes.length, bit, width)).toBe(model);
      if (width <= 53) expect(readBits(buf, bytes.length, bit, width)).toBe(Number(model));
    }),
    { numRuns: 2000 },
  );
});

test('writeBits and writeBigBits change their field and nothing else', () => {
  fc.assert(
    fc.property(field, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (at, any) => {
      const { bit, width } = at;
      const before = bitsOf(Buffer.concat([at.bytes, Buffer.alloc(32)]));
      const n = BigInt.asUintN(width, any);
      const digits = n.toString(2).padStart(width, '0');
      const model = before.slice(0, bit) + digits + before.slice(bit + width);
      const big = bytesOf(before);
      writeBigBits(big, bit, width, n);
      expect(bitsOf(big)).toBe(model);
      if (width > 53) return;
      const narrow = bytesOf(before);
      writeBits(narrow, bit, width, Number(n));
      expect(bitsOf(narrow)).toBe(model);
    }),
    { numRuns: 2000 },
  );
});

test('writeBigBits writes a negative number as its two’s complement', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 }), fc.nat(70), (width, bit) => {
      const buf = Buffer.alloc(24);
      const least = -(1n << BigInt(width - 1));
      writeBigBits(buf, bit, width, least);
      expect(BigInt.asIntN(width, readBigBits(buf, 24, bit, width))).toBe(least);
    }),
  );
});

test('a row may be longer than 2^32 bits', () => {
  const far = 2 ** 32 + 3;
  const buf = Buffer.alloc(2 ** 29 + 16);
  writeBits(buf, far, 53, 2 ** 53 - 1);
  expect(readBits(buf, buf.length, far, 53)).toBe(2 ** 53 - 1);
  expect(readBits(buf, buf.length, far - 1, 2)).toBe(1);
  expect(countOnes(buf, far - 1000, buf.length * 8)).toBe(53);
  expect(countOnes(buf, far + 1, far + 11)).toBe(10);
  expect(findBit(buf, true, far - 1000, buf.length * 8)).toBe(far);
  expect(findBit(buf, false, far, buf.length * 8)).toBe(far + 53);
  expect(findBit(buf, true, far + 53, buf.length * 8)).toBe(-1);
});
