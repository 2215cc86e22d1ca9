// Values from 32 KB on are kept as buffers, edited in place and handed to the socket without a
// copy. Nobody may notice: a reply is what the value was when it was asked for, however
// long the client takes to read it, and whatever happens to the value in the meantime.

import { connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { listenTcp } from '../../server/listener.ts';
import { Server } from '../../server/server.ts';
import { everywhere } from '../redis.ts';
import { encode, inProcess, overSocket } from '../wire.ts';

const LENGTHS = [32_767, 32_768, 32_769, 300_000];

everywhere((test) => {
  for (const length of LENGTHS) {
    const text = '0123456789abcdef'.repeat(length / 16 + 1).slice(0, length);

    test(`a value of ${length} bytes is as any other`, async (r) => {
      expect(await r(['SET', 'k', text])).toBe('OK');
      expect(await r('GET k')).toBe(text);
      expect(await r('STRLEN k')).toBe(length);
      expect(await r('OBJECT ENCODING k')).toBe('raw');
      expect(await r('GETRANGE k -3 -1')).toBe(text.slice(-3));
      expect(await r('GETRANGE k 1 -1')).toBe(text.slice(1));
      expect(await r('MGET k nobody k')).toEqual([text, null, text]);
      await r.fails('INCR k', /^ERR value is not an integer/);
      await r.fails('INCRBYFLOAT k 1', /^ERR value is not a valid float$/);
      expect(await r(['APPEND', 'k', text])).toBe(length * 2);
      expect(await r(['SETRANGE', 'k', length, 'X'])).toBe(length * 2);
      expect(await r('GET k')).toBe(`${text}X${text.slice(1)}`);
      expect(await r(['GETSET', 'k', text])).toBe(`${text}X${text.slice(1)}`);
      expect(await r('SET k short GET')).toBe(text);
      expect(await r('GETDEL k')).toBe('short');
    });

    test(`a copy of ${length} bytes does not change with the original`, async (r) => {
      await r(['SET', 'k', text]);
      expect(await r('COPY k copy')).toBe(1);
      await r('SETRANGE k 0 XXXX');
      await r('SETBIT copy 0 1');
      expect(await r('GETRANGE k 0 5')).toBe('XXXX45');
      expect(await r('GETRANGE copy 0 5')).toBe('\xb012345');
      await r('RENAME copy k');
      expect(await r('GETRANGE k 0 5')).toBe('\xb012345');
    });
  }

  test('a value grows by appending, across every limit', async (r) => {
    const piece = 'y'.repeat(10_001);
    for (let n = 1; n <= 150; n++) expect(await r(['APPEND', 'k', piece])).toBe(n * 10_001);
    expect(await r('GETRANGE k 1500148 -1')).toBe('yy');
  });

  test('what is asked for before an edit of the same pipeline comes as it was', async (r) => {
    const text = 'x'.repeat(100_000);
    const calls = [
      ['SET', 'k', text],
      ['GET', 'k'],
      ['SETRANGE', 'k', '0', 'abc'],
      ['GET', 'k'],
      ['SETBIT', 'k', '799999', '1'],
      ['GETRANGE', 'k', '50000', '-1'],
      ['APPEND', 'k', 'end'],
      ['MULTI'],
      ['GET', 'k'],
      ['BITFIELD', 'k', 'SET', 'u8', '#100000', '33'],
      ['GET', 'k'],
      ['INCRBYFLOAT', 'k', '1'],
      ['EXEC'],
      ['SET', 'k', 'short'],
    ];
    r.wire.send(calls.map(encode).join(''));
    const replies: string[] = [];
    for (const _ of calls) replies.push((await r.wire.next()).raw);
    const bulk = (bytes: string) => `$${bytes.length}\r\n${bytes}\r\n`;
    const abc = `abc${text.slice(3)}`;
    const withBit = `${abc.slice(0, -1)}y`;
    expect(replies.slice(0, 7)).toEqual([
      '+OK\r\n',
      bulk(text),
      ':100000\r\n',
      bulk(abc),
      ':0\r\n',
      bulk(withBit.slice(50_000)),
      ':100003\r\n',
    ]);
    const exec = `*4\r\n${bulk(`${withBit}end`)}*1\r\n:101\r\n${bulk(`${withBit}!nd`)}`;
    expect(replies[12]).toBe(`${exec}-ERR value is not a valid float\r\n`);
    expect(replies[13]).toBe('+OK\r\n');
  });
});

test('a value longer than any JavaScript string is refused where a number is wanted', async () => {
  const server = new Server(new Config(), { seed: 1 });
  const r = inProcess(server);
  await r.ask('SETBIT', 'k', '4294967295', '1'); // 512 MB.
  for (const argv of [
    ['INCR', 'k'],
    ['DECRBY', 'k', '9007199254740993'],
    ['INCRBYFLOAT', 'k', '1'],
  ]) {
    expect((await r.ask(...argv)).raw).toMatch(/^-ERR value is not (an integer|a valid float)/);
  }
  for (const other of ['k', 'nobody']) {
    expect((await r.ask('LCS', 'k', other)).raw).toMatch(/^-ERR Insufficient memory/);
  }
  expect((await r.ask('GETRANGE', 'k', '-2', '-1')).text).toBe('\0\x01');
  expect((await r.ask('STRLEN', 'k')).text).toBe('536870912');
  expect((await r.ask('APPEND', 'k', 'x')).raw).toMatch(
    /^-ERR string exceeds maximum allowed size/,
  );
  expect((await r.ask('SETRANGE', 'k', '536870911', 'x')).text).toBe('536870912');
  server.close();
});

test('what no buffer can hold is refused, though proto-max-bulk-len allows it', async () => {
  const server = new Server(new Config(), { seed: 1 });
  const r = inProcess(server);
  await r.ask('CONFIG', 'SET', 'proto-max-bulk-len', '9223372036854775807');
  await r.ask('SET', 'k', 'abc');
  for (const argv of [
    ['SETBIT', 'k', '9007199254740000', '1'],
    ['SETBIT', 'fresh', '9007199254740000', '1'],
    ['BITFIELD', 'k', 'SET', 'u8', '9007199254740000', '1'],
    ['SETRANGE', 'k', '1125899906842624', 'x'],
  ]) {
    expect((await r.ask(...argv)).raw).toMatch(/^-ERR string exceeds maximum allowed size/);
  }
  expect((await r.ask('MGET', 'k', 'fresh')).raw).toBe('*2\r\n$3\r\nabc\r\n$-1\r\n');
  expect((await r.ask('APPEND', 'k', 'd')).text).toBe('4');
  server.close();
});

const SIZE = 16 * 1024 * 1024; // More than a socket and both its ends take in unread.

/** Sends calls to a server, reads nothing until all have been carried out, then everything. */
async function readLate(calls: readonly string[][]): Promise<Buffer> {
  const server = new Server(new Config(), { seed: 1 });
  const listener = await listenTcp(server, '127.0.0.1', 0);
  const where = { host: '127.0.0.1', port: listener.port };
  const slow: Socket = connect(where);
  try {
    slow.pause();
    slow.write(Buffer.from([...calls, ['SET', 'done', 'yes']].map(encode).join(''), 'latin1'));
    const other = await overSocket(where);
    while ((await other.ask('EXISTS', 'done')).text !== '1');
    other.close();
    const chunks: Buffer[] = [];
    slow.on('data', (chunk: Buffer) => chunks.push(chunk));
    slow.resume();
    const ended = new Promise((resolve) => slow.once('end', resolve));
    slow.write(encode(['QUIT']));
    await ended;
    return Buffer.concat(chunks);
  } finally {
    slow.destroy();
    server.close();
    await listener.close();
  }
}

describe('a client that reads late', () => {
  const last = String(SIZE - 1);
  const old = Buffer.alloc(SIZE, 'o');
  const edits: Readonly<Record<string, string[]>> = {
    SETRANGE: ['SETRANGE', 'k', last, '!'],
    SETBIT: ['SETBIT', 'k', String(SIZE * 8 - 8), '1'],
    BITFIELD: ['BITFIELD', 'k', 'SET', 'u8', `#${last}`, '33'],
    'SETRANGE that grows it': ['SETRANGE', 'k', last, '!!'],
    APPEND: ['APPEND', 'k', '!'],
    BITOP: ['BITOP', 'NOT', 'k', 'k'],
    'another SET': ['SET', 'k', 'short'],
    FLUSHALL: ['FLUSHALL'],
  };
  const asks: Readonly<Record<string, string[]>> = {
    GET: ['GET', 'k'],
    GETRANGE: ['GETRANGE', 'k', '0', '-1'],
    GETEX: ['GETEX', 'k', 'EX', '1000'],
  };

  for (const [asking, ask] of Object.entries(asks)) {
    for (const [name, edit] of Object.entries(edits)) {
      if (asking !== 'GET' && name !== 'SETRANGE') continue;
      test(`gets the bytes of its ${asking} though ${name} came after it`, async () => {
        const bytes = await readLate([
          ['SETRANGE', 'k', last, 'o'],
          ['BITOP', 'OR', 'k', 'k'],
          ['SETRANGE', 'k', '0', 'o'.repeat(SIZE)],
          ask,
          edit,
        ]);
        const header = `:${SIZE}\r\n:${SIZE}\r\n:${SIZE}\r\n$${SIZE}\r\n`;
        expect(bytes.latin1Slice(0, header.length)).toBe(header);
        const reply = bytes.subarray(header.length, header.length + SIZE);
        expect(reply.equals(old)).toBe(true);
      });
    }
  }

  test('gets both the old and the new bytes when it asks twice', async () => {
    const bytes = await readLate([
      ['SET', 'k', 'o'.repeat(SIZE)],
      ['GET', 'k'],
      ['SETRANGE', 'k', '0', 'n'.repeat(SIZE)],
      ['GET', 'k'],
    ]);
    const first = bytes.indexOf('o');
    expect(bytes.subarray(first, first + SIZE).equals(old)).toBe(true);
    const second = bytes.indexOf('n');
    expect(bytes.subarray(second, second + SIZE).equals(Buffer.alloc(SIZE, 'n'))).toBe(true);
  });
});
