// Commands on their way into an append-only file: RESP arrays of bulk strings, one behind the
// other in one buffer that grows. Nothing is allocated for a command.

import { formatGrisu } from '../protocol/double-format.ts';
import { formatDouble } from '../protocol/numbers.ts';
import type { Sink } from './rdb-output.ts';

const SHORT = 24; // Below this length a loop beats the call into C++.
const HEADER = 24; // More than any header takes: a type byte, 20 digits, a line end.
const SMALLEST = 4096;
const LARGE = 1024 * 1024; // A buffer beyond this is given up when it is empty.
const CR = 13;
const LF = 10;
const STAR = 42;
const DOLLAR = 36;
const ZERO = 48;

export class AofOutput {
  buf: Buffer = Buffer.allocUnsafeSlow(SMALLEST);
  /** How many bytes of the buffer are written. */
  length = 0;
  private readonly sink: Sink | null;
  private readonly chunkBytes: number;

  /** Without a sink everything stays in `buf`; with one it gets chunks of about so many bytes. */
  constructor(sink: Sink | null = null, chunkBytes = 64 * 1024) {
    this.sink = sink;
    this.chunkBytes = chunkBytes;
  }

  /** A whole command. */
  command(argv: readonly string[]): void {
    this.begin(argv.length);
    for (let i = 0; i < argv.length; i++) this.bulk(argv[i]);
  }

  /** The database of the commands from here on. */
  select(db: number): void {
    this.begin(2);
    this.bulk('SELECT');
    this.bulkInt(db);
  }

  /** The Unix time, in seconds, of the commands from here on. */
  timestamp(seconds: number): void {
    const line = `#TS:${seconds}\r\n`;
    this.room(line.length);
    this.length += this.buf.latin1Write(line, this.length);
  }

  /** Begins a command of so many arguments, its name included. */
  begin(count: number): void {
    if (this.sink !== null && this.length >= this.chunkBytes) this.flush();
    this.header(STAR, count);
  }

  /** An argument. */
  bulk(bytes: string): void {
    const { length } = bytes;
    this.room(length + HEADER + 2);
    const { buf } = this;
    let at = this.length;
    if (length < 10) {
      buf[at] = DOLLAR;
      buf[at + 1] = ZERO + length;
      buf[at + 2] = CR;
      buf[at + 3] = LF;
      at += 4;
    } else {
      this.header(DOLLAR, length);
      at = this.length;
    }
    if (length < SHORT) for (let i = 0; i < length; i++) buf[at + i] = bytes.charCodeAt(i);
    else buf.latin1Write(bytes, at);
    at += length;
    buf[at] = CR;
    buf[at + 1] = LF;
    this.length = at + 2;
  }

  /** An argument that is the first bytes of a buffer. */
  bulkBytes(bytes: Buffer, length: number): void {
    this.room(length + HEADER + 2);
    this.header(DOLLAR, length);
    bytes.copy(this.buf, this.length, 0, length);
    this.length += length;
    this.buf[this.length++] = CR;
    this.buf[this.length++] = LF;
  }

  /** An argument that is an integer, in its digits. */
  bulkInt(n: number | bigint): void {
    this.bulk(String(n));
  }

  /** An argument that is a double, in as many digits as it takes. */
  bulkDouble(n: number): void {
    this.bulk(n === 0 || !Number.isFinite(n) ? formatDouble(n) : formatGrisu(n));
  }

  /** Gives the sink what it has not been given yet. */
  flush(): void {
    if (this.sink === null || this.length === 0) return;
    const { buf, length } = this;
    this.buf = Buffer.allocUnsafeSlow(Math.max(this.chunkBytes, SMALLEST));
    this.length = 0;
    this.sink(buf.subarray(0, length));
  }

  /** Forgets the first bytes, which have been written. */
  drop(bytes: number): void {
    const left = this.length - bytes;
    if (left > 0) this.buf.copyWithin(0, bytes, this.length);
    else if (this.buf.length > LARGE) this.buf = Buffer.allocUnsafeSlow(SMALLEST);
    this.length = left;
  }

  private header(type: number, n: number): void {
    this.room(HEADER);
    const { buf } = this;
    let at = this.length;
    buf[at++] = type;
    if (n < 10) {
      buf[at++] = ZERO + n;
    } else {
      let digits = 1;
      for (let power = 10; power <= n; power *= 10) digits++;
      at += digits;
      for (let i = at - 1, rest = n; i >= at - digits; i--) {
        const tenth = Math.floor(rest / 10);
        buf[i] = ZERO + rest - tenth * 10;
        rest = tenth;
      }
    }
    buf[at] = CR;
    buf[at + 1] = LF;
    this.length = at + 2;
  }

  private room(bytes: number): void {
    if (this.length + bytes <= this.buf.length) return;
    const roomy = Buffer.allocUnsafeSlow(Math.max(this.buf.length * 2, this.length + bytes));
    this.buf.copy(roomy, 0, 0, this.length);
    this.buf = roomy;
  }
}
