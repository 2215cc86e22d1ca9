// A database: keys, what they hold, and when they expire.
//
// Handlers find keys through one funnel for reading and one for changing:
//
//   read(key)    for commands that only look: counts hits and misses, touches the key
//   peek(key)    the same without the touch (TTL, TYPE, OBJECT)
//   write(key)   for commands that may change what they find
//
// All of them treat a key whose time has come as absent, and remove it. After a change a
// handler calls changed(key, event), and nothing else: transactions that watch the key,
// keyspace events and the count of changes since the last save all hang on that.
//
// A key's entry has a number i in the dictionary. What else is known of a key stands in
// columns beside it: `expiry[i]` and `access[i]`. The dictionary fills the hole of a removed entry
// with its last one, and forget() does the same to the columns.

import { Dict } from '../datatypes/dict.ts';
import { type Collection, HASH, KIND_NAMES } from '../datatypes/collection.ts';
import { Bytes, type StringValue } from '../datatypes/string.ts';
import { WRONG_TYPE } from '../protocol/errors.ts';
import { lfuDecay, lfuInitial, lfuTouch } from './access.ts';
import type { Client } from './client.ts';
import { packTime, unpackTime } from './far-time.ts';
import { countLazily } from './lazy-free.ts';
import { failAllWatchers, failWatchers } from './multi.ts';
import type { KeyEvent } from './notify.ts';
import type { Past } from './past.ts';
import { removal } from './propagate.ts';
import type { Server } from './server.ts';
import { SlotKeys } from './slot-keys.ts';
import { Weights } from './weights.ts';

const ACCESS = 6; // Bytes for a key of the column `access`, with its room,
const TIME = 12; // and of the column `expiry`.
const WAITING = 60; // A key that waits for its time, in the heap of the expirer.

/** What a key can hold. */
export type Value = StringValue | Collection;

/** The name of a value's type, as TYPE says it. */
export function typeName(value: Value): string {
  return KIND_NAMES[kindOf(value)];
}

/** The kind of a value: 0 for a string, or what datatypes/collection.ts says. */
export function kindOf(value: Value): number {
  if (typeof value !== 'object' || value instanceof Bytes) return 0;
  return value.kind;
}

/** Whether a value is a string's. */
export function isString(value: Value): value is StringValue {
  return typeof value !== 'object' || value instanceof Bytes;
}

export class Database {
  /** Its number, which SELECT takes. */
  readonly id: number;
  dict: Dict<Value>;
  /** How many keys have an expiry. */
  volatile = 0;
  /** The entry that the last read, peek or write found, or -1. */
  at = -1;
  /** Who watches which key. */
  readonly watchers = new Map<string, Set<Client>>();
  /** Who waits for which key to come into being, in the order of their coming. */
  readonly blocked = new Map<string, Set<Client>>();
  /** How many of them have to know if the key goes. */
  readonly missed = new Map<string, number>();
  /** Who wants what it holds before that changes; null if nobody does. */
  past: Past | null = null;
  /** Which keys belong to which slot; null outside of a cluster. */
  slots: SlotKeys | null;
  /** The keys of which those who wait for them have yet to be told. */
  readonly ready = new Set<string>();

  private readonly server: Server;
  /** When entries expire: Unix ms; 0 is never, < 0 is packed (far-time.ts). May be too short. */
  expiry = new Float64Array(0);
  /** When, or how often, they were used: see access.ts. */
  access = new Uint32Array(16);
  /** What the values weigh. */
  weights = new Weights();

  constructor(id: number, server: Server) {
    this.id = id;
    this.server = server;
    this.dict = new Dict(server.hashSeed);
    this.slots = server.cluster === null ? null : new SlotKeys();
  }

  /** How many keys there are, those included whose time has come but that are still here. */
  get size(): number {
    return this.dict.size;
  }

  /** The value of a key for a command that only looks, or undefined. */
  read(key: string): Value | undefined {
    const i = this.live(key);
    if (i < 0) {
      this.server.stats.keyspaceMisses++;
      this.announce(key, 'keymiss');
      return undefined;
    }
    this.server.stats.keyspaceHits++;
    if (!this.server.noTouch) this.touch(i);
    return this.dict.valueAt(i);
  }

  /** The same for a command whose look does not count as use. */
  peek(key: string): Value | undefined {
    const i = this.live(key);
    if (i < 0) {
      this.server.stats.keyspaceMisses++;
      this.announce(key, 'keymiss');
      return undefined;
    }
    this.server.stats.keyspaceHits++;
    return this.dict.valueAt(i);
  }

  /** The value of a key for a command that may change it, or undefined. */
  write(key: string): Value | undefined {
    const i = this.live(key);
    if (i < 0) return undefined;
    if (this.past !== null) this.past.changing(i);
    if (!this.server.noTouch) this.touch(i);
    const value = this.dict.valueAt(i);
    if (typeof value === 'object') this.weights.mayChange(value);
    return value;
  }

  /** To be called before a key's value changes that was not found by write(). */
  willChange(key: string): void {
    const i = this.dict.find(key);
    if (i < 0) return;
    if (this.past !== null) this.past.changing(i);
    const value = this.dict.valueAt(i);
    if (typeof value === 'object') this.weights.mayChange(value);
  }

  /** A string value to be read, or undefined; throws WRONGTYPE for any other type. */
  readString(key: string): StringValue | undefined {
    return string(this.read(key));
  }

  /** A string value to be changed, or undefined; throws WRONGTYPE for any other type. */
  writeString(key: string): StringValue | undefined {
    return string(this.write(key));
  }

  /** A string value to be read, or undefined if the key holds none, or another type (MGET). */
  readIfString(key: string): StringValue | undefined {
    const value = this.read(key);
    return value !== undefined && isString(value) ? value : undefined;
  }

  /**
   * A collection of one kind to be read, or undefined; throws WRONGTYPE for any other value.
   * The kind tells the class, so the caller may say `as List`.
   */
  readKind(key: string, kind: number): Collection | undefined {
    return ofKind(this.read(key), kind);
  }

  /** The same for one to be changed. */
  writeKind(key: string, kind: number): Collection | undefined {
    return ofKind(this.write(key), kind);
  }

  /** Whether a live key is there; neither counted nor touched. */
  has(key: string): boolean {
    return this.live(key) >= 0;
  }

  /** Gives a key a value, whatever it held. Its expiry goes, unless it is to be kept. */
  put(key: string, value: Value, keepExpiry = false): void {
    const i = this.live(key);
    if (i < 0) {
      this.add(key, value);
      return;
    }
    if (this.missed.size !== 0) this.server.blocking.keyGone(this, key);
    if (this.past !== null) this.past.leaving(i);
    this.weights.remove(this.dict.valueAt(i));
    this.dict.setValueAt(i, value);
    this.weights.add(value);
    // Redis: a new value counts as used just now, whatever the client wants; its frequency stays.
    if (!this.server.noTouch || !this.server.lfu) this.touch(i);
    if (!keepExpiry && this.volatile !== 0) this.persistAt(i);
  }

  /** Replaces the value that the last write() found; its expiry stays. */
  replace(value: Value): void {
    this.weights.remove(this.dict.valueAt(this.at));
    this.dict.setValueAt(this.at, value);
    this.weights.add(value);
  }

  /** Adds a key that is known not to be there. */
  add(key: string, value: Value): void {
    if (this.server.writesPaused) this.forgetExpired(key);
    this.insert(key, value);
    if (this.blocked.size !== 0) this.server.blocking.keyReady(this, key);
    this.announce(key, 'new');
  }

  /**
   * Adds a key that a file holds; it expires at `whenMs`, or never (-1). Nobody is told, and nobody
   * who waits for it is served. False if the key is there already.
   */
  load(key: string, value: Value, whenMs: number | bigint): boolean {
    if (this.dict.has(key)) return false;
    const i = this.insert(key, value);
    if (whenMs !== -1) this.expireEntry(i, whenMs);
    if (!isString(value) && value.kind === HASH) this.server.expirer.addFields(this, key);
    this.at = i;
    return true;
  }

  private insert(key: string, value: Value): number {
    const i = this.dict.add(key, value);
    this.at = i;
    this.weights.add(value);
    if (this.past !== null) this.past.added(i);
    if (this.slots !== null) this.slots.add(i, key);
    if (i >= this.access.length) this.lengthen(i * 2);
    if (this.volatile !== 0) this.expiryColumn(i)[i] = 0;
    this.access[i] = this.server.lfu ? lfuInitial(this.server.clock.ms) : this.server.lruClock;
    return i;
  }

  /** Makes room for so many entries in the columns. */
  lengthen(entries: number): void {
    const longer = new Uint32Array(entries);
    longer.set(this.access);
    this.access = longer;
  }

  /**
   * Moves what a live key holds, with its expiry and its last use, to a name in this database or
   * another, in place of whatever that holds. (In place, because SCAN must not miss the name.)
   */
  moveTo(key: string, target: Database, name: string): void {
    if (this.past !== null) this.willChange(key); // It does not leave for good.
    const value = this.dict.get(key)!;
    this.weights.settle();
    target.put(name, value);
    target.cameUnder(name);
    const to = target.at;
    const from = this.dict.find(key);
    target.access[to] = this.access[from];
    target.setExpiry(to, this.rawExpiry(from));
    const weighed = typeof value === 'object' ? value.weighed : 0;
    this.forget(from);
    if (typeof value === 'object') value.weighed = weighed; // It is still in a database.
    if (this.server.expirer.hasFields) this.server.expirer.addFields(target, name);
  }

  /** Gives a name in this database or another a copy of what a live key holds, and its expiry. */
  copyTo(key: string, target: Database, name: string, copy: Value): void {
    target.put(name, copy);
    target.cameUnder(name);
    target.setExpiry(target.at, this.rawExpiry(this.dict.find(key)));
    if (this.server.expirer.hasFields) this.server.expirer.addFields(target, name);
  }

  // Redis: RENAME and COPY remove what had the name, and so wake those who wait for it; SET and
  // all that store a result put another value in its place, which wakes nobody.
  private cameUnder(name: string): void {
    if (this.blocked.size !== 0) this.server.blocking.keyReady(this, name);
  }

  /** Removes a key without asking whether its time has come; false if there is none. */
  drop(key: string): boolean {
    const i = this.dict.find(key);
    if (i >= 0) this.forget(i);
    return i >= 0;
  }

  /** Removes a live key; false if there is none. */
  remove(key: string): boolean {
    const i = this.live(key);
    if (i < 0) return false;
    this.forget(i);
    return true;
  }

  /**
   * What every command calls after it changed a key, once for each event that Redis announces;
   * `changes` is what INFO's rdb_changes_since_last_save grows by.
   */
  changed(key: string, event: KeyEvent, changes = 1): void {
    this.server.dirty += changes;
    this.touched(key);
    this.announce(key, event);
  }

  /** Tells those who listen for keyspace events. */
  announce(key: string, event: KeyEvent): void {
    if (this.server.onKeyEvent !== null) this.server.onKeyEvent(this.id, key, event);
  }

  /**
   * Fails the transactions that watch this key, and tells those who keep copies of it; `expired` if
   * it is not by anybody's command that it changed.
   */
  touched(key: string, expired = false): void {
    const { tracking, current } = this.server;
    if (tracking.active) tracking.changed(key, expired ? null : current);
    if (this.watchers.size === 0) return;
    const clients = this.watchers.get(key);
    if (clients !== undefined) failWatchers(this, key, clients);
  }

  /** When a key expires (Unix ms), -1 if never, -2 if it is not there. */
  expiryOf(key: string): number {
    const i = this.live(key);
    if (i < 0) return -2;
    return this.expiryAt(i);
  }

  /** When entry i expires (Unix ms), or -1. */
  expiryAt(i: number): number {
    const whenMs = this.rawExpiry(i);
    if (whenMs < 0) return Number(unpackTime(whenMs));
    return whenMs === 0 ? -1 : whenMs;
  }

  /** The same to the millisecond, also beyond 2^53, where a number cannot say it. */
  exactExpiryAt(i: number): number | bigint {
    const whenMs = this.rawExpiry(i);
    if (whenMs < 0) return unpackTime(whenMs);
    return whenMs === 0 ? -1 : whenMs;
  }

  /** Lets a key that is there expire at a time (Unix ms); a bigint beyond 2^53 is kept exactly. */
  expireAt(key: string, whenMs: number | bigint): void {
    this.expireEntry(this.dict.find(key), whenMs);
  }

  private expireEntry(i: number, whenMs: number | bigint): void {
    if (typeof whenMs === 'number' && whenMs <= Number.MAX_SAFE_INTEGER) {
      this.setExpiry(i, whenMs);
    } else {
      this.setExpiry(i, packTime(BigInt(whenMs)));
    }
  }

  /** Takes a key's expiry away; false if it had none. */
  persist(key: string): boolean {
    const i = this.dict.find(key);
    return i >= 0 && this.persistAt(i);
  }

  /** How long ago the entry found last was used, in seconds. */
  idleSeconds(): number {
    return Math.max(0, this.server.lruClock - this.access[this.at]);
  }

  /** What is known of the use of entry i, as access.ts has it. */
  accessAt(i: number): number {
    return this.access[i];
  }

  /**
   * Says of the entry found last for how many seconds it was idle, or how often it was used, as LFU
   * counts; -1 for what is not known. Only what the present policy asks for is taken.
   */
  restoreUse(idleSeconds: number, frequency: number): void {
    const { server } = this;
    if (server.lfu) {
      if (frequency >= 0) this.access[this.at] = lfuInitial(server.clock.ms, frequency);
    } else if (idleSeconds >= 0) {
      // Redis: a clock of 24 bits has no longer spans.
      this.access[this.at] = server.lruClock - (idleSeconds % 0x1000000);
    }
  }

  /** For how many seconds entry i was idle; -1 if uses are counted instead. */
  idleAt(i: number): number {
    return this.server.lfu ? -1 : Math.max(0, this.server.lruClock - this.access[i]);
  }

  /** How often entry i was used, as LFU counts; -1 if it does not. */
  frequencyAt(i: number): number {
    return this.server.lfu ? lfuDecay(this.access[i], this.server) & 255 : -1;
  }

  /** How often the entry found last was used, as LFU counts: 0 to 255. */
  frequency(): number {
    return lfuDecay(this.access[this.at], this.server) & 255;
  }

  /** A random live key, or undefined when there is none. */
  randomKey(): string | undefined {
    // Redis gives up after 100 keys that turn out to have expired, if all keys can expire.
    for (let tries = 0; this.dict.size > 0; tries++) {
      const i = this.server.random.below(this.dict.size);
      const key = this.dict.keyAt(i);
      if (!this.hasExpired(i)) return key;
      if (this.server.writesPaused && this.volatile === this.dict.size && tries >= 100) return key;
      this.expire(i);
    }
    return undefined;
  }

  /**
   * Visits up to `count` entries from the cursor down and returns the next cursor, 0 when
   * done. The cursor is how many entries are still to be visited; see datatypes/dict.ts.
   */
  scan(cursor: number, count: number, visit: (i: number) => void): number {
    const from = cursor === 0 ? this.dict.size : Math.min(cursor, this.dict.size);
    const to = Math.max(0, from - count);
    for (let i = from - 1; i >= to; i--) visit(i);
    return to;
  }

  /** Removes every key. */
  clear(): void {
    failAllWatchers(this, null);
    if (this.missed.size !== 0) this.server.blocking.databaseGone(this, null);
    const couldExpire = this.volatile > 0 || this.server.expirer.hasFields;
    // Whoever remembers what was here has it, in a database of its own.
    if (this.past !== null) this.past.timedFields = this.server.expirer.hasFields;
    this.exchange(new Database(this.id, this.server));
    if (couldExpire) this.server.expirer.flushed(); // Or it would hold the old keys in memory.
  }

  /** Exchanges everything that two databases hold; who is connected to which stays. */
  swapWith(other: Database): void {
    failAllWatchers(this, other);
    failAllWatchers(other, this);
    if (this.missed.size !== 0) this.server.blocking.databaseGone(this, other);
    if (other.missed.size !== 0) this.server.blocking.databaseGone(other, this);
    this.exchange(other);
  }

  /** The same, and nobody is told. */
  exchange(other: Database): void {
    const { dict, slots, expiry, access, volatile, past, weights } = this;
    this.take(other);
    other.take({ dict, slots, expiry, access, volatile, past, weights });
  }

  private take(from: Contents): void {
    this.dict = from.dict;
    this.weights = from.weights;
    this.slots = from.slots;
    this.expiry = from.expiry;
    this.access = from.access;
    this.volatile = from.volatile;
    this.past = from.past;
    if (this.past !== null) this.past.table = this;
    this.at = -1;
  }

  /** Whether the time of entry i has come. */
  hasExpired(i: number): boolean {
    if (this.volatile === 0 || i >= this.expiry.length) return false;
    const whenMs = this.expiry[i];
    if (whenMs <= 0 || this.server.clock.ms <= whenMs) return false;
    const { loading } = this.server;
    return loading === null || loading.isAside;
  }

  /**
   * Removes entry i because its time has come; false if that has to wait. While writes
   * are paused the data set must not change: the key is absent to all, but stays.
   */
  expire(i: number): boolean {
    if (this.server.writesPaused) return false;
    this.removeExpired(i);
    return true;
  }

  /** The same, even if it would have to wait. */
  removeExpired(i: number): void {
    const key = this.dict.keyAt(i);
    if (this.server.config.values['lazyfree-lazy-expire']) this.countLazily(i);
    this.forget(i);
    this.server.stats.expiredKeys++;
    this.announce(key, 'expired');
    this.touched(key, true);
    const { propagation } = this.server;
    if (propagation.active) propagation.add(this, removal(this.server, key));
  }

  /** Counts a use of entry i. */
  touch(i: number): void {
    this.access[i] = this.server.lfu ? lfuTouch(this.access[i], this.server) : this.server.lruClock;
  }

  /** Bytes that all keys and values take, and what finds them; kept as they come and go. */
  get memory(): number {
    const { dict, expiry, weights, volatile } = this;
    const columns = dict.size * (expiry.length === 0 ? ACCESS : ACCESS + TIME);
    return weights.sum + dict.memory + columns + volatile * WAITING;
  }

  private live(key: string): number {
    let i = this.dict.find(key);
    if (i >= 0 && this.volatile !== 0 && this.hasExpired(i)) {
      this.expire(i);
      i = -1;
    }
    this.at = i;
    return i;
  }

  /** Counts what entry i holds, and is about to let go, as freed lazily, if Redis would. */
  countLazily(i: number): void {
    countLazily(this.server, this.dict.valueAt(i));
  }

  private persistAt(i: number): boolean {
    if (i >= this.expiry.length || this.expiry[i] === 0) return false;
    if (this.past !== null) this.past.timing(i);
    this.expiry[i] = 0;
    this.volatile--;
    return true;
  }

  /** An expiry as the column has it: 0 for none, negative if it is packed. */
  rawExpiry(i: number): number {
    return this.volatile === 0 || i >= this.expiry.length ? 0 : this.expiry[i];
  }

  private setExpiry(i: number, raw: number): void {
    if (raw === 0) {
      this.persistAt(i);
      return;
    }
    if (this.past !== null) this.past.timing(i);
    const column = this.expiryColumn(i);
    if (column[i] === 0) this.volatile++;
    column[i] = raw;
    if (raw > 0) this.server.expirer.add(raw, this, this.dict.keyAt(i));
    if (this.server.isFollowing) this.server.following.local.note(this, this.dict.keyAt(i));
  }

  // Keys stay for the time of a pause even if they expire. But a transaction may pause the server
  // and then write.
  private forgetExpired(key: string): void {
    const i = this.dict.find(key);
    if (i >= 0) this.forget(i);
  }

  private forget(i: number): void {
    if (this.missed.size !== 0) this.server.blocking.keyGone(this, this.dict.keyAt(i));
    const last = this.dict.size - 1;
    if (this.past !== null) {
      this.past.leaving(i);
      this.past.removed(i, last);
    }
    this.weights.remove(this.dict.valueAt(i));
    this.dict.removeAt(i);
    if (this.slots !== null) this.slots.remove(i, last);
    this.access[i] = this.access[last];
    if (this.volatile === 0) return;
    const column = this.expiryColumn(last);
    if (column[i] !== 0) this.volatile--;
    column[i] = column[last];
    column[last] = 0;
  }

  /** The column of expiries, long enough for entry i. */
  expiryColumn(i: number): Float64Array {
    if (i >= this.expiry.length) {
      const longer = new Float64Array(this.access.length);
      longer.set(this.expiry);
      this.expiry = longer;
    }
    return this.expiry;
  }
}

function string(value: Value | undefined): StringValue | undefined {
  if (value !== undefined && !isString(value)) throw WRONG_TYPE;
  return value;
}

function ofKind(value: Value | undefined, kind: number): Collection | undefined {
  if (value === undefined) return undefined;
  if (isString(value) || value.kind !== kind) throw WRONG_TYPE;
  return value;
}

/** What a database holds, and a snapshot may remember; the rest is who waits, watches, reads. */
type Contents = Pick<
  Database,
  'dict' | 'slots' | 'expiry' | 'access' | 'volatile' | 'past' | 'weights'
>;
