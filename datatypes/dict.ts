// A dictionary from byte strings to values that knows its entries by number.
//
// Entries lie side by side in one dense array, key, value, key, value; entry i begins in
// position 2i. Removing an entry moves the last one into its place. So a random
// entry is a random number, and a scan is a walk over the array from its end: whatever
// has not been visited yet lies below the cursor, a removal moves only an entry that was
// visited, and an entry that is there throughout is always met.
//
// WHY NOT A MAP
//
// A Map from key to an object per entry takes 230 resident bytes for a key and a value of
// 16 bytes, refuses more than 2^24 entries, and stands still while it grows: 40 ms at a
// million. This takes 170 bytes, finds a key in three quarters of the time once the caches are
// cold (bench/micro/dict.ts), has no such end, and never moves more than one segment.
//
// HOW A KEY IS FOUND
//
// By extendible hashing (Fagin, Nievergelt, Pippenger and Strong, 1979). The highest
// `depth` bits of a key's hash choose a segment from the directory; in the segment the
// lowest bits say where to begin, and linear probing does the rest. A slot is a pair:
// the hash, and the entry's number plus one (0 is an empty slot).
//
//   directory          segments: hash, number, hash, number, ...
//   [ 00 ] ----------> [ . . | 0x1a.. 7 | 0x03.. 2 | . . | ... ]
//   [ 01 ] --.
//   [ 10 ] --+-------> one bit of the hash is enough here: two ways in
//   [ 11 ] ----------> [ . . | . . | 0xf1.. 1 | ... ]
//
// A segment that is three quarters full doubles, as long as it is small, and from
// SEGMENT slots on splits in two by the next bit of the hash; when that bit is beyond the
// directory, the directory doubles, which only copies pointers. The cost of growing is
// therefore the same at ten entries and at ten million, some tens of microseconds. Nothing
// hashes a key twice for it: the hashes are in the slots.
//
// A removal closes the gap that it leaves in the chain of its segment (Knuth, vol. 3,
// 6.4, algorithm R), so there are no tombstones and look-ups never slow down.
//
// The hash is seeded, so that nobody can prepare keys that all fall together.
//
// What becomes of it when most of its entries go: a segment that is less than an eighth full
// becomes half as large, or joins the one that it once was split from.
//
// Invariants, which check() verifies:
// - every entry has one slot, in the segment that its hash leads to, reachable from the
//   slot where its probe begins without an empty one in between;
// - a segment of local depth d stands in 2^(depth - d) neighbouring directory places;
// - a segment counts its used slots, and at least a quarter of them are empty.

import { arrayBytes, BUFFER, OBJECT, stringBytes, WORD } from './weight.ts';

const SMALLEST = 8; // Slots of the first segment. A power of two, as all sizes are.
const SEGMENT = 4096; // Slots at which a segment splits rather than doubles.
const SEGMENT_BYTES = OBJECT + 4 * WORD + BUFFER;
const DICT_BYTES = OBJECT + 9 * WORD + arrayBytes(1);

class Segment {
  readonly slots: Int32Array;
  readonly mask: number; // Number of slots, less one.
  readonly depth: number; // How many bits of the hash its entries have in common.
  used = 0;

  constructor(size: number, depth: number) {
    this.slots = new Int32Array(size * 2);
    this.mask = size - 1;
    this.depth = depth;
  }

  /** Puts a pair into the first empty slot of its chain. There is always one. */
  put(hash: number, number: number): void {
    const slots = this.slots;
    let at = hash & this.mask;
    while (slots[at * 2 + 1] !== 0) at = (at + 1) & this.mask;
    slots[at * 2] = hash;
    slots[at * 2 + 1] = number;
    this.used++;
  }

  /** The slot of an entry that is known to be here. */
  slotOf(hash: number, number: number): number {
    let at = hash & this.mask;
    while (this.slots[at * 2 + 1] !== number) at = (at + 1) & this.mask;
    return at;
  }

  /** Empties a slot and moves up what follows in its chain. */
  clear(at: number): void {
    const slots = this.slots;
    const mask = this.mask;
    let gap = at;
    for (let next = (gap + 1) & mask; slots[next * 2 + 1] !== 0; next = (next + 1) & mask) {
      const home = slots[next * 2] & mask;
      // Stays if its home lies behind the gap, on the way round to where it is.
      if (((next - home) & mask) < ((next - gap) & mask)) continue;
      slots[gap * 2] = slots[next * 2];
      slots[gap * 2 + 1] = slots[next * 2 + 1];
      gap = next;
    }
    slots[gap * 2 + 1] = 0;
    this.used--;
  }
}

export class Dict<V> {
  // A value stands behind its key, so that finding one brings the other into the cache.
  private readonly entries: (string | V)[] = [];
  private readonly seed: number;
  private depth = 0;
  private asked = ''; // What find() was asked for last, because add() often follows,
  private askedHash = 0; // and its hash.
  private directory: Segment[] = [new Segment(SMALLEST, 0)];
  /** How many slots there are, used and empty, for those who wonder about memory. */
  slots = SMALLEST;
  private segments = 1;
  private keyBytes = 0; // Of all keys.

  /** `seed` is any 32-bit number; it should differ from server to server. */
  constructor(seed: number) {
    this.seed = seed | 0;
    this.askedHash = this.hash('');
  }

  get size(): number {
    return this.entries.length / 2;
  }

  /** Bytes that it takes in memory, the keys included, and not what the values point to. */
  get memory(): number {
    return this.keyBytes + this.tableBytes;
  }

  /** The part of it that is neither key nor value. */
  get tableBytes(): number {
    const { slots, segments } = this;
    return DICT_BYTES + arrayBytes(this.entries.length) + slots * WORD + segments * SEGMENT_BYTES;
  }

  /** The key of entry i, which must be there. */
  keyAt(i: number): string {
    return this.entries[i * 2] as string;
  }

  /** The value of entry i, which must be there. */
  valueAt(i: number): V {
    return this.entries[i * 2 + 1] as V;
  }

  /** Replaces the value of entry i, which must be there. */
  setValueAt(i: number, value: V): void {
    this.entries[i * 2 + 1] = value;
  }

  /** The number of a key's entry, or -1. Good until the next removal. */
  find(key: string): number {
    const hash = this.hash(key);
    this.asked = key;
    this.askedHash = hash;
    const segment = this.directory[this.depth === 0 ? 0 : hash >>> (32 - this.depth)];
    const slots = segment.slots;
    const mask = segment.mask;
    let at = hash & mask;
    for (;;) {
      const number = slots[at * 2 + 1];
      if (number === 0) return -1;
      if (slots[at * 2] === hash && this.entries[number * 2 - 2] === key) return number - 1;
      at = (at + 1) & mask;
    }
  }

  /** The value of a key, or undefined. */
  get(key: string): V | undefined {
    const i = this.find(key);
    return i < 0 ? undefined : this.valueAt(i);
  }

  has(key: string): boolean {
    return this.find(key) >= 0;
  }

  /** Adds an entry and returns its number. The caller has made sure that the key is new. */
  add(key: string, value: V): number {
    const hash = key === this.asked ? this.askedHash : this.hash(key);
    let segment = this.directory[this.depth === 0 ? 0 : hash >>> (32 - this.depth)];
    while ((segment.used + 1) * 4 > (segment.mask + 1) * 3) segment = this.grow(segment, hash);
    this.entries.push(key, value);
    this.keyBytes += stringBytes(key.length);
    const number = this.entries.length / 2;
    segment.put(hash, number);
    return number - 1;
  }

  /**
   * Puts back what stood elsewhere, or was not there: first takes entries out by their numbers,
   * leaving holes; then makes room for `size` entries, and puts others into all holes.
   */
  rearrange(out: readonly number[], size: number, back: Iterable<[number, string, V]>): void {
    const { entries } = this;
    for (const i of out) {
      const key = this.keyAt(i);
      const hash = this.hash(key);
      const segment = this.segmentOf(hash);
      segment.clear(segment.slotOf(hash, i + 1));
      this.keyBytes -= stringBytes(key.length);
      this.shrinkAll(segment, hash);
    }
    if (size * 2 < entries.length) entries.length = size * 2;
    const added = [...back].sort(([one], [other]) => one - other); // So that it stays dense.
    for (const [i, key, value] of added) {
      const hash = this.hash(key);
      let segment = this.segmentOf(hash);
      while ((segment.used + 1) * 4 > (segment.mask + 1) * 3) segment = this.grow(segment, hash);
      entries[i * 2] = key;
      entries[i * 2 + 1] = value;
      this.keyBytes += stringBytes(key.length);
      segment.put(hash, i + 1);
    }
  }

  /** Adds an entry or replaces its value; true if the key is new. */
  set(key: string, value: V): boolean {
    const i = this.find(key);
    if (i < 0) {
      this.add(key, value);
      return true;
    }
    this.setValueAt(i, value);
    return false;
  }

  /** Removes an entry by its number. The last entry, if it is another, takes this number. */
  removeAt(i: number): void {
    const { entries } = this;
    const removed = this.keyAt(i);
    const hash = removed === this.asked ? this.askedHash : this.hash(removed);
    const segment = this.segmentOf(hash);
    segment.clear(segment.slotOf(hash, i + 1));
    this.keyBytes -= stringBytes(removed.length);
    const last = this.size - 1;
    const value = entries.pop() as V;
    const key = entries.pop() as string;
    if (i !== last) {
      entries[i * 2] = key;
      entries[i * 2 + 1] = value;
      const hashOfLast = this.hash(key);
      const home = this.segmentOf(hashOfLast);
      home.slots[home.slotOf(hashOfLast, last + 1) * 2 + 1] = i + 1;
    }
    this.shrinkAll(segment, hash);
  }

  /** Removes a key; false if it was not there. */
  delete(key: string): boolean {
    const i = this.find(key);
    if (i < 0) return false;
    this.removeAt(i);
    return true;
  }

  /** Throws unless every invariant above holds. For tests; O(N). */
  check(): void {
    const seen = new Set<number>();
    for (let d = 0; d < this.directory.length; d++) {
      const segment = this.directory[d];
      const share = 1 << (this.depth - segment.depth);
      if (this.directory[d - (d % share)] !== segment) throw new Error(`directory place ${d}`);
      let used = 0;
      for (let at = 0; at <= segment.mask; at++) {
        const number = segment.slots[at * 2 + 1];
        if (number === 0) continue;
        used++;
        seen.add(number);
        const key = this.keyAt(number - 1);
        if (this.segmentOf(this.hash(key)) !== segment) throw new Error(`${key}: wrong segment`);
        if (this.find(key) !== number - 1) throw new Error(`${key} cannot be found`);
      }
      if (used !== segment.used) throw new Error(`segment ${d} counts ${segment.used}`);
      if (used * 4 > (segment.mask + 1) * 3) throw new Error(`segment ${d} is too full`);
    }
    let [slots, segments] = [0, 0];
    for (const segment of new Set(this.directory)) {
      slots += segment.mask + 1;
      segments++;
    }
    if (slots !== this.slots || segments !== this.segments) throw new Error('miscounted slots');
    let keyBytes = 0;
    for (let i = 0; i < this.size; i++) keyBytes += stringBytes(this.keyAt(i).length);
    if (keyBytes !== this.keyBytes) throw new Error('miscounted keys');
    if (seen.size !== this.size) throw new Error(`${seen.size} slots for ${this.size} keys`);
  }

  private segmentOf(hash: number): Segment {
    return this.directory[this.depth === 0 ? 0 : hash >>> (32 - this.depth)];
  }

  // Four chars to a round; the constants and the finaliser are Appleby's, from MurmurHash3.
  private hash(key: string): number {
    const length = key.length;
    const whole = length - 3;
    let h = this.seed ^ length;
    let i = 0;
    for (; i < whole; i += 4) {
      const four =
        key.charCodeAt(i) |
        (key.charCodeAt(i + 1) << 8) |
        (key.charCodeAt(i + 2) << 16) |
        (key.charCodeAt(i + 3) << 24);
      const k = Math.imul(four, 0xcc9e2d51);
      h = (Math.imul(h ^ k ^ (k >>> 15), 0x1b873593) + 0x52dce729) | 0;
      h ^= h >>> 13;
    }
    for (; i < length; i++) {
      h = Math.imul(h ^ key.charCodeAt(i), 0x1b873593);
      h ^= h >>> 15;
    }
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return h ^ (h >>> 16);
  }

  /** Makes room where this hash leads to, and returns the segment that it leads to now. */
  private grow(full: Segment, hash: number): Segment {
    if (full.mask + 1 < SEGMENT) {
      this.slots += full.mask + 1;
      const larger = new Segment((full.mask + 1) * 2, full.depth);
      this.pour(full, larger, larger);
      this.put(full, hash, larger, larger);
    } else {
      if (full.depth === this.depth) {
        this.directory = this.directory.flatMap((segment) => [segment, segment]);
        this.depth++;
      }
      this.slots += full.mask + 1;
      this.segments++;
      const zeros = new Segment(full.mask + 1, full.depth + 1);
      const ones = new Segment(full.mask + 1, full.depth + 1);
      this.pour(full, zeros, ones);
      this.put(full, hash, zeros, ones);
    }
    return this.segmentOf(hash);
  }

  /** Gives back what room can be spared where this hash leads to. */
  private shrinkAll(loose: Segment, hash: number): void {
    let segment = loose;
    while (segment.used * 8 <= segment.mask && segment.mask >= SMALLEST) {
      const smaller = this.shrink(segment, hash);
      if (smaller === segment) break;
      segment = smaller;
    }
  }

  /** Gives the room of a segment back, if it can be done; returns what this hash leads to then. */
  private shrink(loose: Segment, hash: number): Segment {
    const size = loose.mask + 1;
    if (loose.depth === 0) {
      const smaller = new Segment(size / 2, 0);
      this.slots -= size / 2;
      this.pour(loose, smaller, smaller);
      this.put(loose, hash, smaller, smaller);
      return smaller;
    }
    const other = this.segmentOf(hash ^ (1 << (32 - loose.depth)));
    if (other.depth !== loose.depth || (loose.used + other.used) * 2 > size) return loose;
    const joined = new Segment(size, loose.depth - 1);
    this.slots -= size;
    this.segments--;
    this.pour(loose, joined, joined);
    this.pour(other, joined, joined);
    this.put(joined, hash, joined, joined);
    return joined;
  }

  /** Distributes a segment's slots by the first bit that they need not have in common. */
  private pour(full: Segment, zeros: Segment, ones: Segment): void {
    const bit = 31 - full.depth;
    for (let at = 0; at <= full.mask; at++) {
      const number = full.slots[at * 2 + 1];
      if (number === 0) continue;
      const hash = full.slots[at * 2];
      ((hash >>> bit) & 1 ? ones : zeros).put(hash, number);
    }
  }

  /** Puts the two heirs of a segment into its places in the directory. */
  private put(full: Segment, hash: number, zeros: Segment, ones: Segment): void {
    const places = 1 << (this.depth - full.depth);
    const first = (this.depth === 0 ? 0 : hash >>> (32 - this.depth)) & -places;
    for (let i = 0; i < places; i++) {
      this.directory[first + i] = i < places / 2 ? zeros : ones;
    }
  }
}
