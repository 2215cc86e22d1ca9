// The image, as far as it can be looked at without Docker: what the last stage copies is enough to
// run its entry point and its health check.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type RolldownOptions, rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectRoot } from '../oracle/cache.ts';

const HOME = '/opt/respite'; // In the image.
const lastStage = readFileSync(join(projectRoot, 'Dockerfile'), 'utf8')
  .split(/^FROM /m)
  .at(-1)!;
let home: string;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'respite-image-'));
  for (const [, what] of lastStage.matchAll(/^COPY --from=build (.*)$/gm)) {
    const paths = what.split(' ');
    const target = paths.pop()!;
    for (const path of paths) {
      const to = target.endsWith('/') ? join(target, path.split('/').at(-1)!) : target;
      if (path === '/build/dist/bundle') await bundle(join(home, to));
      else cpSync(path.replace(/^\/build/, projectRoot), join(home, to), { recursive: true });
    }
  }
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Makes what the first stage makes, elsewhere. */
async function bundle(dir: string): Promise<void> {
  const config = join(projectRoot, 'server/bundle.config.mjs');
  const [options] = (await import(config)).default as RolldownOptions[];
  const { output, ...input } = options;
  const made = await rolldown({ ...input, cwd: projectRoot });
  await made.write({ ...[output!].flat()[0], dir, cleanDir: false });
  await made.close();
}

/** The words of an instruction, in the form that no shell reads. */
function words(instruction: RegExp): string[] {
  const [, list] = instruction.exec(lastStage)!;
  return (JSON.parse(list) as string[]).map((word) => word.replace(HOME, home));
}

test('the image has all that its entry point and health check need', async () => {
  const [, ...entry] = words(/^ENTRYPOINT (\[.*\])$/m);
  // The port is another one here: 6379 may be somebody's.
  const args = [...entry, '--save', '', '--port', '0', '--print-url', '--exit-with-stdin'];
  const child = spawn(process.execPath, args, { cwd: home, stdio: ['pipe', 'pipe', 'ignore'] });
  const closed = once(child, 'close');
  const [line] = await once(child.stdout, 'data');
  const [, ...check] = words(/^HEALTHCHECK[^[]*CMD (\[.*\])$/m);
  const url = String(line).trim();
  const { stdout } = await promisify(execFile)(process.execPath, [...check, url]);
  expect(stdout).toBe('PONG\n');
  child.stdin.end();
  await closed;
  expect(child.exitCode).toBe(0);
});

test('it runs as somebody who is not root, and says which port it has', () => {
  expect(lastStage).toMatch(/^USER node$/m);
  expect(lastStage).toMatch(/^EXPOSE 6379$/m);
});
