// bee-queue, which comes with node-redis 3 and sends its scripts when it starts.

import { once } from 'node:events';
import BeeQueue from 'bee-queue';
import { expect } from 'vitest';
import { onBothServers, type Place, type Tests, until } from './servers.ts';

async function withQueue(
  { host, port }: Place,
  options: BeeQueue.QueueSettings,
  work: (queue: BeeQueue) => Promise<void>,
): Promise<void> {
  const queue = new BeeQueue('bees', { redis: { host, port }, ...options });
  queue.on('error', () => {});
  await queue.ready();
  try {
    await work(queue);
  } finally {
    await queue.close();
  }
}

const tests: Tests = {
  'jobs are done, report progress, and are tried again': (place) =>
    withQueue(place, { activateDelayedJobs: true }, async (queue) => {
      let tries = 0;
      queue.process(2, async (job: BeeQueue.Job<{ x: number }>) => {
        job.reportProgress({ page: job.data.x });
        if (job.data.x === 2 && ++tries < 3) throw new Error('not yet');
        return job.data.x * 2;
      });
      const one = queue.createJob({ x: 1 });
      const two = queue.createJob({ x: 2 }).retries(5).backoff('fixed', 5);
      const progress = once(one, 'progress');
      const ends = [once(one, 'succeeded'), once(two, 'succeeded')];
      await queue.saveAll([one, two]);
      expect(await progress).toEqual([{ page: 1 }]);
      expect(await Promise.all(ends)).toEqual([[2], [4]]);
      expect(tries).toBe(3);
      expect(await queue.checkHealth()).toMatchObject({ succeeded: 2, waiting: 0, failed: 0 });
      expect(await queue.getJobs('succeeded', { size: 10 })).toHaveLength(2);
    }),

  'a failed job, a removed one, and one that is there already': (place) =>
    withQueue(place, {}, async (queue) => {
      const job = await queue.createJob({}).setId('mine').save();
      expect((await queue.createJob({}).setId('mine').save()).id).toBeNull();
      await queue.removeJob('mine');
      expect(await queue.getJobs('waiting', { end: 9 })).toEqual([]);
      expect(job.id).toBe('mine');
      const bad = queue.createJob({});
      const failed = once(bad, 'failed');
      await bad.save();
      queue.process(async () => {
        throw new Error('bad');
      });
      expect((await failed)[0].message).toBe('bad');
      expect(await queue.getJobs('failed', { size: 10 })).toHaveLength(1);
    }),

  'delayed jobs come when they are due': (place) =>
    withQueue(place, { activateDelayedJobs: true, delayedDebounce: 1 }, async (queue) => {
      const order: number[] = [];
      queue.process(async (job: BeeQueue.Job<number>) => void order.push(job.data));
      const now = Date.now();
      await queue
        .createJob(2)
        .delayUntil(now + 60)
        .save();
      await queue
        .createJob(1)
        .delayUntil(now + 30)
        .save();
      await queue
        .createJob(3)
        .delayUntil(now + 1e7)
        .save();
      await until(() => order.length === 2);
      expect(order.sort()).toEqual([1, 2]);
      expect((await queue.checkHealth()).delayed).toBe(1);
    }),

  'the job of a worker that died is done by another': (place) =>
    withQueue(place, { stallInterval: 1 }, async (queue) => {
      await queue.createJob({ who: 'orphan' }).save();
      const { host, port } = place;
      const dead = new BeeQueue('bees', { redis: { host, port }, stallInterval: 1 });
      const began = new Promise<void>((resolve) => {
        dead.process(() => new Promise(() => resolve()));
      });
      await began;
      await dead.close(1).catch(() => {}); // It does not wait for what never ends.
      const done: unknown[] = [];
      await queue.checkStalledJobs(); // Notes who is at work;
      await until(async () => (await queue.checkStalledJobs()) === 1); // nobody has said so since.
      queue.process(async (job) => void done.push(job.data));
      await until(() => done.length === 1);
      expect(done).toEqual([{ who: 'orphan' }]);
    }),
};

onBothServers('bee-queue', tests);
