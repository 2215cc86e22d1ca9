// Client-side caching: who keeps copies of which keys, and has to be told that they changed.
//
// There are two ways to be told (CLIENT TRACKING).
//
//   - By default the server remembers which keys a client has read. The first change of a key
//     after that is told to all its readers, and the key is forgotten until it is read again.
//     Readers are remembered by their ids: one who has left costs nothing but his place, and
//     is passed over when the key changes. If more keys than tracking-table-max-keys are
//     remembered, some are forgotten as if they had changed.
//
//   - With BCAST nothing is remembered. A client names prefixes, and is told of every change of
//     a key that begins with one of them, whether it has read it or not. Such changes are
//     collected while commands run, and told once before the server sends what it has to say.
//
// Whoever is told hears it out of band in RESP3. RESP2 knows no such thing: then another connection
// has to listen (REDIRECT), as to a message on the channel __redis__:invalidate.
//
// A client that changes a key it has read itself is told behind the reply of the command, or of
// the transaction, unless it does not want to hear of that (NOLOOP).
//
// Changes come from Database.touched(), what was read from call(). While nobody tracks, each of
// them costs one comparison: `active`.

import { Dict } from '../datatypes/dict.ts';
import * as flag from '../protocol/command-spec.ts';
import { keyIndexes } from '../protocol/derive.ts';
import type { Reply } from '../protocol/reply.ts';
import type { Client } from './client.ts';
import type { Command } from './command-table.ts';
import { Push, tell } from './push.ts';
import type { Server } from './server.ts';

const CHANNEL = '__redis__:invalidate';
const READER_BYTES = 60; // Of one more reader of a key: in a set.
const EFFORT = 100; // Redis: so many keys are forgotten at once at first, if there are too many.

/** How one client wants to be told. */
export class Tracking {
  /** Whom to tell instead, by id; 0 for the client itself. */
  redirect = 0;
  bcast = false;
  optIn = false;
  optOut = false;
  noLoop = false;
  /** CLIENT CACHING was called for the request, or transaction, under way. */
  caching = false;
  /** Whoever was to be told instead has left. */
  broken = false;
  /** With BCAST. */
  readonly prefixes = new Set<string>();
}

/** A prefix of keys, and what changed under it. */
class Prefix {
  readonly clients = new Set<Client>();
  /** Who changed a key last; null where nobody did it. */
  readonly changed = new Map<string, Client | null>();
}

/** What a client is told behind its reply; a null key is all keys. */
type Pending = { readonly tracking: Tracking; readonly key: string | null };

export class TrackingTable {
  /** Whether anything here may be of interest. */
  active = false;
  /** How many clients track. */
  clients = 0;
  /** How many readers are remembered, over all keys. */
  items = 0;
  /** Whether a change has to be told to those who track prefixes. */
  due = false;
  private readonly server: Server;
  private readers: Dict<number | Set<number>>; // Most keys have one reader.
  private readonly prefixes = new Map<string, Prefix>();
  private readonly pending: Pending[] = [];
  private readonly indexes: number[] = [];
  private failures = 0; // How often in a row limit() could not get below the limit.

  constructor(server: Server) {
    this.server = server;
    this.readers = new Dict(server.hashSeed);
  }

  /** How many keys are remembered. */
  get keys(): number {
    return this.readers.size;
  }

  /** Bytes that the remembered readers take. */
  get memory(): number {
    return this.readers.memory + (this.items - this.keys) * READER_BYTES;
  }

  /** How many different prefixes are tracked. */
  get prefixCount(): number {
    return this.prefixes.size;
  }

  /** Lets a client track in the way that it has set up, with these prefixes beside those it has. */
  start(c: Client, tracking: Tracking, prefixes: readonly string[]): void {
    if (c.tracking === null) this.clients++;
    c.tracking = tracking;
    this.active = true;
    for (const prefix of prefixes) {
      tracking.prefixes.add(prefix);
      let state = this.prefixes.get(prefix);
      if (state === undefined) {
        state = new Prefix();
        this.prefixes.set(prefix, state);
      }
      state.clients.add(c);
    }
  }

  /** Ends a client's tracking. The keys that it has read stay, and are passed over in time. */
  stop(c: Client): void {
    if (c.tracking === null) return;
    for (const name of c.tracking.prefixes) {
      const prefix = this.prefixes.get(name)!;
      prefix.clients.delete(c);
      if (prefix.clients.size === 0) this.prefixes.delete(name);
    }
    c.tracking = null;
    this.clients--;
  }

  /** Takes note of a command that has ended, and tells its client what had to wait for that. */
  ran(c: Client, command: Command): void {
    const reader = c.asker;
    const { tracking } = reader;
    if (tracking !== null && command.flags & flag.READONLY && !tracking.bcast) {
      // Redis: what counts is what a script reads, not what it says that it will.
      if (command.spec.group !== 'scripting') this.remember(reader, tracking, command, c.argv);
    }
    if (c.inExec) return;
    if (this.pending.length !== 0) this.tellPending(c);
    if (this.clients === 0 && this.readers.size === 0) this.active = false;
  }

  /** A key has changed; `by` whom, or null if it expired. */
  changed(key: string, by: Client | null): void {
    const { current } = this.server;
    if (this.prefixes.size !== 0) this.collect(key, by === null ? null : by.asker);
    this.invalidate(key, current === null ? null : current.asker);
  }

  /** All keys go: everybody is told, even those who would not hear of their own changes. */
  flushed(): void {
    if (!this.active) return;
    const { server } = this;
    const asker = server.current === null ? null : server.current.asker;
    for (const c of server.clients.values()) {
      if (c.tracking === null) continue;
      if (c === asker) this.pending.push({ tracking: c.tracking, key: null });
      else this.tellAll(c, c.tracking);
    }
    this.readers = new Dict(server.hashSeed);
    this.items = 0;
  }

  /** Tells what changed under the prefixes. */
  broadcast(): void {
    this.due = false;
    for (const name of [...this.prefixes.keys()].sort()) {
      const { clients, changed } = this.prefixes.get(name)!;
      if (changed.size === 0) continue;
      const keys = [...changed.keys()].sort();
      const toAll = invalidation(keys);
      for (const c of clients) {
        const tracking = c.tracking!;
        if (!tracking.noLoop) {
          this.send(c, tracking, toAll);
          continue;
        }
        const others = keys.filter((key) => changed.get(key) !== c);
        if (others.length === keys.length) this.send(c, tracking, toAll);
        else if (others.length !== 0) this.send(c, tracking, invalidation(others));
      }
      changed.clear();
    }
  }

  /**
   * Forgets keys, chosen by chance, if there are too many; `by` is whose request is about to run.
   * Redis: what a request does not manage is left to the next one, which will try harder.
   */
  limit(by: Client | null): void {
    const { readers, server } = this;
    const most = server.config.values['tracking-table-max-keys'];
    if (most === 0) return;
    for (let left = EFFORT * (this.failures + 1); readers.size > most; left--) {
      if (left === 0) {
        this.failures++;
        return;
      }
      this.invalidate(readers.keyAt(server.random.below(readers.size)), by);
    }
    this.failures = 0;
  }

  /** A client that waits for its reply to FLUSHALL hears of it before, not behind. */
  tellPending(c: Client): void {
    const { pending } = this;
    for (const { tracking, key } of pending) {
      // It may have stopped tracking since.
      const how = c.tracking ?? tracking;
      if (key === null) this.tellAll(c, how);
      else this.send(c, how, invalidation([key]));
    }
    pending.length = 0;
  }

  private collect(key: string, by: Client | null): void {
    for (const [prefix, { changed }] of this.prefixes) {
      if (!key.startsWith(prefix)) continue;
      changed.set(key, by);
      this.due = true;
    }
  }

  private remember(c: Client, tracking: Tracking, command: Command, argv: readonly string[]): void {
    if (tracking.optIn ? !tracking.caching : tracking.optOut && tracking.caching) return;
    const { indexes, readers } = this;
    const count = keyIndexes(command.spec, argv, indexes);
    for (let n = 0; n < count; n++) {
      const key = argv[indexes[n]];
      const i = readers.find(key);
      if (i < 0) {
        readers.add(key, c.id);
        this.items++;
        continue;
      }
      const known = readers.valueAt(i);
      if (typeof known !== 'number') {
        if (known.has(c.id)) continue;
        known.add(c.id);
      } else {
        if (known === c.id) continue;
        readers.setValueAt(i, new Set([known, c.id]));
      }
      this.items++;
    }
  }

  /** Tells the readers of a key, and forgets it; `by` is whose command, or request, is running. */
  private invalidate(key: string, by: Client | null): void {
    const i = this.readers.find(key);
    if (i < 0) return;
    const known = this.readers.valueAt(i);
    this.readers.removeAt(i);
    if (typeof known === 'number') {
      this.items--;
      this.tellReader(known, key, by, null);
      return;
    }
    this.items -= known.size;
    const push = invalidation([key]);
    for (const id of [...known].sort(byBytes)) this.tellReader(id, key, by, push);
  }

  private tellReader(id: number, key: string, by: Client | null, push: Push | null): void {
    const c = this.server.clients.get(id);
    if (c === undefined || c.tracking === null || c.tracking.bcast) return;
    if (c.tracking.noLoop && c === by) return;
    if (c === this.server.current) this.pending.push({ tracking: c.tracking, key });
    else this.send(c, c.tracking, push ?? invalidation([key]));
  }

  private tellAll(c: Client, tracking: Tracking): void {
    // Redis: "all keys" is a null, in the protocol of the client that tracks, whoever is told.
    const { resp3 } = c.writer;
    this.send(c, tracking, resp3 ? ALL_KEYS_RESP3 : ALL_KEYS_RESP2);
  }

  /** Tells a client that tracks, or whom it named instead, if either can be told. */
  private send(c: Client, tracking: Tracking, push: Push): void {
    if (tracking.redirect === 0) {
      if (c.writer.resp3) tell(c, push);
      return;
    }
    const target = this.server.clients.get(tracking.redirect);
    if (target === undefined) {
      tracking.broken = true;
      if (c.writer.resp3) tell(c, brokenRedirect(tracking.redirect));
      // RESP2 can tell it nothing unless it listens to channels.
    } else if (target.writer.resp3 || target.subscriptions !== 0) {
      tell(target, push);
    }
  }
}

/**
 * To be called before each new request of a client that tracks: what CLIENT CACHING said was for
 * the one before, or for all of its transaction.
 */
export function endCaching(c: Client, tracking: Tracking): void {
  if (!tracking.caching || c.queue !== null) return;
  // Redis: any other call of CLIENT does not count as that request.
  if (c.command?.spec.name.startsWith('client|')) return;
  tracking.caching = false;
}

/**
 * Redis: ids are in the order of their bytes, the lowest first. That shows where one client is told
 * about several: of a key for another, and of its own redirection that leads nowhere.
 */
function byBytes(a: number, b: number): number {
  while (a !== b) {
    const order = (a & 255) - (b & 255);
    if (order !== 0) return order;
    a = Math.floor(a / 256);
    b = Math.floor(b / 256);
  }
  return 0;
}

function invalidation(keys: readonly string[]): Push {
  return new Push((reply) => {
    header(reply);
    reply.array(keys.length);
    for (const key of keys) reply.bulk(key);
  });
}

function header(reply: Reply): void {
  if (reply.resp3) {
    reply.push(2);
    reply.bulk('invalidate');
  } else {
    reply.push(3);
    reply.bulk('message');
    reply.bulk(CHANNEL);
  }
}

const ALL_KEYS_RESP2 = allKeys(false);
const ALL_KEYS_RESP3 = allKeys(true);

function allKeys(resp3: boolean): Push {
  return new Push((reply) => {
    header(reply);
    const own = reply.resp3;
    reply.resp3 = resp3;
    reply.null();
    reply.resp3 = own;
  });
}

function brokenRedirect(id: number): Push {
  return new Push((reply) => {
    reply.push(2);
    reply.bulk('tracking-redir-broken');
    reply.int(id);
  });
}
