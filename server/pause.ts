// CLIENT PAUSE: for a while, requests wait instead of running.
//
// PAUSE_WRITE holds back only what could change the data set; meanwhile keys do not expire
// either (they are absent to readers, but stay). When the time is over, or on CLIENT
// UNPAUSE, the clients go on in the order in which they came.

import { PAUSED, type Client } from './client.ts';
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
  const waiting = present === null ? [] : present.waiting;
  if (present !== null) {
    server.clock.cancel(present.timer);
    what = Math.max(what, present.what);
    untilMs = Math.max(untilMs, present.untilMs);
  }
  const timer = server.clock.at(untilMs, () => unpause(server));
  server.paused = { what, untilMs, timer, waiting };
}

/** Ends the pause, and lets everybody go on. */
export function unpause(server: Server): void {
  const present = server.paused;
  if (present === null) return;
  server.paused = null;
  server.clock.cancel(present.timer);
  server.expirer.schedule();
  for (const client of present.waiting) {
    // One of those before may have paused the server again: back into the queue.
    if (!client.closed && client.waits === PAUSED) client.proceed();
  }
}
