// Jobs of one queue: how they are added, done, delayed, repeated when they fail, and taken away.

import { DelayedError, UnrecoverableError } from 'bullmq';
import { expect } from 'vitest';
import { type Tests, until } from '../servers.ts';
import { Scene } from './scene.ts';

export const jobs: Tests = {
  'a worker does jobs in order, and events tell of it': async (place) => {
    await using use = new Scene(place);
    const queue = use.queue('letters');
    const events = await use.events('letters');
    const added = await queue.addBulk(
      ['ada', 'bob', 'cyd'].map((to) => ({ name: 'letter', data: { to } })),
    );
    expect(await queue.getJobCounts('wait', 'active')).toEqual({ wait: 3, active: 0 });
    const order: string[] = [];
    use.worker('letters', async (job) => {
      order.push(job.data.to);
      await job.updateProgress(50);
      await job.log(`writes to ${job.data.to}`);
      await job.updateData({ ...job.data, sent: true });
      return `sent to ${job.data.to}`;
    });
    const results = await Promise.all(added.map((job) => job.waitUntilFinished(events)));
    expect(results).toEqual(['sent to ada', 'sent to bob', 'sent to cyd']);
    expect(order).toEqual(['ada', 'bob', 'cyd']);

    const job = (await queue.getJob(added[1].id!))!;
    expect(job.data).toEqual({ to: 'bob', sent: true });
    expect(job.progress).toBe(50);
    expect(await queue.getJobLogs(job.id!)).toEqual({ logs: ['writes to bob'], count: 1 });
    expect(await job.getState()).toBe('completed');
    expect(await job.waitUntilFinished(events)).toBe('sent to bob');
    const completed = await queue.getJobs(['completed'], 0, 1, true);
    expect(completed.map((each) => each.data.to)).toEqual(['ada', 'bob']);
    expect(await queue.getRanges(['completed'], 0, -1, true)).toEqual(['1', '2', '3']);
    expect(await queue.getWorkersCount()).toBe(1);
    expect(await queue.getQueueEvents()).toHaveLength(1);
    expect(await queue.trimEvents(0)).toBeGreaterThan(0);
  },

  'a failing job is tried again: at once, later, and not for ever': async (place) => {
    await using use = new Scene(place);
    const queue = use.queue('flaky');
    const events = await use.events('flaky');
    const tries: Record<string, number> = {};
    const worker = use.worker('flaky', async (job) => {
      tries[job.name] = job.attemptsMade + 1;
      if (job.name === 'hopeless') throw new UnrecoverableError('it cannot be done');
      if (job.attemptsMade < 2) throw new Error(`try ${job.attemptsMade + 1} failed`);
      return 'at last';
    });
    let retries = 0;
    worker.on('failed', () => retries++);
    const backoff = { type: 'exponential', delay: 5 };
    const added = await queue.addBulk([
      { name: 'at once', data: {}, opts: { attempts: 3 } },
      { name: 'later', data: {}, opts: { attempts: 3, backoff } },
      { name: 'hopeless', data: {}, opts: { attempts: 3 } },
      { name: 'too few', data: {}, opts: { attempts: 2 } },
    ]);
    const finished = added.map((job) => job.waitUntilFinished(events));
    expect(await Promise.allSettled(finished)).toMatchObject([
      { value: 'at last' },
      { value: 'at last' },
      { reason: { message: 'it cannot be done' } },
      { reason: { message: 'try 2 failed' } },
    ]);
    expect(tries).toEqual({ 'at once': 3, later: 3, hopeless: 1, 'too few': 2 });
    expect(retries).toBe(2 + 2 + 1 + 2);

    const failed = (await queue.getFailed()).find((job) => job.name === 'too few')!;
    expect(failed.failedReason).toBe('try 2 failed');
    expect(failed.stacktrace).toHaveLength(2);
    await failed.retry('failed');
    expect(await failed.waitUntilFinished(events)).toBe('at last');
    expect(await queue.getFailedCount()).toBe(1);
    await queue.retryJobs({ state: 'failed' });
    await until(async () => tries['hopeless'] === 2 && (await queue.getFailedCount()) === 1);
  },

  'delayed jobs come when they are due, or are called for': async (place) => {
    await using use = new Scene(place);
    const queue = use.queue('later');
    const events = await use.events('later');
    const hour = 3_600_000;
    const [soon, tomorrow, never, moved] = await queue.addBulk([
      { name: 'soon', data: {}, opts: { delay: 30 } },
      { name: 'tomorrow', data: {}, opts: { delay: 24 * hour } },
      { name: 'never', data: {}, opts: { delay: 48 * hour } },
      { name: 'moved', data: {}, opts: { delay: 72 * hour } },
    ]);
    const order: string[] = [];
    use.worker('later', async (job, token) => {
      order.push(job.name);
      if (job.name === 'tomorrow' && job.attemptsStarted === 1) {
        await job.moveToDelayed(Date.now() + 10, token);
        throw new DelayedError();
      }
    });
    await soon.waitUntilFinished(events);
    expect(await queue.getJobCountByTypes('delayed')).toBe(3);
    expect((await queue.getDelayed()).map((job) => job.name)).toContain('never');
    expect(await never.isDelayed()).toBe(true);
    await tomorrow.promote();
    await tomorrow.waitUntilFinished(events);
    await moved.changeDelay(1);
    await moved.waitUntilFinished(events);
    expect(order).toEqual(['soon', 'tomorrow', 'tomorrow', 'moved']);
    await queue.promoteJobs();
    await never.waitUntilFinished(events);
    expect(await queue.getDelayedCount()).toBe(0);
  },

  'priorities decide the order, and may change': async (place) => {
    await using use = new Scene(place);
    const queue = use.queue('urgent');
    const events = await use.events('urgent');
    const add = (name: string, priority: number) => queue.add(name, {}, { priority });
    const added = [await add('low', 10), await add('high', 1), await add('middle', 5)];
    added.push(await add('promoted', 10), await add('also middle', 5));
    expect(await queue.getCountsPerPriority([1, 5, 10])).toEqual({ 1: 1, 5: 2, 10: 2 });
    expect(await queue.getPrioritizedCount()).toBe(5);
    await added[3].changePriority({ priority: 2 });
    const last = await queue.add('ordinary', {}, { lifo: true });
    const order: string[] = [];
    use.worker('urgent', async (job) => order.push(job.name));
    await Promise.all([...added, last].map((job) => job.waitUntilFinished(events)));
    expect(order).toEqual(['ordinary', 'high', 'promoted', 'middle', 'also middle', 'low']);
  },

  'a queue that is paused keeps its jobs; drained and obliterated, it has none': async (place) => {
    await using use = new Scene(place);
    const queue = use.queue('breaks');
    const events = await use.events('breaks');
    await queue.pause();
    expect(await queue.isPaused()).toBe(true);
    const job = await queue.add('waits', {});
    use.worker('breaks', async (each) => each.id);
    expect(await queue.getJobCounts('waiting', 'active')).toEqual({ waiting: 1, active: 0 });
    await queue.resume();
    expect(await job.waitUntilFinished(events)).toBe(job.id);

    await queue.pause();
    await queue.addBulk(Array.from({ length: 20 }, (_, i) => ({ name: `${i}`, data: {} })));
    await queue.add('delayed', {}, { delay: 1e6 });
    const [, removed] = [await queue.remove('3'), await queue.getJob('3')];
    expect(removed).toBeUndefined();
    await queue.drain(true);
    expect(await queue.count()).toBe(0);
    expect(await queue.getCompletedCount()).toBe(1);
    expect(await queue.clean(0, 100, 'completed')).toEqual([job.id]);
    await queue.add('one more', {});
    await queue.obliterate();
    const { redis } = use;
    const leftBehind = (await redis.keys('bull:breaks:*')).filter(
      (key) => !/meta|events/.test(key),
    );
    expect(leftBehind).toEqual([]);
  },
};
