// Clients that do not read what they are sent are cut off: at once when more than the
// hard limit of their class waits for them, or when more than the soft limit has waited
// for so many seconds (client-output-buffer-limit).

import type { Client } from './client.ts';
import type { BufferClass } from './config/kinds-special.ts';

// Redis: who never said who they are gets 1 KB beyond the 16 KB that a reply buffer has anyway.
export const UNAUTHENTICATED_MAX = 17 * 1024;

export function bufferClass(_c: Client): BufferClass {
  return 'normal'; // A monitor too.
}

/** Ends a client that is over its limit; true if it did. */
export function limitOutput(c: Client): boolean {
  const limit = c.server.config.values['client-output-buffer-limit'][bufferClass(c)];
  const waiting = c.link.unsent + c.writer.size;
  let over = limit.hardBytes !== 0 && waiting >= limit.hardBytes;
  if (limit.softBytes !== 0 && waiting >= limit.softBytes) {
    const now = c.server.clock.ms;
    if (c.softLimitSinceMs === 0) c.softLimitSinceMs = now;
    else if (now - c.softLimitSinceMs > limit.softSeconds * 1000) over = true;
  } else {
    c.softLimitSinceMs = 0;
  }
  if (!c.parser.trusted && waiting >= UNAUTHENTICATED_MAX) over = true;
  if (!over) return false;
  c.server.stats.outputBufferDisconnections++;
  c.server.log.warning(
    `Client ${c.server.describe(c)} scheduled to be closed ASAP for overcoming of output buffer ` +
      'limits.',
  );
  c.close();
  return true;
}
