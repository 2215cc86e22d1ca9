// Replicas that do not take what they are sent, leave in the middle, or come at a bad moment.

import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { diskHost } from '../../server/config/config-file.ts';
import { type Disk, realDisk } from '../../server/disk.ts';
import { Listeners } from '../../server/listeners.ts';
import { Server } from '../../server/server.ts';
import { encode, inProcess, type Wire } from '../wire.ts';

const MEGABYTE = 1024 * 1024;
const BIG = 'x'.repeat(MEGABYTE);
const disk: Disk = {
  ...realDisk,
  open(path, how, mode) {
    if (full && how === 'w') throw Object.assign(new Error('full'), { code: 'ENOSPC', errno: -28 });
    return realDisk.open(path, how, mode);
  },
};
let full = false;
let dir: string;
let log: string;
let server: Server;
let listeners: Listeners;
let client: Wire;
const ends: End[] = [];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'respite-slow-'));
  log = '';
  full = false;
  const config = new Config(diskHost());
  config.options({ dir, save: '', 'repl-diskless-sync-delay': '0' });
  const keep = (line: string) => {
    log += line;
  };
  server = new Server(config, { disk, log: keep });
  listeners = new Listeners(server);
  await listeners.open({ tcp: true });
  client = inProcess(server);
});
afterEach(async () => {
  for (const end of ends.splice(0)) end.socket.destroy();
  server.close();
  await listeners.close();
  rmSync(dir, { recursive: true, force: true });
});

/** A replica's end of a connection. */
class End {
  readonly socket: Socket;
  /** The first and the last of what came, and how much it was. */
  head = '';
  tail = '';
  length = 0;
  closed = false;
  private readonly chunks: string[] = [];

  constructor() {
    this.socket = connect({ host: '127.0.0.1', port: server.port });
    this.socket.on('data', (chunk) => {
      const text = chunk.toString('latin1');
      this.chunks.push(text);
      this.length += text.length;
      if (this.head.length < 1000) this.head += text;
      this.tail = (this.tail + text).slice(-1000);
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.closed = true;
    });
    ends.push(this);
  }

  get text(): string {
    return this.chunks.join('');
  }

  say(...argv: string[]): void {
    this.socket.write(encode(argv));
  }
}

/** Resolves when something is so; the test's own time limit ends what never is. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) {
    await turn();
  }
}

/** Sets a key to a megabyte, and lets everybody take it who does. */
async function setBig(): Promise<void> {
  await client.ask('SET', 'k', BIG);
  await turn();
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

async function info(name: string): Promise<string> {
  const { text } = await client.ask('INFO', 'everything');
  return new RegExp(`^${name}:(.*)\r$`, 'm').exec(text)![1];
}

async function online(): Promise<End> {
  const end = new End();
  end.say('SYNC');
  await until(() => end.head.includes('REDIS0012'));
  await until(() => server.replication.replicas.every(({ state }) => state === 6));
  return end;
}

test('who does not read is cut off at the limit, and others miss nothing', async () => {
  await client.ask('CONFIG', 'SET', 'client-output-buffer-limit', 'replica 16mb 0 0');
  const [slow, quick] = [await online(), await online()];
  slow.socket.pause();
  for (let i = 0; i < 10; i++) await setBig();

  await until(() => quick.length > 10 * MEGABYTE);
  expect(await info('connected_slaves')).toBe('2');
  // What is kept for it is more than the backlog would hold.
  expect(Number(await info('repl_backlog_histlen'))).toBeGreaterThan(2 * MEGABYTE);
  for (let i = 0; i < 20; i++) await setBig();

  await until(() => quick.length > 30 * MEGABYTE);

  await until(() => server.replication.replicas.length === 1);
  expect(log).toContain('overcoming of output buffer limits');
  await client.ask('SET', 'k', 'the end');
  await until(() => quick.tail.endsWith(encode(['SET', 'k', 'the end'])));
  expect(Number(await info('repl_backlog_histlen'))).toBeLessThan(3 * MEGABYTE);
});

test('who reads again after a while gets everything in order', async () => {
  const end = await online();
  const start = end.length;
  end.socket.pause();
  let expected = encode(['SELECT', '0']);
  for (let i = 0; i < 20; i++) {
    const argv = ['SET', `k${i}`, BIG.slice(i)];
    await client.ask(...argv);
    expected += encode(argv);
  }
  end.socket.resume();
  await until(() => end.length - start >= expected.length);
  expect(end.text.slice(start) === expected).toBe(true);
});

test('a snapshot for one who has left is given up, and the next can begin', async () => {
  await client.ask('CONFIG', 'SET', 'rdbcompression', 'no');
  for (let i = 0; i < 50; i++) await client.ask('SET', `big${i}`, BIG);
  const end = new End();
  end.say('REPLCONF', 'capa', 'eof');
  await until(() => end.head === '+OK\r\n');
  end.say('PSYNC', '?', '-1');
  await until(() => end.head.includes('$EOF:'));
  expect(server.background).toBe('rdb');
  end.socket.destroy();
  await until(() => server.background === '');
  expect(log).toContain('Diskless rdb transfer, last replica dropped, killing fork child.');
  expect(await info('connected_slaves')).toBe('0');
  const next = new End();
  next.say('REPLCONF', 'capa', 'eof');
  await until(() => next.head === '+OK\r\n');
  next.say('PSYNC', '?', '-1');
  await until(() => next.head.includes('$EOF:'));
  const [, mark] = /\$EOF:(\w{40})/.exec(next.head)!;
  await until(() => next.tail.endsWith(mark) && next.length > 50 * MEGABYTE);
});

test('a file that was made for one who has left is not finished, unless it would be anyway', async () => {
  await client.ask('SET', 'k', 'v');
  await client.ask('CONFIG', 'SET', 'rdb-key-save-delay', '10000000');
  const end = new End();
  end.say('SYNC');
  await until(() => server.background === 'rdb');
  end.socket.destroy();
  await until(() => server.background === '');
  await client.ask('CONFIG', 'SET', 'save', '3600 1');
  const other = new End();
  other.say('SYNC');
  await until(() => server.background === 'rdb');
  other.socket.destroy();
  await until(() => server.replication.replicas.length === 0);
  expect(server.background).toBe('rdb');
});

test('who comes during BGSAVE waits for the next; who comes during its file shares it', async () => {
  await client.ask('SET', 'k', 'v');
  await client.ask('CONFIG', 'SET', 'rdb-key-save-delay', '100000');
  await client.ask('BGSAVE');
  const ends = [new End(), new End()];
  for (const end of ends) end.say('PSYNC', '?', '-1');
  await until(() => server.replication.replicas.length === 2);
  expect(log.match(/Can't attach the replica to the current BGSAVE/g)).toHaveLength(2);
  await client.ask('SET', 'k', 'w');
  await until(() => ends.every((end) => end.head.includes('FULLRESYNC')));
  const late = new End();
  late.say('PSYNC', '?', '-1');
  await until(() => log.includes('Waiting for end of BGSAVE for SYNC'));
  await client.ask('SET', 'k', 'x');
  ends.push(late);
  const rest = encode(['SELECT', '0']) + encode(['SET', 'k', 'x']);
  await until(() => ends.every((end) => end.tail.endsWith(rest)));
  expect(await info('rdb_saves')).toBe('2');
});

test('a snapshot waits for the append-only file that is being made anew', async () => {
  await client.ask('SET', 'k', 'v');
  await client.ask('CONFIG', 'SET', 'rdb-key-save-delay', '100000');
  await client.ask('BGREWRITEAOF');
  expect(server.background).toBe('aof');
  const end = new End();
  end.say('SYNC');
  await until(() => server.replication.replicas.length === 1);
  expect(log).toContain('BGSAVE for replication delayed');
  await until(() => end.head.includes('REDIS0012'));
});

test('FLUSHALL gives up the snapshot under way, with those who wait for it', async () => {
  await client.ask('SET', 'k', 'v');
  await client.ask('CONFIG', 'SET', 'rdb-key-save-delay', '10000000');
  const end = new End();
  end.say('SYNC');
  await until(() => server.background === 'rdb');
  await client.ask('FLUSHALL');
  expect(server.background).toBe('');
  await until(() => end.closed);
});

test('a file that cannot be written ends who waits for it', async () => {
  full = true;
  const end = new End();
  end.say('SYNC');
  await until(() => end.closed);
  expect(end.text).toBe('');
  expect(log).toContain('SYNC failed. BGSAVE child returned an error');
});
