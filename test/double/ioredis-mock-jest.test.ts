// respite/ioredis-mock in a real run of Jest, which replaces ioredis for all that a test loads.

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { expect, test } from 'vitest';
import { projectRoot } from '../oracle/cache.ts';

type Report = {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly { readonly title: string; readonly status: string }[];
  }[];
};

/** Runs node; returns whether it ended well, and what it wrote to stderr. */
function run(argv: readonly string[]): Promise<[boolean, string]> {
  return new Promise((resolve) => {
    execFile(process.execPath, argv, (problem, _, err) => resolve([problem === null, err]));
  });
}

test('jest.mock() puts it in the place of ioredis, for BullMQ as well; nothing is left', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'respite-jest-ioredis-'));
  const bundle = await rolldown({
    cwd: projectRoot,
    input: { 'ioredis-mock': 'server/double/ioredis-mock.ts' },
    platform: 'node',
    external: [/^[^./]/],
    logLevel: 'silent',
  });
  await bundle.write({ dir: folder, format: 'cjs', entryFileNames: '[name].cjs' });
  await bundle.close();
  const config = JSON.stringify({
    rootDir: join(projectRoot, 'test/double/projects/jest-ioredis'),
    testMatch: ['<rootDir>/mocked.cjs'],
    testEnvironment: 'node',
    moduleNameMapper: { '^respite/(.*)$': `${folder}/$1.cjs` },
    modulePaths: [join(projectRoot, 'node_modules')],
    transform: {},
    cacheDirectory: join(folder, 'cache'),
  });
  const output = join(folder, 'report.json');
  const jest = join(projectRoot, 'node_modules/jest/bin/jest.js');
  const flags = ['--runInBand', '--json', '--outputFile', output, '--watchman=false'];
  // It would not end by itself if a socket or a timer were left.
  const [ended, told] = await run([jest, '--config', config, ...flags]);
  const { testResults } = JSON.parse(readFileSync(output, 'utf8')) as Report;
  rmSync(folder, { recursive: true, force: true });
  const all = testResults.flatMap(({ assertionResults }) => assertionResults);
  expect(all, testResults[0].message).toHaveLength(4);
  expect(
    all.filter(({ status }) => status !== 'passed'),
    told,
  ).toEqual([]);
  expect(ended, told).toBe(true);
  expect(told).not.toContain('did not exit');
}, 120_000);
