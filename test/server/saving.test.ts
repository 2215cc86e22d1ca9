// Saving and loading a data set: at once, in the background, by itself, and when things go wrong.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { diskHost } from '../../server/config/config-file.ts';
import { type Disk, realDisk } from '../../server/disk.ts';
import { startServer } from '../../server/index.ts';
import { LoadError } from '../../server/loading.ts';
import { Server } from '../../server/server.ts';
import { inProcess, type Wire } from '../wire.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'respite-saving-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const files = () => readdirSync(dir).sort();

function serverOn(
  disk: Disk,
  options: Record<string, string> = {},
): { server: Server; wire: Wire } {
  const config = new Config(diskHost());
  config.options({ dir, save: '', 'enable-debug-command': 'yes', ...options });
  const server = new Server(config, { disk, seed: 1, pid: 7 });
  server.later = (run) => void setImmediate(run);
  return { server, wire: inProcess(server) };
}

async function text(wire: Wire, ...argv: string[]): Promise<string> {
  return (await wire.ask(...argv)).text;
}

/** Resolves when nothing is written in the background any more. */
async function idle(server: Server): Promise<void> {
  while (server.background !== '') await new Promise((resolve) => setImmediate(resolve));
}

async function info(wire: Wire, field: string): Promise<string | undefined> {
  return new RegExp(`^${field}:(.*?)\r$`, 'm').exec(await text(wire, 'INFO', 'persistence'))?.[1];
}

test('what a server saves when it closes, the next one begins with', async () => {
  const persistence = { dir };
  {
    await using server = await startServer({ persistence });
    const wire = inProcessOf(server);
    await wire('SET', 'greeting', 'hello');
    await wire('RPUSH', 'list', 'a', 'b');
    await wire('HSET', 'hash', 'f', 'v');
    await wire('HPEXPIRE', 'hash', '100000', 'FIELDS', '1', 'f');
    await wire('SET', 'gone', 'soon', 'PX', '1');
    await server.clock.advance(10);
  }
  expect(files()).toEqual(['dump.rdb']);
  await using server = await startServer({ persistence });
  const wire = inProcessOf(server);
  expect(await wire('DBSIZE')).toBe(':3\r\n');
  expect(await wire('LRANGE', 'list', '0', '-1')).toBe('*2\r\n$1\r\na\r\n$1\r\nb\r\n');
  await server.clock.advance(100_001);
  expect(await wire('EXISTS', 'hash')).toBe(':0\r\n');
});

type Ask = (...argv: string[]) => Promise<string>;

function inProcessOf(server: { connect(): { write(bytes: Buffer): void; onData: unknown } }): Ask {
  const connection = server.connect();
  return (...argv) =>
    new Promise((resolve) => {
      connection.onData = (bytes: Buffer) => resolve(bytes.toString('latin1'));
      const words = argv.map((word) => `$${word.length}\r\n${word}\r\n`).join('');
      connection.write(Buffer.from(`*${argv.length}\r\n${words}`, 'latin1'));
    });
}

test('without persistence nothing is written, and SAVE fails', async () => {
  await using server = await startServer({ dir });
  expect(await inProcessOf(server)('SAVE')).toBe('-ERR\r\n');
  expect(await inProcessOf(server)('BGSAVE')).toBe('-ERR\r\n');
  expect(files()).toEqual([]);
});

test('a server can begin with a file that it never writes to', async () => {
  const { server: first, wire } = serverOn(realDisk);
  await wire.ask('SET', 'k', 'v');
  expect(await text(wire, 'SAVE')).toBe('OK');
  first.close();
  const before = readFileSync(join(dir, 'dump.rdb'));
  {
    await using server = await startServer({ rdb: join(dir, 'dump.rdb') });
    const ask = inProcessOf(server);
    expect(await ask('GET', 'k')).toBe('$1\r\nv\r\n');
    await ask('SET', 'k', 'w');
  }
  expect(readFileSync(join(dir, 'dump.rdb'))).toEqual(before);
  expect(files()).toEqual(['dump.rdb']);
  await expect(startServer({ rdb: join(dir, 'missing.rdb') })).rejects.toThrow('missing.rdb');
});

test('BGSAVE saves the moment that it was asked, and counts what changes after it', async () => {
  const { server, wire } = serverOn(realDisk);
  await wire.ask('DEBUG', 'POPULATE', '5000');
  await wire.ask('CONFIG', 'SET', 'rdb-key-save-delay', '-1');
  expect(await text(wire, 'BGSAVE')).toBe('Background saving started');
  expect(await info(wire, 'rdb_bgsave_in_progress')).toBe('1');
  expect(await text(wire, 'BGSAVE')).toBe('ERR Background save already in progress');
  expect(await text(wire, 'SAVE')).toBe('ERR Background save already in progress');
  expect(await info(wire, 'current_save_keys_total')).toBe('5000');
  expect(await info(wire, 'current_cow_size')).toBe('0');
  await wire.ask('SET', 'later', 'v');
  await wire.ask('DEL', 'key:0');
  await wire.ask('SET', 'key:1', 'changed');
  const hurried = await info(wire, 'current_cow_size');
  expect(Number(hurried)).toBeGreaterThan(20);
  await wire.ask('SET', 'key:1', 'again'); // What it held is saved already.
  await idle(server);
  expect(await info(wire, 'current_cow_size')).toBe('0');
  expect(await info(wire, 'rdb_last_cow_size')).toBe(hurried);
  expect(await info(wire, 'rdb_last_bgsave_status')).toBe('ok');
  expect(await info(wire, 'rdb_changes_since_last_save')).toBe('4');
  expect(files()).toEqual(['dump.rdb']);
  expect(await text(wire, 'DEBUG', 'RELOAD', 'NOSAVE')).toBe('OK');
  expect(await text(wire, 'DBSIZE')).toBe('5000');
  expect(await text(wire, 'GET', 'key:1')).toBe('value:1');
  expect(await text(wire, 'EXISTS', 'later', 'key:0')).toBe('1');
  server.close();
});

test('DEBUG RELOAD takes the time that key-load-delay wants for each key', async () => {
  const { server, wire } = serverOn(realDisk);
  await wire.ask('DEBUG', 'POPULATE', '300');
  await wire.ask('CONFIG', 'SET', 'key-load-delay', '10000');
  server.clock.freeze();
  const startMs = server.clock.ms;
  expect(await text(wire, 'DEBUG', 'RELOAD')).toBe('OK');
  expect(server.clock.ms - startMs).toBe(3000);
  server.close();
});

test('save points save by themselves', async () => {
  const { server, wire } = serverOn(realDisk, { save: '60 2' });
  server.clock.freeze();
  await wire.ask('SET', 'a', '1');
  await server.clock.advance(61_000);
  expect(server.background).toBe('');
  await wire.ask('SET', 'b', '1');
  await server.clock.advance(200);
  await idle(server);
  expect(files()).toEqual(['dump.rdb']);
  expect(Number(await text(wire, 'LASTSAVE'))).toBe(Math.floor(server.clock.ms / 1000));
  server.close();
});

test('FLUSHALL empties the file too, where there are save points', async () => {
  const { server, wire } = serverOn(realDisk, { save: '60 2' });
  await wire.ask('SET', 'a', '1');
  await wire.ask('SAVE');
  const full = readFileSync(join(dir, 'dump.rdb')).length;
  await wire.ask('FLUSHALL');
  expect(readFileSync(join(dir, 'dump.rdb')).length).toBeLessThan(full);
  server.close();
});

/** A disk on which the nth operation of a kind fails, as if there were no space left. */
function failing(nth: number): { disk: Disk; failed: () => boolean } {
  let left = nth;
  const fail = () => {
    if (--left === 0) {
      throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC', errno: -28 });
    }
  };
  const disk: Disk = {
    ...realDisk,
    open(path, how, mode) {
      if (how === 'w') fail();
      return realDisk.open(path, how, mode);
    },
    write(file, bytes) {
      fail();
      realDisk.write(file, bytes);
    },
    sync(file) {
      fail();
      realDisk.sync(file);
    },
    rename(from, to) {
      fail();
      realDisk.rename(from, to);
    },
    async writeLater(file, bytes) {
      fail();
      await realDisk.writeLater(file, bytes);
    },
    async syncLater(file) {
      fail();
      await realDisk.syncLater(file);
    },
    async renameLater(from, to) {
      fail();
      await realDisk.renameLater(from, to);
    },
  };
  return { disk, failed: () => left <= 0 };
}

for (const [command, steps] of [
  ['SAVE', 4],
  ['BGSAVE', 4],
] as const) {
  test(`whatever fails of a ${command}, the old file stays whole`, async () => {
    const { server: first, wire: before } = serverOn(realDisk);
    await before.ask('SET', 'k', 'old');
    await before.ask('SAVE');
    first.close();
    const old = readFileSync(join(dir, 'dump.rdb'));
    for (let nth = 1; nth <= steps; nth++) {
      const { disk, failed } = failing(nth);
      const { server, wire } = serverOn(disk, { save: '1000 1000' });
      await wire.ask('SET', 'k', 'new');
      const reply = await text(wire, command);
      await idle(server);
      expect(failed(), `step ${nth}`).toBe(true);
      expect(readFileSync(join(dir, 'dump.rdb'))).toEqual(old);
      expect(files()).toEqual(['dump.rdb']);
      if (command === 'SAVE') {
        expect(reply).toBe('ERR');
        expect(await text(wire, 'SET', 'k', 'v')).toBe('OK');
      } else {
        expect(await info(wire, 'rdb_last_bgsave_status')).toBe('err');
        expect(await text(wire, 'SET', 'k', 'v')).toMatch(/^MISCONF .*unable to persist to disk/);
        expect(await text(wire, 'PING')).toMatch(/^MISCONF/);
        expect(await text(wire, 'GET', 'k')).toBe('new');
        expect(await text(wire, 'BGSAVE')).toBe('Background saving started');
        await idle(server);
        expect(await text(wire, 'SET', 'k', 'v')).toBe('OK');
        writeFileSync(join(dir, 'dump.rdb'), old);
      }
      server.close();
    }
  });
}

test('closing a server ends what it writes in the background, and leaves nothing behind', async () => {
  const { server, wire } = serverOn(realDisk);
  await wire.ask('DEBUG', 'POPULATE', '100');
  await wire.ask('CONFIG', 'SET', 'rdb-key-save-delay', '10000000');
  await wire.ask('BGSAVE');
  server.close();
  while (existsSync(join(dir, 'temp-7.rdb'))) await new Promise((done) => setImmediate(done));
  expect(files()).toEqual([]);
});

test('while a file loads, clients hear LOADING, and INFO how far it is', async () => {
  const { server: first, wire: before } = serverOn(realDisk);
  await before.ask('DEBUG', 'POPULATE', '1000');
  await before.ask('SAVE');
  first.close();
  const config = new Config(diskHost());
  config.options({ dir, save: '', 'loading-process-events-interval-bytes': 1024 });
  config.options({ 'enable-protected-configs': 'yes' });
  let inMiddle: (() => Promise<void>) | null = null;
  const disk: Disk = {
    ...realDisk,
    async readLater(file, into) {
      if (server.loading!.loadedBytes > 0) await inMiddle?.();
      return realDisk.readLater(file, into);
    },
  };
  const server = new Server(config, { disk });
  const wire = inProcess(server);
  const heard: string[] = [];
  inMiddle = async () => {
    inMiddle = null;
    heard.push(await text(wire, 'GET', 'key:1'), await text(wire, 'PING'));
    expect(await text(wire, 'CONFIG', 'SET', 'dir', '/')).toMatch(/LOADING Redis is loading/);
    expect(await text(wire, 'CONFIG', 'SET', 'loglevel', 'debug')).toBe('OK');
    heard.push(String(await info(wire, 'loading')));
    expect(Number(await info(wire, 'loading_loaded_bytes'))).toBeGreaterThan(0);
    expect(Number(await info(wire, 'loading_rdb_used_mem'))).toBeGreaterThan(1e5);
  };
  const { loadAtStart } = await import('../../server/loading.ts');
  await loadAtStart(server);
  const loading = 'LOADING Redis is loading the dataset in memory';
  expect(heard).toEqual([loading, loading, '1']);
  expect(await text(wire, 'GET', 'key:1')).toBe('value:1');
  expect(await info(wire, 'rdb_last_load_keys_loaded')).toBe('1000');
  server.close();
});

test('a file that is cut or changed anywhere is refused', async () => {
  const { server, wire } = serverOn(realDisk);
  await wire.ask('SET', 'key', 'value', 'PX', '100000000');
  await wire.ask('RPUSH', 'list', 'a', '1', 'b');
  await wire.ask('SAVE');
  server.close();
  const whole = readFileSync(join(dir, 'dump.rdb'));
  const start = () => startServer({ persistence: { dir } });
  for (let cut = 0; cut < whole.length; cut++) {
    writeFileSync(join(dir, 'dump.rdb'), whole.subarray(0, cut));
    await expect(start(), `cut at ${cut}`).rejects.toThrow();
  }
  for (let at = 0; at < whole.length; at++) {
    const changed = Buffer.from(whole);
    changed[at] ^= 1 << (at % 8);
    writeFileSync(join(dir, 'dump.rdb'), changed);
    await expect(start(), `another byte at ${at}`).rejects.toThrow();
  }
});

test('without checksums a changed file loads or is refused, and nothing worse', async () => {
  const { server, wire } = serverOn(realDisk);
  await wire.ask('SET', 'key', 'value');
  await wire.ask('HSET', 'hash', 'f', 'v', 'g', '1');
  await wire.ask('SAVE');
  server.close();
  const whole = readFileSync(join(dir, 'dump.rdb'));
  let refused = 0;
  for (let at = 0; at < whole.length - 8; at++) {
    for (const mask of [0x01, 0x80, 0xff]) {
      const changed = Buffer.from(whole);
      changed[at] ^= mask;
      writeFileSync(join(dir, 'dump.rdb'), changed);
      const persistence = { dir, rdbchecksum: false, save: '' };
      const reason = await startServer({ persistence }).then(
        (loaded) => loaded.close(),
        (problem: unknown) => problem,
      );
      if (reason === undefined) continue;
      refused++;
      expect(reason, `${mask} at ${at}`).toBeInstanceOf(LoadError);
    }
  }
  expect(refused).toBeGreaterThan(20);
});
