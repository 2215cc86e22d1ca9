// One node of a stream: entries that follow each other, in a listpack as Redis has it, byte for
// byte, so that a file, DUMP and a stream in memory are the same thing.
//
//   master   count, deleted, number of fields, field, field, ..., 0
//   entry    flags, ms, seq, [number of fields], [field,] value, ..., number of elements
//   entry    ...
//
// The node's ID is that of its first entry, and IDs inside are kept as differences from it. The
// master names the fields of the first entry; another entry with the same fields in the same
// order says so in its flags, and has values only. The number at an entry's end says how
// many elements to go back to its flags, for those who come from the end; 0 is the master.
//
// An entry that is deleted stays where it is, with a flag; count and deleted tell how many there
// are of either sort. Of the bytes behind the listpack some are room, while entries are still
// added. The bytes of fields and values never move within a buffer, because a reply may
// still have to send them: what must be moved is moved to a buffer of its own.

import {
  END_MARK,
  entryAfter,
  entryBefore,
  FIRST_ENTRY,
  numberBytes,
  readEntry,
  readInteger,
  writeEntry,
  writeNumber,
} from './listpack.ts';
import { isSafe, makeId, msOf, seqOf, wideId, wideMs, wideSeq } from './stream-id.ts';
import { BUFFER, OBJECT, stringBytes, WORD } from './weight.ts';

/** The flags of an entry. */
export const DELETED = 1;
export const SAME_FIELDS = 2;

const MASTER_ELEMENTS = 4; // Beside the fields.
const LONGEST_FRAME = 10; // What goes around an element's own bytes, at most.
const MANY = 0xffff; // A listpack's way of saying that somebody has to count.
const LEAST_ROOM = 128;
const SPARE = 16; // One part in so many of a node may stay unused.
const NODE_BYTES = OBJECT + 14 * WORD + BUFFER + stringBytes(16); // With its ID.

export class StreamNode {
  /** The ID of its first entry, deleted or not, */
  readonly id: string;
  /** and its halves, exactly if it is safe. */
  readonly ms: number;
  readonly seq: number;
  readonly safe: boolean;
  /** The listpack, and some room behind it. */
  pack: Buffer;
  /** What its stream counts it as (stream.ts). */
  counted = 0;
  /** How many bytes of it are the listpack. */
  bytes: number;
  /** How many entries there are that are not deleted, and how many that are. */
  count = 0;
  deleted = 0;
  /** How many fields the master names. */
  readonly fieldCount: number;
  /** Where the first entry begins, */
  first: number;
  /** and one before which all are deleted. */
  live: number;

  private constructor(id: string, pack: Buffer, bytes: number) {
    this.id = id;
    this.ms = msOf(id);
    this.seq = seqOf(id);
    this.safe = isSafe(id);
    this.pack = pack;
    this.bytes = bytes;
    let at = FIRST_ENTRY;
    this.count = readInteger(pack, at);
    at = entryAfter(pack, at);
    this.deleted = readInteger(pack, at);
    at = entryAfter(pack, at);
    this.fieldCount = readInteger(pack, at);
    this.first = skip(pack, at, this.fieldCount + 2);
    this.live = this.first;
  }

  /**
   * A node without entries yet, whose master has every other one of the words from `from` on:
   * those are field, value, field, value, ... It is expected to grow to so many bytes.
   */
  static start(id: string, words: readonly string[], from: number, expected: number): StreamNode {
    const fields = (words.length - from) / 2;
    let room = (MASTER_ELEMENTS + fields + 1) * LONGEST_FRAME;
    for (let i = from; i < words.length; i += 2) room += words[i].length;
    const pack = Buffer.allocUnsafeSlow(Math.max(room, expected, LEAST_ROOM));
    let at = writeNumber(pack, FIRST_ENTRY, 0);
    at = writeNumber(pack, at, 0);
    at = writeNumber(pack, at, fields);
    for (let i = from; i < words.length; i += 2) at = writeEntry(pack, at, words[i]);
    at = writeNumber(pack, at, 0);
    pack[at] = END_MARK;
    writeHeader(pack, at + 1, MASTER_ELEMENTS + fields);
    return new StreamNode(id, pack, at + 1);
  }

  /** The node of a listpack that a file or another server has; the bytes become its own. */
  static of(id: string, pack: Buffer): StreamNode {
    return new StreamNode(id, pack, pack.length);
  }

  /** How many entries there are, deleted ones included. */
  get entries(): number {
    return this.count + this.deleted;
  }

  /** The names of the master's fields. */
  fields(): string[] {
    const names: string[] = [];
    const { pack } = this;
    let at = skip(pack, FIRST_ENTRY, 3);
    for (let i = 0; i < this.fieldCount; i++, at = entryAfter(pack, at)) {
      names.push(readEntry(pack, at));
    }
    return names;
  }

  /**
   * Adds an entry with an ID above all others: its halves, and all of it if it is not safe, or
   * null. `words` from `from` on are field, value, ... and `same` says whether the fields are the
   * master's.
   */
  append(
    ms: number,
    seq: number,
    wide: string | null,
    words: readonly string[],
    from: number,
    same: boolean,
  ): void {
    const fields = (words.length - from) / 2;
    const elements = same ? fields + 3 : 2 * fields + 4;
    let needed = (elements + 2) * LONGEST_FRAME;
    for (let i = from + (same ? 1 : 0); i < words.length; i += same ? 2 : 1) {
      needed += words[i].length;
    }
    if (this.bytes + needed > this.pack.length) this.grow(this.bytes + needed);
    this.setCounts(this.count + 1, this.deleted);
    const { pack } = this;
    let at = writeNumber(pack, this.bytes - 1, same ? SAME_FIELDS : 0);
    if (this.safe && wide === null) {
      at = writeNumber(pack, at, ms - this.ms);
      at = writeNumber(pack, at, seq - this.seq);
    } else {
      const id = wide ?? makeId(ms, seq);
      at = writeEntry(pack, at, signed(wideMs(id) - wideMs(this.id)));
      at = writeEntry(pack, at, signed(wideSeq(id) - wideSeq(this.id)));
    }
    if (same) {
      for (let i = from + 1; i < words.length; i += 2) at = writeEntry(pack, at, words[i]);
    } else {
      at = writeNumber(pack, at, fields);
      for (let i = from; i < words.length; i++) at = writeEntry(pack, at, words[i]);
    }
    at = writeNumber(pack, at, elements);
    pack[at] = END_MARK;
    this.bytes = at + 1;
    writeHeader(pack, at + 1, (pack[4] | (pack[5] << 8)) + elements + 1);
  }

  /** The ID of the entry at an offset. */
  idAt(at: number): string {
    const { pack, id } = this;
    at = entryAfter(pack, at);
    const next = entryAfter(pack, at);
    const ms = this.ms + readInteger(pack, at);
    const seq = this.seq + readInteger(pack, next);
    if (this.safe && isWhole(ms) && isWhole(seq)) return makeId(ms, seq);
    const wide = (at: number) => BigInt(readEntry(pack, at));
    return wideId(wideMs(id) + wide(at), wideSeq(id) + wide(next));
  }

  /** Where the entry behind the one at an offset begins; at the end, the end's mark. */
  after(at: number): number {
    const { pack } = this;
    const flags = pack[at];
    at = skip(pack, at, 3);
    if ((flags & SAME_FIELDS) !== 0) return skip(pack, at, this.fieldCount + 1);
    return skip(pack, at, readInteger(pack, at) * 2 + 2);
  }

  /** Where the entry that ends before an offset begins, or -1 if that is the master. */
  before(at: number): number {
    const { pack } = this;
    at = entryBefore(pack, at);
    let elements = readInteger(pack, at);
    if (elements === 0) return -1;
    while (elements-- > 0) at = entryBefore(pack, at);
    return at;
  }

  /** The ID of its last entry, deleted or not. */
  lastId(): string {
    return this.idAt(this.before(this.bytes - 1));
  }

  /** Where the entry with an ID begins, or -1 if there is none that is not deleted. */
  find(id: string): number {
    const { pack } = this;
    const end = this.bytes - 1;
    if (!isSafe(id) || !this.safe) {
      for (let at = this.first; at < end; at = this.after(at)) {
        if (this.idAt(at) === id) return (pack[at] & DELETED) === 0 ? at : -1;
      }
      return -1;
    }
    const ms = msOf(id) - this.ms;
    const seq = seqOf(id) - this.seq;
    for (let at = this.first; at < end; at = this.after(at)) {
      const msAt = at + 2; // Flags take two bytes.
      if (readInteger(pack, msAt) !== ms) continue;
      if (readInteger(pack, entryAfter(pack, msAt)) !== seq) continue;
      return (pack[at] & DELETED) === 0 ? at : -1;
    }
    return -1;
  }

  /** Marks the entry at an offset as deleted; the counts are the caller's business. */
  mark(at: number): void {
    this.pack[at] |= DELETED;
    if (at === this.live) this.live = this.after(at);
  }

  /**
   * Says how many entries are there and how many are deleted. Offsets of entries may change with
   * it: they move as much as `first` does.
   */
  setCounts(count: number, deleted: number): void {
    if (count !== this.count) this.setNumber(FIRST_ENTRY, count);
    if (deleted !== this.deleted) {
      this.setNumber(FIRST_ENTRY + numberBytes(count), deleted);
    }
    this.count = count;
    this.deleted = deleted;
  }

  /** Gives the room behind the listpack back, unless there is little. */
  trim(): void {
    if (this.pack.length - this.bytes > this.bytes / SPARE) this.move(this.bytes);
  }

  copy(): StreamNode {
    const pack = Buffer.allocUnsafeSlow(this.bytes);
    this.pack.copy(pack, 0, 0, this.bytes);
    return StreamNode.of(this.id, pack);
  }

  /** Bytes that it takes in memory, estimated. */
  get memory(): number {
    return NODE_BYTES + this.pack.length;
  }

  /** Throws unless the listpack is what its own counts say. For tests. */
  check(): void {
    const { pack } = this;
    if (pack.readUInt32LE(0) !== this.bytes) throw new Error('the listpack has another size');
    if (pack[this.bytes - 1] !== END_MARK) throw new Error('the listpack has no end');
    let elements = MASTER_ELEMENTS + this.fieldCount;
    const counts = [0, 0];
    let last = '';
    let at = this.first;
    if (this.live < at || this.live >= this.bytes) throw new Error('nothing can be there');
    while (at < this.bytes - 1) {
      const id = this.idAt(at);
      if (id <= last) throw new Error('IDs do not ascend');
      if (last === '' && id !== this.id) throw new Error('the first entry has another ID');
      last = id;
      counts[pack[at] & DELETED]++;
      if (at < this.live && (pack[at] & DELETED) === 0) throw new Error('one is overlooked');
      const next = this.after(at);
      if (this.before(next) !== at) throw new Error('one way is not the other way back');
      for (let i = at; i < next; i = entryAfter(pack, i)) elements++;
      at = next;
    }
    if (counts[0] !== this.count || counts[1] !== this.deleted) throw new Error('miscounted');
    const said = pack.readUInt16LE(4);
    if (said !== Math.min(elements, MANY)) throw new Error(`${said} elements, not ${elements}`);
  }

  private setNumber(at: number, n: number): void {
    const { pack, bytes } = this;
    const wider = numberBytes(n) - (entryAfter(pack, at) - at);
    if (wider !== 0) {
      const end = entryAfter(pack, at);
      this.pack = Buffer.allocUnsafeSlow(pack.length + wider);
      pack.copy(this.pack, 0, 0, at);
      pack.copy(this.pack, end + wider, end, bytes);
      this.bytes += wider;
      this.first += wider;
      this.live += wider;
      this.pack.writeUInt32LE(this.bytes, 0);
    }
    writeNumber(this.pack, at, n);
  }

  private grow(needed: number): void {
    this.move(Math.max(needed, this.bytes * 2));
  }

  private move(size: number): void {
    const pack = Buffer.allocUnsafeSlow(size);
    this.pack.copy(pack, 0, 0, this.bytes);
    this.pack = pack;
  }
}

/** Whether what was reckoned in numbers is an unsigned integer, and exact. */
export function isWhole(n: number): boolean {
  return n >= 0 && n <= Number.MAX_SAFE_INTEGER;
}

/** The offset behind so many elements. */
export function skip(pack: Buffer, at: number, elements: number): number {
  while (elements-- > 0) at = entryAfter(pack, at);
  return at;
}

function signed(difference: bigint): string {
  return BigInt.asIntN(64, difference).toString();
}

function writeHeader(pack: Buffer, bytes: number, elements: number): void {
  pack[0] = bytes & 255;
  pack[1] = (bytes >>> 8) & 255;
  pack[2] = (bytes >>> 16) & 255;
  pack[3] = bytes >>> 24;
  if (elements > MANY) elements = MANY;
  pack[4] = elements & 255;
  pack[5] = elements >>> 8;
}
