import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha1 } from '../../server/digest.ts';
import { SHORTEST_LONG, sha1OfString, sha1OfWords } from '../../server/sha1-short.ts';

const words = new Int32Array(5);

function hex(): string {
  return Array.from(words, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

test('short byte strings have the SHA-1 that Node computes', () => {
  for (let length = 0; length < SHORTEST_LONG; length++) {
    sha1OfString('\xff'.repeat(length), words);
    expect(hex(), `${length} bytes`).toBe(sha1('\xff'.repeat(length)).toString('hex'));
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: SHORTEST_LONG - 1 }), (bytes) => {
      sha1OfString(Buffer.from(bytes).toString('latin1'), words);
      expect(hex()).toBe(sha1(bytes).toString('hex'));
    }),
  );
});

test('words have the SHA-1 of their bytes, and may be replaced by it', () => {
  const bytes = Buffer.from('0123456789abcdef0123456789abcdef01234567', 'hex');
  for (let i = 0; i < 5; i++) words[i] = bytes.readInt32BE(i * 4);
  sha1OfWords(words, words);
  expect(hex()).toBe(sha1(bytes).toString('hex'));
});
