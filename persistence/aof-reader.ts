// An append-only file, read command by command, in whatever chunks it comes.
//
//   const reader = new AofReader(0, size);
//   reader.feed(chunk);
//   for (;;) {
//     const what = reader.next();
//     if (what === MORE) break;                   feed() or finish() first
//     if (what === COMMAND) run(reader.argv);
//     if (what === END || what === CUT) ...
//   }
//
// The file is a row of requests as clients send them, RESP arrays of bulk strings; lines that begin
// with # stand between them, of which `#TS:1700000000` is the only kind. A file that was being
// written when the power failed ends in the middle of one. That is CUT, not an error, and
// `offset` says where it could be cut off for good.

// What next() found.
export const MORE = 0; // Nothing: it needs more bytes.
export const COMMAND = 1; // argv.
export const END = 2; // All bytes were read.
export const CUT = 3; // The bytes end in the middle of something.

/** Thrown by next() for bytes that are no append-only file. */
export class AofFormatError extends Error {
  override readonly name = 'AofFormatError';
  /** Where the command begins that could not be read. */
  readonly offset: number;

  constructor(offset: number) {
    super(`no command at offset ${offset}`);
    this.offset = offset;
  }
}

const LF = 10;
const HASH = 35;
const DOLLAR = 36;
const STAR = 42;
const LONGEST_LINE = 1023; // Redis: lines are read into so many bytes.
const LONGEST_STRING = 2 ** 29 - 24; // V8 has none longer.
const NOTHING: Buffer = Buffer.alloc(0);

export class AofReader {
  /** The command that next() found. The array is used again: who keeps it takes a copy. */
  readonly argv: string[] = [];
  /** Where the last whole command ended, or the annotation behind it. */
  offset: number;

  private buf: Buffer = NOTHING;
  private at = 0;
  private before: number; // Bytes of the file that lay before `buf`.
  private readonly bytes: number;
  private waiting: Buffer[] = []; // Chunks that are not in `buf` yet.
  private waitingBytes = 0;
  private ended = false;
  private missing = 0; // Arguments still to come; 0 between commands.
  private filled = 0; // Arguments already in argv.
  private wanted = 0; // How many bytes from `at` on the last attempt needed.

  /** The first bytes it is fed are at `offset` of a file of so many `bytes`, if that is known. */
  constructor(offset: number, bytes = Number.POSITIVE_INFINITY) {
    this.offset = offset;
    this.before = offset;
    this.bytes = bytes;
  }

  /** Takes the next bytes of the file; they must not be changed afterwards. */
  feed(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.waiting.push(chunk);
    this.waitingBytes += chunk.length;
  }

  /** There are no more bytes: from now on next() never asks for any. */
  finish(): void {
    this.ended = true;
  }

  /** Reads on, and tells what it found. Throws an AofFormatError. */
  next(): number {
    for (;;) {
      if (!this.ready()) return MORE;
      const found = this.missing === 0 ? this.start() : this.argument();
      if (found === COMMAND || found === CUT) return found;
      if (found === MORE && this.ended && this.waitingBytes === 0) {
        return this.at === this.buf.length && this.missing === 0 ? END : CUT;
      }
    }
  }

  /** Whether another attempt makes sense by now. */
  private ready(): boolean {
    if (this.waitingBytes === 0) return this.ended || this.buf.length - this.at >= this.wanted;
    const here = this.buf.length - this.at;
    if (here >= this.wanted && this.wanted > 0) return true;
    if (here + this.waitingBytes < this.wanted && !this.ended) return false;
    if (here > 0) this.waiting.unshift(this.buf.subarray(this.at));
    this.before += this.at;
    this.buf = this.waiting.length === 1 ? this.waiting[0] : Buffer.concat(this.waiting);
    this.at = 0;
    this.waiting = [];
    this.waitingBytes = 0;
    return true;
  }

  /** The line that begins a command, or stands before it. Tells MORE if all is read, else -1. */
  private start(): number {
    const { buf, at } = this;
    if (at === buf.length) return this.short(1);
    const type = buf[at];
    if (type !== STAR && type !== HASH) throw this.broken();
    const end = this.lineEnd();
    if (end < 0) return MORE;
    this.at = end;
    this.wanted = 0;
    if (type === HASH) {
      this.offset = this.before + end;
      return PROCEED;
    }
    const count = this.number(at + 1);
    if (!(count >= 1)) throw this.broken();
    this.missing = count;
    this.filled = 0;
    return PROCEED;
  }

  private argument(): number {
    const { buf, at } = this;
    if (at === buf.length) return this.short(1);
    if (buf[at] !== DOLLAR) throw this.broken();
    const start = this.lineEnd();
    if (start < 0) return MORE;
    const length = this.number(at + 1);
    if (!(length >= 0)) throw this.broken();
    // Redis: what the two bytes behind an argument are, nobody asks.
    const end = start + length + 2;
    if (end > buf.length) return this.before + end > this.bytes ? CUT : this.short(end - at);
    if (length > LONGEST_STRING) throw this.broken();
    this.argv[this.filled++] = buf.latin1Slice(start, end - 2);
    this.at = end;
    this.wanted = 0;
    if (--this.missing > 0) return PROCEED;
    if (this.argv.length !== this.filled) this.argv.length = this.filled;
    this.offset = this.before + end;
    return COMMAND;
  }

  /** Where the line ends that begins here, its line end included; -1 if it has not come whole. */
  private lineEnd(): number {
    const { buf, at } = this;
    const most = Math.min(buf.length, at + LONGEST_LINE);
    for (let i = at + 1; i < most; i++) if (buf[i] === LF) return i + 1;
    if (most - at === LONGEST_LINE) throw this.broken();
    this.short(buf.length - at + 1);
    return -1;
  }

  // Redis: numbers are read as C's atoi reads them, up to the first byte that is no digit.
  private number(from: number): number {
    const { buf } = this;
    let i = from;
    let n = 0;
    for (let digit = buf[i] - 48; digit >= 0 && digit <= 9; digit = buf[++i] - 48) {
      n = n * 10 + digit;
    }
    return i > from ? n : Number.NaN;
  }

  private short(bytes: number): number {
    this.wanted = bytes;
    return MORE;
  }

  private broken(): AofFormatError {
    return new AofFormatError(this.offset);
  }
}

const PROCEED = -1;
