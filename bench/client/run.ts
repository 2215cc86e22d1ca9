// npm run bench:client: our client beside ioredis and node-redis, all against the same real server.
//
//   --rounds 3     each client is measured once a round, by turns, in a process of its own
//   --quick        one short round, nothing is written
//   --only 'SET'   of the rows only those whose names hold this; nothing is written
//   --print        measures nothing: prints docs/performance.md from bench/results
//
// What is compared is the processor time that a client spends on a command, and commands a second.

import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { projectRoot } from '../../test/oracle/cache.ts';
import { startReal } from '../../test/oracle/server.ts';
import { printPerformance } from '../performance.ts';
import { type ClientRun, cpu, nameOf, type Row } from './page.ts';
import type { Cost, Task } from './program.ts';

const run = promisify(execFile);
const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    print: { type: 'boolean', default: false },
  },
});
const folder = join(projectRoot, 'bench', 'results', 'client');
const program = join(projectRoot, 'dist', 'bench', 'client', 'program.js');

type Cell = Pick<Task, 'op' | 'size' | 'inFlight' | 'batch'>;

function cells(): Cell[] {
  const made: Cell[] = [];
  for (const size of [64, 10_240]) {
    for (const op of ['get', 'set'] as const) {
      for (const inFlight of [1, 100, 1000]) made.push({ op, size, inFlight, batch: false });
      made.push({ op, size, inFlight: 100, batch: true });
    }
  }
  return made;
}

async function cost(task: Task): Promise<Cost> {
  const { stdout } = await run(process.execPath, [program, JSON.stringify(task)]);
  return JSON.parse(stdout) as Cost;
}

async function measure(): Promise<ClientRun> {
  const server = await startReal('8.0.2');
  if (server === null) throw new Error('there is no real Redis to measure against');
  const rounds = flags.quick ? 1 : Number(flags.rounds);
  const milliseconds = flags.quick ? 200 : 800;
  const rows: Row[] = [];
  const clients = ['respite', 'ioredis', 'node-redis', 'in process', 'own server'] as const;
  for (const cell of cells().filter((each) => nameOf(each).includes(flags.only))) {
    const row: Row = { ...cell, costs: {} };
    for (let round = 0; round < rounds; round++) {
      for (const client of clients) {
        const inside = client === 'in process' || client === 'own server';
        if (inside && cell.size > 64) continue;
        const each = await cost({ ...cell, client, port: server.port, milliseconds });
        row.costs[client] = [...(row.costs[client] ?? []), each];
      }
    }
    rows.push(row);
    const told = Object.keys(row.costs) as Task['client'][];
    const costs = told.map((client) => `${client} ${cpu(row, client).toFixed(2)}`);
    console.log(`${nameOf(row)}: µs ${costs.join(', ')}`);
  }
  await server.stop();
  return { date: new Date().toISOString().slice(0, 16), node: process.version, rows };
}

const writes = !flags.quick && flags.only === '';
if (!flags.print) {
  const measured = await measure();
  if (writes) {
    mkdirSync(folder, { recursive: true });
    const name = `${measured.date.replace(/:/g, '')}.json`;
    writeFileSync(join(folder, name), `${JSON.stringify(measured, null, 1)}\n`);
  }
}
if (writes) printPerformance();
