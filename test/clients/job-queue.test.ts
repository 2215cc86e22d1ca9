// A job queue on a stream, as one would write it with ioredis: producers add jobs, workers of one group
// take them, do them and acknowledge them; what a worker that died had taken is taken over by
// others once it has been idle for long enough, and what fails again and again is put aside.

import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { type RunningServer, startServer } from '../../server/index.ts';

const QUEUE = 'jobs';
const GROUP = 'workers';
const IDLE_MS = 60_000; // A job that takes longer is taken for lost.
const TRIES = 3;

type Entry = [id: string, fields: string[]];
type Job = { readonly id: string; readonly name: string };

class Producer {
  private readonly redis: Redis;

  constructor(url: string) {
    this.redis = new Redis(url);
  }

  async add(name: string): Promise<void> {
    await this.redis.xadd(QUEUE, 'MAXLEN', '~', 100_000, '*', 'job', name);
  }

  async end(): Promise<void> {
    await this.redis.quit();
  }
}

class Worker {
  readonly name: string;
  private readonly redis: Redis;
  private readonly perform: (job: Job) => void;
  private running = true;

  constructor(url: string, name: string, perform: (job: Job) => void) {
    this.name = name;
    this.redis = new Redis(url);
    this.perform = perform;
  }

  static async prepare(url: string): Promise<void> {
    const redis = new Redis(url);
    await redis.xgroup('CREATE', QUEUE, GROUP, '0', 'MKSTREAM');
    await redis.quit();
  }

  /** Works until stop(): first on what was left behind, then on what is new. */
  async run(): Promise<void> {
    try {
      while (this.running) {
        await this.recover();
        for (const job of await this.take()) await this.work(job);
      }
    } catch (problem) {
      if (this.running) throw problem; // Who was stopped while it waited has lost its connection.
    }
  }

  /** Takes up to five new jobs; waits for the first. */
  async take(): Promise<Job[]> {
    const streams = (await this.redis.xreadgroup(
      ...(['GROUP', GROUP, this.name, 'COUNT', 5, 'BLOCK', 5000] as const),
      ...(['STREAMS', QUEUE, '>'] as const),
    )) as [string, Entry[]][] | null;
    return streams === null ? [] : jobsOf(streams[0][1]);
  }

  /** Takes over what others have had for too long, page by page; returns how many it did. */
  async recover(): Promise<number> {
    let count = 0;
    let cursor = '0-0';
    do {
      const [next, entries] = (await this.redis.xautoclaim(
        ...([QUEUE, GROUP, this.name, IDLE_MS, cursor, 'COUNT', 7] as const),
      )) as [string, Entry[]];
      for (const job of jobsOf(entries)) await this.work(job);
      count += entries.length;
      cursor = next;
    } while (cursor !== '0-0');
    return count;
  }

  private async work(job: Job): Promise<void> {
    try {
      this.perform(job);
    } catch {
      const pending = await this.redis.xpending(QUEUE, GROUP, job.id, job.id, 1);
      const [[, , , deliveries]] = pending as [string, string, number, number][];
      if (deliveries < TRIES) return; // It stays pending, to be taken over later.
      await this.redis.xadd('dead', '*', 'job', job.name);
    }
    await this.redis.multi().xack(QUEUE, GROUP, job.id).hincrby('done', job.name, 1).exec();
  }

  /** Ends the connection in the middle of whatever it does. */
  stop(): void {
    this.running = false;
    this.redis.disconnect();
  }
}

function jobsOf(entries: Entry[]): Job[] {
  return entries.map(([id, [, name]]) => ({ id, name }));
}

async function outcome(server: RunningServer) {
  const redis = new Redis(server.url);
  const done = await redis.hgetall('done');
  const [pending] = (await redis.xpending(QUEUE, GROUP)) as [number];
  const dead = (await redis.xrange('dead', '-', '+')).map(([, [, name]]) => name);
  const [group] = (await redis.xinfo('GROUPS', QUEUE)) as unknown[][];
  await redis.quit();
  return { done, pending, dead, lag: group[group.indexOf('lag') + 1] };
}

/** Comes back when so many jobs are done. */
async function until(server: RunningServer, count: number): Promise<void> {
  const redis = new Redis(server.url);
  while ((await redis.hlen('done')) < count);
  await redis.quit();
}

test('three workers do the jobs of two producers, each once', async () => {
  await using server = await startServer();
  await Worker.prepare(server.url);
  const performed: string[] = [];
  const workers = ['ada', 'bob', 'cyd'].map(
    (name) => new Worker(server.url, name, (job) => performed.push(job.name)),
  );
  const running = workers.map((worker) => worker.run());
  const names = Array.from({ length: 200 }, (_, i) => `job ${i}`);
  const producers = [new Producer(server.url), new Producer(server.url)];
  await Promise.all(names.map((name, i) => producers[i % 2].add(name)));
  await until(server, names.length);
  for (const worker of workers) worker.stop();
  await Promise.all([...running, ...producers.map((producer) => producer.end())]);
  expect(performed.sort()).toEqual(names.sort());
  expect(await outcome(server)).toEqual({
    ...{ pending: 0, dead: [], lag: 0 },
    done: Object.fromEntries(names.map((name) => [name, '1'])),
  });
});

test('the jobs of a worker that died are done by another, once they are old enough', async () => {
  await using server = await startServer();
  server.clock.freeze();
  await Worker.prepare(server.url);
  const producer = new Producer(server.url);
  for (let i = 0; i < 25; i++) await producer.add(`job ${i}`);

  const unlucky = new Worker(server.url, 'unlucky', () => {});
  for (let i = 0; i < 4; i++) await unlucky.take();
  unlucky.stop();
  const performed: string[] = [];
  const heir = new Worker(server.url, 'heir', (job) => performed.push(job.name));
  server.clock.advance(IDLE_MS - 1);
  expect(await heir.recover()).toBe(0);
  expect(performed).toEqual([]);
  server.clock.advance(1);
  expect(await heir.recover()).toBe(20);
  const running = heir.run();
  await until(server, 25);
  heir.stop();
  await Promise.all([running, producer.end()]);

  expect(performed.length).toBe(25);
  const { done, ...rest } = await outcome(server);
  expect(Object.keys(done).length).toBe(25);
  expect(rest).toEqual({ pending: 0, dead: [], lag: 0 });
});

test('a job that always fails is put aside after three tries', async () => {
  await using server = await startServer();
  server.clock.freeze();
  await Worker.prepare(server.url);
  const producer = new Producer(server.url);
  for (const name of ['good', 'bad', 'better']) await producer.add(name);
  let failures = 0;
  const worker = new Worker(server.url, 'ada', (job) => {
    if (job.name !== 'bad') return;
    failures++;
    throw new Error('it cannot be done');
  });
  const running = worker.run();
  await until(server, 2);
  worker.stop();
  await running;

  const second = new Worker(server.url, 'bob', () => {
    failures++;
    throw new Error('it cannot be done');
  });
  for (let i = 0; i < 5; i++) {
    server.clock.advance(IDLE_MS);
    await second.recover();
  }
  second.stop();
  await producer.end();
  expect(failures).toBe(3);
  expect(await outcome(server)).toMatchObject({ pending: 0, dead: ['bad'], lag: 0 });
});
