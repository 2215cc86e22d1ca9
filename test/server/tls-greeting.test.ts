import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FOR_OPENSSL, Greeting, REFUSED, UNFINISHED } from '../../server/tls-greeting.ts';

const MESSAGE = Buffer.from(`0100000c${'0102'.repeat(6)}`, 'hex');
const HELLO = record(MESSAGE);

function record(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x16, 3, 1, 0, payload.length]), payload]);
}

function greet(...pieces: readonly Buffer[]): { greeting: Greeting; found: number[] } {
  const greeting = new Greeting();
  return { greeting, found: pieces.map((piece) => greeting.add(piece)) };
}

test('a whole hello is for OpenSSL, with all that came behind it', () => {
  const { greeting, found } = greet(Buffer.concat([HELLO, Buffer.from('more')]));
  expect(found).toEqual([FOR_OPENSSL]);
  expect(greeting.bytes.subarray(HELLO.length).toString()).toBe('more');
});

test('a hello in pieces is waited for, wherever it is cut', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: HELLO.length - 1 }), (cut) => {
      const { greeting, found } = greet(HELLO.subarray(0, cut), HELLO.subarray(cut));
      expect(found).toEqual([UNFINISHED, FOR_OPENSSL]);
      expect(greeting.bytes.equals(HELLO)).toBe(true);
    }),
  );
});

test('a hello in several records is waited for', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: MESSAGE.length - 1 }), (cut) => {
      const [one, other] = [record(MESSAGE.subarray(0, cut)), record(MESSAGE.subarray(cut))];
      expect(greet(one, other).found).toEqual([UNFINISHED, FOR_OPENSSL]);
      expect(greet(Buffer.concat([one, other])).found).toEqual([FOR_OPENSSL]);
    }),
  );
});

test('a hello in crumbs is not waited for', () => {
  const crumbs = [...MESSAGE].map((byte) => record(Buffer.from([byte])));
  expect(greet(...crumbs.slice(0, 5)).found.at(-1)).toBe(FOR_OPENSSL);
});

test.each([
  ['a request', '*1\r\n$4\r\n', 'wrong version number'],
  ['noise', '\x16\x16\x16\x16\x16', 'wrong version number'],
  ['SSL of another version', '\x16\x02\x00\x00\x05', 'wrong version number'],
  ['HTTP', 'GET / HTTP/1.1', 'http request'],
  ['HTTP to a proxy', 'CONNECT there', 'https proxy request'],
])('%s is refused as OpenSSL would', (_, text, why) => {
  const { greeting, found } = greet(Buffer.from(text, 'latin1'));
  expect(found).toEqual([REFUSED]);
  expect(greeting.problem).toContain(why);
});

test.each([
  ['a record of another kind', '1703030003010203'],
  ['an alert', '15030100020228'],
  ['a record that is too long', '160301ffff01'],
  ['a record of nothing', '1603010000'],
  ['another message', '160301000402000000'],
  ['a hello that is too long', '16030100040100ffff'],
  ["SSL 2's hello", '802e010301'],
])('%s is for OpenSSL, which knows what to say', (_, hex) => {
  expect(greet(Buffer.from(hex, 'hex')).found).toEqual([FOR_OPENSSL]);
});
