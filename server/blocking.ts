// Clients that wait for a key: BLPOP and its like.
//
// A command that finds nothing to take calls block(). The client is put at the end of the
// queue of each of its keys and waits; its request stays in argv. When such a key comes into
// being the database says so (keyReady), and once the command that did it has ended, with all of
// its transaction, serve() lets the clients of that key try again, in the order in which they
// began to wait: each simply runs its command once more. If there is still nothing for it,
// the command calls block() again. A client that has to know when a key goes (keyGone), because it
// can only be refused then, tries again in the same way.
//
// So what a blocked client gets, and what it changes, is what the command would have done had it
// come at this moment. A client that is served goes on with the requests behind, when the
// turn ends.

import { ReplyError } from '../protocol/errors.ts';
import { answer, callAgain } from './call.ts';
import type { Client } from './client.ts';
import { BLOCKED, RUNNING } from './client-state.ts';
import type { Timer } from './clock.ts';
import type { Command } from './command-table.ts';
import { type Database, kindOf } from './keyspace.ts';
import type { Server } from './server.ts';

const UNBLOCKED = new ReplyError('UNBLOCKED client unblocked via CLIENT UNBLOCK');

/** What a client waits for. */
export type Block = {
  readonly command: Command;
  readonly db: Database;
  readonly keys: readonly string[];
  /** The kind of value that it can use. */
  readonly kind: number;
  /** Whether it tries again too if a key goes, or comes to hold something else (XREADGROUP). */
  readonly orGone: boolean;
  /** Writes its reply if it has waited in vain. */
  readonly inVain: (c: Client) => void;
  readonly timer: Timer | null;
};

export class Blocking {
  private readonly server: Server;
  private readonly ready: { db: Database; key: string }[] = [];
  private readonly held: { db: Database; key: string }[] = []; // Ready, but MIGRATE comes first.
  private readonly served: Client[] = []; // They go on when the turn ends.
  private serving = false;

  constructor(server: Server) {
    this.server = server;
  }

  /**
   * Lets a client wait until one of the keys holds a value of a kind, for so long at most (0
   * is for ever); with `orGone`, or until one is gone. To be called by a handler that has written
   * nothing; it returns at once, and the handler runs again. Inside a transaction nobody waits: the
   * handler sees to that.
   */
  block(
    c: Client,
    keys: readonly string[],
    kind: number,
    timeoutMs: number,
    inVain: (c: Client) => void,
    orGone = false,
  ): void {
    c.waits = BLOCKED;
    if (c.block !== null) return this.requeue(c, c.block);
    const { clock } = this.server;
    const distinct = [...new Set(keys)];
    const timer =
      timeoutMs === 0 ? null : clock.at(clock.ms + timeoutMs, () => this.giveUp(c, null));
    if (this.server.version.isBefore72) c.running!.calls++;
    c.block = { command: c.running!, db: c.db, keys: distinct, kind, orGone, inVain, timer };
    for (const key of distinct) {
      const queue = c.db.blocked.get(key);
      if (queue === undefined) c.db.blocked.set(key, new Set([c]));
      else queue.add(c);
      if (orGone) c.db.missed.set(key, (c.db.missed.get(key) ?? 0) + 1);
    }
  }

  /** Notes that a key came into being, or got more, that somebody may wait for. */
  keyReady(db: Database, key: string): void {
    if (!db.blocked.has(key) || db.ready.has(key)) return;
    db.ready.add(key);
    this.ready.push({ db, key });
  }

  /** Notes that a key went whose loss somebody may wait for. */
  keyGone(db: Database, key: string): void {
    if (db.missed.has(key)) this.keyReady(db, key);
  }

  /** The same as keyReady() for all keys of a database whose contents are new (SWAPDB). */
  databaseReady(db: Database): void {
    // Not db.has(), which would remove what has expired: that is for whoever asks for it.
    for (const key of db.blocked.keys()) if (db.dict.has(key)) this.keyReady(db, key);
  }

  /** The same as keyGone() for all keys of a database that will hold what another does, or none. */
  databaseGone(db: Database, next: Database | null): void {
    for (const key of db.missed.keys()) {
      const kind = kindAt(db, key);
      if (kind >= 0 && (next === null || kindAt(next, key) !== kind)) this.keyGone(db, key);
    }
  }

  /** Lets the clients of all keys that became ready try again. */
  serve(): void {
    if (this.ready.length === 0 || this.serving) return;
    // What is being loaded is nobody's to take before all of it is there.
    const { loading, busyScript } = this.server;
    if (loading !== null || busyScript !== null) return;
    this.serving = true;
    this.server.clock.tick(); // Redis: what a transaction made may have expired while it ran.
    // Serving one may make other keys ready (BLMOVE): they come to the end of the list.
    for (let i = 0; i < this.ready.length; i++) {
      const { db, key } = this.ready[i];
      db.ready.delete(key);
      this.serveKey(db, key);
    }
    this.ready.length = 0;
    for (const { db, key } of this.held) this.keyReady(db, key);
    this.held.length = 0;
    this.serving = false;
  }

  /** Lets those who were served go on with what they had sent behind. */
  proceed(): void {
    if (this.served.length === 0) return;
    for (let i = 0; i < this.served.length; i++) {
      const c = this.served[i];
      if (!c.closed && c.waits === RUNNING) c.go();
    }
    this.served.length = 0;
  }

  /** Lets a client try again that waits for something else than a key. */
  retry(c: Client): void {
    if (c.block === null) return;
    c.waits = RUNNING;
    callAgain(c, c.block.command);
    if (this.server.propagation.active) this.server.propagation.flush();
    if (c.waits === RUNNING) this.goOn(c);
  }

  /** CLIENT UNBLOCK: ends the waiting, as if in vain or with an error; false if it did not wait. */
  unblock(c: Client, withError: boolean): boolean {
    if (c.block === null) return false;
    this.giveUp(c, withError ? UNBLOCKED : null);
    return true;
  }

  /** Ends the waiting of a client that waits, with an error. */
  refuse(c: Client, problem: ReplyError): void {
    this.giveUp(c, problem);
  }

  /** Ends the waiting and the connection of everybody who waits for something. */
  unblockAll(problem: ReplyError): void {
    for (const c of [...this.server.clients.values()]) {
      if (c.block === null) continue;
      c.closing = true;
      this.giveUp(c, problem);
    }
  }

  /** Takes a client out of all queues. */
  forget(c: Client): void {
    const { block } = c;
    if (block === null) return;
    c.block = null;
    if (block.timer !== null) this.server.clock.cancel(block.timer);
    for (const key of block.keys) {
      const queue = block.db.blocked.get(key)!;
      queue.delete(c);
      if (queue.size === 0) block.db.blocked.delete(key);
      if (!block.orGone) continue;
      const others = block.db.missed.get(key)! - 1;
      if (others === 0) block.db.missed.delete(key);
      else block.db.missed.set(key, others);
    }
  }

  // Redis: who tried again and has to wait on stands at the end of all of its queues.
  private requeue(c: Client, block: Block): void {
    for (const key of block.keys) {
      const queue = block.db.blocked.get(key)!;
      queue.delete(c);
      queue.add(c);
    }
  }

  private serveKey(db: Database, key: string): void {
    const queue = db.blocked.get(key);
    if (queue === undefined) return;
    // Whoever comes to wait meanwhile has its turn another time.
    let left = queue.size;
    const { migrations } = this.server;
    for (const c of queue) {
      if (left-- === 0) return;
      if (c.block === null || (c.block.kind !== kindAt(db, key) && !c.block.orGone)) continue;
      if (migrations.active && migrations.touches(c.block.command, c.argv)) {
        this.held.push({ db, key });
        return;
      }
      c.waits = RUNNING;
      callAgain(c, c.block.command);
      if (this.server.propagation.active) this.server.propagation.flush();
      if (c.waits === RUNNING) this.goOn(c);
    }
  }

  private giveUp(c: Client, problem: ReplyError | null): void {
    const { inVain, command } = c.block!;
    const startMs = this.server.stopwatchMs();
    c.waits = RUNNING;
    answer(c, () => {
      if (problem !== null) throw problem;
      inVain(c);
    });
    this.server.ran(c, command, startMs, problem !== null);
    this.goOn(c);
  }

  private goOn(c: Client): void {
    if (this.server.version.isBefore72 && c.block !== null) c.block.command.calls--;
    this.forget(c);
    c.queueOutput();
    this.served.push(c);
  }
}

/** The kind of value that a key holds, or -1 if it holds none. */
function kindAt(db: Database, key: string): number {
  const i = db.dict.find(key);
  return i < 0 || db.hasExpired(i) ? -1 : kindOf(db.dict.valueAt(i));
}
