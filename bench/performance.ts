// docs/performance.md with its plots, printed from everything that was measured: each bench adds what
// it found to bench/results, and has the page printed anew.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../test/oracle/cache.ts';
import { type ClientRun, clientPlot, clientSection } from './client/page.ts';
import { type DoubleRun, doublePlot, doubleSection } from './double/page.ts';
import { page } from './wire/page.ts';
import { plot } from './wire/plot.ts';
import { readRuns } from './wire/result.ts';

/** Where results are: those of bench/wire itself, those of others in folders below. */
export const resultsFolder = join(projectRoot, 'bench', 'results');

/** Throws if there are no results of bench/wire. */
export function printPerformance(): void {
  const runs = readRuns(resultsFolder);
  if (runs.length === 0) throw new Error('bench/results is empty');
  const sections = [page(runs)];
  write('performance.svg', plot(runs));
  const double = newest<DoubleRun>('double');
  if (double !== null) {
    sections.push(doubleSection(double));
    write('performance-testing.svg', doublePlot(double));
  }
  const client = newest<ClientRun>('client');
  if (client !== null) {
    sections.push(clientSection(client));
    write('performance-client.svg', clientPlot(client));
  }
  write('performance.md', sections.join('\n'));
}

function write(name: string, text: string): void {
  writeFileSync(join(projectRoot, 'docs', name), text);
}

/** The last result in a folder, or null. */
function newest<Result>(name: string): Result | null {
  const folder = join(resultsFolder, name);
  const last = existsSync(folder) ? readdirSync(folder).sort().at(-1) : undefined;
  return last === undefined ? null : JSON.parse(readFileSync(join(folder, last), 'utf8'));
}
