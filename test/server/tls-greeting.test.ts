import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FOR_OPENSSL, Greeting, REFUSED, UNFINISHED } from '../../server/tls-greeting.ts';

const HELLO = Buffer.from(`1603010010${'01'.repeat(16)}`, 'hex');

function greet(...pieces: readonly Buffer[]): { greeting: Greeting; found: number[] } {
  const greeting = new Greeting();
  return { greeting, found: pieces.map((piece) => greeting.add(piece)) };
}

test('a whole record is for OpenSSL, with all that came behind it', () => {
  const { greeting, found } = greet(Buffer.concat([HELLO, Buffer.from('more')]));
  expect(found).toEqual([FOR_OPENSSL]);
  expect(greeting.bytes.subarray(HELLO.length).toString()).toBe('more');
});

test('a record in pieces is waited for, wherever it is cut', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: HELLO.length - 1 }), (cut) => {
      const { greeting, found } = greet(HELLO.subarray(0, cut), HELLO.subarray(cut));
      expect(found).toEqual([UNFINISHED, FOR_OPENSSL]);
      expect(greeting.bytes.equals(HELLO)).toBe(true);
    }),
  );
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
  ["SSL 2's hello", '802e010301'],
])('%s is for OpenSSL, which knows what to say', (_, hex) => {
  expect(greet(Buffer.from(hex, 'hex')).found).toEqual([FOR_OPENSSL]);
});
