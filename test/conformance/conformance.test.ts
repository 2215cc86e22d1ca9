import { expect, test } from 'vitest';
import { count, missing, readOutput, type UnitRun } from './outcome.ts';
import { type Baseline, outdated, renderPage, report } from './report.ts';
import type { Waiting } from './waiting.ts';

const output = [
  'Starting test server at port 21079',
  '[ready]: 4711',
  'Testing unit/fruit',
  '[ok]: apples (in a basket) are red (12 ms)',
  '[ok]: pears hang (0 ms)',
  '[ok]: pears hang (1 ms)',
  '[err]: plums fall in tests/unit/fruit.tcl',
  "Expected 'down' to be equal to 'up'",
  '    (context: a line of code)',
  '[ignore]: melons: large memory flag not provided',
  '[ignore]: Tag: heavy denied',
  '[skip]: grapes',
  "[err]: Can't start the Redis server",
  'CONFIGURATION:',
  '[ok]: cherries come last (3 ms)',
  '[1/1 done]: unit/fruit (2 seconds)',
  '',
  '                   The End',
  '',
  '!!! WARNING The following tests failed:',
  '',
  '*** [err]: plums fall in tests/unit/fruit.tcl',
];

function run(who: 'real' | 'ours', text: string): UnitRun {
  return { unit: 'unit/fruit', who, mode: 'full', seconds: 2, ...readOutput(text) };
}

test('each test of a unit is read once, with what the suite said of a failure', () => {
  const read = run('ours', output.join('\n'));
  expect(count(read, 'ok')).toBe(4);
  expect(read.outcomes.map((each) => each.name)).toContain('apples (in a basket) are red');
  expect(read.outcomes.filter((each) => each.status === 'err')).toEqual([
    {
      name: 'plums fall',
      status: 'err',
      detail: "Expected 'down' to be equal to 'up'\n    (context: a line of code)",
    },
  ]);
  expect(read.outcomes.find((each) => each.status === 'ignore')?.name).toBe('melons');
  expect(read.outcomes.find((each) => each.status === 'skip')?.name).toBe('grapes');
  expect(read.ignoredGroups).toEqual(['Tag: heavy denied']);
  expect(read.trouble).toEqual(["Can't start the Redis server\nCONFIGURATION:"]);
  expect(read.finished).toBe(true);
});

test('a run that breaks off is not finished, whether it ends or not', () => {
  expect(run('ours', output.slice(0, 6).join('\n')).finished).toBe(false);
  const crashed = run('ours', '[ok]: a (1 ms)\n[exception]: client died\nwith a trace');
  expect(crashed.finished).toBe(false);
  expect(crashed.trouble).toEqual(['exception: client died\nwith a trace']);
  expect(run('ours', '[TIMEOUT]: no progress\n\n      The End\n').finished).toBe(false);
});

test('a test counts as missing when it fails, is not reached, or passes fewer times', () => {
  const names = ['plums fall', 'pears hang', 'figs dry'];
  const real = run('real', names.map((name) => `[ok]: ${name} (1 ms)`).join('\n'));
  real.outcomes.push({ name: 'pears hang', status: 'ok', detail: '' });
  real.outcomes.push({ name: 'pears hang', status: 'ok', detail: '' });
  const ours = run('ours', output.join('\n'));
  expect(missing(real, ours).map(({ name, times }) => [name, times])).toEqual([
    ['plums fall', 1],
    ['pears hang', 1],
    ['figs dry', 1],
  ]);
  expect(missing(real, ours)[2]!.detail).toBe('was not reached');
  expect(missing(real, real)).toEqual([]);
});

const waiting: Waiting[] = [
  { unit: 'unit/fruit', test: /^plums/, reason: 'gravity is built later', disturbs: false },
  { unit: 'unit/fruit', test: 'cherries come last', reason: 'nobody knows', disturbs: false },
  { unit: 'unit/nuts', test: 'cherries come last', reason: 'another unit', disturbs: false },
];
const baseline: Baseline = { 'unit/bread': 3, 'unit/fruit': 5, 'unit/nuts': 7 };

function fruit(): ReturnType<typeof report> {
  const real = run(
    'real',
    output.join('\n').replace(/\[err\]: plums.*/, '[ok]: plums fall (1 ms)'),
  );
  return report(real, run('ours', output.join('\n')), waiting);
}

test('a missing test carries the reason that waits for it, and stale reasons are found', () => {
  expect(fruit()).toMatchObject({ real: 5, ours: 4, left: 2 });
  expect(fruit().missing.map((each) => each.reason)).toEqual(['gravity is built later']);
  expect(outdated([fruit()], waiting)).toEqual([waiting[1]]);
});

test('the page keeps what it said of units that were not run', () => {
  const bread = { unit: 'unit/bread', real: 3, ours: 2, left: 0 };
  const burnt = { name: 'toast', times: 1, detail: '', reason: null };
  const first = renderPage([{ ...bread, missing: [burnt] }], '', baseline);
  expect(first).toContain('### unit/bread\n\n**Unexplained**:\n\n- `toast`\n');
  expect(first).toContain('- unit/fruit: 5\n- unit/nuts: 7\n');

  const second = renderPage([fruit()], first, baseline);
  expect(second).toContain('| unit/bread | 3 | 2 | 0 |\n| unit/fruit | 5 | 4 | 2 |\n');
  expect(second).toContain('- `toast`');
  expect(second).toContain('gravity is built later:\n\n- `plums fall`');
  expect(second).toContain('**6** pass here');
  expect(second).not.toContain('- unit/fruit: 5');

  const third = renderPage([{ ...bread, ours: 3, missing: [] }], second, baseline);
  expect(third).not.toContain('toast');
  expect(renderPage([], third, baseline)).toBe(third);
});
