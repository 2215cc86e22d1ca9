// Replies are written straight into byte buffers, never built as a tree.
//
// A handler says what it means (int, bulk, map...) and the writer knows how the
// client's protocol spells it. RESP2 has no maps, sets, doubles, booleans or nulls
// of its own; that difference lives here and nowhere else.
//
// A writer without output owns no buffer. At the first byte it borrows one from a
// pool that all clients of a server share, and take() gives everything away at the
// end of a read, so ten thousand idle clients cost nothing. How large a one it borrows
// follows what its client has needed lately (fitBuffer), because a client that does not
// read what it is sent keeps it:
//
//    sealed  [ chunk ][ chunk ][ a large value, not copied ]     ready to be sent
//    buf     ....from######pos............                       being written
//
// `from` is where the unsealed part of `buf` starts: sealing cuts a chunk off and goes
// on in the rest of the same buffer. A mark is a position in the whole output, so it
// stays good when chunks are sealed after it was taken.
//
// Strings are byte strings: one char per byte, 0-255 (see docs/bytes.md).

import './byte-string.ts';
import { formatDouble } from './numbers.ts';
import type { Reply } from './reply.ts';

const CR = 13;
const LF = 10;
const ZERO = 48;
const MINUS = 45;

const SHORT = 24; // Below this length a loop beats the call into C++: bench/micro/write.ts.
const LARGE = 32 * 1024; // From here on, bytes are handed over instead of copied.
const SHARED = 32; // So many pieces wait without having been copied, and from here on, all:
const WORTH_SHARING = 1024; // that many listeners do not read a message must not multiply it.
const HEADER = 32; // More than any header takes: a type byte, 20 digits, a line end.
const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Buffers for replies under way, lent to writers and given back once they are sent. Their
 * sizes are the powers of two from SMALLEST to LARGEST; a writer begins with one up to SIZE.
 */
export class BufferPool {
  static readonly SMALLEST = 1024;
  static readonly SIZE = 16 * 1024;
  static readonly LARGEST = 64 * 1024;
  private readonly free: Buffer[][] = [[], [], [], [], [], [], []]; // 1, 2, 4, ... 64 KB.
  private readonly most = 4 * 1024 * 1024; // Bytes of each size that are kept.

  /** A buffer of one of the sizes. */
  borrow(size: number): Buffer {
    return this.free[shelf(size)].pop() ?? Buffer.allocUnsafeSlow(size);
  }

  /** Takes any buffer, and keeps those that it can lend again. */
  giveBack(buffer: Buffer): void {
    const { length } = buffer;
    if (length < BufferPool.SMALLEST || length > BufferPool.LARGEST) return;
    const free = this.free[shelf(length)];
    if (free.length * length < this.most) free.push(buffer);
  }
}

/** The place of a power of two among the pool's sizes. */
function shelf(size: number): number {
  return 21 - Math.clz32(size);
}

export class ReplyWriter implements Reply {
  resp3 = false;
  private readonly pool: BufferPool;
  private buf: Buffer = NOTHING;
  private from = 0; // Where the unsealed bytes start,
  private pos = 0; // and where they end.
  private readonly sealed: Buffer[] = [];
  private sealedBytes = 0;
  private readonly outgrown: Buffer[] = []; // Held before `buf`, for the same output.
  private wanted = BufferPool.SIZE; // The size of the buffer to borrow first.
  private peak = BufferPool.SIZE; // The most that `wanted` was needed for, of late.

  constructor(pool: BufferPool) {
    this.pool = pool;
  }

  /** How many bytes were written since the last take(). */
  get size(): number {
    return this.sealedBytes + this.pos - this.from;
  }

  /** Bytes of memory in the buffers that this writer holds now. */
  get held(): number {
    let sum = this.buf.length;
    for (const buffer of this.outgrown) sum += buffer.length;
    return sum;
  }

  /** How large a buffer this writer borrows when it next has something to say. */
  get bufferSize(): number {
    return this.wanted;
  }

  /** How much of such a buffer was needed at once since forgetPeak(). */
  get bufferPeak(): number {
    return this.peak;
  }

  /**
   * Fits the buffer's size to what was needed: a buffer that was filled to the brim doubles,
   * one of which not even half was used shrinks. Returns 1, -1, or 0 if it fits.
   */
  fitBuffer(): number {
    const { wanted, peak } = this;
    if (peak === wanted && wanted < BufferPool.SIZE) {
      this.wanted = wanted * 2;
      return 1;
    }
    if (wanted === BufferPool.SMALLEST || peak >= wanted / 2) return 0;
    let size = wanted / 2;
    while (size > BufferPool.SMALLEST && peak < size / 2) size /= 2;
    this.wanted = size;
    return -1;
  }

  /** Lets the peak be that of the output from now on. */
  forgetPeak(): void {
    this.peak = Math.min(this.size, this.wanted);
  }

  ok(): void {
    this.reserve(5);
    const buf = this.buf;
    const at = this.pos;
    buf[at] = 43; // +
    buf[at + 1] = 79;
    buf[at + 2] = 75;
    buf[at + 3] = CR;
    buf[at + 4] = LF;
    this.pos = at + 5;
  }

  status(word: string): void {
    this.line(43 /* + */, word);
  }

  error(line: string): void {
    this.line(45 /* - */, line);
  }

  int(n: number): void {
    this.header(58 /* : */, n);
  }

  int64(n: bigint): void {
    this.line(58 /* : */, n.toString());
  }

  bulk(bytes: string): void {
    const length = bytes.length;
    this.reserve(length + HEADER);
    this.headerHere(36 /* $ */, length);
    this.put(bytes);
    this.crlf();
  }

  bulkInt(n: number): void {
    this.reserve(HEADER * 2);
    this.headerHere(36 /* $ */, decimalLength(n));
    this.digits(n);
    this.crlf();
  }

  bulkBytes(bytes: Buffer, start: number, end: number): void {
    const length = end - start;
    if (length < LARGE) {
      this.reserve(length + HEADER);
      this.headerHere(36 /* $ */, length);
      const { buf, pos } = this;
      if (length < SHORT) for (let i = 0; i < length; i++) buf[pos + i] = bytes[start + i];
      else bytes.copy(buf, pos, start, end);
      this.pos = pos + length;
    } else {
      this.header(36 /* $ */, length);
      this.seal();
      this.sealed.push(bytes.subarray(start, end));
      this.sealedBytes += length;
      this.reserve(2);
    }
    this.crlf();
  }

  bulks(spelt: Buffer, start: number, end: number): void {
    const bytes = end - start;
    this.reserve(bytes);
    const { buf, pos } = this;
    if (bytes < SHORT * 2) for (let i = 0; i < bytes; i++) buf[pos + i] = spelt[start + i];
    else spelt.copy(buf, pos, start, end);
    this.pos += bytes;
  }

  null(): void {
    if (this.resp3) this.line(95 /* _ */, '');
    else this.header(36 /* $ */, -1);
  }

  nullArray(): void {
    if (this.resp3) this.line(95 /* _ */, '');
    else this.header(42 /* * */, -1);
  }

  array(length: number): void {
    this.header(42 /* * */, length);
  }

  map(pairs: number): void {
    if (this.resp3) this.header(37 /* % */, pairs);
    else this.header(42 /* * */, pairs * 2);
  }

  set(length: number): void {
    this.header(this.resp3 ? 126 /* ~ */ : 42 /* * */, length);
  }

  push(length: number): void {
    this.header(this.resp3 ? 62 /* > */ : 42 /* * */, length);
  }

  attribute(pairs: number): void {
    this.header(124 /* | */, pairs);
  }

  double(n: number): void {
    // Most scores are small integers, whose digits need no string. (-0 is "-0".)
    if (n !== (n | 0) || Object.is(n, -0)) this.doubleText(formatDouble(n));
    else if (this.resp3) this.header(44 /* , */, n);
    else this.bulkInt(n);
  }

  doubleText(digits: string): void {
    if (this.resp3) this.line(44 /* , */, digits);
    else this.bulk(digits);
  }

  bool(value: boolean): void {
    if (this.resp3) this.line(35 /* # */, value ? 't' : 'f');
    else this.header(58 /* : */, value ? 1 : 0);
  }

  bigNumber(digits: string): void {
    if (this.resp3) this.line(40 /* ( */, digits);
    else this.bulk(digits);
  }

  verbatim(format: string, text: string): void {
    if (!this.resp3) return this.bulk(text);
    this.reserve(text.length + HEADER + 4);
    this.headerHere(61 /* = */, text.length + 4);
    this.put(format);
    this.buf[this.pos++] = 58; // :
    this.put(text);
    this.crlf();
  }

  /** Bytes that are in the protocol's spelling already. */
  raw(bytes: string): void {
    this.reserve(bytes.length);
    this.put(bytes);
  }

  /**
   * The same as bytes, which must not change until they have left: the first few, and large ones,
   * are not copied until then. (So a message to a thousand clients needs no thousand buffers.)
   */
  rawBytes(bytes: Buffer): void {
    const { length } = bytes;
    const first = this.pos === this.from && this.sealed.length < SHARED;
    if (first || length >= WORTH_SHARING) {
      this.seal();
      this.sealed.push(bytes);
      this.sealedBytes += length;
    } else {
      this.reserve(length);
      bytes.copy(this.buf, this.pos);
      this.pos += length;
    }
  }

  beginArray(): number {
    return this.mark();
  }

  endArray(mark: number, length: number): void {
    this.insertHeader(mark, 42 /* * */, length);
  }

  endSet(mark: number, length: number): void {
    this.insertHeader(mark, this.resp3 ? 126 /* ~ */ : 42 /* * */, length);
  }

  endMap(mark: number, pairs: number): void {
    if (this.resp3) this.insertHeader(mark, 37 /* % */, pairs);
    else this.insertHeader(mark, 42 /* * */, pairs * 2);
  }

  mark(): number {
    return this.size;
  }

  /** A copy of what was written since the mark. */
  since(mark: number): Buffer {
    const chunks: Buffer[] = [];
    let skip = mark;
    const add = (chunk: Buffer) => {
      if (skip < chunk.length) chunks.push(skip > 0 ? chunk.subarray(skip) : chunk);
      skip = Math.max(0, skip - chunk.length);
    };
    for (const chunk of this.sealed) add(chunk);
    add(this.buf.subarray(this.from, this.pos));
    return Buffer.concat(chunks);
  }

  rewind(mark: number): void {
    while (mark < this.sealedBytes) {
      const last = this.sealed.pop()!;
      this.sealedBytes -= last.length;
      this.pos = this.from;
      if (mark > this.sealedBytes) {
        this.sealed.push(last.subarray(0, mark - this.sealedBytes));
        this.sealedBytes = mark;
      }
    }
    this.pos = this.from + mark - this.sealedBytes;
  }

  /**
   * Hands over everything written since the last time, in order, and forgets it. The
   * chunks may be parts of pooled buffers: see release().
   */
  take(): Buffer[] {
    this.seal();
    if (this.sealedBytes > this.peak) this.peak = Math.min(this.sealedBytes, this.wanted);
    const chunks = this.sealed.slice();
    this.sealed.length = 0;
    this.sealedBytes = 0;
    this.from = 0;
    this.pos = 0;
    return chunks;
  }

  /** The output as one piece, or null when it takes several: then take() has it. */
  takeOne(): Buffer | null {
    if (this.sealed.length !== 0) return this.joined();
    const piece = this.buf.subarray(this.from, this.pos);
    if (piece.length > this.peak) this.peak = Math.min(piece.length, this.wanted);
    this.from = 0;
    this.pos = 0;
    return piece;
  }

  /** The output as one piece if it is one, or so little that to join it costs less than not to. */
  private joined(): Buffer | null {
    const { size } = this;
    if (size > BufferPool.SIZE) return null;
    this.seal();
    const { sealed } = this;
    let piece = sealed[0];
    if (sealed.length > 1) {
      const room = Math.max(BufferPool.SMALLEST, 1 << (32 - Math.clz32(size - 1)));
      const whole = this.pool.borrow(room);
      for (let i = 0, at = 0; i < sealed.length; at += sealed[i++].length)
        sealed[i].copy(whole, at);
      if (this.buf.length !== 0) this.outgrown.push(this.buf);
      this.buf = whole; // For release().
      piece = whole.subarray(0, size);
    }
    if (size > this.peak) this.peak = Math.min(size, this.wanted);
    sealed.length = 0;
    this.sealedBytes = 0;
    this.from = 0;
    this.pos = 0;
    return piece;
  }

  /** Lets go of the buffers after take(): `sent` if nothing of them is needed any more. */
  release(sent: boolean): void {
    if (sent) this.pool.giveBack(this.buf);
    this.buf = NOTHING;
    if (this.outgrown.length === 0) return;
    if (sent) for (const buffer of this.outgrown) this.pool.giveBack(buffer);
    this.outgrown.length = 0;
  }

  private reserve(bytes: number): void {
    if (this.pos + bytes > this.buf.length) this.grow(bytes);
  }

  private grow(bytes: number): void {
    this.seal();
    const before = this.buf.length;
    if (before !== 0) this.outgrown.push(this.buf);
    if (before === 0 && bytes <= this.wanted) this.buf = this.pool.borrow(this.wanted);
    else if (before < BufferPool.SIZE && bytes <= BufferPool.SIZE) {
      this.buf = this.pool.borrow(BufferPool.SIZE);
    } else if (bytes <= BufferPool.LARGEST) this.buf = this.pool.borrow(BufferPool.LARGEST);
    else this.buf = Buffer.allocUnsafeSlow(bytes);
    this.from = 0;
    this.pos = 0;
  }

  private seal(): void {
    if (this.pos === this.from) return;
    this.sealed.push(this.buf.subarray(this.from, this.pos));
    this.sealedBytes += this.pos - this.from;
    this.from = this.pos;
  }

  /** Puts a header in front of everything written since the mark. */
  private insertHeader(mark: number, type: number, n: number): void {
    this.reserve(HEADER);
    if (mark >= this.sealedBytes) {
      const end = this.pos;
      const size = decimalLength(n) + 3; // A type, and the end of a line.
      const start = this.from + mark - this.sealedBytes;
      this.buf.copyWithin(start + size, start, end);
      this.pos = start;
      this.headerHere(type, n);
      this.pos = end + size;
      return;
    }
    // Chunks were sealed in between: the header becomes a chunk of its own.
    const header = Buffer.from(`${String.fromCharCode(type)}${n}\r\n`, 'latin1');
    let at = 0;
    let before = 0;
    while (before < mark) before += this.sealed[at++].length;
    if (before > mark) {
      const cut = this.sealed[--at];
      const left = cut.length - (before - mark);
      this.sealed.splice(at++, 1, cut.subarray(0, left), cut.subarray(left));
    }
    this.sealed.splice(at, 0, header);
    this.sealedBytes += header.length;
  }

  private line(type: number, text: string): void {
    this.reserve(text.length + 3);
    this.buf[this.pos++] = type;
    this.put(text);
    this.crlf();
  }

  private header(type: number, n: number): void {
    this.reserve(HEADER);
    this.headerHere(type, n);
  }

  private headerHere(type: number, n: number): void {
    const buf = this.buf;
    let at = this.pos;
    buf[at++] = type;
    if (n >= 0 && n < 10) {
      buf[at++] = ZERO + n;
      buf[at++] = CR;
      buf[at++] = LF;
      this.pos = at;
      return;
    }
    this.pos = at;
    this.digits(n);
    this.crlf();
  }

  private digits(n: number): void {
    // Beyond 31 bits the arithmetic below would leave the fast integers.
    if (n > 0x7fffffff || n < -0x7fffffff) return this.put(String(n));
    const buf = this.buf;
    if (n < 0) {
      buf[this.pos++] = MINUS;
      n = -n;
    }
    const end = this.pos + decimalLength(n);
    let at = end;
    do {
      const rest = (n / 10) | 0;
      buf[--at] = ZERO + n - rest * 10;
      n = rest;
    } while (n !== 0);
    this.pos = end;
  }

  private put(bytes: string): void {
    const length = bytes.length;
    const buf = this.buf;
    const at = this.pos;
    if (length < SHORT) for (let i = 0; i < length; i++) buf[at + i] = bytes.charCodeAt(i);
    else buf.latin1Write(bytes, at, length);
    this.pos = at + length;
  }

  private crlf(): void {
    this.buf[this.pos++] = CR;
    this.buf[this.pos++] = LF;
  }
}

function decimalLength(n: number): number {
  if (n < 0) return 1 + decimalLength(-n);
  if (n < 10) return 1;
  if (n < 100) return 2;
  if (n < 1000) return 3;
  if (n < 10000) return 4;
  if (n < 100000) return 5;
  if (n < 1000000) return 6;
  if (n < 10000000) return 7;
  if (n < 100000000) return 8;
  if (n < 1000000000) return 9;
  return String(n).length;
}
