// One unit of Redis's test suite, run in a slot.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { scheduler } from 'node:timers/promises';
import { promisify } from 'node:util';
import { cacheFolder } from '../oracle/cache.ts';
import { type Mode, readOutput, type UnitRun } from './outcome.ts';
import { bringTls, type Slot } from './suite.ts';

const run = promisify(execFile);

export interface RunOptions {
  who: 'real' | 'ours';
  mode: Mode;
  /** Only tests of these names (or matching, after a slash); empty for all. */
  only: string[];
  /** Tests of these names (or matching, after a slash) are left out. */
  skip: string[];
  /** Seconds without a finished test after which the suite gives the unit up. */
  patience: number;
  /** Seconds after which the unit is given up whatever it does. */
  limit: number;
}

/** Path of a file in the cache about a unit's run, such as `logs/unit.type.list.ours.log`. */
export function aboutRun(kind: 'logs' | 'results', unit: string, label: string): string {
  const folder = cacheFolder('conformance', kind);
  mkdirSync(folder, { recursive: true });
  const ending = kind === 'logs' ? 'log' : 'json';
  return join(folder, `${unit.replaceAll('/', '.')}.${label}.${ending}`);
}

/** What stands in file names for a run: `real`, `ours`, `ours-external`, `ours-tls`. */
export function labelOf(options: Pick<RunOptions, 'who' | 'mode'>): string {
  return options.mode === 'full' ? options.who : `${options.who}-${options.mode}`;
}

/** Runs one unit in a slot. The suite's output and the servers' logs go into the cache. */
export async function runUnit(slot: Slot, unit: string, options: RunOptions): Promise<UnitRun> {
  const label = labelOf(options);
  const temporary = join(slot.tree, 'tests', 'tmp');
  const env: NodeJS.ProcessEnv = { ...process.env, TERM: 'dumb' };
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary);
  const args = ['--single', unit, '--clients', '1', '--durable', '--dont-clean'];
  args.push('--dont-pre-clean', '--timeout', String(options.patience));
  for (const name of options.only) args.push('--only', name);
  for (const name of options.skip) args.push('--skiptest', name);
  let server: ChildProcess | null = null;
  if (options.mode === 'external' || options.mode === 'cluster') {
    const port = slot.port + 950;
    const isCluster = options.mode === 'cluster';
    server = await startExternal(temporary, port, isCluster);
    if (isCluster) {
      await serveAllSlots(slot.tree, port);
      args.push('--cluster-mode');
    }
    args.push('--host', '127.0.0.1', '--port', String(port), '--baseport', String(slot.port));
  } else {
    args.push('--baseport', String(slot.port), '--portcount', '900');
  }
  if (options.mode === 'tls') {
    const { certificates, tclLibrary } = await bringTls();
    cpSync(certificates, join(slot.tree, 'tests', 'tls'), { recursive: true });
    args.push('--tls');
    env.TCLLIBPATH = tclLibrary;
  }
  const start = process.hrtime.bigint();
  const log = aboutRun('logs', unit, label);
  const output = await runSuite({ cwd: slot.tree, env }, args, log, options.limit);
  const seconds = Number((process.hrtime.bigint() - start) / 1_000_000_000n);
  if (server !== null) {
    const gone = once(server, 'exit'); // The next one listens at the same port.
    server.kill('SIGKILL');
    await gone;
  }
  keepServerLogs(temporary, aboutRun('logs', unit, `${label}.servers`));
  return { unit, who: options.who, mode: options.mode, seconds, ...readOutput(output) };
}

async function runSuite(
  where: { cwd: string; env: NodeJS.ProcessEnv },
  args: string[],
  log: string,
  limit: number,
): Promise<string> {
  // A process group of its own, so that whatever the suite leaves running can be ended with it.
  const child = spawn('./runtest', args, {
    ...where,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const endGroup = (): void => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // Nothing of it is left.
    }
  };
  process.once('exit', endGroup);
  const file = createWriteStream(log);
  const chunks: Buffer[] = [];
  const take = (chunk: Buffer): void => {
    chunks.push(chunk);
    file.write(chunk);
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  const stop = new AbortController();
  const limited = scheduler.wait(limit * 1000, { signal: stop.signal }).then(
    () => take(Buffer.from(`\n[TIMEOUT]: the unit took more than ${limit} seconds\n`)),
    () => {},
  );
  await Promise.race([ended, limited]);
  stop.abort();
  endGroup();
  await ended;
  process.removeListener('exit', endGroup);
  await new Promise<void>((resolve) => file.end(() => resolve()));
  return Buffer.concat(chunks).toString('utf8');
}

/** One server for a whole unit, with what the suite needs in external mode. */
async function startExternal(
  folder: string,
  port: number,
  isCluster: boolean,
): Promise<ChildProcess> {
  const yes = ['enable-protected-configs', 'enable-debug-command', 'enable-module-command'];
  const settings = yes.flatMap((name) => [`--${name}`, 'yes']);
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--save', ''];
  if (isCluster) place.push('--cluster-enabled', 'yes');
  const command = 'exec ../../src/redis-server "$@" > stdout 2> stderr';
  const child = spawn('/bin/sh', ['-c', command, 'sh', ...place, ...settings], {
    cwd: folder,
    stdio: 'ignore',
  });
  const stdout = join(folder, 'stdout');
  const said = (): string => (existsSync(stdout) ? readFileSync(stdout, 'latin1') : '');
  for (let tries = 0; tries < 200 && child.exitCode === null; tries++) {
    if (said().includes('Ready to accept')) {
      process.once('exit', () => child.kill('SIGKILL'));
      return child;
    }
    await scheduler.wait(50);
  }
  child.kill('SIGKILL');
  throw new Error(`the server did not start:\n${said()}`);
}

/** Makes a node a cluster by itself. */
async function serveAllSlots(tree: string, port: number): Promise<void> {
  const ask = async (...words: string[]) => {
    const { stdout } = await run('./src/redis-cli', ['-p', `${port}`, ...words], { cwd: tree });
    return stdout;
  };
  await ask('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  for (let tries = 0; tries < 200; tries++) {
    if ((await ask('CLUSTER', 'INFO')).includes('cluster_state:ok')) return;
    await scheduler.wait(50);
  }
  throw new Error('the cluster did not get well');
}

/** Gathers what the servers of a run wrote, so that the next run can clear the folder. */
function keepServerLogs(temporary: string, into: string): void {
  const most = 2_000_000;
  const parts: string[] = [];
  const folders = readdirSync(temporary).filter((name) => name.startsWith('server.'));
  for (const folder of ['.', ...folders]) {
    for (const name of ['stdout', 'stderr']) {
      const path = join(temporary, folder, name);
      if (!existsSync(path) || statSync(path).size === 0) continue;
      parts.push(`===== ${folder}/${name}\n${readFileSync(path, 'latin1').slice(0, most)}`);
    }
  }
  writeFileSync(into, parts.join('\n'), 'latin1');
}
