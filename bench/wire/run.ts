// npm run bench: this server beside redis-server 8.0.2, both driven by redis-benchmark.
//
//   npm run bench -- [options]
//     --tests get,set    tests of redis-benchmark (-t); 'all' for each whose command exists
//     --depths 1,16,100  pipeline depths (-P)
//     --rounds 5         each round starts both servers anew, and asks them by turns
//     --requests N       for each measurement; by default about a second's worth
//     --node PATH        the Node binary that runs our server
//     --parts wire,memory,start-up     what to measure; also: reading, fan-out, groups, scripts,
//                        saving, saving-large (ten million keys), pauses (BGSAVE and
//                        BGREWRITEAOF of as many), appending (SET with an append-only file)
//     --quick            few requests, two rounds, nothing is written
//     --print            measures nothing: prints docs/performance.md from bench/results
//
// Results go to bench/results, and from there to docs/performance.md and its plot. What counts
// is the ratio: an absolute number from a machine that others use as well means nothing.

import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { cpus, release, type } from 'node:os';
import { parseArgs } from 'node:util';
import { realRedis, whyNoRedis } from '../../test/oracle/bring.ts';
import { projectRoot } from '../../test/oracle/cache.ts';
import { measureFanOut } from './fan-out.ts';
import { APPENDING, DATA, measurePauses, measureSaving } from './files.ts';
import { measureGroups } from './groups.ts';
import { Driver, type Load, type Test, tests, testsNamed } from './load.ts';
import { ADDITIONS, bytesPerAddition } from './memory.ts';
import { printPerformance, resultsFolder } from '../performance.ts';
import { cellLine, memoryLine, startUpLines } from './page.ts';
import { pausesLines, savingLines } from './page-files.ts';
import { measureReading } from './reading.ts';
import {
  type Cell,
  type Memory,
  type Pauses,
  type Run,
  type Sample,
  type Saving,
  writeRun,
} from './result.ts';
import { measureScripts } from './scripts.ts';
import { type Contender, knows, startOurs, startRedis } from './servers.ts';
import { measureStartUp } from './start-up.ts';

const { values: flags } = parseArgs({
  options: {
    tests: { type: 'string', default: 'get,set' },
    depths: { type: 'string', default: '1,16,100' },
    rounds: { type: 'string' },
    requests: { type: 'string' },
    node: { type: 'string', default: process.execPath },
    parts: { type: 'string', default: 'wire,memory,start-up' },
    quick: { type: 'boolean', default: false },
    print: { type: 'boolean', default: false },
  },
});

const rounds = Number(flags.rounds ?? (flags.quick ? 2 : 5));
const parts = flags.parts.split(',');

/** How many requests of a test last about a second, at a depth. */
function requestsFor(test: Test, pipeline: number): number {
  if (flags.requests !== undefined) return Number(flags.requests);
  const second = pipeline < 4 ? 60_000 : pipeline < 50 ? 500_000 : 1_000_000;
  return Math.max(1000, Math.round(second / test.weight / (flags.quick ? 10 : 1)));
}

/** The tests asked for whose commands our server has. */
async function chooseTests(node: string): Promise<Test[]> {
  const wanted = flags.tests === 'all' ? [...tests] : testsNamed(flags.tests.split(','));
  const server = await startOurs(node);
  const chosen: Test[] = [];
  for (const test of wanted) {
    if (await knows(server, test.command)) chosen.push(test);
    else console.log(`left out: ${test.name} (there is no ${test.command} yet)`);
  }
  await server.stop();
  return chosen;
}

/** One round: both servers from their start to their end, asked by turns. */
async function oneRound(
  driver: Driver,
  cells: readonly Cell[],
  seed: number,
  options: string[] = [],
): Promise<void> {
  const ours = await startOurs(flags.node, options);
  const redis = await startRedis(options);
  const load = (cell: Cell): Load => {
    const { pipeline, requests } = cell;
    return { test: testsNamed([cell.test])[0], pipeline, requests, seed };
  };
  const turns: [Contender, (cell: Cell) => Sample[]][] = [
    [ours, (cell) => cell.ours],
    [redis, (cell) => cell.redis],
  ];
  if (seed % 2 === 1) turns.reverse(); // Whoever is first may find a cooler processor.
  for (const [server] of turns) await driver.warm(server, cells.map(load));
  for (const cell of cells) {
    for (const [server, samples] of turns) {
      samples(cell).push(await driver.measure(server, load(cell)));
    }
  }
  await ours.stop();
  await redis.stop();
}

/** SET at -P 16 with an append-only file that is synced each second. */
async function measureAppending(benchmark: string): Promise<Cell> {
  const requests = requestsFor(testsNamed(['set'])[0], 16);
  const cell: Cell = { test: 'set', pipeline: 16, requests, ours: [], redis: [] };
  for (let round = 1; round <= rounds; round++) {
    await oneRound(new Driver(benchmark), [cell], round, APPENDING);
  }
  return { ...cell, test: 'set, everysec' };
}

async function measureWire(benchmark: string): Promise<Cell[]> {
  const chosen = await chooseTests(flags.node);
  const depths = flags.depths.split(',').map(Number);
  const cells = chosen.flatMap((test) =>
    depths.map((pipeline): Cell => {
      const requests = requestsFor(test, pipeline);
      return { test: test.name, pipeline, requests, ours: [], redis: [] };
    }),
  );
  for (let round = 1; round <= rounds; round++) {
    await oneRound(new Driver(benchmark), cells, round);
    console.log(`round ${round} of ${rounds}`);
    if (round === rounds) for (const cell of cells) console.log(cellLine(cell));
  }
  return cells;
}

async function measureMemory(what: string): Promise<Memory> {
  const count = flags.quick ? 100_000 : 1_000_000;
  const memory: Memory = { what, count, ours: [], redis: [] };
  for (let round = 0; round < Math.min(rounds, 3); round++) {
    for (const [samples, start] of [
      [memory.ours, () => startOurs(flags.node)],
      [memory.redis, startRedis],
    ] as const) {
      const server = await start();
      samples.push(await bytesPerAddition(server, what, count));
      await server.stop();
    }
  }
  return memory;
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: projectRoot, encoding: 'utf8' }).trim();
}

async function measure(): Promise<Run> {
  const install = await realRedis('8.0.2');
  if (install === null) throw new Error(`no redis-server 8.0.2 here: ${whyNoRedis('8.0.2')}`);
  const cells = parts.includes('wire') ? await measureWire(install.benchmark) : [];
  if (parts.includes('appending')) {
    cells.push(await measureAppending(install.benchmark));
    console.log(cellLine(cells[cells.length - 1]));
  }
  if (parts.includes('fan-out')) {
    cells.push(...(await measureFanOut(flags.node, rounds, flags.quick ? 100 : 500)));
  }
  if (parts.includes('scripts')) {
    const share = flags.quick ? 0.2 : 1;
    const scripts = await measureScripts(flags.node, install.benchmark, rounds, share);
    cells.push(...scripts);
    for (const cell of scripts) console.log(cellLine(cell));
  }
  const memory: Memory[] = [];
  if (parts.includes('groups')) {
    const entries = flags.quick ? 50_000 : 1_000_000;
    const groups = await measureGroups(flags.node, Math.min(rounds, 3), entries);
    cells.push(...groups.cells);
    memory.push(groups.memory);
    for (const cell of groups.cells) console.log(cellLine(cell));
    console.log(memoryLine(groups.memory));
  }
  for (const what of parts.includes('memory') ? Object.keys(ADDITIONS) : []) {
    memory.push(await measureMemory(what));
    console.log(memoryLine(memory[memory.length - 1]));
  }
  const processes = flags.quick ? 3 : 15;
  const startUp = parts.includes('start-up') ? await measureStartUp(flags.node, processes) : null;
  if (startUp !== null) console.log(startUpLines(startUp).join('\n'));
  if (parts.includes('reading')) {
    const requests = flags.quick ? 20_000 : 100_000;
    for (const line of await measureReading(flags.node, install.benchmark, rounds, requests)) {
      console.log(line);
    }
  }
  const saving = await measureFiles();
  const pauses = parts.includes('pauses') ? await measureLargePauses() : [];
  const server = ['server', 'protocol', 'datatypes', 'persistence', 'lua'];
  return {
    date: `${new Date().toISOString().slice(0, 16)}Z`,
    commit: git('rev-parse', '--short', 'HEAD'),
    changed: git('status', '--porcelain', '--', ...server) !== '',
    machine: {
      cpu: cpus()[0].model,
      cores: cpus().length,
      system: `${type()} ${Number.parseFloat(release())}`,
    },
    node: execFileSync(flags.node, ['--version'], { encoding: 'utf8' }).trim(),
    redis: install.version,
    cells,
    memory,
    startUp,
    saving,
    pauses,
  };
}

async function measureFiles(): Promise<Saving[]> {
  const all: Saving[] = [];
  const names = Object.keys(DATA);
  const wanted: [string, number, number][] = [];
  const million = flags.quick ? 100_000 : 1_000_000;
  if (parts.includes('saving')) wanted.push(...names.map(counted(million, Math.min(rounds, 3))));
  if (parts.includes('saving-large')) wanted.push([names[0], 10 * million, 1]);
  for (const [what, count, times] of wanted) {
    all.push(await measureSaving(flags.node, what, count, times));
    for (const line of savingLines(all[all.length - 1])) console.log(line);
  }
  return all;
}

const counted =
  (count: number, times: number) =>
  (what: string): [string, number, number] => [what, count, times];

async function measureLargePauses(): Promise<Pauses[]> {
  const all: Pauses[] = [];
  for (const during of ['BGSAVE', 'BGREWRITEAOF'] as const) {
    const count = flags.quick ? 1_000_000 : 10_000_000;
    const pauses = await measurePauses(flags.node, during, count, 1);
    for (const line of pausesLines(pauses)) console.log(line);
    all.push(pauses);
  }
  return all;
}

// So that 'exit' listeners, which end the servers, run on Ctrl-C too.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => process.exit(130));
}
try {
  if (!flags.print) {
    const run = await measure();
    const { cells, memory, startUp, saving, pauses } = run;
    const measured = [cells, memory, saving, pauses].some((each) => each!.length > 0);
    const worthKeeping = measured || startUp !== null;
    if (!flags.quick && worthKeeping) {
      mkdirSync(resultsFolder, { recursive: true });
      console.log(`bench/results/${writeRun(resultsFolder, run)}`);
    }
  }
  if (!flags.quick) printPerformance();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(2);
}
