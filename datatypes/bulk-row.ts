// Byte strings in a row, packed into one piece of memory, with room at both ends.
//
// They lie there as a reply spells them, "$3\r\nfoo\r\n": what reads a row, a client or a file,
// reads far more of it than anybody changes, and is given any part of it by one copy.
//
//   text      ........$3\r\nfoo\r\n$2\r\nab\r\n......
//   places            ^             ^           ^       where each begins, and where the last ends
//
// Both arrays are used from the middle out: `first` is the place of the first element, and
// there may be room before it and behind the last. Out of room on one side, a row moves what it
// holds to where there is some, or into a piece of memory twice as large.
//
// Nothing here knows listpacks: this is instead of one. It takes 7 bytes more than a string's
// own, where a listpack takes 2 and needs to be walked, element by element, to its middle.

/** Takes elements one by one, or many at once as they are spelt here; a Reply does. */
export type Sink = {
  bulk(element: string): void;
  bulks(spelt: Buffer, start: number, end: number, count: number): void;
};

const CR = 13;
const LF = 10;
const DOLLAR = 36;
const MINUS = 45;
const ZERO = 48;
const NARROW = 0x10000; // Text up to this size has its places in 16 bits each.
const LEAST = 256; // Bytes of the smallest text.
const SHORT = 24; // Below this length a loop beats the call into C++: bench/micro/write.ts.

/** How many digits there are in the length of an element that takes so many bytes in all. */
function digitsOf(size: number): number {
  let digits = 1;
  for (let limit = 10; size >= limit + digits + 5; limit *= 10) digits++;
  return digits;
}

/** Bytes that an element takes. */
function sizeOf(element: string): number {
  const { length } = element;
  let digits = 1;
  for (let limit = 10; length >= limit; limit *= 10) digits++;
  return length + digits + 5;
}

export class BulkRow {
  count = 0;
  private text: Buffer;
  private places: Uint16Array | Uint32Array;
  private first = 0;

  constructor(bytes = LEAST, count = 16) {
    this.text = Buffer.allocUnsafeSlow(bytes);
    this.places = placesFor(bytes, count + 1);
    this.places[0] = 0;
  }

  /** An empty row with room for about as much as this one has, before its end or behind. */
  like(before: boolean): BulkRow {
    const bytes = this.end - this.places[this.first];
    const row = new BulkRow(bytes + (bytes >> 5), this.count + (this.count >> 5) + 1);
    if (before) {
      row.first = row.places.length - 1;
      row.places[row.first] = row.text.length;
    }
    return row;
  }

  /** Whether more than an eighth of its memory is room. */
  get isLoose(): boolean {
    return (this.end - this.places[this.first]) * 8 < this.text.length * 7;
  }

  /** Bytes of memory that it takes. */
  get bytes(): number {
    return this.text.length + this.places.byteLength;
  }

  at(k: number): string {
    const { text, places } = this;
    const start = places[this.first + k];
    const end = places[this.first + k + 1];
    return text.latin1Slice(start + digitsOf(end - start) + 3, end - 2);
  }

  /** The length of the element in place k. */
  lengthAt(k: number): number {
    const size = this.places[this.first + k + 1] - this.places[this.first + k];
    return size - digitsOf(size) - 5;
  }

  /** Whether the element in place k begins as a number does. */
  looksNumeric(k: number): boolean {
    const end = this.places[this.first + k + 1];
    const first = this.text[end - 2 - this.lengthAt(k)];
    return first === MINUS || (first >= ZERO && first <= ZERO + 9);
  }

  append(element: string): void {
    const size = sizeOf(element);
    const end = this.first + this.count + 1;
    if (end >= this.places.length || this.end + size > this.text.length) {
      this.makeRoom(0, size);
      return this.append(element);
    }
    this.places[end] = this.spell(element, this.places[end - 1]);
    this.count++;
  }

  prepend(element: string): void {
    const size = sizeOf(element);
    const start = this.places[this.first] - size;
    if (this.first === 0 || start < 0) {
      this.makeRoom(size, 0);
      return this.prepend(element);
    }
    this.spell(element, start);
    this.places[--this.first] = start;
    this.count++;
  }

  /** Puts an element before the one in place k, or behind the last. */
  insert(k: number, element: string): void {
    if (k === 0) return this.prepend(element);
    if (k === this.count) return this.append(element);
    const size = sizeOf(element);
    const last = this.first + this.count;
    if (last + 1 >= this.places.length || this.end + size > this.text.length) {
      this.makeRoom(0, size);
      return this.insert(k, element);
    }
    const { text, places } = this;
    const start = places[this.first + k];
    text.copyWithin(start + size, start, this.end);
    for (let i = last; i >= this.first + k; i--) places[i + 1] = places[i] + size;
    this.spell(element, start);
    this.count++;
  }

  /** Removes `count` elements from place k on. */
  removeRange(k: number, count: number): void {
    const { text, places, first } = this;
    if (k === 0) {
      this.first += count;
    } else if (k + count < this.count) {
      const start = places[first + k];
      const behind = places[first + k + count];
      text.copyWithin(start, behind, this.end);
      for (let i = first + k; i <= first + this.count - count; i++) {
        places[i] = places[i + count] - (behind - start);
      }
    }
    this.count -= count;
  }

  /** Whether the element in place k is this one. */
  equals(k: number, element: string): boolean {
    const { text, places } = this;
    const { length } = element;
    const start = places[this.first + k];
    const end = places[this.first + k + 1];
    const at = end - 2 - length;
    if (at - start - 3 !== digitsOf(end - start)) return false;
    for (let i = 0; i < length; i++) if (text[at + i] !== element.charCodeAt(i)) return false;
    return true;
  }

  /** Gives `count` elements from place k on to a sink, all at once. */
  say(k: number, count: number, to: Sink): void {
    const { places, first } = this;
    to.bulks(this.text, places[first + k], places[first + k + count], count);
  }

  /** A row of its own of `count` elements from place k on. */
  slice(k: number, count: number): BulkRow {
    const { places } = this;
    const from = this.first + k;
    const start = places[from];
    const end = places[from + count];
    const row = new BulkRow(end - start, count);
    this.text.copy(row.text, 0, start, end);
    for (let i = 0; i <= count; i++) row.places[i] = places[from + i] - start;
    row.count = count;
    return row;
  }

  private get end(): number {
    return this.places[this.first + this.count];
  }

  /** Writes an element where there is room for it; returns where it ends. */
  private spell(element: string, at: number): number {
    const { text } = this;
    const { length } = element;
    text[at++] = DOLLAR;
    if (length < 10) {
      text[at++] = ZERO + length;
    } else if (length < 100) {
      const tens = (length / 10) | 0;
      text[at++] = ZERO + tens;
      text[at++] = ZERO + length - tens * 10;
    } else {
      at += text.latin1Write(String(length), at);
    }
    text[at++] = CR;
    text[at++] = LF;
    if (length < SHORT) for (let i = 0; i < length; i++) text[at + i] = element.charCodeAt(i);
    else text.latin1Write(element, at);
    at += length;
    text[at++] = CR;
    text[at++] = LF;
    return at;
  }

  /** Makes room for one more element, of so many bytes, before the first or behind the last. */
  private makeRoom(before: number, behind: number): void {
    const start = this.places[this.first];
    const used = this.end - start;
    const need = used + before + behind;
    // What is three quarters full had better grow: it would be moved again too soon.
    const bytes = need * 4 > this.text.length * 3 ? Math.max(LEAST, need * 2) : this.text.length;
    const { length } = this.places;
    const places = (this.count + 2) * 4 > length * 3 ? Math.max(17, this.count * 2) : length;
    const to = room(bytes - used, before, behind);
    const firstTo = room(places - this.count - 1, before, behind);
    const moved = placesFor(bytes, places);
    for (let i = 0; i <= this.count; i++) {
      moved[firstTo + i] = this.places[this.first + i] - start + to;
    }
    const text = bytes === this.text.length ? this.text : Buffer.allocUnsafeSlow(bytes);
    this.text.copy(text, to, start, start + used);
    this.text = text;
    this.places = moved;
    this.first = firstTo;
  }
}

/** How much of what is free goes before the first: most of it where it is wanted. */
function room(free: number, before: number, behind: number): number {
  return before > behind ? free - (free >> 3) : free >> 3;
}

function placesFor(bytes: number, places: number): Uint16Array | Uint32Array {
  return bytes < NARROW ? new Uint16Array(places) : new Uint32Array(places);
}
