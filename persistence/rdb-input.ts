// Bytes of an RDB file as they come in, and what they spell.
//
// Bytes come in chunks that end anywhere. Who reads takes steps: mark() begins one, and if
// bytes run out in the middle of it, SHORT is thrown and rewind() takes it back, to be tried again
// when there is more. So a step must change nothing before it has read all that it needs; and it
// should be small, because all of it is read again. ready() knows how many bytes the last attempt
// missed, so that a long string is not tried anew with each chunk of it.
//
// What is short after the last chunk is an error. Nothing is allocated because a length says so:
// the bytes have to be here first, and what they decompress to is in proportion to them.

import { Bytes, LARGE, type StringValue } from '../datatypes/string.ts';
import { parseSafeInt } from '../protocol/numbers.ts';
import { Crc64 } from './crc64.ts';
import { decompressInto, mayBecome } from './lzf.ts';
import { corrupt, RdbError } from './rdb-error.ts';
import {
  ENCODED_INT8,
  ENCODED_INT16,
  ENCODED_INT32,
  ENCODED_LZF,
  LENGTH_32,
  LENGTH_64,
} from './rdb-format.ts';

/** Thrown where bytes run out, and more may come. */
export const SHORT = Symbol('short');

const LONGEST_STRING = 2 ** 29 - 24; // V8 has none longer,
const LONGEST_BUFFER = 2 ** 31; // and Node 20 no buffer of twice as many bytes.
const NOTHING = Buffer.alloc(0);

// What was decompressed and is read at once; all inputs share it, for as long as it is enough.
const scratch = Buffer.allocUnsafeSlow(64 * 1024);
const INTEGER_DIGITS = 20; // Redis: a longer string is not tried as an integer.

export class RdbInput {
  /** Where length64() leaves the two halves of what it read. */
  high = 0;
  low = 0;
  /** Where readPack() leaves the bytes that it found: from `packStart` to `packEnd`. */
  pack: Buffer = NOTHING;
  packStart = 0;
  packEnd = 0;
  private buf: Buffer = NOTHING;
  private at = 0;
  private start = 0; // Where the step under way began.
  private wanted = 0; // How many bytes from there on the last attempt needed.
  private before = 0; // Bytes read that lay before `buf`.
  private waiting: Buffer[] = []; // Chunks that are not in `buf` yet.
  private waitingBytes = 0;
  private ended = false;
  private unpacked = 0; // How many bytes the last string was that had been compressed.
  private most = Number.POSITIVE_INFINITY; // How many bytes there will be in all.
  private readonly crc: Crc64 | null;
  private summed = 0; // Up to where in `buf` the checksum has got.

  constructor(checksum: boolean) {
    this.crc = checksum ? new Crc64() : null;
  }

  /** How many bytes were read. */
  get offset(): number {
    return this.before + this.at;
  }

  /** Takes a chunk; it must not be changed afterwards. */
  feed(chunk: Buffer): void {
    this.waiting.push(chunk);
    this.waitingBytes += chunk.length;
  }

  /** There will be no more chunks. */
  end(): void {
    this.ended = true;
  }

  /** There will be so many bytes in all, so that lengths that say otherwise are found out. */
  expect(bytes: number): void {
    this.most = bytes;
  }

  /** Whether another attempt at the step makes sense by now. */
  ready(): boolean {
    if (this.waitingBytes === 0) return this.ended || this.buf.length - this.start >= this.wanted;
    const here = this.buf.length - this.start;
    if (here + this.waitingBytes < this.wanted && !this.ended) return false;
    const { buf, start } = this;
    if (this.crc !== null) this.crc.update(buf, this.summed, start);
    if (here > 0) this.waiting.unshift(buf.subarray(start));
    this.buf = this.waiting.length === 1 ? this.waiting[0] : Buffer.concat(this.waiting);
    this.before += start;
    this.waiting = [];
    this.waitingBytes = 0;
    this.summed = 0;
    this.start = 0;
    this.at = 0;
    return true;
  }

  /** Begins a step: what was read so far is done with. */
  mark(): void {
    this.start = this.at;
    this.wanted = 1;
  }

  /** Takes the step back. */
  rewind(): void {
    this.at = this.start;
  }

  /** Bytes that came and were not read, to be called at the end. */
  rest(): Buffer {
    return Buffer.concat([this.buf.subarray(this.at), ...this.waiting]);
  }

  /** Whether all bytes were read. */
  get isEmpty(): boolean {
    return this.at === this.buf.length && this.waitingBytes === 0;
  }

  /**
   * Reads a checksum; false if it is not that of all bytes before. Zeros mean that whoever wrote it
   * made none.
   */
  checksum(): boolean {
    this.need(8);
    const { buf, at, crc } = this;
    const none = buf.readUInt32LE(at) === 0 && buf.readUInt32LE(at + 4) === 0;
    if (crc !== null) {
      crc.update(buf, this.summed, at);
      this.summed = at;
    }
    this.at += 8;
    return none || crc === null || crc.matches(buf, at);
  }

  byte(): number {
    this.need(1);
    return this.buf[this.at++];
  }

  /** So many bytes as they are. */
  raw(length: number): string {
    if (length > LONGEST_STRING) throw corrupt(`A string of ${length} bytes is too long`);
    this.need(length);
    const { at } = this;
    this.at = at + length;
    return this.buf.latin1Slice(at, this.at);
  }

  /** So many bytes, to be read at once and not kept. */
  view(length: number): Buffer {
    this.need(length);
    const { at } = this;
    this.at = at + length;
    return this.buf.subarray(at, this.at);
  }

  double(): number {
    this.need(8);
    this.at += 8;
    return this.buf.readDoubleLE(this.at - 8);
  }

  /** A signed number of 32 bits. */
  int32(): number {
    this.need(4);
    this.at += 4;
    return this.buf.readInt32LE(this.at - 4);
  }

  /** Milliseconds in 64 bits with a sign; a bigint where a number would not be exact. */
  time(): number | bigint {
    this.need(8);
    const { at, buf } = this;
    this.at = at + 8;
    const ms = buf.readInt32LE(at + 4) * 2 ** 32 + buf.readUInt32LE(at);
    return Number.isSafeInteger(ms) ? ms : buf.readBigInt64LE(at);
  }

  /** How many of something follow. Not exact beyond 2^53, which is more than could follow. */
  length(): number {
    const first = this.byte();
    if (first < 0x40) return first;
    if (first < 0x80) return ((first & 0x3f) << 8) | this.byte();
    this.wide(first);
    return this.high * 2 ** 32 + this.low;
  }

  /** The same, left in `high` and `low`. */
  length64(): void {
    const first = this.byte();
    this.high = 0;
    if (first < 0x40) this.low = first;
    else if (first < 0x80) this.low = ((first & 0x3f) << 8) | this.byte();
    else this.wide(first);
  }

  private wide(first: number): void {
    this.high = 0;
    if (first >= 0xc0) {
      this.low = first & 0x3f; // Redis: where no string is expected, its encoding is a number.
    } else if (first === LENGTH_32) {
      this.need(4);
      this.low = this.buf.readUInt32BE(this.at);
      this.at += 4;
    } else if (first === LENGTH_64) {
      this.need(8);
      this.high = this.buf.readUInt32BE(this.at);
      this.low = this.buf.readUInt32BE(this.at + 4);
      this.at += 8;
    } else {
      throw corrupt(`Unknown length encoding ${first >> 6} in rdbLoadLen()`);
    }
  }

  /** A string. */
  string(): string {
    const first = this.peek();
    if (first < 0x40) {
      this.at++;
      return this.raw(first);
    }
    if (first < 0xc0) return this.raw(this.length());
    this.at++;
    if (first === ENCODED_LZF) {
      const bytes = this.decompressed(false);
      if (bytes.length > LONGEST_STRING) throw corrupt('A string is too long');
      return bytes.latin1Slice(0, bytes.length);
    }
    return String(this.integer(first));
  }

  /** What a string key may hold. */
  value(): StringValue {
    const first = this.peek();
    if (first >= 0xc0 && first !== ENCODED_LZF) {
      this.at++;
      return this.integer(first);
    }
    if (first >= 0x80) {
      const bytes = this.ownBytes();
      if (bytes.length >= LARGE) return new Bytes(bytes, bytes.length);
      return encode(bytes.latin1Slice(0, bytes.length));
    }
    return encode(this.raw(this.length()));
  }

  /** The bytes of a string, to be read at once and not kept. */
  bytes(): Buffer {
    const first = this.peek();
    if (first < 0xc0) return this.view(this.length());
    this.at++;
    if (first === ENCODED_LZF) return this.decompressed(false);
    return Buffer.from(String(this.integer(first)), 'latin1');
  }

  /** The same, left in `pack`: a view of bytes takes longer to make than a small pack to read. */
  readPack(): void {
    const first = this.peek();
    if (first < 0xc0) {
      const length = this.length();
      this.need(length);
      this.pack = this.buf;
      this.packStart = this.at;
      this.at += length;
      this.packEnd = this.at;
      return;
    }
    this.at++;
    if (first === ENCODED_LZF) {
      this.pack = this.decompress(false);
      this.packEnd = this.unpacked;
    } else {
      this.pack = Buffer.from(String(this.integer(first)), 'latin1');
      this.packEnd = this.pack.length;
    }
    this.packStart = 0;
  }

  /** The bytes of a string, to be kept. */
  ownBytes(): Buffer {
    if (this.peek() === ENCODED_LZF) {
      this.at++;
      return this.decompressed(true);
    }
    const bytes = this.bytes();
    const own = Buffer.allocUnsafeSlow(bytes.length);
    bytes.copy(own);
    return own;
  }

  private peek(): number {
    this.need(1);
    return this.buf[this.at];
  }

  private integer(encoding: number): number {
    switch (encoding) {
      case ENCODED_INT8:
        this.need(1);
        return (this.buf[this.at++] << 24) >> 24;
      case ENCODED_INT16:
        this.need(2);
        this.at += 2;
        return this.buf.readInt16LE(this.at - 2);
      case ENCODED_INT32:
        return this.int32();
      default:
        throw corrupt(`Unknown RDB string encoding type ${encoding & 0x3f}`);
    }
  }

  /** What was compressed, in an array of its own or in one that is used again. */
  private decompressed(own: boolean): Buffer {
    const out = this.decompress(own);
    return out === scratch ? out.subarray(0, this.unpacked) : out;
  }

  /** The same, of which the first `unpacked` bytes count. */
  private decompress(own: boolean): Buffer {
    const short = this.length();
    const length = this.length();
    this.need(short);
    const { at } = this;
    this.at += short;
    this.unpacked = length;
    if (!mayBecome(short, length)) throw corrupt('Invalid LZF compressed string');
    try {
      const out = !own && length <= scratch.length ? scratch : Buffer.allocUnsafeSlow(length);
      decompressInto(this.buf, at, this.at, out, length);
      return out;
    } catch (problem) {
      if (problem instanceof RangeError) throw corrupt('Invalid LZF compressed string');
      throw problem;
    }
  }

  private need(bytes: number): void {
    if (this.at + bytes > this.buf.length) this.short(bytes);
  }

  private short(bytes: number): never {
    this.wanted = this.at - this.start + bytes;
    const missing = this.offset + bytes > this.most;
    if (missing || (this.ended && this.waitingBytes === 0)) {
      throw new RdbError('short', 'Unexpected EOF reading RDB file');
    }
    if (bytes > LONGEST_BUFFER) throw corrupt(`A string of ${bytes} bytes is too long`);
    throw SHORT;
  }
}

/** A string as a key holds it: a number where Redis says `int`. */
function encode(bytes: string): StringValue {
  if (bytes.length > INTEGER_DIGITS) return bytes;
  const n = parseSafeInt(bytes);
  return n === n ? n : bytes;
}
