import { expect, test } from 'vitest';
import { sparkline } from '../../server/sparkline.ts';

const drawn = (...values: number[]) => sparkline(values.map((value) => ({ value, label: '1s' })));

test('equal values are all drawn at the bottom', () => {
  expect(drawn(7, 7)).toBe('  \n  \n  \n__\n  \n11\nss\n');
});

test('values are drawn from the least to the greatest, in twelve steps', () => {
  const rows = drawn(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12).split('\n').slice(0, 4);
  expect(rows).toEqual(['         _o##', '      _o#||||', '   _o#|||||||', '_o#||||||||||']);
});

test('more than 80 samples go on below, on the same scale', () => {
  const lines = drawn(...Array.from({ length: 100 }, (_, i) => i)).split('\n');
  expect(lines[0]).toHaveLength(80);
  expect(lines[7]).toBe('');
  expect(lines[8]).toHaveLength(20);
  expect(lines[11]).toBe('|'.repeat(20));
});

test('labels of different lengths stand under their samples', () => {
  const labels = ['12m', '', '5s'].map((label, i) => ({ value: i, label }));
  expect(sparkline(labels).split('\n').slice(5)).toEqual(['1 5', '2 s', 'm  ', '']);
});
