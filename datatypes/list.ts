// A list: byte strings in a row, quick at both ends.
//
// Redis keeps a small list in one listpack, and a large one as a chain of them ("quicklist"):
// at the ends nothing ever moves, and in the middle no more than one node does. This is
// the same chain, of nodes of our own (list-node.ts); but each knows to the byte how large its
// listpack would be, so that lists change their encoding, and nodes are cut and joined, exactly
// where Redis's are. (OBJECT ENCODING tells the one, DEBUG OBJECT the other.)
//
//   listpack     one node, whatever its size; grow() has been asked before anything came in
//   quicklist    nodes that each stay within the limit, but for elements that are too large
//                for any: such a one is a node of its own, a "plain" one
//
// The limit is list-max-listpack-size: so many elements to a node, or, if it is negative, 4, 8,
// 16, 32 or 64 KB. A listpack becomes a quicklist when it would go beyond the limit. The way
// back is longer, so that no list goes to and fro: one node, and at most half of the limit.
//
// A quicklist keeps the limit that it was made with; a listpack has none of its own.
//
// `threshold` below is for tests: if it is not 0, elements of so many bytes are plain.

import type { Sink } from './bulk-row.ts';
import { type Collection, LIST } from './collection.ts';
import { ListNode, nodeOf, type Tally } from './list-node.ts';
import { EMPTY_LISTPACK, entryBytes } from './listpack.ts';
import { OBJECT, WORD } from './weight.ts';

const LIST_BYTES = OBJECT + 11 * WORD;

const MOST_TO_NODE = 0x7fff; // Redis keeps a quicklist's limit in 16 bits with a sign.
const MOST_DEPTH = 0xffff;
const SAFE_BYTES = 8192; // No node that is limited by its count may be larger.
const OVERHEAD = 8; // What an entry is taken to add to its bytes, before it is known.

/** How many bytes a limit allows a node, or infinity if it counts elements. */
function bytesAllowed(limit: number): number {
  return limit >= 0 ? Number.POSITIVE_INFINITY : 2048 << Math.min(5, -limit);
}

/** How many elements a limit allows a node, or infinity if it counts bytes. */
function countAllowed(limit: number): number {
  return limit >= 0 ? Math.max(1, limit) : Number.POSITIVE_INFINITY;
}

function exceeds(limit: number, bytes: number, count: number): boolean {
  if (limit < 0) return bytes > bytesAllowed(limit);
  return bytes > SAFE_BYTES || count > countAllowed(limit);
}

export class List implements Collection {
  readonly kind = LIST;
  size = 0;
  weighed = 0;
  /** How many nodes there are, and what they were made with. A listpack is one node. */
  nodes = 1;
  limit = 0;
  compressDepth = 0;
  head: ListNode | null = new ListNode();
  tail: ListNode | null = this.head;

  private small = true;
  private offset = 0; // Where in its node seek() found the element.
  private readonly tally: Tally = { bytes: EMPTY_LISTPACK }; // Of the nodes that are linked.

  constructor() {
    this.head!.tally = this.tally;
  }

  get encoding(): string {
    return this.small ? 'listpack' : 'quicklist';
  }

  /** What all nodes would take in Redis. */
  get bytes(): number {
    return this.tally.bytes;
  }

  /** A quicklist without nodes, which appendNode() is to give it some. */
  static ofNodes(limit: number, compressDepth: number): List {
    const list = new List();
    list.grow(Number.POSITIVE_INFINITY, 1, limit, compressDepth);
    return list;
  }

  /** Adds a node, which has elements, behind the others of a quicklist. */
  appendNode(node: ListNode): void {
    this.link(this.tail, node, true);
    this.size += node.count;
  }

  /** To be called before elements of so many bytes come in: a listpack may be too small. */
  grow(bytes: number, count: number, limit: number, compressDepth: number): void {
    if (!this.small) return;
    if (!exceeds(limit, this.head!.bytes + bytes, this.size + count)) return;
    this.small = false;
    this.limit = Math.max(-5, Math.min(MOST_TO_NODE, limit));
    this.compressDepth = Math.min(MOST_DEPTH, compressDepth);
    if (this.size === 0) this.unlink(this.head!);
  }

  /** To be called after elements went: a listpack may be enough. */
  shrink(limit: number): void {
    this.pack(Math.floor(bytesAllowed(limit) / 2), Math.floor(countAllowed(limit) / 2));
  }

  /** To be called when all nodes have come: a listpack may be enough. */
  settle(limit: number): void {
    this.pack(bytesAllowed(limit), countAllowed(limit));
  }

  /** Becomes a listpack, if one is enough and takes no more than this. */
  private pack(bytes: number, count: number): void {
    if (this.small || this.nodes !== 1 || this.head!.plain) return;
    if (this.head!.bytes <= bytes && this.size <= count) this.small = true;
  }

  pushHead(element: string, threshold: number): void {
    this.size++;
    const { head } = this;
    if (this.small) head!.prepend(element);
    else if (this.hasRoom(head, element, threshold)) head!.prepend(element);
    else this.extend(head, element, this.isLarge(element, threshold), false);
  }

  pushTail(element: string, threshold: number): void {
    this.size++;
    const { tail } = this;
    if (this.small) tail!.append(element);
    else if (this.hasRoom(tail, element, threshold)) tail!.append(element);
    else this.extend(tail, element, this.isLarge(element, threshold), true);
  }

  /** Takes the first element; there must be one. */
  popHead(): string {
    const head = this.head!;
    const element = head.take(0);
    this.lost(head);
    return element;
  }

  /** Takes the last element; there must be one. */
  popTail(): string {
    const tail = this.tail!;
    const element = tail.take(tail.count - 1);
    this.lost(tail);
    return element;
  }

  /** Gives the element at one of the ends to a sink, and removes it; there must be one. */
  popTo(to: Sink, atHead: boolean): void {
    const node = atHead ? this.head! : this.tail!;
    const offset = atHead ? 0 : node.count - 1;
    node.sayOne(offset, to);
    node.removeRange(offset, 1);
    this.lost(node);
  }

  /** The element at an index, from the end if it is negative; undefined if there is none. */
  at(index: number): string | undefined {
    const node = this.seek(index < 0 ? this.size + index : index);
    return node === null ? undefined : node.at(this.offset);
  }

  /** Puts another element at an index; false if there is none. */
  replace(index: number, element: string, threshold: number): boolean {
    const node = this.seek(index < 0 ? this.size + index : index);
    if (node === null) return false;
    const { offset } = this;
    const large = !this.small && this.isLarge(element, threshold);
    if (!node.plain && !large) node.set(offset, element);
    else if (!node.plain) this.replaceByPlain(node, offset, element);
    else if (large) node.set(offset, element);
    else {
      this.insertAt(node, 0, element, true, threshold);
      this.unlink(node);
      this.size--;
    }
    return true;
  }

  /** Inserts an element before or after the first one that equals `pivot`; false if none does. */
  insert(pivot: string, element: string, after: boolean, threshold: number): boolean {
    for (let node = this.head; node !== null; node = node.next) {
      const offset = node.find(pivot, 0, false);
      if (offset < 0) continue;
      if (!this.small) {
        this.insertAt(node, offset, element, after, threshold);
      } else {
        node.insert(after ? offset + 1 : offset, element);
        this.size++;
      }
      return true;
    }
    return false;
  }

  /** Removes elements from an index on, which must not be negative. */
  removeRange(index: number, count: number): void {
    let left = Math.min(count, this.size - index);
    if (left <= 0) return;
    let node = this.seek(index);
    let { offset } = this;
    while (left > 0 && node !== null) {
      const { next } = node;
      const here = Math.min(left, node.count - offset);
      if (here === node.count && !this.small) this.unlink(node);
      else node.removeRange(offset, here);
      this.size -= here;
      left -= here;
      offset = 0;
      node = next;
    }
  }

  /**
   * Removes the elements that equal this one, all if count is 0, or the first so many, or
   * the last so many if it is negative. Returns how many there were.
   */
  removeEqual(element: string, count: number): number {
    const fromTail = count < 0;
    const most = count === 0 ? this.size : Math.abs(count);
    let removed = 0;
    let node = fromTail ? this.tail : this.head;
    while (node !== null && removed < most) {
      const beyond: ListNode | null = fromTail ? node.prev : node.next;
      removed += node.removeEqual(element, most - removed, fromTail);
      if (node.count === 0 && !this.small) this.unlink(node);
      node = beyond;
    }
    this.size -= removed;
    return removed;
  }

  /** Gives `count` elements from an index on, all of which must be there, to a sink. */
  range(index: number, count: number, to: Sink): void {
    let node = this.seek(index);
    let { offset } = this;
    for (let left = count; left > 0 && node !== null; node = node.next) {
      const here = Math.min(left, node.count - offset);
      node.say(offset, here, to);
      left -= here;
      offset = 0;
    }
  }

  /** The same from an index back towards the head. */
  rangeBack(index: number, count: number, to: Sink): void {
    let node = this.seek(index);
    let { offset } = this;
    for (let left = count; left > 0 && node !== null; ) {
      for (; offset >= 0 && left > 0; offset--, left--) node.sayOne(offset, to);
      node = node.prev;
      if (node !== null) offset = node.count - 1;
    }
  }

  /** An array of `count` elements from an index on; they must be there. */
  slice(index: number, count: number): string[] {
    const elements: string[] = [];
    let node = this.seek(index);
    let { offset } = this;
    for (; elements.length < count && node !== null; node = node.next, offset = 0) {
      const end = Math.min(node.count, offset + count - elements.length);
      for (; offset < end; offset++) elements.push(node.at(offset));
    }
    return elements;
  }

  /** Visits the elements in order until `visit` says that it is enough. */
  walk(visit: (element: string) => boolean): void {
    for (let node = this.head; node !== null; node = node.next) {
      for (let i = 0; i < node.count; i++) if (visit(node.at(i))) return;
    }
  }

  /**
   * Visits the indexes of the elements that equal this one, from the head on or from the tail,
   * among the first `most` of them all, until `visit` says that it is enough.
   */
  findEach(
    element: string,
    fromTail: boolean,
    most: number,
    visit: (index: number) => boolean,
  ): void {
    let before = fromTail ? this.size : 0; // How many elements come before the node.
    let node = fromTail ? this.tail : this.head;
    const [least, greatest] = fromTail ? [this.size - most, this.size] : [0, most - 1];
    while (node !== null) {
      const { count } = node;
      if (fromTail) before -= count;
      for (let at = fromTail ? count - 1 : 0; at >= 0 && at < count; at += fromTail ? -1 : 1) {
        at = node.find(element, at, fromTail);
        if (at < 0) break;
        const index = before + at;
        if (index < least || index > greatest || visit(index)) return;
      }
      if (!fromTail) before += count;
      if (before > greatest || before < least) return;
      node = fromTail ? node.prev : node.next;
    }
  }

  copy(): List {
    const copy = new List();
    copy.size = this.size;
    copy.small = this.small;
    copy.limit = this.limit;
    copy.compressDepth = this.compressDepth;
    copy.unlink(copy.head!);
    for (let node = this.head; node !== null; node = node.next) {
      copy.link(copy.tail, node.copy(), true);
    }
    return copy;
  }

  get memory(): number {
    const { head, tail, nodes } = this;
    if (head === null || tail === null) return LIST_BYTES;
    if (nodes === 1) return LIST_BYTES + head.memory;
    // The nodes in the middle have no room worth speaking of: what they hold says what they take.
    const ends = LIST_BYTES + head.memory + tail.memory;
    if (nodes === 2) return ends;
    const elements = this.size - head.count - tail.count;
    const bytes = this.tally.bytes - head.bytes - tail.bytes;
    const each = elements / (nodes - 2);
    const overhead = elements * ListNode.overhead(each) + (nodes - 2) * ListNode.ownBytes(each);
    return Math.ceil(ends + bytes + overhead);
  }

  /** Throws unless nodes, counts and sizes agree and limits are kept. For tests; O(N). */
  check(): void {
    let [count, nodes] = [0, 0];
    let prev: ListNode | null = null;
    let sum = 0;
    for (let node = this.head; node !== null; node = node.next) {
      if (node.prev !== prev) throw new Error('a node does not know its neighbour');
      const bytes = node.elements().reduce((sum, each) => sum + entryBytes(each), EMPTY_LISTPACK);
      const wrong = node.plain
        ? node.bytes !== node.at(0).length || node.count !== 1
        : node.bytes !== bytes;
      if (wrong) throw new Error(`a node of ${node.count} is said to take ${node.bytes} bytes`);
      if (node.count === 0 && !this.small) throw new Error('a node without elements');
      count += node.count;
      sum += node.bytes;
      nodes++;
      prev = node;
    }
    if (sum !== this.bytes) throw new Error(`${sum} bytes, not ${this.bytes}`);
    if (prev !== this.tail) throw new Error('the last node is not the tail');
    if (count !== this.size) throw new Error(`${count} elements, not ${this.size}`);
    if (nodes !== this.nodes) throw new Error(`${nodes} nodes, not ${this.nodes}`);
    if (this.small && nodes !== 1) throw new Error('a listpack of several nodes');
  }

  /** The node of an index from the start, or null; this.offset says where in it. */
  private seek(index: number): ListNode | null {
    if (!(index >= 0 && index < this.size)) return null;
    let node: ListNode;
    if (index < this.size / 2) {
      for (node = this.head!; index >= node.count; node = node.next!) index -= node.count;
      this.offset = index;
    } else {
      let behind = this.size - 1 - index;
      for (node = this.tail!; behind >= node.count; node = node.prev!) behind -= node.count;
      this.offset = node.count - 1 - behind;
    }
    return node;
  }

  /** An element of this node has gone. */
  private lost(node: ListNode): void {
    this.size--;
    if (node.count === 0 && !this.small) this.unlink(node);
  }

  private isLarge(element: string, threshold: number): boolean {
    if (threshold !== 0) return element.length >= threshold;
    return element.length > (this.limit >= 0 ? SAFE_BYTES : bytesAllowed(this.limit));
  }

  /** Whether an element may come into a node. */
  private hasRoom(node: ListNode | null, element: string, threshold: number): boolean {
    if (node === null || node.plain || this.isLarge(element, threshold)) return false;
    return !exceeds(this.limit, node.bytes + element.length + OVERHEAD, node.count + 1);
  }

  private insertAt(
    node: ListNode,
    offset: number,
    element: string,
    after: boolean,
    threshold: number,
  ): void {
    this.size++;
    const large = this.isLarge(element, threshold);
    if (this.hasRoom(node, element, threshold)) {
      node.insert(after ? offset + 1 : offset, element);
      return;
    }
    const neighbour = after ? node.next : node.prev;
    const atEnd = offset === (after ? node.count - 1 : 0);
    if (atEnd && this.hasRoom(neighbour, element, threshold)) {
      if (after) neighbour!.prepend(element);
      else neighbour!.append(element);
    } else if (atEnd) {
      this.link(node, nodeOf(element, large), after);
    } else if (large) {
      const rest = node.split(offset, after);
      const own = nodeOf(element, true);
      this.link(node, own, after);
      this.link(own, rest, after);
    } else {
      const rest = node.split(offset, after);
      if (after) rest.prepend(element);
      else rest.append(element);
      this.link(node, rest, after);
      this.mergeAround(node);
    }
  }

  /** Puts a large element in the place of a small one: a node of its own. */
  private replaceByPlain(node: ListNode, offset: number, element: string): void {
    const rest = offset === node.count - 1 ? null : node.split(offset, true);
    const own = nodeOf(element, true);
    this.link(node, own, true);
    if (rest !== null) this.link(own, rest, true);
    if (node.count === 1) {
      this.unlink(node);
    } else {
      node.removeRange(node.count - 1, 1);
      this.mergeAround(own);
    }
  }

  /** Joins what the limit allows to be joined, of a node and the two on either side of it. */
  private mergeAround(center: ListNode): void {
    const { prev, next } = center;
    if (prev !== null) this.merge(prev.prev, prev);
    if (next !== null) this.merge(next, next.next);
    const left = center.prev;
    const joined = this.merge(left, center) ? left! : center;
    this.merge(joined, joined.next);
  }

  private merge(left: ListNode | null, right: ListNode | null): boolean {
    if (left === null || right === null || left.plain || right.plain) return false;
    const count = left.count + right.count;
    if (exceeds(this.limit, left.bytes + right.bytes - 7, count)) return false;
    left.merge(right);
    this.unlink(right);
    return true;
  }

  /** Puts an element into a node of its own at an end of the list. */
  private extend(end: ListNode | null, element: string, plain: boolean, after: boolean): void {
    let node: ListNode;
    if (plain || end === null) {
      node = nodeOf(element, plain);
    } else {
      node = end.like(!after);
      if (after) node.append(element);
      else node.prepend(element);
    }
    end?.fit();
    this.link(end, node, after);
  }

  /** Puts a node before or after another, or where there is none. */
  private link(beside: ListNode | null, node: ListNode, after: boolean): void {
    node.prev = after ? beside : (beside?.prev ?? null);
    node.next = after ? (beside?.next ?? null) : beside;
    if (node.prev === null) this.head = node;
    else node.prev.next = node;
    if (node.next === null) this.tail = node;
    else node.next.prev = node;
    this.nodes++;
    node.tally = this.tally;
    this.tally.bytes += node.bytes;
  }

  private unlink(node: ListNode): void {
    if (node.prev === null) this.head = node.next;
    else node.prev.next = node.next;
    if (node.next === null) this.tail = node.prev;
    else node.next.prev = node.prev;
    this.nodes--;
    node.tally = null;
    this.tally.bytes -= node.bytes;
  }
}
