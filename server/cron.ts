// What has to be done from time to time, `hz` times a second.

import { fitBuffers } from './client-buffers.ts';
import type { Timer } from './clock.ts';
import { limitOutput } from './output-limit.ts';
import type { Server } from './server.ts';

const PEAK_EVERY = 1; // Runs between looks at the process's memory.

/** Starts the cron of a server; call what it returns to stop it. */
export function startCron(server: Server): () => void {
  let timer: Timer;
  let runs = 0;
  const next = () => {
    timer = server.clock.in(Math.floor(1000 / server.config.values.hz), () => {
      if (!server.debug.cronPaused) run(server, runs++);
      next();
    });
  };
  next();
  return () => server.clock.cancel(timer);
}

function run(server: Server, runs: number): void {
  server.beginTurn();
  const { stats, clock } = server;
  stats.commandRate.sample(clock.ms, stats.commands);
  stats.inputRate.sample(clock.ms, stats.netInput);
  stats.outputRate.sample(clock.ms, stats.netOutput);
  if (runs % PEAK_EVERY === 0) {
    stats.peakMemory = Math.max(stats.peakMemory, process.memoryUsage.rss());
  }
  const idleMs = server.config.values.timeout * 1000;
  for (const c of server.clients.values()) {
    if (idleMs !== 0 && clock.ms - c.activeMs > idleMs && !c.monitors && c.waits === 0) {
      server.log.verbose('Closing idle client');
      c.close();
    } else if (c.link.unsent !== 0) {
      limitOutput(c);
    }
    fitBuffers(c);
  }
}
