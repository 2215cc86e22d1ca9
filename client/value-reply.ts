// What a server in the same process says, as values: no bytes in between.
//
// It stands behind protocol/reply.ts as the writers of RESP do, and comes to the values that
// client/reply-parser.ts makes of their bytes in RESP3. Most replies are one value. Those inside
// of arrays gather in the innermost one that is open; when as many have come as it was announced
// with, it is closed, and is itself a value of the next one.

import type { Reply } from '../protocol/reply.ts';
import { ServerError } from './errors.ts';
import { mapOf, type ReplyValue } from './reply-parser.ts';
import { byteLength, textOf } from './text.ts';

const ARRAY = 0;
const MAP = 1;
const PUSH = 2;
const ATTRIBUTE = 3;
const OPEN = -1; // Of a collection whose end is told by endArray() and its like.
const DEPTH = 2 ** 32; // A mark is a depth, and how much is there at that depth.
const CR = 13;

/** An array or a map that is not complete yet. */
type Gathering = { kind: number; left: number; readonly items: ReplyValue[] };

export class ValueReply implements Reply {
  resp3 = true;
  /** The reply, once it is `complete`. */
  value: ReplyValue = null;
  complete = false;
  private bytes = false; // Whether strings are to be Buffers.
  private pushing = 0; // How many pushes are open: their strings are Buffers.
  private readonly open: Gathering[] = [];
  private readonly pushed: (items: ReplyValue[]) => void;

  /** `pushed` takes what is said though nobody asked for it. */
  constructor(pushed: (items: ReplyValue[]) => void) {
    this.pushed = pushed;
  }

  /** Forgets the last reply. */
  begin(bytes: boolean): void {
    this.bytes = bytes;
    this.forget();
  }

  private forget(): void {
    this.value = null;
    this.complete = false;
    this.pushing = 0;
    if (this.open.length !== 0) this.open.length = 0;
  }

  ok(): void {
    this.put('OK');
  }

  status(word: string): void {
    this.put(Buffer.from(word, 'latin1').utf8Slice());
  }

  error(line: string): void {
    this.put(new ServerError(Buffer.from(line, 'latin1').utf8Slice()));
  }

  int(n: number): void {
    // Adding 0 leaves no -0, which the wire does not know.
    this.put(Number.isSafeInteger(n) ? n + 0 : BigInt(n));
  }

  int64(n: bigint): void {
    const number = Number(n);
    this.put(Number.isSafeInteger(number) ? number : n);
  }

  bulk(bytes: string): void {
    if (this.bytes || this.pushing > 0) this.put(Buffer.from(bytes, 'latin1'));
    else if (byteLength(bytes) === bytes.length) this.put(bytes);
    else this.bulkBytes(Buffer.from(bytes, 'latin1'), 0, bytes.length);
  }

  bulkInt(n: number): void {
    this.bulk(String(n));
  }

  bulkBytes(bytes: Buffer, start: number, end: number): void {
    if (this.bytes || this.pushing > 0) this.put(Buffer.from(bytes.subarray(start, end)));
    else this.put(textOf(bytes, start, end));
  }

  bulks(spelt: Buffer, start: number, end: number, count: number): void {
    let at = start;
    for (let i = 0; i < count && at < end; i++) {
      let length = 0;
      for (at++; spelt[at] !== CR; at++) length = length * 10 + spelt[at]! - 48;
      at += 2;
      this.bulkBytes(spelt, at, at + length);
      at += length + 2;
    }
  }

  null(): void {
    this.put(null);
  }

  nullArray(): void {
    this.put(null);
  }

  array(length: number): void {
    this.gather(ARRAY, length);
  }

  map(pairs: number): void {
    this.gather(MAP, 2 * pairs);
  }

  set(length: number): void {
    this.gather(ARRAY, length);
  }

  push(length: number): void {
    this.pushing++;
    this.gather(PUSH, length);
  }

  attribute(pairs: number): void {
    this.gather(ATTRIBUTE, 2 * pairs);
  }

  double(n: number): void {
    this.put(n);
  }

  doubleText(digits: string): void {
    this.put(digits.endsWith('inf') ? (digits[0] === '-' ? -Infinity : Infinity) : Number(digits));
  }

  bool(value: boolean): void {
    this.put(value);
  }

  bigNumber(digits: string): void {
    this.put(BigInt(digits));
  }

  verbatim(_format: string, text: string): void {
    this.bulk(text);
  }

  beginArray(): number {
    const mark = this.mark();
    this.open.push({ kind: ARRAY, left: OPEN, items: [] });
    return mark;
  }

  endArray(): void {
    this.close();
  }

  endSet(): void {
    this.close();
  }

  endMap(): void {
    this.open[this.open.length - 1]!.kind = MAP;
    this.close();
  }

  mark(): number {
    const { length } = this.open;
    return length === 0 ? 0 : length * DEPTH + this.open[length - 1]!.items.length;
  }

  rewind(mark: number): void {
    if (mark === 0) return this.forget();
    this.open.length = Math.floor(mark / DEPTH);
    const last = this.open[this.open.length - 1]!;
    const kept = mark % DEPTH;
    if (last.left !== OPEN) last.left += last.items.length - kept;
    last.items.length = kept;
  }

  private gather(kind: number, length: number): void {
    this.open.push({ kind, left: length, items: [] });
    if (length === 0) this.close();
  }

  private put(value: ReplyValue): void {
    const { open } = this;
    if (open.length === 0) {
      this.value = value;
      this.complete = true;
      return;
    }
    const last = open[open.length - 1]!;
    last.items.push(value);
    if (last.left !== OPEN && --last.left === 0) this.close();
  }

  private close(): void {
    const { kind, items } = this.open.pop()!;
    if (kind === ARRAY) this.put(items);
    else if (kind === MAP) this.put(mapOf(items));
    else if (kind === PUSH) {
      this.pushing--;
      this.pushed(items);
    }
  }
}
