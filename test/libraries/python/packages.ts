// redis-py and what is built on it, as Debian packs them, for whatever Python the machine has.
//
// The packages are unpacked into the cache and found through PYTHONPATH; nothing is installed.
// They are Python's source, so that the interpreter need not be Debian's. What some of them bring
// compiled as well, they can do without.

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PrivateApt, unpackAll } from '../../oracle/apt.ts';
import { cacheFolder, underLock } from '../../oracle/cache.ts';

const run = promisify(execFile);

const SUITE = 'trixie';
const PACKAGES = (
  'redis rq click croniter dateutil six tz limits deprecated wrapt packaging typing-extensions ' +
  'async-timeout kombu amqp vine celery billiard click-plugins click-repl click-didyoumean ' +
  'prompt-toolkit wcwidth tzlocal aiocache dogpile.cache decorator stevedore pbr portalocker ' +
  'cachelib'
).split(' ');

const IMPORTS = 'import redis, rq, limits, celery, aiocache, dogpile.cache, portalocker.redis';

/** Where Python finds the packages, or why it cannot. */
export type Packages = { readonly path: string } | { readonly missing: string };

/** Finds the packages in the cache, or brings them there. Never rejects. */
export async function pythonPackages(): Promise<Packages> {
  const folder = cacheFolder('python', SUITE);
  const path = join(folder, 'usr', 'lib', 'python3', 'dist-packages');
  try {
    await underLock(`${folder}.lock`, async () => {
      if (!existsSync(path)) await bring(folder);
    });
    await runPython(path, ['-c', IMPORTS]);
    return { path };
  } catch (problem) {
    const { stderr, message } = problem as Error & { stderr?: string };
    return { missing: (stderr || message).trim().split('\n').at(-1)! };
  }
}

/** Runs the machine's Python with these packages; rejects with what it says if it fails. */
export async function runPython(path: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, PYTHONPATH: path, PYTHONDONTWRITEBYTECODE: '1' };
  const { stdout } = await run('python3', args, { env, timeout: 60_000 });
  return stdout;
}

async function bring(folder: string): Promise<void> {
  const parts = `${folder}.parts`;
  rmSync(parts, { recursive: true, force: true });
  mkdirSync(parts, { recursive: true });
  const apt = new PrivateApt(join(parts, 'apt'), SUITE, 'deb');
  await apt.update();
  await apt.download(
    PACKAGES.map((name) => `python3-${name}`),
    join(parts, 'debs'),
  );
  await unpackAll(join(parts, 'debs'), join(parts, 'root'));
  rmSync(folder, { recursive: true, force: true });
  renameSync(join(parts, 'root'), folder);
  rmSync(parts, { recursive: true, force: true });
}
