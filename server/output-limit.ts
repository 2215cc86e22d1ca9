// Clients that do not read what they are sent are cut off: at once when more than the
// hard limit of their class waits for them, or when more than the soft limit has waited
// for so many seconds (client-output-buffer-limit).

import type { Client } from './client.ts';
import type { BufferClass } from './config/kinds-special.ts';

// Redis: what fits into the buffer that each client has for replies anyway does not count,
// and what is beyond it counts in blocks of 20 KB.
const FREE_OUTPUT = 16 * 1024;
const BLOCK = 20 * 1024;
// Unlike Redis: a client that does not read its replies is not read from either, once so
// many bytes wait for it. Redis goes on filling its memory if no limit is configured.
export const UNSENT_MAX = 256 * 1024 * 1024;
const UNAUTHENTICATED_MAX = 1024; // For those who have not said who they are.

/** From how many bytes of output on a limit may be reached. */
export function outputBytes(limit: number): number {
  return FREE_OUTPUT + 1 + Math.floor((limit - 1) / BLOCK) * BLOCK;
}

export function bufferClass(c: Client): BufferClass {
  if (c.isReplica) return 'slave';
  return c.subscriptions !== 0 ? 'pubsub' : 'normal'; // A monitor is normal.
}

function waitingOutput({ link, writer }: Client): number {
  const beyond = Math.max(0, link.unsent + writer.size - FREE_OUTPUT);
  return Math.ceil(beyond / BLOCK) * BLOCK;
}

/** Ends a client that is over its limit; true if it did. */
export function limitOutput(c: Client): boolean {
  const { values } = c.server.config;
  const limit = values['client-output-buffer-limit'][bufferClass(c)];
  const waiting = c.isReplica ? c.replica!.pending : waitingOutput(c);
  // Redis: less than what a replica could ask for again is no limit for it.
  const least = c.isReplica ? values['repl-backlog-size'] : 0;
  let over = limit.hardBytes !== 0 && waiting >= Math.max(limit.hardBytes, least);
  if (limit.softBytes !== 0 && waiting >= limit.softBytes) {
    const now = c.server.clock.ms;
    if (c.softLimitSinceMs === 0) c.softLimitSinceMs = now;
    else if (now - c.softLimitSinceMs > limit.softSeconds * 1000) over = true;
  } else {
    c.softLimitSinceMs = 0;
  }
  if (!c.parser.trusted && waiting >= UNAUTHENTICATED_MAX) over = true;
  // Unlike Redis: who is told things unasked, as a monitor is, has a limit without any configured.
  if ((c.monitors || c.tracking !== null) && waiting >= UNSENT_MAX) over = true;
  if (!over) return false;
  c.server.stats.outputBufferDisconnections++;
  c.server.log.warning(
    `Client ${c.server.describe(c)} scheduled to be closed ASAP for overcoming of output buffer ` +
      'limits.',
  );
  c.close();
  return true;
}
