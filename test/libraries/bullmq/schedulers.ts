// Jobs that come again and again.

import { expect } from 'vitest';
import { type Tests, until } from '../servers.ts';
import { Scene } from './scene.ts';

export const schedulers: Tests = {
  'a scheduler makes a job every so often, until it is removed': async (place) => {
    await using use = new Scene(place);
    const queue = use.queue('clockwork');
    let ticks = 0;
    use.worker('clockwork', async (job) => {
      expect(job.data).toEqual({ sound: 'tick' });
      ticks++;
    });
    const template = { name: 'tick', data: { sound: 'tick' }, opts: { attempts: 2 } };
    await queue.upsertJobScheduler('every', { every: 20 }, template);
    await until(() => ticks >= 3);
    expect(await queue.getJobScheduler('every')).toMatchObject({ key: 'every', every: 20 });
    expect(await queue.removeJobScheduler('every')).toBe(true);
    expect(await queue.getJobScheduler('every')).toBeUndefined();
    expect(await queue.removeJobScheduler('every')).toBe(false);
  },

  'a scheduler stops at its limit, and may be replaced': async (place) => {
    await using use = new Scene(place);
    const queue = use.queue('limits');
    const done: string[] = [];
    use.worker('limits', async (job) => done.push(job.name));
    await queue.upsertJobScheduler('three', { every: 10, limit: 3 }, { name: 'three' });
    await until(async () => done.length === 3 && (await queue.getDelayedCount()) === 0);

    const cron = (pattern: string) =>
      queue.upsertJobScheduler('cron', { pattern, tz: 'UTC' }, { name: pattern });
    await cron('0 0 1 1 *');
    await cron('0 0 2 2 *');
    expect(await queue.getDelayedCount()).toBe(1);
    const [next] = await queue.getDelayed();
    expect(next.name).toBe('0 0 2 2 *');
    expect(new Date(next.timestamp + next.delay).toISOString()).toMatch(/-02-02T00:00:00.000Z$/);
    const all = await queue.getJobSchedulers();
    expect(all.map((each) => each.key)).toContain('cron');
    expect(await queue.getJobSchedulersCount()).toBe(all.length);
  },
};
