// server.duplex(): the manners of a socket, which the clients that get one instead rely on.

import { once } from 'node:events';
import { expect, test } from 'vitest';
import { type ServerDuplex, startServer } from '../../server/index.ts';

/** Collects what comes, and resolves when it is so many bytes. */
function reader(stream: ServerDuplex): (bytes: number) => Promise<string> {
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  return async (bytes) => {
    while (text.length < bytes) await once(stream, 'data');
    const taken = text.slice(0, bytes);
    text = text.slice(bytes);
    return taken;
  };
}

test('it connects later, once, and then speaks RESP', async () => {
  await using server = await startServer({ listen: false });
  const stream = server.duplex();
  expect(stream.connecting).toBe(true);
  await once(stream, 'connect');
  expect(stream.connecting).toBe(false);
  const read = reader(stream);
  stream.write('PING\r\n');
  expect(await read(7)).toBe('+PONG\r\n');
  stream.destroy();
});

test('a server that does not listen has no address, and the duplex needs none', async () => {
  await using server = await startServer({ listen: false });
  expect([server.url, server.port, server.tlsPort]).toEqual(['', 0, 0]);
  const stream = server.duplex();
  const read = reader(stream);
  stream.write('SET a 1\r\nGET a\r\n');
  expect(await read(12)).toBe('+OK\r\n$1\r\n1\r\n');
  stream.destroy();
});

test('what is written before it is connected arrives, in order', async () => {
  await using server = await startServer({ listen: false });
  const stream = server.duplex();
  const read = reader(stream);
  for (const word of ['a', 'b', 'c']) stream.write(`ECHO ${word}\r\n`);
  expect(await read(21)).toBe('$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n');
  stream.destroy();
});

test('no answer comes before write() returned, nor before other work had its turn', async () => {
  await using server = await startServer({ listen: false });
  const stream = server.duplex();
  await once(stream, 'connect');
  const order: string[] = [];
  stream.on('data', () => order.push('answer'));
  const answered = once(stream, 'data');
  stream.write('PING\r\n');
  order.push('returned');
  await Promise.resolve().then(() => order.push('microtask'));
  process.nextTick(() => order.push('tick'));
  await answered;
  expect(order).toEqual(['returned', 'microtask', 'tick', 'answer']);
  stream.destroy();
});

test('a listener that throws takes nothing from the server, nor from what comes next', async () => {
  await using server = await startServer({ listen: false });
  const stream = server.duplex();
  await once(stream, 'connect');
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  const caught = once(process, 'uncaughtException');
  stream.once('data', () => {
    throw new Error('of the listener');
  });
  stream.write('PING\r\n');
  expect((await caught)[0]).toMatchObject({ message: 'of the listener' });
  for (const listener of listeners) process.on('uncaughtException', listener);
  const read = reader(stream);
  stream.write('PING\r\n');
  expect(await read(7)).toBe('+PONG\r\n');
  stream.destroy();
});

test('end() brings the rest to the server; then both sides are closed', async () => {
  await using server = await startServer({ listen: false });
  const stream = server.duplex();
  stream.resume();
  stream.end('SET last word\r\n');
  const [hadError] = await once(stream, 'close');
  expect(hadError).toBe(false);
  const other = server.duplex();
  const read = reader(other);
  other.write('GET last\r\nCLIENT LIST\r\n');
  expect(await read(10)).toBe('$4\r\nword\r\n');
  expect((await read(200)).match(/id=/g)).toHaveLength(1);
  other.destroy();
});

test('destroy() is heard by the server, whose subscribers become fewer', async () => {
  await using server = await startServer({ listen: false });
  const stream = server.duplex();
  const other = server.duplex();
  const read = reader(stream);
  const readOther = reader(other);
  stream.write('SUBSCRIBE news\r\n');
  await read(33);
  other.write('PUBLISH news a\r\n');
  expect(await readOther(4)).toBe(':1\r\n');
  stream.destroy();
  const [hadError] = await once(stream, 'close');
  expect(hadError).toBe(false);
  other.write('PUBLISH news b\r\n');
  expect(await readOther(4)).toBe(':0\r\n');
  other.destroy();
});

test('QUIT is answered, and then the stream ends', async () => {
  await using server = await startServer({ listen: false });
  const stream = server.duplex();
  const chunks: string[] = [];
  stream.on('data', (chunk) => chunks.push(String(chunk)));
  stream.write('QUIT\r\n');
  await once(stream, 'end');
  expect(chunks.join('')).toBe('+OK\r\n');
  await once(stream, 'close');
  expect(stream.destroyed).toBe(true);
});

test('a server that closes ends its streams, and refuses new ones', async () => {
  const server = await startServer({ listen: false });
  const stream = server.duplex();
  stream.resume();
  await once(stream, 'connect');
  const closed = once(stream, 'close');
  await server.close();
  expect(await closed).toEqual([false]);
  const late = server.duplex();
  const events: unknown[] = [];
  late.on('error', ({ code }: NodeJS.ErrnoException) => events.push(code));
  const ended = new Promise((resolve) => late.on('close', resolve));
  expect(await ended).toBe(true);
  expect(events).toEqual(['ECONNREFUSED']);
});

test('who comes when there are too many is told so', async () => {
  await using server = await startServer({ listen: false, maxclients: 1 });
  const first = server.duplex();
  await once(first, 'connect');
  const second = server.duplex();
  const read = reader(second);
  expect(await read(36)).toBe('-ERR max number of clients reached\r\n');
  await once(second, 'close');
  first.destroy();
});

test('what is not read waits at the server, where it counts; then all of it comes', async () => {
  await using server = await startServer({ listen: false });
  const stream = server.duplex();
  await once(stream, 'connect');
  const other = server.duplex();
  const readOther = reader(other);
  const value = 'x'.repeat(100_000);
  stream.write(`*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$100000\r\n${value}\r\n`);
  for (let i = 0; i < 200; i++) stream.write('GET big\r\n');
  await once(stream, 'readable');
  other.write('CLIENT LIST ID 1\r\n');
  expect(Number(/omem=(\d+)/.exec(await readOther(250))![1])).toBeGreaterThan(15_000_000);
  const read = reader(stream);
  expect(await read(5)).toBe('+OK\r\n');
  const one = `$100000\r\n${value}\r\n`;
  for (let i = 0; i < 200; i++) expect((await read(one.length)) === one).toBe(true);
  stream.destroy();
  other.destroy();
});

test('who does not read is cut off at the limit that is configured', async () => {
  const limit = { 'client-output-buffer-limit': 'normal 1000000 0 0' };
  await using server = await startServer({ listen: false, ...limit });
  const stream = server.duplex();
  const value = 'x'.repeat(100_000);
  stream.write(`*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$100000\r\n${value}\r\n`);
  for (let i = 0; i < 50; i++) stream.write('GET big\r\n');
  await once(stream, 'readable');
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await once(stream, 'close');
  expect(bytes).toBeLessThan(1_500_000);
});

test('write() says when it is enough, and emits drain when there is room again', async () => {
  await using server = await startServer({ listen: false });
  const stream = server.duplex();
  await once(stream, 'connect');
  const read = reader(stream);
  const long = Buffer.from(`*2\r\n$4\r\nECHO\r\n$100000\r\n${'y'.repeat(100_000)}\r\n`);
  expect(stream.write(long)).toBe(false);
  await once(stream, 'drain');
  expect(await read(100_011)).toContain('yyy');
  stream.destroy();
});

test('setTimeout() tells of a connection on which nothing happens, each time', async () => {
  await using server = await startServer({ listen: false });
  const stream = server.duplex();
  await once(stream, 'connect');
  let told = 0;
  expect(stream.setTimeout(5, () => told++)).toBe(stream);
  await once(stream, 'timeout');
  expect(told).toBe(1);
  const read = reader(stream);
  stream.write('PING\r\n');
  await read(7);
  await once(stream, 'timeout');
  expect(told).toBe(1);
  stream.setTimeout(0);
  stream.destroy();
});
