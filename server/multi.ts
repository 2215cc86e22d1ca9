// Transactions: what MULTI queues, and what WATCH watches.
//
// A watched key keeps the set of its watchers in its database; whoever changes the key
// marks them (Database.touched). EXEC only has to look at the mark, and at the keys that
// have expired since without anybody noticing.

import type { Client } from './client.ts';
import type { Command } from './command-table.ts';
import type { Database } from './keyspace.ts';
import { flagsOf } from './script-gates.ts';

/** Keeps the request of a client for its EXEC. */
export function queueUp(c: Client, command: Command): void {
  c.queue!.push({ command, flags: flagsOf(c, command), argv: c.argv.slice() });
  for (const word of c.argv) c.queuedBytes += word.length;
}

/** Drops the queued commands, and the marks that go with them. */
export function leaveMulti(c: Client): void {
  if (c.queue === null) return;
  c.queue = null;
  c.queuedBytes = 0;
  c.queueFailed = false;
}

export function watch(c: Client, key: string): void {
  const db = c.db;
  for (const each of c.watched) if (each.db === db && each.key === key) return;
  let clients = db.watchers.get(key);
  if (clients === undefined) {
    clients = new Set();
    db.watchers.set(key, clients);
  }
  clients.add(c);
  const i = db.dict.find(key);
  c.watched.push({ db, key, expired: i >= 0 && db.hasExpired(i) });
}

export function unwatchAll(c: Client): void {
  c.watchFailed = false;
  if (c.watched.length === 0) return;
  for (const { db, key } of c.watched) {
    const clients = db.watchers.get(key);
    if (clients === undefined) continue;
    clients.delete(c);
    if (clients.size === 0) db.watchers.delete(key);
  }
  c.watched.length = 0;
}

/** Whether a watched key has changed, or its time has come, since it was watched. */
export function watchedChanged(c: Client): boolean {
  if (c.watchFailed) return true;
  return c.watched.some(({ db, key, expired }) => {
    // A key that had expired already and is merely removed since has not changed.
    const i = expired ? -1 : db.dict.find(key);
    return i >= 0 && db.hasExpired(i);
  });
}

/** Marks those who watch a key that has changed. */
export function failWatchers(db: Database, key: string, clients: Iterable<Client>): void {
  for (const client of clients) {
    const watched = client.watched.find((each) => each.db === db && each.key === key)!;
    if (watched.expired && !db.dict.has(key)) {
      // It was there in name only when it was watched. That it has now been removed is
      // no change; from here on it is a key like any other.
      watched.expired = false;
    } else {
      client.watchFailed = true;
    }
  }
}

/**
 * Marks those who watch a key of a database that is about to be emptied, or swapped with
 * another: all keys that are there now, or will be.
 */
export function failAllWatchers(db: Database, replacement: Database | null): void {
  for (const [key, clients] of db.watchers) {
    const was = db.dict.has(key);
    const next = replacement === null ? -1 : replacement.dict.find(key);
    if (!was && next < 0) continue;
    const nextExpired = next >= 0 && replacement!.hasExpired(next);
    for (const client of clients) {
      const watched = client.watched.find((each) => each.db === db && each.key === key)!;
      // A key whose time has come is as good as none: nothing for nothing is no change.
      if (watched.expired && (next < 0 || nextExpired)) watched.expired = next >= 0;
      else if (!was && nextExpired) watched.expired = true;
      else client.watchFailed = true;
    }
  }
}
