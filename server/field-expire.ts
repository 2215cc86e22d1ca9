// Fields of hashes that expire by themselves.
//
// As with keys, a field whose time has come is gone for whoever asks, and the expirer (expire.ts)
// removes it in time even if nobody does. The one exception is HLEN, and what else counts
// entries without looking at them.

import type { Hash } from '../datatypes/hash.ts';
import type { Client } from './client.ts';
import type { Database } from './keyspace.ts';
import type { Server } from './server.ts';

/**
 * The number of a field's entry, or -1. A field whose time has come is removed, and the key with
 * it if it was the last: then the hash is empty, and in no database any more.
 */
export function findLive(c: Client, key: string, hash: Hash, field: string): number {
  const i = hash.find(field);
  if (i < 0 || !hash.expiredAt(i, c.server.clock.ms)) return i;
  if (dropExpired(c.server, c.db, key, hash, i)) announceExpired(c.db, key, hash);
  return -1;
}

/**
 * Removes an entry whose time has come; false if that has to wait, because writes are paused.
 * Whoever calls this calls announceExpired() when done with the hash.
 */
export function dropExpired(
  server: Server,
  _db: Database,
  _key: string,
  hash: Hash,
  i: number,
): boolean {
  if (server.writesPaused) return false;
  hash.removeAt(i);
  server.stats.expiredFields++;
  return true;
}

/** Tells that fields of a hash have expired, and removes its key if that was all of them. */
export function announceExpired(db: Database, key: string, hash: Hash): void {
  db.announce(key, 'hexpired');
  if (hash.size === 0) {
    db.drop(key);
    db.announce(key, 'del');
  }
  db.touched(key);
}
