// What clients leave behind when a test is over.

import { expect, test } from 'vitest';
import { newLeaks } from '../../server/double/leaks.ts';
import { startServer } from '../../server/index.ts';
import { overSocket } from '../wire.ts';

test('a server that nobody is connected to has no leaks', async () => {
  await using server = await startServer();
  expect(server.leaks()).toEqual([]);
  const connection = server.connect();
  expect(server.leaks()).toHaveLength(1);
  connection.close();
  expect(server.leaks()).toEqual([]);
});

test('a connection tells who it is, and what it said last', async () => {
  await using server = await startServer();
  const wire = await overSocket(server);
  await wire.ask('CLIENT', 'SETNAME', 'worker');
  await wire.ask('CLIENT', 'SETINFO', 'LIB-NAME', 'ioredis');
  await wire.ask('CLIENT', 'SETINFO', 'LIB-VER', '5.4.1');
  const [leak, ...others] = server.leaks();
  expect(others).toEqual([]);
  expect(leak.kind).toBe('connected');
  expect(leak.text).toMatch(
    /^connected: client \d+ named worker from 127\.0\.0\.1:\d+ \(ioredis 5\.4\.1\), last command CLIENT SETINFO$/,
  );
  wire.close();
});

test('whoever waits, listens, watches or queues is named with what it does', async () => {
  await using server = await startServer();
  const all: [string, string[][], string, string][] = [
    ['blocked', [['BLPOP', 'jobs', 'more', '0']], 'blocked in BLPOP jobs more 0', 'BLPOP'],
    ['subscribed', [['SUBSCRIBE', 'news', 'päper']], 'subscribed to news, päper', 'SUBSCRIBE'],
    ['subscribed', [['PSUBSCRIBE', 'n*']], 'subscribed to n*', 'PSUBSCRIBE'],
    ['subscribed', [['SSUBSCRIBE', 's']], 'subscribed to s', 'SSUBSCRIBE'],
    ['monitoring', [['MONITOR']], 'monitoring', 'MONITOR'],
    ['watching', [['WATCH', 'a', 'b']], 'watching a, b', 'WATCH'],
    ['multi', [['MULTI'], ['SET', 'a', 'b']], 'in MULTI with 1 request queued', 'SET'],
  ];
  for (const [kind, requests, what, last] of all) {
    const before = server.leaks();
    const connection = server.connect();
    for (const argv of requests) {
      const words = argv.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
      connection.write(Buffer.from(`*${argv.length}\r\n${words.join('')}`));
    }
    const found = newLeaks(before, server.leaks());
    expect(found.map((leak) => leak.kind)).toEqual([kind]);
    expect(found[0].text).toBe(
      `${what}: client ${found[0].id} in this process, last command ${last}`,
    );
    connection.close();
    expect(newLeaks(before, server.leaks())).toEqual([]);
  }
});

test('what was there before is no new leak, but what its client does since then is', async () => {
  await using server = await startServer();
  const connection = server.connect();
  const before = server.leaks();
  expect(newLeaks(before, server.leaks())).toEqual([]);
  connection.write(Buffer.from('WATCH a\r\n'));
  expect(newLeaks(before, server.leaks()).map(({ kind }) => kind)).toEqual(['watching']);
});

test('long names and long lists are cut short', async () => {
  await using server = await startServer();
  const connection = server.connect();
  const names = Array.from({ length: 12 }, (_, i) => `channel-${i}-${'x'.repeat(100)}`);
  connection.write(Buffer.from(`SUBSCRIBE ${names.join(' ')}\r\n`));
  const [{ text }] = server.leaks();
  expect(text).toContain('... (12 in all)');
  expect(text.length).toBeLessThan(500);
});
