// What docs/performance.md begins with: the server beside redis-server.

import { pausesTable, savingTable } from './page-files.ts';
import {
  type Cell,
  type Memory,
  median,
  newest,
  type Ratio,
  type Run,
  ratioOf,
  type StartUp,
} from './result.ts';

/** The goals that design decisions are measured by, as ratios of ours to redis-server's. */
export const CPU_GOAL = 1;
export const MEMORY_GOAL = 1.5;

const INTRODUCTION = `<!-- Printed by \`npm run bench\`, bench:double and bench:client from bench/results. -->

# Performance

First the server beside redis-server; then [what a Redis costs in tests](#what-a-redis-costs-in-tests),
and [the client beside others](#the-client-beside-others).

This server beside redis-server, on the same machine, in the same minutes. \`npm run bench\`
starts both, each as a process of its own, drives them by turns with Redis's own
\`redis-benchmark\` (50 connections, values of 16 bytes, 100,000 keys), and starts both anew for
the next round.

What to read is the **ratio**: ours divided by redis-server's, round by round; first the median of
the rounds, then the lowest and the highest. The goal is a ratio of at most 1 for processor time
and 1.5 for memory. Absolute numbers are for orientation only: the machine may have been busy with
other things, and they depend on it entirely.

*CPU* is the time that the server process spent on a request, user and system, on all its threads,
from its own accounting (INFO). A busy neighbour disturbs it less than it disturbs requests per
second, in which redis-benchmark's own speed has a part, too: once a server is faster than the
load, it only waits.

![CPU per request, as ratios](performance.svg)

Whether O(1) and O(log N) are what they say is measured by \`node dist/bench/complexity.js\`: what
an operation costs in this process, parsing and reply included, on values of 1000 elements up to a
million. Lines that should be level rise a little where a value no longer fits the processor's
caches.

![Microseconds for an operation, by elements in the value](complexity.svg)
`;

/** The whole page. `runs` is not empty. */
export function page(runs: readonly Run[]): string {
  return [INTRODUCTION, ...byNode(runs).map(section)].join('\n');
}

/** One run for each Node version that was measured, the newest measurements of it. */
export function byNode(runs: readonly Run[]): Run[] {
  const groups = new Map<string, Run[]>();
  for (const run of runs) {
    const major = run.node.split('.')[0];
    groups.set(major, [...(groups.get(major) ?? []), run]);
  }
  const majors = [...groups.keys()].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
  return majors.map((major) => newest(groups.get(major)!));
}

function section(run: Run): string {
  const { machine, node, redis } = run;
  const commit = `commit ${run.commit}${run.changed ? ' with changes' : ''}`;
  const lines = [
    `## Node ${node.replace(/^v/, '')}, redis-server ${redis}`,
    '',
    `Last measured ${run.date.replace('T', ' ').replace('Z', ' UTC')}, ${commit}; ` +
      `${machine.cores} × ${machine.cpu}, ${machine.system}. ` +
      'What that run did not measure is from the newest that did.',
    '',
  ];
  if (run.cells.length > 0) lines.push(...cellTable(run.cells), '');
  if (run.memory.length > 0) lines.push(...memoryTable(run.memory), '');
  if (run.startUp !== null) lines.push(...startUpTable(run.startUp), '');
  if (run.saving?.length) lines.push(...savingTable(run.saving), '');
  if (run.pauses?.length) lines.push(...pausesTable(run.pauses), '');
  return lines.join('\n');
}

function cellTable(cells: readonly Cell[]): string[] {
  return [
    '| test | -P | CPU ratio | CPU, ours | CPU, Redis | throughput ratio | ours | Redis |',
    '|---|---:|---:|---:|---:|---:|---:|---:|',
    ...cells.map((cell) => {
      const { ours, redis, cpu, throughput } = summary(cell);
      const row = [
        cell.test,
        cell.pipeline,
        bold(cpu, CPU_GOAL),
        `${ours.cpu.toFixed(2)} µs`,
        `${redis.cpu.toFixed(2)} µs`,
        spelled(throughput),
        `${thousands(ours.perSecond)}/s`,
        `${thousands(redis.perSecond)}/s`,
      ];
      return `| ${row.join(' | ')} |`;
    }),
  ];
}

/** One cell's line on the terminal. */
export function cellLine(cell: Cell): string {
  const { ours, redis, cpu, throughput } = summary(cell);
  return (
    `${cell.test.padEnd(12)} -P ${String(cell.pipeline).padEnd(4)}` +
    `CPU ${spelled(cpu)}, ${ours.cpu.toFixed(2)} : ${redis.cpu.toFixed(2)} µs   ` +
    `throughput ${spelled(throughput)}, ` +
    `${thousands(ours.perSecond)} : ${thousands(redis.perSecond)} a second`
  );
}

/** Medians of a cell's rounds, and the ratios pair by pair. */
export function summary(cell: Cell): {
  ours: { cpu: number; perSecond: number };
  redis: { cpu: number; perSecond: number };
  cpu: Ratio;
  throughput: Ratio;
} {
  const ours = columns(cell.ours);
  const redis = columns(cell.redis);
  return {
    ours: { cpu: median(ours.cpu), perSecond: median(ours.perSecond) },
    redis: { cpu: median(redis.cpu), perSecond: median(redis.perSecond) },
    cpu: ratioOf(ours.cpu, redis.cpu),
    throughput: ratioOf(ours.perSecond, redis.perSecond),
  };
}

function columns(samples: Cell['ours']): { cpu: number[]; perSecond: number[] } {
  return {
    cpu: samples.map((sample) => sample.cpuMicros),
    perSecond: samples.map((sample) => sample.perSecond),
  };
}

function memoryTable(memory: readonly Memory[]): string[] {
  return [
    'Memory: growth of the resident set for each of so many names of 16 bytes.',
    '',
    '| what | ratio | ours | Redis |',
    '|---|---:|---:|---:|',
    ...memory.map(({ what, count, ours, redis }) => {
      const figures = `${median(ours).toFixed(0)} B | ${median(redis).toFixed(0)} B`;
      return `| ${thousands(count)} ${what} | ${bold(ratioOf(ours, redis), MEMORY_GOAL)} | ${figures} |`;
    }),
  ];
}

/** The line of the memory part on the terminal. */
export function memoryLine(memory: Memory): string {
  const { what, ours, redis, count } = memory;
  return (
    `memory for each of ${thousands(count)} ${what}: ${spelled(ratioOf(ours, redis))}, ` +
    `${median(ours).toFixed(0)} : ${median(redis).toFixed(0)} bytes`
  );
}

function startUpRows(times: StartUp): [string, number[]][] {
  return [
    ['importing the package', times.importing],
    ['the first `await startServer({ port: 0 })` of a process', times.first],
    ['its `close()`', times.firstClose],
    ['a later `startServer`', times.later],
    ['its `close()`', times.laterClose],
    ['our program, until it accepts connections', times.program],
    ['redis-server, until it accepts connections', times.redis],
  ];
}

function startUpTable(times: StartUp): string[] {
  return [
    `Start-up: medians of ${times.first.length} processes, with the fastest and the slowest.`,
    '',
    '| | median | from | to |',
    '|---|---:|---:|---:|',
    ...startUpRows(times).map(([what, ms]) => {
      const range = [median(ms), Math.min(...ms), Math.max(...ms)];
      return `| ${what} | ${range.map((each) => `${each.toFixed(2)} ms`).join(' | ')} |`;
    }),
  ];
}

/** The lines of the start-up part on the terminal. */
export function startUpLines(times: StartUp): string[] {
  return startUpRows(times).map(([what, ms]) => {
    const range = `${Math.min(...ms).toFixed(2)} to ${Math.max(...ms).toFixed(2)}`;
    return `${what}: ${median(ms).toFixed(2)} ms (${range})`;
  });
}

/** A ratio with its range: '0.97 (0.91 to 1.02)'. */
export function spelled(ratio: Ratio): string {
  return `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)})`;
}

/** The same for a table, in bold where it meets its goal. */
export function bold(ratio: Ratio, goal: number): string {
  const [number, ...range] = spelled(ratio).split(' ');
  const met = Number(ratio.median.toFixed(2)) <= goal;
  return [met ? `**${number}**` : number, ...range].join(' ');
}

export function thousands(n: number): string {
  return Math.round(n)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}
