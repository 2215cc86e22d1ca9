// Jobs that wait for other jobs.

import { type Job, WaitingChildrenError } from 'bullmq';
import { expect } from 'vitest';
import type { Tests } from '../servers.ts';
import { Scene } from './scene.ts';

export const flows: Tests = {
  'a parent is done after its children, and knows what they found': async (place) => {
    await using use = new Scene(place);
    const order: string[] = [];
    const events = await use.events('assemble');
    const flow = use.flows();
    const tree = await flow.add({
      name: 'car',
      queueName: 'assemble',
      children: [
        { name: 'wheels', queueName: 'parts', data: { count: 4 } },
        { name: 'engine', queueName: 'parts', data: { count: 1 }, opts: { priority: 3 } },
        {
          name: 'body',
          queueName: 'assemble',
          children: [{ name: 'door', queueName: 'parts', data: { count: 2 }, opts: { delay: 5 } }],
        },
      ],
    });
    expect(await tree.job.isWaitingChildren()).toBe(true);
    expect(await tree.job.getDependenciesCount()).toMatchObject({ unprocessed: 3, processed: 0 });
    const { unprocessed } = await tree.job.getDependencies();
    expect(unprocessed).toHaveLength(3);
    const pending = await use.queue('assemble').getDependencies(tree.job.id!, 'pending', 0, -1);
    expect(pending.total).toBe(3);
    const work = async (job: Job) => {
      order.push(job.name);
      const values = Object.values(await job.getChildrenValues<number>());
      return values.reduce((sum, value) => sum + value, job.data.count ?? 0);
    };
    use.worker('parts', work);
    use.worker('assemble', work);
    expect(await tree.job.waitUntilFinished(events)).toBe(7);
    expect(order.at(-1)).toBe('car');
    expect(order.indexOf('body')).toBeGreaterThan(order.indexOf('door'));
    const found = await flow.getFlow({ id: tree.job.id!, queueName: 'assemble' });
    expect(found.children!.map((child) => child.job.name).sort()).toEqual([
      ...['body', 'engine', 'wheels'],
    ]);
    const { processed } = await tree.job.getDependencies({ processed: { count: 10 } });
    expect(Object.values(processed!).sort()).toEqual([1, 2, 4]);
  },

  'a child that fails: the parent fails with it, ignores it, or goes on': async (place) => {
    await using use = new Scene(place);
    const events = await use.events('parents');
    const flow = use.flows();
    const child = (opts: object) => [
      { name: 'good', queueName: 'children' },
      { name: 'bad', queueName: 'children', opts },
    ];
    const parent = (name: string, opts: object) =>
      flow.add({ name, queueName: 'parents', children: child(opts) });
    const trees = [
      await parent('strict', { failParentOnFailure: true }),
      await parent('deaf', { ignoreDependencyOnFailure: true }),
      await parent('careless', { removeDependencyOnFailure: true }),
      await parent('eager', { continueParentOnFailure: true }),
    ];
    use.worker('parents', async (job) => ({
      failed: Object.values(await job.getFailedChildrenValues()),
      ignored: Object.values(await job.getIgnoredChildrenFailures()),
      values: Object.values(await job.getChildrenValues()),
    }));
    use.worker('children', async (job) => {
      if (job.name === 'bad') throw new Error('it is bad');
      return 'good';
    });
    const ends = trees.map((tree) => tree.job.waitUntilFinished(events));
    const outcome = await Promise.allSettled(ends);
    expect(outcome[0]).toMatchObject({ status: 'rejected' });
    expect(outcome[1]).toMatchObject({ value: { ignored: ['it is bad'], values: ['good'] } });
    expect(outcome[2]).toMatchObject({ value: { ignored: [], failed: [] } });
    expect(outcome[3]).toMatchObject({ status: 'fulfilled' });
  },

  'a job may make children while it is done, and wait for them': async (place) => {
    await using use = new Scene(place);
    const queue = use.queue('recursive');
    const children = use.queue('steps');
    const events = await use.events('recursive');
    use.worker('steps', async (job) => job.data.step * 10);
    use.worker('recursive', async (job, token) => {
      if (job.data.made === undefined) {
        const parent = { id: job.id!, queue: job.queueQualifiedName };
        for (const step of [1, 2]) await children.add('step', { step }, { parent });
        await job.updateData({ made: true });
        if (await job.moveToWaitingChildren(token!)) throw new WaitingChildrenError();
      }
      return Object.values(await job.getChildrenValues());
    });
    const job = await queue.add('root', {});
    expect((await job.waitUntilFinished(events)).sort()).toEqual([10, 20]);
  },

  'children are let go of, one or all': async (place) => {
    await using use = new Scene(place);
    const flow = use.flows();
    const leaf = (name: string) => ({ name, queueName: 'leaves' });
    const { job, children } = await flow.add({
      name: 'root',
      queueName: 'roots',
      children: [leaf('a'), leaf('b'), leaf('c')],
    });
    expect(await children![0].job.removeChildDependency()).toBe(true);
    expect(await job.getDependenciesCount({ unprocessed: true })).toEqual({ unprocessed: 2 });
    await job.removeUnprocessedChildren();
    const leaves = use.queue('leaves');
    expect((await leaves.getWaiting()).map((each) => each.name)).toEqual(['a']);
    expect(await use.queue('roots').getJobState(job.id!)).toBe('waiting');
    await flow.addBulk([
      { name: 'alone', queueName: 'roots' },
      { name: 'r', queueName: 'roots', children: [leaf('d')] },
    ]);
    expect(await use.queue('roots').getWaitingChildrenCount()).toBe(1);
    await leaves.obliterate({ force: true });
  },
};
