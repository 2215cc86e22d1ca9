// A client in a process of its own, for one measurement: told what to do by its argument, it prints
// what it cost. See bench/client/run.ts.

import { strict as assert } from 'node:assert';
import { median } from '../wire/result.ts';

const WINDOWS = 8;

export interface Task {
  /** Ours; two others; ours with the server in its process, without a socket and with one. */
  client: 'respite' | 'ioredis' | 'node-redis' | 'in process' | 'own server';
  port: number;
  op: 'get' | 'set';
  /** Bytes of a value. */
  size: number;
  /** Commands that are waited for at the same time; or, with `batch`, how long a pipeline is. */
  inFlight: number;
  batch: boolean;
  /** Milliseconds to measure for, after half as many to get warm. */
  milliseconds: number;
}

export interface Cost {
  /** Microseconds of processor time for a command, user and system, all threads. */
  cpu: number;
  /** Commands a second. */
  rate: number;
}

interface Driver {
  get(key: string): Promise<unknown>;
  set(key: string, value: string): Promise<unknown>;
  batch(run: (key: (i: number) => string) => void): Promise<unknown>;
  close(): unknown;
}

async function drive({ client, port, inFlight, op, size }: Task): Promise<Driver> {
  const value = 'v'.repeat(size);
  const url = `redis://127.0.0.1:${port}`;
  if (client === 'ioredis') {
    const { Redis } = await import('ioredis');
    const redis = new Redis(url);
    await redis.ping();
    return {
      get: (key) => redis.get(key),
      set: (key, text) => redis.set(key, text),
      batch: () => {
        const pipeline = redis.pipeline();
        for (let i = 0; i < inFlight; i++) {
          if (op === 'get') pipeline.get(keyOf(i));
          else pipeline.set(keyOf(i), value);
        }
        return pipeline.exec();
      },
      close: () => redis.disconnect(),
    };
  }
  if (client === 'node-redis') {
    const { createClient } = await import('redis');
    const redis = createClient({ url });
    redis.on('error', () => {});
    await redis.connect();
    return {
      get: (key) => redis.get(key),
      set: (key, text) => redis.set(key, text),
      batch: () => {
        const pipeline = redis.multi();
        for (let i = 0; i < inFlight; i++) {
          if (op === 'get') pipeline.get(keyOf(i));
          else pipeline.set(keyOf(i), value);
        }
        return pipeline.execAsPipeline();
      },
      close: () => redis.close(),
    };
  }
  const { createClient } = await import('../../client/index.ts');
  const { startServer } = await import('../../server/index.ts');
  const inside = client === 'in process' || client === 'own server';
  const server = inside ? await startServer() : undefined;
  const own = server === undefined ? url : server.url;
  const redis = createClient(client === 'in process' ? { server } : { url: own });
  await redis.connect();
  return {
    get: (key) => redis.get(key),
    set: (key, text) => redis.set(key, text),
    batch: () => {
      return redis.pipeline((p) => {
        return Array.from({ length: inFlight }, (_, i) => {
          return op === 'get' ? p.get(keyOf(i)) : p.set(keyOf(i), value);
        });
      });
    },
    close: async () => {
      await redis.close();
      await server?.close();
    },
  };
}

const keys = Array.from({ length: 1000 }, (_, i) => `key:${i}`);

function keyOf(i: number): string {
  return keys[i % keys.length]!;
}

/** Asks for so many milliseconds. The number of commands that were answered. */
async function ask(task: Task, driver: Driver, milliseconds: number): Promise<number> {
  const value = 'v'.repeat(task.size);
  const end = performance.now() + milliseconds;
  let count = 0;
  if (task.batch) {
    for (; performance.now() < end; count += task.inFlight) await driver.batch(keyOf as never);
    return count;
  }
  let over = false;
  const worker = async (): Promise<void> => {
    while (!over) {
      const key = keyOf(count++);
      // To look at the time costs more than some of these calls.
      if (count % 16 === 0) over = performance.now() >= end;
      if (task.op === 'get') await driver.get(key);
      else await driver.set(key, value);
    }
  };
  await Promise.all(Array.from({ length: task.inFlight }, worker));
  return count;
}

const task = JSON.parse(process.argv[2] ?? '{}') as Task;
const driver = await drive(task);
for (const key of keys) await driver.set(key, 'v'.repeat(task.size));
assert.equal(String(await driver.get('key:1')).length, task.size);
await ask(task, driver, task.milliseconds / 2);
// In windows, so that a neighbour who is busy for a moment spoils one of them.
const windows: Cost[] = [];
for (let i = 0; i < WINDOWS; i++) {
  const before = process.cpuUsage();
  const start = performance.now();
  const count = await ask(task, driver, task.milliseconds / WINDOWS);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  windows.push({ cpu: (user + system) / count, rate: count / seconds });
}
const cost: Cost = {
  cpu: median(windows.map(({ cpu }) => cpu)),
  rate: median(windows.map(({ rate }) => rate)),
};
console.log(JSON.stringify(cost));
await driver.close();
