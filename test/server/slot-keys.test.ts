import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keySlot } from '../../protocol/slot.ts';
import { SlotKeys } from '../../server/slot-keys.ts';

const tag = fc.constantFrom('{a}', '{b}', '{c}', '');

test('keys that come and go are where their slots are, after every step', () => {
  const step = fc.oneof(
    fc.record({ add: fc.tuple(tag, fc.nat(30)).map(([name, n]) => `${name}${n}`) }),
    fc.record({ remove: fc.nat() }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const slots = new SlotKeys();
      const keys: string[] = [];
      for (const each of steps) {
        if ('add' in each) {
          if (keys.includes(each.add)) continue;
          slots.add(keys.push(each.add) - 1, each.add);
        } else if (keys.length > 0) {
          const i = each.remove % keys.length;
          slots.remove(i, keys.length - 1);
          const last = keys.pop()!;
          if (i < keys.length) keys[i] = last;
        }
        slots.check(keys);
      }
    }),
  );
});

test('a walk over a slot misses none of its keys, whatever is removed meanwhile', () => {
  const slots = new SlotKeys();
  const keys = Array.from({ length: 100 }, (_, i) => `{a}${i}`);
  for (const [i, key] of keys.entries()) slots.add(i, key);
  const seen = new Set<string>();
  let cursor = 0;
  do {
    cursor = slots.scan(keySlot('a'), cursor, 7, (i) => void seen.add(keys[i]));
    // One that was seen goes, and one that was not.
    for (const gone of [keys.findIndex((key) => seen.has(key)), 0]) {
      if (gone < 0 || keys.length === 0) continue;
      seen.add(keys[gone]);
      slots.remove(gone, keys.length - 1);
      const last = keys.pop()!;
      if (gone < keys.length) keys[gone] = last;
    }
  } while (cursor !== 0);
  for (const key of keys) expect(seen).toContain(key);
});
