// From two runs of a unit, real Redis's and ours, to a row and a paragraph of docs/conformance.md.
//
// The page is rewritten from whatever was run just now; rows and paragraphs of other units stay as
// they are, so one unit can be measured alone. The page is the record: nothing else is committed.

import { count, type Missing, missing, type UnitRun } from './outcome.ts';
import type { Waiting } from './waiting.ts';

export interface Explained extends Missing {
  /** From `waiting.ts`; null when nothing there speaks of the test. */
  reason: string | null;
}

export interface UnitReport {
  unit: string;
  /** How many tests pass with real Redis. */
  real: number;
  /** How many of those pass with ours. */
  ours: number;
  /** Tests and whole groups that the suite leaves out with real Redis too. */
  left: number;
  missing: Explained[];
}

/** Compares two runs of a unit. */
export function report(real: UnitRun, ours: UnitRun, waiting: Waiting[]): UnitReport {
  const lacking = missing(real, ours).map((each) => {
    return { ...each, reason: reasonFor(real.unit, each.name, waiting) };
  });
  const passed = count(real, 'ok');
  const left = count(real, 'ignore') + real.ignoredGroups.length;
  const absent = lacking.reduce((sum, each) => sum + each.times, 0);
  return { unit: real.unit, real: passed, ours: passed - absent, left, missing: lacking };
}

function reasonFor(unit: string, name: string, waiting: Waiting[]): string | null {
  return waiting.find((each) => each.unit === unit && fits(each.test, name))?.reason ?? null;
}

function fits(pattern: string | RegExp, name: string): boolean {
  return typeof pattern === 'string' ? pattern === name : pattern.test(name);
}

/** Entries of `waiting` for the units in `reports` that fit no missing test any more. */
export function outdated(reports: UnitReport[], waiting: Waiting[]): Waiting[] {
  return waiting.filter((entry) => {
    const unit = reports.find((each) => each.unit === entry.unit);
    return unit !== undefined && !unit.missing.some((each) => fits(entry.test, each.name));
  });
}

/** How many tests of each unit real Redis passes: the contents of `real-8.0.2.json`. */
export type Baseline = Record<string, number>;

/** The page, with `reports` put into what `previous` said. Units come in the baseline's order. */
export function renderPage(
  reports: UnitReport[],
  previous: string,
  baseline: Baseline,
  mode: 'full' | 'tls' = 'full',
): string {
  const rows = new Map(oldRows(previous));
  const sections = new Map(oldSections(previous));
  for (const each of reports) {
    rows.set(each.unit, renderRow(each));
    sections.set(each.unit, renderSection(each));
  }
  let real = 0;
  let ours = 0;
  for (const row of rows.values()) {
    const [, , passedReal, passedOurs] = row.split('|').map((cell) => cell.trim());
    real += Number(passedReal);
    ours += Number(passedOurs);
  }
  const units = Object.keys(baseline);
  const total = units.reduce((sum, unit) => sum + baseline[unit]!, 0);
  const unmeasured = units.filter((unit) => !rows.has(unit) && baseline[unit]! > 0);
  const lines = [
    ...introductions[mode],
    `Measured so far: ${rows.size} of ${units.length} files. Of ${real} tests in them that pass with`,
    mode === 'full'
      ? `real Redis, **${ours}** pass here. All files together hold ${total} such tests.`
      : `real Redis, **${ours}** pass here.`,
    '',
    '| file | Redis 8.0.2 | here | left out by the suite |',
    '|---|---:|---:|---:|',
    ...units.flatMap((unit) => rows.get(unit) ?? []),
    '',
    '## What does not pass, and why',
    '',
    ...units.flatMap((unit) => sections.get(unit) || []),
  ];
  if (mode === 'full') {
    lines.push('## Not measured yet', '');
    lines.push('With the number of tests that real Redis passes:', '');
    lines.push(...unmeasured.map((unit) => `- ${unit}: ${baseline[unit]}`), '');
  }
  return lines.join('\n');
}

const origin =
  '<!-- Written by `npm run conformance`. Reasons come from test/conformance/waiting.ts. -->';

const tlsIntroduction = [
  origin,
  '',
  '# Conformance over TLS',
  '',
  "Redis's own test suite once more, as in [conformance.md](conformance.md), but every connection",
  'that it makes is TLS, with certificates on both ends: `npm run conformance -- --tls`. Most files',
  'test the same things as without; these were chosen as a sample, beside `unit/tls` itself.',
  '',
];

const introduction = [
  origin,
  '',
  '# Conformance',
  '',
  "Redis's own test suite, that of 8.0.2, run against this server. The suite is not part of this",
  'project: `npm run conformance` brings it with apt. Every file runs in full mode, that is, the',
  'suite starts our command-line program wherever it would start redis-server, with a configuration',
  'file and options of its own, and talks to it over a socket. A test counts when real Redis 8.0.2,',
  'run in the same way on the same machine, passes it.',
  '',
];

const introductions = { full: introduction, tls: tlsIntroduction };

function renderRow(each: UnitReport): string {
  return `| ${each.unit} | ${each.real} | ${each.ours} | ${each.left} |`;
}

/** A paragraph per reason; empty when nothing is missing. */
function renderSection(each: UnitReport): string {
  if (each.missing.length === 0) return '';
  const lines = [`### ${each.unit}`, ''];
  const reasons = new Set(each.missing.map((one) => one.reason));
  for (const reason of reasons) {
    lines.push(`${reason ?? '**Unexplained**'}:`, '');
    for (const one of each.missing) {
      if (one.reason !== reason) continue;
      lines.push(`- \`${one.name}\`${one.times > 1 ? ` (${one.times} times)` : ''}`);
    }
    lines.push('');
  }
  return lines.join('\n');
}

function oldRows(page: string): [string, string][] {
  const rows: [string, string][] = [];
  for (const line of page.split('\n')) {
    const row = /^\| ((?:unit|integration)\/\S+) \|/.exec(line);
    if (row !== null) rows.push([row[1]!, line]);
  }
  return rows;
}

function oldSections(page: string): [string, string][] {
  const sections: [string, string][] = [];
  for (const part of page.split(/^(?=##)/m)) {
    const heading = /^### (\S+)\n/.exec(part);
    if (heading !== null) sections.push([heading[1]!, `${part.trimEnd()}\n`]);
  }
  return sections;
}
