// What a server tells those who repeat its changes: an append-only file, a replica, a test.
//
// Every command that changed something is passed on as it came, unless its handler says
// otherwise, because to run it again elsewhere, or later, would not do the same: a random
// choice becomes what was chosen, a span of time a moment, a sum of floats its result. Keys that
// go by themselves are passed on as deletions.
//
// What one request led to belongs together: a transaction, a blocked client that was served. More
// than one command is therefore wrapped in MULTI and EXEC, when the request has ended.
//
// While nobody listens, all of this is one comparison for each command.

import type { Client } from './client.ts';
import type { Database } from './keyspace.ts';
import type { Server } from './server.ts';

/**
 * Takes one command of the stream: the database it is for, or -1 if that makes no difference, and
 * the command, in an array that is used again: who keeps it takes a copy.
 */
export type Repeater = (db: number, argv: readonly string[]) => void;

/** Whom something is passed on to: who keeps it in a file, replicas, or both. */
export const TO_FILE = 1;
export const TO_REPLICAS = 2;
export const TO_ALL = TO_FILE | TO_REPLICAS;

const MULTI = ['MULTI'];
const EXEC = ['EXEC'];

export class Propagation {
  /** Whether anybody listens. */
  active = false;
  /** How far this has come: how many commands, or where they are counted, how many bytes. */
  offset = 0;
  /** Whether somebody who listens counts the offset in bytes (replication.ts). */
  counted = false;
  /** While a script takes its time between turns, the unit does not end. */
  held = false;
  /** Whom it is for what a client's command does now: a script may choose (redis.set_repl). */
  to = TO_ALL;
  private readonly repeaters: Repeater[] = [];
  private wanted = 0; // All that is in `kinds`.
  private readonly kinds: number[] = []; // TO_FILE or TO_REPLICAS or both, for each of them.
  private readonly waiting: { db: number; argv: readonly string[]; to: number }[] = [];
  // Most units are one command as it came. That is not copied, because it is still there when the
  // unit ends; one that another command called (EXEC) is not.
  private only: readonly string[] | null = null;
  private onlyDb = 0;

  /** Adds somebody who repeats; call what it returns to take him out again. */
  listen(repeater: Repeater, kind = TO_ALL): () => void {
    this.repeaters.push(repeater);
    this.kinds.push(kind);
    this.wanted |= kind;
    this.active = true;
    return () => {
      const i = this.repeaters.indexOf(repeater);
      this.repeaters.splice(i, 1);
      this.kinds.splice(i, 1);
      this.wanted = this.kinds.reduce((all, one) => all | one, 0);
      this.active = this.repeaters.length > 0;
    };
  }

  /** Passes on a command that was not a client's, or is one more than the client's. */
  add(db: Database, argv: readonly string[]): void {
    if (this.active) this.wait(db.id, argv, TO_ALL);
  }

  /** Passes on what a client's command did, as its handler said, or as the command came. */
  ran(c: Client, db: Database): void {
    const { instead } = c;
    const { to } = this;
    if ((to & this.wanted) === 0) return;
    if (instead !== null) {
      for (const argv of instead) this.wait(db.id, argv, to);
    } else if (c.server.current !== null || this.waiting.length > 0 || this.only !== null) {
      this.wait(db.id, c.argv.slice(), to);
    } else {
      this.only = c.argv;
      this.onlyDb = db.id;
    }
  }

  /** Ends the unit: what has gathered is sent, and belongs together unless `loose`. */
  flush(loose = false): void {
    const { waiting, only } = this;
    if (this.held) return;
    if (only !== null) {
      this.only = null;
      return this.send(this.onlyDb, only, TO_ALL);
    }
    if (waiting.length === 0) return;
    const wrapped = waiting.length > 1 && !loose;
    if (wrapped) this.send(-1, MULTI, TO_ALL);
    for (const { db, argv, to } of waiting) this.send(db, argv, to);
    if (wrapped) this.send(-1, EXEC, TO_ALL);
    waiting.length = 0;
  }

  private wait(db: number, argv: readonly string[], to: number): void {
    const { only } = this;
    if (only !== null) {
      this.only = null;
      this.waiting.push({ db: this.onlyDb, argv: only.slice(), to: TO_ALL });
    }
    this.waiting.push({ db, argv, to });
  }

  private send(db: number, argv: readonly string[], to: number): void {
    const { repeaters, kinds } = this;
    if (!this.counted) this.offset++;
    for (let i = 0; i < repeaters.length; i++) if (kinds[i] & to) repeaters[i](db, argv);
  }
}

/** The deletion of a key whose time had come. */
export function removal(server: Server, key: string): string[] {
  return [server.config.values['lazyfree-lazy-expire'] ? 'UNLINK' : 'DEL', key];
}
