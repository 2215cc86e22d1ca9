// WAIT, WAITAOF: clients that wait until what they wrote is somewhere else as well.
//
// A client waits as others do for a key (blocking.ts), only that there is none: when there is
// news of replicas, or of the disk, its command runs again.

import type { Client } from './client.ts';
import { soon } from './real-time.ts';
import type { Server } from './server.ts';

const WAITS = new Set(['wait', 'waitaof']);

export class Waiters {
  private readonly server: Server;
  private readonly waiting = new Set<Client>();
  private serving = false;

  constructor(server: Server) {
    this.server = server;
  }

  /** Lets a client's command run again as soon as there is news. */
  add(c: Client): void {
    this.waiting.add(c);
  }

  /** There is news. */
  serve(): void {
    if (this.waiting.size === 0 || this.serving) return;
    this.serving = true;
    // After the turn under way: replies may be on their way, and there may be more news in it.
    soon(() => {
      const { server } = this;
      this.serving = false;
      const clients = [...this.waiting];
      this.waiting.clear();
      server.beginTurn();
      for (const c of clients) {
        if (c.block !== null && WAITS.has(c.block.command.spec.name)) server.blocking.retry(c);
      }
      server.endTurn();
    });
  }
}
