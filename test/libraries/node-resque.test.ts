// node-resque: Resque's queues, for Node.

import { Plugins, Queue, Scheduler, Worker } from 'node-resque';
import { expect } from 'vitest';
import { onBothServers, type Place, type Tests, until } from './servers.ts';

type Resque = { readonly queue: Queue; readonly worker: Worker; readonly scheduler: Scheduler };

const JOBS = {
  add: { perform: async (a: number, b: number) => a + b },
  fail: {
    perform: async () => {
      throw new Error('it cannot be done');
    },
  },
  once: { plugins: [Plugins.QueueLock, Plugins.DelayQueueLock], perform: async () => 'once' },
};

async function withResque(
  { host, port }: Place,
  work: (resque: Resque) => Promise<void>,
): Promise<void> {
  // Its own ioredis, which is 5.
  const connection = { pkg: 'ioredis', host, port, database: 0, options: {} };
  const queue = new Queue({ connection }, JOBS);
  const worker = new Worker({ connection, queues: ['work'], timeout: 5 }, JOBS);
  const scheduler = new Scheduler({ connection, timeout: 5 });
  for (const each of [queue, worker, scheduler]) each.on('error', () => {});
  await queue.connect();
  await worker.connect();
  await scheduler.connect();
  try {
    await work({ queue, worker, scheduler });
  } finally {
    await scheduler.end();
    await worker.end();
    await queue.end();
  }
}

const tests: Tests = {
  'a worker does what is queued, and notes what fails': (place) =>
    withResque(place, async ({ queue, worker }) => {
      await queue.enqueue('work', 'add', [1, 2]);
      await queue.enqueue('work', 'fail', []);
      await queue.enqueue('work', 'add', [3, 4]);
      expect(await queue.queues()).toEqual(['work']);
      expect(await queue.length('work')).toBe(3);
      const results: unknown[] = [];
      worker.on('success', (_queue, _job, result) => results.push(result));
      await worker.start();
      await until(() => results.length === 2);
      expect(results).toEqual([3, 7]);
      expect(await queue.failedCount()).toBe(1);
      const [failure] = await queue.failed(0, 0);
      expect(failure.error).toBe('it cannot be done');
      await queue.retryAndRemoveFailed(failure);
      await until(async () => (await queue.length('work')) === 0);
      await until(async () => (await queue.failedCount()) === 1);
      expect(Object.keys(await queue.workers())).toEqual([worker.name]);
      expect(await queue.stats()).toMatchObject({ processed: '2', failed: '2' });
    }),

  'a scheduler hands over what is due, and jobs may be one of a kind': (place) =>
    withResque(place, async ({ queue, worker, scheduler }) => {
      await queue.enqueueIn(1, 'work', 'add', [5, 6]);
      await queue.enqueueAt(Date.now() + 1e7, 'work', 'add', [7, 8]);
      expect(await queue.timestamps()).toHaveLength(2);
      expect(await queue.scheduledAt('work', 'add', [7, 8])).toHaveLength(1);
      expect(await queue.enqueue('work', 'once', [1])).toBe(true);
      expect(await queue.enqueue('work', 'once', [1])).toBe(false);
      expect(await queue.length('work')).toBe(1);
      expect(await queue.del('work', 'once', [1])).toBe(1);
      const results: unknown[] = [];
      worker.on('success', (_queue, _job, result) => results.push(result));
      await Promise.all([worker.start(), scheduler.start()]);
      await until(() => results.length === 1);
      expect(results).toEqual([11]);
      expect(await queue.leader()).toBe(scheduler.name);
      expect(await queue.delDelayed('work', 'add', [7, 8])).toHaveLength(1);
    }),
};

onBothServers('node-resque', tests);
