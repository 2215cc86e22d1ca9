// respite/vitest, by real runs of Vitest.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '../oracle/cache.ts';

type Report = {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly title: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
};
type Result = { readonly status: string; readonly message: string };

let results: ReadonlyMap<string, Result>;
let told: string; // What the run has written to stderr.

beforeAll(async () => {
  const vitest = join(projectRoot, 'node_modules/vitest/vitest.mjs');
  const config = 'test/double/projects/vitest.config.ts';
  const argv = [vitest, 'run', '--config', config, '--reporter=json', '--no-file-parallelism'];
  const { out, err } = await new Promise<{ out: string; err: string }>((resolve) => {
    const env = { ...process.env, VITEST: '', VITEST_POOL_ID: '', VITEST_WORKER_ID: '' };
    const options = { cwd: projectRoot, env, maxBuffer: 1 << 24 };
    execFile(process.execPath, argv, options, (_, stdout, stderr) => {
      resolve({ out: stdout, err: stderr });
    });
  });
  const report = JSON.parse(out.slice(out.indexOf('{'))) as Report;
  const all = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  results = new Map(
    all.map(({ title, status, failureMessages }) => [
      title,
      { status, message: failureMessages.join('\n') },
    ]),
  );
  told = err;
}, 120_000);

/** Expects tests to have passed. */
function passed(...titles: string[]): void {
  for (const title of titles)
    expect(results.get(title), title).toEqual({ status: 'passed', message: '' });
}

describe('test', () => {
  test('gives each test the server as it was, keys, configuration, time and chance', () => {
    passed(
      'a first test changes everything it can',
      'a second one finds the same server as the first did',
    );
  });

  test('goes on with another server where a test has ended it', () => {
    passed('a third one ends it', 'a fourth one has another');
  });

  test('gives each test a server of its own if it is told to', () => {
    passed('a server for each test: one', 'a server for each test: another');
    passed('they are not the same');
  });

  test('tells the seed, and what was asked, when a test fails', () => {
    expect(results.get('fails')!.status).toBe('failed');
    expect(told).toMatch(
      /The server of this test: startServer\(\{ seed: 4711 \}\)\nIts requests:\n {2}\[\d+\] SET fruit apple -> "OK"\n {2}\[\d+\] INCR fruit -> ERR value is not an integer or out of range\n/,
    );
  });
});

describe('what a test leaves open', () => {
  test('is told', () => {
    passed('leaves a subscription, which is told');
    expect(told).toMatch(
      /left something open:\n {2}subscribed to news: client \d+ in this process/,
    );
  });

  test('is told once, and only of the test that left it', () => {
    passed('leaves nothing, and what was there before is not its own');
    expect(told.split('subscribed to news')).toHaveLength(2);
  });

  test('fails it if it is told to', () => {
    const { status, message } = results.get('leaves a client that waits')!;
    expect(status).toBe('failed');
    expect(message).toContain('LeakError');
    expect(message).toContain('blocked in BLPOP jobs 0');
  });

  test('is not what is on its way out', () => {
    passed('ends its socket at the very end');
  });

  test('is nothing where nobody wants to know', () => {
    passed("leaves a transaction, which is nobody's business");
    expect(told).not.toContain('in MULTI');
  });
});

test('useServer() begins where hooks end, and comes behind those that close clients', () => {
  passed('a test changes keys', 'the next one finds them as hooks have made them');
  passed('has no test that is to blame for it');
  passed('has its own beginning, and keeps it (1)', 'has its own beginning, and keeps it (2)');
});
