// npm run bench:double: what a Redis costs in tests, beside the other ways to have one.
//
//   --rounds 7     each way is measured once a round, by turns, in a process of its own
//   --node PATH    the Node binary that runs them
//   --only NAME    one way alone; nothing is written
//   --print        measures nothing: prints docs/performance.md from bench/results
//
// The others are installed into .cache/bench-double, once, with npm; redis-memory-server is pointed
// to the redis-server 8.0.2 that the tests use.

import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { realRedis, whyNoRedis } from '../../test/oracle/bring.ts';
import { projectRoot } from '../../test/oracle/cache.ts';
import { printPerformance, resultsFolder } from '../performance.ts';
import { NAMES, type Name, othersFolder } from './contenders.ts';
import type { DoubleRun } from './page.ts';
import type { Times } from './measure.ts';

const run = promisify(execFile);
const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    node: { type: 'string', default: process.execPath },
    only: { type: 'string' },
    print: { type: 'boolean', default: false },
  },
});
const program = join(projectRoot, 'dist', 'bench', 'double', 'program.js');

async function install(): Promise<void> {
  if (existsSync(join(othersFolder, 'node_modules'))) return;
  mkdirSync(othersFolder, { recursive: true });
  const wanted = join(projectRoot, 'bench', 'double', 'others.package.json');
  copyFileSync(wanted, join(othersFolder, 'package.json'));
  // Without its scripts: redis-memory-server would compile a Redis of its own.
  await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: othersFolder,
  });
}

async function measure(): Promise<DoubleRun> {
  const redis = await realRedis('8.0.2');
  if (redis === null) throw new Error(`no redis-server 8.0.2 here: ${whyNoRedis('8.0.2')}`);
  const env = { ...process.env, BENCH_REDIS_SERVER: redis.server };
  const { stdout: version } = await run(flags.node, ['--version']);
  const names = NAMES.filter((name) => flags.only === undefined || flags.only === name);
  const times = Object.fromEntries(names.map((name) => [name, [] as Times[]]));
  for (let round = 0; round < Number(flags.rounds); round++) {
    for (const name of names) {
      const { stdout } = await run(flags.node, [program, name], { env });
      times[name].push(JSON.parse(stdout));
      console.log(name, stdout);
    }
  }
  const date = new Date().toISOString().slice(0, 16);
  return { date, node: version.trim(), times: times as Record<Name, Times[]> };
}

if (!flags.print) {
  await install();
  const measured = await measure();
  if (flags.only === undefined) {
    const folder = join(resultsFolder, 'double');
    mkdirSync(folder, { recursive: true });
    const name = `${measured.date.replace(/:/g, '')}.json`;
    const rounded = (_: string, value: unknown) =>
      typeof value === 'number' ? Number(value.toPrecision(5)) : value;
    writeFileSync(join(folder, name), `${JSON.stringify(measured, rounded, 1)}\n`);
  }
}
if (flags.only === undefined) printPerformance();
