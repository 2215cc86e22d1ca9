// CLIENT PAUSE: for a while, requests wait instead of running.
//
// PAUSE_WRITE holds back only what could change the data set; meanwhile keys do not expire
// either (they are absent to readers, but stay). When the time is over, or on CLIENT
// UNPAUSE, the clients go on in the order in which they came.
//
// CLIENT UNPAUSE may stand in a transaction, or before other requests of the same read. None of
// those may see what the waiting clients do, so they go on after the turn that let them.

import type { Client } from './client.ts';
import { PAUSED } from './client-state.ts';
import type { Timer } from './clock.ts';
import type { Server } from './server.ts';

export const PAUSE_WRITE = 1;
export const PAUSE_ALL = 2;

export type Pause = {
  what: number; // PAUSE_WRITE or PAUSE_ALL.
  untilMs: number;
  timer: Timer;
  readonly waiting: Client[];
};

/** Begins a pause, or makes the present one longer or stricter; never shorter or milder. */
export function pause(server: Server, what: number, untilMs: number): void {
  const present = server.paused;
  if (present === null && untilMs <= server.clock.ms) return;
  const waiting = present === null ? [] : present.waiting;
  if (present !== null) {
    server.clock.cancel(present.timer);
    what = Math.max(what, present.what);
    untilMs = Math.max(untilMs, present.untilMs);
  }
  const timer = server.clock.at(untilMs, () => goOn(server, end(server)));
  server.paused = { what, untilMs, timer, waiting };
}

/** Ends the pause. Everybody goes on when this turn is over. */
export function unpause(server: Server): void {
  const waiting = end(server);
  if (waiting.length === 0) return;
  queueMicrotask(() => {
    goOn(server, waiting);
    server.endTurn();
  });
}

/** Ends the pause, if there is one, and returns who waited. */
function end(server: Server): readonly Client[] {
  const present = server.paused;
  if (present === null) return [];
  server.paused = null;
  server.clock.cancel(present.timer);
  server.expirer.schedule();
  return present.waiting;
}

function goOn(server: Server, waiting: readonly Client[]): void {
  server.beginTurn();
  for (const client of waiting) {
    // One of those before may have paused the server again: back into the queue.
    if (!client.closed && client.waits === PAUSED) client.proceed();
  }
}
