// What clients notice when a server goes back to a snapshot, and what it refuses.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../../server/index.ts';

let server: RunningServer;

beforeEach(async () => {
  server = await startServer({ listen: false, seed: 1 });
});

afterEach(async () => {
  await server.close();
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

const dirs: string[] = [];

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'respite-state-'));
  dirs.push(dir);
  return dir;
}

/** A connection that gathers what it is told. */
class Talk {
  text = '';
  private readonly connection = server.connect();

  constructor() {
    this.connection.onData = (chunk) => (this.text += chunk.toString('latin1'));
  }

  /** Sends a line; what has come by then and was not taken. */
  ask(line: string): string {
    this.connection.write(Buffer.from(`${line}\r\n`));
    return this.take();
  }

  take(): string {
    const { text } = this;
    this.text = '';
    return text;
  }

  /** What it is told, which may come once the event loop has turned. */
  async told(): Promise<string> {
    while (this.text === '') await new Promise((resolve) => setImmediate(resolve));
    return this.take();
  }
}

test('a snapshot can be restored as often as one wants, and so can several, in any order', () => {
  server.seed({ k: 'first' });
  const first = server.snapshot();
  server.seed({ k: 'second', more: ['x'] });
  const second = server.snapshot();
  server.seed('FLUSHALL');
  for (const [snapshot, data] of [
    [second, { k: 'second', more: ['x'] }],
    [first, { k: 'first' }],
    [first, { k: 'first' }],
    [second, { k: 'second', more: ['x'] }],
  ] as const) {
    server.seed('SET k changed\nDEL more\nSET new 1');
    server.restore(snapshot);
    expect(server.dump()).toEqual(data);
  }
});

test('one that was let go of cannot be restored, and others do not need it', () => {
  server.seed({ k: 'first' });
  const first = server.snapshot();
  server.seed({ k: 'second' });
  {
    using second = server.snapshot();
    server.seed({ k: 'third', more: 'x' });
    expect(second.takenMs).toBeGreaterThan(0);
  }
  const third = server.snapshot();
  third.dispose();
  expect(() => server.restore(third)).toThrow('The snapshot was let go of.');
  server.restore(first);
  expect(server.dump()).toEqual({ k: 'first' });
});

test('a snapshot of another server is none of this one', async () => {
  await using other = await startServer({ listen: false });
  expect(() => server.restore(other.snapshot())).toThrow('no snapshot of this server');
});

test('who waited before the snapshot waits on, and who waits for what comes back is served', () => {
  const [before, after, filler] = [new Talk(), new Talk(), new Talk()];
  before.ask('BLPOP empty 0');
  filler.ask('RPUSH queue a b');
  const snapshot = server.snapshot();
  filler.ask('DEL queue');
  after.ask('BLPOP queue 0');
  server.restore(snapshot);
  expect(before.take()).toBe('');
  expect(after.take()).toContain('\r\na\r\n');
  expect(server.dump()).toEqual({ queue: ['b'] });
  filler.ask('RPUSH empty now');
  expect(before.take()).toContain('\r\nnow\r\n');
});

test('who waits for a group whose stream is no more is told so', () => {
  const [waiter, maker] = [new Talk(), new Talk()];
  const snapshot = server.snapshot();
  maker.ask('XGROUP CREATE stream group $ MKSTREAM');
  waiter.ask('XREADGROUP GROUP group me BLOCK 0 STREAMS stream >');
  expect(waiter.take()).toBe('');
  server.restore(snapshot);
  expect(waiter.take()).toMatch(/^-NOGROUP|^-UNBLOCKED/);
});

test.each([
  ['a key that is put back', 'SET watched other', 'watched'],
  ['a key that had not been there', 'SET new 1', 'new'],
  ['a key of a database that was emptied', 'FLUSHALL', 'watched'],
  ['an expiry that is put back', 'EXPIRE watched 100', 'watched'],
])('WATCH fails for %s', (_what, change, key) => {
  server.seed({ watched: 'v', other: 'v' });
  const [changer, watcher, bystander] = [new Talk(), new Talk(), new Talk()];
  const snapshot = server.snapshot();
  changer.ask(change);
  watcher.ask(`WATCH ${key}`);
  bystander.ask('WATCH nothing');
  for (const each of [watcher, bystander]) {
    each.ask('MULTI');
    each.ask('PING');
  }
  server.restore(snapshot);
  expect(watcher.ask('EXEC')).toBe('*-1\r\n');
  expect(bystander.ask('EXEC')).toBe('*1\r\n+PONG\r\n');
});

test('WATCH does not fail for a key that only moved to another place inside', () => {
  server.seed({ a: '1', b: '2', c: '3' });
  const snapshot = server.snapshot();
  const watcher = new Talk();
  watcher.ask('WATCH c');
  watcher.ask('MULTI');
  new Talk().ask('DEL a');
  server.restore(snapshot);
  expect(watcher.ask('EXEC')).toBe('*0\r\n');
});

test('who keeps copies of keys is told which are wrong now', async () => {
  server.seed({ mine: 'v', other: 'v' });
  const snapshot = server.snapshot();
  const [reader, changer] = [new Talk(), new Talk()];
  reader.ask('HELLO 3');
  reader.ask('CLIENT TRACKING ON');
  changer.ask('SET mine changed');
  changer.ask('SET unread changed');
  reader.ask('GET mine');
  reader.ask('GET other');
  server.restore(snapshot);
  expect(await reader.told()).toBe('>2\r\n$10\r\ninvalidate\r\n*1\r\n$4\r\nmine\r\n');
  changer.ask('FLUSHALL');
  expect(await reader.told()).toBe('>2\r\n$10\r\ninvalidate\r\n_\r\n');
  reader.ask('GET mine');
  server.restore(snapshot);
  expect(await reader.told()).toBe('>2\r\n$10\r\ninvalidate\r\n_\r\n');
});

test('connections keep their subscriptions, their database, their transaction', async () => {
  const [listener, writer] = [new Talk(), new Talk()];
  const snapshot = server.snapshot();
  listener.ask('SUBSCRIBE news');
  writer.ask('SELECT 2');
  writer.ask('MULTI');
  writer.ask('SET k v');
  server.restore(snapshot);
  expect(writer.ask('EXEC')).toBe('*1\r\n+OK\r\n');
  expect(server.dump()).toEqual({ $databases: { 2: { k: 'v' } } });
  writer.ask('PUBLISH news hello');
  expect(await listener.told()).toContain('hello');
});

test('keys that expired since are there again if the clock goes back, too', async () => {
  server.clock.freeze();
  const { ms } = server.clock;
  server.seed({ k: { $string: 'v', $expireIn: 50 }, h: { $hash: { f: '1', g: '2' } } });
  server.seed('HPEXPIRE h 20 FIELDS 1 f');
  const snapshot = server.snapshot();
  const data = server.dump();
  await server.clock.advance(100);
  expect(server.dump()).toEqual({ h: { g: '2' } });
  server.restore(snapshot);
  expect(new Talk().ask('EXISTS k')).toBe(':0\r\n');
  server.restore(snapshot, { clock: true });
  expect(server.clock.ms).toBe(ms);
  expect(server.dump()).toEqual(data);
  await server.clock.advance(21);
  expect(server.dump()).toMatchObject({ h: { g: '2' } });
  await server.clock.advance(30);
  expect(server.dump()).toEqual({ h: { g: '2' } });
});

test('configuration, users, functions and forgotten scripts come back', () => {
  const talk = new Talk();
  const sha = 'e0e1f9fabfc9d4800c877a703b823ac0578ff8db'; // Of: return 1
  const library = "#!lua name=lib\nredis.register_function('one', function() return 1 end)";
  server.seed({ $functions: [library] });
  talk.ask('SCRIPT LOAD "return 1"');
  const snapshot = server.snapshot();
  talk.ask('CONFIG SET maxmemory 1gb list-max-listpack-size 2');
  talk.ask('ACL SETUSER alice on nopass +@all');
  talk.ask('FUNCTION FLUSH');
  talk.ask('SCRIPT FLUSH');
  const other = "redis.call('SET', 'k', 'v')";
  const known = talk.ask(`SCRIPT LOAD "${other}"`).split('\r\n')[1];
  server.restore(snapshot);
  expect(talk.ask('CONFIG GET maxmemory')).toContain('\r\n0\r\n');
  expect(talk.ask('ACL USERS')).toBe('*1\r\n$7\r\ndefault\r\n');
  expect(talk.ask('FCALL one 0')).toBe(':1\r\n');
  expect(talk.ask(`EVALSHA ${sha} 0`)).toBe(':1\r\n');
  expect(talk.ask(`SCRIPT EXISTS ${known}`)).toBe('*1\r\n:1\r\n');
});

test('only what has changed is put back', () => {
  const talk = new Talk();
  const changes = () => Number(/changes_since_last_save:(\d+)/.exec(talk.ask('INFO'))![1]);
  server.seed(Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`key:${i}`, 'v'])));
  const snapshot = server.snapshot();
  talk.ask('MSET key:1 a key:5000 b new c');
  talk.ask('DEL key:2');
  const before = changes();
  server.restore(snapshot);
  expect(changes() - before).toBe(4);
});

test('RANDOMKEY and SCAN see the keys in the order in which they were', () => {
  for (let i = 0; i < 100; i++) server.seed(`SET key:${i} v`);
  const talk = new Talk();
  const order = () => talk.ask('SCAN 0 COUNT 1000');
  const before = order();
  const snapshot = server.snapshot();
  for (let i = 0; i < 100; i += 3) talk.ask(`DEL key:${i}`);
  for (let i = 0; i < 50; i++) talk.ask(`SET other:${i} v`);
  server.restore(snapshot);
  expect(order()).toBe(before);
});

test('memory is what it was', () => {
  const talk = new Talk();
  const used = () => Number(/used_memory_dataset:(\d+)/.exec(talk.ask('INFO memory'))![1]);
  server.seed({ big: 'x'.repeat(1_000_000), list: Array.from({ length: 1000 }, () => 'y') });
  used();
  const before = used();
  const snapshot = server.snapshot();
  talk.ask('FLUSHALL');
  expect(used()).toBeLessThan(before - 1_000_000);
  server.restore(snapshot);
  expect(Math.abs(used() - before)).toBeLessThan(before / 100);
});

test('a file that is being written has the data of its moment, whatever is restored', async () => {
  const dir = folder();
  await using saved = await startServer({ listen: false, persistence: { dir, save: '' } });
  saved.seed({ k: 'v' });
  const snapshot = saved.snapshot();
  const connection = saved.connect();
  let text = '';
  connection.onData = (chunk) => (text = chunk.toString('latin1'));
  connection.write(Buffer.from('SET k other\r\nBGSAVE\r\n'));
  expect(text).toContain('Background saving started');
  saved.restore(snapshot);
  expect(saved.dump()).toEqual({ k: 'v' });
  while (!text.includes('rdb_bgsave_in_progress:0')) {
    await new Promise((resolve) => setImmediate(resolve));
    connection.write(Buffer.from('INFO persistence\r\n'));
  }
  await using loaded = await startServer({ listen: false, rdb: join(dir, 'dump.rdb') });
  expect(loaded.dump()).toEqual({ k: 'other' });
});

const library = (name: string) =>
  `#!lua name=${name}\nredis.register_function('${name}', function() return 1 end)`;

/** Fills a server, changes it in every way that a snapshot undoes in another, and goes back. */
function thereAndBack(some: RunningServer, flush: boolean): void {
  some.seed({
    same: 'as ever',
    k: { $string: 'v', $expireIn: 100_000 },
    gone: ['x'],
    h: { $hash: { f: '1', g: '2' }, $fieldsExpireAt: { f: some.clock.ms + 50_000 } },
    $databases: { 1: { other: 'v' } },
    $functions: [library('one')],
  });
  const snapshot = some.snapshot();
  some.seed({ k: 'changed', added: '1', h: { f: '3' }, $functions: [library('two')] });
  some.seed(flush ? 'SWAPDB 0 1\nFLUSHDB\nSET k of-another' : 'DEL gone');
  some.restore(snapshot);
}

test.each([false, true])('an append-only file follows (databases moved: %s)', async (flush) => {
  const persistence = { dir: folder(), save: '', appendonly: true };
  const writer = await startServer({ listen: false, persistence });
  thereAndBack(writer, flush);
  const data = writer.dump();
  expect(data).toMatchObject({ gone: ['x'], $databases: { 1: { other: 'v' } } });
  await writer.close();
  await using reader = await startServer({ listen: false, persistence });
  expect(reader.dump()).toEqual(data);
});

test.each([false, true])('replicas follow, and have no state of their own (%s)', async (flush) => {
  await using master = await startServer({ host: '127.0.0.1', 'repl-diskless-sync-delay': 0 });
  await using replica = await startServer({
    host: '127.0.0.1',
    replicaof: `127.0.0.1 ${master.port}`,
  });
  const link = replica.connect();
  let info = '';
  link.onData = (chunk) => (info += chunk.toString('latin1'));
  while (!info.includes('master_link_status:up')) {
    await new Promise((resolve) => setImmediate(resolve));
    link.write(Buffer.from('INFO replication\r\n'));
  }
  thereAndBack(master, flush);
  master.seed('SET last one');
  while (!('last' in replica.dump())) await new Promise((resolve) => setImmediate(resolve));
  expect(replica.dump()).toEqual(master.dump());
  expect(() => replica.restore(replica.snapshot())).toThrow('of its master');
});
