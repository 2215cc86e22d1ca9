// A job queue with priorities, and another try for what fails.
//
// The problem: jobs differ in urgency, workers die, and some jobs can never be done.
// The idea: a sorted set of waiting jobs, the urgent first, equals in the order of their numbers;
// and one of running jobs, the end of each one's lease as the score. To take a job is to move it
// from the one to the other. What is still running after its lease was left by a worker that died,
// and is taken again. Each taking counts; what was taken too often is put aside for a human.
// Not when: many thousands of jobs a second, flows of jobs that need each other, or a page to look
// at them. Take a library: BullMQ is built of the same parts.

import { type Client, defineScript } from '../client/index.ts';

/** Adds a job. Less is more urgent. Resolves to its number. */
export async function add(
  client: Client,
  queue: string,
  job: unknown,
  priority = 0,
): Promise<string> {
  const number = await client.incr(`${queue}:number`);
  const id = String(number).padStart(12, '0'); // Members with equal scores are in order of bytes.
  await client.multi((tx) => [
    tx.hset(`${queue}:jobs`, id, JSON.stringify({ job, priority })),
    tx.zadd(`${queue}:waiting`, [[priority, id]]),
  ]);
  return id;
}

const take = defineScript({
  keys: ['waiting', 'running', 'jobs', 'attempts'],
  args: ['lease'],
  lua: `local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    local id = redis.call('ZRANGE', KEYS[2], '-inf', now, 'BYSCORE', 'LIMIT', 0, 1)[1]
      or redis.call('ZPOPMIN', KEYS[1])[1]
    if not id then return false end
    redis.call('ZADD', KEYS[2], now + ARGV[1], id)
    return {id, redis.call('HGET', KEYS[3], id), redis.call('HINCRBY', KEYS[4], id, 1)}`,
  reply: (reply) => reply as [id: string, record: string, attempt: number] | null,
});

export type Outcome = 'idle' | 'done' | 'again' | 'given up';

/**
 * Takes one job and does it. A job that throws goes back to where it waited; after so many
 * attempts it is put aside, into the set `<queue>:dead`. The lease has to be longer than a job
 * takes: or another worker begins with it, too.
 */
export async function work<T>(
  client: Client,
  queue: string,
  handle: (job: T, attempt: number) => Promise<void>,
  { attempts = 3, leaseMs = 30_000 }: { attempts?: number; leaseMs?: number } = {},
): Promise<Outcome> {
  const of = (part: string): string => `${queue}:${part}`;
  const [waiting, running, jobs, counts] = [
    of('waiting'),
    of('running'),
    of('jobs'),
    of('attempts'),
  ];
  const keys = { waiting, running, jobs, attempts: counts };
  const taken = await client.script(take, { ...keys, lease: leaseMs });
  if (taken === null) return 'idle';
  const [id, record, attempt] = taken;
  const { job, priority } = JSON.parse(record) as { job: T; priority: number };
  try {
    // Else a job that ends its worker's process would go round for ever.
    if (attempt > attempts) throw new Error('taken too often');
    await handle(job, attempt);
  } catch {
    if (attempt < attempts) {
      await client.multi((tx) => [tx.zrem(running, id), tx.zadd(waiting, [[priority, id]])]);
      return 'again';
    }
    await client.multi((tx) => [tx.zrem(running, id), tx.sadd(of('dead'), id)]);
    return 'given up';
  }
  await client.multi((tx) => [tx.zrem(running, id), tx.hdel(jobs, id), tx.hdel(counts, id)]);
  return 'done';
}
