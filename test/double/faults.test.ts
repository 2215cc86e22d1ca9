// What goes wrong on purpose: seen by clients over TCP, TLS, Unix sockets and in process.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../../server/index.ts';
import { Certificates } from '../certificates.ts';
import { encode } from '../wire.ts';
import { dial, type Kind, type Line } from './lines.ts';

const LOADING = '-LOADING Redis is loading the dataset in memory\r\n';

let folder: string;
let certificates: Certificates;
let server: RunningServer;
const lines: Line[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'respite-faults-'));
  certificates = new Certificates();
});
afterAll(() => {
  certificates.remove();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  server = await startServer({
    port: 0,
    unixsocket: join(folder, 'socket'),
    'tls-port': 0,
    'tls-cert-file': certificates.server.cert,
    'tls-key-file': certificates.server.key,
    'tls-ca-cert-file': certificates.ca,
    'tls-auth-clients': 'no',
    seed: 7,
  });
});
afterEach(async () => {
  for (const line of lines.splice(0)) line.close();
  await server.close();
});

async function call(kind: Kind): Promise<Line> {
  const line = await dial(server, kind);
  lines.push(line);
  return line;
}

describe.each(['tcp', 'tls', 'unix', 'memory'] as const)('over %s', (kind) => {
  test('an error stands for the reply of a command that is not carried out', async () => {
    const line = await call(kind);
    using fault = server.faults.add({ command: 'set', key: 'user:*', error: 'LOADING' });
    line.say('SET user:1 a', 'GET user:1', 'SET other b');
    expect(await line.hear()).toBe(LOADING);
    expect(await line.hear()).toBe('$-1\r\n');
    expect(await line.hear()).toBe('+OK\r\n');
    expect(fault.hits).toBe(1);
  });

  test('a connection is reset before a command, and what was said before has come', async () => {
    const line = await call(kind);
    server.faults.add({ command: 'INCR', reset: true, after: 1 });
    line.say('INCR n', 'INCR n', 'INCR n');
    expect(await line.toEnd()).toBe(':1\r\n');
    server.faults.clear();
    expect(await (await call(kind)).ask('GET', 'n')).toMatchObject({ text: '1' });
  });

  test('a connection is reset after a command was carried out', async () => {
    const line = await call(kind);
    server.faults.add({ command: 'INCR', reset: true, when: 'after' });
    line.say('PING', 'INCR n', 'INCR n');
    expect(await line.toEnd()).toBe('+PONG\r\n');
    server.faults.clear();
    expect(await (await call(kind)).ask('GET', 'n')).toMatchObject({ text: '1' });
  });

  test('a connection ends after so many bytes of a reply', async () => {
    const line = await call(kind);
    server.faults.add({ command: 'GET', cut: 5 });
    line.say('SET key value', 'GET key', 'PING');
    expect(await line.toEnd()).toBe('+OK\r\n$5\r\nv');
  });

  test('a connection is closed, without an error', async () => {
    const line = await call(kind);
    server.faults.add({ command: 'GET', close: true });
    line.say('SET key value', 'GET key', 'PING');
    expect(await line.toEnd()).toBe('+OK\r\n');
    expect(line.problem).toBe('');
  });

  test('latency holds one client, in order, until the clock moves', async () => {
    const [slow, other] = [await call(kind), await call(kind)];
    server.clock.freeze();
    server.faults.add({ command: 'GET', latency: 100 });
    slow.say('SET k v', 'GET k', 'SET k w', 'ECHO end');
    expect(await slow.hear()).toBe('+OK\r\n');
    expect(await other.ask('ECHO', 'free')).toMatchObject({ text: 'free' });
    await server.clock.advance(99);
    expect(await other.ask('ECHO', 'free')).toMatchObject({ text: 'free' });
    expect(slow.text()).toBe('');
    await server.clock.advance(1);
    expect(await slow.hear()).toBe('$1\r\nv\r\n');
    expect(await slow.hear()).toBe('+OK\r\n');
    expect(await slow.hear()).toBe('$3\r\nend\r\n');
  });

  test('latency after a command holds the reply, not what the command did', async () => {
    const [slow, other] = [await call(kind), await call(kind)];
    server.clock.freeze();
    server.faults.add({ command: 'SET', latency: 100, when: 'after' });
    slow.say('SET k v', 'GET k');
    while (!(await other.ask('EXISTS', 'k')).raw.includes('1'));
    expect(slow.text()).toBe('');
    await server.clock.advance(100);
    expect(await slow.hear()).toBe('+OK\r\n');
    expect(await slow.hear()).toBe('$1\r\nv\r\n');
  });

  test('a reply comes in pieces, as fast as was said', async () => {
    const [line, other] = [await call(kind), await call(kind)];
    server.clock.freeze();
    const startMs = server.clock.ms;
    const fault = server.faults.add({ command: 'ECHO', bytesPerMs: 4 });
    line.say('ECHO 0123456789', 'PING');
    while (fault.hits === 0) await other.ask('PING');
    // 14 bytes of words take 4 ms to be read, 17 bytes of reply 5 to be sent.
    for (let ms = 1; ms < 9; ms++) await server.clock.advance(1);
    await other.ask('PING');
    expect(line.text()).not.toContain('PONG');
    await server.clock.advance(1);
    expect(await line.hear()).toBe('$10\r\n0123456789\r\n');
    expect(await line.hear()).toBe('+PONG\r\n');
    expect(server.clock.ms - startMs).toBe(9);
  });

  test('a black hole says nothing, reads nothing, and stays open', async () => {
    const [line, other] = [await call(kind), await call(kind)];
    server.faults.add({ client: { name: 'doomed' }, blackHole: true });
    line.say('CLIENT SETNAME doomed');
    expect(await line.hear()).toBe('+OK\r\n');
    line.say('SET k v', 'PING');
    line.say('SET k v', 'PING');
    expect(await other.ask('EXISTS', 'k')).toMatchObject({ text: '0' });
    expect((await other.ask('CLIENT', 'LIST')).text).toContain('name=doomed');
    expect(line.closed).toBe(false);
    expect(line.text()).toBe('');
  });

  test('connections are refused, as many as was said', async () => {
    const fault = server.faults.add({ refuse: true, count: 2 });
    for (let i = 0; i < 2; i++) {
      // Where a connection has more to it than to be there, it may fail already while it is made.
      const line = await call(kind).catch(() => null);
      if (line !== null) expect(await line.toEnd()).toBe('');
    }
    expect(await (await call(kind)).ask('PING')).toMatchObject({ text: 'PONG' });
    expect(fault.hits).toBe(2);
    expect(fault.active).toBe(false);
  });
});

test('a reset over TCP is an error to the client', async () => {
  const line = await call('tcp');
  server.faults.add({ command: 'GET', reset: true });
  line.say('GET k');
  expect(await line.toEnd()).toBe('');
  expect(line.problem).toBe('ECONNRESET');
});

test.each(['tcp', 'tls', 'unix'] as const)(
  'nobody can connect over %s for a while',
  async (kind) => {
    const here = await call(kind);
    {
      await using _ = await server.unreachable();
      const code = kind === 'unix' ? 'ENOENT' : 'ECONNREFUSED';
      await expect(call(kind)).rejects.toMatchObject({ code });
      expect((await here.ask('PING')).text).toBe('PONG');
    }
    expect((await (await call(kind)).ask('PING')).text).toBe('PONG');
  },
);

test('half of a connection is closed: commands are carried out, and nothing is said', async () => {
  const [line, other] = [await call('tcp'), await call('tcp')];
  server.faults.add({ command: 'INCR', halfClose: true });
  line.say('PING', 'INCR n', 'INCR n', 'INCR n');
  await line.finished();
  expect(line.text()).toBe('+PONG\r\n');
  while ((await other.ask('GET', 'n')).text !== '3');
});

test('an error in MULTI makes EXEC fail, and one of EXEC is of the transaction', async () => {
  const line = await call('memory');
  const fault = server.faults.add({ command: 'SET', error: 'READONLY' });
  line.say('MULTI', 'SET a 1', 'INCR n', 'EXEC', 'EXISTS n');
  expect(line.text()).toBe(
    "+OK\r\n-READONLY You can't write against a read only replica.\r\n+QUEUED\r\n" +
      '-EXECABORT Transaction discarded because of previous errors.\r\n:0\r\n',
  );
  fault.remove();
  server.faults.add({ command: 'EXEC', error: 'OOM' });
  const other = await call('memory');
  other.say('MULTI', 'SET a 1', 'EXEC', 'EXISTS a');
  expect(other.text()).toContain(
    '-EXECABORT Transaction discarded because of: OOM command not allowed when used memory',
  );
});

test('errors are in the words of Redis, and those of a cluster name slot and node', async () => {
  const line = await call('memory');
  const said = async (error: NonNullable<Parameters<typeof server.faults.add>[0]['error']>) => {
    using _ = server.faults.add({ command: 'GET', error });
    return (await line.ask('GET', 'foo')).raw;
  };
  expect(await said('NOAUTH')).toBe('-NOAUTH Authentication required.\r\n');
  expect(await said('TRYAGAIN')).toMatch(/^-TRYAGAIN Multiple keys request during rehashing/);
  expect(await said('CLUSTERDOWN')).toBe('-CLUSTERDOWN The cluster is down\r\n');
  expect(await said('BUSY')).toMatch(/^-BUSY Redis is busy running a script/);
  expect(await said('MASTERDOWN')).toMatch(/^-MASTERDOWN Link with MASTER is down/);
  expect(await said('MISCONF')).toMatch(/^-MISCONF Redis is configured to save RDB/);
  expect(await said({ moved: '127.0.0.1:7001' })).toBe('-MOVED 12182 127.0.0.1:7001\r\n');
  expect(await said({ ask: '127.0.0.1:7001', slot: 5 })).toBe('-ASK 5 127.0.0.1:7001\r\n');
  expect(await said('my own words')).toBe('-ERR my own words\r\n');
  expect(await said('CODE of mine')).toBe('-CODE of mine\r\n');
});

test('what a fault is for can be a category, a subcommand, a client or a condition', async () => {
  const redis = new Redis(server.port, server.host, { connectionName: 'app' });
  await redis.ping();
  using write = server.faults.add({ command: '@write', error: 'READONLY' });
  using sub = server.faults.add({ command: 'client getname', error: 'no name today' });
  using mine = server.faults.add({ client: { name: 'other' }, error: 'not for app' });
  using named = server.faults.add({
    client: ({ library }) => library.startsWith('ioredis'),
    command: /^ECHO$/i,
    error: 'ioredis is meant',
  });
  await expect(redis.set('a', 'b')).rejects.toThrow("READONLY You can't write");
  await expect(redis.get('a')).resolves.toBeNull();
  await expect(redis.client('GETNAME')).rejects.toThrow('ERR no name today');
  await expect(redis.client('ID')).resolves.toBeGreaterThan(0);
  await expect(redis.echo('x')).rejects.toThrow('ERR ioredis is meant');
  expect([write.hits, sub.hits, mine.hits, named.hits]).toEqual([1, 1, 0, 1]);
  redis.disconnect();
});

test('a client that waits has its reply held, and is served once', async () => {
  const [waiter, other] = [await call('memory'), await call('memory')];
  server.clock.freeze();
  server.faults.add({ command: 'BLPOP', latency: 50, when: 'after' });
  waiter.say('BLPOP list 0', 'PING');
  other.say('RPUSH list a b');
  await server.clock.advance(49);
  expect(waiter.text()).toBe('');
  await server.clock.advance(1);
  expect(waiter.text()).toBe('*2\r\n$4\r\nlist\r\n$1\r\na\r\n+PONG\r\n');
  other.say('RPUSH list c', 'LRANGE list 0 -1');
  expect(other.text()).toBe(':2\r\n:2\r\n*2\r\n$1\r\nb\r\n$1\r\nc\r\n');
});

test('chance repeats with the seed, and leaves that of the server alone', async () => {
  const outcomes = async (withFault: boolean) => {
    await using same = await startServer({ seed: 42 });
    if (withFault) same.faults.add({ command: 'GET', probability: 0.5, error: 'by chance' });
    const line = await dial(same, 'memory');
    for (let i = 0; i < 64; i++) line.say('GET k');
    const hits = line.text();
    line.say('ACL GENPASS');
    return [hits, line.text().slice(hits.length)];
  };
  const [first, again, without] = [
    await outcomes(true),
    await outcomes(true),
    await outcomes(false),
  ];
  expect(first).toEqual(again);
  expect(first[0].match(/by chance/g)!.length).toBeGreaterThan(10);
  expect(first[0].match(/\$-1/g)!.length).toBeGreaterThan(10);
  expect(first[1]).toBe(without[1]);
});

test('bytes of a reply are spoilt, no more of them than was said', async () => {
  const line = await call('memory');
  server.faults.add({ command: 'GET', corrupt: 3 });
  const value = 'x'.repeat(50);
  line.say(`SET k ${value}`, 'GET k');
  const whole = `+OK\r\n$50\r\n${value}\r\n`;
  const wrong = [...whole].filter((char, i) => char !== line.text()[i]).length;
  expect(line.text().length).toBe(whole.length);
  expect(wrong).toBeGreaterThan(0);
  expect(wrong).toBeLessThanOrEqual(3);
});

test('what makes no sense is refused', () => {
  expect(() => server.faults.add({ command: 'GET' })).toThrow('a fault does something');
  expect(() => server.faults.add({ error: 'x', probability: 2 })).toThrow('probability');
  expect(() => server.faults.add({ latency: -1 })).toThrow('latency');
  expect(() => server.faults.add({ latency: [5, 1] })).toThrow('latency');
});

test('a fault that hits nobody changes no byte', () => {
  const word = fc.constantFrom('a', 'b', 'list', '1', '2', 'x y', '', '10', 'MULTI', 'NX');
  const name = fc.constantFrom(
    ...['set', 'get', 'incr', 'lpush', 'lrange', 'blpop', 'multi', 'exec', 'discard', 'hello'],
    ...['client|reply', 'subscribe', 'publish', 'eval', 'sadd', 'smembers', 'nothing', 'reset'],
  );
  const request = fc.tuple(name, fc.array(word, { maxLength: 4 }));
  return fc.assert(
    fc.asyncProperty(fc.array(request, { maxLength: 30 }), async (requests) => {
      await using plain = await startServer({ seed: 1, listen: false });
      await using watched = await startServer({ seed: 1, listen: false, journal: true });
      for (const each of [plain, watched]) each.clock.freeze();
      for (const each of [plain, watched]) await each.clock.set(1_700_000_000_000);
      watched.faults.add({ client: { name: 'nobody' }, reset: true });
      watched.faults.add({ command: 'GET', probability: 0, error: 'never' });
      watched.intercept('*', () => undefined);
      const [one, two] = [await dial(plain, 'memory'), await dial(watched, 'memory')];
      for (const [words, args] of requests) {
        const argv = [...words.split('|'), ...args];
        one.send(encode(argv));
        two.send(encode(argv));
      }
      expect(two.text()).toBe(one.text());
    }),
    { numRuns: 150 },
  );
});
