// What docs/performance.md says of the client, and the plot there.

import { median } from '../wire/result.ts';
import type { Cost, Task } from './program.ts';

export interface Row extends Pick<Task, 'op' | 'size' | 'inFlight' | 'batch'> {
  /** By client, a cost for each round. */
  costs: Partial<Record<Task['client'], Cost[]>>;
}

export interface ClientRun {
  date: string;
  node: string;
  rows: Row[];
}

const OTHERS = ['ioredis', 'node-redis'] as const;

export function cpu(row: Row, client: Task['client']): number {
  return median((row.costs[client] ?? []).map((cost) => cost.cpu));
}

function rate(row: Row, client: Task['client']): number {
  return median((row.costs[client] ?? []).map((cost) => cost.rate));
}

export function nameOf({ op, size, inFlight, batch }: Omit<Row, 'costs'>): string {
  const bytes = size === 64 ? '64 B' : '10 KB';
  const how = batch ? `pipelines of ${inFlight}` : `${inFlight} in flight`;
  return `${op.toUpperCase()} ${bytes}, ${how}`;
}

/** A section of the page. */
export function clientSection({ date, node, rows }: ClientRun): string {
  const lines = [
    '## The client beside others',
    '',
    'Our client, ioredis and node-redis, each in a fresh process, by turns, against the same real',
    'redis-server 8.0.2 over loopback TCP, one connection. Microseconds are the processor time of',
    "the client's process for a command; medians of the rounds. The machine has two cores, which",
    'client and server share with whatever else runs: read the ratios.',
    '',
    `Measured ${date}, Node ${node.slice(1)}.`,
    '',
    '![Processor time for a command](performance-client.svg)',
    '',
    '| | ours, µs | ioredis | node-redis | of ioredis | ours, commands/s | ioredis | node-redis |',
    '|---|---:|---:|---:|---:|---:|---:|---:|',
  ];
  for (const row of rows) {
    const cells = [
      nameOf(row),
      cpu(row, 'respite').toFixed(2),
      ...OTHERS.map((client) => cpu(row, client).toFixed(2)),
      (cpu(row, 'respite') / cpu(row, 'ioredis')).toFixed(2),
      ...(['respite', ...OTHERS] as const).map((client) => thousands(rate(row, client))),
    ];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  lines.push('', '### In process', '');
  lines.push(
    'The same client on a server of ours in its own process, without a socket and over one, where',
    'both of them count; and over TCP to redis-server, which has a core to itself. With one',
    'command in flight a socket is what costs. A hundred share its cost; what is left are promises',
    'and the commands themselves.',
    '',
    '| commands/s | in process | over TCP, same process | times | over TCP, redis-server | times |',
    '|---|---:|---:|---:|---:|---:|',
  );
  for (const row of rows.filter(({ costs }) => costs['in process'] !== undefined)) {
    const inside = rate(row, 'in process');
    const others = (['own server', 'respite'] as const).flatMap((client) => {
      if (row.costs[client] === undefined) return ['', ''];
      return [thousands(rate(row, client)), (inside / rate(row, client)).toFixed(1)];
    });
    lines.push(`| ${[nameOf(row), thousands(inside), ...others].join(' | ')} |`);
  }
  return `${lines.join('\n')}\n`;
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

const WIDTH = 760;
const LEFT = 190;
const COLORS = { respite: '#0072b2', ioredis: '#d55e00', 'node-redis': '#009e73' } as const;

/** Bars of processor time, a group for each row, on a logarithmic scale from 0.3 to 300 µs. */
export function clientPlot({ rows }: ClientRun): string {
  const clients = ['respite', ...OTHERS] as const;
  const x = (value: number): number => LEFT + (Math.log10(value / 0.3) / 3) * (WIDTH - LEFT - 60);
  const marks: string[] = [];
  let y = 50;
  for (const row of rows) {
    marks.push(text(LEFT - 8, y + 20, nameOf(row), 'end'));
    for (const client of clients) {
      const value = cpu(row, client);
      const width = Math.max(1, x(value) - LEFT).toFixed(1);
      marks.push(
        `<rect x="${LEFT}" y="${y}" width="${width}" height="9" fill="${COLORS[client]}"/>`,
      );
      marks.push(text(x(value) + 4, y + 9, value.toFixed(1), 'start'));
      y += 10;
    }
    y += 8;
  }
  const legend = clients.map((client, i) => {
    const at = LEFT + i * 110;
    return `<rect x="${at}" y="24" width="10" height="10" fill="${COLORS[client]}"/>${text(at + 14, 33, client === 'respite' ? 'ours' : client, 'start')}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 10}" ` +
      'font-family="sans-serif" font-size="10">',
    `<rect width="${WIDTH}" height="${y + 10}" fill="#fff"/>`,
    text(10, 15, 'Microseconds of processor time for a command (logarithmic)', 'start'),
    ...legend,
    ...marks,
    '</svg>\n',
  ].join('\n');
}

function text(x: number, y: number, words: string, anchor: string): string {
  return `<text x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}">${words}</text>`;
}
