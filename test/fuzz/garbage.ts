// Bytes that no client library would send: noise, requests with something wrong in them,
// and pieces of the protocol thrown together.

import fc from 'fast-check';
import { encode } from '../wire.ts';

// Commands whose answers depend on nothing but what was sent before.
const HONEST: readonly (readonly string[])[] = [
  ['PING'],
  ['ECHO', 'echo\r\n'],
  ['SET', 'k', 'v'],
  ['SET', 'k', ''],
  ['GET', 'k'],
  ['APPEND', 'k', 'x'.repeat(100)],
  ['SETRANGE', 'k', '10', 'y'],
  ['INCR', 'n'],
  ['MSET', 'a', '1', 'b', '2'],
  ['MGET', 'a', 'b', 'k', 'n'],
  ['EXISTS', 'a', 'k'],
  ['DEL', 'k', 'n'],
  ['MULTI'],
  ['EXEC'],
  ['OBJECT', 'ENCODING', 'k'],
  ['SELECT', '1'],
  ['CLIENT', 'REPLY', 'OFF'],
  ['CLIENT', 'REPLY', 'ON'],
  ['CLIENT', 'REPLY', 'SKIP'],
  ['CLIENT', 'REPLY', 'ON'],
  ['RESET'],
  ['QUIT'],
];

const PIECES: readonly string[] = [
  ...['*', '$', '\r\n', '\r', '\n', '\r\n', '*1\r\n', '$4\r\n', 'PING\r\n', 'PING', 'ECHO ', ' '],
  ...['0', '1', '-1', '2', '9', '10', '-', '+', '2147483647', '2147483648', '536870912'],
  ...['9223372036854775807', '99999999999999999999', '\0', '\xff', '"', "'", '\\', '\\x4', '\t'],
  ...['*-1\r\n', '*0\r\n', '$-1\r\n', '$0\r\n\r\n', '+OK\r\n', ':1\r\n', '%1\r\n', '_\r\n', ','],
  ...['*2\r\n$4\r\nECHO\r\n$3\r\n', 'abc\r\n', '*3\r\n', 'x'.repeat(200), 'GET k\r\n', '=5\r\n'],
];

const byte = fc.integer({ min: 0, max: 255 }).map((n) => String.fromCharCode(n));
const noise = fc.string({ unit: byte, maxLength: 200 });
const pieces = fc.array(fc.constantFrom(...PIECES), { maxLength: 20 }).map((all) => all.join(''));
const honest = fc.constantFrom(...HONEST).map(encode);

type Wound = { at: number; how: number; with: string; length: number };

const wound: fc.Arbitrary<Wound> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  how: fc.nat(4),
  with: fc.oneof(byte, fc.constantFrom(...PIECES)),
  length: fc.integer({ min: 1, max: 6 }),
});

function wounded(bytes: string, { at, how, with: piece, length }: Wound): string {
  const i = Math.floor(at * bytes.length);
  switch (how) {
    case 0: // Something missing,
      return bytes.slice(0, i) + bytes.slice(i + length);
    case 1: // too much,
      return bytes.slice(0, i) + piece + bytes.slice(i);
    case 2: // wrong,
      return bytes.slice(0, i) + piece + bytes.slice(i + piece.length);
    case 3: // twice,
      return bytes.slice(0, i + length) + bytes.slice(i);
    default: // or cut off.
      return bytes.slice(0, i);
  }
}

const maimed = fc
  .tuple(fc.array(honest, { minLength: 1, maxLength: 8 }), fc.array(wound, { maxLength: 3 }))
  .map(([requests, wounds]) => wounds.reduce(wounded, requests.join('')));

/** Some kilobytes at the most, without a line that is too long. */
export const garbage: fc.Arbitrary<string> = fc
  .oneof(
    noise,
    pieces,
    maimed,
    fc.tuple(honest, fc.oneof(noise, pieces), honest).map((parts) => parts.join('')),
  )
  // Redis: CLIENT REPLY OFF inside EXEC leaves half a reply. We leave none.
  .filter((bytes) => !(/multi/i.test(bytes) && /reply/i.test(bytes)));
