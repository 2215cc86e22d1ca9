// Those who want what a database held before it changes: a file that is being written
// (snapshot.ts), and the snapshots that a program has taken (double/state.ts).
//
// What is remembered is remembered of a table, that is of the contents of a database, and goes with
// them: SWAPDB moves them to another database, FLUSHALL into a Database that nobody can select. So
// the keyspace tells one object, which it has only while somebody wants to know.

import type { Kept } from './double/kept.ts';
import type { Database } from './keyspace.ts';
import type { Unsaved } from './snapshot.ts';

export class Past {
  /** Where the contents are now. */
  table: Database;
  /** What a file has still to get of them, or null. */
  unsaved: Unsaved | null = null;
  /** What has changed since the last snapshot of a program, or null if there is none. */
  kept: Kept | null = null;
  /** Whether fields of hashes could expire when FLUSHALL put the contents away. */
  timedFields = false;

  constructor(table: Database) {
    this.table = table;
  }

  /** What is remembered of a database, from now on if nothing was. */
  static of(db: Database): Past {
    if (db.past === null) db.past = new Past(db);
    return db.past;
  }

  /** To be called when somebody wants to know no more. */
  end(): void {
    if (this.unsaved === null && this.kept === null) this.table.past = null;
  }

  /** The value of entry i is about to change in its place. */
  changing(i: number): void {
    if (this.unsaved !== null) this.unsaved.before(i);
    if (this.kept !== null) this.kept.changing(i);
  }

  /** The value of entry i is about to leave, and nothing will change it. */
  leaving(i: number): void {
    if (this.unsaved !== null) this.unsaved.before(i);
    if (this.kept !== null) this.kept.leaving(i);
  }

  /** The expiry of entry i is about to change. */
  timing(i: number): void {
    if (this.unsaved !== null) this.unsaved.before(i);
    if (this.kept !== null) this.kept.timing(i);
  }

  /** Entry i has been added, behind all others. */
  added(i: number): void {
    if (this.unsaved !== null) this.unsaved.added(i);
    if (this.kept !== null) this.kept.added(i);
  }

  /** Entry i, which leaving() told of, goes now, and entry `last` is about to take its place. */
  removed(i: number, last: number): void {
    if (this.unsaved !== null) this.unsaved.removed(i, last);
    if (this.kept !== null) this.kept.timing(last);
  }
}
