// LZF, the compression that RDB files use for strings: fast, simple, and not very strong.
//
// Compressed data is a row of instructions, each of which says so by its first byte:
//
//    000nnnnn  n+1 bytes                 1 to 32 bytes as they are
//    nnnooooo  oooooooo                  3 to 8 bytes (n = 1 to 6) that are there already,
//    111ooooo  nnnnnnnn  oooooooo        9 to 264 of them, o+1 bytes back: up to 8192
//
// To find what is there already, a table remembers for each hash of three bytes where they were
// seen last. There are no chains: a place that is forgotten is not found again, and the first
// place found is taken. Behind a repetition only its last two places are remembered.
//
// Any choice would make a file that Redis can read. Ours are those of Marc Lehmann's liblzf, with
// which Redis writes, so that a file, and the length that DEBUG OBJECT reports, is the same.

const TABLE_BITS = 16;
const LONGEST_LITERAL = 32;
const LONGEST_COPY = 264;
const FARTHEST = 8192;
const MOST_GROWTH = 88; // Three bytes may stand for 264.

// Where three bytes with this hash were seen last, as a number that is below `epoch` if that was in
// some earlier input: so nothing has to be cleared between two of them. All share the table, since
// nobody compresses two at once.
const seen = new Int32Array(1 << TABLE_BITS);
let epoch = 1;

/** Compresses bytes to at most `room` of them; null if that is not enough. */
export function compress(input: Uint8Array, room: number): Uint8Array | null {
  if (room <= 0) return null;
  const out = new Uint8Array(room);
  const length = compressInto(input, input.length, out, room);
  return length === 0 ? null : out.subarray(0, length);
}

/**
 * Compresses the first `size` bytes of an input into at most `room` bytes of another array, and
 * returns how many it took; 0 if there is not room enough.
 */
export function compressInto(
  input: Uint8Array,
  size: number,
  out: Uint8Array,
  room: number,
): number {
  if (size === 0 || room <= 0) return 0;
  if (epoch + size > 0x7fffffff) {
    seen.fill(0);
    epoch = 1;
  }
  const base = epoch; // Place 0: it is never found, which is why the next epoch begins at size.
  epoch += size;
  const last = size - 2; // Three bytes begin before this.
  let literal = 0; // Bytes under way that are to be taken as they are.
  let to = 1; // Where the next byte goes; the instruction for the literal bytes stands before.
  let at = 0;
  while (at < last) {
    const slot = hash(input, at);
    const from = seen[slot] - base;
    seen[slot] = base + at;
    if (from > 0 && at - from <= FARTHEST && alike(input, from, at)) {
      // A literal of no bytes needs no instruction. Redis: gives up a little before the end.
      const start = literal === 0 ? to - 1 : to;
      if (start + 4 >= room) return 0;
      if (literal > 0) out[to - literal - 1] = literal - 1;
      const length = copyLength(input, size, from, at);
      to = writeCopy(out, start, at - from - 1, length) + 1;
      literal = 0;
      at += length;
      if (at >= last) break;
      seen[hash(input, at - 2)] = base + at - 2;
      seen[hash(input, at - 1)] = base + at - 1;
    } else {
      if (to >= room) return 0;
      out[to++] = input[at++];
      if (++literal === LONGEST_LITERAL) {
        out[to - literal - 1] = literal - 1;
        literal = 0;
        to++;
      }
    }
  }
  if (to + 3 > room) return 0;
  while (at < size) {
    out[to++] = input[at++];
    if (++literal === LONGEST_LITERAL) {
      out[to - literal - 1] = literal - 1;
      literal = 0;
      to++;
    }
  }
  if (literal === 0) return to - 1;
  out[to - literal - 1] = literal - 1;
  return to;
}

/** The `length` bytes that were compressed; throws a RangeError if these are none. */
export function decompress(input: Uint8Array, length: number): Buffer {
  if (!mayBecome(input.length, length)) throw broken();
  const out = Buffer.allocUnsafeSlow(length);
  decompressInto(input, 0, input.length, out, length);
  return out;
}

/**
 * The same of the bytes between two places, to the first `length` bytes of another array, which
 * must be as long.
 */
export function decompressInto(
  input: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  length: number,
): void {
  let at = start;
  let to = 0;
  while (at < end) {
    const first = input[at++];
    let count = first >> 5;
    if (count === 0) {
      count = first + 1;
      if (at + count > end || to + count > length) throw broken();
      for (let i = 0; i < count; i++) out[to + i] = input[at + i];
      at += count;
      to += count;
      continue;
    }
    if (at + (count === 7 ? 2 : 1) > end) throw broken();
    if (count === 7) count += input[at++];
    const from = to - ((first & 31) << 8) - input[at++] - 1;
    count += 2;
    if (from < 0 || to + count > length) throw broken();
    // One by one, because what is copied may run into what is being written.
    for (let i = 0; i < count; i++) out[to + i] = out[from + i];
    to += count;
  }
  if (to !== length) throw broken();
}

/** Whether so many bytes may become this many, so that a length that lies costs no memory. */
export function mayBecome(bytes: number, length: number): boolean {
  return length <= bytes * MOST_GROWTH;
}

function hash(input: Uint8Array, at: number): number {
  const three = (input[at] << 16) | (input[at + 1] << 8) | input[at + 2];
  return ((three >> (24 - TABLE_BITS)) - three * 5) & ((1 << TABLE_BITS) - 1);
}

function alike(input: Uint8Array, a: number, b: number): boolean {
  return input[a] === input[b] && input[a + 1] === input[b + 1] && input[a + 2] === input[b + 2];
}

/** How many bytes from two places on are equal: three are known to be. */
function copyLength(input: Uint8Array, size: number, from: number, at: number): number {
  // liblzf leaves the last two bytes alone; but if there are more than sixteen in question, it
  // compares those at one go.
  let most = Math.min(size - at - 2, LONGEST_COPY);
  if (most > 16) most = Math.max(most, 19);
  let length = 3;
  while (length < most && input[from + length] === input[at + length]) length++;
  return length;
}

function writeCopy(out: Uint8Array, to: number, offset: number, length: number): number {
  if (length < 9) {
    out[to++] = (offset >> 8) | ((length - 2) << 5);
  } else {
    out[to++] = (offset >> 8) | (7 << 5);
    out[to++] = length - 9;
  }
  out[to++] = offset & 255;
  return to;
}

function broken(): RangeError {
  return new RangeError('not what LZF makes');
}
