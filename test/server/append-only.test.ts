// The append-only file while the server runs: when it is written, when it reaches the disk, and how
// it is made anew.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Client } from '../../server/client.ts';
import { startServer } from '../../server/index.ts';
import { FOLDER, idle, type OnDisk, startOn } from '../faults/append-only-server.ts';
import { MemoryDisk } from '../faults/memory-disk.ts';
import { encode, inProcess, overSocket } from '../wire.ts';

const open: OnDisk[] = [];
afterEach(() => {
  for (const { server } of open.splice(0)) server.close();
});

async function start(disk: MemoryDisk, options: Record<string, string> = {}): Promise<OnDisk> {
  const started = (await startOn(disk, options))!;
  open.push(started);
  return started;
}

const increment = (disk: MemoryDisk, n = 1) =>
  disk.afterKill.get(`${FOLDER}/appendonly.aof.${n}.incr.aof`)?.latin1Slice() ?? '';

const manifest = (disk: MemoryDisk) =>
  disk.afterKill.get(`${FOLDER}/appendonly.aof.manifest`)?.latin1Slice() ?? '';

async function info({ wire }: OnDisk, field: string): Promise<string | undefined> {
  const { text } = await wire.ask('INFO', 'persistence');
  return new RegExp(`^${field}:(.*?)\r$`, 'm').exec(text)?.[1];
}

test('with always, a reply leaves when its command is on the disk, not before', async () => {
  const disk = new MemoryDisk();
  const { server } = await start(disk, { appendfsync: 'always' });
  const safe: string[] = [];
  const link = {
    ...({ address: '', localAddress: '', transport: 'tcp', fd: -1, unsent: 0 } as const),
    sendOne(reply: Buffer) {
      const name = `${FOLDER}/appendonly.aof.1.incr.aof`;
      safe.push(reply.latin1Slice(), disk.afterPowerCut.get(name)!.latin1Slice());
      return true;
    },
    send: () => true,
    pause() {},
    resume() {},
    end() {},
    destroy() {},
  };
  const c: Client = server.connect(link);
  const bytes = Buffer.from(encode(['SET', 'a', '1']));
  c.received(bytes, bytes.length);
  expect(safe).toEqual([]); // It leaves with those of all who are read now.
  await new Promise((resolve) => setImmediate(resolve));
  expect(safe).toEqual(['+OK\r\n', encode(['SELECT', '0']) + encode(['SET', 'a', '1'])]);
});

test('the commands of all clients that are read together cost one write and one sync', async () => {
  const disk = new MemoryDisk();
  const { server } = await start(disk, { appendfsync: 'always' });
  const sent: string[] = [];
  const link = {
    ...({ address: '', localAddress: '', transport: 'tcp', fd: -1, unsent: 0 } as const),
    sendOne: (reply: Buffer) => sent.push(reply.latin1Slice()) > 0,
    send: () => true,
    pause() {},
    resume() {},
    end() {},
    destroy() {},
  };
  const clients = [1, 2, 3].map(() => server.connect(link));
  const { writes, syncs } = disk;
  for (const [i, c] of clients.entries()) {
    const bytes = Buffer.from(encode(['INCR', `n${i}`])); // More might be too much for one round.
    c.received(bytes, bytes.length);
  }
  await new Promise((resolve) => setImmediate(resolve));
  expect(sent.length).toBe(3);
  expect([disk.writes - writes, disk.syncs - syncs]).toEqual([1, 1]);
});

test('with everysec, what is written reaches the disk a second later, and with no, never', async () => {
  for (const policy of ['everysec', 'no']) {
    const disk = new MemoryDisk();
    const { server, wire } = await start(disk, { appendfsync: policy });
    server.clock.freeze();
    await wire.ask('SET', 'a', '1');
    expect(increment(disk)).toContain('SET');
    const before = disk.syncs;
    server.clock.advance(500);
    await idle(server);
    expect(disk.syncs).toBe(before);
    server.clock.advance(700);
    await idle(server);
    expect(disk.syncs - before).toBe(policy === 'no' ? 0 : 1);
    server.clock.advance(5000);
    await idle(server);
    expect(disk.syncs - before, 'nothing new').toBe(policy === 'no' ? 0 : 1);
  }
});

test('a write waits for the sync under way, but no longer than two seconds', async () => {
  const disk = new MemoryDisk();
  const held: (() => void)[] = [];
  disk.syncLater = () => new Promise((resolve) => held.push(resolve));
  const started = await start(disk);
  const { server, wire } = started;
  server.clock.freeze();
  await wire.ask('SET', 'a', '1');
  server.clock.advance(1100);
  expect(held.length).toBe(1);
  await wire.ask('SET', 'b', '2');
  expect(increment(disk)).not.toContain('b');
  server.clock.advance(1000);
  expect(increment(disk)).not.toContain('b');
  server.clock.advance(1200);
  expect(increment(disk)).toContain('b');
  expect(await info(started, 'aof_delayed_fsync')).toBe('1');
  for (const resolve of held) resolve();
});

test('a transaction is a unit in the file, and a database is named when it changes', async () => {
  const disk = new MemoryDisk();
  const { wire } = await start(disk);
  for (const line of ['SELECT 3', 'MULTI', 'SET a 1', 'INCR a', 'EXEC', 'GET a', 'SELECT 0']) {
    await wire.ask(...line.split(' '));
  }
  await wire.ask('SET', 'b', '1');
  const expected = ['MULTI', 'SELECT 3', 'SET a 1', 'INCR a', 'EXEC', 'SELECT 0', 'SET b 1'];
  expect(increment(disk)).toBe(expected.map((line) => encode(line.split(' '))).join(''));
});

test('times stand before the commands that they are of, once a second', async () => {
  const disk = new MemoryDisk();
  const { server, wire } = await start(disk, { 'aof-timestamp-enabled': 'yes', appendfsync: 'no' });
  server.clock.freeze();
  server.clock.set(1_900_000_000_000);
  await wire.ask('SET', 'a', '1');
  await wire.ask('SET', 'a', '2');
  server.clock.advance(1000);
  await wire.ask('SET', 'a', '3');
  expect(increment(disk).match(/#TS:\d+|SET/g)).toEqual([
    ...['#TS:1900000000', 'SET', 'SET', '#TS:1900000001', 'SET'],
  ]);
});

test('a rewrite leaves one base and one increment, and what was written meanwhile is in it', async () => {
  const disk = new MemoryDisk();
  const started = await start(disk);
  const { server, wire } = started;
  for (let i = 0; i < 500; i++) await wire.ask('SET', `k${i}`, 'before');
  expect((await wire.ask('BGREWRITEAOF')).text).toMatch(/started$/);
  expect((await wire.ask('BGREWRITEAOF')).text).toMatch(/already in progress$/);
  await wire.ask('SET', 'k0', 'after');
  await wire.ask('DEL', 'k499');
  await idle(server);
  expect([...disk.afterKill.keys()].map((path) => path.split('/').at(-1)).sort()).toEqual([
    ...['appendonly.aof.2.base.rdb', 'appendonly.aof.2.incr.aof', 'appendonly.aof.manifest'],
  ]);
  expect(increment(disk, 2)).toBe(
    ['SELECT 0', 'SET k0 after', 'DEL k499'].map((line) => encode(line.split(' '))).join(''),
  );
  const again = await start(new MemoryDisk(disk.afterKill));
  expect((await again.wire.ask('GET', 'k0')).text).toBe('after');
  expect((await again.wire.ask('DBSIZE')).text).toBe('499');
});

test('a file that has grown enough is rewritten by itself, more rarely once that keeps failing', async () => {
  const disk = new MemoryDisk();
  const started = await start(disk, { 'auto-aof-rewrite-min-size': '1000' });
  const { server, wire, log } = started;
  server.clock.freeze();
  const grow = async () => {
    await wire.ask('SET', 'a', 'x'.repeat(2000));
    server.clock.advance(200);
    await idle(server);
  };
  await grow();
  expect(manifest(disk)).toContain('appendonly.aof.2.base.rdb');
  const rename = disk.rename.bind(disk);
  disk.rename = (from, to) => {
    if (to.includes('.base.')) throw Object.assign(new Error('no'), { code: 'EIO', errno: -5 });
    rename(from, to);
  };
  for (let i = 0; i < 5; i++) await grow();
  expect(await info(started, 'aof_rewrites_consecutive_failures')).toBe('3');
  expect(log.join('').match(/triggered the limit, will retry in 1 minutes/g)).toHaveLength(1);
  expect(await info(started, 'aof_last_bgrewrite_status')).toBe('err');
  disk.rename = rename;
  server.clock.advance(61_000);
  await idle(server);
  expect(await info(started, 'aof_last_bgrewrite_status')).toBe('ok');
  expect(await info(started, 'aof_rewrites_consecutive_failures')).toBe('0');
});

test('CONFIG SET appendonly begins with a base of what is there, and ends with all on the disk', async () => {
  const disk = new MemoryDisk();
  const started = await start(disk, { appendonly: 'no' });
  const { server, wire } = started;
  await wire.ask('SET', 'a', '1');
  expect((await wire.ask('WAITAOF', '1', '0', '0')).text).toMatch(/appendonly is disabled/);
  expect((await wire.ask('CONFIG', 'SET', 'appendonly', 'yes')).text).toBe('OK');
  await wire.ask('SET', 'b', '2');
  expect(manifest(disk)).toBe('');
  await idle(server);
  expect(manifest(disk)).toBe(
    'file appendonly.aof.1.base.rdb seq 1 type b\n' +
      'file appendonly.aof.1.incr.aof seq 1 type i startoffset 0\n',
  );
  expect(increment(disk)).toContain('b');
  await wire.ask('SET', 'c', '3');
  await wire.ask('CONFIG', 'SET', 'appendonly', 'no');
  await wire.ask('SET', 'd', '4');
  expect(manifest(disk)).toContain('startoffset 0 endoffset 2');
  expect(disk.openFiles).toBe(0);
  const again = await start(new MemoryDisk(disk.afterPowerCut));
  expect((await again.wire.ask('EXISTS', 'a', 'b', 'c', 'd')).text).toBe('3');
});

test('WAITAOF waits for the disk, and for no longer than it is told to', async () => {
  const disk = new MemoryDisk();
  const started = await start(disk);
  const { server, wire } = started;
  server.clock.freeze();
  const answers = async () => (await wire.next()).items.map(({ text }) => text);
  wire.send(encode(['WAITAOF', '1', '0', '0']));
  expect(await answers(), 'it has written nothing').toEqual(['1', '0']);
  await wire.ask('SET', 'a', '1');
  wire.send(encode(['WAITAOF', '1', '0', '0']) + encode(['PING']));
  expect(wire.take()).toBeNull();
  server.clock.advance(1100);
  await idle(server);
  await new Promise((resolve) => setImmediate(resolve));
  expect(await answers()).toEqual(['1', '0']);
  expect((await wire.next()).text, 'what was asked behind it').toBe('PONG');
  await wire.ask('SET', 'a', '2');
  wire.send(encode(['WAITAOF', '1', '0', '50']));
  server.clock.advance(51);
  expect(await answers()).toEqual(['0', '0']);
  wire.send(encode(['WAITAOF', '0', '1', '50']));
  server.clock.advance(51);
  expect(await answers(), 'there are no replicas').toEqual(['0', '0']);
  wire.send(encode(['WAITAOF', '1', '0', '0']));
  await inProcess(server).ask('CONFIG', 'SET', 'appendonly', 'no');
  expect((await wire.next()).text).toMatch(/appendonly is disabled/);
});

test('a key whose time came while the server was down is as its last commands left it', async () => {
  const disk = new MemoryDisk();
  const first = await start(disk);
  const { clock } = first.server;
  clock.freeze();
  for (const line of [
    'RPUSH list a',
    `PEXPIREAT list ${clock.ms + 1000}`,
    'RPUSH list b',
    'HSET hash f 1 g 2',
    `HPEXPIREAT hash ${clock.ms + 1000} FIELDS 1 f`,
    'HINCRBY hash f 5',
    `SET s v PXAT ${clock.ms + 1000}`,
    'APPEND s w',
  ]) {
    expect((await first.wire.ask(...line.split(' '))).isError, line).toBe(false);
  }
  first.server.appendOnly.finish();
  const files = disk.afterKill;
  const config = { 'enable-debug-command': 'yes' };
  // The clock of the second server runs two seconds ahead, so to speak: the files are older.
  const path = `${FOLDER}/appendonly.aof.1.incr.aof`;
  const text = files.get(path)!.latin1Slice();
  const passed = text.replaceAll(String(clock.ms + 1000), String(clock.ms - 1000));
  const again = await start(new MemoryDisk(new Map(files).set(path, Buffer.from(passed))), config);
  expect((await again.wire.ask('EXISTS', 'list', 's')).text).toBe('0');
  expect((await again.wire.ask('HGETALL', 'hash')).items.map(({ text }) => text)).toEqual([
    'g',
    '2',
  ]);
});

test('DEBUG LOADAOF brings back what the file says', async () => {
  const disk = new MemoryDisk();
  const { wire } = await start(disk);
  await wire.ask('SET', 'a', '1');
  await wire.ask('SADD', 's', 'x', 'y');
  const digest = (await wire.ask('DEBUG', 'DIGEST')).text;
  expect((await wire.ask('DEBUG', 'LOADAOF')).text).toBe('OK');
  expect((await wire.ask('DEBUG', 'DIGEST')).text).toBe(digest);
  await wire.ask('SET', 'b', '2');
  expect(increment(disk)).toContain(encode(['SET', 'b', '2']));
});

test('a program gets back what its last server had appended', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'respite-append-'));
  const persistence = { dir, appendonly: true, save: '' };
  try {
    for (const round of ['1', '2', '3']) {
      await using server = await startServer({ persistence });
      const wire = await overSocket({ host: server.host, port: server.port });
      expect((await wire.ask('INCR', 'rounds')).text).toBe(round);
      wire.close();
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('without a disk the append-only file cannot be turned on', async () => {
  await using server = await startServer();
  const wire = await overSocket({ host: server.host, port: server.port });
  expect((await wire.ask('CONFIG', 'SET', 'appendonly', 'yes')).text).toMatch(
    /Unable to turn on AOF. Check server logs.$/,
  );
  expect((await wire.ask('SET', 'a', '1')).text).toBe('OK');
  expect((await wire.ask('BGREWRITEAOF')).text).toMatch(/^ERR Can't execute/);
  wire.close();
});

test('who waits for a key does not get it from a file that is still being loaded', async () => {
  const disk = new MemoryDisk();
  const { server, wire } = await start(disk);
  const waiter = inProcess(server);
  waiter.send(encode(['BLPOP', 'list', '0']));
  server.appendOnly.writer.output.command(['RPUSH', 'list', 'a', 'b']); // As if it had been there.
  server.appendOnly.writer.output.command(['RPUSH', 'list', 'c']);
  server.appendOnly.writer.flush();
  expect((await wire.ask('DEBUG', 'LOADAOF')).text).toBe('OK');
  expect((await waiter.next()).items.map(({ text }) => text)).toEqual(['list', 'a']);
  expect((await wire.ask('LLEN', 'list')).text).toBe('2');
  const again = await start(new MemoryDisk(disk.afterKill));
  expect((await again.wire.ask('LLEN', 'list')).text).toBe('2');
});

test('aof-rewrite-incremental-fsync has a rewrite reach the disk every four megabytes', async () => {
  const syncs = async (setting: string, other: string) => {
    const disk = new MemoryDisk();
    const { server, wire } = await start(disk, {
      appendfsync: 'no',
      'aof-rewrite-incremental-fsync': setting,
      'rdb-save-incremental-fsync': other,
      'aof-use-rdb-preamble': 'no',
    });
    for (let i = 0; i < 12; i++) await wire.ask('SETRANGE', `k${i}`, '1000000', 'x');
    const before = disk.laterSyncs;
    await wire.ask('BGREWRITEAOF');
    await idle(server);
    return disk.laterSyncs - before;
  };
  expect((await syncs('yes', 'no')) - (await syncs('no', 'yes'))).toBe(2);
});

test('what is begun after a rewrite was given up does not mix with what that left behind', async () => {
  const disk = new MemoryDisk();
  const started = await start(disk);
  const { wire, server } = started;
  for (let i = 0; i < 20; i++) await wire.ask('SETRANGE', `k${i}`, '300000', String(i));
  await wire.ask('BGREWRITEAOF');
  await wire.ask('CONFIG', 'SET', 'appendonly', 'no');
  await wire.ask('CONFIG', 'SET', 'appendonly', 'yes');
  await idle(server);
  const digest = (await wire.ask('DEBUG', 'DIGEST')).text;
  server.close();
  const again = await start(new MemoryDisk(disk.afterKill));
  expect((await again.wire.ask('DEBUG', 'DIGEST')).text).toBe(digest);
});

test('a script in the file that takes long lets others have their turns, and then come the rest', async () => {
  const long = (end: string) => `for i = 1, 3000000 do end ${end}`;
  const commands = [
    ['SELECT', '0'],
    ['EVAL', long("redis.call('set', KEYS[1], 'y')"), '1', 'a'],
    ['MULTI'],
    ['APPEND', 'a', '1'],
    ['EVAL', long("redis.call('append', KEYS[1], '2')"), '1', 'a'],
    ['APPEND', 'a', '3'],
    ['EXEC'],
    ['EVAL', long("error('boom')"), '0'],
    ['APPEND', 'a', '4'],
  ];
  const files = new Map([
    [`${FOLDER}/appendonly.aof.manifest`, Buffer.from('file a seq 1 type i\n')],
    [`${FOLDER}/a`, Buffer.from(commands.map(encode).join(''))],
  ]);
  const { server, wire, log } = await start(new MemoryDisk(files), { 'busy-reply-threshold': '1' });
  expect((await wire.ask('GET', 'a')).text).toBe('y1234');
  const slow = log.filter((line) => line.includes('Slow script detected'));
  expect(slow.length).toBe(3);
  expect(log.join('')).toMatch(/sending an error to its AOF-loading-client: 'ERR.*boom/);

  const other = inProcess(server);
  const loaded = wire.ask('DEBUG', 'LOADAOF');
  expect((await other.ask('GET', 'a')).text).toMatch(/^LOADING/);
  expect((await loaded).text).toBe('OK');
  expect((await other.ask('GET', 'a')).text).toBe('y1234');
});
