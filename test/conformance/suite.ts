// Redis's own test suite: brought by apt, unpacked into the cache, never part of this project.
//
// A run needs a working copy (the suite writes below tests/tmp) and a range of ports, together a
// slot. Slots are locked, so several runs, of several people on one machine, do not meet.
//
// The suite starts servers as `src/redis-server <config>` and looks for that process by the pid it
// got, so what lies there must become the server by `exec`.

import { execFile } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { scheduler } from 'node:timers/promises';
import { promisify } from 'node:util';
import { PrivateApt, unpackAll } from '../oracle/apt.ts';
import { type RedisInstall, realRedis, whyNoRedis } from '../oracle/bring.ts';
import { cacheFolder, projectRoot, takeLock, underLock } from '../oracle/cache.ts';

const run = promisify(execFile);
const slots = 8;

export interface Suite {
  folder: string;
  install: RedisInstall;
}

/** The unpacked source package of 8.0.2. Rejects with a reason where it cannot be had. */
export async function bringSuite(): Promise<Suite> {
  const install = await realRedis('8.0.2');
  if (install === null) throw new Error(`no real Redis: ${whyNoRedis('8.0.2')}`);
  const folder = cacheFolder('conformance', 'suite-8.0.2');
  await underLock(`${folder}.lock`, async () => {
    if (existsSync(join(folder, 'runtest'))) return;
    const parts = `${folder}.parts`;
    rmSync(parts, { recursive: true, force: true });
    const apt = new PrivateApt(join(parts, 'apt'), 'trixie', 'deb-src');
    await apt.update();
    await apt.downloadSource('redis', parts);
    const description = readdirSync(parts).find((name) => name.endsWith('.dsc'));
    if (!description?.includes('_8.0.2')) throw new Error(`apt brought ${description}, not 8.0.2`);
    // The signature was checked by apt, which has the key; dpkg-source would look for another.
    await run('dpkg-source', ['-x', '--no-check', description, 'redis'], { cwd: parts });
    rmSync(folder, { recursive: true, force: true });
    renameSync(join(parts, 'redis'), folder);
    rmSync(parts, { recursive: true, force: true });
  });
  return { folder, install };
}

export interface TlsParts {
  /** A folder with the certificates that the suite works with. */
  certificates: string;
  /** Where Tcl finds its TLS library. */
  tclLibrary: string;
}

/** What the suite needs to speak TLS: tcl-tls, of this machine's own Debian, and certificates. */
export async function bringTls(): Promise<TlsParts> {
  const { folder: suite } = await bringSuite();
  const folder = cacheFolder('conformance', 'tls');
  await underLock(`${folder}.lock`, async () => {
    if (existsSync(folder)) return;
    const parts = `${folder}.parts`;
    rmSync(parts, { recursive: true, force: true });
    const release = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
    if (release === undefined) throw new Error('this machine does not say which Debian it is');
    const apt = new PrivateApt(join(parts, 'apt'), release, 'deb');
    await apt.update();
    await apt.download(['tcl-tls'], join(parts, 'debs'));
    await unpackAll(join(parts, 'debs'), join(parts, 'root'));
    await run(join(suite, 'utils', 'gen-test-certs.sh'), [], { cwd: parts });
    renameSync(parts, folder);
  });
  const libraries = join(folder, 'root', 'usr', 'lib', 'tcltk');
  const [architecture] = readdirSync(libraries);
  return {
    certificates: join(folder, 'tests', 'tls'),
    tclLibrary: join(libraries, architecture!),
  };
}

/** Every unit of the suite, in its own order: `unit/auth`, `unit/type/list`, `integration/rdb`… */
export function allUnits(suite: Suite): string[] {
  const units: string[] = [];
  for (const folder of ['unit', 'unit/type', 'unit/cluster', 'integration']) {
    for (const name of readdirSync(join(suite.folder, 'tests', folder)).sort()) {
      if (name.endsWith('.tcl')) units.push(`${folder}/${name.slice(0, -'.tcl'.length)}`);
    }
  }
  return units;
}

export interface Slot {
  /** The working copy: the suite's root, where `./runtest` is. */
  tree: string;
  /** The first of 1000 ports. */
  port: number;
  release(): void;
}

/** A working copy that nobody else uses, with `who`'s server in its src folder. */
export async function takeSlot(suite: Suite, who: 'real' | 'ours'): Promise<Slot> {
  for (;;) {
    for (let number = 0; number < slots; number++) {
      const base = cacheFolder('conformance', `t${number}`);
      const release = takeLock(`${base}.lock`);
      if (release === null) continue;
      process.once('exit', release);
      try {
        const tree = join(base, 'tree');
        mkdirSync(base, { recursive: true });
        prepareTree(suite, tree);
        plug(suite.install, tree, who === 'real' ? null : snapshotOfOurs(base));
        return { tree, port: 21_111 + 1000 * number, release };
      } catch (error) {
        release();
        throw error;
      }
    }
    await scheduler.wait(1000);
  }
}

function prepareTree(suite: Suite, tree: string): void {
  if (existsSync(join(tree, 'src'))) return;
  rmSync(tree, { recursive: true, force: true });
  for (const part of ['runtest', 'tests', 'utils', 'redis.conf', 'sentinel.conf']) {
    cpSync(join(suite.folder, part), join(tree, part), { recursive: true });
  }
  mkdirSync(join(tree, 'src'));
}

/** A copy of the compiled server, so that a compilation meanwhile does not change what is tested. */
function snapshotOfOurs(base: string): string {
  const dist = join(projectRoot, 'dist');
  if (!existsSync(join(dist, 'server', 'cli.js'))) {
    throw new Error('there is no dist/server/cli.js: npm run build');
  }
  const copy = join(base, 'ours');
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(join(copy, 'dist'), { recursive: true });
  for (const name of ['server', 'protocol', 'datatypes', 'persistence', 'lua']) {
    if (!existsSync(join(dist, name))) continue;
    cpSync(join(dist, name), join(copy, 'dist', name), { recursive: true });
  }
  cpSync(join(projectRoot, 'package.json'), join(copy, 'package.json'));
  symlinkSync(join(projectRoot, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

function plug(install: RedisInstall, tree: string, ours: string | null): void {
  const src = join(tree, 'src');
  rmSync(src, { recursive: true, force: true });
  mkdirSync(src);
  symlinkSync(install.cli, join(src, 'redis-cli'));
  symlinkSync(install.benchmark, join(src, 'redis-benchmark'));
  symlinkSync(install.checkRdb, join(src, 'redis-check-rdb'));
  symlinkSync(install.checkAof, join(src, 'redis-check-aof'));
  const server = join(src, 'redis-server');
  if (ours === null) {
    symlinkSync(install.server, server);
    return;
  }
  const cli = join(ours, 'dist', 'server', 'cli.js');
  writeFileSync(server, `#!/bin/sh\nexec '${process.execPath}' '${cli}' "$@"\n`);
  chmodSync(server, 0o755);
}
