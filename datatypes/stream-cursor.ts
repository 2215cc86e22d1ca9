// A walk along the entries of a stream, from one ID to another, in either direction.
//
// A cursor stands on one entry at a time, and says what is there without taking it apart: IDs are
// numbers as long as they can be, and an entry goes straight from its listpack to whoever
// listens. A stream must not change while a cursor walks.

import { entryAfter, readEntry, readInteger } from './listpack.ts';
import type { Stream } from './stream.ts';
import { makeId, msOf, printId, seqOf, spelling } from './stream-id.ts';
import { DELETED, isWhole, SAME_FIELDS, type StreamNode } from './stream-node.ts';

/** Who an entry can be told: the part of a reply that it needs. */
export interface EntrySink {
  array(length: number): void;
  bulk(bytes: string): void;
  bulkInt(n: number): void;
  bulkBytes(bytes: Buffer, start: number, end: number): void;
  bulks(spelt: Buffer, start: number, end: number, count: number): void;
}

export class StreamCursor {
  /** How many fields the entry has. */
  fieldCount = 0;

  private readonly stream: Stream;
  private readonly reverse: boolean;
  private readonly from: string;
  private readonly to: string;
  // Their halves. Rounding them does no harm: what is compared with them is below 2^53.
  private readonly fromMs: number;
  private readonly fromSeq: number;
  private readonly toMs: number;
  private readonly toSeq: number;

  private index: number; // The node's, among those of the stream.
  private node: StreamNode | null;
  private names: string[] | null = null; // Of the master's fields, when they are asked for.

  private at = 0; // The entry,
  private next = 0; // the one behind it, if that is known, or 0;
  private data = 0; // its first field or value.
  private same = false;
  private ms = 0;
  private seq = 0;
  private wide: string | null = null; // Its ID, if numbers do not hold it.

  /** A cursor in front of the first entry with an ID in [from, to], or behind the last. */
  constructor(stream: Stream, from: string, to: string, reverse: boolean) {
    this.stream = stream;
    this.reverse = reverse;
    this.from = from;
    this.to = to;
    this.fromMs = msOf(from);
    this.fromSeq = seqOf(from);
    this.toMs = msOf(to);
    this.toSeq = seqOf(to);
    this.index = stream.nodeIndex(reverse ? to : from);
    if (this.index < 0 && !reverse) this.index = 0;
    this.node = stream.nodeAt(this.index);
    this.enter();
  }

  /** Moves to the next entry; false if there is none. */
  advance(): boolean {
    while (this.step()) {
      const node = this.node!;
      if ((node.pack[this.at] & DELETED) !== 0) continue;
      this.readId(node);
      if (this.reverse ? this.below() : this.above()) {
        this.node = null;
        return false;
      }
      if (this.reverse ? this.above() : this.below()) continue;
      const { pack } = node;
      this.same = (pack[this.at] & SAME_FIELDS) !== 0;
      if (this.same) {
        this.fieldCount = node.fieldCount;
      } else {
        this.fieldCount = readInteger(pack, this.data);
        this.data = entryAfter(pack, this.data);
      }
      return true;
    }
    return false;
  }

  /** The entry's ID. */
  get id(): string {
    return this.wide ?? makeId(this.ms, this.seq);
  }

  /** The entry's ID as people read it. */
  get printedId(): string {
    return this.wide === null ? `${this.ms}-${this.seq}` : printId(this.wide);
  }

  /** The entry's fields and values: field, value, field, value, ... */
  words(): string[] {
    const words: string[] = [];
    const { pack } = this.node!;
    let at = this.data;
    for (let i = 0; i < this.fieldCount; i++) {
      if (this.same) {
        words.push(this.masterFields()[i]);
      } else {
        words.push(readEntry(pack, at));
        at = entryAfter(pack, at);
      }
      words.push(readEntry(pack, at));
      at = entryAfter(pack, at);
    }
    return words;
  }

  /** Tells the entry as replies have it: its ID, and an array of fields and values. */
  emit(to: EntrySink): void {
    to.array(2);
    if (this.wide === null) {
      spelling.spell(this.ms, this.seq);
      to.bulks(spelling.bytes, spelling.start, spelling.end, 1);
    } else {
      to.bulk(printId(this.wide));
    }
    this.emitWords(to);
  }

  /** Tells the array of fields and values. */
  emitWords(to: EntrySink): void {
    const { fieldCount } = this;
    const { pack } = this.node!;
    let at = this.data;
    to.array(fieldCount * 2);
    if (this.same) {
      const names = this.masterFields();
      for (let i = 0; i < fieldCount; i++) {
        to.bulk(names[i]);
        at = emitElement(pack, at, to);
      }
    } else {
      for (let i = 0; i < fieldCount * 2; i++) at = emitElement(pack, at, to);
    }
    if (!this.reverse) this.next = entryAfter(pack, at);
  }

  private masterFields(): string[] {
    this.names ??= this.node!.fields();
    return this.names;
  }

  /** Moves to the next entry, deleted or not. */
  private step(): boolean {
    for (let { node } = this; node !== null; node = this.node) {
      if (this.reverse) {
        this.at = node.before(this.at);
        if (this.at >= 0) return true;
        this.index--;
      } else {
        this.at = this.next !== 0 ? this.next : node.after(this.at);
        this.next = 0;
        if (this.at < node.bytes - 1) return true;
        this.index++;
      }
      this.node = this.stream.nodeAt(this.index);
      this.enter();
    }
    return false;
  }

  private enter(): void {
    const { node } = this;
    if (node === null) return;
    this.names = null;
    if (this.reverse) this.at = node.bytes - 1;
    else this.next = node.live;
  }

  private readId(node: StreamNode): void {
    const { pack } = node;
    const msAt = this.at + 2; // Flags take two bytes.
    const seqAt = entryAfter(pack, msAt);
    this.data = entryAfter(pack, seqAt);
    this.ms = node.ms + readInteger(pack, msAt);
    this.seq = node.seq + readInteger(pack, seqAt);
    const exact = node.safe && isWhole(this.ms) && isWhole(this.seq);
    this.wide = exact ? null : node.idAt(this.at);
  }

  private below(): boolean {
    if (this.wide !== null) return this.wide < this.from;
    return this.ms < this.fromMs || (this.ms === this.fromMs && this.seq < this.fromSeq);
  }

  private above(): boolean {
    if (this.wide !== null) return this.wide > this.to;
    return this.ms > this.toMs || (this.ms === this.toMs && this.seq > this.toSeq);
  }
}

/** Tells one element of a listpack; returns the offset behind it. */
function emitElement(pack: Buffer, at: number, to: EntrySink): number {
  const first = pack[at];
  if (first >= 0x80 && first < 0xc0) {
    const end = at + 1 + (first & 0x3f);
    to.bulkBytes(pack, at + 1, end);
    return end + 1;
  }
  const next = entryAfter(pack, at);
  if (first >= 0xe0 && first <= 0xf0) {
    const head = first === 0xf0 ? 5 : 2;
    const length = first === 0xf0 ? pack.readUInt32LE(at + 1) : ((first & 15) << 8) | pack[at + 1];
    to.bulkBytes(pack, at + head, at + head + length);
  } else if (first === 0xf4) {
    to.bulk(readEntry(pack, at));
  } else {
    to.bulkInt(readInteger(pack, at));
  }
  return next;
}
