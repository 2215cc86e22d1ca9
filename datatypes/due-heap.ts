// What falls due, and when: a binary heap of (time, key, field, owner), the soonest at its top.
//
//            0                  times   [ 5 | 9 | 7 | 12 | ... ]
//         1     2               keys    [ a | b | c | d  | ... ]      one page: 8192 places
//        3 4   5 6              ...
//
// Four arrays side by side take half of what an object for each entry would. They are kept in
// pages, because an array that has grown to ten million places stalls everybody once more when it
// is copied to a larger one. And nothing here ever walks over all entries at once: who wants to be
// rid of some looks at them a few at a time, from the last place down (removeAt).

const BITS = 13;
const PLACES = 1 << BITS;
const PLACE = PLACES - 1;

class Page<Owner> {
  readonly times: number[] = [];
  readonly keys: string[] = [];
  readonly fields: (string | null)[] = [];
  readonly owners: Owner[] = [];
}

export class DueHeap<Owner> {
  private readonly pages: Page<Owner>[] = [];
  private count = 0;

  get size(): number {
    return this.count;
  }

  timeAt(i: number): number {
    return this.pages[i >> BITS].times[i & PLACE];
  }

  keyAt(i: number): string {
    return this.pages[i >> BITS].keys[i & PLACE];
  }

  /** Null for what is no part of something else. */
  fieldAt(i: number): string | null {
    return this.pages[i >> BITS].fields[i & PLACE];
  }

  ownerAt(i: number): Owner {
    return this.pages[i >> BITS].owners[i & PLACE];
  }

  add(time: number, key: string, field: string | null, owner: Owner): void {
    const last = this.count++;
    if (last >> BITS === this.pages.length) this.pages.push(new Page());
    this.put(this.rise(last, time), time, key, field, owner);
  }

  /** Removes the entry at a place: 0 is the soonest, `size - 1` the last. */
  removeAt(i: number): void {
    const last = --this.count;
    const page = this.pages[last >> BITS];
    const time = page.times.pop()!;
    const key = page.keys.pop()!;
    const field = page.fields.pop()!;
    const owner = page.owners.pop()!;
    if (page.times.length === 0) this.pages.pop();
    if (i === last) return;
    const up = this.rise(i, time);
    this.put(up === i ? this.sink(i, time) : up, time, key, field, owner);
  }

  clear(): void {
    this.pages.length = 0;
    this.count = 0;
  }

  /** Throws unless no entry is sooner than the one above it. For tests; O(N). */
  check(): void {
    for (let i = 1; i < this.count; i++) {
      if (this.timeAt(i) < this.timeAt((i - 1) >> 1)) throw new Error(`${i} is sooner than above`);
    }
    const places = this.pages.reduce((sum, page) => sum + page.times.length, 0);
    if (places !== this.count) throw new Error(`${places} places for ${this.count} entries`);
  }

  /** Where an entry of a time belongs, at a place or above it; moves others down to make room. */
  private rise(i: number, time: number): number {
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (this.timeAt(parent) <= time) break;
      this.move(parent, i);
      i = parent;
    }
    return i;
  }

  /** The same at a place or below it. */
  private sink(i: number, time: number): number {
    for (;;) {
      let child = i * 2 + 1;
      if (child >= this.count) return i;
      if (child + 1 < this.count && this.timeAt(child + 1) < this.timeAt(child)) child++;
      if (time <= this.timeAt(child)) return i;
      this.move(child, i);
      i = child;
    }
  }

  private move(from: number, to: number): void {
    const page = this.pages[from >> BITS];
    const at = from & PLACE;
    this.put(to, page.times[at], page.keys[at], page.fields[at], page.owners[at]);
  }

  private put(i: number, time: number, key: string, field: string | null, owner: Owner): void {
    const page = this.pages[i >> BITS];
    const at = i & PLACE;
    page.times[at] = time;
    page.keys[at] = key;
    page.fields[at] = field;
    page.owners[at] = owner;
  }
}
