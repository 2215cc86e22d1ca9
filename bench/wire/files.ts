// What saving and loading takes, and what other clients notice of a BGSAVE or BGREWRITEAOF.
//
// Each server is started on a folder of its own and filled; SAVE is timed from the outside, and
// loading is what the log of a second start says that it took. Then it is filled again, clients
// write without pause, and one more asks for keys one after another and notes how long each answer
// took: first without, then during what is looked at.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scheduler } from 'node:timers/promises';
import { realRedis } from '../../test/oracle/bring.ts';
import { projectRoot } from '../../test/oracle/cache.ts';
import { overSocket, type Wire } from '../../test/wire.ts';
import { fill } from './memory.ts';
import type { Background, Pauses, PauseSample, Saving, SavingSample } from './result.ts';

const HOST = '127.0.0.1';
const WRITERS = 20;
const BEFORE_MS = 5000;

/** Whose server: redis-server's program, or Node with ours. */
export type Program = readonly string[];

/** How data sets are made, and what they are. */
export const DATA: Readonly<Record<string, (server: Started, count: number) => Promise<void>>> = {
  'string keys with values of 16 bytes': async ({ wire }, count) => {
    await wire.ask('DEBUG', 'POPULATE', String(count), 'key', '16');
  },
  'small hashes, lists, sets and sorted sets': async ({ port }, count) => {
    await fill({ host: HOST, port }, mixed, count);
  },
};

/** Five elements each; the last digit says what it is. */
function mixed(digits: string): string[] {
  const words = ['0', '1', '2', '3', '4'].map((each) => `${each}:${digits}`);
  switch (Number(digits) % 4) {
    case 0:
      return ['HSET', `h:${digits}`, ...words.flatMap((word) => [word, digits])];
    case 1:
      return ['RPUSH', `l:${digits}`, ...words];
    case 2:
      return ['SADD', `s:${digits}`, ...words];
    default:
      return ['ZADD', `z:${digits}`, ...words.flatMap((word) => [digits, word])];
  }
}

type Started = { readonly port: number; readonly wire: Wire; readonly stop: () => Promise<string> };

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Our program and redis-server's, as command lines. */
export async function programs(node: string): Promise<{ ours: Program; redis: Program }> {
  const install = await realRedis('8.0.2');
  if (install === null) throw new Error('no redis-server 8.0.2 here');
  return { ours: [node, join(projectRoot, 'dist', 'server', 'cli.js')], redis: [install.server] };
}

/** Starts a server on a folder; resolves when it has loaded what is there. */
async function start(
  [program, ...first]: Program,
  dir: string,
  more: readonly string[] = [],
): Promise<Started> {
  const port = await freePort();
  const options = ['--port', String(port), '--bind', HOST, '--dir', dir, '--save', ''];
  const args = [...first, ...options, '--enable-debug-command', 'yes', ...more];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  running.add(child);
  let log = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      log += chunk.toString('latin1');
      if (log.includes('Ready to accept connections tcp')) resolve();
    });
    child.on('exit', () => reject(new Error(log)));
  });
  const wire = await overSocket({ host: HOST, port });
  const stop = async () => {
    wire.close();
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    running.delete(child);
    return log;
  };
  return { port, wire, stop };
}

/** Saves and loads once. */
async function saveAndLoad(program: Program, what: string, count: number): Promise<SavingSample> {
  const dir = mkdtempSync(join(tmpdir(), 'respite-files-'));
  try {
    const first = await start(program, dir);
    await DATA[what](first, count);
    const startMs = performance.now();
    const reply = await first.wire.ask('SAVE');
    const saveSeconds = (performance.now() - startMs) / 1000;
    if (reply.text !== 'OK') throw new Error(reply.text);
    await first.stop();
    const log = await (await start(program, dir)).stop();
    const loadSeconds = Number(/loaded from disk: ([\d.]+) seconds/.exec(log)![1]);
    return { saveSeconds, loadSeconds, fileBytes: statSync(join(dir, 'dump.rdb')).size };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Both servers by turns, so many times. */
export async function measureSaving(
  node: string,
  what: string,
  count: number,
  rounds: number,
): Promise<Saving> {
  const { ours, redis } = await programs(node);
  const saving: Saving = { what, count, ours: [], redis: [] };
  for (let round = 0; round < rounds; round++) {
    saving.ours.push(await saveAndLoad(ours, what, count));
    saving.redis.push(await saveAndLoad(redis, what, count));
  }
  return saving;
}

/** Options for an append-only file that is rewritten only when it is asked for. */
export const APPENDING = ['--appendonly', 'yes', '--auto-aof-rewrite-percentage', '0'];

/** How each is begun, the options it needs, and what INFO says as long as it is under way. */
const BACKGROUND: Record<Background, { options: readonly string[]; goesOn: string }> = {
  BGSAVE: { options: [], goesOn: 'rdb_bgsave_in_progress:1' },
  BGREWRITEAOF: { options: APPENDING, goesOn: 'aof_rewrite_in_progress:1' },
};

/** What a client waits for its answers while others write: before, and during what is named. */
async function pausesOf(
  program: Program,
  benchmark: string,
  background: Background,
  count: number,
): Promise<PauseSample> {
  const dir = mkdtempSync(join(tmpdir(), 'respite-files-'));
  const { options, goesOn } = BACKGROUND[background];
  const { port, wire, stop } = await start(program, dir, options);
  const writers = ['-c', String(WRITERS), '-n', '2000000000', '-r', String(count), '-q'];
  const command = ['SET', 'key:__rand_int__', 'sixteen bytes...'];
  let load: ChildProcess | null = null;
  try {
    await wire.ask('DEBUG', 'POPULATE', String(count), 'key', '16');
    load = spawn(benchmark, ['-p', String(port), ...writers, ...command], { stdio: 'ignore' });
    running.add(load);
    await scheduler.wait(2000);
    let go = true;
    void scheduler.wait(BEFORE_MS).then(() => {
      go = false;
    });
    const before = await latencies(wire, count, () => go);
    const control = await overSocket({ host: HOST, port });
    const startMs = performance.now();
    await control.ask(background);
    let isUnderWay = true;
    const watch = async () => {
      while (isUnderWay) {
        await scheduler.wait(50);
        const info = (await control.ask('INFO', 'persistence')).text;
        isUnderWay = info.includes(goesOn);
      }
    };
    const watched = watch();
    const during = await latencies(wire, count, () => isUnderWay);
    await watched;
    control.close();
    const seconds = (performance.now() - startMs) / 1000;
    return { before: highest(before), during: highest(during), seconds };
  } finally {
    load?.kill('SIGKILL');
    if (load !== null) running.delete(load);
    await stop();
    rmSync(dir, { recursive: true });
  }
}

async function latencies(wire: Wire, count: number, goesOn: () => boolean): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; goesOn(); i = (i + 7919) % count) {
    const startMs = performance.now();
    await wire.ask('GET', `key:${i}`);
    all.push(performance.now() - startMs);
  }
  return all;
}

function highest(all: number[]): { p50: number; p999: number; max: number } {
  all.sort((a, b) => a - b);
  const at = (part: number) => all[Math.min(all.length - 1, Math.floor(all.length * part))];
  return { p50: at(0.5), p999: at(0.999), max: all[all.length - 1] };
}

/** Both servers by turns. */
export async function measurePauses(
  node: string,
  during: Background,
  count: number,
  rounds: number,
): Promise<Pauses> {
  const { ours, redis } = await programs(node);
  const { benchmark } = (await realRedis('8.0.2'))!;
  const pauses: Pauses = { during, count, ours: [], redis: [] };
  for (let round = 0; round < rounds; round++) {
    pauses.ours.push(await pausesOf(ours, benchmark, during, count));
    pauses.redis.push(await pausesOf(redis, benchmark, during, count));
  }
  return pauses;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, HOST);
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}
