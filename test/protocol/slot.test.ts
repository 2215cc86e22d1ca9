import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc16, keySlot, SLOT_COUNT } from '../../protocol/slot.ts';
import { Chance, withReal } from './real.ts';

test('the checksum is that of XMODEM', () => {
  expect(crc16('123456789')).toBe(0x31c3);
  expect(crc16('')).toBe(0);
  expect(crc16('xx123456789x', 2, 11)).toBe(0x31c3);
});

test.each([
  ['{user}:name', 'user'],
  ['a{user}b', 'user'],
  ['{user}{other}', 'user'],
  ['a{{user}', '{user'],
  ['a{user}}', 'user'],
])('%s has the slot of what stands in braces: %s', (key, tag) => {
  expect(keySlot(key)).toBe(keySlot(tag));
});

test.each(['{}', '{}name', 'a{}{b}', '{name', 'name}', '}name{'])(
  '%s has no tag, and all of it counts',
  (key) => {
    expect(keySlot(key)).toBe(crc16(key) % SLOT_COUNT);
  },
);

test('every key of bytes has a slot, and keys with the same tag share it', () => {
  const bytes = fc.string({ unit: fc.nat(255).map((n) => String.fromCharCode(n)), minLength: 1 });
  fc.assert(
    fc.property(bytes, bytes, (tag, rest) => {
      const slot = keySlot(tag);
      expect(slot).toBeGreaterThanOrEqual(0);
      expect(slot).toBeLessThan(SLOT_COUNT);
      fc.pre(!/[{}]/.test(tag));
      expect(keySlot(`{${tag}}${rest}`)).toBe(slot);
    }),
  );
});

await withReal('slots, beside real Redis', ['--cluster-enabled', 'yes'], (ask) => {
  test('5,000 keys, many with braces, have the same slot there (seed 16384)', async () => {
    const chance = new Chance(16384);
    const keys = Array.from({ length: 5000 }, (_, i) =>
      i % 2 === 0
        ? chance.text(chance.below(10), '{}ab')
        : String.fromCharCode(...Array.from({ length: chance.below(12) }, () => chance.below(256))),
    );
    const slots = await ask(keys.map((key) => ['CLUSTER', 'KEYSLOT', key]));
    expect(keys.map((key) => `:${keySlot(key)}`)).toEqual(slots);
  });
});
