// kill -9 under a write load: what clients were told is there when the server comes back.
//
//   node dist/test/faults/kill-nine.js [--rounds 200] [--policy always|everysec|no] [--seed 1]
//
// Each round starts the server on the files that the last one left, lets clients append to lists
// as fast as they can, now and then with a rewrite under way, kills the process after a number of
// writes that chance chooses, and looks after the next start whether every list is 1, 2, 3 ... up to
// at least the last number that its client heard of; or, unless appendfsync is always, that it had
// heard of two seconds before.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from '../../server/clock.ts';
import { encode, overSocket, type Wire } from '../wire.ts';

export type KillOptions = {
  readonly rounds: number;
  readonly policy: string;
  readonly seed: number;
  /** Told how each round went. */
  readonly tell?: (line: string) => void;
};

const CLIENTS = 4;
const PIPELINE = 16;
const MOST_WRITES = 4000;

const built = import.meta.url.endsWith('.ts') ? '../../dist/server/cli.js' : '../../server/cli.js';
export const cli = fileURLToPath(new URL(built, import.meta.url));

type Writer = {
  readonly key: string;
  sent: number;
  told: number;
  /** When it was told of each of its numbers in this round. */
  toldAtMs: number[];
};

/** Runs so many rounds; throws an Error if anything was lost that must not be. Returns how many writes were told. */
export async function killNine({ rounds, policy, seed, tell }: KillOptions): Promise<number> {
  const random = new Random(seed);
  const dir = mkdtempSync(join(tmpdir(), 'respite-kill-'));
  const writers: Writer[] = [];
  // Redis: where a sync takes its time, writes wait for it for two seconds, and replies do not.
  const graceMs = policy === 'always' ? 0 : 2000;
  let killedAtMs = 0;
  for (let i = 0; i < CLIENTS; i++)
    writers.push({ key: `list:${i}`, sent: 0, told: 0, toldAtMs: [] });
  try {
    for (let round = 1; round <= rounds; round++) {
      const child = await start(dir, policy, random.below(2) === 0);
      try {
        await check(dir, writers, killedAtMs, graceMs);
        const before = told(writers);
        await load(dir, writers, random, () => {
          killedAtMs = performance.now();
          child.kill('SIGKILL');
        });
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
        tell?.(`round ${round}: killed after ${told(writers) - before} writes`);
      } finally {
        child.kill('SIGKILL');
      }
    }
    const child = await start(dir, policy, true);
    await check(dir, writers, killedAtMs, graceMs).finally(() => child.kill('SIGKILL'));
    await once(child, 'exit');
    return told(writers);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function told(writers: readonly Writer[]): number {
  return writers.reduce((sum, writer) => sum + writer.told, 0);
}

async function start(dir: string, policy: string, preamble: boolean): Promise<ChildProcess> {
  const options = {
    ...{ port: '0', dir, unixsocket: join(dir, 'socket'), save: '', appendonly: 'yes' },
    ...{ appendfsync: policy, 'aof-use-rdb-preamble': preamble ? 'yes' : 'no' },
    'auto-aof-rewrite-min-size': '64kb',
  };
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(process.execPath, [cli, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  let log = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes('Ready to accept connections unix')) resolve();
    });
    child.on('exit', () => reject(new Error(`the server did not start:\n${log}`)));
  });
  return child;
}

/** Compares what is there with what clients were told, and goes on from there. */
async function check(
  dir: string,
  writers: readonly Writer[],
  killedAtMs: number,
  graceMs: number,
): Promise<void> {
  const wire = await overSocket({ path: join(dir, 'socket') });
  for (const writer of writers) {
    const numbers = (await wire.ask('LRANGE', writer.key, '0', '-1')).items;
    const wrong = numbers.findIndex(({ text }, i) => text !== String(i + 1));
    if (wrong >= 0) {
      throw new Error(`${writer.key} has ${numbers[wrong].text} in place ${wrong + 1}`);
    }
    const { key, sent, told, toldAtMs } = writer;
    const late = toldAtMs.filter((ms) => killedAtMs - ms < graceMs).length;
    if (numbers.length < told - late || numbers.length > sent) {
      throw new Error(
        `${key} has ${numbers.length} of ${sent}, and ${told} were told, ${late} late`,
      );
    }
    writer.sent = numbers.length;
    writer.told = numbers.length;
    writer.toldAtMs = [];
  }
  wire.close();
}

/** Lets all clients write until `kill` is called, and its effect is felt. */
async function load(
  dir: string,
  writers: readonly Writer[],
  random: Random,
  kill: () => void,
): Promise<void> {
  const path = join(dir, 'socket');
  let left = 1 + random.below(MOST_WRITES);
  let untilRewrite = random.below(MOST_WRITES);
  const wires = await Promise.all(writers.map(() => overSocket({ path })));
  const write = async (writer: Writer, wire: Wire): Promise<void> => {
    const more = () => wire.send(encode(['RPUSH', writer.key, String(++writer.sent)]));
    for (let i = 0; i < PIPELINE; i++) more();
    for (;;) {
      const reply = await wire.next().catch(() => null);
      if (reply === null) return;
      if (/rewriting (started|already in progress)$/.test(reply.text)) continue;
      if (reply.isError) throw new Error(reply.text);
      writer.told++;
      writer.toldAtMs.push(performance.now());
      if (--left === 0) kill();
      if (--untilRewrite === 0) wire.send(encode(['BGREWRITEAOF']));
      more();
    }
  };
  await Promise.all(writers.map((writer, i) => write(writer, wires[i])));
}

if (process.argv[1]?.endsWith('kill-nine.js')) {
  const option = (name: string, initial: string): string => {
    const at = process.argv.indexOf(`--${name}`);
    return at < 0 ? initial : process.argv[at + 1];
  };
  if (!existsSync(cli)) throw new Error('there is no dist/server/cli.js: npm run build');
  const rounds = Number(option('rounds', '200'));
  const policy = option('policy', 'always');
  const tell = (line: string): void => void process.stdout.write(`${line}\n`);
  const count = await killNine({ rounds, policy, seed: Number(option('seed', '1')), tell });
  tell(`${rounds} kills with appendfsync ${policy}: ${count} writes told, and none lost`);
}
