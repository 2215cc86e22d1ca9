import { beforeAll, beforeEach, expect } from 'vitest';
import type { Client } from '../../client/index.ts';
import * as delayed from '../../examples/delayed-queue.ts';
import * as events from '../../examples/event-stream.ts';
import * as jobs from '../../examples/job-queue.ts';
import * as lists from '../../examples/list-queue.ts';
import { describeKinds, usualKinds } from '../client/servers.ts';
import { until } from './until.ts';

describeKinds(({ host, test }) => {
  let client: Client;
  beforeAll(() => {
    client = host()?.create();
  });
  beforeEach(async () => {
    await client?.flushall();
  });

  test('a worker waits for jobs, does them in order, and stops when it is told to', async () => {
    const stop = new AbortController();
    const done: string[] = [];
    const handle = async (job: string): Promise<void> => void done.push(job);
    const working = lists.work(client, 'mail', 'w1', handle, stop.signal);
    await lists.enqueue(client, 'mail', 'a', 'b');
    await lists.enqueue(client, 'mail', 'c');
    await until(() => done.length === 3);
    expect(done).toEqual(['a', 'b', 'c']);
    await until(async () => (await client.exists('mail:w1')) === 0);
    stop.abort();
    await working;
  });

  test('a worker that comes back finds what it had not finished', async () => {
    const stop = new AbortController();
    await lists.enqueue(client, 'mail', 'first', 'second');
    const dies = lists.work(
      client,
      'mail',
      'w1',
      () => Promise.reject(new Error('died')),
      stop.signal,
    );
    await expect(dies).rejects.toThrow('died');
    expect(await client.lrange('mail:w1', 0, -1)).toEqual(['first']);
    const done: string[] = [];
    const handle = async (job: string): Promise<void> => {
      done.push(job);
      if (done.length === 2) stop.abort();
    };
    await lists.work(client, 'mail', 'w1', handle, stop.signal);
    expect(done).toEqual(['first', 'second']);
  });

  test('a delayed job is in nobody’s list before its time, and in one after it', async () => {
    await delayed.schedule(client, 'mail', 'in a minute', 60_000);
    await delayed.schedule(client, 'mail', 'soon', 20);
    await delayed.schedule(client, 'mail', 'never', 20);
    expect(await delayed.cancel(client, 'mail', 'never')).toBe(true);
    await host().pass(30);
    const { moved, next } = await delayed.release(client, 'mail');
    expect(moved).toBe(1);
    expect(next).toBeGreaterThan(20_000);
    expect(next).toBeLessThan(60_000);
    expect(await client.lrange('mail', 0, -1)).toEqual(['soon']);
    expect(await delayed.cancel(client, 'mail', 'soon')).toBe(false);
    await delayed.cancel(client, 'mail', 'in a minute');
    expect(await delayed.release(client, 'mail')).toEqual({ moved: 0, next: null });
  });

  test('urgent jobs are done first, equals in their order', async () => {
    const done: unknown[] = [];
    await client.set('q:number', 8); // The next are 9 and 10.
    await jobs.add(client, 'q', 'usual 1', 5);
    await jobs.add(client, 'q', 'usual 2', 5);
    await jobs.add(client, 'q', 'urgent', 1);
    const handle = async (job: string): Promise<void> => void done.push(job);
    while ((await jobs.work(client, 'q', handle)) !== 'idle');
    expect(done).toEqual(['urgent', 'usual 1', 'usual 2']);
    expect((await client.keys('*')).filter((key) => key !== 'q:number')).toEqual([]);
  });

  test('a job that fails is tried again, and put aside after the last attempt', async () => {
    const attempts: number[] = [];
    const id = await jobs.add(client, 'q', 'hopeless');
    const handle = async (_job: unknown, attempt: number): Promise<void> => {
      attempts.push(attempt);
      throw new Error('no luck');
    };
    const work = (): Promise<jobs.Outcome> => jobs.work(client, 'q', handle);
    expect([await work(), await work(), await work(), await work()]).toEqual([
      'again',
      'again',
      'given up',
      'idle',
    ]);
    expect(attempts).toEqual([1, 2, 3]);
    expect(await client.smembers('q:dead')).toEqual([id]);
  });

  test('a job whose worker died is taken again, but not for ever', async () => {
    const begun: number[] = [];
    await jobs.add(client, 'q', 'deadly');
    const dies = (_job: unknown, attempt: number): Promise<void> => {
      begun.push(attempt);
      return new Promise(() => {});
    };
    for (const attempt of [1, 2]) {
      void jobs.work(client, 'q', dies, { attempts: 2, leaseMs: 10 });
      await until(() => begun.length === attempt);
      await host().pass(20);
    }
    expect(await jobs.work(client, 'q', dies, { attempts: 2 })).toBe('given up');
    expect(begun).toEqual([1, 2]);
  });

  test('each service gets each order, and again what it has failed on', async () => {
    const stop = new AbortController();
    const options = { signal: stop.signal };
    const seen: string[] = [];
    const follow = (service: string): Promise<void> => {
      return events.follow(
        client,
        service,
        'c1',
        async ({ id, total }) => {
          seen.push(`${service} ${id} ${total}`);
          if (id === 'bad') throw new Error('no luck');
        },
        options,
      );
    };
    await events.tell(client, { id: 'o1', total: 9.5 });
    const following = [follow('mail'), follow('stock')];
    await events.tell(client, { id: 'bad', total: 1 });
    await until(() => seen.length === 4);
    expect(seen.sort()).toEqual(['mail bad 1', 'mail o1 9.5', 'stock bad 1', 'stock o1 9.5']);
    const settled = async (): Promise<boolean> => {
      return (await events.backlog(client, 'mail')).pending === 1;
    };
    await until(settled);
    stop.abort();
    await Promise.all(following);
    expect(await events.backlog(client, 'mail')).toEqual({ lag: 0, pending: 1 });
    await expect(events.backlog(client, 'nobody')).rejects.toThrow('nobody follows');

    const next = new AbortController();
    await events.follow(
      client,
      'mail',
      'c1',
      async ({ id }) => {
        seen.push(`once more ${id}`);
        next.abort();
      },
      { signal: next.signal },
    );
    expect(seen.at(-1)).toBe('once more bad');
    expect(await events.backlog(client, 'mail')).toEqual({ lag: 0, pending: 0 });
  });
}, usualKinds);
