// The values of string keys.
//
// Most are plain: a byte string, or a number where Redis says `int`. Those two cannot be
// changed in place, and long ones would be copied for every reply. A Bytes can: it owns a
// Buffer with room behind, so that APPEND, SETRANGE, SETBIT and BITFIELD cost what they
// write, and a large one is handed to the socket as it lies.
//
// Handing it over is why a Bytes knows whether it is `lent`. Bytes on their way to a
// client must not change under way, so the next edit of a lent value copies it first.

import { BUFFER, OBJECT, stringBytes, WORD } from './weight.ts';

/** From this many bytes on, a string value is kept as Bytes rather than as a string. */
export const LARGE = 32 * 1024;

/** What a string key holds. */
export type StringValue = string | number | Bytes;

const BYTES = OBJECT + 5 * WORD + BUFFER;

export class Bytes {
  /** The bytes, up to `length`; behind that is room to grow, all zeros. */
  buf: Buffer;
  length: number;
  /** Whether Redis would hold it in one piece with its object: OBJECT ENCODING says embstr. */
  readonly embedded: boolean;
  /** As that of a Collection. */
  weighed = 0;
  private lent = false;

  constructor(buf: Buffer, length: number, embedded = false) {
    this.buf = buf;
    this.length = length;
    this.embedded = embedded;
  }

  /** Bytes that it takes in memory, with its room. */
  get memory(): number {
    return BYTES + this.buf.length;
  }

  static from(bytes: string): Bytes {
    return new Bytes(Buffer.from(bytes, 'latin1'), bytes.length);
  }

  static zeros(length: number): Bytes {
    return new Bytes(Buffer.alloc(length), length);
  }

  /** The buffer for a reader who may still hold it when this value is edited next. */
  lend(): Buffer {
    this.lent = true;
    return this.buf;
  }

  /**
   * Makes the value at least `length` bytes long, the new ones zero, and its buffer fit
   * to be written to. Returns that buffer.
   */
  edit(length: number): Buffer {
    const wanted = Math.max(length, this.length);
    if (wanted > this.buf.length || this.lent) {
      // Redis grows in the same way: doubling, from 1 MB on by 1 MB.
      const spare = wanted > this.length ? Math.min(wanted, 1024 * 1024) : 0;
      const roomy = Buffer.alloc(wanted + spare);
      this.buf.copy(roomy, 0, 0, this.length);
      this.buf = roomy;
      this.lent = false;
    }
    this.length = wanted;
    return this.buf;
  }

  toString(): string {
    return this.buf.toString('latin1', 0, this.length);
  }
}

/** How many bytes a string value has. */
export function stringLength(value: StringValue): number {
  if (typeof value === 'string') return value.length;
  return typeof value === 'number' ? String(value).length : value.length;
}

/** Bytes that a string value takes in memory, beside the word that it stands in. */
export function stringMemory(value: StringValue): number {
  if (typeof value === 'string') return stringBytes(value.length);
  if (typeof value === 'number') return value === (value | 0) ? 0 : 2 * WORD;
  return value.memory;
}

/** A string value as a byte string. */
export function stringOf(value: StringValue): string {
  return typeof value === 'string' ? value : String(value);
}

/**
 * The bytes of a string value, to be read at once and not kept. Only the first
 * stringLength(value) bytes of the buffer are the value's.
 */
export function bytesOf(value: StringValue): Buffer {
  return value instanceof Bytes ? value.buf : Buffer.from(stringOf(value), 'latin1');
}
