// The buffers of a client, made larger and smaller as it goes.
//
// Both of its buffers are borrowed for the moment where that is possible: requests are read
// where the socket put them, replies are written into a buffer of the pool. What a client holds
// for longer, the beginning of a request and replies that it does not fetch, is given the
// size that it needs, which cron checks. Redis does the same at the same times, so CLIENT
// LIST tells of it in the same numbers: qbuf, qbuf-free, rbs and rbp.

import type { Client } from './client.ts';

const IDLE_SECONDS = 2; // Redis: a client that says nothing for longer gets no room for more.

/** Fits a client's buffers to what it has needed lately. */
export function fitBuffers(c: Client): void {
  const { clock, debug, stats } = c.server;
  const idle = Math.floor(clock.ms / 1000) - Math.floor(c.activeMs / 1000);
  if (c.parser.held !== 0) c.parser.trim(idle > IDLE_SECONDS);
  if (!debug.replyBufferResizing) return;
  const change = c.writer.fitBuffer();
  if (change > 0) stats.replyBufferExpands++;
  else if (change < 0) stats.replyBufferShrinks++;
  if (debug.replyPeakMs >= 0 && clock.ms - c.replyPeakSinceMs >= debug.replyPeakMs) {
    c.writer.forgetPeak();
    c.replyPeakSinceMs = clock.ms;
  }
}
