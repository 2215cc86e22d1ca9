// Listpacks: how Redis packs the elements of a small collection into one piece of memory.
//
// Its exact size decides when Redis leaves a small encoding for a large one, how a list is cut
// into nodes, and what an RDB file holds. What is small is not kept in one here, and sizes are
// computed as if it were; the middle of a long list and the nodes of a stream are.
//
//   header   4 bytes: the size of all of it; 2 bytes: how many entries, 65535 if more
//   entries  the encoding with the data, then how long that was, for those who come
//            from the end
//   0xff     the end
//
// An entry that spells an integer as Redis prints it is kept as one, in 1, 2, 3, 4, 5 or 9
// bytes; any other has 1, 2 or 5 bytes before its own. The length behind it takes 7 bits to a
// byte, and one byte more than it needs at the very ends of the first ranges: that is how
// Redis counts.

/** What a listpack without entries takes. */
export const EMPTY_LISTPACK = 7;

/** Where the first entry begins; there, or behind the last one, is the end's mark. */
export const FIRST_ENTRY = 6;
export const END_MARK = 0xff;

const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const SHORT = 32; // So few chars are written sooner here than by a call into C++.
const MANY = 0xffff; // The header's way of saying that somebody has to count.

/** No entry that is longer is kept as an integer. */
export const MAX_DIGITS = 20;

/** Bytes that one more entry adds to a listpack. */
export function entryBytes(element: string): number {
  const bytes = integerBytes(element);
  return bytes === 0 ? stringEntryBytes(element.length) : bytes + 1;
}

/** The same for one that is no integer, by its length. */
export function stringEntryBytes(length: number): number {
  const bytes = length < 64 ? length + 1 : length < 4096 ? length + 2 : length + 5;
  return bytes + lengthBytes(bytes);
}

/** Whether an element is kept as an integer: one of 64 bits, spelt as it would be printed. */
export function isPackedInteger(element: string): boolean {
  return integerBytes(element) !== 0;
}

/** Bytes of the number behind an entry that says how long it is. */
function lengthBytes(bytes: number): number {
  if (bytes <= 127) return 1;
  if (bytes < 16383) return 2;
  if (bytes < 2097151) return 3;
  return bytes < 268435455 ? 4 : 5;
}

/** Bytes of an integer's encoding, 0 if the element is none. */
function integerBytes(element: string): number {
  const length = element.length;
  if (length === 0 || length > MAX_DIGITS) return 0;
  const start = element.charCodeAt(0) === MINUS ? 1 : 0;
  const first = element.charCodeAt(start) - ZERO;
  if (!(first >= 1 && first <= 9)) return first === 0 && length === 1 ? 1 : 0;
  let n = first;
  for (let i = start + 1; i < length; i++) {
    const digit = element.charCodeAt(i) - ZERO;
    if (digit < 0 || digit > 9) return 0;
    n = n * 10 + digit;
  }
  if (length - start >= 16) return fits64(element, start) ? 9 : 0;
  if (start === 0) return widthOf(n, n);
  return widthOf(-n, n - 1);
}

/** Bytes for n, `magnitude` being what has to fit beside the sign. */
function widthOf(n: number, magnitude: number): number {
  if (n >= 0 && n <= 127) return 1;
  if (magnitude < 2 ** 12) return 2;
  if (magnitude < 2 ** 15) return 3;
  if (magnitude < 2 ** 23) return 4;
  return magnitude < 2 ** 31 ? 5 : 9;
}

/** Whether so many digits, at least 16, are an integer of 64 bits. */
function fits64(element: string, start: number): boolean {
  const digits = element.length - start;
  if (digits !== 19) return digits < 19;
  // Strings of equal length compare as the numbers do.
  return start === 0 ? element <= '9223372036854775807' : element <= '-9223372036854775808';
}

/** The listpack of some elements, as Redis would have it in memory and in a file. */
export function packed(elements: readonly string[]): Buffer {
  let size = EMPTY_LISTPACK;
  for (const element of elements) size += entryBytes(element);
  const pack = Buffer.allocUnsafe(size);
  pack.writeUInt32LE(size, 0);
  pack.writeUInt16LE(Math.min(elements.length, MANY), 4);
  let at = FIRST_ENTRY;
  for (const element of elements) at = writeEntry(pack, at, element);
  pack[at] = END_MARK;
  return pack;
}

/** Writes an entry of entryBytes(element) bytes at an offset; returns the offset behind it. */
export function writeEntry(pack: Buffer, at: number, element: string): number {
  const { length } = element;
  if (length !== 0 && length <= SHORT && !beginsInteger(element.charCodeAt(0))) {
    pack[at] = 0x80 | length;
    for (let i = 0; i < length; i++) pack[at + 1 + i] = element.charCodeAt(i);
    pack[at + 1 + length] = length + 1;
    return at + length + 2;
  }
  const end = writeContent(pack, at, element);
  return writeLength(pack, end, end - at);
}

/** Bytes of an entry that holds an integer up to 2^53. */
export function numberBytes(n: number): number {
  return widthOf(n, n < 0 ? -n - 1 : n) + 1;
}

/** Writes an integer up to 2^53 as an entry of numberBytes(n); returns the offset behind it. */
export function writeNumber(pack: Buffer, at: number, n: number): number {
  if (n >= 0 && n <= 127) {
    pack[at] = n;
    pack[at + 1] = 1;
    return at + 2;
  }
  const bytes = writeInteger(pack, at, n, widthOf(n, n < 0 ? -n - 1 : n));
  pack[bytes] = bytes - at;
  return bytes + 1;
}

function beginsInteger(char: number): boolean {
  return char === MINUS || (char >= ZERO && char <= NINE);
}

/** The offset behind the entry at an offset. */
export function entryAfter(pack: Buffer, at: number): number {
  const bytes = contentBytesAt(pack, at);
  return at + bytes + lengthBytes(bytes);
}

/** The offset of the entry that ends before an offset; there must be one. */
export function entryBefore(pack: Buffer, at: number): number {
  let bytes = 0;
  let last = at - 1;
  for (let scale = 1; ; scale *= 128, last--) {
    bytes += (pack[last] & 0x7f) * scale;
    if (pack[last] < 0x80) return last - bytes;
  }
}

/** The element in the entry at an offset. */
export function readEntry(pack: Buffer, at: number): string {
  const first = pack[at];
  if (first < 0x80) return String(first);
  if (first < 0xc0) return pack.latin1Slice(at + 1, at + 1 + (first & 0x3f));
  if (first === 0xf4) return pack.readBigInt64LE(at + 1).toString();
  if (first < 0xe0 || first > 0xf0) return String(readInteger(pack, at));
  const start = at + (first === 0xf0 ? 5 : 2);
  return pack.latin1Slice(start, at + contentBytesAt(pack, at));
}

/** The integer in the entry at an offset, NaN if it holds none; exact up to 2^53. */
export function readInteger(pack: Buffer, at: number): number {
  const first = pack[at];
  if (first < 0x80) return first;
  if (first < 0xc0) return NaN;
  if (first < 0xe0) return (((first & 0x1f) << 27) >> 19) | pack[at + 1];
  switch (first) {
    case 0xf1:
      return pack.readInt16LE(at + 1);
    case 0xf2:
      return pack.readIntLE(at + 1, 3);
    case 0xf3:
      return pack.readInt32LE(at + 1);
    case 0xf4:
      return pack.readInt32LE(at + 5) * 2 ** 32 + pack.readUInt32LE(at + 1);
    default:
      return NaN;
  }
}

function contentBytesAt(pack: Buffer, at: number): number {
  const first = pack[at];
  if (first < 0x80) return 1;
  if (first < 0xc0) return 1 + (first & 0x3f);
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 2 + ((first & 0x0f) << 8) + pack[at + 1];
  if (first === 0xf0) return 5 + pack.readUInt32LE(at + 1);
  return first === 0xf4 ? 9 : first - 0xf1 + 3;
}

function writeContent(pack: Buffer, at: number, element: string): number {
  const bytes = integerBytes(element);
  if (bytes === 9) {
    pack[at] = 0xf4;
    return pack.writeBigInt64LE(BigInt(element), at + 1);
  }
  if (bytes !== 0) return writeInteger(pack, at, Number(element), bytes);
  const length = element.length;
  if (length < 64) {
    pack[at++] = 0x80 | length;
  } else if (length < 4096) {
    pack[at++] = 0xe0 | (length >> 8);
    pack[at++] = length & 0xff;
  } else {
    pack[at++] = 0xf0;
    at = pack.writeUInt32LE(length, at);
  }
  if (length > SHORT) return at + pack.latin1Write(element, at);
  for (let i = 0; i < length; i++) pack[at + i] = element.charCodeAt(i);
  return at + length;
}

/** Writes the encoding of an integer that takes so many bytes. */
function writeInteger(pack: Buffer, at: number, n: number, bytes: number): number {
  switch (bytes) {
    case 1:
      pack[at] = n;
      break;
    case 2:
      pack[at] = 0xc0 | ((n >> 8) & 0x1f);
      pack[at + 1] = n & 0xff;
      break;
    case 9:
      pack[at] = 0xf4;
      pack.writeUInt32LE(n >>> 0, at + 1);
      pack.writeInt32LE(Math.floor(n / 2 ** 32), at + 5);
      break;
    default: // 0xf1 for 16 bits, 0xf2 for 24, 0xf3 for 32.
      pack[at] = 0xf0 | (bytes - 2);
      pack.writeIntLE(n, at + 1, bytes - 1);
  }
  return at + bytes;
}

function writeLength(pack: Buffer, at: number, length: number): number {
  const bytes = lengthBytes(length);
  for (let i = bytes - 1; i >= 0; i--) {
    pack[at + i] = (length % 128) | (i === 0 ? 0 : 0x80);
    length = Math.floor(length / 128);
  }
  return at + bytes;
}
