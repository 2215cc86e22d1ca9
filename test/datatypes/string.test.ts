// Bytes: a value that is edited in place, unless somebody still reads it.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Bytes, bytesOf, stringLength, stringOf } from '../../datatypes/string.ts';

test('a string, a number and Bytes tell the same length and bytes', () => {
  for (const text of ['0', '-17', '9007199254740991']) {
    for (const value of [text, Number(text), Bytes.from(text)]) {
      expect(stringLength(value)).toBe(text.length);
      expect(stringOf(value)).toBe(text);
      expect(bytesOf(value).latin1Slice(0, text.length)).toBe(text);
    }
  }
});

test('every byte survives', () => {
  const all = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('');
  expect(stringOf(Bytes.from(all))).toBe(all);
  expect([...bytesOf(all)]).toEqual(Array.from({ length: 256 }, (_, byte) => byte));
});

test('editing in place keeps the buffer as long as there is room', () => {
  const value = Bytes.from('hello');
  const grown = value.edit(6); // It grows, and gets room to spare.
  expect(value.edit(7)).toBe(grown);
  expect(value.length).toBe(7);
  expect(value.edit(2)).toBe(grown);
  expect(value.length).toBe(7);
});

test('growing byte by byte copies seldom', () => {
  const value = Bytes.from('x');
  let buf = value.buf;
  let copies = 0;
  for (let length = 2; length <= 100_000; length++) {
    const now = value.edit(length);
    if (now !== buf) copies++;
    buf = now;
  }
  expect(copies).toBeLessThan(20);
});

test('a lent buffer never changes', () => {
  const value = Bytes.from('hello');
  const lent = value.lend();
  value.edit(5)[0] = 0x4a;
  expect(stringOf(value)).toBe('Jello');
  expect(lent.latin1Slice()).toBe('hello');
});

test('after the copy that lending costs, edits are in place again', () => {
  const value = Bytes.from('hello');
  const lent = value.lend();
  const own = value.edit(5);
  expect(own).not.toBe(lent);
  expect(value.edit(5)).toBe(own);
});

type Step = { readonly how: 'write' | 'append' | 'grow' | 'lend'; readonly at: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    how: fc.constantFrom('write', 'append', 'grow', 'lend'),
    at: fc.nat(3000),
  }),
  { maxLength: 60 },
);

test('any edits leave what the same edits leave in an array, and lent buffers alone', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const value = Bytes.from('start');
      const model = [...Buffer.from('start')];
      const lent: { buf: Buffer; length: number; was: string }[] = [];
      for (const [n, { how, at }] of all.entries()) {
        if (how === 'lend') {
          const buf = value.lend();
          lent.push({ buf, length: value.length, was: stringOf(value) });
        } else if (how === 'grow') {
          value.edit(at);
          while (model.length < at) model.push(0);
        } else {
          const place = how === 'append' ? value.length : at % value.length;
          value.edit(place + 1)[place] = n;
          model[place] = n;
        }
        expect(value.length).toBe(model.length);
      }
      expect([...bytesOf(value).subarray(0, value.length)]).toEqual(model);
      for (const { buf, length, was } of lent) expect(buf.latin1Slice(0, length)).toBe(was);
    }),
  );
});
