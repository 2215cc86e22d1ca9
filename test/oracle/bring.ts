// Real Redis, to compare with.
//
// Debian carries the versions that matter here: 7.0.15 in bookworm, 8.0.2 in trixie, and there
// Valkey, which went its own way from 7.2 on. Neither
// has to be installed: the packages are downloaded with apt into the cache, unpacked, and started
// through the C library's own loader that came with them, so a Debian 12 machine runs Debian 13's
// server. Each program becomes one executable script, `bin/redis-server` and so on, that can be
// put wherever a path to the program is expected.
//
// Nothing here throws because a network is missing. `realRedis` answers null, `whyNoRedis` says why.

import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PrivateApt, unpackAll } from './apt.ts';
import { cacheFolder, underLock } from './cache.ts';

const run = promisify(execFile);

/** Those that Debian carries, and those that nobody brings: they are only looked for. */
export type RedisVersion =
  | ('8.0.2' | '7.0.15' | 'valkey-8.1')
  | ('6.2.16' | '7.2.6' | '7.4.1' | 'valkey-8.0');

export interface RedisInstall {
  /** What `redis-server --version` says; the version asked for, or another patch release of it. */
  version: string;
  /** Whether `version` is exactly what was asked for. */
  exact: boolean;
  server: string;
  cli: string;
  benchmark: string;
  checkRdb: string;
  checkAof: string;
}

const suites: Partial<Record<RedisVersion, { suite: string; packages: string[] }>> = {
  '8.0.2': {
    suite: 'trixie',
    packages: (
      'redis-server redis-tools libc6 libssl3t64 libjemalloc2 liblzf1 libsystemd0 libcap2 ' +
      'libgcc-s1 libatomic1 libstdc++6 zlib1g libzstd1'
    ).split(' '),
  },
  '7.0.15': {
    suite: 'bookworm',
    packages: (
      'redis-server redis-tools libc6 libssl3 libjemalloc2 liblzf1 libsystemd0 libcap2 ' +
      'libgcc-s1 libatomic1 libstdc++6 zlib1g libzstd1 liblz4-1 liblzma5 libgcrypt20 libgpg-error0'
    ).split(' '),
  },
  'valkey-8.1': {
    suite: 'trixie',
    packages: (
      'valkey-server valkey-tools libc6 libssl3t64 libjemalloc2 liblzf1 libsystemd0 libcap2 ' +
      'libgcc-s1 libatomic1 libstdc++6 zlib1g libzstd1 libhiredis1.1.0'
    ).split(' '),
  },
};

const programs = {
  server: 'redis-server',
  cli: 'redis-cli',
  benchmark: 'redis-benchmark',
  checkRdb: 'redis-check-rdb',
  checkAof: 'redis-check-aof',
} as const;

/** What a program of that version is called. */
function programOf(version: RedisVersion, program: keyof typeof programs): string {
  const name = programs[program];
  return version.startsWith('valkey') ? name.replace('redis', 'valkey') : name;
}

const reasons = new Map<RedisVersion, string>();
const found = new Map<RedisVersion, Promise<RedisInstall | null>>();

/** Why the last `realRedis(version)` of this process answered null. */
export function whyNoRedis(version: RedisVersion): string {
  return reasons.get(version) ?? 'nobody has asked for it yet';
}

/**
 * Finds or brings real Redis; null where that cannot be done (see `whyNoRedis`).
 * `$REDIS_SERVER_BIN` goes first if its version fits, then the cache, then a redis-server that is
 * installed, then the download. Another patch release of the same minor version is accepted from
 * all of them and shows in `exact`.
 */
export function realRedis(version: RedisVersion): Promise<RedisInstall | null> {
  let install = found.get(version);
  if (install === undefined) {
    install = find(version).catch((error: unknown) => {
      reasons.set(version, briefly(error));
      return null;
    });
    found.set(version, install);
  }
  return install;
}

async function find(version: RedisVersion): Promise<RedisInstall | null> {
  const chosen = process.env['REDIS_SERVER_BIN'];
  if (chosen) {
    const install = await installAt(dirname(chosen), version, chosen);
    if (install !== null) return install;
  }
  const folder = cacheFolder('redis', version);
  const cached = await installAt(join(folder, 'bin'), version);
  if (cached !== null) return cached;
  const installed = await installAt('/usr/bin', version);
  if (installed?.exact) return installed;
  return underLock(`${folder}.lock`, async () => {
    const meanwhile = await installAt(join(folder, 'bin'), version);
    if (meanwhile !== null) return meanwhile;
    throwIfSiblingFailed(folder);
    try {
      await bring(version, folder);
      const brought = await installAt(join(folder, 'bin'), version);
      if (brought === null) throw new Error(`what apt brought is not Redis ${version}`);
      return brought;
    } catch (error) {
      writeFileSync(`${folder}.failed`, `${process.ppid}\n${briefly(error)}\n`);
      throw error;
    }
  });
}

/** Workers of one test run have one parent: what failed for one is not tried again by the next. */
function throwIfSiblingFailed(folder: string): void {
  if (!existsSync(`${folder}.failed`)) return;
  const [parent, ...reason] = readFileSync(`${folder}.failed`, 'utf8').split('\n');
  if (parent === String(process.ppid)) throw new Error(reason.join(' ').trim());
}

/** The programs in `bin`, if the server there runs and is of that minor version. */
async function installAt(
  bin: string,
  wanted: RedisVersion,
  server = join(bin, programOf(wanted, 'server')),
): Promise<RedisInstall | null> {
  if (!existsSync(server)) return null;
  const version = await versionOf(server);
  if (version === null || minor(version) !== minor(wanted)) return null;
  return {
    version,
    exact: wanted.endsWith(version) || wanted.startsWith('valkey'),
    server,
    cli: join(bin, programOf(wanted, 'cli')),
    benchmark: join(bin, programOf(wanted, 'benchmark')),
    checkRdb: join(bin, programOf(wanted, 'checkRdb')),
    checkAof: join(bin, programOf(wanted, 'checkAof')),
  };
}

function minor(version: string): string {
  return version.replace('valkey-', '').split('.').slice(0, 2).join('.');
}

async function versionOf(server: string): Promise<string | null> {
  try {
    const { stdout } = await run(server, ['--version'], { timeout: 10_000 });
    return /^(?:Redis|Valkey) server v=(\S+)/.exec(stdout)?.[1] ?? null;
  } catch {
    return null;
  }
}

async function bring(version: RedisVersion, folder: string): Promise<void> {
  if (process.platform !== 'linux') throw new Error('Debian packages run on Linux only');
  const source = suites[version];
  if (source === undefined) throw new Error(`nobody brings ${version}: put it into ${folder}/bin`);
  const { suite, packages } = source;
  const parts = `${folder}.parts`;
  rmSync(parts, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(parts, { recursive: true });
  const apt = new PrivateApt(join(parts, 'apt'), suite, 'deb');
  await apt.update();
  await apt.download(packages, join(parts, 'debs'));
  await unpackAll(join(parts, 'debs'), join(parts, 'root'));
  const names = (Object.keys(programs) as (keyof typeof programs)[]).map((program) => {
    return programOf(version, program);
  });
  writeScripts(join(parts, 'root'), join(folder, 'root'), join(parts, 'bin'), names);
  rmSync(join(parts, 'apt'), { recursive: true, force: true });
  rmSync(join(parts, 'debs'), { recursive: true, force: true });
  renameSync(parts, folder);
}

/** Writes `bin/<program>` for a tree that is at `root` now and will be at `home`. */
function writeScripts(root: string, home: string, bin: string, names: readonly string[]): void {
  const libraries = libraryFolders(root);
  const loader = libraries
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name)))
    .find((path) => /\/ld-linux-[^/]*\.so\.\d+$/.test(path));
  if (loader === undefined) throw new Error('libc6 brought no loader');
  const path = libraries.map((folder) => join(home, folder)).join(':');
  mkdirSync(bin, { recursive: true });
  for (const program of names) {
    // One binary is server, check-rdb and check-aof: it looks at argv[0] for which to be.
    const script = [
      '#!/bin/sh',
      `exec '${join(home, loader)}' --argv0 "$0" \\`,
      `  --library-path '${path}' '${join(home, 'usr', 'bin', program)}' "$@"`,
      '',
    ];
    writeFileSync(join(bin, program), script.join('\n'), { mode: 0o755 });
  }
}

/** Folders with libraries, relative to `root`: `usr/lib/<triplet>`, before trixie `lib/<triplet>`. */
function libraryFolders(root: string): string[] {
  const folders: string[] = [];
  for (const parent of ['usr/lib', 'lib']) {
    if (!existsSync(join(root, parent))) continue;
    for (const name of readdirSync(join(root, parent))) {
      if (name.includes('-linux-')) folders.push(join(parent, name));
    }
  }
  return folders;
}

/** The line of an error that says most: apt's `E:` lines if there are any. */
function briefly(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message?: string };
  const lines = (stderr ?? '').split('\n').filter((line) => line.startsWith('E:'));
  if (lines.length > 0) return lines.join(' ');
  return (message ?? String(error)).split('\n')[0]!;
}

async function main(): Promise<void> {
  let missing = 0;
  for (const version of ['8.0.2', '7.0.15', 'valkey-8.1'] as const) {
    const install = await realRedis(version);
    if (install === null) {
      missing++;
      console.log(`Redis ${version}: none (${whyNoRedis(version)})`);
      continue;
    }
    const note = install.exact ? '' : ` (it is ${install.version}, not exactly ${version})`;
    console.log(`Redis ${version}: ${install.server}${note}`);
  }
  process.exitCode = missing === 0 ? 0 : 1;
}

const script = process.argv[1];
if (script !== undefined && existsSync(script)) {
  if (realpathSync(script) === fileURLToPath(import.meta.url)) await main();
}
