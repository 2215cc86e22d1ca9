// Bytes that a server sends -> values of JavaScript.
//
// A reply may arrive in any number of pieces. What is whole is never read again: arrays and maps
// that are not complete wait on a stack with what they have so far, and only the last piece of a
// line or of a bulk string is kept over to the next chunk. A bulk string that is longer than a
// chunk is gathered as a list of chunks and joined once.
//
//   *2        a frame on the stack: 2 to come
//   $3 foo    -> 'foo', its first
//   $5 he     incomplete: kept, until more comes
//
// Text is UTF-8. Bytes that are not become no U+FFFD: they are a NotText, which rejects the call
// they answer; whoever wants bytes asks for them. Integers beyond 2^53 are bigints.
//
// Specification: RESP3 (which holds RESP2's types), github.com/redis/redis-specifications.

import { type NotTextError, ProtocolError, ServerError } from './errors.ts';
import { textOf } from './text.ts';

/** What a server can say. Errors inside of arrays are values; an error by itself rejects. */
export type ReplyValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Buffer
  | Error
  | ReplyValue[]
  | Map<ReplyValue, ReplyValue>;

export interface ReplySink {
  /** A whole reply came. A ServerError or NotTextError stands for itself. */
  reply(value: ReplyValue): void;
  /** Something came that nobody asked for. */
  push(items: ReplyValue[]): void;
}

const CR = 0x0d;
const LF = 0x0a;
const MINUS = 0x2d;
const NONE = Buffer.alloc(0);

// What the next line begins with.
const SIMPLE = 0x2b; // +
const ERROR = 0x2d; // -
const INTEGER = 0x3a; // :
const BULK = 0x24; // $
const ARRAY = 0x2a; // *
const NULL = 0x5f; // _
const BOOLEAN = 0x23; // #
const DOUBLE = 0x2c; // ,
const BIG_NUMBER = 0x28; // (
const BULK_ERROR = 0x21; // !
const VERBATIM = 0x3d; // =
const MAP = 0x25; // %
const ATTRIBUTE = 0x7c; // |
const SET = 0x7e; // ~
const PUSH = 0x3e; // >

/** An array or a map of which something is still to come. */
class Frame {
  readonly type: number;
  left: number;
  readonly items: ReplyValue[] = [];

  constructor(type: number, left: number) {
    this.type = type;
    this.left = left;
  }
}

const INCOMPLETE = Symbol('incomplete');

export class ReplyParser {
  /** Whether strings of the reply that comes next are to be Buffers. The sink may change it. */
  bytes = false;
  private readonly sink: ReplySink;
  private readonly stack: Frame[] = [];
  private buffer: Buffer = NONE;
  private at = 0;
  private end = 0;
  private kept: Buffer[] = []; // Of an incomplete line or string, what came so far.
  private keptLength = 0;
  private wanted = 0; // Bytes that it takes to go on; 0 if nobody can tell.
  private pushing = false; // A push is coming: its strings are Buffers, for who listens to decide.

  constructor(sink: ReplySink) {
    this.sink = sink;
  }

  /**
   * Takes the first `length` bytes of a chunk, which may be written to again afterwards. Throws a
   * ProtocolError at what no server says; the parser is of no use after that.
   */
  execute(chunk: Buffer, length: number = chunk.length): void {
    let from = 0;
    while (this.keptLength !== 0 && from < length) from = this.complete(chunk, from, length);
    if (from < length) this.parse(chunk, from, length);
  }

  /** Adds to what was kept no more than it lacks, and reads that. Where the rest begins. */
  private complete(chunk: Buffer, from: number, length: number): number {
    let to = length;
    if (this.wanted !== 0) to = Math.min(length, from + this.wanted - this.keptLength);
    else {
      const end = chunk.indexOf(LF, from);
      if (end >= 0 && end < length) to = end + 1;
    }
    this.kept.push(Buffer.from(chunk.subarray(from, to)));
    this.keptLength += to - from;
    if (this.keptLength >= this.wanted) {
      const whole = Buffer.concat(this.kept, this.keptLength);
      this.kept = [];
      this.keptLength = 0;
      this.parse(whole, 0, whole.length);
    }
    return to;
  }

  private parse(buffer: Buffer, from: number, end: number): void {
    this.buffer = buffer;
    this.at = from;
    this.end = end;
    this.wanted = 0;
    while (this.at < this.end) {
      const start = this.at;
      const value = this.readOne();
      if (value === INCOMPLETE) {
        this.keep(start);
        break;
      }
      if (value !== undefined) this.take(value);
    }
    this.buffer = NONE;
  }

  private keep(start: number): void {
    if (this.wanted !== 0) this.wanted -= start;
    this.kept.push(Buffer.from(this.buffer.subarray(start, this.end)));
    this.keptLength = this.end - start;
  }

  /** Puts a value where it belongs, and with it whatever it completes. */
  private take(value: ReplyValue): void {
    const { stack, sink } = this;
    let whole = value;
    for (;;) {
      const frame = stack.at(-1);
      if (frame === undefined) return sink.reply(whole);
      frame.items.push(whole);
      if (--frame.left !== 0) return;
      stack.pop();
      if (frame.type === ATTRIBUTE) return;
      if (frame.type === PUSH) {
        this.pushing = false;
        return sink.push(frame.items);
      }
      whole = frame.type === MAP ? mapOf(frame.items) : frame.items;
    }
  }

  /** A value; undefined where an array or a map has begun. */
  private readOne(): ReplyValue | undefined | typeof INCOMPLETE {
    const type = this.buffer[this.at++]!;
    switch (type) {
      case BULK:
        return this.readBulk(false);
      case INTEGER:
        return this.readInteger();
      case ARRAY:
      case SET:
      case MAP:
      case PUSH:
      case ATTRIBUTE:
        return this.readHead(type);
      case SIMPLE: {
        const line = this.readLine();
        return line === null ? INCOMPLETE : line;
      }
      case VERBATIM:
        return this.readBulk(true);
      case BULK_ERROR:
        return this.readBulkError();
      default:
        return this.readWord(type);
    }
  }

  private readWord(type: number): ReplyValue | typeof INCOMPLETE {
    const line = this.readLine();
    if (line === null) return INCOMPLETE;
    if (type === ERROR) return new ServerError(line);
    if (type === NULL) return null;
    if (type === BOOLEAN) return line === 't';
    if (type === DOUBLE) return readDouble(line);
    if (type === BIG_NUMBER) return BigInt(line);
    throw new ProtocolError(`a reply begins with byte ${type}`);
  }

  /** A line without its end, or null if its end has not come. */
  private readLine(): string | null {
    const { buffer, at } = this;
    let i = at;
    while (i < this.end && buffer[i] !== CR) i++;
    if (i + 2 > this.end) return null;
    this.at = i + 2;
    return buffer.utf8Slice(at, i);
  }

  /** An integer's line, as a number or, beyond 2^53, a bigint. */
  private readInteger(): number | bigint | typeof INCOMPLETE {
    const { buffer, at } = this;
    let i = at;
    let value = 0;
    const negative = buffer[i] === MINUS;
    if (negative) i++;
    for (; i < this.end; i++) {
      const byte = buffer[i]!;
      if (byte === CR) break;
      value = value * 10 + (byte - 48);
    }
    if (i + 2 > this.end) return INCOMPLETE;
    this.at = i + 2;
    if (value > Number.MAX_SAFE_INTEGER) return BigInt(buffer.latin1Slice(at, i));
    if (!(value >= 0)) throw new ProtocolError('an integer is not one');
    return negative ? -value : value;
  }

  private readHead(type: number): ReplyValue | undefined | typeof INCOMPLETE {
    const count = this.readInteger();
    if (count === INCOMPLETE) return INCOMPLETE;
    if (count === -1 && type === ARRAY) return null;
    const pairs = type === MAP || type === ATTRIBUTE;
    if (typeof count === 'bigint' || count < 0) throw new ProtocolError('a length is not one');
    if (count > 0) {
      if (type === PUSH) this.pushing = true;
      this.stack.push(new Frame(type, pairs ? 2 * count : count));
      return undefined;
    }
    if (type === ATTRIBUTE) return undefined;
    return type === MAP ? new Map() : [];
  }

  private readBulk(verbatim: boolean): string | Buffer | null | NotTextError | typeof INCOMPLETE {
    const length = this.readInteger();
    if (length === INCOMPLETE) return INCOMPLETE;
    if (length === -1) return null;
    const start = this.at;
    const stop = start + Number(length);
    if (stop + 2 > this.end) {
      this.wanted = stop + 2;
      return INCOMPLETE;
    }
    this.at = stop + 2;
    // Verbatim: 'txt:' or 'mkd:' comes before the text.
    const from = verbatim ? start + 4 : start;
    if (this.bytes || this.pushing) return Buffer.from(this.buffer.subarray(from, stop));
    return textOf(this.buffer, from, stop);
  }

  private readBulkError(): ServerError | typeof INCOMPLETE {
    const text = this.readBulk(false);
    return text === INCOMPLETE ? INCOMPLETE : new ServerError(String(text));
  }
}

function readDouble(word: string): number {
  if (word === 'inf') return Infinity;
  if (word === '-inf') return -Infinity;
  return Number(word); // 'nan' and '-nan' become NaN, whose sign nobody sees.
}

export function mapOf(items: ReplyValue[]): Map<ReplyValue, ReplyValue> {
  const map = new Map<ReplyValue, ReplyValue>();
  for (let i = 0; i < items.length; i += 2) map.set(items[i]!, items[i + 1]!);
  return map;
}
