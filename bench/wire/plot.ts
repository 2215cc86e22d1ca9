// docs/performance.svg: the CPU ratios as a dot plot. One row for each test, one dot for each
// pipeline depth, a line from the lowest round to the highest. The scale is logarithmic, so that
// twice as much and half as much are equally far from 1.

import { byNode, CPU_GOAL, summary } from './page.ts';
import type { Cell, Run } from './result.ts';

const LEFT = 110; // Room for the names of tests.
const RIGHT = 20;
const WIDTH = 760;
const TOP = 58;
const ROW = 16; // From one depth to the next,
const GAP = 12; // and more from one test to the next.
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9']; // Told apart by everyone.
const TICKS = [0.25, 0.33, 0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3, 4, 6, 8];

/** The plot, of the oldest Node version that was measured. `runs` is not empty. */
export function plot(runs: readonly Run[]): string {
  const run = byNode(runs)[0];
  const rows = run.cells.map((cell) => ({ cell, ratio: summary(cell).cpu }));
  const low = Math.min(0.67, ...rows.map((row) => row.ratio.min)) * 0.95;
  const high = Math.max(1.5, ...rows.map((row) => row.ratio.max)) * 1.05;
  const scale = (WIDTH - LEFT - RIGHT) / Math.log(high / low);
  const x = (ratio: number): string => (LEFT + Math.log(ratio / low) * scale).toFixed(1);
  const depths = [...new Set(run.cells.map((cell) => cell.pipeline))].sort((a, b) => a - b);
  const color = (cell: Cell): string => COLORS[depths.indexOf(cell.pipeline) % COLORS.length];

  const marks: string[] = [];
  let y = TOP;
  let name = '';
  for (const { cell, ratio } of rows) {
    if (cell.test !== name) {
      y += name === '' ? 0 : GAP;
      name = cell.test;
      marks.push(text(LEFT - 10, y + 4, name, 'end'));
    }
    const about = `${name}, -P ${cell.pipeline}: ${ratio.median.toFixed(2)}`;
    marks.push(
      `<g stroke="${color(cell)}" fill="${color(cell)}"><title>${about}</title>`,
      `<path d="M${x(ratio.min)} ${y}H${x(ratio.max)}" stroke-width="2"/>`,
      `<circle cx="${x(ratio.median)}" cy="${y}" r="4.5" stroke="none"/></g>`,
    );
    y += ROW;
  }
  const bottom = y + 4;

  const ticks = TICKS.filter((tick) => tick > low && tick < high).flatMap((tick) => [
    `<path d="M${x(tick)} ${TOP - 12}V${bottom}" stroke="${tick === CPU_GOAL ? '#000' : '#ddd'}"/>`,
    text(Number(x(tick)), bottom + 16, String(tick), 'middle'),
  ]);
  const legend = depths.flatMap((depth, i) => [
    `<circle cx="${LEFT + 5 + i * 80}" cy="32" r="4.5" fill="${COLORS[i % COLORS.length]}"/>`,
    text(LEFT + 14 + i * 80, 36, `-P ${depth}`, 'start'),
  ]);
  const title = `CPU per request: ours / redis-server ${run.redis} (Node ${run.node.slice(1)})`;
  const height = bottom + 28;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" ` +
      'font-family="sans-serif" font-size="12">',
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    text(LEFT, 18, title, 'start'),
    ...ticks,
    ...legend,
    ...marks,
    '</svg>',
    '',
  ].join('\n');
}

function text(x: number, y: number, words: string, anchor: string): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${words}</text>`;
}
