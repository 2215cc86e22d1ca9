// The end of a server: by SHUTDOWN, by signals, and what keeps it from ending.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { diskHost } from '../../server/config/config-file.ts';
import { realDisk } from '../../server/disk.ts';
import { loadAtStart } from '../../server/loading.ts';
import { Server } from '../../server/server.ts';
import { inProcess, type Wire } from '../wire.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'respite-shutdown-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

type Ending = {
  readonly server: Server;
  readonly wire: Wire;
  /** What the log said, without the heads of its lines. */
  readonly log: string[];
  /** How the server ended: 'shutdown', or the code of an exit on the spot. */
  readonly ends: (string | number)[];
  signal(name: 'SIGINT' | 'SIGTERM'): void;
};

const opened: Server[] = [];
afterEach(() => {
  for (const server of opened.splice(0)) server.close();
});

function start(options: Record<string, string> = {}): Ending {
  const config = new Config(diskHost());
  config.options({ dir, save: '900 1', 'enable-debug-command': 'yes', ...options });
  const log: string[] = [];
  const take = (line: string) => log.push(line.replace(/^\S+ .*?\d [.*#-] /, '').trimEnd());
  const server = new Server(config, { disk: realDisk, seed: 1, pid: 7, log: take });
  opened.push(server);
  server.later = (run) => void setImmediate(run);
  const ends: (string | number)[] = [];
  server.onShutdown = () => ends.push('shutdown');
  const signal = (name: 'SIGINT' | 'SIGTERM') => {
    server.signalled.ask(name, (code) => ends.push(code));
  };
  return { server, wire: inProcess(server), log, ends, signal };
}

const files = () => readdirSync(dir).sort();
const text = async (wire: Wire, ...argv: string[]) => (await wire.ask(...argv)).text;

/** Asks for what is never answered. */
const tell = (wire: Wire, ...argv: string[]) => void wire.ask(...argv).catch(() => {});

/** Resolves when the event loop has gone round until something is so. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

const CANNOT = "Error trying to save the DB, can't exit.";
const NO_END = 'Errors trying to shut down the server. Check the logs for more information.';

test('a signal saves where there are save points, and ends the server', async () => {
  const { wire, ends, signal, log } = start();
  await wire.ask('SET', 'k', 'v');
  signal('SIGTERM');
  await until(() => ends.length > 0);
  expect(ends).toEqual(['shutdown']);
  expect(files()).toEqual(['dump.rdb']);
  expect(log).toEqual([
    'Received SIGTERM scheduling shutdown...',
    'User requested shutdown...',
    'Saving the final RDB snapshot before exiting.',
    'DB saved on disk',
  ]);
});

test.each([
  ['SIGTERM', 'default', '', []],
  ['SIGTERM', 'nosave', '900 1', []],
  ['SIGTERM', 'save', '', ['dump.rdb']],
  ['SIGINT', 'nosave', '900 1', []],
  ['SIGINT', 'save', '', ['dump.rdb']],
] as const)('%s with %s and save points "%s" leaves %j', async (name, how, save, left) => {
  const { wire, ends, signal } = start({ save, [`shutdown-on-${name.toLowerCase()}`]: how });
  await wire.ask('SET', 'k', 'v');
  signal(name);
  await until(() => ends.length > 0);
  expect(ends).toEqual(['shutdown']);
  expect(files()).toEqual(left);
});

test('a signal does not end a server that cannot save, unless it is to be forced', async () => {
  mkdirSync(join(dir, 'dump.rdb', 'in the way'), { recursive: true });
  const { server, wire, ends, signal, log } = start();
  await wire.ask('SET', 'k', 'v');
  signal('SIGTERM');
  await until(() => log.includes(NO_END));
  expect(log).toContain(CANNOT);
  expect(ends).toEqual([]);
  expect(server.paused).toBe(null);
  expect(await text(wire, 'SET', 'k', 'w')).toBe('OK');
  await wire.ask('CONFIG', 'SET', 'shutdown-on-sigterm', 'force');
  signal('SIGTERM');
  await until(() => ends.length > 0);
  expect(ends).toEqual(['shutdown']);
  expect(log).toContain('Error trying to save the DB. Exit anyway.');
  expect(files()).toEqual(['dump.rdb']);
});

test('a second SIGINT ends the server on the spot, and nothing half written is left', async () => {
  const { wire, ends, signal, log } = start({ 'rdb-key-save-delay': '100000000' });
  await wire.ask('SET', 'k', 'v');
  await wire.ask('SET', 'l', 'v');
  signal('SIGINT');
  await until(() => existsSync(join(dir, 'temp-7.rdb')));
  signal('SIGINT');
  expect(ends).toEqual([1]);
  expect(log.at(-1)).toBe('You insist... exiting now.');
  expect(files()).toEqual([]);
});

test('nobody changes anything while a signal has the data set saved', async () => {
  const { server, wire, ends, signal } = start({ 'rdb-key-save-delay': '1000' });
  await wire.ask('SET', 'a', '1');
  await wire.ask('SET', 'b', '1');
  signal('SIGTERM');
  await until(() => existsSync(join(dir, 'temp-7.rdb')));
  tell(inProcess(server), 'SET', 'c', '1');
  await until(() => ends.length > 0);
  expect(readFileSync(join(dir, 'dump.rdb'), 'latin1')).not.toContain('\u0001c');
  expect(server.databases[0].size).toBe(2);
});

test('SHUTDOWN ABORT takes a signal back that was not followed yet', async () => {
  const { wire, ends, signal, log } = start();
  expect(await text(wire, 'SHUTDOWN', 'ABORT')).toBe('ERR No shutdown in progress.');
  await wire.ask('DEBUG', 'PAUSE-CRON', '1');
  signal('SIGTERM');
  await until(() => true);
  expect(await text(wire, 'SHUTDOWN', 'ABORT')).toBe('OK');
  expect(log.at(-1)).toMatch(/^Shutdown manually aborted/);
  await wire.ask('DEBUG', 'PAUSE-CRON', '0');
  expect(await text(wire, 'PING')).toBe('PONG');
  expect(ends).toEqual([]);
});

test('a signal while a file is loaded ends the server at once, and the file stays', async () => {
  const first = start();
  await first.wire.ask('DEBUG', 'POPULATE', '1000');
  await first.wire.ask('SAVE');
  const before = readFileSync(join(dir, 'dump.rdb'));
  const { server, ends, signal, log } = start({ 'loading-process-events-interval-bytes': '1024' });
  const loaded = loadAtStart(server);
  await until(() => server.loading !== null && server.loading.loadedBytes > 0);
  signal('SIGTERM');
  expect(ends).toEqual([0]);
  expect(log.at(-1)).toBe('Received shutdown signal during loading, exiting now.');
  expect(readFileSync(join(dir, 'dump.rdb'))).toEqual(before);
  await loaded;
});

test.each([
  [['SHUTDOWN'], '900 1', ['dump.rdb']],
  [['SHUTDOWN'], '', []],
  [['SHUTDOWN', 'NOSAVE'], '900 1', []],
  [['SHUTDOWN', 'save'], '', ['dump.rdb']],
  [['SHUTDOWN', 'SAVE', 'NOW', 'FORCE'], '', ['dump.rdb']],
] as const)('%j with save points "%s" leaves %j', async (argv, save, left) => {
  const { wire, ends } = start({ save });
  await wire.ask('SET', 'k', 'v');
  tell(wire, ...argv);
  await until(() => ends.length > 0);
  expect(files()).toEqual(left);
});

test('SHUTDOWN says that it cannot save, and FORCE ends the server nevertheless', async () => {
  mkdirSync(join(dir, 'dump.rdb', 'in the way'), { recursive: true });
  const { wire, ends, log } = start();
  await wire.ask('SET', 'k', 'v');
  expect(await text(wire, 'SHUTDOWN')).toBe('ERR Errors trying to SHUTDOWN. Check logs.');
  expect(log).toContain(CANNOT);
  expect(log.join('\n')).toMatch(/Error moving temp DB file temp-7.rdb on the final destination/);
  expect(await text(wire, 'GET', 'k')).toBe('v');
  expect(ends).toEqual([]);
  tell(wire, 'SHUTDOWN', 'FORCE');
  await until(() => ends.length > 0);
  expect(files()).toEqual(['dump.rdb']);
});

test('SHUTDOWN gives up what is saved in the background, and leaves nothing of it', async () => {
  const { wire, ends, log } = start({ save: '', 'rdb-key-save-delay': '100000000' });
  await wire.ask('SET', 'k', 'v');
  await wire.ask('SET', 'l', 'v');
  await wire.ask('BGSAVE');
  await until(() => files().length === 1);
  tell(wire, 'SHUTDOWN', 'NOSAVE');
  await until(() => ends.length > 0);
  expect(log).toContain('There is a child saving an .rdb. Killing it!');
  expect(files()).toEqual([]);
});
