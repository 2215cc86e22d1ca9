// What clients see of a server that ends and starts again: the same port, no connection, and what a
// process forgets.

import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../../server/index.ts';
import { overSocket, type Wire } from '../wire.ts';

const dirs: string[] = [];

afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true });
});

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'respite-restart-'));
  dirs.push(dir);
  return dir;
}

function opened({ port }: RunningServer): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}

function ends(socket: Socket): Promise<void> {
  socket.resume();
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

async function talk<T>(server: RunningServer, run: (wire: Wire) => Promise<T>): Promise<T> {
  const wire = await overSocket(server);
  try {
    return await run(wire);
  } finally {
    wire.close();
  }
}

test('all connections end, and new ones find the same data at the same port', async () => {
  await using server = await startServer({ host: '127.0.0.1' });
  server.seed({ k: 'v', h: { $hash: { f: '1' }, $expireIn: 100_000 } });
  const { url } = server;
  const before = server.dump();
  const [idle, waiting] = await Promise.all([opened(server), opened(server)]);
  const memory = server.connect();
  let closed = false;
  memory.onClose = () => (closed = true);
  waiting.write('BLPOP nothing 0\r\n');
  const gone = Promise.all([ends(idle), ends(waiting)]);
  await server.restart();
  await gone;
  expect(closed).toBe(true);
  expect(server.url).toBe(url);
  expect(server.dump()).toEqual(before);
  await talk(server, async (wire) => {
    expect((await wire.ask('GET', 'k')).raw).toBe('$1\r\nv\r\n');
    expect((await wire.ask('PUBSUB', 'NUMPAT')).raw).toBe(':0\r\n');
  });
});

test('without data it is empty, and snapshots bring it back', async () => {
  await using server = await startServer({ host: '127.0.0.1' });
  server.seed({ k: 'v' });
  const before = server.snapshot();
  await server.restart({ data: false });
  expect(server.dump()).toEqual({});
  server.restore(before);
  expect(server.dump()).toEqual({ k: 'v' });
});

test('what a process forgets is forgotten', async () => {
  await using server = await startServer({ host: '127.0.0.1', requirepass: 'secret' });
  server.seed({
    $functions: ["#!lua name=lib\nredis.register_function('one', function() return 1 end)"],
  });
  const lines = (wire: Wire, ...names: string[]) => {
    return Promise.all(names.map(async (name) => (await wire.ask('CONFIG', 'GET', name)).raw));
  };
  let runId = '';
  await talk(server, async (wire) => {
    await wire.ask('AUTH', 'secret');
    await wire.ask('CONFIG', 'SET', 'maxmemory', '1gb', 'requirepass', 'another');
    await wire.ask('ACL', 'SETUSER', 'alice', 'on');
    await wire.ask('SCRIPT', 'LOAD', 'return 1');
    runId = /run_id:(\w+)/.exec((await wire.ask('INFO', 'server')).raw)![1];
  });
  await server.restart();
  await talk(server, async (wire) => {
    expect((await wire.ask('AUTH', 'another')).raw).toMatch(/^-WRONGPASS/);
    expect((await wire.ask('AUTH', 'secret')).raw).toBe('+OK\r\n');
    expect((await lines(wire, 'maxmemory'))[0]).toContain('\r\n0\r\n');
    expect((await wire.ask('ACL', 'USERS')).raw).toBe('*1\r\n$7\r\ndefault\r\n');
    expect(
      (await wire.ask('EVALSHA', 'e0e1f9fabfc9d4800c877a703b823ac0578ff8db', '0')).raw,
    ).toMatch(/^-NOSCRIPT/);
    expect((await wire.ask('FCALL', 'one', '0')).raw).toBe(':1\r\n');
    const info = (await wire.ask('INFO', 'server')).raw;
    expect(/run_id:(\w+)/.exec(info)![1]).not.toBe(runId);
  });
});

test('a frozen clock stays where it was, and what is pending falls due later', async () => {
  await using server = await startServer({ host: '127.0.0.1' });
  server.clock.freeze();
  const { ms } = server.clock;
  server.seed({ k: { $string: 'v', $expireIn: 1000 } });
  await server.restart();
  expect(server.clock.isFrozen).toBe(true);
  expect(server.clock.ms).toBe(ms);
  await server.clock.advance(1001);
  expect(server.dump()).toEqual({});
});

test('with an RDB file the data set is what was saved', async () => {
  await using server = await startServer({
    host: '127.0.0.1',
    persistence: { dir: folder(), save: '3600 1' },
  });
  server.seed({ k: 'v', $databases: { 3: { other: ['x'] } } });
  const before = server.dump();
  await server.restart();
  expect(server.dump()).toEqual(before);
  await server.restart({ data: false });
  expect(server.dump()).toEqual({});
  await server.restart();
  expect(server.dump()).toEqual({});
});

test('where nothing was saved, nothing is there again', async () => {
  await using server = await startServer({ persistence: { dir: folder(), save: '' } });
  server.seed({ k: 'v' });
  await server.restart();
  expect(server.dump()).toEqual({});
});

test('with an append-only file the data set comes from there, and it goes on', async () => {
  const dir = folder();
  const persistence = { dir, save: '', appendonly: true };
  {
    await using server = await startServer({ host: '127.0.0.1', persistence });
    server.seed({ k: 'v', l: ['a'] });
    await server.restart();
    expect(server.dump()).toEqual({ k: 'v', l: ['a'] });
    server.seed('RPUSH l b');
    await server.restart({ data: false });
    expect(server.dump()).toEqual({});
    server.seed({ last: 'one' });
  }
  await using again = await startServer({ host: '127.0.0.1', persistence });
  expect(again.dump()).toEqual({ last: 'one' });
});

test('a Unix socket is there again, and connections without a socket begin anew', async () => {
  const path = join(folder(), 'redis.sock');
  await using server = await startServer({ unixsocket: path });
  expect(server.url).toBe(`unix://${path}`);
  await server.restart();
  const socket = connect(path);
  socket.write('PING\r\n');
  const [chunk] = await new Promise<[Buffer]>((resolve) => {
    socket.once('data', (bytes: Buffer) => resolve([bytes]));
  });
  expect(chunk.toString()).toBe('+PONG\r\n');
  socket.destroy();
  const memory = server.connect();
  let text = '';
  memory.onData = (bytes) => (text += bytes.toString());
  memory.write(Buffer.from('PING\r\n'));
  expect(text).toBe('+PONG\r\n');
});

test('faults and the journal go on', async () => {
  await using server = await startServer({ host: '127.0.0.1', journal: true });
  server.faults.add({ command: 'GET', error: 'BUSY for a while' });
  await server.restart();
  await talk(server, async (wire) => {
    expect((await wire.ask('GET', 'k')).raw).toBe('-BUSY for a while\r\n');
  });
  expect(server.journal.entries({ command: 'GET' })).toHaveLength(1);
});
