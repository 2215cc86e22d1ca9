// HyperLogLogs against a plain array of ranks, and the hash against one made of BigInts.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addElement,
  CHANGED,
  describeRuns,
  emptyHyperLogLog,
  encodingOf,
  estimateOf,
  estimateRanks,
  HEADER,
  isEstimated,
  isHyperLogLog,
  raise,
  raiseRanks,
  refreshEstimate,
  REGISTERS,
  SPARSE,
  toDense,
  UNCHANGED,
} from '../../datatypes/hyperloglog.ts';
import { place } from '../../datatypes/murmur.ts';
import type { Bytes } from '../../datatypes/string.ts';

const M = 0xc6a4a7935bd1e995n;

function product(a: bigint, b: bigint): bigint {
  return BigInt.asUintN(64, a * b);
}

function murmur(bytes: Buffer): bigint {
  let hash = 0xadc83b19n ^ product(BigInt(bytes.length), M);
  const whole = bytes.length - (bytes.length % 8);
  for (let at = 0; at < whole; at += 8) {
    let k = product(bytes.readBigUInt64LE(at), M);
    k = product(k ^ (k >> 47n), M);
    hash = product(hash ^ k, M);
  }
  if (whole < bytes.length) {
    const rest = Buffer.alloc(8);
    bytes.copy(rest, 0, whole);
    hash = product(hash ^ rest.readBigUInt64LE(), M);
  }
  hash = product(hash ^ (hash >> 47n), M);
  return hash ^ (hash >> 47n);
}

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));

test('an element goes where a hash of 64 bits sends it', () => {
  fc.assert(
    fc.property(bytes, (element) => {
      const hash = murmur(element);
      const bits = (hash >> 14n).toString(2).padStart(50, '0');
      const rank = bits.length - bits.lastIndexOf('1');
      const at = place(element.toString('latin1'));
      expect(at & (REGISTERS - 1)).toBe(Number(hash & 16383n));
      expect(at >> 14).toBe(bits.includes('1') ? rank : 51);
    }),
    { numRuns: 2000 },
  );
});

function ranksOf(hll: Bytes): Uint8Array {
  const ranks = new Uint8Array(REGISTERS);
  expect(raiseRanks(ranks, hll.buf, hll.length)).toBe(true);
  return ranks;
}

// Few registers, close to each other and to both ends, so that runs are split and joined.
const register = fc.oneof(
  fc.integer({ min: 0, max: 12 }),
  fc.integer({ min: 100, max: 180 }),
  fc.integer({ min: REGISTERS - 70, max: REGISTERS - 1 }),
  fc.integer({ min: 0, max: REGISTERS - 1 }),
);
const rank = fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 32 }));
const high = fc.integer({ min: 33, max: 51 });

function checkRaises(raises: readonly (readonly [number, number])[], sparseMax: number): Bytes {
  const hll = emptyHyperLogLog();
  const model = new Uint8Array(REGISTERS);
  for (const [at, to] of raises) {
    const before = hll.length;
    expect(raise(hll, at, to, sparseMax)).toBe(to > model[at] ? CHANGED : UNCHANGED);
    model[at] = Math.max(model[at], to);
    expect(isHyperLogLog(hll)).toBe(true);
    if (encodingOf(hll) === SPARSE) {
      expect(hll.length - before).toBeLessThanOrEqual(3);
      expect(hll.length).toBeLessThanOrEqual(Math.max(sparseMax, HEADER + 2));
      expect(hll.buf.subarray(hll.length).every((byte) => byte === 0)).toBe(true);
    }
  }
  expect(ranksOf(hll)).toEqual(model);
  expect(refreshEstimate(hll)).toBe(true);
  expect(estimateOf(hll)).toBe(estimateRanks(model));
  expect(isEstimated(hll)).toBe(true);
  return hll;
}

test('registers hold the highest rank that they were raised to, whatever the encoding', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(register, rank), { maxLength: 120 }),
      fc.constantFrom(0, 18, 20, 60, 3000),
      (raises, sparseMax) => {
        checkRaises(raises, sparseMax);
      },
    ),
    { numRuns: 300 },
  );
});

test('runs hold ranks to 32, and 33 makes a value dense', () => {
  const hll = emptyHyperLogLog();
  raise(hll, 5, 32, 3000);
  expect(describeRuns(hll)).toBe('z:5 v:32,1 Z:16378');
  raise(hll, 5, 33, 3000);
  expect(encodingOf(hll)).not.toBe(SPARSE);
  expect(ranksOf(hll)[5]).toBe(33);
});

test('a rank that runs cannot say makes a value dense', () => {
  fc.assert(
    fc.property(fc.tuple(register, high), fc.array(fc.tuple(register, rank)), (one, others) => {
      const hll = checkRaises([...others, one, ...others], 3000);
      expect(encodingOf(hll)).not.toBe(SPARSE);
    }),
    { numRuns: 30 },
  );
});

test('equal ranks side by side become one run, up to four', () => {
  const hll = emptyHyperLogLog();
  for (const at of [10, 12, 11, 13, 14]) raise(hll, at, 5, 3000);
  expect(describeRuns(hll)).toBe('z:10 v:5,4 v:5,1 Z:16369');
});

test('a dense value has the same registers as the sparse one that it was', () => {
  const hll = emptyHyperLogLog();
  for (let i = 0; i < 500; i++) addElement(hll, `element ${i}`, 3000);
  expect(encodingOf(hll)).toBe(SPARSE);
  const before = ranksOf(hll);
  expect(toDense(hll)).toBe(true);
  expect(encodingOf(hll)).not.toBe(SPARSE);
  expect(ranksOf(hll)).toEqual(before);
});

test('what is the matter with a value is noticed, and the value is left alone', () => {
  fc.assert(
    fc.property(bytes, (runs) => {
      const hll = emptyHyperLogLog();
      hll.edit(HEADER + runs.length);
      hll.length = HEADER + runs.length;
      runs.copy(hll.buf, HEADER);
      const sound = raiseRanks(new Uint8Array(REGISTERS), hll.buf, hll.length);
      const before = hll.toString();
      expect(toDense(hll)).toBe(sound);
      if (!sound) {
        expect(hll.toString()).toBe(before);
        expect(refreshEstimate(hll)).toBe(false);
      }
      for (let i = 0; i < 20; i++) addElement(hll, String(i), 100); // Does not throw.
    }),
  );
});

test('estimates are good: within three standard errors for these elements', () => {
  const hll = emptyHyperLogLog();
  let added = 0;
  for (const count of [1, 10, 100, 1000, 10_000, 50_000, 100_000, 300_000]) {
    for (; added < count; added++) addElement(hll, `user:${added}`, 3000);
    refreshEstimate(hll);
    const error = Math.abs(Number(estimateOf(hll)) - count) / count;
    expect(error).toBeLessThan((3 * 1.04) / Math.sqrt(REGISTERS));
  }
});

test('estimates at the ends: nothing seen, and more than 64 bits can say', () => {
  expect(estimateRanks(new Uint8Array(REGISTERS))).toBe(0);
  expect(estimateRanks(new Uint8Array(REGISTERS).fill(51))).toBe(-(2 ** 63));
});
