// Append-only files between us and real Redis: what one writes, the other loads, to the same data.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { diskHost } from '../../server/config/config-file.ts';
import { realDisk } from '../../server/disk.ts';
import { Server } from '../../server/server.ts';
import { loadData } from '../../server/start.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { digests, run } from '../persistence/both.ts';
import { manyKeys } from '../persistence/datasets.ts';
import { inProcess, overSocket, type Wire } from '../wire.ts';

const install = await realRedis('8.0.2');
if (install === null) {
  process.stderr.write(`\n*** APPEND-ONLY FILES NOT COMPARED: ${whyNoRedis('8.0.2')} ***\n\n`);
}

const FOLDER = 'appendonlydir';
const OPTIONS = { appendonly: 'yes', save: '', 'enable-debug-command': 'yes' };

let dir: string;

/** Starts a server of ours on the folder. */
async function ours(options: Record<string, string> = {}): Promise<{ server: Server; wire: Wire }> {
  const config = new Config(diskHost());
  config.options({ dir, ...OPTIONS, ...options });
  const log: string[] = [];
  const server = new Server(config, { disk: realDisk, seed: 1, log: (line) => log.push(line) });
  server.later = (go) => void setImmediate(go);
  await loadData(server).catch((problem) => {
    throw new Error(`${problem}\n${log.join('')}`);
  });
  return { server, wire: inProcess(server) };
}

async function rewritten(wire: Wire): Promise<void> {
  expect((await wire.ask('BGREWRITEAOF')).text).toMatch(/started$/);
  for (;;) {
    const { text } = await wire.ask('INFO', 'persistence');
    expect(text).toContain('aof_last_bgrewrite_status:ok');
    if (text.includes('aof_rewrite_in_progress:0')) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** What comes after a rewrite. */
const LATER = [
  'SET after 1',
  'INCRBYFLOAT after 0.5',
  'SELECT 9',
  'SADD late a b c',
  'SPOP late',
  'SET soon gone PX 100000',
  'MULTI',
  'INCR n',
  'RPUSH l 1 2 3',
  'EXEC',
  'SELECT 0',
].map((line) => line.split(' '));

const WAYS = [
  { seed: 1, preamble: 'yes', rewrites: false },
  { seed: 2, preamble: 'yes', rewrites: true },
  { seed: 3, preamble: 'no', rewrites: true },
  { seed: 4, preamble: 'no', rewrites: true },
];

describe.skipIf(install === null)('beside real Redis 8.0.2', () => {
  let real: RealServer;
  let theirs: Wire;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'respite-aof-'));
    real = (await startReal('8.0.2'))!;
    theirs = await overSocket({ path: real.socket });
  });
  afterAll(async () => {
    theirs.close();
    await real.stop();
    rmSync(dir, { recursive: true });
  });

  test.each(WAYS)('it loads what we append, and its checker accepts it (%o)', async (way) => {
    rmSync(join(dir, FOLDER), { recursive: true, force: true });
    const { server, wire } = await ours({
      'aof-use-rdb-preamble': way.preamble,
      'aof-timestamp-enabled': way.seed % 2 === 0 ? 'yes' : 'no',
    });
    await run(wire, manyKeys(way.seed, 120));
    if (way.rewrites) {
      await rewritten(wire);
      await run(wire, LATER);
    }
    const held = await digests(wire);
    server.appendOnly.finish();
    server.close();

    const checker = join(dirname(install!.server), 'redis-check-aof');
    const manifest = join(dir, FOLDER, 'appendonly.aof.manifest');
    expect(execFileSync(checker, [manifest], { encoding: 'latin1' })).toContain(
      'All AOF files and manifest are valid',
    );
    rmSync(join(real.dir, FOLDER), { recursive: true, force: true });
    cpSync(join(dir, FOLDER), join(real.dir, FOLDER), { recursive: true });
    expect((await theirs.ask('DEBUG', 'LOADAOF')).text, real.log().slice(-900)).toBe('OK');
    expect(await digests(theirs)).toEqual(held);
  });

  test.each(WAYS)('we load what it appends (%o)', async (way) => {
    rmSync(join(dir, FOLDER), { recursive: true, force: true });
    await theirs.ask('CONFIG', 'SET', 'appendonly', 'no');
    await theirs.ask('FLUSHALL');
    await theirs.ask('CONFIG', 'SET', 'aof-use-rdb-preamble', way.preamble);
    await theirs.ask('CONFIG', 'SET', 'appendonly', 'yes');
    while (/aof_rewrite_(in_progress|scheduled):1/.test((await theirs.ask('INFO')).text));
    await run(theirs, manyKeys(way.seed + 50, 120));
    if (way.rewrites) {
      await theirs.ask('BGREWRITEAOF');
      while (/aof_rewrite_(in_progress|scheduled):1/.test((await theirs.ask('INFO')).text));
      await run(theirs, LATER);
    }
    const held = await digests(theirs);
    await theirs.ask('CONFIG', 'SET', 'appendonly', 'no');
    cpSync(join(real.dir, FOLDER), join(dir, FOLDER), { recursive: true });

    const { server, wire } = await ours();
    expect(await digests(wire)).toEqual(held);
    server.close();
  });

  test('what we rewrite as commands is what it rewrites, key by key', async () => {
    await theirs.ask('CONFIG', 'SET', 'appendonly', 'no');
    await theirs.ask('FLUSHALL');
    const { server, wire } = await ours({ 'aof-use-rdb-preamble': 'no' });
    await wire.ask('FLUSHALL');
    const base = join(dir, FOLDER);
    const both = [theirs, wire];
    for (const each of both) {
      await each.ask('CONFIG', 'SET', 'aof-use-rdb-preamble', 'no');
      for (const line of LINES) {
        const reply = await each.ask(...line.split(' '));
        expect(reply.isError, `${line}: ${reply.text}`).toBe(false);
      }
    }
    await theirs.ask('CONFIG', 'SET', 'appendonly', 'yes');
    while (/aof_rewrite_(in_progress|scheduled):1/.test((await theirs.ask('INFO')).text));
    await rewritten(wire);
    expect(byKey(commandsIn(base))).toEqual(byKey(commandsIn(join(real.dir, FOLDER))));
    server.close();
  });
});

const LINES = [
  'SET int 12345',
  'SET text hello',
  'SET expires x PXAT 4000000000000',
  `RPUSH list ${Array.from({ length: 130 }, (_, i) => i).join(' ')}`,
  'SADD intset 3 1 2',
  'SADD members b a c',
  'ZADD scores 0.1 a 1 b -inf c inf d 3e30 e 0 f -0 g 12345678.9 h -1e-7 i',
  'HSET hash f v g w',
  `HSET large ${Array.from({ length: 65 }, (_, i) => `f${i} v`).join(' ')}`,
  'HSET timed f v g w',
  'HPEXPIREAT timed 4000000000000 FIELDS 1 g',
  'XADD stream 1-1 f v g w',
  'XADD stream 2-1 f v g x',
  'XADD stream 2-2 other v',
  'XDEL stream 2-1',
  'XGROUP CREATE stream group 0',
  'XREADGROUP GROUP group one COUNT 1 STREAMS stream >',
  'XGROUP CREATECONSUMER stream group idle',
  'XADD empty 5-5 f v',
  'XDEL empty 5-5',
  'XGROUP CREATE empty none $ ENTRIESREAD 7',
];

/** The commands of the base in a folder. */
function commandsIn(folder: string): string[][] {
  const name = readdirSync(folder).find((each) => each.endsWith('.base.aof'))!;
  const text = readFileSync(join(folder, name), 'latin1');
  const commands: string[][] = [];
  for (let at = 0; at < text.length; ) {
    const line = () => text.slice(at, (at = text.indexOf('\n', at) + 1) - 2);
    const argv: string[] = [];
    for (let left = Number(line().slice(1)); left > 0; left--) {
      const length = Number(line().slice(1));
      argv.push(text.slice(at, at + length));
      at += length + 2;
    }
    commands.push(argv);
  }
  return commands;
}

/** The commands for each key; delivery times are no part of it, nor the order in a hash table. */
function byKey(commands: string[][]): Record<string, string[]> {
  const keys: Record<string, string[]> = {};
  for (const argv of commands) {
    if (argv[0] === 'SELECT') continue;
    const key = argv[0] === 'XGROUP' ? argv[2] : argv[1];
    const words = argv.map((word, i) => (argv[i - 1] === 'TIME' ? 'now' : word));
    const isTable = key === 'large';
    keys[key] ??= [];
    keys[key].push(isTable ? `${words.length} ${words.slice(0, 2).join(' ')}` : words.join(' '));
  }
  return keys;
}
