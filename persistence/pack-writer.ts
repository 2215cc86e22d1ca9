// Listpacks made to be written to a file: one after the other, in the same memory.

import {
  EMPTY_LISTPACK,
  END_MARK,
  FIRST_ENTRY,
  writeEntry,
  writeNumber,
} from '../datatypes/listpack.ts';

const FRAME = 16; // What goes around an element's own bytes, or a number takes, at most.
const MOST_COUNTED = 0xffff;
const SPARE = 1024 * 1024; // No more memory than this is kept.

export class PackWriter {
  /** Bytes of the listpack that was finished. */
  length = 0;
  private buf = Buffer.allocUnsafeSlow(16 * 1024);
  private at = FIRST_ENTRY;
  private count = 0;

  /** Begins a listpack. */
  begin(): void {
    if (this.buf.length > SPARE) this.buf = Buffer.allocUnsafeSlow(SPARE);
    this.at = FIRST_ENTRY;
    this.count = 0;
  }

  add(element: string): void {
    this.makeRoom(element.length + FRAME);
    this.at = writeEntry(this.buf, this.at, element);
    this.count++;
  }

  /** Adds an integer up to 2^53. */
  addNumber(n: number): void {
    this.makeRoom(FRAME);
    this.at = writeNumber(this.buf, this.at, n);
    this.count++;
  }

  /** Ends it: the first `length` bytes of what this returns, until the next one is begun. */
  finish(): Buffer {
    const { buf } = this;
    buf[this.at] = END_MARK;
    this.length = this.at + 1;
    buf.writeUInt32LE(this.length, 0);
    buf.writeUInt16LE(Math.min(this.count, MOST_COUNTED), 4);
    return buf;
  }

  private makeRoom(bytes: number): void {
    const needed = this.at + bytes + EMPTY_LISTPACK;
    if (needed <= this.buf.length) return;
    const roomy = Buffer.allocUnsafeSlow(Math.max(needed, this.buf.length * 2));
    this.buf.copy(roomy, 0, 0, this.at);
    this.buf = roomy;
  }
}
