// Bytes on their way into an RDB file, or into a DUMP payload.
//
// They gather in chunks. Towards a file, a chunk that is full goes to a sink, which owns it from
// then on, so that whoever writes files may take its time; towards a payload there is one chunk,
// which grows. A checksum is kept of what has left.
//
// Strings have three forms: an integer of 8, 16 or 32 bits if they spell one, LZF if that makes
// them shorter, or their length and their bytes.

import { parseSafeInt } from '../protocol/numbers.ts';
import { Crc64 } from './crc64.ts';
import { compressInto } from './lzf.ts';
import {
  ENCODED_INT8,
  ENCODED_INT16,
  ENCODED_INT32,
  ENCODED_LZF,
  LENGTH_32,
  LENGTH_64,
  RDB_VERSION,
} from './rdb-format.ts';

/** Takes chunks of bytes in their order, and keeps them. */
export type Sink = (chunk: Buffer) => void;

const LONGEST_INTEGER = 11; // Redis: longer strings are not tried.
const SHORTEST_COMPRESSED = 21; // Redis: what is shorter never becomes shorter still.
const LEAST_GAIN = 4; // Bytes that compression has to save.
const SHORT = 24; // Below this length a loop beats the call into C++.
const FIRST_CHUNK = 1024; // Of a payload.
const LONGEST_HEADER = 9;

// For strings to be compressed, and what becomes of them. All outputs share these; what is larger
// has memory of its own for the time being.
const plain = Buffer.allocUnsafeSlow(64 * 1024);
const squeezed = Buffer.allocUnsafeSlow(64 * 1024);

export class RdbOutput {
  /** Whether strings are compressed. */
  compression = true;
  /** The version of the format: 9 to 12. What is older than 12 is written for older readers. */
  version = RDB_VERSION;
  private buf: Buffer;
  private at = 0;
  private gone = 0; // Bytes handed to the sink.
  private readonly sink: Sink | null;
  private readonly crc: Crc64 | null;

  /** Without a sink everything stays, for take(). Chunks have `chunkBytes`. */
  constructor(sink: Sink | null = null, checksum = false, chunkBytes = FIRST_CHUNK) {
    this.sink = sink;
    this.crc = checksum ? new Crc64() : null;
    this.buf = Buffer.allocUnsafeSlow(Math.max(64, chunkBytes));
  }

  /** How many bytes were written. */
  get written(): number {
    return this.gone + this.at;
  }

  /** All bytes, where there is no sink. They are the caller's, and this begins anew. */
  take(): Buffer {
    const bytes = this.buf.subarray(0, this.at);
    this.buf = Buffer.allocUnsafeSlow(FIRST_CHUNK);
    this.at = 0;
    return bytes;
  }

  /** Hands what is there to the sink. */
  flush(): void {
    if (this.sink === null || this.at === 0) return;
    const { buf, at } = this;
    if (this.crc !== null) this.crc.update(buf, 0, at);
    this.gone += at;
    this.at = 0;
    this.buf = Buffer.allocUnsafeSlow(buf.length);
    this.sink(buf.subarray(0, at));
  }

  /** The checksum of all bytes so far, or zeros where none is kept, and the end. */
  checksum(): void {
    if (this.sink !== null) this.flush();
    const crc = this.crc ?? new Crc64();
    if (this.sink === null) crc.update(this.buf, 0, this.at);
    this.makeRoom(8);
    this.at = crc.write(this.buf, this.at);
    this.flush();
  }

  byte(n: number): void {
    this.makeRoom(1);
    this.buf[this.at++] = n;
  }

  /** How many of something follow: an integer from 0 on. */
  length(n: number): void {
    this.makeRoom(LONGEST_HEADER);
    const { buf } = this;
    if (n < 0x40) {
      buf[this.at++] = n;
    } else if (n < 0x4000) {
      buf[this.at++] = 0x40 | (n >> 8);
      buf[this.at++] = n & 255;
    } else if (n < 2 ** 32) {
      buf[this.at] = LENGTH_32;
      this.at = buf.writeUInt32BE(n, this.at + 1);
    } else {
      buf[this.at] = LENGTH_64;
      buf.writeUInt32BE(Math.floor(n / 2 ** 32), this.at + 1);
      this.at = buf.writeUInt32BE(n % 2 ** 32, this.at + 5);
    }
  }

  /** The same for a number that may have 64 bits, given as two halves. */
  length64(high: number, low: number): void {
    if (high === 0) return this.length(low);
    this.makeRoom(LONGEST_HEADER);
    this.buf[this.at] = LENGTH_64;
    this.buf.writeUInt32BE(high, this.at + 1);
    this.at = this.buf.writeUInt32BE(low, this.at + 5);
  }

  /** Milliseconds, as 64 bits with a sign. */
  time(ms: number | bigint): void {
    this.makeRoom(8);
    if (typeof ms === 'bigint') {
      this.at = this.buf.writeBigInt64LE(ms, this.at);
      return;
    }
    const high = Math.floor(ms / 2 ** 32);
    this.buf.writeUInt32LE(ms - high * 2 ** 32, this.at);
    this.at = this.buf.writeInt32LE(high, this.at + 4);
  }

  double(n: number): void {
    this.makeRoom(8);
    this.at = this.buf.writeDoubleLE(n, this.at);
  }

  /** Bytes as they are, each a char. */
  raw(bytes: string): void {
    const { length } = bytes;
    if (length > SHORT) return this.rawLong(bytes);
    this.makeRoom(length);
    const { buf, at } = this;
    for (let i = 0; i < length; i++) buf[at + i] = bytes.charCodeAt(i);
    this.at = at + length;
  }

  /** Bytes as they are. */
  rawBytes(bytes: Buffer, from: number, to: number): void {
    if (this.sink === null) this.makeRoom(to - from);
    while (from < to) {
      if (this.at === this.buf.length) this.flush();
      const count = Math.min(to - from, this.buf.length - this.at);
      bytes.copy(this.buf, this.at, from, from + count);
      this.at += count;
      from += count;
    }
  }

  /** A string in the shortest of its forms. */
  string(bytes: string): void {
    const { length } = bytes;
    if (length <= LONGEST_INTEGER) {
      const n = smallInteger(bytes);
      if (n === n) return this.integer(n);
    } else if (length >= SHORTEST_COMPRESSED && this.compression) {
      const room = length <= plain.length ? plain : Buffer.allocUnsafeSlow(length);
      room.write(bytes, 0, 'latin1');
      if (this.compressed(room, length, length)) return;
    }
    this.length(length);
    this.raw(bytes);
  }

  /** A string that is the first bytes of a buffer, and spells no short integer. */
  bytes(bytes: Buffer, length: number): void {
    const tried = length >= SHORTEST_COMPRESSED && this.compression;
    if (tried && this.compressed(bytes, length, length)) return;
    this.length(length);
    this.rawBytes(bytes, 0, length);
  }

  /** A string that is an integer. */
  integer(n: number): void {
    this.makeRoom(LONGEST_HEADER);
    const { buf, at } = this;
    if (n >= -0x80 && n < 0x80) {
      buf[at] = ENCODED_INT8;
      buf[at + 1] = n;
      this.at = at + 2;
    } else if (n >= -0x8000 && n < 0x8000) {
      buf[at] = ENCODED_INT16;
      this.at = buf.writeInt16LE(n, at + 1);
    } else if (n >= -0x80000000 && n < 0x80000000) {
      buf[at] = ENCODED_INT32;
      this.at = buf.writeInt32LE(n, at + 1);
    } else {
      const digits = String(n);
      this.length(digits.length);
      this.raw(digits);
    }
  }

  /** A string compressed, if it then has at most so many bytes; false, and nothing, if not. */
  compressed(bytes: Buffer, length: number, most: number): boolean {
    const room = length - LEAST_GAIN;
    const to = room <= squeezed.length ? squeezed : Buffer.allocUnsafeSlow(room);
    const short = compressInto(bytes, length, to, room);
    if (short === 0 || short > most) return false;
    this.byte(ENCODED_LZF);
    this.length(short);
    this.length(length);
    this.rawBytes(to, 0, short);
    return true;
  }

  private rawLong(bytes: string): void {
    const { length } = bytes;
    if (this.sink === null || length <= this.buf.length) {
      this.makeRoom(length);
      this.at += this.buf.write(bytes, this.at, 'latin1');
    } else {
      this.rawBytes(Buffer.from(bytes, 'latin1'), 0, length);
    }
  }

  /** Makes room for so many bytes, which fit a chunk. */
  private makeRoom(bytes: number): void {
    if (this.at + bytes <= this.buf.length) return;
    if (this.sink !== null) return this.flush();
    const roomy = Buffer.allocUnsafeSlow(Math.max(this.buf.length * 2, this.at + bytes));
    this.buf.copy(roomy, 0, 0, this.at);
    this.buf = roomy;
  }
}

/** The integer of 32 bits that some bytes spell, or NaN. */
function smallInteger(bytes: string): number {
  const first = bytes.charCodeAt(0);
  if (!(first <= 0x39 && (first >= 0x30 || first === 0x2d))) return NaN;
  const n = parseSafeInt(bytes);
  return n >= -0x80000000 && n < 0x80000000 ? n : NaN;
}
