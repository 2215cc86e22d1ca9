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
// time is not the key's time. Each time the heap has doubled it is built anew without them.

import type { Dict } from '../datatypes/dict.ts';
import type { Timer } from './clock.ts';
import { expireDue, hashAt } from './field-expire.ts';
import type { Database, Value } from './keyspace.ts';
import type { Server } from './server.ts';

const SLICE = 1000; // Keys removed before the sockets get their turn.

export class Expirer {
  /** DEBUG SET-ACTIVE-EXPIRE: without it keys go only when somebody asks for them. */
  private enabled = true;

  private readonly server: Server;
  private readonly times: number[] = [];
  private readonly keys: string[] = [];
  private readonly fields: (string | null)[] = []; // Null where it is the key that expires.
  private readonly dicts: Dict<Value>[] = []; // SWAPDB moves them; FLUSHDB makes new ones.
  private timer: Timer | null = null;
  private rebuildAt = SLICE;
  private knowsFields = false; // There may be hashes with fields that expire.

  constructor(server: Server) {
    this.server = server;
  }

  /** How many expiries wait in the heap, stale ones included. */
  get size(): number {
    return this.times.length;
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
    if (this.times.length >= this.rebuildAt) return this.rebuild();
    this.push(whenMs, db, key, field);
    this.rise(this.times.length - 1);
    if (this.times[0] === whenMs) this.schedule();
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
    for (let at = 0; at < this.keys.length; at++) {
      if (this.fields[at] === null || this.dicts[at] !== db.dict) continue;
      if ((hashAt(db, this.keys[at])?.timed ?? 0) > 0) keys.add(this.keys[at]);
    }
    return keys.size;
  }

  /** The entry of a key that expires in a dictionary, by chance; -1 if chance has hit another. */
  draw(dict: Dict<Value>): number {
    if (this.times.length === 0) return -1;
    const at = this.server.random.below(this.times.length);
    return this.dicts[at] === dict && this.fields[at] === null ? dict.find(this.keys[at]) : -1;
  }

  private empty(): void {
    this.times.length = 0;
    this.keys.length = 0;
    this.fields.length = 0;
    this.dicts.length = 0;
    this.knowsFields = false;
  }

  /** Sets the timer for the soonest expiry; to be called too when a pause ends. */
  schedule(): void {
    const due = this.enabled && !this.server.writesPaused && this.times.length > 0;
    // Redis: a key lives through the millisecond that it expires in.
    const dueMs = due ? this.times[0] + 1 : Number.POSITIVE_INFINITY;
    if (this.timer !== null) {
      if (this.timer.dueMs === dueMs) return;
      this.server.clock.cancel(this.timer);
      this.timer = null;
    }
    if (due) this.timer = this.server.clock.at(dueMs, () => this.run());
  }

  private run(): void {
    this.timer = null;
    const { clock, latency, propagation, stats } = this.server;
    const startMs = clock.stopwatch();
    const now = clock.ms;
    for (let left = SLICE; left > 0 && this.times.length > 0 && this.times[0] < now; left--) {
      const whenMs = this.times[0];
      const key = this.keys[0];
      const field = this.fields[0];
      const dict = this.dicts[0];
      this.pop();
      const db = this.server.databases.find((each) => each.dict === dict);
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
    const fields = [field];
    while (fields.length < SLICE && this.times.length > 0) {
      const next = this.fields[0];
      const same = next !== null && this.keys[0] === key && this.dicts[0] === db.dict;
      if (!same || this.times[0] >= this.server.clock.ms) break;
      fields.push(next);
      this.pop();
    }
    return fields;
  }

  /** Builds the heap anew, of the keys that there are, and of fields if they may expire. */
  rebuild(withFields = this.knowsFields): void {
    this.empty();
    for (const db of this.server.databases) {
      if (db.volatile === 0 && !withFields) continue;
      for (let i = 0; i < db.dict.size; i++) {
        const whenMs = db.expiryAt(i);
        const key = db.dict.keyAt(i);
        if (whenMs !== -1 && whenMs <= Number.MAX_SAFE_INTEGER) this.push(whenMs, db, key, null);
        if (withFields) this.pushFields(db, key);
      }
    }
    for (let at = (this.times.length >> 1) - 1; at >= 0; at--) this.sink(at);
    this.rebuildAt = this.times.length * 2 + SLICE;
    this.schedule();
  }

  private pushFields(db: Database, key: string): void {
    const hash = hashAt(db, key);
    if (hash === undefined || hash.timed === 0) return;
    this.knowsFields = true;
    for (let i = 0; i < hash.size; i++) {
      const whenMs = hash.expiryAt(i);
      if (whenMs !== 0) this.push(whenMs, db, key, hash.fieldAt(i));
    }
  }

  private push(whenMs: number, db: Database, key: string, field: string | null): void {
    this.times.push(whenMs);
    this.keys.push(key);
    this.fields.push(field);
    this.dicts.push(db.dict);
  }

  private pop(): void {
    this.swap(0, this.times.length - 1);
    this.times.pop();
    this.keys.pop();
    this.fields.pop();
    this.dicts.pop();
    this.sink(0);
  }

  private rise(at: number): void {
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.times[parent] <= this.times[at]) return;
      this.swap(at, parent);
      at = parent;
    }
  }

  private sink(at: number): void {
    for (;;) {
      let child = at * 2 + 1;
      if (child >= this.times.length) return;
      if (child + 1 < this.times.length && this.times[child + 1] < this.times[child]) child++;
      if (this.times[at] <= this.times[child]) return;
      this.swap(at, child);
      at = child;
    }
  }

  private swap(a: number, b: number): void {
    const time = this.times[a];
    this.times[a] = this.times[b];
    this.times[b] = time;
    const key = this.keys[a];
    this.keys[a] = this.keys[b];
    this.keys[b] = key;
    const field = this.fields[a];
    this.fields[a] = this.fields[b];
    this.fields[b] = field;
    const dict = this.dicts[a];
    this.dicts[a] = this.dicts[b];
    this.dicts[b] = dict;
  }
}
