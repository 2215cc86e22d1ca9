// Saving where something is in the way: folders that are missing or may not be written to, writes
// that are still on their way when a save is given up, settings that change meanwhile.

import { existsSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { diskHost } from '../../server/config/config-file.ts';
import { type Disk, realDisk } from '../../server/disk.ts';
import { Server } from '../../server/server.ts';
import { inProcess, type Wire } from '../wire.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'respite-faults-'));
});
const opened: Server[] = [];
afterEach(() => {
  for (const server of opened.splice(0)) server.close();
  rmSync(dir, { recursive: true });
});

type Setting = { server: Server; wire: Wire; log: string[] };

function start(options: Record<string, string> = {}, disk: Disk = realDisk): Setting {
  const config = new Config(diskHost());
  const debug = { 'enable-debug-command': 'yes', 'enable-protected-configs': 'yes' };
  config.options({ dir, save: '', ...debug, ...options });
  const log: string[] = [];
  const take = (line: string) => log.push(line.replace(/^\S+ .*?\d [.*#-] /, '').trimEnd());
  const server = new Server(config, { disk, seed: 1, pid: 7, log: take });
  opened.push(server);
  server.later = (run) => void setImmediate(run);
  return { server, wire: inProcess(server), log };
}

const files = (folder = dir) => readdirSync(folder).sort();
const text = async (wire: Wire, ...argv: string[]) => (await wire.ask(...argv)).text;

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

const STARTED = 'Background saving started';

/** What the log and INFO say of a save in the background that cannot even begin. */
async function failsToOpen({ server, wire, log }: Setting, why: string): Promise<void> {
  expect(await text(wire, 'SAVE')).toBe('ERR');
  expect(log.at(-1)).toBe(
    `Failed opening the temp RDB file temp-7.rdb (in server root dir ${dir}) for saving: ${why}`,
  );
  expect(await text(wire, 'BGSAVE')).toBe(STARTED);
  await until(() => server.background === '');
  expect(log.at(-2)).toMatch(new RegExp(`^Failed opening the temp RDB file .*: ${why}$`));
  expect(log.at(-1)).toBe('Background saving error');
  expect(await text(wire, 'INFO', 'persistence')).toContain('rdb_last_bgsave_status:err\r');
  expect(await text(wire, 'SET', 'k', 'v')).toMatch(/^MISCONF/);
  await wire.ask('CONFIG', 'SET', 'stop-writes-on-bgsave-error', 'no');
  expect(await text(wire, 'SET', 'k', 'v')).toBe('OK');
}

test('a folder that has gone is reported; when it is back, all is well', async () => {
  const setting = start({ save: '900 1000' });
  rmSync(dir, { recursive: true });
  await failsToOpen(setting, 'No such file or directory');
  mkdirSync(dir);
  expect(await text(setting.wire, 'BGSAVE')).toBe(STARTED);
  await until(() => setting.server.background === '');
  expect(await text(setting.wire, 'INFO', 'persistence')).toContain('rdb_last_bgsave_status:ok\r');
  expect(files()).toEqual(['dump.rdb']);
});

test('a folder that may not be written to is reported', async () => {
  const disk: Disk = {
    ...realDisk,
    open(path, how, mode) {
      if (how === 'r') return realDisk.open(path, how, mode);
      const facts = { code: 'EACCES', errno: -13, syscall: 'open' };
      throw Object.assign(new Error('EACCES: permission denied'), facts);
    },
  };
  await failsToOpen(start({ save: '900 1000' }, disk), 'Permission denied');
  expect(files()).toEqual([]);
});

test('a full disk is reported, in the words of the system', async () => {
  let full = true;
  const fail = () => {
    if (!full) return;
    const facts = { code: 'ENOSPC', errno: -28, syscall: 'write' };
    throw Object.assign(new Error('ENOSPC'), facts);
  };
  const disk: Disk = {
    ...realDisk,
    write: (file, bytes) => {
      fail();
      realDisk.write(file, bytes);
    },
    writeLater: async (file, bytes) => {
      fail();
      await realDisk.writeLater(file, bytes);
    },
  };
  const { server, wire, log } = start({ save: '900 1000' }, disk);
  await wire.ask('SET', 'k', 'v');
  expect(await text(wire, 'SAVE')).toBe('ERR');
  expect(log.at(-1)).toBe('Write error while saving DB to the disk: No space left on device');
  expect(await text(wire, 'BGSAVE')).toBe(STARTED);
  await until(() => server.background === '');
  expect(log.slice(-2)).toEqual([
    'Write error while saving DB to the disk: No space left on device',
    'Background saving error',
  ]);
  expect(await text(wire, 'INFO', 'persistence')).toContain('rdb_changes_since_last_save:1\r');
  expect(await text(wire, 'DEL', 'k')).toMatch(/^MISCONF/);
  expect(files()).toEqual([]);
  full = false;
  expect(await text(wire, 'SAVE')).toBe('OK');
  expect(await text(wire, 'DEL', 'k')).toBe('1');
});

test('a save point tries again five seconds after it failed, and not before', async () => {
  const { server, wire, log } = start({ save: '10 1' });
  server.clock.freeze();
  await wire.ask('SET', 'k', 'v');
  rmSync(dir, { recursive: true });
  await server.clock.advance(10_200);
  await until(() => server.background === '');
  const begun = () => log.filter((line) => line === '1 changes in 10 seconds. Saving...').length;
  expect(begun()).toBe(1);
  mkdirSync(dir);
  await server.clock.advance(4_000);
  expect(begun()).toBe(1);
  await server.clock.advance(1_500);
  await until(() => server.background === '');
  expect(begun()).toBe(2);
  expect(files()).toEqual(['dump.rdb']);
});

test('a write on its way when FLUSHALL gives a save up does not reach the new file', async () => {
  const held: (() => Promise<void>)[] = [];
  const disk: Disk = {
    ...realDisk,
    writeLater: (file, bytes) =>
      new Promise((resolve, reject) => {
        held.push(() => realDisk.writeLater(file, bytes).then(resolve, reject));
      }),
  };
  const { server, wire } = start({ save: '900 1000' }, disk);
  await wire.ask('DEBUG', 'POPULATE', '20000', 'key', '100');
  await wire.ask('BGSAVE');
  await until(() => held.length > 0);
  await wire.ask('FLUSHALL');
  expect(server.background).toBe('');
  expect(files()).toEqual(['dump.rdb']);
  const empty = readFileSync(join(dir, 'dump.rdb'));
  await held[0]();
  await until(() => true);
  expect(readFileSync(join(dir, 'dump.rdb'))).toEqual(empty);
  expect(files()).toEqual(['dump.rdb']);
  expect(await text(wire, 'INFO', 'persistence')).toContain('rdb_changes_since_last_save:0\r');
});

test('a BGSAVE ends where it began, wherever the next one goes', async () => {
  const { server, wire } = start({ 'rdb-key-save-delay': '1000' });
  const other = join(dir, 'other');
  mkdirSync(other);
  await wire.ask('SET', 'k', 'v');
  expect(await text(wire, 'BGSAVE')).toBe(STARTED);
  expect(await text(wire, 'CONFIG', 'SET', 'dir', other, 'dbfilename', 'x.rdb')).toBe('OK');
  await until(() => server.background === '');
  expect(files()).toEqual(['dump.rdb', 'other']);
  expect(files(other)).toEqual([]);
  expect(await text(wire, 'SAVE')).toBe('OK');
  expect(files(other)).toEqual(['x.rdb']);
  expect(await text(wire, 'CONFIG', 'SET', 'dbfilename', 'a/b.rdb')).toMatch(
    /path, just a filename/,
  );
  expect(await text(wire, 'CONFIG', 'SET', 'dir', join(dir, 'none'))).toMatch(/No such file/);
});

test('save points can be set while the server runs', async () => {
  const { server, wire } = start();
  server.clock.freeze();
  await wire.ask('SET', 'k', 'v');
  await server.clock.advance(100_000);
  expect(files()).toEqual([]);
  await wire.ask('CONFIG', 'SET', 'save', '50 1');
  await server.clock.advance(200);
  await until(() => server.background === '');
  expect(files()).toEqual(['dump.rdb']);
});

test('BGSAVE SCHEDULE waits for the rewriting of the append-only file', async () => {
  const { server, wire } = start({ 'rdb-key-save-delay': '2000' });
  await wire.ask('SET', 'k', 'v');
  expect(await text(wire, 'BGREWRITEAOF')).toMatch(/started$/);
  expect(await text(wire, 'BGSAVE')).toMatch(/^ERR Another child process is active \(AOF\?\)/);
  expect(await text(wire, 'BGSAVE', 'SCHEDULE')).toBe('Background saving scheduled');
  expect(await text(wire, 'BGSAVE', 'AT', 'ONCE')).toBe('ERR syntax error');
  await until(() => existsSync(join(dir, 'dump.rdb')) && server.background === '');
});

test('DEBUG RELOAD takes what a file has, beside or in place of what is there', async () => {
  const { wire } = start();
  await wire.ask('SET', 'a', '1');
  await wire.ask('SAVE');
  await wire.ask('SET', 'a', '2');
  await wire.ask('SET', 'b', '2');
  const reload = (...options: string[]) => text(wire, 'DEBUG', 'RELOAD', ...options);
  expect(await reload('NOSAVE', 'NOFLUSH', 'MERGE')).toBe('OK');
  expect(await text(wire, 'GET', 'a')).toBe('1');
  expect(await text(wire, 'GET', 'b')).toBe('2');
  expect(await reload()).toBe('OK');
  expect(await text(wire, 'DBSIZE')).toBe('2');
  expect(await reload('NOW')).toMatch(/^ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and/);
});

test('DEBUG RELOAD does not go on with what it could load only a half of', async () => {
  const { server, wire, log } = start();
  let ended = false;
  server.onFatal = () => {
    ended = true;
  };
  rmSync(join(dir, 'dump.rdb'), { force: true });
  expect(await text(wire, 'DEBUG', 'RELOAD', 'NOSAVE')).toMatch(
    /^ERR Error trying to load the RDB/,
  );
  expect(ended).toBe(false);
  await wire.ask('SET', 'key', 'value');
  await wire.ask('SAVE');
  const whole = readFileSync(join(dir, 'dump.rdb'));
  whole[whole.length - 1] ^= 1;
  writeFileSync(join(dir, 'dump.rdb'), whole);
  expect(await text(wire, 'DEBUG', 'RELOAD', 'NOSAVE')).toMatch(
    /^ERR Error trying to load the RDB/,
  );
  expect(ended).toBe(true);
  expect(log.join('\n')).toMatch(/Internal error in RDB reading offset \d+ -> RDB CRC error/);
});
