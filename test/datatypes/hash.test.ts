import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Hash } from '../../datatypes/hash.ts';

const MAX_ENTRIES = 8;
const MAX_BYTES = 10;

function filled(count: number): Hash {
  const hash = new Hash(1);
  for (let i = 0; i < count; i++) hash.set(`f${i}`, `v${i}`, MAX_ENTRIES, MAX_BYTES);
  return hash;
}

function fieldsOf(hash: Hash): string[] {
  return Array.from({ length: hash.size }, (_, i) => hash.fieldAt(i));
}

test('a hash is a listpack up to the limits, and a hash table beyond one of them, for good', () => {
  expect(filled(MAX_ENTRIES).encoding).toBe('listpack');
  const many = filled(MAX_ENTRIES + 1);
  expect(many.encoding).toBe('hashtable');
  many.removeAt(0);
  expect(many.encoding).toBe('hashtable');

  const long = filled(1);
  long.set('f', 'x'.repeat(MAX_BYTES), MAX_ENTRIES, MAX_BYTES);
  expect(long.encoding).toBe('listpack');
  long.set('f', 'x'.repeat(MAX_BYTES + 1), MAX_ENTRIES, MAX_BYTES);
  expect(long.encoding).toBe('hashtable');
  expect(long.valueAt(long.find('f0'))).toBe('v0');
});

test('a small hash with times is sorted by them, and those that never expire come last', () => {
  const hash = filled(4);
  hash.expireAt(hash.find('f2'), 300);
  hash.expireAt(hash.find('f0'), 100);
  hash.expireAt(hash.find('f3'), 200);
  expect(hash.encoding).toBe('listpackex');
  expect(fieldsOf(hash)).toEqual(['f0', 'f3', 'f2', 'f1']);
  hash.expireAt(hash.find('f0'), 0);
  expect(fieldsOf(hash)).toEqual(['f3', 'f2', 'f1', 'f0']);
});

test('a new value takes the expiry away, unless it is to be kept', () => {
  const hash = filled(2);
  hash.expireAt(0, 100);
  hash.set('f0', 'new', MAX_ENTRIES, MAX_BYTES, true);
  expect(hash.expiryAt(hash.find('f0'))).toBe(100);
  hash.set('f0', 'newer', MAX_ENTRIES, MAX_BYTES);
  expect(hash.expiryAt(hash.find('f0'))).toBe(0);
  expect(hash.timed).toBe(0);
});

test('a field lives through the millisecond that it expires in', () => {
  const hash = filled(2);
  hash.expireAt(0, 100);
  expect(hash.expiredAt(0, 100)).toBe(false);
  expect(hash.expiredAt(0, 101)).toBe(true);
  expect(hash.liveSize(100)).toBe(2);
  expect(hash.liveSize(101)).toBe(1);
});

test('a copy has a life of its own', () => {
  for (const count of [3, MAX_ENTRIES + 1]) {
    const hash = filled(count);
    hash.expireAt(0, 100);
    const copy = hash.copy();
    expect(copy.encoding).toBe(hash.encoding);
    copy.removeAt(copy.find('f0'));
    copy.set('f1', 'other', MAX_ENTRIES, MAX_BYTES);
    expect(hash.expiryAt(hash.find('f0'))).toBe(100);
    expect(hash.valueAt(hash.find('f1'))).toBe('v1');
    expect(copy.timed).toBe(0);
  }
});

type Step = { readonly what: number; readonly field: string; readonly n: number };

const step = fc.record({
  what: fc.integer({ min: 0, max: 3 }),
  field: fc.constantFrom(...'abcdefghijkl'),
  n: fc.integer({ min: 0, max: 5 }),
});

test('after any steps it holds what a Map would, small or large', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, small) => {
      const hash = new Hash(7);
      const model = new Map<string, { value: string; whenMs: number }>();
      for (const each of steps) apply(hash, model, each, small ? 100 : 3);
      expect(hash.size).toBe(model.size);
      expect(hash.timed).toBe([...model.values()].filter(({ whenMs }) => whenMs !== 0).length);
      for (const [field, { value, whenMs }] of model) {
        const i = hash.find(field);
        expect([hash.fieldAt(i), hash.valueAt(i), hash.expiryAt(i)]).toEqual([
          field,
          value,
          whenMs,
        ]);
      }
    }),
  );
});

function apply(
  hash: Hash,
  model: Map<string, { value: string; whenMs: number }>,
  { what, field, n }: Step,
  maxEntries: number,
): void {
  const i = hash.find(field);
  const old = model.get(field);
  expect(i >= 0).toBe(old !== undefined);
  if (what < 2) {
    const keeps = what === 1;
    expect(hash.set(field, `v${n}`, maxEntries, MAX_BYTES, keeps)).toBe(old === undefined);
    model.set(field, { value: `v${n}`, whenMs: keeps ? (old?.whenMs ?? 0) : 0 });
  } else if (old !== undefined && what === 2) {
    hash.removeAt(i);
    model.delete(field);
  } else if (old !== undefined) {
    hash.expireAt(i, n * 100);
    model.set(field, { value: old.value, whenMs: n * 100 });
  }
}
