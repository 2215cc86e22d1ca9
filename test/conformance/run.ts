// npm run conformance: Redis's own test suite against this server.
//
//   node dist/test/conformance/run.js [unit ...]   the units named; without any, those we claim
//     --all            every unit of the suite
//     --real           measure real Redis instead, and keep its counts
//     --external       one server per unit, started here, instead of the suite starting them
//     --cluster        the same with a cluster of one node
//     --full           the default: the suite starts the servers
//     --tls            the same over TLS; recorded on a page of its own
//     --test NAME      only this test (or /pattern); may be repeated; nothing is recorded
//     --everything     run also those that waiting.ts says to leave out
//     --jobs N         units at a time (2)
//     --patience S     seconds without a finished test before a unit is given up (180)
//     --limit S        seconds a unit may take (1200)
//     --list           print the units and their counts
//
// Raw output is in .cache/conformance/logs/<unit>.<who>.log, the servers' logs of the same run in
// <unit>.<who>.servers.log, results in .cache/conformance/results. Ends with 1 if a test fails that
// passes with real Redis and is not explained in waiting.ts.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../oracle/cache.ts';
import { claimed } from './claimed.ts';
import { count, type Mode, type UnitRun } from './outcome.ts';
import { type Baseline, outdated, renderPage, report, type UnitReport } from './report.ts';
import { allUnits, bringSuite, type Suite, takeSlot } from './suite.ts';
import { aboutRun, labelOf, type RunOptions, runUnit } from './unit.ts';
import { waiting } from './waiting.ts';

const pages = { full: 'conformance.md', tls: 'conformance-tls.md' };
const baselineFile = join(projectRoot, 'test', 'conformance', 'real-8.0.2.json');

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: 'boolean', default: false },
    real: { type: 'boolean', default: false },
    external: { type: 'boolean', default: false },
    cluster: { type: 'boolean', default: false },
    full: { type: 'boolean', default: true },
    tls: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    test: { type: 'string', multiple: true, default: [] },
    everything: { type: 'boolean', default: false },
    jobs: { type: 'string', default: '2' },
    patience: { type: 'string', default: '180' },
    limit: { type: 'string', default: '1200' },
  },
});

function readBaseline(): Baseline {
  return existsSync(baselineFile) ? JSON.parse(readFileSync(baselineFile, 'utf8')) : {};
}

/** The units asked for; `unit/type/*` names a folder, `incr` any unit whose last word it is. */
function chooseUnits(all: string[]): string[] {
  if (flags.all) return all;
  if (positionals.length === 0) return claimed;
  const chosen = new Set<string>();
  for (const word of positionals) {
    const name = word.replace(/^tests\//, '').replace(/\.tcl$/, '');
    const fitting = name.endsWith('/*')
      ? all.filter((unit) => unit.startsWith(name.slice(0, -1)))
      : all.filter((unit) => unit === name || unit.endsWith(`/${name}`));
    if (fitting.length === 0) throw new Error(`the suite has no ${word}`);
    for (const unit of fitting) chosen.add(unit);
  }
  return [...chosen];
}

/** Runs `units` in as many slots as there are jobs; results come in the order of their ends. */
async function runAll(
  suite: Suite,
  units: string[],
  options: RunOptions,
  done: (run: UnitRun) => void,
): Promise<void> {
  const queue = [...units];
  const work = async (): Promise<void> => {
    if (queue.length === 0) return;
    const slot = await takeSlot(suite, options.who);
    try {
      for (let unit = queue.shift(); unit !== undefined; unit = queue.shift()) {
        done(await runUnit(slot, unit, { ...options, ...leftOut(unit, options) }));
      }
    } finally {
      slot.release();
    }
  };
  await Promise.all(Array.from({ length: Number(flags.jobs) }, work));
}

/** What a server that cannot do it yet must not be asked, for the sake of the tests after it. */
function leftOut(unit: string, options: RunOptions): Pick<RunOptions, 'skip'> {
  if (options.who === 'real' || flags.everything || options.only.length > 0) return { skip: [] };
  const disturbing = waiting.filter((each) => each.unit === unit && each.disturbs);
  return {
    skip: disturbing.map(({ test }) => (typeof test === 'string' ? test : `/${test.source}`)),
  };
}

function keepResult(run: UnitRun): void {
  const path = aboutRun('results', run.unit, labelOf(run));
  writeFileSync(path, `${JSON.stringify(run, null, 1)}\n`);
}

function readResult(unit: string, options: Pick<RunOptions, 'who' | 'mode'>): UnitRun | null {
  const path = aboutRun('results', unit, labelOf(options));
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null;
}

function printRun(run: UnitRun): void {
  const passed = `${count(run, 'ok')} passed`;
  const failed = run.outcomes.filter((each) => each.status === 'err');
  const end = run.finished ? '' : ', BROKE OFF';
  console.log(
    `${run.unit} (${run.who}): ${passed}, ${failed.length} failed, ${run.seconds} s${end}`,
  );
  for (const each of failed) printFailure(each.name, each.detail);
  for (const each of run.trouble) printFailure('outside any test', each);
}

function printFailure(name: string, detail: string): void {
  const said = detail.split('\n').slice(0, 2).join(' | ').slice(0, 300);
  console.log(`    ${name}\n        ${said}`);
}

function printReport(each: UnitReport, run: UnitRun): number {
  const unexplained = each.missing.filter((one) => one.reason === null);
  const explained = each.missing.length - unexplained.length;
  const end = run.finished ? '' : ', BROKE OFF';
  console.log(
    `${each.unit}: ${each.ours} of ${each.real}, ` +
      `${unexplained.length} unexplained, ${explained} explained, ${run.seconds} s${end}`,
  );
  const unreached = unexplained.filter((one) => one.detail === 'was not reached');
  for (const one of unexplained) {
    if (!unreached.includes(one)) printFailure(`unexplained: ${one.name}`, one.detail);
  }
  if (unreached.length > 0) {
    console.log(`    ${unreached.length} not reached, the first: ${unreached[0]!.name}`);
  }
  for (const text of run.trouble) printFailure('outside any test', text);
  return unexplained.length;
}

/** Measures real Redis; its counts go into the baseline. */
async function measureReal(suite: Suite, units: string[], options: RunOptions): Promise<void> {
  const real: RunOptions = { ...options, who: 'real' };
  await runAll(suite, units, real, (run) => {
    printRun(run);
    if (options.only.length > 0) return;
    keepResult(run);
    if (run.mode === 'full') keepBaseline(suite, run);
  });
}

function keepBaseline(suite: Suite, run: UnitRun): void {
  const kept = readBaseline();
  const next: Baseline = {};
  for (const unit of allUnits(suite)) {
    const passed = unit === run.unit ? count(run, 'ok') : kept[unit];
    if (passed !== undefined) next[unit] = passed;
  }
  writeFileSync(baselineFile, `${JSON.stringify(next, null, 2)}\n`);
}

/** Measures ours against real Redis. The number of unexplained failures. */
async function measureOurs(suite: Suite, units: string[], options: RunOptions): Promise<number> {
  const unmeasured = units.filter((unit) => readResult(unit, { ...options, who: 'real' }) === null);
  if (unmeasured.length > 0) await measureReal(suite, unmeasured, options);
  const reports: UnitReport[] = [];
  let unexplained = 0;
  await runAll(suite, units, options, (run) => {
    keepResult(run);
    const each = report(readResult(run.unit, { ...options, who: 'real' })!, run, waiting);
    reports.push(each);
    unexplained += printReport(each, run);
  });
  // The other modes leave out tests that it names.
  for (const entry of options.mode === 'full' ? outdated(reports, waiting) : []) {
    console.log(`waiting.ts: ${entry.unit} ${entry.test} passes now`);
  }
  if (options.mode === 'full' || options.mode === 'tls') {
    const page = join(projectRoot, 'docs', pages[options.mode]);
    const previous = existsSync(page) ? readFileSync(page, 'utf8') : '';
    writeFileSync(page, renderPage(reports, previous, readBaseline(), options.mode));
  }
  const ours = reports.reduce((sum, each) => sum + each.ours, 0);
  const real = reports.reduce((sum, each) => sum + each.real, 0);
  console.log(`${ours} of ${real} tests, ${unexplained} unexplained failures`);
  return unexplained;
}

function chosenMode(): Mode {
  if (flags.cluster) return 'cluster';
  if (flags.external) return 'external';
  return flags.tls ? 'tls' : 'full';
}

async function main(): Promise<number> {
  const suite = await bringSuite();
  const all = allUnits(suite);
  if (flags.list) {
    const baseline = readBaseline();
    for (const unit of all) console.log(`${unit} ${baseline[unit] ?? '?'}`);
    return 0;
  }
  const units = chooseUnits(all);
  const options: RunOptions = {
    who: flags.real ? 'real' : 'ours',
    mode: chosenMode(),
    only: flags.test,
    skip: [],
    patience: Number(flags.patience),
    limit: Number(flags.limit),
  };
  if (flags.real) {
    await measureReal(suite, units, options);
    return 0;
  }
  if (flags.test.length > 0) {
    await runAll(suite, units, options, printRun);
    return 0;
  }
  return (await measureOurs(suite, units, options)) === 0 ? 0 : 1;
}

// So that 'exit' listeners, which end the suite's processes, run on Ctrl-C too.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => process.exit(130));
}
try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(2);
}
