// The data set as it stood at one moment, for those who need time to write it down.
//
// Redis forks: the child has the moment to itself. Here commands go on changing what is still
// to be written, so each key is visited in one of two ways:
//
//   in its turn     walk() goes through the entries of each database from the last one down
//   before that     when a command is about to change it, let it expire, move it, or remove it:
//                   the keyspace tells (past.ts), and the visitor gets it as it still is
//
// Entries are dense, and a removal moves the last one into the hole (datatypes/dict.ts), so an
// entry that was visited may come to lie below the walk, and a new one as well. A bit for each
// entry that was there at the start tells them from those that still wait:
//
//   entry     0   1   2   3   4   5   6   7
//             .   x   .   .   x   |           left = 5: 0, 2 and 3 have yet to be visited
//
// FLUSHALL gives the whole table away, which the walk then has for itself, and SWAPDB moves what
// is still to be done to another database with the table.
//
// So each key is visited exactly once, with what it held at the moment, and no pause is longer
// than a slice and one value.

import type { Database, Value } from './keyspace.ts';
import { entryMemory } from './memory-usage.ts';
import { Past } from './past.ts';
import type { Server } from './server.ts';

/**
 * Takes a key as it stood: its database, what it held, when it expires (Unix ms, -1 for never),
 * and under an LRU policy how many seconds it was idle, or under an LFU policy how often it was
 * used; -1 for the other. The value may be changed as soon as this returns.
 */
export type Visit = (
  db: number,
  key: string,
  value: Value,
  whenMs: number | bigint,
  idleSeconds: number,
  frequency: number,
) => void;

const LOOK_AT_CLOCK = 16; // Keys in between.

/** What a snapshot has still to visit of one database. */
export class Unsaved {
  /** The database as it was numbered. */
  readonly id: number;
  /** What it is a part of, which knows where the table is now. */
  readonly past: Past;
  /** Entries from here on were visited, or are none of the snapshot's. */
  left: number;
  private readonly snapshot: Snapshot;
  private readonly done: Uint32Array; // A bit for each entry.

  constructor(snapshot: Snapshot, db: Database) {
    this.snapshot = snapshot;
    this.id = db.id;
    this.past = Past.of(db);
    this.past.unsaved = this;
    this.left = db.size;
    this.done = new Uint32Array((db.size + 31) >>> 5);
  }

  /** Entry i is about to change, or to go. */
  before(i: number): void {
    if (i >= this.left || this.isDone(i)) return;
    this.setDone(i, true);
    this.snapshot.hurriedBytes += entryMemory(this.past.table, i);
    this.visit(i);
  }

  /** Entry i has been added. */
  added(i: number): void {
    if (i < this.left) this.setDone(i, true);
  }

  /** Entry i has gone, and the last one has taken its place. */
  removed(i: number, last: number): void {
    if (i < this.left) this.setDone(i, last >= this.left || this.isDone(last));
  }

  /** Visits the next that waits; false if none does. */
  next(): boolean {
    // Entries may have been removed at the end.
    this.left = Math.min(this.left, this.past.table.size);
    while (this.left > 0) {
      this.left--;
      if (this.isDone(this.left)) continue;
      this.visit(this.left);
      return true;
    }
    return false;
  }

  private visit(i: number): void {
    const { snapshot } = this;
    const { table } = this.past;
    snapshot.saved++;
    snapshot.visit(
      this.id,
      table.dict.keyAt(i),
      table.dict.valueAt(i),
      table.exactExpiryAt(i),
      table.idleAt(i),
      table.frequencyAt(i),
    );
  }

  /** Lets go of the table. */
  end(): void {
    this.past.unsaved = null;
    this.past.end();
  }

  private isDone(i: number): boolean {
    return (this.done[i >>> 5] & (1 << (i & 31))) !== 0;
  }

  private setDone(i: number, done: boolean): void {
    if (done) this.done[i >>> 5] |= 1 << (i & 31);
    else this.done[i >>> 5] &= ~(1 << (i & 31));
  }
}

/** How far a snapshot is. */
export type Progress = Pick<Snapshot, 'saved' | 'total' | 'hurriedBytes'>;

export class Snapshot {
  /** How many keys there were, and how many of them were visited. */
  readonly total: number;
  saved = 0;
  /** Memory of those among them that could not wait for their turn, because they changed. */
  hurriedBytes = 0;
  readonly visit: Visit;
  private readonly server: Server;
  private readonly parts: Unsaved[] = [];

  /** Its moment is now. There must be no other that has not ended. */
  constructor(server: Server, visit: Visit) {
    this.server = server;
    this.visit = visit;
    const startMs = server.clock.stopwatch();
    let total = 0;
    for (const db of server.databases) {
      if (db.size === 0) continue;
      this.parts.push(new Unsaved(this, db));
      total += db.size;
    }
    this.total = total;
    server.stats.snapshots++;
    server.stats.snapshotMicros = (server.clock.stopwatch() - startMs) * 1000;
  }

  /** Visits keys for about so many ms; true when all are done. */
  walk(ms: number): boolean {
    const { clock } = this.server;
    const endMs = clock.stopwatch() + ms;
    for (let keys = 1; ; keys++) {
      if (!this.step()) return true;
      if (keys % LOOK_AT_CLOCK === 0 && clock.stopwatch() >= endMs) return false;
    }
  }

  /** Visits one key; false if all are done. */
  step(): boolean {
    while (this.parts.length > 0) {
      const part = this.parts[0];
      if (part.next()) return true;
      this.parts.shift();
      part.end();
    }
    return false;
  }

  /** Lets go of everything, whether or not all keys were visited. */
  end(): void {
    for (const part of this.parts) part.end();
    this.parts.length = 0;
  }
}
