// What a server does not put up with: broken protocol, too much of anything, strangers.

import { expect } from 'vitest';
import { everywhere, type Talk } from '../redis.ts';
import { encode } from '../wire.ts';

const NO_ACCEPT = 'a link in this process is not accepted from anywhere';
const NO_BUFFER = 'a link in this process takes everything at once';

/** Whether the server has hung up by the time that it has answered somebody else. */
async function hungUp(r: Talk, bytes: string): Promise<string> {
  const other = await r.client();
  other.wire.send(bytes);
  return other.wire.toEnd();
}

everywhere((test) => {
  for (const [bytes, problem] of [
    ['*x\r\n', 'invalid multibulk length'],
    ['*2147483648\r\n', 'invalid multibulk length'],
    ['*1\r\n$x\r\n', 'invalid bulk length'],
    ['*1\r\n$-1\r\n', 'invalid bulk length'],
    ['*1\r\n$536870913\r\n', 'invalid bulk length'],
    ['*1\r\nx\r\n', "expected '$', got 'x'"],
    ['*1\r\n\r\n', "expected '$', got ' '"],
    ['GET "k\r\n', 'unbalanced quotes in request'],
    ['x'.repeat(65537), 'too big inline request'],
    [`*${'1'.repeat(65537)}`, 'too big mbulk count string'],
    [`*1\r\n$${'1'.repeat(65537)}`, 'too big bulk count string'],
  ] as const) {
    test(`${problem}: ${JSON.stringify(bytes.slice(0, 20))} ends the connection`, async (r) => {
      expect(await hungUp(r, bytes)).toBe(`-ERR Protocol error: ${problem}\r\n`);
      expect(await r('PING')).toBe('PONG');
    });
  }

  test('requests before broken ones are answered, those behind are not', async (r) => {
    const bytes = `SET k 1\r\n*1\r\n$4\r\nPING\r\n*1\r\n:4\r\n${encode(['SET', 'k', '2'])}`;
    const error = "-ERR Protocol error: expected '$', got ':'\r\n";
    expect(await hungUp(r, bytes)).toBe(`+OK\r\n+PONG\r\n${error}`);
    expect(await r('GET k')).toBe('1');
  });

  for (const header of ['POST / HTTP/1.1', 'Host: localhost:6379', 'host:', 'post']) {
    test(`a browser is cut off without a word: ${header}`, async (r) => {
      const form = `${header}\r\nContent-Length: 12\r\n\r\nSET k evil\r\n`;
      expect(await hungUp(r, form)).toBe('');
      expect(await r('EXISTS k')).toBe(0);
    });
  }

  test('no argument may be longer than proto-max-bulk-len', async (r) => {
    await r('CONFIG SET proto-max-bulk-len 1mb');
    expect(await r(['SET', 'k', 'x'.repeat(1024 * 1024)])).toBe('OK');
    const header = '*2\r\n$3\r\nGET\r\n$1048577\r\n';
    expect(await hungUp(r, header)).toBe('-ERR Protocol error: invalid bulk length\r\n');
  });

  test('no client may have more than client-query-buffer-limit waiting', async (r) => {
    await r('CONFIG SET client-query-buffer-limit 1mb');
    const header = '*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3000000\r\n';
    expect(await hungUp(r, header + 'x'.repeat(2_900_000))).toBe('');
    expect(await r('EXISTS k')).toBe(0);
  });

  test('a client that is sent more than its limit is cut off', {
    skip: { memory: NO_BUFFER },
  }, async (r) => {
    await r('SETRANGE k 9999999 x');
    await r(['CONFIG', 'SET', 'client-output-buffer-limit', 'normal 1mb 0 0']);
    const other = await r.client();
    other.wire.pause();
    other.wire.send('GET k\r\n'.repeat(5));
    while (String(await r('CLIENT LIST')).split('\n').length > 2);
    other.wire.resume();
    await other.wire.toEnd();
    expect(other.wire.received).toBeLessThan(50_000_000);
    expect(await r('STRLEN k')).toBe(10_000_000);
  });

  test('a subscriber that does not read is cut off by the limit of its class', {
    skip: { memory: NO_BUFFER },
  }, async (r) => {
    await r(['CONFIG', 'SET', 'client-output-buffer-limit', 'pubsub 1mb 0 0']);
    const slow = await r.client();
    const quick = await r.client();
    await slow('SUBSCRIBE news');
    await quick('SUBSCRIBE news');
    slow.wire.pause();
    const message = ['PUBLISH', 'news', 'x'.repeat(100_000)];
    let said = 1;
    while ((await r(message)) === 2) said++;
    for (let i = 0; i < said; i++) expect((await quick.wire.next()).items[2].text).toBe(message[2]);
    expect(await r('PUBLISH news x')).toBe(1);
    expect(String(await r('INFO stats'))).toMatch(/client_output_buffer_limit_disconnections:1\r/);
    slow.wire.resume();
    await slow.wire.toEnd();
    expect(slow.wire.received).toBeLessThan(message[2].length * said);
  });

  test('a subscriber that reads again gets all that was said meanwhile, in order', {
    skip: { memory: NO_BUFFER },
  }, async (r) => {
    const slow = await r.client();
    await slow('SUBSCRIBE news');
    slow.wire.pause();
    for (let i = 0; i < 300; i++) await r(['PUBLISH', 'news', `${i} `.padEnd(30_000, 'x')]);
    slow.wire.resume();
    for (let i = 0; i < 300; i++) {
      expect((await slow.wire.next()).items[2].text.slice(0, 4)).toBe(`${i} xx`.slice(0, 4));
    }
  });

  test('a client too many is told so', { skip: { memory: NO_ACCEPT } }, async (r) => {
    await r('CONFIG SET maxclients 2');
    const second = await r.client();
    expect(await second('PING')).toBe('PONG');
    const third = await r.connect();
    expect(await third.toEnd()).toBe('-ERR max number of clients reached\r\n');
    second.wire.close();
    while (String(await r('CLIENT LIST')).split('\n').length > 2);
    const fourth = await r.client();
    expect(await fourth('PING')).toBe('PONG');
  });

  test('before AUTH requests are few and small', async (r) => {
    await r('CONFIG SET requirepass secret');
    const stranger = async (bytes: string, outcome: string) => {
      const wire = await r.connect();
      wire.send(bytes);
      expect(await wire.toEnd()).toBe(outcome);
    };
    const error = '-ERR Protocol error: unauthenticated ';
    await stranger('*11\r\n', `${error}multibulk length\r\n`);
    await stranger('*2\r\n$16385\r\n', `${error}bulk length\r\n`);
    const wrong = encode(['AUTH', 'guess']);
    const no = '-WRONGPASS invalid username-password pair or user is disabled.\r\n';
    await stranger(`${wrong}*11\r\n`, `${no + error}multibulk length\r\n`);

    const friend = await r.connect();
    const large = ['ECHO', 'x'.repeat(16385)];
    friend.send(encode(['AUTH', 'secret']) + encode(large));
    expect((await friend.next()).text).toBe('OK');
    expect((await friend.next()).text).toBe(large[1]);
    await r(['CONFIG', 'SET', 'requirepass', '']);
    const anybody = await r.connect();
    expect((await anybody.ask(...large)).text).toBe(large[1]);
  });
});
