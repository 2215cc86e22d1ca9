// Listpacks and intsets from a file, read with suspicion: nothing that they say of themselves is
// believed before it was checked.

import { END_MARK, FIRST_ENTRY } from '../datatypes/listpack.ts';

const UNCOUNTED = 0xffff;
// V8 copies a part of a string that is shorter than this, which is quicker than another call into
// C++; a longer one would keep the whole pack in memory.
const SHORTEST_SLICE = 13;
const LARGEST_SAFE_HIGH = 2 ** 21 - 1; // The high half of 2^53 - 1.

// Where elements gather before it is known how many they are: an array that grew would have room
// for more, which would stay for good.
const found: string[] = [];
const FOUND_KEPT = 1024;

/** The elements of the listpack between two places, or null if there is none. */
export function unpack(pack: Buffer, start: number, behindAll: number): string[] | null {
  const end = behindAll - 1;
  const bytesAll = behindAll - start;
  if (bytesAll <= FIRST_ENTRY || pack.readUInt32LE(start) !== bytesAll || pack[end] !== END_MARK) {
    return null;
  }
  const text = pack.latin1Slice(start, behindAll);
  let count = 0;
  for (let at = start + FIRST_ENTRY; at < end; ) {
    const bytes = contentBytes(pack, at, end);
    const width = lengthBytes(bytes);
    const behind = at + bytes + width;
    if (bytes === 0 || behind > end || !saysBefore(pack, behind, width, bytes)) return null;
    const first = pack[at];
    if (first >= 0x80 && first < 0x80 + SHORTEST_SLICE) {
      found[count++] = text.substring(at + 1 - start, at + bytes - start);
    } else {
      found[count++] = element(pack, at, bytes);
    }
    at = behind;
  }
  const said = pack.readUInt16LE(start + 4);
  const elements = said === UNCOUNTED || said === count ? found.slice(0, count) : null;
  if (found.length > FOUND_KEPT) found.length = 0;
  return elements;
}

/** Whether this is a listpack, to its last byte. */
export function isListpack(pack: Buffer): boolean {
  const end = pack.length - 1;
  if (end < FIRST_ENTRY || pack.readUInt32LE(0) !== pack.length || pack[end] !== END_MARK) {
    return false;
  }
  let entries = 0;
  let at = FIRST_ENTRY;
  for (; at < end; entries++) {
    const bytes = contentBytes(pack, at, end);
    const width = lengthBytes(bytes);
    const behind = at + bytes + width;
    if (bytes === 0 || behind > end || !saysBefore(pack, behind, width, bytes)) return false;
    at = behind;
  }
  const count = pack.readUInt16LE(4);
  return count === UNCOUNTED || count === entries;
}

/** Bytes that the entry at an offset takes without the length behind it; 0 if it is none. */
function contentBytes(pack: Buffer, at: number, end: number): number {
  const first = pack[at];
  if (first < 0x80) return 1;
  if (first < 0xc0) return 1 + (first & 0x3f);
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 2 + ((first & 0x0f) << 8) + pack[at + 1];
  if (first === 0xf0) return at + 5 > end ? 0 : 5 + pack.readUInt32LE(at + 1);
  if (first < 0xf4) return first - 0xf1 + 3;
  return first === 0xf4 ? 9 : 0;
}

/** Bytes of the number behind an entry that says how long it is. */
function lengthBytes(bytes: number): number {
  if (bytes <= 127) return 1;
  if (bytes < 16383) return 2;
  if (bytes < 2097151) return 3;
  return bytes < 268435455 ? 4 : 5;
}

/** Whether the number that ends before an offset, in so many bytes, says this. */
function saysBefore(pack: Buffer, behind: number, width: number, bytes: number): boolean {
  if (width === 1) return pack[behind - 1] === bytes;
  let said = 0;
  for (let at = behind - width; at < behind; at++) {
    const more = at > behind - width;
    if (more !== pack[at] >= 0x80) return false;
    said = said * 128 + (pack[at] & 0x7f);
  }
  return said === bytes;
}

function element(pack: Buffer, at: number, bytes: number): string {
  const first = pack[at];
  if (first < 0x80) return String(first);
  if (first < 0xc0) return pack.latin1Slice(at + 1, at + bytes);
  if (first < 0xe0) return String((((first & 0x1f) << 27) >> 19) | pack[at + 1]);
  if (first < 0xf0) return pack.latin1Slice(at + 2, at + bytes);
  if (first === 0xf0) return pack.latin1Slice(at + 5, at + bytes);
  if (first === 0xf4) return int64(pack, at + 1);
  return String(pack.readIntLE(at + 1, bytes - 1));
}

function int64(bytes: Buffer, at: number): string {
  const high = bytes.readInt32LE(at + 4);
  if (high < -LARGEST_SAFE_HIGH || high > LARGEST_SAFE_HIGH) {
    return bytes.readBigInt64LE(at).toString();
  }
  return String(high * 2 ** 32 + bytes.readUInt32LE(at));
}

/** The integers of an intset in their order, or null if it is none. */
export function integersOf(set: Buffer): string[] | null {
  if (set.length < 8) return null;
  const width = set.readUInt32LE(0);
  const count = set.readUInt32LE(4);
  if (width !== 2 && width !== 4 && width !== 8) return null;
  if (count === 0 || 8 + count * width !== set.length) return null;
  const integers: string[] = [];
  if (width === 8) {
    let last: bigint | null = null;
    for (let at = 8; at < set.length; at += 8) {
      const n = set.readBigInt64LE(at);
      if (last !== null && n <= last) return null;
      last = n;
      integers.push(n.toString());
    }
    return integers;
  }
  let last = Number.NEGATIVE_INFINITY;
  for (let at = 8; at < set.length; at += width) {
    const n = width === 2 ? set.readInt16LE(at) : set.readInt32LE(at);
    if (n <= last) return null;
    last = n;
    integers.push(String(n));
  }
  return integers;
}
