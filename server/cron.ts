// What has to be done from time to time, `hz` times a second.

import type { Client } from './client.ts';
import { fitBuffers } from './client-buffers.ts';
import { RUNNING } from './client-state.ts';
import type { Timer } from './clock.ts';
import { limitOutput } from './output-limit.ts';
import type { Server } from './server.ts';

// So many clients are looked at in each run. Of more than that, each is once in a second.
const CLIENTS = 250;
/** Bytes of room that clients get between two runs for arguments that they only announced. */
export const TRUST = 4 * 1024 * 1024;

/** Starts the cron of a server; call what it returns to stop it. */
export function startCron(server: Server): () => void {
  let timer: Timer;
  const walk = new Walk(server);
  const next = () => {
    timer = server.clock.atLeisure(Math.floor(1000 / server.config.values.hz), () => {
      if (!server.debug.cronPaused) run(server, walk);
      next();
    });
  };
  next();
  return () => server.clock.cancel(timer);
}

/**
 * Goes round among the clients, a part of them at a time. What it keeps between two runs is their
 * numbers: an iterator would keep those who have left, with all that they sent.
 */
class Walk {
  private readonly server: Server;
  private ids: number[] = [];
  private done = 0; // So many of them have had their turn.

  constructor(server: Server) {
    this.server = server;
  }

  /** Looks at those whose turn it is. */
  few(look: (c: Client) => void): void {
    const { clients, config } = this.server;
    const share = Math.max(CLIENTS, Math.ceil(clients.size / config.values.hz));
    for (let left = Math.min(share, clients.size); left > 0; left--) {
      if (this.done >= this.ids.length) {
        this.ids = clients.keys();
        this.done = 0;
      }
      const c = clients.get(this.ids[this.done++]);
      if (c !== undefined) look(c);
    }
  }
}

function run(server: Server, walk: Walk): void {
  server.beginTurn();
  const { stats, clock } = server;
  server.trust.left = TRUST;
  const startMs = clock.stopwatch();
  stats.sample(clock.ms);
  server.usedMemory.refresh();
  if (server.clientMemory.active) server.clientMemory.weighAll();
  stats.peakMemory = Math.max(stats.peakMemory, server.usedMemory.total);
  const idleMs = server.config.values.timeout * 1000;
  walk.few((c) => {
    if (idleMs !== 0 && clock.ms - c.activeMs > idleMs && hasToSpeak(c)) {
      server.log.verbose('Closing idle client');
      c.close();
    } else if (c.link.unsent !== 0 || c.replica !== null) {
      limitOutput(c);
    }
    fitBuffers(c);
  });
  server.clientMemory.cleanUp();
  server.signalled.follow();
  server.saving.cron();
  server.appendOnly.cron();
  server.following.cron();
  server.replication.cron();
  if (server.tracking.active) server.tracking.limit(null);
  stats.cronMicros += server.worked(startMs);
}

/** Whether a client is not merely there to be told something, and does not wait for it either. */
function hasToSpeak(c: Client): boolean {
  if (c.monitors || c.isReplica || c.repeats) return false;
  return c.subscriptions === 0 && c.waits === RUNNING;
}
