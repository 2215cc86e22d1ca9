// Whose time a server lives in: its own, the system's, or that of a test's fakes.

import { afterEach, describe, expect, test, vi } from 'vitest';
import type { RunningServer } from '../../server/index.ts';
import { startServer } from '../../server/index.ts';
import { overSocket, type Wire } from '../wire.ts';

// What the tests themselves wait with.
const { setImmediate: turn } = globalThis;

afterEach(() => {
  vi.useRealTimers();
});

/** Lets the event loop turn until something holds. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => turn(resolve));
}

/** How many bytes a server has handed to its clients' sockets. */
function bytesSent(server: RunningServer): number {
  const connection = server.connect();
  let text = '';
  connection.onData = (chunk) => {
    text += chunk.toString('latin1');
  };
  connection.write(Buffer.from('INFO stats\r\n'));
  connection.close();
  return Number(/total_net_output_bytes:(\d+)/.exec(text)![1]);
}

/** Sends what a client is going to wait for, and returns once it waits. */
async function block(server: RunningServer, wire: Wire, ...argv: string[]): Promise<unknown> {
  const reply = wire.ask(...argv).then(({ raw }) => raw);
  const asker = await overSocket(server);
  await until(async () => /blocked_clients:[^0]/.test((await asker.ask('INFO', 'clients')).text));
  asker.close();
  return { reply };
}

async function blocked(server: RunningServer, ...argv: string[]): Promise<() => Promise<string>> {
  const wire = await overSocket(server);
  const { reply } = (await block(server, wire, ...argv)) as { reply: Promise<string> };
  return () => reply.finally(() => wire.close());
}

describe('advance()', () => {
  test('is over when what happened on the way was handed to the sockets', async () => {
    await using server = await startServer();
    server.clock.freeze();
    const reply = await blocked(server, 'BLPOP', 'jobs', '5');
    const before = bytesSent(server);
    const moved = server.clock.advance(5000);
    const during = bytesSent(server);
    await moved;
    const after = bytesSent(server);
    const ofInfo = during - before;
    expect(after - during - ofInfo).toBeGreaterThanOrEqual('*-1\r\n'.length - 2);
    expect(await reply()).toBe('*-1\r\n');
  });

  test('sends what clients do who were held up by a pause', async () => {
    await using server = await startServer();
    server.clock.freeze();
    const wire = await overSocket(server);
    await wire.ask('CLIENT', 'PAUSE', '1000');
    const held = wire.ask('SET', 'k', 'v');
    await server.clock.advance(1000);
    expect((await held).text).toBe('OK');
    wire.close();
  });

  test('makes everything that waits happen in its order, whatever it is', async () => {
    await using server = await startServer();
    server.clock.freeze();
    const order: string[] = [];
    const say = (name: string, ...lines: string[]) => {
      const connection = server.connect();
      connection.write(Buffer.from(lines.map((line) => `${line}\r\n`).join('')));
      connection.onData = (chunk) => {
        const events = chunk.toString().match(/h?expired/g);
        order.push(`${name} ${events ?? chunk.toString().split('\r\n')[0]}`);
      };
    };
    say(
      'setting',
      'CONFIG SET notify-keyspace-events Kxh',
      'XGROUP CREATE stream group $ MKSTREAM',
    );
    say('key', 'SUBSCRIBE __keyspace@0__:key __keyspace@0__:hash');
    say('set', 'SET key v PX 700', 'HSET hash f v g v', 'HPEXPIRE hash 300 FIELDS 1 f');
    server.faults.add({ command: 'ECHO', latency: 500 });
    say('late', 'ECHO x');
    say('list', 'BLPOP list 0.6');
    say('zset', 'BZPOPMIN zset 0.2');
    say('stream', 'XREAD BLOCK 400 STREAMS stream $');
    say('group', 'XREADGROUP GROUP group me BLOCK 100 STREAMS stream >');
    say('pausing', 'CLIENT PAUSE 50 WRITE');
    say('held', 'SET other v');
    await server.clock.advance(10_000);
    expect(order).toEqual([
      'held +OK',
      'group *-1',
      'zset *-1',
      'stream *-1',
      'late $1',
      'list *-1',
      'key hexpired,expired',
    ]);
  });

  test('is over at once where nobody has a socket', async () => {
    await using server = await startServer();
    await server.clock.advance(1);
    await server.clock.set(0);
    expect(server.clock.ms).toBeLessThan(1000);
  });
});

describe('a server that follows nobody', () => {
  test('answers and lets keys expire in real time while timers are faked', async () => {
    await using server = await startServer();
    const wire = await overSocket(server);
    await wire.ask('CONFIG', 'SET', 'notify-keyspace-events', 'Ex');
    const listener = await overSocket(server);
    await listener.ask('PSUBSCRIBE', '*');
    const told = listener.next();
    vi.useFakeTimers();
    vi.setSystemTime(0);
    await wire.ask('SET', 'soon', 'gone', 'PX', '1');
    expect((await told).items.at(-1)!.text).toBe('soon');
    expect((await wire.ask('EXISTS', 'soon')).text).toBe('0');
    expect(Number((await wire.ask('TIME')).items[0].text)).toBeGreaterThan(1_700_000_000);
    wire.close();
    listener.close();
  });

  test('can be started while timers are faked, and even be loaded then', async () => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'setInterval', 'Date', 'performance'],
      now: 0,
    });
    vi.resetModules();
    const fresh = await import('../../server/index.ts');
    expect(fresh.startServer).not.toBe(startServer);
    await using server = await fresh.startServer();
    const wire = await overSocket(server);
    await wire.ask('SET', 'soon', 'gone', 'PX', '1');
    await until(async () => (await wire.ask('DBSIZE')).text === '0');
    expect(Number((await wire.ask('TIME')).items[0].text)).toBeGreaterThan(1_700_000_000);
    expect((await wire.ask('BLPOP', 'jobs', '0.01')).isNull).toBe(true);
    wire.close();
  });

  test('wakes those who wait for others although microtasks are faked', async () => {
    await using server = await startServer();
    vi.useFakeTimers({ toFake: ['queueMicrotask'] });
    const wire = await overSocket(server);
    await wire.ask('CLIENT', 'PAUSE', '100000', 'WRITE');
    const held = wire.ask('SET', 'k', 'v');
    const other = server.connect();
    other.write(Buffer.from('CLIENT UNPAUSE\r\n'));
    expect((await held).text).toBe('OK');
    wire.close();
  });
});

describe('a server that follows fake timers', () => {
  test('has their time, and what waits is over when they go on', async () => {
    await using server = await startServer();
    vi.useFakeTimers({ now: 1_000_000_000_000, toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    server.clock.follow(vi);
    const wire = await overSocket(server);
    await wire.ask('SET', 'session', 'ada', 'EX', '60');
    const reply = await blocked(server, 'BLPOP', 'jobs', '30');
    expect((await wire.ask('TIME')).items[0].text).toBe('1000000000');
    const order: string[] = [];
    setTimeout(() => order.push('29 s'), 29_999);
    vi.advanceTimersByTime(30_000);
    await server.clock.settled();
    expect(await reply()).toBe('*-1\r\n');
    expect((await wire.ask('TTL', 'session')).text).toBe('30');
    vi.advanceTimersByTime(30_001);
    expect((await wire.ask('EXISTS', 'session')).text).toBe('0');
    expect(order).toEqual(['29 s']);
    wire.close();
  });

  test('may begin to follow before there are any, and after they are gone', async () => {
    await using server = await startServer({ clock: 'fake-timers' });
    const wire = await overSocket(server);
    const now = Date.now();
    const shown = Number((await wire.ask('TIME')).items[0].text) * 1000;
    expect(Math.abs(shown - now)).toBeLessThan(100_000);
    const reply = await blocked(server, 'BLPOP', 'jobs', '1000');
    vi.useFakeTimers({ now: 0, toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    expect((await wire.ask('TIME')).items[0].text).toBe('0');
    vi.setSystemTime(now + 2_000_000);
    expect(await reply()).toBe('*-1\r\n');
    vi.useRealTimers();
    expect(Number((await wire.ask('TIME')).items[0].text) * 1000).toBeLessThan(now + 1_000_000);
    expect((await wire.ask('BLPOP', 'jobs', '0.01')).isNull).toBe(true);
    wire.close();
  });

  test('follows a date that is set without timers', async () => {
    await using server = await startServer({ clock: 'fake-timers' });
    const wire = await overSocket(server);
    await wire.ask('SET', 'session', 'ada', 'EX', '60');
    vi.setSystemTime(Date.now() + 61_000);
    expect((await wire.ask('GET', 'session')).isNull).toBe(true);
    wire.close();
  });

  test('does not let the cron make a test run timers for ever', async () => {
    await using server = await startServer({ clock: 'fake-timers' });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const wire = await overSocket(server);
    await wire.ask('SET', 'session', 'ada', 'EX', '60');
    vi.runAllTimers();
    expect((await wire.ask('EXISTS', 'session')).text).toBe('0');
    vi.advanceTimersByTime(365 * 24 * 3600 * 1000);
    expect(vi.getTimerCount()).toBe(0);
    wire.close();
  });

  test('can be stopped, moved and let go as well', async () => {
    await using server = await startServer({ clock: 'fake-timers' });
    vi.useFakeTimers({ now: 5_000_000, toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    expect(server.clock.tick()).toBe(5_000_000);
    server.clock.freeze();
    vi.advanceTimersByTime(1000);
    expect(server.clock.tick()).toBe(5_000_000);
    server.clock.resume();
    vi.advanceTimersByTime(1000);
    expect(server.clock.tick()).toBe(5_001_000);
    await server.clock.advance(500);
    expect(server.clock.tick()).toBe(5_001_500);
    server.clock.follow(null);
    expect(server.clock.tick()).toBeGreaterThan(1_700_000_000_000);
  });

  test('leaves no timer behind when it closes', async () => {
    const server = await startServer({ clock: 'fake-timers' });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const wire = await overSocket(server);
    await wire.ask('SET', 'session', 'ada', 'EX', '60');
    expect(vi.getTimerCount()).toBe(1);
    wire.close();
    await server.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('takes a clock that stands by itself', async () => {
    await using server = await startServer();
    let nowMs = 1000;
    const set = new Map<number, () => void>();
    const own = {
      Date: { now: () => nowMs },
      setTimeout: (run: () => void, ms: number) => set.set(nowMs + ms, run),
      clearTimeout: () => set.clear(),
    };
    server.clock.follow(own);
    const reply = await blocked(server, 'BLPOP', 'jobs', '7');
    expect([...set.keys()]).toEqual([8000]);
    nowMs = 8000;
    set.get(8000)!();
    expect(await reply()).toBe('*-1\r\n');
  });
});
