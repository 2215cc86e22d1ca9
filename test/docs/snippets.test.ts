// The TypeScript that the documentation shows is compiled, each piece as a module of its own.
// A piece that makes no client or server has one.

import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { projectRoot } from '../oracle/cache.ts';

const PAGES = [
  'README.md',
  'docs/client.md',
  'docs/migrating.md',
  'docs/testing.md',
  'docs/moving-from-ioredis-mock.md',
];
const CLIENT = "import type { Client } from 'respite/client';\ndeclare const client: Client;\n";
const START = "import { startServer } from 'respite';\n";
const SERVER =
  "import type { RunningServer } from 'respite';\ndeclare const server: RunningServer;\n";

test('what the documentation shows compiles', { timeout: 120_000 }, async () => {
  const folder = join(projectRoot, '.cache', 'snippets');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  let pieces = 0;
  for (const page of PAGES) {
    const text = readFileSync(join(projectRoot, page), 'utf8');
    for (const [, code] of text.matchAll(/^```ts\n(.*?)^```$/gms)) {
      const name = `${page.replace(/\W/g, '-')}-${++pieces}.ts`;
      writeFileSync(join(folder, name), completed(code!));
    }
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  const tsc = join(projectRoot, 'node_modules', 'typescript', 'bin', 'tsc');
  const compiled = promisify(execFile)(process.execPath, [tsc, '-p', folder]);
  const said = await compiled.then(
    () => '',
    ({ stdout }: { stdout: string }) => stdout,
  );
  expect(said).toBe('');
  expect(pieces).toBeGreaterThan(10);
});

function completed(code: string): string {
  const client = /\b(?:const|using) client = /.test(code) ? '' : CLIENT;
  const start = /import .*startServer/.test(code) ? '' : START;
  const server = /\b(?:const|using) server = /.test(code) ? '' : SERVER;
  return client + start + server + code;
}

const settings = {
  extends: '../../tsconfig.json',
  compilerOptions: {
    noEmit: true,
    incremental: false,
    noUnusedLocals: false,
    rootDir: '../..',
    paths: {
      'respite/client': ['../../client/index.ts'],
      respite: ['../../server/index.ts'],
      'respite/ioredis': ['../../server/double/ioredis.ts'],
      'respite/ioredis-mock': ['../../server/double/ioredis-mock.ts'],
      'respite/node-redis': ['../../server/double/node-redis.ts'],
      'respite/jest': ['../../server/double/jest.ts'],
      'respite/vitest': ['../../server/double/vitest.ts'],
      'respite/rdb': ['../../persistence/index.ts'],
    },
  },
  include: ['*.ts', '../../client/redis-parser.d.ts'],
};
