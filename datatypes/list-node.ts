// One node of a list: some elements in a row, with room at both ends.
//
// The elements are items[start] to the end of the array. What was taken from the front leaves
// a gap there, which what is put in front fills again, so both ends cost the same; a gap
// that has become larger than the rest is closed.

import { EMPTY_LISTPACK, entryBytes } from './listpack.ts';

const SMALL_GAP = 32; // A gap up to this size may stay.

export class ListNode {
  items: string[] = [];
  start = 0;
  /** What Redis's node would take: a listpack, or the bytes of the one element if it is plain. */
  bytes = EMPTY_LISTPACK;
  /** One large element by itself. */
  plain = false;
  prev: ListNode | null = null;
  next: ListNode | null = null;

  get count(): number {
    return this.items.length - this.start;
  }

  at(offset: number): string {
    return this.items[this.start + offset];
  }

  /** All of them, in an array of its own. */
  elements(): string[] {
    return this.items.slice(this.start);
  }

  append(element: string): void {
    this.items.push(element);
    this.bytes += entryBytes(element);
  }

  prepend(element: string): void {
    if (this.start === 0) this.makeRoom();
    this.items[--this.start] = element;
    this.bytes += entryBytes(element);
  }

  insert(offset: number, element: string): void {
    this.items.splice(this.start + offset, 0, element);
    this.bytes += entryBytes(element);
  }

  set(offset: number, element: string): void {
    this.bytes += entryBytes(element) - entryBytes(this.at(offset));
    this.items[this.start + offset] = element;
  }

  /** Takes the last element, which must be there. */
  pop(): string {
    const element = this.items.pop()!;
    this.bytes -= entryBytes(element);
    return element;
  }

  /** Takes the first element, which must be there. */
  shift(): string {
    const { items } = this;
    const element = items[this.start];
    items[this.start++] = '';
    this.bytes -= entryBytes(element);
    if (this.start > SMALL_GAP && this.start * 2 > items.length) this.closeGap();
    return element;
  }

  /** Removes elements from an offset on. */
  removeRange(offset: number, count: number): void {
    const from = this.start + offset;
    for (let i = from; i < from + count; i++) this.bytes -= entryBytes(this.items[i]);
    this.items.splice(from, count);
  }

  /** Removes up to `most` elements that equal this one, from either end; returns how many. */
  removeEqual(element: string, most: number, fromTail: boolean): number {
    if (this.items.indexOf(element, this.start) < 0) return 0;
    const here = this.elements();
    if (fromTail) here.reverse();
    let removed = 0;
    const kept = here.filter((each) => each !== element || removed === most || ++removed === 0);
    this.items = fromTail ? kept.reverse() : kept;
    this.start = 0;
    this.bytes -= removed * entryBytes(element);
    return removed;
  }

  /** Moves what lies behind an offset, or before it, into a node of its own. */
  split(offset: number, after: boolean): ListNode {
    const other = new ListNode();
    const from = after ? offset + 1 : 0;
    const to = after ? this.count : offset;
    other.items = this.items.slice(this.start + from, this.start + to);
    for (const element of other.items) other.bytes += entryBytes(element);
    this.items.splice(this.start + from, to - from);
    this.bytes -= other.bytes - EMPTY_LISTPACK;
    return other;
  }

  /** Takes over the elements of the node behind this one. */
  merge(next: ListNode): void {
    for (let i = next.start; i < next.items.length; i++) this.items.push(next.items[i]);
    this.bytes += next.bytes - EMPTY_LISTPACK;
  }

  copy(): ListNode {
    const copy = new ListNode();
    copy.items = this.elements();
    copy.bytes = this.bytes;
    copy.plain = this.plain;
    return copy;
  }

  private makeRoom(): void {
    const room = Math.max(4, this.items.length);
    const items: string[] = [];
    for (let i = 0; i < room; i++) items.push('');
    for (let i = 0; i < this.items.length; i++) items.push(this.items[i]);
    this.items = items;
    this.start = room;
  }

  private closeGap(): void {
    this.items = this.elements();
    this.start = 0;
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
