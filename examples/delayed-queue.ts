// A delayed queue: jobs that are not to be done before their time.
//
// The problem: "send the reminder in an hour", and the process may not live that long.
// The idea: a sorted set, the moment as the score. Whoever looks after it moves what is due, in one
// script, into a list that workers wait on (list-queue.ts). Any number of processes may look after
// the same queue: a job is moved once.
// Not when: the moment must be exact. A job is as late as the looking is rare; release() says when
// to look again.

import { type Client, defineScript } from '../client/index.ts';

const add = defineScript({
  keys: ['delayed'],
  args: ['job', 'delay'],
  lua: `local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    return redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])`,
  reply: Number,
});

/** Lets a job become due after so many milliseconds. Of equal jobs there is one, the last. */
export async function schedule(
  client: Client,
  queue: string,
  job: string,
  delayMs: number,
): Promise<void> {
  await client.script(add, { delayed: `${queue}:delayed`, job, delay: delayMs });
}

/** Takes a job back. False if there is none, or it is due already. */
export async function cancel(client: Client, queue: string, job: string): Promise<boolean> {
  return (await client.zrem(`${queue}:delayed`, job)) === 1;
}

const move = defineScript({
  keys: ['delayed', 'ready'],
  args: ['most'],
  lua: `local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    local due = redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[1])
    for _, job in ipairs(due) do
      redis.call('ZREM', KEYS[1], job)
      redis.call('LPUSH', KEYS[2], job)
    end
    local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
    return {#due, first[2] and math.max(0, first[2] - now) or -1}`,
  reply: (reply): { moved: number; next: number | null } => {
    const [moved, next] = reply as [number, number];
    return { moved, next: next < 0 ? null : next };
  },
});

/**
 * Moves what is due into the list `queue`, a hundred jobs at most. `next` is in how many
 * milliseconds the next is due: null if there is none.
 */
export function release(
  client: Client,
  queue: string,
): Promise<{ moved: number; next: number | null }> {
  return client.script(move, { delayed: `${queue}:delayed`, ready: queue, most: 100 });
}
