// Hostile clients at the port for TLS: those who do not speak it, who begin and do not go on, and
// who do more than they should.

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect as connectPlain, createServer, type Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../../server/index.ts';
import { makeCertificates } from '../certificates.ts';
import { encode } from '../wire.ts';

const PATIENT = { timeout: 20_000 };
const made = makeCertificates();
afterAll(() => made?.remove());

describe.skipIf(made === null)('at the port for TLS', () => {
  const files = made!;
  let server: RunningServer;
  let good: TLSSocket;
  let log: string[];
  const open: Socket[] = [];

  beforeEach(async () => {
    log = [];
    server = await startServer({
      log: (line) => log.push(line),
      'tls-cert-file': files.server.cert,
      'tls-key-file': files.server.key,
      'tls-auth-clients': 'no',
    });
    good = await secure();
  });
  afterEach(async () => {
    for (const socket of open.splice(0)) socket.destroy();
    await server.close();
  });

  function plain(): Promise<Socket> {
    return new Promise((resolve) => {
      const socket = connectPlain(server.tlsPort, '127.0.0.1', () => resolve(socket));
      socket.on('error', () => {});
      open.push(socket);
    });
  }

  function secure(about: object = {}): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
      const ca = readFileSync(files.ca);
      const where = { host: '127.0.0.1', port: server.tlsPort, ca, ...about };
      const socket = connect(where, () => resolve(socket));
      socket.on('error', reject);
      open.push(socket);
    });
  }

  function ended(socket: Socket): Promise<void> {
    socket.resume();
    return new Promise((resolve) => {
      if (socket.destroyed) resolve();
      else socket.once('close', () => resolve());
    });
  }

  /** One request and its one reply, which is short. */
  function ask(socket: Socket, ...argv: string[]): Promise<string> {
    return new Promise((resolve) => {
      socket.once('data', (chunk: Buffer) => resolve(chunk.latin1Slice()));
      socket.write(encode(argv));
    });
  }

  async function isWell(): Promise<void> {
    expect(await ask(good, 'PING')).toBe('+PONG\r\n');
  }

  async function connected(): Promise<number> {
    const info = await ask(good, 'INFO', 'clients');
    return Number(/connected_clients:(\d+)/.exec(info)![1]);
  }

  test.each([
    ['a request', Buffer.from('*1\r\n$4\r\nPING\r\n')],
    ['HTTP', Buffer.from('POST / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['a record of a wrong kind', Buffer.from('17030300050102030405', 'hex')],
    ['an alert', Buffer.from('15030100020228', 'hex')],
    ['noise', randomBytes(5000)],
    ['a hello, then noise', Buffer.concat([Buffer.from('16030102', 'hex'), randomBytes(5000)])],
  ])('%s in place of a handshake ends the connection', async (_, bytes) => {
    const socket = await plain();
    socket.write(bytes);
    await ended(socket);
    await isWell();
    await expect.poll(connected, PATIENT).toBe(1);
  });

  test('handshakes that never end hold nobody up, and are gone when their makers are', async () => {
    const sockets = await Promise.all(Array.from({ length: 300 }, plain));
    for (const socket of sockets) socket.write(Buffer.from('16030100c8010000c40303', 'hex'));
    await expect.poll(connected, PATIENT).toBe(301);
    await isWell();
    for (const socket of sockets) socket.destroy();
    await expect.poll(connected, PATIENT).toBe(1);
  });

  test('who has said no hello after a minute is cut off, and so is who said half of one', async () => {
    server.clock.freeze();
    const silent = await plain();
    const halting = await plain();
    halting.write(Buffer.from('16030100c8010000c40303', 'hex'));
    await expect.poll(connected, PATIENT).toBe(3);
    server.clock.advance(59_000);
    expect(await connected()).toBe(3);
    server.clock.advance(2000);
    await Promise.all([ended(silent), ended(halting)]);
    expect(await connected()).toBe(1);
  });

  test('the log tells of a few who fail, and of how many more there were', async () => {
    server.clock.freeze();
    const sockets = await Promise.all(Array.from({ length: 70 }, plain));
    for (const socket of sockets) socket.write('PING\r\n');
    await Promise.all(sockets.map(ended));
    const told = () => log.filter((line) => line.includes('Error accepting'));
    expect(told().length).toBe(50);
    server.clock.advance(1000);
    expect(told().at(-1)).toContain('20 more of them');
  });

  test('a hello that comes in pieces is understood', async () => {
    const raw = await plain();
    const relay = createServer((near) => {
      near.on('error', () => {});
      near.on('data', async (chunk: Buffer) => {
        for (let at = 0; at < chunk.length; at += 100) {
          raw.write(chunk.subarray(at, at + 100));
          await isWell(); // So that each piece is read by itself.
        }
      });
      raw.on('data', (chunk: Buffer) => near.write(chunk));
    });
    await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
    const { port } = relay.address() as { port: number };
    expect(await ask(await secure({ port }), 'PING')).toBe('+PONG\r\n');
    relay.close();
  });

  test('two hundred handshakes at once are all done', async () => {
    const sockets = await Promise.all(Array.from({ length: 200 }, () => secure()));
    expect(new Set(await Promise.all(sockets.map((socket) => ask(socket, 'PING'))))).toEqual(
      new Set(['+PONG\r\n']),
    );
  });

  test('nobody may begin a new handshake in the middle', async () => {
    const socket = await secure({ maxVersion: 'TLSv1.2' });
    socket.on('error', () => {});
    expect(await ask(socket, 'PING')).toBe('+PONG\r\n');
    const refused = new Promise((resolve) => {
      socket.once('error', () => resolve(true));
      socket.once('close', () => resolve(true));
      socket.renegotiate({}, (problem) => resolve(problem !== null));
    });
    expect(await refused).toBe(true);
    await isWell();
  });

  test('a connection that is cut in the middle of a record is forgotten', async () => {
    const socket = await secure();
    socket.write(Buffer.alloc(100_000, 'x'));
    socket.destroy();
    await expect.poll(connected, PATIENT).toBe(1);
  });

  test('a long pipeline is answered in its order, and others before its end', async () => {
    const greedy = await secure();
    let text = '';
    greedy.on('data', (chunk: Buffer) => {
      text += chunk.latin1Slice();
    });
    greedy.write(`${encode(['GET', 'none']).repeat(100_000)}${encode(['ECHO', 'the end'])}`);
    await expect.poll(() => text !== '', { interval: 1 }).toBe(true);
    let answers = 0;
    while (!text.endsWith('the end\r\n')) {
      await isWell();
      answers++;
    }
    expect(answers).toBeGreaterThan(3);
    expect(text === `${'$-1\r\n'.repeat(100_000)}$7\r\nthe end\r\n`).toBe(true);
  });

  test('who does not read is not read from, and gets everything once it reads', async () => {
    await ask(good, 'SETRANGE', 'large', '9999999', 'x');
    const deaf = await secure();
    deaf.pause();
    deaf.write(encode(['GET', 'large']).repeat(5) + encode(['QUIT']));
    await isWell();
    let bytes = 0;
    deaf.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    await ended(deaf);
    expect(bytes).toBe(5 * 10_000_013 + 5);
  });
});
