// A rate limiter with a sliding window: so many requests within any stretch of that length.
//
// The problem: a fixed window lets twice the limit through where two windows meet.
// The idea: a sorted set of the moments of the requests that were allowed. Those that are older
// than the window are taken away; if fewer than the limit are left, the request is allowed. All in
// one script, by the server's clock: the machines that ask need not agree on the time.
// Not when: the limit is thousands. Each request allowed is an entry of some 80 bytes.

import { type Client, defineScript } from '../client/index.ts';
import type { Verdict } from './rate-limit-fixed.ts';

const count = defineScript({
  keys: ['requests'],
  args: ['limit', 'window'],
  lua: `local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
    redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
    local counted = redis.call('ZCARD', KEYS[1])
    if counted >= limit then
      local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
      return {0, 0, oldest[2] + window - now}
    end
    redis.call('ZADD', KEYS[1], now, now .. ':' .. counted)
    redis.call('PEXPIRE', KEYS[1], window)
    return {1, limit - counted - 1, 0}`,
  reply: (reply): Verdict => {
    const [allowed, left, retryAfter] = reply as [number, number, number];
    return { allowed: allowed === 1, left, retryAfter };
  },
});

/** Counts a request, if it is within the limit, and says whether it is. A limit is at least 1. */
export function allow(
  client: Client,
  who: string,
  limit: number,
  windowMs: number,
): Promise<Verdict> {
  return client.script(count, { requests: `recent:${who}`, limit, window: windowMs });
}
