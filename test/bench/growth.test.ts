import { expect, test } from 'vitest';
import { growthPlot, growthTable, type Line } from '../../bench/growth/plot.ts';

const SIZES = [1000, 10_000];
const LINES: Line[] = [
  { type: 'Lists', operation: 'RPOP', cost: 'O(1)', micros: [0.25, 0.251] },
  { type: 'Sets', operation: 'SPOP', cost: 'O(1)', micros: [1, null] },
];

test('the table has a row for each operation, empty where it was not run', () => {
  expect(growthTable(LINES, SIZES).split('\n')).toEqual([
    '| operation | cost | 1,000 | 10,000 |',
    '|---|---|---:|---:|',
    '| RPOP | O(1) | 0.25 | 0.25 |',
    '| SPOP | O(1) | 1.00 |  |',
  ]);
});

test('the plot has a panel for each type, and all panels have one scale', () => {
  const svg = growthPlot(LINES, SIZES, '20.1.0');
  expect(svg).toContain('>Lists</text>');
  expect(svg).toContain('>Sets</text>');
  expect(svg.match(/<g transform/g)).toHaveLength(2);
  expect(svg.match(/>0\.8<\/text>/g)).toHaveLength(2);
  expect(svg).not.toMatch(/NaN|undefined|null/);
});

test('what costs the same at both sizes is a level line', () => {
  const level = { ...LINES[0], micros: [0.5, 0.5] };
  const [, from, to] = /d="M[0-9.]+ ([0-9.]+)L[0-9.]+ ([0-9.]+)"/.exec(
    growthPlot([level], SIZES, '20.1.0'),
  )!;
  expect(from).toBe(to);
});
