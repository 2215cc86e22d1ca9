import fc from 'fast-check';
import { expect, test } from 'vitest';
import { format17 } from '../../protocol/double-17.ts';

test('17 digits bring every double back', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (n) => {
      expect(Number(format17(n))).toBe(n);
    }),
  );
});

for (const [n, text] of [
  [0, '0'],
  [-0, '-0'],
  [0.1, '0.10000000000000001'],
  [1.5, '1.5'],
  [-120, '-120'],
  [1e16, '10000000000000000'],
  [1e17, '1e+17'],
  [123456789012345680, '1.2345678901234568e+17'],
  [0.0001, '0.0001'],
  [0.00001, '1.0000000000000001e-05'],
  [5e-324, '4.9406564584124654e-324'],
  [Infinity, 'inf'],
  [-Infinity, '-inf'],
] as const) {
  test(`${n} is ${text}, as C prints it`, () => expect(format17(n)).toBe(text));
}
