// respite/jest, by real runs of Jest, which has modules, globals and a realm of its own.

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '../oracle/cache.ts';

type Report = {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly title: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
    readonly message: string;
  }[];
};
type Result = { readonly status: string; readonly message: string };

let folder: string;
let results: ReadonlyMap<string, Result>;
let told: string; // What the run has written to stderr.

const projects = join(projectRoot, 'test/double/projects/jest');

/** Runs a program, whatever comes of it; returns what it has written. */
function run(argv: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<[string, string]> {
  const options = { cwd: folder, env: { ...process.env, ...env }, maxBuffer: 1 << 24 };
  return new Promise((resolve) => {
    execFile(process.execPath, argv, options, (_, out, err) => resolve([out, err]));
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'respite-jest-'));
  const bundle = await rolldown({
    cwd: projectRoot,
    input: { jest: 'server/double/jest.ts', client: 'client/index.ts' },
    platform: 'node',
    external: [/^node:/],
    logLevel: 'silent',
  });
  await bundle.write({ dir: folder, format: 'cjs', entryFileNames: '[name].cjs' });
  await bundle.close();
  const config = JSON.stringify({
    rootDir: projects,
    testMatch: ['<rootDir>/{hooked,faked,failing}.cjs'],
    testEnvironment: 'node',
    testTimeout: 60_000,
    moduleNameMapper: { '^respite/(.*)$': `${folder}/$1.cjs` },
    transform: {},
    cacheDirectory: join(folder, 'cache'),
  });
  const jest = join(projectRoot, 'node_modules/jest/bin/jest.js');
  const output = join(folder, 'report.json');
  const flags = ['--runInBand', '--json', '--outputFile', output, '--watchman=false'];
  [, told] = await run([jest, '--config', config, ...flags]);
  const report = JSON.parse(readFileSync(output, 'utf8')) as Report;
  const all = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  if (all.length === 0) throw new Error(report.testResults.map(({ message }) => message).join());
  results = new Map(
    all.map(({ title, status, failureMessages }) => [
      title,
      { status, message: failureMessages.join('\n') },
    ]),
  );
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Expects tests to have passed. */
function passed(...titles: string[]): void {
  for (const title of titles) {
    expect(results.get(title), title).toEqual({ status: 'passed', message: '' });
  }
}

describe('useServer()', () => {
  test('gives each test the server as it was when its hooks had run', () => {
    passed('a test changes keys', 'the next one does not see it');
    passed('has its own beginning, and keeps it (1)', 'has its own beginning, and keeps it (2)');
  });

  test('is not disturbed by fake timers, in which it was loaded', () => {
    passed('the server has its own time, and goes on');
  });

  test('follows fake timers if it is told to', () => {
    passed('one that follows has the time of the fakes', 'real timers may come back');
  });

  test('tells the seed, and what was asked, when a test fails', () => {
    expect(results.get('fails')!.status).toBe('failed');
    expect(told).toMatch(/startServer\(\{ seed: 4711 \}\)\nIts requests:\n {2}\[\d+\] SET fruit/);
  });

  test('fails a test that leaves something open', () => {
    const { status, message } = results.get('leaves a client that waits')!;
    expect(status).toBe('failed');
    expect(message).toContain('blocked in BLPOP jobs 0');
  });
});

test('a matcher says what came instead', () => {
  const { message } = results.get('expects what has not come')!;
  expect(message).toContain('It has not received GET "fruit".\nIt has received nothing.');
});

test('hooks of other runners can be handed in', async () => {
  const env = { RESPITE_JEST: join(folder, 'jest.cjs') };
  const [out] = await run(['--test', '--test-reporter=tap', join(projects, 'plain.cjs')], env);
  expect(out).toContain('# pass 2');
  expect(out).toContain('# fail 0');
});
