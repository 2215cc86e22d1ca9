// The IDs of a stream's entries: two unsigned integers of 64 bits, milliseconds and a sequence.
//
// An ID is a byte string of 16 chars here, both halves big-endian, as Redis's radix tree has its
// keys. So `<` on two of them is their order, `===` their equality, they are exact over the whole
// range, and one spelling serves for maps, for files and for the index of a stream. Halves
// are taken apart into words of 32 bits; numbers hold a half only below 2^53, and BigInt is for
// what no clock will ever show.

/** The lowest and the highest ID. */
export const MIN_ID = '\0'.repeat(16);
export const MAX_ID = '\xff'.repeat(16);

const WORD = 2 ** 32;
const LAST = WORD - 1;
const SAFE_HIGH = 2 ** 21; // A half whose high word is below this is a safe integer.

const LONGEST = 127; // Redis: a longer text is no ID, though it may hold nothing but zeroes.
const BILLION = 1e9;
const MS_END = 24; // Where milliseconds end in a spelling: at most 16 digits, and a header.
const CR = 13;
const LF = 10;
const DOLLAR = 0x24;
const MINUS = 0x2d;
const ZERO = 0x30;

// What parseHalf() read: the words of a half.
let high = 0;
let low = 0;

/** An ID of two integers, both from 0 to 2^53. */
export function makeId(ms: number, seq: number): string {
  return ofWords(Math.floor(ms / WORD), ms >>> 0, Math.floor(seq / WORD), seq >>> 0);
}

/** An ID of two integers, taken modulo 2^64. */
export function wideId(ms: bigint, seq: bigint): string {
  const word = (n: bigint) => Number(BigInt.asUintN(32, n));
  return ofWords(word(ms >> 32n), word(ms), word(seq >> 32n), word(seq));
}

/** An ID of four words of 32 bits. */
function ofWords(msHigh: number, msLow: number, seqHigh: number, seqLow: number): string {
  return String.fromCharCode(
    msHigh >>> 24,
    (msHigh >>> 16) & 255,
    (msHigh >>> 8) & 255,
    msHigh & 255,
    msLow >>> 24,
    (msLow >>> 16) & 255,
    (msLow >>> 8) & 255,
    msLow & 255,
    seqHigh >>> 24,
    (seqHigh >>> 16) & 255,
    (seqHigh >>> 8) & 255,
    seqHigh & 255,
    seqLow >>> 24,
    (seqLow >>> 16) & 255,
    (seqLow >>> 8) & 255,
    seqLow & 255,
  );
}

function wordAt(id: string, at: number): number {
  const bits =
    (id.charCodeAt(at) << 24) |
    (id.charCodeAt(at + 1) << 16) |
    (id.charCodeAt(at + 2) << 8) |
    id.charCodeAt(at + 3);
  return bits >>> 0;
}

/** The milliseconds of an ID; rounded from 2^53 on, see wideMs(). */
export function msOf(id: string): number {
  return wordAt(id, 0) * WORD + wordAt(id, 4);
}

/** The sequence number of an ID; rounded from 2^53 on, see wideSeq(). */
export function seqOf(id: string): number {
  return wordAt(id, 8) * WORD + wordAt(id, 12);
}

/** The milliseconds of an ID, exactly. */
export function wideMs(id: string): bigint {
  return (BigInt(wordAt(id, 0)) << 32n) | BigInt(wordAt(id, 4));
}

/** The sequence number of an ID, exactly. */
export function wideSeq(id: string): bigint {
  return (BigInt(wordAt(id, 8)) << 32n) | BigInt(wordAt(id, 12));
}

/** Whether msOf() and seqOf() tell all of an ID. */
export function isSafe(id: string): boolean {
  return wordAt(id, 0) < SAFE_HIGH && wordAt(id, 8) < SAFE_HIGH;
}

/** The ID after one, or null after the last. */
export function nextId(id: string): string | null {
  const seqLow = wordAt(id, 12);
  const seqHigh = wordAt(id, 8);
  const msLow = wordAt(id, 4);
  const msHigh = wordAt(id, 0);
  if (seqLow !== LAST) return ofWords(msHigh, msLow, seqHigh, seqLow + 1);
  if (seqHigh !== LAST) return ofWords(msHigh, msLow, seqHigh + 1, 0);
  if (msLow !== LAST) return ofWords(msHigh, msLow + 1, 0, 0);
  return msHigh === LAST ? null : ofWords(msHigh + 1, 0, 0, 0);
}

/** The ID before one, or null before the first. */
export function prevId(id: string): string | null {
  const seqLow = wordAt(id, 12);
  const seqHigh = wordAt(id, 8);
  const msLow = wordAt(id, 4);
  const msHigh = wordAt(id, 0);
  if (seqLow !== 0) return ofWords(msHigh, msLow, seqHigh, seqLow - 1);
  if (seqHigh !== 0) return ofWords(msHigh, msLow, seqHigh - 1, LAST);
  if (msLow !== 0) return ofWords(msHigh, msLow - 1, LAST, LAST);
  return msHigh === 0 ? null : ofWords(msHigh - 1, LAST, LAST, LAST);
}

/** The ID after one with the same milliseconds, or null if they have no other. */
export function nextSeq(id: string): string | null {
  return id.endsWith('\xff\xff\xff\xff\xff\xff\xff\xff') ? null : nextId(id);
}

/** An ID as people read it: ms-seq. */
export function printId(id: string): string {
  const ms = msOf(id);
  const seq = seqOf(id);
  if (ms <= Number.MAX_SAFE_INTEGER && seq <= Number.MAX_SAFE_INTEGER) return `${ms}-${seq}`;
  return `${wideMs(id)}-${wideSeq(id)}`;
}

/**
 * The spelling of an ID as a bulk string of a reply: `$`, its length, and the ID, each line with
 * its end. Entries that follow each other often have the same milliseconds, which are kept.
 */
class Spelling {
  readonly bytes: Buffer = Buffer.alloc(64);
  /** Where it begins and where it ends. */
  start = 0;
  end = 0;
  private ms = -1;
  private msStart = 0;

  /** Spells an ID of two safe integers. */
  spell(ms: number, seq: number): void {
    const { bytes } = this;
    if (ms !== this.ms) {
      this.ms = ms;
      this.msStart = digitsBefore(bytes, MS_END, ms);
    }
    bytes[MS_END] = MINUS;
    const length = digitCount(seq);
    const end = MS_END + 1 + length;
    digitsBefore(bytes, end, seq);
    bytes[end] = CR;
    bytes[end + 1] = LF;
    this.end = end + 2;
    const { msStart } = this;
    bytes[msStart - 2] = CR;
    bytes[msStart - 1] = LF;
    this.start = digitsBefore(bytes, msStart - 2, end - msStart) - 1;
    bytes[this.start] = DOLLAR;
  }
}

export const spelling = new Spelling();

/** Writes the digits of a safe integer so that they end there; returns where they begin. */
function digitsBefore(bytes: Buffer, end: number, n: number): number {
  let high = Math.floor(n / BILLION);
  let low = n - high * BILLION;
  let at = end;
  if (high > 0) {
    for (let i = 0; i < 9; i++, low = (low / 10) | 0) bytes[--at] = ZERO + (low % 10);
    for (; high > 0; high = (high / 10) | 0) bytes[--at] = ZERO + (high % 10);
    return at;
  }
  do {
    bytes[--at] = ZERO + (low % 10);
    low = (low / 10) | 0;
  } while (low > 0);
  return at;
}

function digitCount(n: number): number {
  let count = 1;
  for (let limit = 10; n >= limit; limit *= 10) count++;
  return count;
}

/**
 * Reads `ms` or `ms-seq`; null if a text is neither. Where there is no sequence number it is
 * the lowest, or the highest if asked for: a range goes from the first ID of its
 * first millisecond to the last of its last.
 */
export function parseId(text: string, highest = false): string | null {
  if (text.length > LONGEST) return null;
  text = terminated(text);
  const dash = text.indexOf('-');
  if (!parseHalf(text, 0, dash < 0 ? text.length : dash)) return null;
  const msHigh = high;
  const msLow = low;
  if (dash < 0) {
    const seq = highest ? LAST : 0;
    return ofWords(msHigh, msLow, seq, seq);
  }
  return parseHalf(text, dash + 1, text.length) ? ofWords(msHigh, msLow, high, low) : null;
}

/** Reads `ms-*`, which leaves the sequence number open, as the ID ms-0; null if it is not that. */
export function parseOpenId(text: string): string | null {
  if (!text.includes('*') || text.length > LONGEST) return null;
  text = terminated(text);
  const dash = text.indexOf('-');
  if (dash < 0 || dash !== text.length - 2 || text[dash + 1] !== '*') return null;
  return parseHalf(text, 0, dash) ? ofWords(high, low, 0, 0) : null;
}

// Redis: for C a text ends at its first zero byte, and whatever comes behind is not looked at.
function terminated(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

/** Reads an unsigned integer of 64 bits from part of a text into `high` and `low`. */
function parseHalf(text: string, from: number, to: number): boolean {
  if (to === from || to - from > 15) return parseWide(text.slice(from, to));
  let n = 0;
  for (let i = from; i < to; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return parseWide(text.slice(from, to));
    n = n * 10 + digit;
  }
  high = Math.floor(n / WORD);
  low = n >>> 0;
  return true;
}

// Redis: what is not an integer as it would be printed is read by strtoull(), which skips white
// space, takes a sign, and turns a negative number into one that is as far below 2^64. A
// negative integer that is spelt as it would be printed never gets there.
function parseWide(text: string): boolean {
  if (/^-[1-9]\d*$/.test(text) && BigInt(text) >= -(1n << 63n)) return false;
  const parts = /^[ \t\n\v\f\r]*([+-]?)(\d+)$/.exec(text);
  if (parts === null) return false;
  let n = BigInt(parts[2]);
  if (n >= 1n << 64n) return false;
  if (parts[1] === '-') n = -n;
  high = Number(BigInt.asUintN(32, n >> 32n));
  low = Number(BigInt.asUintN(32, n));
  return true;
}
