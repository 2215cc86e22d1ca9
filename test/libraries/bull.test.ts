// Bull, the queue that BullMQ grew out of, and its scripts.

import { once } from 'node:events';
import { createRequire } from 'node:module';
import Bull, { type Job, type Queue } from 'bull';
import { Redis } from 'ioredis';
import { expect } from 'vitest';
import { ScriptLedger } from './script-ledger.ts';
import { onBothServers, type Place, type Tests, until } from './servers.ts';

const all = createRequire(import.meta.url)('bull/lib/scripts/index.js');
const ledger = new ScriptLedger(Object.values(all));

async function withQueue(
  place: Place,
  options: Bull.QueueOptions,
  work: (queue: Queue, redis: Redis) => Promise<void>,
): Promise<void> {
  const { host, port } = place;
  const queue = new Bull('letters', { redis: { host, port }, ...options });
  queue.on('error', () => {});
  const redis = new Redis(place.url);
  await queue.isReady();
  try {
    await work(queue, redis);
  } finally {
    await queue.close();
    await redis.quit();
  }
}

/** What Bull has and does not declare. */
const untyped = (queue: Queue) =>
  queue as unknown as {
    getCountsPerPriority(priorities: number[]): Promise<Record<number, number>>;
    retryJobs(): Promise<void>;
  };

const tests: Tests = {
  'jobs are done, tell of their progress, and keep what they said': (place) =>
    withQueue(place, {}, async (queue) => {
      const progress: number[] = [];
      queue.on('global:progress', (_id, value) => progress.push(Number(value)));
      void queue.process(2, async (job) => {
        await job.progress(50);
        await job.log('half of it');
        await job.update({ ...job.data, seen: true });
        return `to ${job.data.to}`;
      });
      const jobs = await queue.addBulk([{ data: { to: 'ada' } }, { data: { to: 'bob' } }]);
      expect(await Promise.all(jobs.map((job) => job.finished()))).toEqual(['to ada', 'to bob']);
      await until(() => progress.length === 2);
      const job = (await queue.getJob(jobs[0].id))!;
      expect(job.data).toEqual({ to: 'ada', seen: true });
      expect(await job.getState()).toBe('completed');
      expect(await queue.getJobLogs(job.id)).toEqual({ logs: ['half of it'], count: 1 });
      expect(await queue.getJobCounts()).toMatchObject({ completed: 2, waiting: 0, active: 0 });
      expect(await queue.clean(0, 'completed')).toHaveLength(2);
    }),

  'failing jobs are tried again, at once or later, and by hand': (place) =>
    withQueue(place, {}, async (queue) => {
      let mended = false;
      void queue.process('*', async (job) => {
        if (job.name === 'broken' && !mended) throw new Error('broken');
        if (job.attemptsMade < 2 && !mended) throw new Error('not yet');
        return job.attemptsMade;
      });
      const at = async (name: string, opts: Bull.JobOptions) => queue.add(name, {}, opts);
      const now = await at('now', { attempts: 3 });
      const later = await at('later', { attempts: 3, backoff: 5 });
      const broken = await at('broken', { attempts: 2 });
      expect(await now.finished()).toBe(2);
      expect(await later.finished()).toBe(2);
      await expect(broken.finished()).rejects.toThrow('broken');
      const [failed] = await queue.getFailed();
      expect(failed.stacktrace).toHaveLength(2);
      mended = true;
      await failed.retry();
      await until(async () => (await failed.getState()) === 'completed');
      mended = false;
      const another = await at('broken', {});
      await expect(another.finished()).rejects.toThrow('broken');
      mended = true;
      await untyped(queue).retryJobs();
      await until(async () => (await another.getState()) === 'completed');
    }),

  'delayed jobs, promoted jobs, jobs with a priority': (place) =>
    withQueue(place, {}, async (queue) => {
      await queue.pause();
      await queue.add({ name: 'low' }, { priority: 10 });
      await queue.add({ name: 'high' }, { priority: 1 });
      await queue.add({ name: 'first' }, { lifo: true });
      const soon = await queue.add({ name: 'soon' }, { delay: 20 });
      const late = await queue.add({ name: 'late' }, { delay: 1e6 });
      expect(await queue.getPausedCount()).toBe(3);
      expect(await untyped(queue).getCountsPerPriority([1, 10])).toEqual({ 1: 1, 10: 1 });
      const order: string[] = [];
      void queue.process(async (job) => void order.push(job.data.name));
      await queue.resume();
      await soon.finished();
      expect(await late.isDelayed()).toBe(true);
      await late.promote();
      await late.finished();
      expect(order.filter((name) => name !== 'soon')).toEqual(['first', 'high', 'low', 'late']);
    }),

  'locks are taken, kept and released; a job without one is done again': (place) =>
    withQueue(place, { settings: { stalledInterval: 20 } }, async (queue, redis) => {
      const job = await queue.add({});
      const taken = (await queue.getNextJob())!;
      expect(await taken.isActive()).toBe(true);
      await taken.extendLock(1e6);
      expect(await redis.pttl(taken.lockKey())).toBeGreaterThan(5e5);
      await taken.releaseLock();
      expect(await redis.exists(taken.lockKey())).toBe(0);
      expect(await taken.takeLock()).toBeTruthy();
      await taken.releaseLock();
      const stalled = once(queue, 'global:stalled');
      void queue.process(async () => 'by another');
      expect((await stalled)[0]).toBe(job.id);
      expect(await job.finished()).toBe('by another');
    }),

  'a limit of rate, and jobs that come again and again': (place) =>
    withQueue(place, { limiter: { max: 2, duration: 40 } }, async (queue) => {
      const ends: Job[] = [];
      void queue.process('*', async (job) => void ends.push(job));
      const jobs = await queue.addBulk(Array.from({ length: 5 }, () => ({ name: 'a', data: {} })));
      await Promise.all(jobs.map((job) => job.finished()));
      expect(ends.at(-1)!.processedOn! - ends[0].processedOn!).toBeGreaterThanOrEqual(60);
      const repeated = await queue.add('tick', {}, { repeat: { every: 30 } });
      await until(() => ends.filter((job) => job.name === 'tick').length >= 2);
      const [{ key }] = await queue.getRepeatableJobs();
      await queue.removeRepeatableByKey(key);
      expect(await queue.getRepeatableCount()).toBe(0);
      expect(repeated.opts.repeat).toBeDefined();
    }),

  'jobs are removed: one, by pattern, those that wait, all': (place) =>
    withQueue(place, {}, async (queue, redis) => {
      await queue.pause();
      const add = (jobId: string) => queue.add({}, { jobId });
      const [a] = [await add('a1'), await add('a2'), await add('b1'), await add('b2')];
      await a.remove();
      await queue.removeJobs('b*');
      expect((await queue.getWaiting()).map((job) => job.id)).toEqual(['a2']);
      await queue.empty();
      expect(await queue.count()).toBe(0);
      await add('c1');
      await queue.obliterate({ force: true });
      expect(await redis.keys('bull:letters:*')).toEqual([]);
    }),

  'every script of Bull has run': async (place) => {
    expect(ledger.scripts.length).toBeGreaterThan(25);
    expect(ledger.missing(place)).toEqual([]);
  },
};

onBothServers('Bull', tests, ledger.notice);
