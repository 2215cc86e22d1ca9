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

/** Takes one command of the stream: the database it is for, and the command. */
export type Repeater = (db: number, argv: readonly string[]) => void;

const MULTI = ['MULTI'];
const EXEC = ['EXEC'];

export class Propagation {
  /** Whether anybody listens. */
  active = false;
  private readonly repeaters: Repeater[] = [];
  private readonly waiting: { db: number; argv: readonly string[] }[] = [];

  /** Adds somebody who repeats; call what it returns to take him out again. */
  listen(repeater: Repeater): () => void {
    this.repeaters.push(repeater);
    this.active = true;
    return () => {
      this.repeaters.splice(this.repeaters.indexOf(repeater), 1);
      this.active = this.repeaters.length > 0;
    };
  }

  /** Passes on a command that was not a client's, or is one more than the client's. */
  add(db: Database, argv: readonly string[]): void {
    if (this.active) this.waiting.push({ db: db.id, argv });
  }

  /** Passes on what a client's command did, as its handler said, or as the command came. */
  ran(c: Client, db: Database): void {
    const { instead } = c;
    if (instead === null) this.waiting.push({ db: db.id, argv: c.argv.slice() });
    else for (const argv of instead) this.waiting.push({ db: db.id, argv });
  }

  /** Ends the unit: what has gathered belongs together, and is sent. */
  flush(): void {
    const { waiting } = this;
    if (waiting.length === 0) return;
    const wrapped = waiting.length > 1;
    if (wrapped) this.send(waiting[0].db, MULTI);
    for (const { db, argv } of waiting) this.send(db, argv);
    if (wrapped) this.send(waiting[waiting.length - 1].db, EXEC);
    waiting.length = 0;
  }

  private send(db: number, argv: readonly string[]): void {
    for (const repeater of this.repeaters) repeater(db, argv);
  }
}

/** The deletion of a key whose time had come. */
export function removal(server: Server, key: string): string[] {
  return [server.config.values['lazyfree-lazy-expire'] ? 'UNLINK' : 'DEL', key];
}
