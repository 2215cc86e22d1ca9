// Clients that wait until replicas have what they wrote: they are told when one has said how far it
// is, and the replicas are asked.

import type { Client } from './client.ts';
import type { Replication } from './replication.ts';
import type { Server } from './server.ts';
import { Waiters } from './waiters.ts';

const NO_KIND = -1; // It waits for nothing that a key could hold.

export class ReplicationWaiters {
  private readonly server: Server;
  private readonly replication: Replication;
  private readonly waiters: Waiters;

  constructor(server: Server, replication: Replication) {
    this.server = server;
    this.replication = replication;
    this.waiters = new Waiters(server);
  }

  /** Lets a client wait for so many ms (0 is for ever), and asks the replicas how far they are. */
  block(c: Client, ms: number, inVain: (c: Client) => void): void {
    if (c.block === null) this.replication.wantsAcks = true;
    this.server.blocking.block(c, [], NO_KIND, ms, inVain);
    this.waiters.add(c);
  }

  /** There is news of a replica. */
  serve(): void {
    this.waiters.serve();
  }
}
