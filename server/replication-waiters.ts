// WAIT, WAITAOF: clients that wait until replicas have what they wrote.
//
// A client waits as others do for a key (blocking.ts), only that there is none: when a replica has
// said how far it is, the command runs again.

import type { Client } from './client.ts';
import type { Replication } from './replication.ts';
import type { Server } from './server.ts';

const NO_KIND = -1; // It waits for nothing that a key could hold.

export class ReplicationWaiters {
  private readonly server: Server;
  private readonly replication: Replication;
  private readonly waiting = new Set<Client>();
  private serving = false;

  constructor(server: Server, replication: Replication) {
    this.server = server;
    this.replication = replication;
  }

  /** Lets a client wait for so many ms (0 is for ever), and asks the replicas how far they are. */
  block(c: Client, ms: number, inVain: (c: Client) => void): void {
    if (c.block === null) this.replication.wantsAcks = true;
    this.server.blocking.block(c, [], NO_KIND, ms, inVain);
    this.waiting.add(c);
  }

  /** There is news of a replica. */
  serve(): void {
    if (this.waiting.size === 0 || this.serving) return;
    this.serving = true;
    // After the turn under way: other replicas may have news in it as well.
    queueMicrotask(() => {
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

const WAITS = new Set(['wait', 'waitaof']);
