// The package as others get it: packed, put into a fresh project, type-checked, run and bundled.

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectRoot } from '../oracle/cache.ts';

const run = promisify(execFile);
const tsc = join(projectRoot, 'node_modules', '.bin', 'tsc');
let project: string;

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'respite-package-'));
  const home = join(project, 'node_modules', 'respite');
  mkdirSync(home, { recursive: true });
  await run('npm', ['run', 'build'], { cwd: projectRoot });
  const pack = ['pack', '--ignore-scripts', '--pack-destination', project, '--json'];
  const { stdout } = await run('npm', pack, { cwd: projectRoot });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  await run('tar', ['xzf', join(project, filename), '-C', home, '--strip', '1']);
  mkdirSync(join(project, 'node_modules', '@types'));
  // What npm would install along: the one dependency, with its own.
  for (const name of ['redis-parser', 'redis-errors', '@types/node', 'undici-types']) {
    symlinkSync(join(projectRoot, 'node_modules', name), join(project, 'node_modules', name));
  }
  const program = `
    import { createClient, defineScript } from 'respite/client';
    import { startServer } from 'respite';
    export async function main(): Promise<void> {
      const server = await startServer();
      const client = createClient(server.url);
      const [name, visits] = await client.pipeline((p) => [p.get('name'), p.incr('visits')]);
      const text: string | null = name;
      const count: number | bigint = visits;
      const half = defineScript({ keys: ['k'], lua: 'return 1', reply: Number });
      const one: number = await client.script(half, { k: 'k' });
      console.log(text, count, one);
      await client.close();
      await server.close();
    }
    void main();`;
  writeFileSync(join(project, 'esm.mts'), program);
  writeFileSync(join(project, 'cjs.cts'), program);
  writeFileSync(join(project, 'bundled.ts'), program);
}, 120_000);
afterAll(() => rmSync(project, { recursive: true, force: true }));

const strict = ['--strict', '--target', 'es2022', '--types', 'node'];

test('it is type-checked and run as ESM and as CommonJS', async () => {
  const how = [...strict, '--module', 'node16', '--skipLibCheck', 'false', '--outDir', 'out'];
  await run(tsc, [...how, 'esm.mts', 'cjs.cts'], { cwd: project });
  for (const file of ['out/esm.mjs', 'out/cjs.cjs']) {
    const { stdout } = await run(process.execPath, [file], { cwd: project });
    expect(stdout).toBe('null 1 1\n');
  }
}, 60_000);

test('it is type-checked as a bundler finds it', async () => {
  const how = [...strict, '--module', 'esnext', '--moduleResolution', 'bundler', '--noEmit'];
  await run(tsc, [...how, 'bundled.ts'], { cwd: project });
}, 60_000);

test("naming the client's type costs less than 10,000 instantiations", async () => {
  const cost = async (file: string, text: string): Promise<number> => {
    writeFileSync(join(project, file), text);
    const how = [...strict, '--module', 'node16', '--noEmit', '--extendedDiagnostics', file];
    const { stdout } = await run(tsc, how, { cwd: project });
    return Number(/Instantiations:\s+(\d+)/.exec(stdout)![1]);
  };
  const nothing = await cost('nothing.mts', 'export {};');
  const named = await cost(
    'named.mts',
    "import type { Client } from 'respite/client'; export type Named = Client;" +
      'export const use = (client: Client): Promise<string | null> => client.get("k");',
  );
  expect(named - nothing).toBeLessThan(10_000);
}, 60_000);

test('the whole client is at most 30 kB, bundled, minified and compressed', async () => {
  writeFileSync(join(project, 'entry.mjs'), "export * from 'respite/client';");
  const input = join(project, 'entry.mjs');
  const bundle = await rolldown({ input, platform: 'node', external: [/^node:/] });
  const { output } = await bundle.generate({ format: 'esm', minify: true });
  await bundle.close();
  const text = output.map((chunk) => ('code' in chunk ? chunk.code : '')).join('');
  expect(gzipSync(text).length).toBeLessThanOrEqual(30_000);
}, 60_000);

test('it depends on redis-parser, and on nothing else', async () => {
  const text = await readFile(join(project, 'node_modules/respite/package.json'), 'utf8');
  expect(Object.keys(JSON.parse(text).dependencies)).toEqual(['redis-parser']);
});

test('what it exports comes from the bundle, so that no class is there twice', async () => {
  const text = await readFile(join(project, 'node_modules/respite/package.json'), 'utf8');
  const { bin, exports } = JSON.parse(text) as {
    bin: Record<string, string>;
    exports: Record<string, Record<string, string | Record<string, string>>>;
  };
  const files = Object.entries(exports).flatMap(([name, { types, ...ways }]) => {
    const found = Object.values(ways).map((way) => (typeof way === 'string' ? way : way.default));
    return name === './client' || name === './package.json' ? [] : found;
  });
  for (const file of [...files, bin.respite]) {
    expect(file).toMatch(/^(\.\/)?dist\/(cjs\/)?bundle\/[a-z-]+\.js$/);
    await readFile(join(project, 'node_modules/respite', file));
  }
});

test('respite/vitest and respite/jest run in their frameworks, and are typed for them', async () => {
  for (const name of ['vitest', 'jest', 'expect', '@jest']) {
    symlinkSync(join(projectRoot, 'node_modules', name), join(project, 'node_modules', name));
  }
  const body = (name: string) => `
    test('${name}', async () => {
      const client = createClient(server.url);
      await client.incr('visits');
      await client.close();
      expect(server).toHaveReceived('INCR', 'visits');
      expect(server).toHaveKey('visits', 1);
    });`;
  const modern = `
    import { expect, test } from 'vitest';
    import { createClient } from 'respite/client';
    import { useServer } from 'respite/vitest';
    const server = useServer();${body('vitest')}`;
  writeFileSync(join(project, 'visits.test.mts'), modern);
  const classic = `
    const { createClient } = require('respite/client');
    const { useServer } = require('respite/jest');
    const server = useServer();${body('jest')}`;
  writeFileSync(join(project, 'visits.jest.cjs'), classic);
  const typed = modern.replace('vitest', '@jest/globals').replace('/vitest', '/jest');
  writeFileSync(join(project, 'typed.mts'), typed);
  const how = [...strict, '--module', 'node16', '--skipLibCheck', '--noEmit'];
  await run(tsc, [...how, 'visits.test.mts', 'typed.mts'], { cwd: project });
  const bin = join(projectRoot, 'node_modules');
  await run(process.execPath, [join(bin, 'vitest/vitest.mjs'), 'run'], { cwd: project });
  const config = JSON.stringify({ rootDir: project, testMatch: ['**/*.jest.cjs'], transform: {} });
  const jest = [join(bin, 'jest/bin/jest.js'), '--config', config, '--watchman=false'];
  await run(process.execPath, jest, { cwd: project });
}, 120_000);
