// SHA-1 of messages that fit one block: up to 55 bytes. For such, the call into C++ takes many
// times as long as the sums themselves, and the digest of a data set takes several for each key.
//
// Digests are five words of 32 bits. Specification: FIPS 180-4, section 6.1.

export const SHORTEST_LONG = 56; // Bytes that, with what marks their end, need a second block.

const w = new Int32Array(80);
const WORDS = 16; // Of a block.

/** The digest of a byte string that is short enough. */
export function sha1OfString(bytes: string, into: Int32Array): void {
  const { length } = bytes;
  const full = length & ~3;
  for (let i = 0; i < full; i += 4) {
    w[i >> 2] =
      (bytes.charCodeAt(i) << 24) |
      (bytes.charCodeAt(i + 1) << 16) |
      (bytes.charCodeAt(i + 2) << 8) |
      bytes.charCodeAt(i + 3);
  }
  let last = 0;
  for (let i = full; i < length; i++) last |= bytes.charCodeAt(i) << (24 - (i & 3) * 8);
  w[full >> 2] = last | (0x80 << (24 - (length & 3) * 8));
  finish((full >> 2) + 1, length, into);
}

/** The digest of a digest, or of other words. */
export function sha1OfWords(words: Int32Array, into: Int32Array): void {
  const { length } = words;
  for (let i = 0; i < length; i++) w[i] = words[i];
  w[length] = 0x80000000;
  finish(length + 1, length * 4, into);
}

function finish(filled: number, bytes: number, into: Int32Array): void {
  for (let i = filled; i < WORDS - 1; i++) w[i] = 0;
  w[WORDS - 1] = bytes * 8;
  for (let i = WORDS; i < 80; i++) {
    const x = w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16];
    w[i] = (x << 1) | (x >>> 31);
  }
  let a = 0x67452301;
  let b = 0xefcdab89 | 0;
  let c = 0x98badcfe | 0;
  let d = 0x10325476;
  let e = 0xc3d2e1f0 | 0;
  for (let i = 0; i < 80; i++) {
    let f: number;
    if (i < 20) f = (((b & c) | (~b & d)) + 0x5a827999) | 0;
    else if (i < 40) f = ((b ^ c ^ d) + 0x6ed9eba1) | 0;
    else if (i < 60) f = (((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc) | 0;
    else f = ((b ^ c ^ d) + 0xca62c1d6) | 0;
    const next = (((a << 5) | (a >>> 27)) + f + e + w[i]) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  into[0] = (a + 0x67452301) | 0;
  into[1] = (b + 0xefcdab89) | 0;
  into[2] = (c + 0x98badcfe) | 0;
  into[3] = (d + 0x10325476) | 0;
  into[4] = (e + 0xc3d2e1f0) | 0;
}
