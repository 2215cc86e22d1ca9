// A byte string as a row of bits.
//
// Bit 0 is the highest bit of the first byte, so a row reads from left to right, byte by byte, as
// one writes binary numbers:
//
//    byte    0          1
//    bits    01100001   01100010        "ab": bits 1, 2, 7, 9, 10 and 14 are set
//    number  0      7   8     15
//
// A range of bits is given by its first bit and the one behind its last. Ranges may lie beyond
// 2^32, where JavaScript's shifts lose bits: that is why bytes are found by division.
//
// What takes time on a long row is done 32 bits at a time, through an Int32Array over the same
// memory. Such an array has to start at a multiple of four in its ArrayBuffer, so a row is cut in
// three: the bytes before that, the words, and the bytes that are left. Only a search goes
// by blocks, each compared with a block in which there is nothing to find.

/** How combine() puts two rows together. */
export const AND = 0;
export const OR = 1;
export const XOR = 2;

const WORDS_FROM = 64; // Bytes from which on a view of words pays for its making.

const BLOCK = 4096;
const ZEROS = Buffer.alloc(BLOCK);
const FULL = Buffer.alloc(BLOCK, 0xff);

/** The number of set bits in each byte. */
const ONES = new Uint8Array(256);
for (let byte = 1; byte < 256; byte++) ONES[byte] = ONES[byte >> 1] + (byte & 1);

/** Counts the set bits from `first` up to, not including, `end`. O(N). */
export function countOnes(buf: Buffer, first: number, end: number): number {
  if (first >= end) return 0;
  const head = Math.floor(first / 8);
  const tail = Math.floor(end / 8);
  const behindFirst = 0xff >> (first & 7);
  const beforeEnd = 0xff & ~(0xff >> (end & 7)); // None where the range ends with a byte.
  if (head === tail) return ONES[buf[head] & behindFirst & beforeEnd];
  const last = beforeEnd === 0 ? 0 : ONES[buf[tail] & beforeEnd];
  return ONES[buf[head] & behindFirst] + countInBytes(buf, head + 1, tail) + last;
}

function countInBytes(buf: Buffer, from: number, to: number): number {
  let at = from;
  let count = 0;
  if (to - from >= WORDS_FROM) {
    for (const start = wordStart(buf, from); at < start; at++) count += ONES[buf[at]];
    const words = new Int32Array(buf.buffer, buf.byteOffset + at, Math.floor((to - at) / 4));
    count += countInWords(words);
    at += words.length * 4;
  }
  for (; at < to; at++) count += ONES[buf[at]];
  return count;
}

// Neighbouring bits are added as if they were numbers of one bit, then neighbouring pairs, then
// fours. Two words' fours still fit four bits each, so the last steps are shared by two words.
function countInWords(words: Int32Array): number {
  const even = words.length - (words.length % 2);
  let count = 0;
  for (let i = 0; i < even; i += 2) {
    const fours = onesInFours(words[i]) + onesInFours(words[i + 1]);
    const eights = (fours & 0x0f0f0f0f) + ((fours >>> 4) & 0x0f0f0f0f);
    count += Math.imul(eights, 0x01010101) >>> 24; // The sum of the four bytes.
  }
  if (even < words.length) {
    const fours = onesInFours(words[even]);
    count += Math.imul((fours & 0x0f0f0f0f) + ((fours >>> 4) & 0x0f0f0f0f), 0x01010101) >>> 24;
  }
  return count;
}

/** How many ones each group of four bits holds, in the place of that group. */
function onesInFours(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  return (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
}

/** Finds the first set bit (or clear one) from `first` up to, not including, `end`; or -1. O(N). */
export function findBit(buf: Buffer, set: boolean, first: number, end: number): number {
  if (first >= end) return -1;
  const endByte = Math.ceil(end / 8);
  const dull = set ? 0x00 : 0xff; // A byte without what is sought,
  let at = Math.floor(first / 8);
  let found = (buf[at] ^ dull) & (0xff >> (first & 7)); // and ones where it is.
  if (found === 0) {
    at = skip(buf, dull, at + 1, endByte);
    if (at === endByte) return -1;
    found = buf[at] ^ dull;
  }
  const position = at * 8 + Math.clz32(found) - 24;
  return position < end ? position : -1;
}

/** The first byte that is not `dull`, which is 0x00 or 0xff; or `to`. */
function skip(buf: Buffer, dull: number, from: number, to: number): number {
  const block = dull === 0 ? ZEROS : FULL;
  let at = from;
  while (to - at >= BLOCK && buf.compare(block, 0, BLOCK, at, at + BLOCK) === 0) at += BLOCK;
  while (at < to && buf[at] === dull) at++;
  return at;
}

function wordStart(buf: Buffer, from: number): number {
  return from + ((4 - ((buf.byteOffset + from) & 3)) & 3);
}

/**
 * Combines all of `into` with the first `length` bytes of another row, bit by bit, and leaves
 * the outcome in `into`, which is at least as long. Behind its end a row is zeros. O(N).
 */
export function combine(into: Buffer, other: Buffer, length: number, how: number): void {
  let at = 0;
  if (length >= WORDS_FROM && into.byteOffset % 4 === 0 && other.byteOffset % 4 === 0) {
    const count = Math.floor(length / 4);
    combineWords(
      new Int32Array(into.buffer, into.byteOffset, count),
      new Int32Array(other.buffer, other.byteOffset, count),
      how,
    );
    at = count * 4;
  }
  for (; at < length; at++) {
    if (how === AND) into[at] &= other[at];
    else if (how === OR) into[at] |= other[at];
    else into[at] ^= other[at];
  }
  if (how === AND) into.fill(0, length);
}

function combineWords(into: Int32Array, other: Int32Array, how: number): void {
  const length = into.length;
  if (how === AND) for (let i = 0; i < length; i++) into[i] &= other[i];
  else if (how === OR) for (let i = 0; i < length; i++) into[i] |= other[i];
  else for (let i = 0; i < length; i++) into[i] ^= other[i];
}

/** Turns every bit over. O(N). */
export function invert(buf: Buffer): void {
  let at = 0;
  if (buf.length >= WORDS_FROM && buf.byteOffset % 4 === 0) {
    const words = new Int32Array(buf.buffer, buf.byteOffset, Math.floor(buf.length / 4));
    for (let i = 0; i < words.length; i++) words[i] = ~words[i];
    at = words.length * 4;
  }
  for (; at < buf.length; at++) buf[at] = ~buf[at];
}

/**
 * The number in `width` bits (at most 53) from `bit` on, highest bit first. Bits behind
 * the first `length` bytes are zeros.
 */
export function readBits(buf: Buffer, length: number, bit: number, width: number): number {
  let n = 0;
  while (width > 0) {
    const at = Math.floor(bit / 8);
    const here = 8 - (bit & 7); // Bits from `bit` to the end of its byte.
    const byte = at < length ? buf[at] & ((1 << here) - 1) : 0;
    if (width < here) return n * 2 ** width + (byte >> (here - width));
    n = n * 2 ** here + byte;
    bit += here;
    width -= here;
  }
  return n;
}

/** The same for up to 64 bits. */
export function readBigBits(buf: Buffer, length: number, bit: number, width: number): bigint {
  if (width <= 32) return BigInt(readBits(buf, length, bit, width));
  const high = readBits(buf, length, bit, width - 32);
  const low = readBits(buf, length, bit + width - 32, 32);
  return (BigInt(high) << 32n) | BigInt(low);
}

/** Writes a number from 0 to 2^width - 1 into `width` bits (at most 53), which are there. */
export function writeBits(buf: Buffer, bit: number, width: number, n: number): void {
  let end = bit + width;
  while (end > bit) {
    const at = Math.floor((end - 1) / 8);
    const size = Math.min(end - at * 8, end - bit); // Bits of the field in this byte,
    const right = (8 - (end & 7)) & 7; // and bits of other fields to the right of them.
    const mask = ((1 << size) - 1) << right;
    const rest = Math.floor(n / 2 ** size);
    buf[at] = (buf[at] & ~mask) | ((n - rest * 2 ** size) << right);
    n = rest;
    end -= size;
  }
}

/** The same for up to 64 bits; of a negative number, the low bits of its two's complement. */
export function writeBigBits(buf: Buffer, bit: number, width: number, n: bigint): void {
  const low = Number(BigInt.asUintN(Math.min(width, 32), n));
  if (width <= 32) return writeBits(buf, bit, width, low);
  writeBits(buf, bit + width - 32, 32, low);
  writeBits(buf, bit, width - 32, Number(BigInt.asUintN(width - 32, n >> 32n)));
}
