// DEBUG SLEEP: a server that does not answer for a while, and is not dead.
//
// Redis's process sleeps. If this one did, it could not hear a signal, and a program that has its
// server with it would stand still together with it, though it wants to see what its clients make
// of a server that hangs. So it is only the server that sleeps: what comes is kept, nothing that
// was said leaves, and no timer fires. When it wakes, all is taken up in the order in which it
// came, as from the kernel's queues.
//
// Where others speak with the server than its clients (a master, the nodes of a cluster), or where
// one command must not be torn apart (EXEC, scripts), the process sleeps after all.

import type { Client } from './client.ts';
import { ASLEEP, RUNNING } from './client-state.ts';
import { answer } from './call.ts';
import type { Command } from './command-table.ts';
import type { Server } from './server.ts';

/** Why a server stands still. */
export interface Standstill {
  /** Whose command it is. */
  readonly sleeper: Client;
  /** Keeps what a client asks, and what it is going to, for later. */
  holds(c: Client): void;
  /** A client is gone. */
  left(c: Client): void;
}

export class Sleep implements Standstill {
  /** Whose command it is. */
  readonly sleeper: Client;
  private readonly server: Server;
  private readonly command: Command;
  private readonly startMs: number; // By the stopwatch.
  private readonly waiting = new Set<Client>(); // Those who have something to ask.

  /** Begins; the client's reply comes when so many ms have passed. */
  constructor(sleeper: Client, ms: number) {
    const { server } = sleeper;
    this.sleeper = sleeper;
    this.server = server;
    this.command = sleeper.running!;
    this.startMs = server.stopwatchMs();
    sleeper.waits = ASLEEP;
    server.asleep = this;
    server.clock.hold(ms, () => this.wake());
  }

  holds(c: Client): void {
    this.waiting.add(c);
    c.link.pause();
  }

  left(c: Client): void {
    this.waiting.delete(c);
  }

  private wake(): void {
    const { server, sleeper } = this;
    server.asleep = null;
    server.beginTurn();
    if (!sleeper.closed) {
      sleeper.waits = RUNNING;
      answer(sleeper, () => sleeper.reply.ok());
    }
    server.ran(sleeper, this.command, this.startMs, false);
    server.slept(this.startMs);
    if (!sleeper.closed) sleeper.go();
    server.endTurn();
    for (const c of this.waiting) c.goOn();
  }
}

/** Whether it can be the server alone that sleeps for a client. */
export function mayStayAwake(c: Client): boolean {
  const { server } = c;
  if (c.inExec || c.isScript || c.repeats || server.clock.isFrozen) return false;
  return !server.isFollowing && server.cluster === null && !server.migrations.active;
}
