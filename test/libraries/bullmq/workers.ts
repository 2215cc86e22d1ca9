// What workers have to agree on: locks and jobs that stall, limits of rate and of number, metrics,
// jobs that are the same as others.

import { type Job, Worker } from 'bullmq';
import { expect } from 'vitest';
import { type Tests, until } from '../servers.ts';
import { Scene } from './scene.ts';

export const workers: Tests = {
  'a worker keeps the locks of its jobs as long as they take': async (place) => {
    await using use = new Scene(place);
    const queue = use.queue('long');
    const events = await use.events('long');
    const { redis } = use;
    const work = async (job: Job) => {
      const lock = `bull:long:${job.id}:lock`;
      await redis.pexpire(lock, 1e6);
      await until(async () => (await redis.pttl(lock)) <= 30_000); // The worker's own idea.
      return 'kept';
    };
    const worker = use.worker('long', work, { lockDuration: 30_000, lockRenewTime: 20 });
    const job = await queue.add('slow', {});
    expect(await job.waitUntilFinished(events)).toBe('kept');
    await worker.close();
  },

  'the job of a worker that died is done by another': async (place) => {
    await using use = new Scene(place);
    const queue = use.queue('stalled');
    const events = await use.events('stalled');
    const stalled: string[] = [];
    events.on('stalled', ({ jobId }) => stalled.push(jobId));
    const dead = use.worker('stalled', async () => {}, { autorun: false });
    const job = await queue.add('orphan', {});
    const taken = await dead.getNextJob('the token of the dead', { block: false });
    expect(taken!.id).toBe(job.id);
    expect(await job.isActive()).toBe(true);
    const { redis } = use;
    await redis.del(`bull:stalled:${job.id}:lock`); // As if its time were over.
    use.worker('stalled', async () => 'by the heir', { stalledInterval: 10 });
    expect(await job.waitUntilFinished(events)).toBe('by the heir');
    expect(stalled).toEqual([job.id]);
  },

  'jobs taken by hand are given back, and moved on': async (place) => {
    await using use = new Scene(place);
    const queue = use.queue('hand');
    const worker = use.worker('hand', async () => {}, { autorun: false });
    await queue.add('first', {});
    await queue.add('second', {});
    const first = (await worker.getNextJob('token', { block: false }))!;
    expect(first.name).toBe('first');
    expect(await queue.getActiveCount()).toBe(1);
    expect(await first.extendLock('token', 1e6)).toBe(1);
    expect(await use.redis.pttl(`bull:hand:${first.id}:lock`)).toBeGreaterThan(5e5);
    await expect(first.moveToCompleted('x', 'another token')).rejects.toThrow(/lock/i);
    await first.moveToWait('token');
    const names = (await queue.getWaiting()).map((job) => job.name);
    expect(names.sort()).toEqual(['first', 'second']);
    const again = (await worker.getNextJob('token', { block: false }))!;
    await again.moveToFailed(new Error('by hand'), 'token');
    expect((await queue.getFailed())[0].failedReason).toBe('by hand');
    const other = (await worker.getNextJob('token', { block: false }))!;
    await other.moveToCompleted({ well: 'done' }, 'token', false);
    const [done] = await queue.getCompleted();
    expect(done.returnvalue).toEqual({ well: 'done' });
  },

  'no more jobs in a time than the limit allows': async (place) => {
    await using use = new Scene(place);
    const queue = use.queue('limited');
    const events = await use.events('limited');
    const jobs = await queue.addBulk(
      Array.from({ length: 6 }, (_, i) => ({ name: `${i}`, data: {} })),
    );
    const ends: number[] = [];
    let limited = false;
    const limiter = { max: 2, duration: 60 };
    const worker: Worker = use.worker(
      'limited',
      async (job) => {
        if (job.name === '3' && !limited) {
          limited = true;
          expect(await queue.getRateLimitTtl(2)).toBeGreaterThan(0);
          await queue.rateLimit(20);
          throw Worker.RateLimitError();
        }
        ends.push(job.processedOn!);
      },
      { limiter },
    );
    await worker.waitUntilReady();
    await Promise.all(jobs.map((job) => job.waitUntilFinished(events)));
    expect(ends).toHaveLength(6);
    expect(ends[5] - ends[0]).toBeGreaterThanOrEqual(100);
    await queue.setGlobalRateLimit(1, 1e6);
    expect(await queue.getGlobalRateLimit()).toEqual({ max: 1, duration: 1e6 });
    await queue.removeGlobalRateLimit();
    await queue.removeRateLimitKey();
  },

  'no more jobs at a time than the queue allows': async (place) => {
    await using use = new Scene(place);
    const queue = use.queue('few');
    const events = await use.events('few');
    await queue.setGlobalConcurrency(2);
    expect(await queue.getGlobalConcurrency()).toBe(2);
    let now = 0;
    let most = 0;
    let full = false;
    const work = async () => {
      most = Math.max(most, ++now);
      full ||= await queue.isMaxed();
      await until(() => full);
      now--;
    };
    for (let i = 0; i < 3; i++) use.worker('few', work, { concurrency: 5 });
    const jobs = await queue.addBulk(Array.from({ length: 9 }, () => ({ name: 'job', data: {} })));
    await Promise.all(jobs.map((job) => job.waitUntilFinished(events)));
    expect(most).toBe(2);
    await queue.removeGlobalConcurrency();
    expect(await queue.isMaxed()).toBe(false);
  },

  'metrics count what was done, minute by minute': async (place) => {
    await using use = new Scene(place);
    const queue = use.queue('counted');
    const events = await use.events('counted');
    use.worker(
      'counted',
      async (job) => {
        if (job.name === 'bad') throw new Error('bad');
      },
      { metrics: { maxDataPoints: 10 } },
    );
    const jobs = await queue.addBulk(['good', 'bad', 'good'].map((name) => ({ name, data: {} })));
    await Promise.allSettled(jobs.map((job) => job.waitUntilFinished(events)));
    expect((await queue.getMetrics('completed')).meta.count).toBe(2);
    expect((await queue.getMetrics('failed')).meta.count).toBe(1);
    expect(await queue.exportPrometheusMetrics()).toContain('completed');
  },

  'a job that is there already is not added again': async (place) => {
    await using use = new Scene(place);
    const queue = use.queue('once');
    const add = (name: string, more = {}) =>
      queue.add(name, { name }, { deduplication: { id: 'same', ...more } });
    const first = await add('first');
    expect((await add('second')).id).toBe(first.id);
    expect(await queue.getDeduplicationJobId('same')).toBe(first.id);
    expect(await queue.getWaitingCount()).toBe(1);
    expect(await first.removeDeduplicationKey()).toBe(true);
    const third = await add('third');
    expect(third.id).not.toBe(first.id);
    expect(await queue.removeDeduplicationKey('same')).toBe(1);
    const delayed = { deduplication: { id: 'late', ttl: 1e6, replace: true }, delay: 1e6 };
    await queue.add('old', {}, delayed);
    await queue.add('new', {}, { ...delayed, delay: 2e6 });
    expect((await queue.getDelayed()).map((job) => job.name)).toEqual(['new']);
    const named = await queue.add('named', {}, { jobId: 'its-name' });
    expect((await queue.add('named', {}, { jobId: 'its-name' })).id).toBe(named.id);
    expect(await queue.getWaitingCount()).toBe(3);
  },

  'what no list knows is found and removed': async (place) => {
    await using use = new Scene(place);
    const queue = use.queue('lost');
    const kept = await queue.add('kept', {});
    const lost = await queue.add('lost', {});
    const { redis } = use;
    await lost.log('a line');
    await redis.lrem('bull:lost:wait', 0, lost.id!);
    expect(await queue.removeOrphanedJobs()).toBe(1);
    expect(await queue.getJob(lost.id!)).toBeUndefined();
    expect((await queue.getJob(kept.id!))!.name).toBe('kept');
  },
};
