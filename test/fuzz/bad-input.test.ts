import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Server } from '../../server/server.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { encode, inProcess, overSocket, type Wire } from '../wire.ts';
import { freshServer } from './differential.ts';
import { garbage } from './garbage.ts';
import { assertReplies, compareGarbage, ourAnswer } from './garbled.ts';
import { type Listener, listenTcp } from '../../server/listener.ts';

const here = (await realRedis('8.0.2')) !== null;
if (!here) {
  process.stderr.write(`\n*** NOT COMPARED WITH REAL REDIS 8.0.2: ${whyNoRedis('8.0.2')} ***\n`);
}

let server: Server;
let witness: Wire; // A client that has nothing to do with all this.

beforeEach(async () => {
  server = freshServer();
  witness = inProcess(server);
  await witness.ask('SET', 'mine', 'safe');
});
afterEach(async () => {
  expect((await witness.ask('GET', 'mine')).text).toBe('safe');
  server.close();
});

describe('garbage', () => {
  test('is answered with whole replies, or with an error and the end', () => {
    fc.assert(
      fc.property(garbage, fc.double({ min: 0, max: 1, noNaN: true }), (bytes, where) => {
        server.databases[0].remove('k');
        assertReplies(ourAnswer(server, bytes, Math.floor(where * bytes.length)));
        expect(server.clients.size).toBe(1);
      }),
      { numRuns: 3000, seed: 1 },
    );
  });

  describe.skipIf(!here)('beside real Redis 8.0.2', () => {
    let real: RealServer | null = null;
    beforeAll(async () => {
      real = await startReal('8.0.2');
    });
    afterAll(() => real?.stop());

    test('is answered the same', async () => {
      const other = freshServer();
      expect(await compareGarbage(other, real!.socket, 1500, 1)).toBe('');
      other.close();
    });
  });
});

describe('more than there should be', () => {
  test.each([
    ['a line', 'x', 'too big inline request'],
    ['a number of arguments', '*1', 'too big mbulk count string'],
    ['a length', '*1\r\n$1', 'too big bulk count string'],
  ])('%s that never ends is cut off after 64 KB', (_, start, problem) => {
    const wire = inProcess(server);
    wire.send(start);
    for (let sent = 0; !wire.closed && sent < 100; sent++) wire.send('1'.repeat(1000));
    expect(wire.text()).toBe(`-ERR Protocol error: ${problem}\r\n`);
    expect(wire.closed).toBe(true);
  });

  test('two thousand million arguments may be announced, and take no room before they come', () => {
    const before = process.memoryUsage();
    const wires = Array.from({ length: 200 }, () => inProcess(server));
    for (const wire of wires) wire.send('*2147483647\r\n$4\r\nMSET\r\n$536870888\r\nabc');
    for (const c of server.clients.values()) expect(c.parser.held).toBeLessThan(1_200_000);
    expect(process.memoryUsage().heapUsed - before.heapUsed).toBeLessThan(50e6);
    for (const wire of wires) expect([wire.closed, wire.text()]).toEqual([false, '']);
  });

  test('an argument of 100 MB that stays away costs nobody else anything', async () => {
    const wire = inProcess(server);
    wire.send('*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000000\r\n');
    for (let i = 0; i < 50; i++) {
      wire.send('x'.repeat(10_000));
      expect((await witness.ask('PING')).text).toBe('PONG');
    }
    wire.close();
    expect((await witness.ask('EXISTS', 'k')).text).toBe('0');
  });
});

test('thousands of half requests are all remembered, and forgotten when their clients go', async () => {
  const request = encode(['SET', 'mine', 'stolen'.repeat(20)]);
  const wires = Array.from({ length: 5000 }, () => inProcess(server));
  const half = (i: number) => 1 + (i % (request.length - 1));
  for (let i = 0; i < wires.length; i++) wires[i].send(request.slice(0, half(i)));
  expect((await witness.ask('GET', 'mine')).text).toBe('safe');
  expect(server.clients.size).toBe(5001);
  let held = 0;
  for (const c of server.clients.values()) held += c.parser.held;
  expect(held).toBeLessThan(5000 * 17_000);
  const [last] = wires.splice(4999);
  for (const wire of wires) wire.close();
  expect(server.clients.size).toBe(2);
  last.send(request.slice(half(4999)));
  expect(last.text()).toBe('+OK\r\n');
  await witness.ask('SET', 'mine', 'safe');
});

describe('a client that does not read', () => {
  let listener: Listener;
  let deaf: Wire;

  beforeEach(async () => {
    listener = await listenTcp(server, '127.0.0.1', 0);
    deaf = await overSocket({ host: '127.0.0.1', port: listener.port });
    await deaf.ask('SETRANGE', 'big', '999999', 'x');
    deaf.pause();
  });
  afterEach(async () => {
    server.close();
    await listener.close();
    server = freshServer();
    witness = inProcess(server);
    await witness.ask('SET', 'mine', 'safe');
  });

  test('is not read from either, once much waits for it, and gets all of it in the end', async () => {
    const GETS = 600;
    const other = await overSocket({ host: '127.0.0.1', port: listener.port });
    deaf.send(encode(['GET', 'big']).repeat(GETS));
    await other.ask('PING');
    const c = [...server.clients.values()][1];
    const waiting = () => c.link.unsent + c.writer.size;
    while (waiting() < 100e6) await other.ask('PING');
    expect(waiting()).toBeLessThan(300e6);
    expect((await other.ask('GET', 'mine')).text).toBe('safe');
    deaf.resume();
    for (let i = 0; i < GETS; i++) expect((await deaf.next()).text.length).toBe(1_000_000);
    expect(deaf.closed).toBe(false);
    expect((await deaf.ask('PING')).text).toBe('PONG');
  });

  test('is cut off where a limit is configured', async () => {
    const limit = 'normal 10000000 0 0';
    await witness.ask('CONFIG', 'SET', 'client-output-buffer-limit', limit);
    deaf.send(encode(['GET', 'big']).repeat(60));
    while (server.clients.size > 1) await witness.ask('PING').then(() => turn());
    deaf.resume();
    await deaf.toEnd();
    expect(deaf.received).toBeLessThan(60 * 1_000_000);
  });
});

/** Lets the sockets have their turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
