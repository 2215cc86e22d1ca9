// What a client writes arrives, whatever the kernel takes of it at once.

import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient } from '../../client/index.ts';
import { streamWrap } from '../../client/direct-writes.ts';
import type { Piece } from '../../client/outbox.ts';
import { connectSocket } from '../../client/socket-link.ts';
import type { Transport } from '../../client/transport.ts';
import '../seed.ts';

const PATIENT = { interval: 1, timeout: 20_000 }; // A busy machine is no failure.

const server = createServer((socket) => arrive(socket));
let arrive: (socket: Socket) => void = () => {};
let port = 0;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as { port: number }).port;
});

afterAll(() => {
  server.close();
});

class Line {
  drains = 0;
  cause: Error | null = null;
  readonly near: Transport;
  readonly far: Promise<Socket>;
  readonly connected: Promise<void>;
  readonly closed: Promise<void>;

  constructor(direct: ReturnType<typeof streamWrap>) {
    this.far = new Promise((resolve) => {
      arrive = (socket) => resolve(socket.on('error', () => {}).pause());
    });
    let isConnected = (): void => {};
    let isClosed = (): void => {};
    this.connected = new Promise((resolve) => {
      isConnected = resolve;
    });
    this.closed = new Promise((resolve) => {
      isClosed = resolve;
    });
    this.near = connectSocket(
      { host: '127.0.0.1', port },
      direct,
    )({
      connected: isConnected,
      received: () => {},
      pushed: () => {},
      drained: () => void this.drains++,
      closed: (cause) => {
        this.cause = cause;
        isClosed();
      },
    });
  }
}

const text = fc.oneof(
  fc.string({ maxLength: 50 }),
  fc.string({ unit: 'grapheme', maxLength: 50 }),
  fc.nat(200_000).map((length) => 'abcdefg'.repeat(length / 7)),
  fc.nat(100_000).map((length) => 'grün✓'.repeat(length / 5)),
);
const bytes = fc.nat(200_000).map((length) => Buffer.alloc(length, 'bytes'));
const batches = fc.array(fc.array(fc.oneof(text, bytes), { minLength: 1, maxLength: 12 }), {
  minLength: 1,
  maxLength: 6,
});

describe.each([
  ['around the stream', streamWrap()],
  ['through the stream', null],
])('written %s', (_, direct) => {
  test('all pieces arrive, in order, once', async () => {
    await fc.assert(
      fc.asyncProperty(batches, async (given) => {
        const line = new Line(direct);
        await line.connected;
        const far = await line.far;
        const arrived: Buffer[] = [];
        far.on('data', (chunk) => arrived.push(chunk));
        for (const pieces of given) {
          const ascii = pieces.every((piece) => typeof piece !== 'string' || isAscii(piece));
          const before = line.drains;
          const keepsUp = line.near.write(pieces, ascii ? 'latin1' : 'utf8');
          far.resume();
          if (!keepsUp) await expect.poll(() => line.drains, PATIENT).toBe(before + 1);
        }
        const wanted = Buffer.concat(
          given.flat().map((piece: Piece) => Buffer.from(piece as string)),
        );
        const length = (): number => arrived.reduce((sum, chunk) => sum + chunk.length, 0);
        await expect.poll(length, PATIENT).toBe(wanted.length);
        expect(Buffer.concat(arrived).equals(wanted)).toBe(true);
        line.near.destroy();
        await line.closed;
      }),
      { numRuns: 25 },
    );
  });

  test('who does not read is waited for, and what waits goes when it reads', async () => {
    const line = new Line(direct);
    await line.connected;
    const far = await line.far;
    const pieces = Array.from({ length: 2000 }, () => 'x'.repeat(10_000));
    expect(line.near.write(pieces, 'latin1')).toBe(false);
    let length = 0;
    far.on('data', (chunk) => {
      length += chunk.length;
    });
    far.resume();
    await expect.poll(() => length, PATIENT).toBe(20_000_000);
    expect(line.drains).toBe(1);
    line.near.destroy();
    await line.closed;
  });

  test('a write to somebody who has gone says why', async () => {
    const line = new Line(direct);
    await line.connected;
    (await line.far).resetAndDestroy();
    const pieces = ['x'.repeat(100)];
    while (line.cause === null) {
      line.near.write(pieces, 'latin1');
      await new Promise(setImmediate);
    }
    expect((line.cause as NodeJS.ErrnoException).code).toMatch(/ECONNRESET|EPIPE/);
    expect(line.near.write(pieces, 'latin1')).toBe(true);
    await line.closed;
  });

  test('one that is destroyed while much waits ends, and keeps nothing', async () => {
    const line = new Line(direct);
    await line.connected;
    const far = await line.far;
    line.near.write(
      Array.from({ length: 2000 }, () => 'x'.repeat(10_000)),
      'latin1',
    );
    const cause = new Error('enough');
    line.near.destroy(cause);
    await line.closed;
    expect(line.cause).toBe(cause);
    expect(line.drains).toBe(0);
    far.destroy();
  });
});

test('a batch of long values is answered, each by its own', async () => {
  const { startServer } = await import('../../server/index.ts');
  await using own = await startServer();
  await using client = createClient(own.url);
  const values = Array.from({ length: 1000 }, (_, i) => `${i}:${'ä'.repeat(i * 10)}`);
  await Promise.all(values.map((value, i) => client.set(`k${i}`, value)));
  const found = await Promise.all(values.map((_, i) => client.get(`k${i}`)));
  expect(found).toEqual(values);
});

function isAscii(piece: string): boolean {
  return Buffer.byteLength(piece) === piece.length;
}
