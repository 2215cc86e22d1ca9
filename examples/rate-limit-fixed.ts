// A rate limiter with a fixed window: so many requests, then none until the window is over.
//
// The problem: one visitor must not use up what is there for all.
// The idea: a counter that expires. The first request of a window starts its time, and whoever
// finds the counter above the limit is refused.
// Not when: bursts hurt. All of one window's requests can come at its end and all of the next
// one's right after: twice the limit in a moment. rate-limit-sliding.ts does not allow that.

import type { Client } from '../client/index.ts';

export interface Verdict {
  allowed: boolean;
  /** How many more are allowed at the moment. */
  left: number;
  /** Milliseconds until it is worth trying again; 0 if this was allowed. */
  retryAfter: number;
}

/** Counts a request, and says whether it is within the limit. */
export async function allow(
  client: Client,
  who: string,
  limit: number,
  windowMs: number,
): Promise<Verdict> {
  const key = `requests:${who}`;
  // Without NX each request would prolong the window, and a busy visitor would never get out.
  const [count, , ttl] = await client.multi((tx) => [
    tx.incr(key),
    tx.pexpire(key, windowMs, { nx: true }),
    tx.pttl(key),
  ]);
  const left = limit - Number(count);
  const allowed = left >= 0;
  return { allowed, left: Math.max(0, left), retryAfter: allowed ? 0 : ttl };
}
