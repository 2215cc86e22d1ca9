// A project whose code uses ioredis, tested with Jest and respite/ioredis-mock in its place.

jest.mock('ioredis', () => require('respite/ioredis-mock'));

const Redis = require('ioredis');
const { Queue, QueueEvents, Worker } = require('bullmq');

afterEach(() => Redis.reset());

test('what asks for ioredis gets the mock', async () => {
  expect(Redis).toBe(require('respite/ioredis-mock'));
  expect(require('ioredis').default).toBe(Redis);
  const { Redis: named, Cluster, Command } = require('ioredis');
  expect(named).toBe(Redis);
  expect([typeof Cluster, typeof Command]).toEqual(['function', 'function']);
  const redis = new Redis({ data: { k: 'v' } });
  expect(await redis.get('k')).toBe('v');
});

test('the next test finds nothing of it', async () => {
  expect(await new Redis().dbsize()).toBe(0);
});

test('BullMQ does its jobs', async () => {
  const connection = new Redis({ host: 'redis.internal', maxRetriesPerRequest: null });
  const queue = new Queue('letters', { connection });
  const events = new QueueEvents('letters', { connection });
  const worker = new Worker('letters', async ({ data }) => `to ${data.to}`, { connection });
  await events.waitUntilReady();
  const job = await queue.add('letter', { to: 'ada' });
  expect(await job.waitUntilFinished(events)).toBe('to ada');
  await Promise.all([worker.close(), events.close(), queue.close()]);
});

test('keys expire by fake timers', async () => {
  const redis = new Redis();
  await redis.ping();
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  await redis.set('k', 'v', 'EX', 60);
  jest.advanceTimersByTime(61_000);
  expect(await redis.get('k')).toBeNull();
  jest.useRealTimers();
});
