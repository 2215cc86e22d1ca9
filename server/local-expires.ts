// Keys that a replica's own clients let expire, where it may be written to.
//
// Everything else goes when the master says so. Of these the master knows nothing, so they are
// remembered, and looked at from time to time.

import type { Database } from './keyspace.ts';
import type { Server } from './server.ts';

export class LocalExpires {
  private readonly server: Server;
  private readonly keys = new Map<Database, Set<string>>();

  constructor(server: Server) {
    this.server = server;
  }

  /** How many keys are remembered. */
  get size(): number {
    let sum = 0;
    for (const keys of this.keys.values()) sum += keys.size;
    return sum;
  }

  /** A key was given an expiry; it is remembered if it was not by the master that it was. */
  note(db: Database, key: string): void {
    const { following, current, loading } = this.server;
    if (following.readOnly || loading !== null || current?.asker.repeats) return;
    const keys = this.keys.get(db);
    if (keys === undefined) this.keys.set(db, new Set([key]));
    else keys.add(key);
  }

  /** Removes those whose time has come. */
  cron(): void {
    if (this.keys.size === 0) return;
    const { propagation } = this.server;
    for (const [db, keys] of this.keys) {
      for (const key of keys) {
        const i = db.dict.find(key);
        if (i >= 0 && db.expiryAt(i) !== -1 && !db.hasExpired(i)) continue;
        if (i >= 0 && db.hasExpired(i)) db.removeExpired(i);
        keys.delete(key);
      }
      if (keys.size === 0) this.keys.delete(db);
    }
    if (propagation.active) propagation.flush(true);
  }

  /** Forgets all of them. */
  clear(): void {
    this.keys.clear();
  }
}
