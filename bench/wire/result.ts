// What a run of the benchmark leaves behind: a JSON file in bench/results, from which
// docs/performance.md is printed. Samples are kept as they were measured, round by round,
// because the two servers of one round had the same neighbours: only their ratio means
// anything on a machine that others use, and a ratio needs its pair.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One server in one round: what redis-benchmark saw, and what the server spent. */
export interface Sample {
  readonly perSecond: number;
  /** User and system time of the server process for each request, in microseconds. */
  readonly cpuMicros: number;
}

/** One test at one pipeline depth. ours[i] and redis[i] come from the same round. */
export interface Cell {
  /** As redis-benchmark's -t spells it. */
  readonly test: string;
  readonly pipeline: number;
  readonly requests: number;
  readonly ours: Sample[];
  readonly redis: Sample[];
}

/** Growth of the resident set for each key, in bytes, round by round. */
export interface Memory {
  /** What was added, and how many of it. */
  readonly what: string;
  readonly count: number;
  readonly ours: number[];
  readonly redis: number[];
}

/** Milliseconds, process by process. */
export interface StartUp {
  /** Loading the package's modules. */
  readonly importing: number[];
  /** The first `await startServer({ port: 0 })` of a process, and its close(). */
  readonly first: number[];
  readonly firstClose: number[];
  /** The median of the later ones in the same process. */
  readonly later: number[];
  readonly laterClose: number[];
  /** From starting a process to its accepting connections: our program, and redis-server. */
  readonly program: number[];
  readonly redis: number[];
}

/** One server that saved a data set, and one that loaded it. */
export interface SavingSample {
  readonly saveSeconds: number;
  readonly loadSeconds: number;
  readonly fileBytes: number;
}

export interface Saving {
  /** What was saved, and how many keys of it. */
  readonly what: string;
  readonly count: number;
  readonly ours: SavingSample[];
  readonly redis: SavingSample[];
}

/** Milliseconds that a client waited for an answer. */
export interface Waits {
  readonly p50: number;
  readonly p999: number;
  readonly max: number;
}

/** One server whose clients write, before and during what takes so many seconds. */
export interface PauseSample {
  readonly before: Waits;
  readonly during: Waits;
  readonly seconds: number;
}

/** What a server does beside its clients. */
export type Background = 'BGSAVE' | 'BGREWRITEAOF';

export interface Pauses {
  readonly during: Background;
  readonly count: number;
  readonly ours: PauseSample[];
  readonly redis: PauseSample[];
}

export interface Run {
  /** UTC, to the minute: '2026-11-20T22:30Z'. */
  readonly date: string;
  readonly commit: string;
  /** Whether the server's source differed from that commit. */
  readonly changed: boolean;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly system: string };
  readonly node: string;
  readonly redis: string;
  readonly cells: readonly Cell[];
  readonly memory: readonly Memory[];
  readonly startUp: StartUp | null;
  readonly saving?: readonly Saving[];
  readonly pauses?: readonly Pauses[];
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export interface Ratio {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The ratios of ours to theirs, pair by pair. */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): Ratio {
  const ratios = ours.map((value, i) => value / theirs[i]);
  return { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) };
}

/**
 * One run in place of several: of each cell, of memory and of start-up the newest measurement.
 * The date and the commit are the newest run's. `runs` are of one Node version, and not empty.
 */
export function newest(runs: readonly Run[]): Run {
  const byDate = [...runs].sort((a, b) => (a.date < b.date ? -1 : 1));
  const cells = new Map<string, Cell>();
  const memory = new Map<string, Memory>();
  const saving = new Map<string, Saving>();
  const pauses = new Map<string, Pauses>();
  let startUp: StartUp | null = null;
  for (const run of byDate) {
    for (const cell of run.cells) cells.set(`${cell.test} ${cell.pipeline}`, cell);
    for (const each of run.memory) memory.set(each.what, each);
    for (const each of run.saving ?? []) saving.set(`${each.what} ${each.count}`, each);
    for (const each of run.pauses ?? []) pauses.set(`${each.during} ${each.count}`, each);
    startUp = run.startUp ?? startUp;
  }
  return {
    ...byDate.at(-1)!,
    cells: [...cells.values()],
    memory: [...memory.values()],
    startUp,
    saving: [...saving.values()],
    pauses: [...pauses.values()],
  };
}

/** Every run that a folder holds. */
export function readRuns(folder: string): Run[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return names.sort().map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
}

/** Writes a run into its dated file and returns the file's name. */
export function writeRun(folder: string, run: Run): string {
  const major = run.node.replace(/^v?(\d+).*/, '$1');
  const name = `${run.date.replace(/[:Z]/g, '')}-node${major}.json`;
  writeFileSync(join(folder, name), `${JSON.stringify(run, roundedNumbers, 2)}\n`);
  return name;
}

function roundedNumbers(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(5)) : value;
}
