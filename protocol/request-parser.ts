// Requests: bytes -> argv, resumable at any byte.
//
// A request is a RESP array of bulk strings, or one line of words (an "inline
// command", for people with telnet). The server reads all sockets into one shared
// buffer, so the parser works in two ways:
//
//   feed(chunk)   next() next() next()    keep()
//
// As long as requests lie wholly inside the chunk they are read in place, and nothing
// is copied but the arguments themselves. keep() saves what is left of an unfinished
// request into `kept`; the next chunk is appended to that. An argument too large for
// that to be sensible (BIG) is collected in a buffer of its own, so each of its bytes
// is copied once, however many chunks it takes.
//
// Whoever has sent one request in pieces will send more, so `kept` stays, at least
// PRIVATE long, and a big argument's buffer takes its place if it is larger. trim(), which
// the server calls from time to time, makes it smaller when it has not been needed of late.
//
// Limits, all Redis's own: 64 KB for a line, 2^31-1 arguments, `maxBulk` bytes for one;
// before AUTH ten arguments of 16 KB. What breaks them is a protocol error, after which
// the connection closes: there is no way to know where the next request starts.
// Specification: https://redis.io/docs/latest/develop/reference/protocol-spec

import './byte-string.ts';
import { oneLine } from './errors.ts';
import { isInt64 } from './numbers.ts';
import { splitWords } from './words.ts';

const CR = 13;
const LF = 10;
const STAR = 42;
const DOLLAR = 36;
const ZERO = 48;

const LINE_MAX = 64 * 1024; // Redis: PROTO_INLINE_MAX_SIZE.
const BIG = 32 * 1024; // Redis: PROTO_MBULK_BIG_ARG.
const ARGUMENTS_MAX = 0x7fffffff;
// Unlike Redis: an argument ends 24 bytes short of 512 MB, where V8's strings end.
const STRING_MAX = 0x1fffffe8;
const UNAUTHENTICATED_ARGUMENTS_MAX = 10;
const UNAUTHENTICATED_BULK_MAX = 16 * 1024;
const NOTHING: Buffer = Buffer.alloc(0);

const PRIVATE = 16 * 1024; // Redis: PROTO_IOBUF_LEN. The least that `kept` is made for.
const SPACIOUS = 32 * 1024; // Redis: PROTO_RESIZE_THRESHOLD. Up to here trim() does not care.
const SPARE = 4 * 1024; // Less unused room than this is not worth the copy.
// Unlike Redis: a client's word for a length is taken, and room for it kept, only up to here.
// The room for an argument of 500 MB grows as its bytes come.
const BELIEVED = 1024 * 1024;
const HARMLESS = 128 * 1024; // Up to here, everybody's word is taken at any time.
const FIRST_ROOM = 16 * 1024; // For who is not believed.

/** What next() found. */
export const MORE = 0; // No whole request yet: feed the next chunk.
export const READY = 1; // One request, in argv.
export const BROKEN = 2; // Not the protocol: `problem` says how. The connection is lost.
export const PIECE = 3; // `mostAtOnce` arguments of a request: call next() again for the others.

export class RequestParser {
  /**
   * The request that next() found. The array is used again for the next one: who keeps
   * it takes a copy.
   */
  readonly argv: string[] = [];
  /** The error line for a client that broke the protocol; '' if it has not. */
  problem = '';
  /** Redis: proto-max-bulk-len, in bytes. */
  maxBulk = 512 * 1024 * 1024;
  /**
   * So many bytes are still made room for on nothing but somebody's word. Those who share it fill
   * it up from time to time: lengths that are announced and never sent keep the collector busy.
   */
  trust = { left: Number.POSITIVE_INFINITY };
  /** So many arguments of a request are read at once, so that others may have their turn. */
  mostAtOnce = ARGUMENTS_MAX;
  /** Whether the client has passed AUTH; before that, limits are tighter. */
  trusted = true;

  private buf: Buffer = NOTHING;
  private pos = 0;
  private end = 0;
  private kept: Buffer = NOTHING; // Owns the bytes of an unfinished request; may have room behind.
  private keptEnd = 0;

  private missing = 0; // Arguments still to come; 0 between requests.
  private filled = 0; // Arguments already in argv.
  private bulk = -1; // Length of the argument under way; -1 before its header was read.
  private big: Buffer | null = null; // The argument under way, if it is a big one,
  private bigEnd = 0; // and how much of it has come. May lie in `kept`, which is free then.
  private peak = 0; // The most room that was needed since trim() was last called.

  /** Bytes received that belong to a request which is not complete. */
  get pending(): number {
    return this.end - this.pos + this.bigEnd;
  }

  /** Bytes of memory held for requests that are not complete. */
  get held(): number {
    const { big, kept } = this;
    return kept.length + (big === null || big === kept ? 0 : big.length);
  }

  /** Bytes of unused room in what is held. */
  get room(): number {
    return this.held - this.keptEnd - this.bigEnd;
  }

  /**
   * Gives up room that has not been needed since the last call; all of it for a client that
   * has long been `idle`.
   */
  trim(idle: boolean): void {
    if (this.pos === this.end) this.keptEnd = 0; // A client that waited has read on since keep().
    if (this.room > SPARE) {
      if (idle) this.shrink(this.keptEnd, this.bigEnd);
      else if (this.held > SPACIOUS && this.held / 2 > this.peak) {
        this.shrink(Math.max(this.peak, PRIVATE), this.bulk + 2);
      }
    }
    this.peak = this.big === null ? this.keptEnd : Math.max(this.keptEnd, this.bulk + 2);
  }

  /** Gives the parser a chunk, which stays the caller's: call keep() before it changes. */
  feed(chunk: Buffer, length: number): void {
    if (this.end === this.pos) {
      this.buf = chunk;
      this.pos = 0;
      this.end = length;
      return;
    }
    // Here buf is always `kept`: keep() saw to it.
    const wanted = this.end - this.pos + length;
    if (wanted > this.peak) this.peak = wanted;
    if (this.keptEnd + length > this.kept.length) {
      const roomy = wanted * 2 <= this.kept.length ? this.kept : Buffer.allocUnsafeSlow(wanted * 2);
      this.kept.copy(roomy, 0, this.pos, this.end);
      this.kept = roomy;
      this.end -= this.pos;
      this.pos = 0;
    }
    chunk.copy(this.kept, this.end, 0, length);
    this.end += length;
    this.keptEnd = this.end;
    this.buf = this.kept;
  }

  /** Saves what is left of the chunk, so that the caller may use its buffer again. */
  keep(): void {
    if (this.pos === this.end) {
      this.keptEnd = 0;
      this.buf = NOTHING;
      this.pos = 0;
      this.end = 0;
    } else if (this.buf !== this.kept) {
      const left = this.end - this.pos;
      if (left > this.peak) this.peak = left;
      if (left > this.kept.length) this.kept = Buffer.allocUnsafeSlow(Math.max(left, PRIVATE));
      this.buf.copy(this.kept, 0, this.pos, this.end);
      this.buf = this.kept;
      this.pos = 0;
      this.end = left;
      this.keptEnd = left;
    }
  }

  /** Reads one request into argv: MORE, READY, BROKEN or PIECE. */
  next(): number {
    for (;;) {
      if (this.missing === 0) {
        if (this.pos >= this.end) return MORE;
        if (this.buf[this.pos] !== STAR) {
          const found = this.inline();
          if (found !== READY || this.argv.length > 0) return found;
          continue; // An empty line is no request.
        }
        const count = this.number('multibulk length', 'mbulk count string', ARGUMENTS_MAX);
        if (count === undefined) return this.problem === '' ? MORE : BROKEN;
        if (count > UNAUTHENTICATED_ARGUMENTS_MAX && !this.trusted) {
          return this.broken('unauthenticated multibulk length');
        }
        if (count <= 0) continue; // Redis: an array of nothing is no request.
        this.missing = count;
        this.filled = 0;
      }
      const left = Math.max(0, this.missing - this.mostAtOnce);
      while (this.missing > left) {
        const found = this.argument();
        if (found !== READY) return found;
      }
      if (left > 0) return PIECE;
      if (this.argv.length !== this.filled) this.argv.length = this.filled;
      return READY;
    }
  }

  private argument(): number {
    if (this.big !== null) return this.more(this.big);
    if (this.bulk < 0) {
      if (this.pos >= this.end) return MORE;
      // Redis: the line end is looked for before the '$', so a wrong type byte
      // is noticed only once its line is complete.
      const length = this.bulkLength();
      if (length === undefined) return this.problem === '' ? MORE : BROKEN;
      this.bulk = length;
    }
    const start = this.pos;
    const stop = start + this.bulk;
    if (stop + 2 > this.end) {
      if (this.bulk >= BIG) {
        this.bigEnd = 0;
        this.big = this.roomForBig(this.bulk + 2);
        return this.more(this.big);
      }
      return MORE;
    }
    this.argv[this.filled] =
      this.filled === 0 ? nameAt(this.buf, start, stop) : this.buf.latin1Slice(start, stop);
    this.argued(stop + 2);
    return READY;
  }

  private argued(pos: number): void {
    this.pos = pos;
    this.filled++;
    this.missing--;
    this.bulk = -1;
  }

  private believes(length: number): boolean {
    if (length <= HARMLESS) return true;
    if (length > BELIEVED + 2 || this.trust.left < length) return false;
    this.trust.left -= length;
    return true;
  }

  private roomForBig(length: number): Buffer {
    if (length > this.peak) this.peak = length;
    if (length <= this.kept.length && this.buf !== this.kept) {
      this.keptEnd = 0;
      return this.kept;
    }
    return Buffer.allocUnsafeSlow(this.believes(length) ? length : FIRST_ROOM);
  }

  /** Keeps another buffer for later; the bytes that are still being read stay where they are. */
  private replaceKept(buffer: Buffer): void {
    this.kept = buffer;
    this.keptEnd = 0;
  }

  /** Cuts `kept` and `big` down to so many bytes, or to what they hold if that is more. */
  private shrink(keptBytes: number, bigBytes: number): void {
    const { big, kept } = this;
    if (big !== null) {
      // What is between two chunks is all in `big`: `kept` is empty, or the same.
      const length = Math.max(bigBytes, this.bigEnd);
      if (length < big.length) this.big = copyOf(big, this.bigEnd, length);
      this.replaceKept(big === kept ? this.big! : NOTHING);
    } else if (keptBytes < kept.length) {
      this.kept = copyOf(kept, this.keptEnd, Math.max(keptBytes, this.keptEnd));
      if (this.buf === kept) this.buf = this.kept;
    }
  }

  /** Goes on collecting a big argument, with its line end. */
  private more(big: Buffer): number {
    const total = this.bulk + 2;
    const length = Math.min(total - this.bigEnd, this.end - this.pos);
    if (this.bigEnd + length > big.length) {
      const larger = Buffer.allocUnsafeSlow(
        Math.min(total, Math.max(big.length * 2, this.bigEnd + length)),
      );
      big.copy(larger, 0, 0, this.bigEnd);
      big = larger;
      this.big = big;
    }
    this.buf.copy(big, this.bigEnd, this.pos, this.pos + length);
    this.pos += length;
    this.bigEnd += length;
    if (this.bigEnd < total) return MORE;
    this.argv[this.filled] = big.latin1Slice(0, this.bulk);
    this.big = null;
    this.bigEnd = 0;
    if (big.length > this.kept.length && big.length <= BELIEVED + 2) this.replaceKept(big);
    this.argued(this.pos);
    return READY;
  }

  private bulkLength(): number | undefined {
    const type = this.buf[this.pos];
    if (type !== DOLLAR) {
      const line = this.line(CR);
      if (line === undefined) return this.tooLong('bulk count string');
      if (this.pos + line.length + 1 >= this.end) return undefined;
      this.broken(oneLine(`expected '$', got '${String.fromCharCode(type)}'`));
      return undefined;
    }
    const limit = Math.min(this.maxBulk, STRING_MAX);
    const length = this.number('bulk length', 'bulk count string', limit);
    if (length === undefined) return undefined;
    if (length < 0) {
      this.broken('invalid bulk length');
      return undefined;
    }
    if (length > UNAUTHENTICATED_BULK_MAX && !this.trusted) {
      this.broken('unauthenticated bulk length');
      return undefined;
    }
    return length;
  }

  /** A header's number: undefined if its line is not complete, or `problem` is set. */
  private number(what: string, where: string, limit: number): number | undefined {
    const buf = this.buf;
    const end = this.end;
    let at = this.pos + 1;
    let n = 0;
    let digit = at < end ? buf[at] - ZERO : -1;
    const first = digit;
    while (digit >= 0 && digit <= 9) {
      n = n * 10 + digit;
      if (++at >= end) break;
      digit = buf[at] - ZERO;
    }
    if (at + 1 < end && buf[at] === CR && n <= limit) {
      // One digit at least, and no zero in front of others.
      const digits = at - this.pos - 1;
      if (digits === 1 || (digits > 1 && digits < 16 && first !== 0)) {
        this.pos = at + 2;
        return n;
      }
    }
    return this.oddNumber(what, where, limit);
  }

  private oddNumber(what: string, where: string, limit: number): number | undefined {
    const line = this.line(CR);
    if (line === undefined) return this.tooLong(where);
    const next = this.pos + line.length + 2;
    if (next > this.end) return undefined; // Redis: wait for the LF, unseen as it goes.
    const digits = line.slice(1);
    const n = isInt64(digits) ? Number(digits) : Number.NaN;
    if (!(n <= limit)) {
      this.broken(`invalid ${what}`);
      return undefined;
    }
    this.pos = next;
    return n;
  }

  private tooLong(where: string): undefined {
    if (this.end - this.pos > LINE_MAX) this.broken(`too big ${where}`);
    return undefined;
  }

  /**
   * What comes before the next line end (its first byte is given), or undefined if that has not
   * come. Redis: a line with a NUL in it never ends, because C's strings end there.
   */
  private line(lineEnd: number): string | undefined {
    const at = this.buf.indexOf(lineEnd, this.pos);
    if (at < 0 || at >= this.end) return undefined;
    const line = this.buf.latin1Slice(this.pos, at);
    return line.includes('\0') ? undefined : line;
  }

  private inline(): number {
    const line = this.line(LF);
    if (line === undefined) {
      if (this.end - this.pos > LINE_MAX) return this.broken('too big inline request');
      return MORE;
    }
    const words = splitWords(line.endsWith('\r') ? line.slice(0, -1) : line);
    if (words === undefined) return this.broken('unbalanced quotes in request');
    this.pos += line.length + 1;
    this.argv.length = words.length;
    for (let i = 0; i < words.length; i++) this.argv[i] = words[i];
    return READY;
  }

  private broken(how: string): number {
    this.problem = `ERR Protocol error: ${how}`;
    return BROKEN;
  }
}

// Command names come again and again, in one spelling or another. A small memory of
// the last ones, by a hash of their bytes, saves making the string each time
// (bench/micro/command-name.ts). It only ever answers with the very bytes asked for.
const NAMES = 1024; // A power of two.
const NAME_MAX = 24;
const names: string[] = new Array<string>(NAMES).fill('');

function copyOf(buffer: Buffer, used: number, length: number): Buffer {
  if (length === 0) return NOTHING;
  const copy = Buffer.allocUnsafeSlow(length);
  buffer.copy(copy, 0, 0, used);
  return copy;
}

function nameAt(buf: Buffer, start: number, stop: number): string {
  const length = stop - start;
  if (length > NAME_MAX) return buf.latin1Slice(start, stop);
  let hash = length;
  for (let i = start; i < stop; i++) hash = (Math.imul(hash, 31) + buf[i]) | 0;
  const slot = (hash ^ (hash >>> 10)) & (NAMES - 1);
  const known = names[slot];
  if (known.length === length) {
    let i = 0;
    while (i < length && known.charCodeAt(i) === buf[start + i]) i++;
    if (i === length) return known;
  }
  const name = buf.latin1Slice(start, stop);
  names[slot] = name;
  return name;
}
