// Pauses: for a while, requests wait instead of running.
//
// PAUSE_WRITE holds back only what could change the data set; meanwhile keys do not expire
// either (they are absent to readers, but stay). When the time is over, or on CLIENT
// UNPAUSE, the clients go on in the order in which they came.
//
// There may be several reasons at once: CLIENT PAUSE, the end of the server, a failover. Each has
// its own time; the strictest of them is what counts, and nobody goes on before all are over.
//
// CLIENT UNPAUSE may stand in a transaction, or before other requests of the same read. None of
// those may see what the waiting clients do, so they go on after the turn that let them.

import type { Client } from './client.ts';
import { PAUSED } from './client-state.ts';
import type { Timer } from './clock.ts';
import { soon } from './real-time.ts';
import type { Server } from './server.ts';

export const PAUSE_WRITE = 1;
export const PAUSE_ALL = 2;

/** Why there is a pause. */
export const BY_CLIENT = 0;
export const FOR_SHUTDOWN = 1;
export const FOR_FAILOVER = 2;

type Span = { readonly what: number; readonly untilMs: number };

export type Pause = {
  /** PAUSE_WRITE or PAUSE_ALL. */
  readonly what: number;
  readonly spans: ReadonlyMap<number, Span>;
  readonly timer: Timer;
  readonly waiting: Client[];
};

/** Begins a pause, or makes the present one longer or stricter; never shorter or milder. */
export function pause(server: Server, what: number, untilMs: number, why = BY_CLIENT): void {
  const present = server.paused?.spans.get(why);
  if (present === undefined && untilMs <= server.clock.ms) return;
  const spans = new Map(server.paused?.spans);
  spans.set(why, {
    what: Math.max(what, present?.what ?? 0),
    untilMs: Math.max(untilMs, present?.untilMs ?? 0),
  });
  install(server, spans, server.paused?.waiting ?? []);
}

/** Ends a pause. If there is no other reason, everybody goes on when this turn is over. */
export function unpause(server: Server, why = BY_CLIENT): void {
  const present = server.paused;
  if (present === null || !present.spans.has(why)) return;
  const spans = new Map(present.spans);
  spans.delete(why);
  if (spans.size > 0) return install(server, spans, present.waiting);
  const waiting = end(server);
  if (waiting.length === 0) return;
  soon(() => {
    goOn(server, waiting);
    server.endTurn();
  });
}

function install(server: Server, spans: Map<number, Span>, waiting: Client[]): void {
  if (server.paused !== null) server.clock.cancel(server.paused.timer);
  const all = [...spans.values()];
  const what = Math.max(...all.map((span) => span.what));
  const nextMs = Math.min(...all.map((span) => span.untilMs));
  const timer = server.clock.at(nextMs, () => over(server));
  server.paused = { what, spans, timer, waiting };
  server.expirer.schedule();
}

/** The time of one of the reasons is over. */
function over(server: Server): void {
  const { spans, waiting } = server.paused!;
  const left = [...spans].filter(([, { untilMs }]) => untilMs > server.clock.ms);
  if (left.length > 0) install(server, new Map(left), waiting);
  else goOn(server, end(server));
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
