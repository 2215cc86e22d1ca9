// Fields of hashes that expire by themselves.
//
// As with keys, a field whose time has come is gone for whoever asks, and the expirer (expire.ts)
// removes it in time even if nobody does. The one exception is HLEN, and what else counts
// entries without looking at them.

import { HASH } from '../datatypes/collection.ts';
import type { Hash } from '../datatypes/hash.ts';
import { NOT_AN_INTEGER, ReplyError } from '../protocol/errors.ts';
import { parseInt64, parseSafeInt } from '../protocol/numbers.ts';
import type { Client } from './client.ts';
import { invalidExpireTime } from './expire-time.ts';
import { type Database, isString } from './keyspace.ts';
import type { Server } from './server.ts';

const NEGATIVE = new ReplyError('ERR invalid expire time, must be >= 0');

/** Redis: the last moment that a field can expire at, 46 bits of milliseconds: the year 4199. */
export const LAST_MS = 2 ** 46 - 1;

/**
 * The Unix time in ms that a number of a request means: so many `unitMs` from `fromMs`. Throws if
 * it is no integer, negative, or beyond LAST_MS.
 */
export function fieldTime(bytes: string, unitMs: number, fromMs: number, command: string): number {
  const n = parseSafeInt(bytes);
  if (n !== n) {
    const large = parseInt64(bytes);
    if (large === undefined) throw NOT_AN_INTEGER;
    throw large < 0n ? NEGATIVE : invalidExpireTime(command);
  }
  if (n < 0) throw NEGATIVE;
  if (n * unitMs > LAST_MS - fromMs) throw invalidExpireTime(command);
  return n * unitMs + fromMs;
}

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
  db: Database,
  key: string,
  hash: Hash,
  i: number,
): boolean {
  if (server.writesPaused) return false;
  const { propagation } = server;
  if (propagation.active) propagation.add(db, ['HDEL', key, hash.fieldAt(i)]);
  db.willChange(key);
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
  db.touched(key, true);
}

/** Removes all fields of a hash whose time has come, unless that has to wait. */
export function dropAllExpired(c: Client, key: string, hash: Hash): void {
  if (hash.timed === 0) return;
  let dropped = false;
  for (let i = hash.size - 1; i >= 0; i--) {
    if (!hash.expiredAt(i, c.server.clock.ms)) continue;
    dropped = dropExpired(c.server, c.db, key, hash, i) || dropped;
  }
  if (dropped) announceExpired(c.db, key, hash);
}

/** Lets entry i of the hash at a key expire at a time, and sees to it that it will. */
export function expireField(
  server: Server,
  db: Database,
  key: string,
  hash: Hash,
  i: number,
  whenMs: number,
): void {
  const field = hash.fieldAt(i);
  hash.expireAt(i, whenMs);
  server.expirer.add(whenMs, db, key, field);
}

/** Removes those of these fields of a key that are there, and whose time has come. */
export function expireDue(
  server: Server,
  db: Database,
  key: string,
  fields: readonly string[],
): void {
  const hash = hashAt(db, key);
  if (hash === undefined) return;
  let dropped = false;
  for (const field of fields) {
    const i = hash.find(field);
    if (i < 0 || !hash.expiredAt(i, server.clock.ms)) continue;
    dropped = dropExpired(server, db, key, hash, i) || dropped;
  }
  if (dropped) announceExpired(db, key, hash);
}

/** The hash at a key, whether or not the key's time has come; undefined if there is none. */
export function hashAt(db: Database, key: string): Hash | undefined {
  const value = db.dict.get(key);
  if (value === undefined || isString(value) || value.kind !== HASH) return undefined;
  return value as Hash;
}
