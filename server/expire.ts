// Keys that expire by themselves, and fields of hashes.
//
// A key whose time has come is gone for whoever asks for it: the keyspace sees to that.
// But nobody may ask, so something has to look. Redis samples keys at random ten times a
// second. Here the soonest expiry is known: all of them wait in one binary heap, and a
// single timer is set for the top. So keys go at their time, in the order of their times,
// and `clock.advance()` plays an hour of expiries in the order in which they would happen.
//
// A field of a hash that expires has an entry of its own in the same heap.
//
// Entries are never looked for inside the heap. A key that is deleted, persisted or given
// another expiry leaves a stale entry behind, which is recognised when it comes up: its
// time is not the key's time. When the heap has twice as many entries as there can be in use, it is
// swept: a few places are looked at with each new entry, and some thousand now and then, until
// all have been. So nobody waits for ten million entries, however they come to be stale.

import type { Dict } from '../datatypes/dict.ts';
import { DueHeap } from '../datatypes/due-heap.ts';
import type { Timer } from './clock.ts';
import { expireDue, hashAt } from './field-expire.ts';
import type { Database, Value } from './keyspace.ts';
import type { Server } from './server.ts';

const SLICE = 1000; // Keys removed before the sockets get their turn.
const SWEPT_WITH_EACH = 4; // Places that are looked at when an entry comes while the heap is swept,
const SWEPT_AT_ONCE = 4000; // and this many
const SWEEP_MS = 10; // from time to time.

export class Expirer {
  /** DEBUG SET-ACTIVE-EXPIRE: without it keys go only when somebody asks for them. */
  private enabled = true;

  private readonly server: Server;
  // Databases are known by what holds their keys: SWAPDB moves that; FLUSHDB makes a new one.
  private readonly heap = new DueHeap<Dict<Value>>();
  private timer: Timer | null = null;
  private sweepAt = SLICE; // From so many entries on, there may be too many stale ones.
  private swept = -1; // Places below this are still to be swept; -1 while there is no need.
  private sweeper: Timer | null = null;
  private knowsFields = false; // There may be hashes with fields that expire.

  constructor(server: Server) {
    this.server = server;
  }

  /** How many expiries wait in the heap, stale ones included. */
  get size(): number {
    return this.heap.size;
  }

  get active(): boolean {
    return this.enabled;
  }

  set active(enabled: boolean) {
    this.enabled = enabled;
    this.schedule();
  }

  /** Whether there may be fields that expire. */
  get hasFields(): boolean {
    return this.knowsFields;
  }

  /** Remembers that a key, or a field of it, whose expiry this is by now, expires at a time. */
  add(whenMs: number, db: Database, key: string, field: string | null = null): void {
    if (field !== null) this.knowsFields = true;
    this.heap.add(whenMs, key, field, db.dict);
    if (this.swept >= 0) this.sweepSome(SWEPT_WITH_EACH);
    else if (this.heap.size >= this.sweepAt) this.sweep();
    if (this.heap.size !== 0 && this.heap.timeAt(0) === whenMs) this.schedule();
  }

  /** Remembers what expires of a hash that came to a key as a whole: renamed, copied, loaded. */
  addFields(db: Database, key: string): void {
    const hash = hashAt(db, key);
    if (hash === undefined || hash.timed === 0) return;
    for (let i = 0; i < hash.size; i++) {
      const whenMs = hash.expiryAt(i);
      if (whenMs !== 0) this.add(whenMs, db, key, hash.fieldAt(i));
    }
  }

  /** How many hashes of a database have fields that expire. */
  hashesWithTimes(db: Database): number {
    if (!this.knowsFields) return 0;
    const keys = new Set<string>();
    for (let at = 0; at < this.heap.size; at++) {
      if (this.heap.fieldAt(at) === null || this.heap.ownerAt(at) !== db.dict) continue;
      const key = this.heap.keyAt(at);
      if ((hashAt(db, key)?.timed ?? 0) > 0) keys.add(key);
    }
    return keys.size;
  }

  /** The entry of a key that expires in a dictionary, by chance; -1 if chance has hit another. */
  draw(dict: Dict<Value>): number {
    const { heap } = this;
    if (heap.size === 0) return -1;
    const at = this.server.random.below(heap.size);
    const isHere = heap.ownerAt(at) === dict && heap.fieldAt(at) === null;
    return isHere ? dict.find(heap.keyAt(at)) : -1;
  }

  /** Sets the timer for the soonest expiry; to be called too when a pause ends. */
  schedule(): void {
    const due = this.enabled && !this.server.writesPaused && this.heap.size > 0;
    // Redis: a key lives through the millisecond that it expires in.
    const dueMs = due ? this.heap.timeAt(0) + 1 : Number.POSITIVE_INFINITY;
    if (this.timer !== null) {
      if (this.timer.dueMs === dueMs) return;
      this.server.clock.cancel(this.timer);
      this.timer = null;
    }
    if (due) this.timer = this.server.clock.at(dueMs, () => this.run());
  }

  private run(): void {
    this.timer = null;
    const { heap } = this;
    const { clock, latency, propagation, stats } = this.server;
    const startMs = clock.stopwatch();
    const now = clock.ms;
    for (let left = SLICE; left > 0 && heap.size > 0 && heap.timeAt(0) < now; left--) {
      const whenMs = heap.timeAt(0);
      const key = heap.keyAt(0);
      const field = heap.fieldAt(0);
      const db = this.ownerAt(0);
      heap.removeAt(0);
      if (db === undefined) continue;
      if (!this.expire(db, key, field, whenMs)) {
        this.add(whenMs, db, key, field); // Writes are paused after all: later.
        break;
      }
      // Redis: of fields that go by themselves, too, each is passed on for itself.
      if (propagation.active) propagation.flush(true);
    }
    const micros = this.server.worked(startMs);
    stats.expireMicros += micros;
    latency.add('expire-cycle', micros / 1000);
    this.schedule();
  }

  /** Removes a key or a field, unless its expiry is another by now; false if it has to wait. */
  private expire(db: Database, key: string, field: string | null, whenMs: number): boolean {
    if (field !== null) {
      if (this.server.writesPaused) return false;
      expireDue(this.server, db, key, this.withNext(db, key, field));
      return true;
    }
    const i = db.dict.find(key);
    return i < 0 || db.expiryAt(i) !== whenMs || db.expire(i);
  }

  /** This field and those of the same key that come right behind it, and are due too. */
  private withNext(db: Database, key: string, field: string): string[] {
    const { heap } = this;
    const fields = [field];
    while (fields.length < SLICE && heap.size > 0) {
      const next = heap.fieldAt(0);
      const same = next !== null && heap.keyAt(0) === key && heap.ownerAt(0) === db.dict;
      if (!same || heap.timeAt(0) >= this.server.clock.ms) break;
      fields.push(next);
      heap.removeAt(0);
    }
    return fields;
  }

  /** Builds the heap anew, of the keys that there are: where all of them came at once. */
  rebuild(withFields = this.knowsFields): void {
    this.empty();
    for (const db of this.server.databases) {
      if (db.volatile === 0 && !withFields) continue;
      for (let i = 0; i < db.dict.size; i++) {
        const whenMs = db.expiryAt(i);
        const key = db.dict.keyAt(i);
        if (whenMs !== -1 && whenMs <= Number.MAX_SAFE_INTEGER) {
          this.heap.add(whenMs, key, null, db.dict);
        }
        if (withFields) this.addFields(db, key);
      }
    }
    this.sweepAt = this.heap.size * 2 + SLICE;
    this.schedule();
  }

  /** What a database held is gone: its entries are let go of, those of others stay. */
  flushed(): void {
    const { databases } = this.server;
    const isAll = this.knowsFields ? databases.every((db) => db.dict.size === 0) : this.inUse === 0;
    if (isAll) this.empty();
    // Fields cannot be counted, but where there are few entries, all can be looked at.
    else if (this.heap.size <= SWEPT_AT_ONCE) this.rebuild();
    else this.beginSweep();
    this.schedule();
  }

  private empty(): void {
    this.heap.clear();
    this.knowsFields = false;
    this.sweepAt = SLICE;
    this.swept = -1;
  }

  /** The keys that have an expiry. */
  private get inUse(): number {
    let sum = 0;
    for (const db of this.server.databases) sum += db.volatile;
    return sum;
  }

  /** Begins to look for stale entries, unless there cannot be many. */
  private sweep(): void {
    const most = this.inUse * 2 + SLICE;
    if (!this.knowsFields && this.heap.size < most) {
      this.sweepAt = most;
      return;
    }
    this.beginSweep();
  }

  private beginSweep(): void {
    this.swept = this.heap.size;
    this.goOnSweeping();
  }

  private goOnSweeping(): void {
    if (this.sweeper !== null) return;
    this.sweeper = this.server.clock.atLeisure(SWEEP_MS, () => {
      this.sweeper = null;
      if (this.swept < 0) return;
      this.sweepSome(SWEPT_AT_ONCE);
      this.schedule();
      if (this.swept >= 0) this.goOnSweeping();
    });
  }

  /** Looks at some more places, and removes what is stale there. */
  private sweepSome(places: number): void {
    const { heap } = this;
    this.swept = Math.min(this.swept, heap.size);
    for (let left = places; left > 0 && this.swept > 0; left--) {
      this.swept--;
      if (this.isStale(this.swept)) heap.removeAt(this.swept);
    }
    if (this.swept !== 0) return;
    this.swept = -1;
    this.sweepAt = heap.size * 2 + SLICE;
    if (heap.size === 0) this.knowsFields = false;
  }

  private isStale(at: number): boolean {
    const { heap } = this;
    const db = this.ownerAt(at);
    if (db === undefined) return true;
    const field = heap.fieldAt(at);
    if (field === null) {
      const i = db.dict.find(heap.keyAt(at));
      return i < 0 || db.rawExpiry(i) !== heap.timeAt(at);
    }
    const hash = hashAt(db, heap.keyAt(at));
    const i = hash === undefined ? -1 : hash.find(field);
    return i < 0 || hash!.expiryAt(i) !== heap.timeAt(at);
  }

  private ownerAt(at: number): Database | undefined {
    const dict = this.heap.ownerAt(at);
    return this.server.databases.find((db) => db.dict === dict);
  }
}
