// One node of a list: some elements in a row, quick at both ends.
//
// A few elements are strings in an array. From MANY on they are packed (bulk-row.ts): a string of
// 16 bytes takes 40 with the pointer to it, packed it takes 25, and a range of them is read by one
// copy. A node that was packed stays so.

import { BulkRow, type Sink } from './bulk-row.ts';
import { EMPTY_LISTPACK, entryBytes, MAX_DIGITS, stringEntryBytes } from './listpack.ts';
import { arrayBytes, BUFFER, OBJECT, stringBytes, WORD } from './weight.ts';

const MANY = 32;
const NODE_BYTES = OBJECT + 8 * WORD;
const ROW_BYTES = OBJECT + 4 * WORD + 2 * BUFFER;
// Beyond what it takes in a listpack, its own bytes and about 2:
const PACKED_OVERHEAD = 8; // A length, its place, and some room.
const STRING_OVERHEAD = 30; // A string's header, what rounds it up, and the pointer to it.

/** What the nodes of one list come to, as Redis reckons. */
export type Tally = { bytes: number };

export class ListNode {
  count = 0;
  /** Where its bytes are added up as well, while it is part of a list. */
  tally: Tally | null = null;
  /** What Redis's node would take: a listpack, or the bytes of the one element if it is plain. */
  bytes = EMPTY_LISTPACK;
  /** One large element by itself. */
  plain = false;
  prev: ListNode | null = null;
  next: ListNode | null = null;
  private few: string[] = [];
  private many: BulkRow | null = null;

  /** A node of these elements, whose array becomes its own. */
  static of(elements: string[]): ListNode {
    const node = new ListNode();
    if (elements.length > MANY) {
      for (const element of elements) node.append(element);
      return node;
    }
    node.few = elements;
    node.count = elements.length;
    for (const element of elements) node.bytes += entryBytes(element);
    return node;
  }

  /** Bytes that it takes in memory. */
  get memory(): number {
    const own = NODE_BYTES + arrayBytes(this.few.length);
    if (this.many !== null) return own + ROW_BYTES + this.many.bytes;
    let sum = own;
    for (const element of this.few) sum += stringBytes(element.length);
    return sum;
  }

  /** What is added to that by an element, in the mean, where it has so many neighbours. */
  static overhead(neighbours: number): number {
    return neighbours > MANY ? PACKED_OVERHEAD : STRING_OVERHEAD;
  }

  /** Bytes of the node itself, where it has so many elements. */
  static ownBytes(elements: number): number {
    return NODE_BYTES + arrayBytes(0) + (elements > MANY ? ROW_BYTES : 0);
  }

  at(offset: number): string {
    return this.many === null ? this.few[offset] : this.many.at(offset);
  }

  /** All of them, in an array of its own. */
  elements(): string[] {
    const elements: string[] = [];
    for (let i = 0; i < this.count; i++) elements.push(this.at(i));
    return elements;
  }

  append(element: string): void {
    if (++this.count > MANY) this.packed().append(element);
    else if (this.many === null) this.few.push(element);
    else this.many.append(element);
    this.takes(entryBytes(element));
  }

  prepend(element: string): void {
    if (++this.count > MANY) this.packed().prepend(element);
    else if (this.many === null) this.few.unshift(element);
    else this.many.prepend(element);
    this.takes(entryBytes(element));
  }

  insert(offset: number, element: string): void {
    if (++this.count > MANY) this.packed().insert(offset, element);
    else if (this.many === null) this.few.splice(offset, 0, element);
    else this.many.insert(offset, element);
    this.takes(entryBytes(element));
  }

  set(offset: number, element: string): void {
    this.takes((this.plain ? element.length : entryBytes(element)) - this.bytesAt(offset));
    if (this.many === null) {
      this.few[offset] = element;
    } else {
      this.many.removeRange(offset, 1);
      this.many.insert(offset, element);
    }
  }

  /** Takes the element at an offset, which must be there. */
  take(offset: number): string {
    const element = this.at(offset);
    this.removeRange(offset, 1);
    return element;
  }

  /** Removes elements from an offset on. */
  removeRange(offset: number, count: number): void {
    let bytes = 0;
    for (let i = offset; i < offset + count; i++) bytes += this.bytesAt(i);
    this.takes(-bytes);
    this.count -= count;
    if (this.many !== null) this.many.removeRange(offset, count);
    else if (count !== 1) this.few.splice(offset, count);
    else if (offset === 0) this.few.shift();
    else if (offset === this.count) this.few.pop();
    else this.few.splice(offset, 1);
  }

  /** The offset of the first element from one on, or of the last up to one, that is this; or -1. */
  find(element: string, offset: number, back: boolean): number {
    const { few, many, count } = this;
    if (many === null) {
      return back ? few.lastIndexOf(element, offset) : few.indexOf(element, offset);
    }
    const step = back ? -1 : 1;
    for (let i = offset; i >= 0 && i < count; i += step) if (many.equals(i, element)) return i;
    return -1;
  }

  /** Removes up to `most` elements that equal this one, from either end; returns how many. */
  removeEqual(element: string, most: number, fromTail: boolean): number {
    let removed = 0;
    let at = this.find(element, fromTail ? this.count - 1 : 0, fromTail);
    while (at >= 0 && removed < most) {
      this.removeRange(at, 1);
      removed++;
      if (this.count === 0) break;
      at = this.find(element, fromTail ? at - 1 : at, fromTail);
      if (fromTail && at < 0) break;
    }
    return removed;
  }

  /** Gives `count` elements from an offset on to a sink. */
  say(offset: number, count: number, to: Sink): void {
    if (this.many !== null) return this.many.say(offset, count, to);
    for (let i = offset; i < offset + count; i++) to.bulk(this.few[i]);
  }

  /** Gives one element to a sink. */
  sayOne(offset: number, to: Sink): void {
    if (this.many === null) to.bulk(this.few[offset]);
    else this.many.say(offset, 1, to);
  }

  /** Moves what lies behind an offset, or before it, into a node of its own. */
  split(offset: number, after: boolean): ListNode {
    const from = after ? offset + 1 : 0;
    const count = after ? this.count - from : offset;
    const other = this.slice(from, count);
    for (let i = 0; i < count; i++) other.bytes += other.bytesAt(i);
    this.removeRange(from, count);
    return other;
  }

  /** Takes over the elements of the node behind this one. */
  merge(next: ListNode): void {
    for (let i = 0; i < next.count; i++) this.append(next.at(i));
  }

  copy(): ListNode {
    const copy = this.slice(0, this.count);
    copy.bytes = this.bytes;
    copy.plain = this.plain;
    return copy;
  }

  /** An empty node that has room for about as much as this one, to grow at one of the ends. */
  like(atHead: boolean): ListNode {
    const node = new ListNode();
    if (this.many !== null) node.many = this.many.like(atHead);
    return node;
  }

  /** Gives back the room at the ends: for a node that has become one of the middle. */
  fit(): void {
    if (this.many?.isLoose) this.many = this.many.slice(0, this.count);
  }

  private takes(bytes: number): void {
    this.bytes += bytes;
    if (this.tally !== null) this.tally.bytes += bytes;
  }

  private bytesAt(offset: number): number {
    const { many } = this;
    if (this.plain) return this.few[offset].length;
    if (many === null) return entryBytes(this.few[offset]);
    const length = many.lengthAt(offset);
    if (length <= MAX_DIGITS && many.looksNumeric(offset)) return entryBytes(many.at(offset));
    return stringEntryBytes(length);
  }

  private slice(from: number, count: number): ListNode {
    const other = new ListNode();
    if (this.many === null) other.few = this.few.slice(from, from + count);
    else other.many = this.many.slice(from, count);
    other.count = count;
    return other;
  }

  private packed(): BulkRow {
    if (this.many !== null) return this.many;
    this.many = new BulkRow();
    for (const element of this.few) this.many.append(element);
    this.few = [];
    return this.many;
  }
}

/** A node of its own for one element; a plain one has the size of that element alone. */
export function nodeOf(element: string, plain: boolean): ListNode {
  const node = new ListNode();
  node.append(element);
  node.plain = plain;
  if (plain) node.bytes = element.length;
  return node;
}
