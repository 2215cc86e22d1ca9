// What has to be done from time to time, `hz` times a second.

import type { Client } from './client.ts';
import { fitBuffers } from './client-buffers.ts';
import { RUNNING } from './client-state.ts';
import type { Timer } from './clock.ts';
import { limitOutput } from './output-limit.ts';
import type { Server } from './server.ts';

/** Starts the cron of a server; call what it returns to stop it. */
export function startCron(server: Server): () => void {
  let timer: Timer;
  const next = () => {
    timer = server.clock.atLeisure(Math.floor(1000 / server.config.values.hz), () => {
      if (!server.debug.cronPaused) run(server);
      next();
    });
  };
  next();
  return () => server.clock.cancel(timer);
}

function run(server: Server): void {
  server.beginTurn();
  const { stats, clock } = server;
  const startMs = clock.stopwatch();
  stats.sample(clock.ms);
  server.usedMemory.refresh();
  if (server.clientMemory.active) server.clientMemory.weighAll();
  stats.peakMemory = Math.max(stats.peakMemory, server.usedMemory.total);
  const idleMs = server.config.values.timeout * 1000;
  for (const c of server.clients.values()) {
    if (idleMs !== 0 && clock.ms - c.activeMs > idleMs && hasToSpeak(c)) {
      server.log.verbose('Closing idle client');
      c.close();
    } else if (c.link.unsent !== 0 || c.replica !== null) {
      limitOutput(c);
    }
    fitBuffers(c);
  }
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
