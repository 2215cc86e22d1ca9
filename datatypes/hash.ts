// Hashes: fields with values, each of which may expire by itself.
//
// An entry is a field, its value and, in a column beside them, the time when it expires (Unix ms,
// 0 for never). The column is only there once some field was given a time. Entries are known by
// number, as in dict.ts, and there are two ways to keep them:
//
//   small    one flat array, searched from the start: Redis's listpack, and its listpackex once
//            there is a column of times. Entries keep their order when others go.
//   large    a Dict: Redis's hashtable. The last entry takes the place of one that goes.
//
// A small hash becomes large for good when it has too many entries or too long ones. A small one
// with times is sorted by them, those that never expire last, because Redis's is, and HGETALL
// shows it.
//
// Nothing here knows what time it is. An entry whose time has come is here until somebody
// removes it; expiredAt() tells.

import { type Collection, HASH } from './collection.ts';
import { Dict } from './dict.ts';
import { arrayBytes, OBJECT, stringBytes, WORD } from './weight.ts';

const HASH_BYTES = OBJECT + 8 * WORD;
const WAITING = 60; // A field that waits for its time, where the server remembers that.

export class Hash implements Collection {
  readonly kind = HASH;
  /** How many fields have an expiry. */
  timed = 0;
  weighed = 0;
  private readonly seed: number;
  private flat: string[] | null = []; // Field, value, field, value, ...
  private table: Dict<string> | null = null;
  private times: number[] | null = null;
  private bytes = 0; // Of its fields and values; if it is large, of the values alone.

  /** `seed` is for the dictionary that it may become. */
  constructor(seed: number) {
    this.seed = seed;
  }

  /** A small hash of fields and values by turns, no field twice; the array becomes its own. */
  static ofPairs(pairs: string[], seed: number): Hash {
    const hash = new Hash(seed);
    hash.flat = pairs;
    for (const text of pairs) hash.bytes += stringBytes(text.length);
    return hash;
  }

  get size(): number {
    return this.flat !== null ? this.flat.length / 2 : this.table!.size;
  }

  get encoding(): string {
    if (this.flat === null) return 'hashtable';
    return this.times === null ? 'listpack' : 'listpackex';
  }

  /** Whether the entries keep their order, and are few. */
  get isSmall(): boolean {
    return this.flat !== null;
  }

  /** The number of a field's entry, or -1. Good until the next change of any kind. */
  find(field: string): number {
    const flat = this.flat;
    if (flat === null) return this.table!.find(field);
    for (let at = 0; at < flat.length; at += 2) {
      if (flat[at] === field) return at / 2;
    }
    return -1;
  }

  fieldAt(i: number): string {
    return this.flat !== null ? this.flat[i * 2] : this.table!.keyAt(i);
  }

  valueAt(i: number): string {
    return this.flat !== null ? this.flat[i * 2 + 1] : this.table!.valueAt(i);
  }

  /** When entry i expires (Unix ms), or 0. */
  expiryAt(i: number): number {
    return this.times === null ? 0 : this.times[i];
  }

  /** Whether the time of entry i has come. Redis: it lives through its last millisecond. */
  expiredAt(i: number, nowMs: number): boolean {
    if (this.timed === 0) return false;
    const whenMs = this.times![i];
    return whenMs !== 0 && whenMs < nowMs;
  }

  /** How many entries there are whose time has not come. */
  liveSize(nowMs: number): number {
    let live = this.size;
    if (this.timed === 0) return live;
    for (const whenMs of this.times!) if (whenMs !== 0 && whenMs < nowMs) live--;
    return live;
  }

  /** Makes it large if so many pairs may be added, or strings so long, as the limits forbid. */
  prepare(pairs: number, longest: number, maxEntries: number, maxBytes: number): void {
    if (this.flat !== null && (pairs > maxEntries || longest > maxBytes)) this.enlarge();
  }

  /** Gives a field a value; true if the field is new. Its expiry goes, unless it is to be kept. */
  set(
    field: string,
    value: string,
    maxEntries: number,
    maxBytes: number,
    keepExpiry = false,
  ): boolean {
    if (this.flat !== null && (field.length > maxBytes || value.length > maxBytes)) this.enlarge();
    const i = this.find(field);
    if (i >= 0) {
      this.bytes += stringBytes(value.length) - stringBytes(this.valueAt(i).length);
      if (this.flat !== null) this.flat[i * 2 + 1] = value;
      else this.table!.setValueAt(i, value);
      if (!keepExpiry && this.timed !== 0) this.expireAt(i, 0);
      return false;
    }
    this.addPair(field, value);
    if (this.times !== null) this.times.push(0);
    if (this.flat !== null && this.size > maxEntries) this.enlarge();
    return true;
  }

  /**
   * Adds a field that is not there yet behind all others, with its expiry (Unix ms) or 0. The
   * expiries of a small hash must come in ascending order, and those without one last.
   */
  append(field: string, value: string, whenMs: number): void {
    if (whenMs !== 0) {
      this.prepareTimes();
      this.timed++;
    }
    this.addPair(field, value);
    if (this.times !== null) this.times.push(whenMs);
  }

  private addPair(field: string, value: string): void {
    this.bytes += stringBytes(value.length);
    if (this.flat === null) {
      this.table!.add(field, value);
    } else {
      this.bytes += stringBytes(field.length);
      this.flat.push(field, value);
    }
  }

  /** Removes entry i. */
  removeAt(i: number): void {
    if (this.expiryAt(i) !== 0) this.timed--;
    this.bytes -= stringBytes(this.valueAt(i).length);
    if (this.flat !== null) {
      this.bytes -= stringBytes(this.flat[i * 2].length);
      this.flat.splice(i * 2, 2);
      this.times?.splice(i, 1);
      return;
    }
    this.table!.removeAt(i);
    if (this.times === null) return;
    const last = this.times.pop()!;
    if (i < this.times.length) this.times[i] = last;
  }

  /** Lets entry i expire at a time (Unix ms), or never (0). Numbers of entries may change. */
  expireAt(i: number, whenMs: number): void {
    this.prepareTimes();
    const times = this.times!;
    const before = times[i];
    if (before === whenMs && whenMs === 0) return;
    if (before === 0) this.timed++;
    if (whenMs === 0) this.timed--;
    if (this.flat === null) {
      times[i] = whenMs;
      return;
    }
    const [field, value] = this.flat.splice(i * 2, 2);
    times.splice(i, 1);
    const at = whenMs === 0 ? times.length : this.placeOf(whenMs);
    this.flat.splice(at * 2, 0, field, value);
    times.splice(at, 0, whenMs);
  }

  /** Makes the column of times, after which a small hash is a listpackex. */
  prepareTimes(): void {
    this.times ??= new Array<number>(this.size).fill(0);
  }

  copy(): Hash {
    const copy = new Hash(this.seed);
    copy.timed = this.timed;
    copy.bytes = this.bytes;
    copy.times = this.times === null ? null : this.times.slice();
    if (this.flat !== null) {
      copy.flat = this.flat.slice();
      return copy;
    }
    copy.flat = null;
    copy.table = new Dict(this.seed);
    for (let i = 0; i < this.size; i++) copy.table.add(this.fieldAt(i), this.valueAt(i));
    return copy;
  }

  get memory(): number {
    const { flat, table, times } = this;
    const entries = flat === null ? table!.memory : arrayBytes(flat.length);
    const timed = times === null ? 0 : arrayBytes(times.length) + this.timed * WAITING;
    return HASH_BYTES + this.bytes + entries + timed;
  }

  /** Throws unless its strings add up to what it says that it takes. For tests; O(N). */
  check(): void {
    let bytes = 0;
    for (let i = 0; i < this.size; i++) {
      bytes += stringBytes(this.valueAt(i).length);
      if (this.flat !== null) bytes += stringBytes(this.fieldAt(i).length);
    }
    if (bytes !== this.bytes) throw new Error(`${bytes} bytes, not ${this.bytes}`);
    this.table?.check();
  }

  /** Where in a small hash an entry with this time belongs: before those not sooner than it. */
  private placeOf(whenMs: number): number {
    const times = this.times!;
    let at = 0;
    while (at < times.length && times[at] !== 0 && times[at] < whenMs) at++;
    return at;
  }

  private enlarge(): void {
    const flat = this.flat!;
    const table = new Dict<string>(this.seed);
    for (let at = 0; at < flat.length; at += 2) {
      // Dict.add() asks that the key is new, which find() need not verify here.
      table.add(flat[at], flat[at + 1]);
      this.bytes -= stringBytes(flat[at].length);
    }
    this.flat = null;
    this.table = table;
  }
}
