// A stream: a log of entries, each with an ID above all before it and some fields with values.
//
// Entries lie in nodes of some dozens (stream-node.ts), and nodes in an array in the order of their
// IDs. That is Redis's radix tree of listpacks with a simpler index: all keys of the tree are 16
// bytes long and come in ascending order, so there is nothing to insert in the middle.
//
//   append      to the last node, or a new one: O(1)
//   range       binary search for the node, then through it: O(log N + M)
//   trim        nodes go from the front as a whole: O(1) for each
//   delete      a mark in the node, which goes when nothing else is in it
//
// What was taken from the front of the array leaves a gap there, which is closed when it has
// become larger than the rest.
//
// A stream remembers what it no longer holds: the last ID that it gave, the highest that was
// deleted, and how many entries there ever were.

import { type Collection, STREAM } from './collection.ts';
import type { Group } from './stream-group.ts';
import { type EntrySink, StreamCursor } from './stream-cursor.ts';
import { isSafe, makeId, MAX_ID, MIN_ID, msOf, printId, seqOf, spelling } from './stream-id.ts';
import { DELETED, StreamNode } from './stream-node.ts';
import { arrayBytes, OBJECT, stringBytes, WORD } from './weight.ts';

const LARGEST_NODE = 2 ** 30; // Redis: no node grows larger, and no entry may be.
const LARGEST_EXPECTED = 8192; // Bytes of a node that are allocated before they are needed.
const SMALL_GAP = 32; // A gap up to this size may stay.
const STREAM_BYTES = OBJECT + 16 * WORD + 2 * stringBytes(16);
const MANY_GROUPS = 64;
const ID_BYTES = 16;

/** Which entries are to go: those that are too many, or those with an ID below another. */
export type Trim = {
  /** How many may stay; -1 if it is `minId` that counts. */
  readonly maxLength: number;
  readonly minId: string;
  /** Whether only whole nodes go. */
  readonly approximate: boolean;
  /** How many entries may go at most, by whole nodes; 0 is no limit. */
  readonly limit: number;
};

export class Stream implements Collection {
  readonly kind = STREAM;
  readonly encoding = 'stream';
  size = 0;
  weighed = 0;
  /** The highest ID that was deleted. */
  maxDeletedId = MIN_ID;
  /** How many entries were ever added; exact up to 2^64. */
  entriesAdded: number | bigint = 0;
  /** The consumer groups by their names, or null if there never was any. */
  groups: Map<string, Group> | null = null;

  private last: string | null = MIN_ID; // The newest ID, or null if its halves have to do:
  private lastMs = 0; // they are exact if it is safe.
  private lastSeq = 0;
  private nodes: (StreamNode | undefined)[] = [];
  private gap = 0; // Where in the array the first node is.
  private first: string | null = MIN_ID; // The first entry's ID, or null if it is to be looked up.
  private bytes = 0; // Of its nodes, as they were counted.
  private lastFields: string[] | null = null; // Those of the last node's master, once looked up.

  /** The ID of the newest entry there ever was. */
  get lastId(): string {
    this.last ??= makeId(this.lastMs, this.lastSeq);
    return this.last;
  }

  set lastId(id: string) {
    this.last = id;
    this.lastMs = msOf(id);
    this.lastSeq = seqOf(id);
  }

  /** The ID of the first entry, MIN_ID if there is none. */
  get firstId(): string {
    if (this.first === null) {
      const cursor = this.cursor(MIN_ID, MAX_ID, false);
      this.first = cursor.advance() ? cursor.id : MIN_ID;
    }
    return this.first;
  }

  /** Tells the newest ID. */
  emitLastId(to: EntrySink): void {
    if (this.countsInNumbers) {
      spelling.spell(this.lastMs, this.lastSeq);
      to.bulks(spelling.bytes, spelling.start, spelling.end, 1);
    } else {
      to.bulk(printId(this.lastId));
    }
  }

  /** The ID of the last entry, MIN_ID if there is none. */
  get topId(): string {
    if (this.size === 0) return MIN_ID;
    const cursor = this.cursor(MIN_ID, MAX_ID, true);
    return cursor.advance() ? cursor.id : MIN_ID;
  }

  /**
   * Adds an entry with an ID above lastId: `words` from `from` on are field, value, field, value.
   * A node takes so many bytes and so many entries (0 is no limit). False, and nothing was
   * added, if that is more than Redis can hold.
   */
  append(
    id: string,
    words: readonly string[],
    from: number,
    maxBytes: number,
    maxEntries: number,
  ): boolean {
    const wide = isSafe(id) ? null : id;
    if (!this.add(msOf(id), seqOf(id), wide, words, from, maxBytes, maxEntries)) return false;
    this.last = id;
    return true;
  }

  /**
   * The same for an entry whose ID is the next one at a time, without making it. Before it, the
   * last ID has to be safe, and its sequence number below 2^53 - 1.
   */
  appendAt(
    nowMs: number,
    words: readonly string[],
    from: number,
    maxBytes: number,
    maxEntries: number,
  ): boolean {
    const later = nowMs > this.lastMs;
    const ms = later ? nowMs : this.lastMs;
    const seq = later ? 0 : this.lastSeq + 1;
    return this.add(ms, seq, null, words, from, maxBytes, maxEntries);
  }

  /** Whether appendAt() can be used. */
  get countsInNumbers(): boolean {
    return this.lastMs <= Number.MAX_SAFE_INTEGER && this.lastSeq < Number.MAX_SAFE_INTEGER;
  }

  private add(
    ms: number,
    seq: number,
    wide: string | null,
    words: readonly string[],
    from: number,
    maxBytes: number,
    maxEntries: number,
  ): boolean {
    let bytes = 0;
    for (let i = from; i < words.length; i++) bytes += words[i].length;
    if (bytes > LARGEST_NODE) return false;
    let node = this.nodes.length === this.gap ? null : this.nodes[this.nodes.length - 1]!;
    let expected = 0;
    if (node !== null && isFull(node, bytes, maxBytes, maxEntries)) {
      node.trim();
      this.count(node);
      expected = Math.min(node.bytes + (node.bytes >>> 5) + bytes, LARGEST_EXPECTED);
      node = null;
    }
    if (node === null) {
      // Nodes of a stream are alike: the next one will take as much as the last one did.
      node = StreamNode.start(wide ?? makeId(ms, seq), words, from, expected);
      this.nodes.push(node);
      this.lastFields = null;
      node.append(ms, seq, wide, words, from, true);
    } else {
      node.append(ms, seq, wide, words, from, this.isLike(node, words, from));
    }
    this.count(node);
    this.last = null;
    this.lastMs = ms;
    this.lastSeq = seq;
    if (this.size++ === 0) this.first = wide ?? makeId(ms, seq);
    this.entriesAdded = oneMore(this.entriesAdded);
    return true;
  }

  /** Whether an entry with an ID is there. */
  has(id: string): boolean {
    const node = this.nodeAt(this.nodeIndex(id));
    return node !== null && node.find(id) >= 0;
  }

  /** Deletes an entry; false if it is not there. */
  delete(id: string): boolean {
    const index = this.nodeIndex(id);
    const node = this.nodeAt(index);
    if (node === null) return false;
    const at = node.find(id);
    if (at < 0) return false;
    if (node.count === 1) {
      this.removeNode(index);
    } else {
      node.mark(at);
      node.setCounts(node.count - 1, node.deleted + 1);
    }
    this.size--;
    if (this.size === 0) this.first = MIN_ID;
    else if (this.first === id) this.first = null;
    if (id > this.maxDeletedId) this.maxDeletedId = id;
    return true;
  }

  /** Lets entries go from the front; returns how many. */
  trim(how: Trim): number {
    const byLength = how.maxLength >= 0;
    let removed = 0;
    while (this.gap < this.nodes.length) {
      if (byLength && this.size <= how.maxLength) break;
      const node = this.nodes[this.gap]!;
      const { count } = node;
      if (how.limit !== 0 && removed + count > how.limit) break;
      const goes = byLength ? this.size - count >= how.maxLength : node.lastId() < how.minId;
      if (goes) {
        this.removeNode(0);
        this.size -= count;
        removed += count;
        continue;
      }
      if (!how.approximate) removed += this.trimNode(node, how);
      break;
    }
    if (this.size === 0) this.first = MIN_ID;
    else if (removed > 0) this.first = null;
    return removed;
  }

  /** A cursor in front of the entries with IDs in [from, to], or behind them. */
  cursor(from: string, to: string, reverse: boolean): StreamCursor {
    return new StreamCursor(this, from, to, reverse);
  }

  /** How many nodes there are. */
  get nodeCount(): number {
    return this.nodes.length - this.gap;
  }

  /** A node by its place, or null if that is none. */
  nodeAt(index: number): StreamNode | null {
    return index < 0 ? null : (this.nodes[this.gap + index] ?? null);
  }

  /** The place of the last node whose ID is not above this one, or -1. */
  nodeIndex(id: string): number {
    const { nodes, gap } = this;
    let low = gap; // Everything before it is not above;
    let high = nodes.length; // everything from here on is.
    if (high > low && nodes[high - 1]!.id <= id) return high - 1 - gap;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (nodes[middle]!.id <= id) low = middle + 1;
      else high = middle;
    }
    return low - 1 - gap;
  }

  /** Adds a node, with all its entries, behind the others: for what a file holds. */
  addNode(node: StreamNode): void {
    this.nodes.push(node);
    this.count(node);
    this.size += node.count;
    this.first = null;
    this.lastFields = null;
  }

  /** How many nodes the radix tree has in which Redis would keep this one's nodes. */
  radixNodes(): number {
    // The tree branches at the length of what two neighbours have in common. Where nothing branches
    // for a while there is one node for all of the bytes.
    const branches: number[] = []; // Those on the way to the last key, by their depths.
    let sum = 0;
    let before = -1; // What the last key has in common with the one before it.
    for (let i = 0; i < this.nodeCount; i++) {
      const next = this.nodeAt(i + 1);
      const shared = next === null ? -1 : commonBytes(this.nodeAt(i)!.id, next.id);
      sum += 1 + chain(Math.max(before, shared), ID_BYTES);
      while (branches.length > 0 && branches[branches.length - 1] > shared) {
        const depth = branches.pop()!;
        sum += 1 + chain(Math.max(shared, branches[branches.length - 1] ?? -1), depth);
      }
      if (shared >= 0 && branches[branches.length - 1] !== shared) branches.push(shared);
      before = shared;
    }
    return Math.max(sum, 1);
  }

  copy(): Stream {
    const copy = new Stream();
    for (let i = 0; i < this.nodeCount; i++) copy.addNode(this.nodeAt(i)!.copy());
    copy.lastId = this.lastId;
    copy.maxDeletedId = this.maxDeletedId;
    copy.entriesAdded = this.entriesAdded;
    copy.first = this.first;
    if (this.groups !== null) {
      copy.groups = new Map();
      for (const [name, group] of this.groups) copy.groups.set(name, group.copy());
    }
    return copy;
  }

  get memory(): number {
    const { groups } = this;
    const own = STREAM_BYTES + arrayBytes(this.nodes.length) + this.bytes;
    if (groups === null) return own;
    let looked = 0;
    let bytes = 0;
    for (const group of groups.values()) {
      bytes += group.memory;
      if (++looked === MANY_GROUPS) break; // The others are taken to be like these.
    }
    return own + Math.ceil(looked === 0 ? 0 : (bytes / looked) * groups.size);
  }

  /** Brings what is known of a node's weight up to date. */
  private count(node: StreamNode): void {
    const { memory } = node;
    this.bytes += memory - node.counted;
    node.counted = memory;
  }

  /** Throws unless nodes, order and counts agree. For tests; O(N). */
  check(): void {
    let size = 0;
    let last = '';
    for (let i = 0; i < this.nodeCount; i++) {
      const node = this.nodeAt(i)!;
      node.check();
      if (node.id <= last) throw new Error('nodes do not ascend');
      last = node.lastId();
      size += node.count;
    }
    let bytes = 0;
    for (let i = 0; i < this.nodeCount; i++) bytes += this.nodeAt(i)!.counted;
    if (bytes !== this.bytes) throw new Error(`${bytes} bytes, not ${this.bytes}`);
    if (last > this.lastId) throw new Error('an entry is newer than the newest');
    if (size !== this.size) throw new Error(`${size} entries, not ${this.size}`);
    const { first } = this;
    this.first = null;
    if (first !== null && first !== this.firstId) throw new Error('another entry is the first');
    if (this.lastFields !== null) {
      const fields = this.nodeAt(this.nodeCount - 1)?.fields();
      if (fields?.join() !== this.lastFields.join()) throw new Error('the last node has others');
    }
  }

  /** Lets the first entries of a node go, some of which stay. */
  private trimNode(node: StreamNode, how: Trim): number {
    let removed = 0;
    const end = node.bytes - 1;
    for (let at = node.live; at < end; at = node.after(at)) {
      const enough = how.maxLength >= 0 ? this.size <= how.maxLength : node.idAt(at) >= how.minId;
      if (enough) break;
      if ((node.pack[at] & DELETED) !== 0) continue;
      node.mark(at);
      removed++;
      this.size--;
    }
    node.setCounts(node.count - removed, node.deleted + removed);
    return removed;
  }

  /** Whether the fields are those of the last node's master, in the same order. */
  private isLike(node: StreamNode, words: readonly string[], from: number): boolean {
    if (words.length - from !== node.fieldCount * 2) return false;
    this.lastFields ??= node.fields();
    const fields = this.lastFields;
    for (let i = 0; i < fields.length; i++) if (fields[i] !== words[from + 2 * i]) return false;
    return true;
  }

  private removeNode(index: number): void {
    const { nodes } = this;
    const at = this.gap + index;
    this.bytes -= nodes[at]!.counted;
    if (at === nodes.length - 1) this.lastFields = null;
    if (index > 0) {
      nodes.splice(at, 1);
      return;
    }
    nodes[at] = undefined;
    this.gap++;
    if (this.gap > SMALL_GAP && this.gap * 2 > nodes.length) {
      this.nodes = nodes.slice(this.gap);
      this.gap = 0;
    }
  }
}

function isFull(node: StreamNode, bytes: number, maxBytes: number, maxEntries: number): boolean {
  if (maxBytes === 0 || maxBytes > LARGEST_NODE) maxBytes = LARGEST_NODE;
  if (node.bytes + bytes >= maxBytes) return true;
  return maxEntries !== 0 && node.entries >= maxEntries;
}

function oneMore(count: number | bigint): number | bigint {
  if (typeof count === 'number' && count < Number.MAX_SAFE_INTEGER) return count + 1;
  return BigInt.asUintN(64, BigInt(count) + 1n);
}

/** Whether there are bytes between a branch of the radix tree and a node below: 1, or else 0. */
function chain(branch: number, depth: number): number {
  return depth > branch + 1 ? 1 : 0;
}

function commonBytes(a: string, b: string): number {
  let i = 0;
  while (i < ID_BYTES && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  return i;
}
