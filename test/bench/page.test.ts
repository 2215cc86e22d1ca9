import { expect, test } from 'vitest';
import { testsNamed } from '../../bench/wire/load.ts';
import { byNode, cellLine, page, spelled } from '../../bench/wire/page.ts';
import { plot } from '../../bench/wire/plot.ts';
import { type Cell, median, newest, type Run, ratioOf } from '../../bench/wire/result.ts';

function cell(test: string, pipeline: number, ours: number[], redis: number[]): Cell {
  const samples = (micros: number[]) =>
    micros.map((each) => ({ perSecond: 1e6 / each, cpuMicros: each }));
  return { test, pipeline, requests: 1000, ours: samples(ours), redis: samples(redis) };
}

function run(more: Partial<Run>): Run {
  return {
    date: '2026-01-01T10:00Z',
    commit: 'abc1234',
    changed: false,
    machine: { cpu: 'a processor', cores: 2, system: 'Linux 6' },
    node: 'v20.1.0',
    redis: '8.0.2',
    cells: [],
    memory: [],
    startUp: null,
    ...more,
  };
}

test('a median of an even number of values lies between the middle two', () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([10, 1, 2, 4])).toBe(3);
});

test('ratios are taken pair by pair, before the median', () => {
  // Both are slow in the second round: a ratio of medians would say 1.5.
  expect(ratioOf([2, 30, 4], [1, 30, 2])).toEqual({ median: 2, min: 1, max: 2 });
});

test('of several runs the newest measurement of each part counts', () => {
  const old = run({
    cells: [cell('get', 1, [1], [1]), cell('set', 1, [1], [1])],
    memory: [{ what: 'keys', count: 10, ours: [1], redis: [1] }],
  });
  const young = run({
    date: '2026-01-02T10:00Z',
    commit: 'def',
    cells: [cell('get', 1, [3], [1])],
  });
  for (const order of [
    [old, young],
    [young, old],
  ]) {
    const merged = newest(order);
    expect(merged.commit).toBe('def');
    expect(merged.cells.map((each) => [each.test, each.ours[0].cpuMicros])).toEqual([
      ['get', 3],
      ['set', 1],
    ]);
    expect(merged.memory).toEqual(old.memory);
  }
});

test('Node versions are not mixed, and stand in their order', () => {
  const runs = [run({ node: 'v100.0.0' }), run({}), run({ node: 'v20.2.0' })];
  expect(byNode(runs).map((each) => each.node)).toEqual(['v20.2.0', 'v100.0.0']);
});

test('the page has a row for each cell, in bold where the goal is met', () => {
  const text = page([
    run({
      cells: [cell('get', 16, [2, 2.2, 1.8], [2, 2, 2]), cell('set', 16, [3], [2])],
      memory: [{ what: 'keys', count: 1_000_000, ours: [150], redis: [100] }],
    }),
  ]);
  expect(text).toContain('| get | 16 | **1.00** (0.90 to 1.10) | 2.00 µs | 2.00 µs |');
  expect(text).toContain('| set | 16 | 1.50 (1.50 to 1.50) | 3.00 µs | 2.00 µs |');
  expect(text).toContain('| **1.50** (1.50 to 1.50) | 150 B | 100 B |');
  expect(text).toContain('1,000,000 keys');
});

test('the page says when the source was not that of the commit', () => {
  expect(page([run({})])).toContain('commit abc1234;');
  expect(page([run({ changed: true })])).toContain('commit abc1234 with changes;');
});

test('a line on the terminal has ours before theirs', () => {
  const line = cellLine(cell('get', 1, [10], [20]));
  expect(line).toContain('CPU 0.50 (0.50 to 0.50), 10.00 : 20.00 µs');
  expect(line).toContain('throughput 2.00 (2.00 to 2.00), 100,000 : 50,000 a second');
});

test('a ratio is spelled with its range', () => {
  expect(spelled({ median: 1, min: 0.954, max: 1.2 })).toBe('1.00 (0.95 to 1.20)');
});

test('the plot has a dot for each cell, further right for a higher ratio', () => {
  const svg = plot([run({ cells: [cell('get', 1, [1], [2]), cell('get', 16, [6], [2])] })]);
  const dots = [...svg.matchAll(/<circle cx="([\d.]+)"[^>]* stroke="none"/g)].map((m) => +m[1]);
  expect(dots).toHaveLength(2);
  expect(dots[0]).toBeLessThan(dots[1]);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  expect(svg.match(/<title>get, -P \d+: [\d.]+<\/title>/g)).toHaveLength(2);
});

test('tests run in the order of redis-benchmark, and one it does not have is refused', () => {
  expect(testsNamed(['get', 'set']).map((each) => each.name)).toEqual(['set', 'get']);
  expect(() => testsNamed(['got'])).toThrow('no test is called got');
});
