// Replies kept on this side, until the server says that a key has changed (CLIENT TRACKING, RESP3).
//
// An entry is a command with its arguments; it hangs on each key that it read. The server's word
// about a key takes away all that hangs on it, and what is being asked for about it at that
// moment, because nobody knows which of the two was first. A connection that ends takes
// everything: what changed while nobody listened is not told afterwards.
//
// Specification: redis.io, "Client-side caching in Redis".

import { type Command, keysOf, type Value } from './command.ts';
import type { ReplyValue } from './reply-parser.ts';

export interface CacheOptions {
  /** Replies that are kept at most: which nobody asked for the longest goes first. 10,000. */
  maxEntries?: number;
}

export interface CacheStats {
  hits: number;
  misses: number;
  invalidations: number;
  entries: number;
}

class Entry {
  readonly id: string;
  readonly keys: readonly string[];
  reply: unknown;
  whole = false;
  gone = false;

  constructor(id: string, keys: readonly string[]) {
    this.id = id;
    this.keys = keys;
  }
}

// Reads whose reply depends on more than the keys: on time, on chance, on a cursor.
const CHANGING = new Set([
  ...['ttl', 'pttl', 'httl', 'hpttl', 'srandmember', 'hrandfield', 'zrandmember', 'randomkey'],
  ...['scan', 'sscan', 'hscan', 'zscan', 'touch', 'xread', 'xpending', 'memory usage', 'dump'],
  ...['object idletime', 'object freq', 'eval_ro', 'evalsha_ro', 'fcall_ro'],
  ...['xinfo consumers', 'xinfo groups', 'xinfo stream'],
]);

export class Cache {
  private readonly max: number;
  private readonly entries = new Map<string, Entry>();
  private readonly byKey = new Map<string, Set<Entry>>();
  private hits = 0;
  private misses = 0;
  private invalidations = 0;

  constructor({ maxEntries = 10_000 }: CacheOptions) {
    this.max = maxEntries;
  }

  get stats(): CacheStats {
    const { hits, misses, invalidations } = this;
    return { hits, misses, invalidations, entries: this.entries.size };
  }

  /**
   * The reply to a command: what is kept, or what `ask` brings. Null where the command cannot be
   * kept at all.
   */
  get(
    command: Command,
    args: readonly Value[],
    form: string,
    ask: () => Promise<unknown>,
  ): Promise<unknown> | null {
    if (!command.reads || CHANGING.has(command.name)) return null;
    const keys = keysOf(command, args);
    if (keys.length === 0) return null;
    const id = idOf(command, args, form);
    const known = this.entries.get(id);
    if (known?.whole) {
      this.hits++;
      // The one that was asked for last goes last.
      this.entries.delete(id);
      this.entries.set(id, known);
      return Promise.resolve(copyOf(known.reply));
    }
    this.misses++;
    return this.fill(new Entry(id, keys.map(bytesOf)), ask);
  }

  private async fill(entry: Entry, ask: () => Promise<unknown>): Promise<unknown> {
    this.hang(entry);
    try {
      const reply = await ask();
      entry.reply = copyOf(reply);
      entry.whole = true;
      if (!entry.gone) this.keep(entry);
      return reply;
    } catch (error) {
      this.drop(entry);
      throw error;
    }
  }

  /** An invalidation came: keys, or null for all. */
  pushed(items: ReplyValue[]): void {
    if (String(items[0]) !== 'invalidate') return;
    this.invalidations++;
    if (items[1] === null) return this.clear();
    for (const key of items[1] as Buffer[]) {
      for (const entry of [...(this.byKey.get(key.latin1Slice()) ?? [])]) this.drop(entry);
    }
  }

  /** Nothing is known any more. */
  clear(): void {
    for (const set of [...this.byKey.values()]) for (const entry of [...set]) this.drop(entry);
  }

  private hang(entry: Entry): void {
    for (const key of entry.keys) {
      const set = this.byKey.get(key) ?? new Set();
      this.byKey.set(key, set.add(entry));
    }
  }

  private keep(entry: Entry): void {
    const other = this.entries.get(entry.id);
    if (other !== undefined) this.drop(other);
    this.entries.set(entry.id, entry);
    if (this.entries.size <= this.max) return;
    for (const oldest of this.entries.values()) return this.drop(oldest);
  }

  private drop(entry: Entry): void {
    entry.gone = true;
    if (this.entries.get(entry.id) === entry) this.entries.delete(entry.id);
    for (const key of entry.keys) {
      const set = this.byKey.get(key);
      if (set?.delete(entry) && set.size === 0) this.byKey.delete(key);
    }
  }
}

function idOf(command: Command, args: readonly Value[], form: string): string {
  let id = `${form}${command.name}`;
  for (const arg of args) {
    const bytes = bytesOf(arg);
    id += ` ${bytes.length}:${bytes}`;
  }
  return id;
}

function bytesOf(value: Value): string {
  const bytes = value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value));
  return bytes.latin1Slice();
}

/** What its taker may change without our noticing. */
function copyOf(reply: unknown): unknown {
  if (typeof reply !== 'object' || reply === null) return reply;
  if (Buffer.isBuffer(reply)) return Buffer.from(reply);
  if (Array.isArray(reply)) return reply.map(copyOf);
  if (reply instanceof Map) return new Map([...reply].map(([k, v]) => [k, copyOf(v)]));
  return Object.fromEntries(Object.entries(reply).map(([k, v]) => [k, copyOf(v)]));
}
