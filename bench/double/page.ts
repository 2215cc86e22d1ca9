// What docs/performance.md says of test suites, and the plot there.

import { median } from '../wire/result.ts';
import { NAMES, type Name } from './contenders.ts';
import { CHANGED, KEYS, type Times } from './measure.ts';

export interface DoubleRun {
  readonly date: string;
  readonly node: string;
  /** By way, one for each process. */
  readonly times: Record<Name, Times[]>;
}

/** What is shown, in the order in which a test suite meets it. */
type What = keyof Times | 'file';

const ROWS: readonly (readonly [What, string])[] = [
  ['importing', 'import'],
  ['first', 'first start'],
  ['later', 'a later start'],
  ['close', 'close'],
  ['resetEmpty', 'reset, to nothing'],
  ['resetFull', `reset, to ${KEYS} keys`],
  ['file', 'a test file: import, start, close'],
  ['oneByOne', '1,000 commands, one by one'],
  ['together', '1,000 commands, pipelined'],
];

const REAL: Name = 'redis-memory-server';

function typical(run: DoubleRun, name: Name, what: What): number {
  return median(
    run.times[name].map((times) => {
      return what === 'file' ? times.importing + times.first + times.close : times[what];
    }),
  );
}

/** Milliseconds with two digits that mean something. */
function spelled(ms: number): string {
  return ms >= 10 ? ms.toFixed(0) : ms >= 1 ? ms.toFixed(1) : ms.toPrecision(2);
}

/** A section of the page. */
export function doubleSection(run: DoubleRun): string {
  const lines = [
    '## What a Redis costs in tests',
    '',
    'Milliseconds: the medians of fresh processes, which were started by turns.',
    '"No socket" is our client on a server in the same process; ioredis-mock has no',
    'server at all; the others are asked by ioredis over TCP. The real server is 8.0.2 behind',
    `redis-memory-server. A reset brings a data set back after ${CHANGED} changes, by the quickest`,
    'means that each offers: `restore()` here, `flush()` and `seed()` of js-redis-server, a pipeline',
    'with FLUSHALL and SETs for the others.',
    '',
    `Measured ${run.date.replace('T', ' ')} UTC, Node ${run.node.slice(1)}, on two cores that others`,
    'use too: read the ratios.',
    '',
    '![Milliseconds of a test suite](performance-testing.svg)',
    '',
    `| | ${NAMES.join(' | ')} | real / respite |`,
    `|---|${NAMES.map(() => '---:|').join('')}---:|`,
  ];
  for (const [what, title] of ROWS) {
    const cells = NAMES.map((name) => spelled(typical(run, name, what)));
    const ratio = typical(run, REAL, what) / typical(run, 'respite', what);
    lines.push(`| ${title} | ${cells.join(' | ')} | ${spelled(ratio)} |`);
  }
  lines.push(
    '',
    'The first start of a process is mostly code that runs for the first time, and more than half of',
    "it is Node's own `listen()`, which any server in the process has to call, on two addresses here.",
    '',
  );
  return lines.join('\n');
}

const WIDTH = 760;
const LEFT = 180;
const COLORS = ['#0072b2', '#56b4e9', '#d55e00', '#009e73', '#cc79a7'];
const LOW = 0.001;
const HIGH = 1000;

/** Dots of milliseconds, a row for each step, on a logarithmic scale. */
export function doublePlot(run: DoubleRun): string {
  const scale = (WIDTH - LEFT - 30) / Math.log10(HIGH / LOW);
  const x = (ms: number): number => LEFT + Math.log10(Math.max(ms, LOW) / LOW) * scale;
  const bottom = 60 + ROWS.length * 30;
  const marks: string[] = [];
  for (let ms = LOW; ms <= HIGH; ms *= 10) {
    const at = x(ms).toFixed(1);
    marks.push(`<path d="M${at} 48V${bottom}" stroke="#ddd"/>`);
    marks.push(text(x(ms), bottom + 16, String(Number(ms.toPrecision(1))), 'middle'));
  }
  ROWS.forEach(([what, title], row) => {
    const y = 66 + row * 30;
    marks.push(text(LEFT - 10, y + 4, title, 'end'));
    NAMES.forEach((name, i) => {
      const ms = typical(run, name, what);
      const about = `<title>${name}: ${spelled(ms)} ms</title>`;
      const at = `cx="${x(ms).toFixed(1)}" cy="${y + (i - 2) * 4}"`;
      marks.push(`<circle ${at} r="4" fill="${COLORS[i]}">${about}</circle>`);
    });
  });
  const legend = NAMES.flatMap((name, i) => [
    `<circle cx="${LEFT + i * 116}" cy="32" r="4" fill="${COLORS[i]}"/>`,
    text(LEFT + 8 + i * 116, 36, name, 'start'),
  ]);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 28}" ` +
      'font-family="sans-serif" font-size="11">',
    `<rect width="${WIDTH}" height="${bottom + 28}" fill="#fff"/>`,
    text(10, 16, `Milliseconds (logarithmic), Node ${run.node.slice(1)}`, 'start'),
    ...marks,
    ...legend,
    '</svg>\n',
  ].join('\n');
}

function text(x: number, y: number, words: string, anchor: string): string {
  return `<text x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}">${words}</text>`;
}
