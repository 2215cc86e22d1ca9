import { expect, test } from 'vitest';
import { NAMES } from '../../bench/double/contenders.ts';
import type { Times } from '../../bench/double/measure.ts';
import { type DoubleRun, doublePlot, doubleSection } from '../../bench/double/page.ts';

function times(ms: number): Times {
  return {
    ...{ importing: ms, first: ms, later: ms, close: ms },
    ...{ resetEmpty: ms, resetFull: ms, oneByOne: ms, together: ms },
  };
}

/** Ours takes 1, 2 and 9 ms for everything, the others ten times as long. */
const run: DoubleRun = {
  date: '2026-01-01T10:00',
  node: 'v20.1.0',
  times: Object.fromEntries(
    NAMES.map((name) => [name, [1, 9, 2].map((ms) => times(name === 'respite' ? ms : ms * 10))]),
  ) as DoubleRun['times'],
};

test('the table has the median of the processes, and how much longer the real server takes', () => {
  const section = doubleSection(run);
  expect(section).toContain('| a later start | 2.0 | 20 | 20 | 20 | 20 | 10 |');
  expect(section).toContain('| a test file: import, start, close | 6.0 | 60 | 60 | 60 | 60 | 10 |');
  expect(section).toContain('2026-01-01 10:00 UTC, Node 20.1.0');
});

test('the plot has a dot for each way in each row', () => {
  const plot = doublePlot(run);
  const rows = doubleSection(run).match(/^\| [a-z1]/gm)!.length;
  expect(plot.match(/<circle [^>]*><title>/g)!.length).toBe(rows * NAMES.length);
  expect(plot).not.toMatch(/NaN|undefined/);
});
