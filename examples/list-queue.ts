// A queue on a list: the simplest that loses nothing when a worker dies.
//
// The problem: BRPOP hands a job to a worker, and if the worker dies the job is gone.
// The idea: BLMOVE hands it over and keeps it in a list of the worker's own, until the worker has
// done it. A worker that comes back to life finds there what it had not finished.
// Not when: workers come and go under new names, so that nobody looks into a dead one's list. A
// stream with a group (event-stream.ts) knows what was left lying by whom; job-queue.ts too.

import { type Client, RedisError } from '../client/index.ts';

/** Puts jobs at the end of the queue. Resolves to its length. */
export function enqueue(client: Client, queue: string, ...jobs: string[]): Promise<number> {
  return client.lpush(queue, jobs);
}

/**
 * Does jobs, oldest first, until the signal aborts. A job may be handled twice, if its worker died
 * after the work and before it could say so. A handler that throws ends the worker, and leaves the
 * job to its next life.
 */
export async function work(
  client: Client,
  queue: string,
  worker: string,
  handle: (job: string) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const mine = `${queue}:${worker}`;
  while ((await client.lmove(mine, queue, 'LEFT', 'RIGHT')) !== null);
  const waiting = client.with({ signal }); // On a connection of its own: nobody waits behind it.
  while (!signal.aborted) {
    try {
      const job = await waiting.blmove(queue, mine, 'RIGHT', 'LEFT', 30);
      if (job === null) continue;
      await handle(job);
      await client.lrem(mine, 1, job);
    } catch (error) {
      if (!(error instanceof RedisError && error.code === 'ABORTED')) throw error;
    }
  }
}
