// Which keys of a database belong to which slot of a cluster.
//
// Entries of a dictionary are dense numbers, of which the last takes the place of one that is
// removed (datatypes/dict.ts). So here each slot has an array of the numbers of its entries, dense
// in the same way, and columns beside the entries know the slot of each, and where in the slot's
// array it stands:
//
//   entry    0     1     2     3          slot 9:  [3, 1]
//   slot     7     9     7     9          slot 7:  [0, 2]
//   place    0     1     1     0
//
// Coming and going cost O(1), and a slot is walked like a database: from its end down, the cursor
// being how many are left, so that nothing is missed whatever is removed meanwhile.

import { keySlot, SLOT_COUNT } from '../protocol/slot.ts';

export class SlotKeys {
  private readonly slots: (number[] | null)[] = new Array(SLOT_COUNT).fill(null);
  private slotOf = new Uint16Array(16);
  private place = new Int32Array(16);

  /** How many entries a slot has. */
  count(slot: number): number {
    return this.slots[slot]?.length ?? 0;
  }

  /** The number of the n-th entry of a slot. */
  entryAt(slot: number, n: number): number {
    return this.slots[slot]![n];
  }

  /** Takes entry i in, which has just been added to the dictionary. */
  add(i: number, key: string): void {
    if (i >= this.place.length) this.grow(i * 2);
    const slot = keySlot(key);
    let entries = this.slots[slot];
    if (entries === null) {
      entries = [];
      this.slots[slot] = entries;
    }
    this.slotOf[i] = slot;
    this.place[i] = entries.length;
    entries.push(i);
  }

  /** Takes entry i out. */
  leave(i: number): void {
    const { slots, slotOf, place } = this;
    const entries = slots[slotOf[i]]!;
    const other = entries.pop()!;
    if (other !== i) {
      entries[place[i]] = other;
      place[other] = place[i];
    }
    if (entries.length === 0) slots[slotOf[i]] = null;
  }

  /** Takes entry i out, whose number entry `last` has from now on. */
  remove(i: number, last: number): void {
    const { slots, slotOf, place } = this;
    this.leave(i);
    if (i === last) return;
    slotOf[i] = slotOf[last];
    place[i] = place[last];
    slots[slotOf[i]]![place[i]] = i;
  }

  /**
   * Visits up to `count` entries of a slot from the cursor down, and returns the next cursor: 0
   * when done.
   */
  scan(slot: number, cursor: number, count: number, visit: (i: number) => void): number {
    const size = this.count(slot);
    const from = cursor === 0 ? size : Math.min(cursor, size);
    const to = Math.max(0, from - count);
    for (let n = from - 1; n >= to; n--) visit(this.entryAt(slot, n));
    return to;
  }

  /** Throws unless all of this is true of these keys. For tests; O(N). */
  check(keys: readonly string[]): void {
    const sizes = new Map<number, number>();
    keys.forEach((key, i) => {
      const slot = keySlot(key);
      sizes.set(slot, (sizes.get(slot) ?? 0) + 1);
      if (this.slotOf[i] !== slot) throw new Error(`${key} is not in slot ${slot}`);
      if (this.slots[slot]?.[this.place[i]] !== i) throw new Error(`${key} cannot be found`);
    });
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      if (this.count(slot) !== (sizes.get(slot) ?? 0)) throw new Error(`slot ${slot} is wrong`);
    }
  }

  private grow(size: number): void {
    const slotOf = new Uint16Array(size);
    slotOf.set(this.slotOf);
    this.slotOf = slotOf;
    const place = new Int32Array(size);
    place.set(this.place);
    this.place = place;
  }
}
