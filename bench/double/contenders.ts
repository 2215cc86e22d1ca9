// What is compared: the ways to have a Redis in a test. Each says how it is started, how a client is
// had, and the quickest way that it offers to bring a data set back between two tests.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { RunningServer } from '../../server/index.ts';
import { projectRoot } from '../../test/oracle/cache.ts';

export const NAMES = [
  'respite',
  'respite, no socket',
  'redis-memory-server',
  'js-redis-server',
  'ioredis-mock',
] as const;

export type Name = (typeof NAMES)[number];

/** The keys of a data set and their values, which are strings. */
export type DataSet = ReadonlyMap<string, string>;

/** A client, as far as it is needed. */
export interface Client {
  get(key: string): Promise<unknown>;
  set(key: string, value: string): Promise<unknown>;
  /** Sends all of it at once. */
  many(pairs: DataSet): Promise<unknown>;
  close(): unknown;
}

export interface Started {
  connect(): Promise<Client>;
  /** Makes this the data set that reset() goes back to. */
  fill(data: DataSet): Promise<void>;
  reset(): Promise<unknown>;
  close(): Promise<unknown>;
}

/** Loads what a way needs, which is timed, and returns how to start one. */
export type Load = () => Promise<() => Promise<Started>>;

/** Where the others are installed; others.package.json beside this file says which. */
export const othersFolder = join(projectRoot, '.cache', 'bench-double');

const require = createRequire(join(othersFolder, 'package.json'));

/** The server as the package has it, in few files: dist/bundle, which `npm run build` makes. */
function respite(): Promise<typeof import('../../server/index.ts')> {
  return import(new URL('../../bundle/index.js', import.meta.url).href);
}

export const contenders: Record<Name, Load> = {
  respite: async () => {
    const { startServer } = await respite();
    return async () => {
      const server = await startServer();
      return ours(server, () => ioredis(server.url));
    };
  },

  'respite, no socket': async () => {
    const { startServer } = await respite();
    return async () => {
      const server = await startServer();
      return ours(server, async () => {
        const { createClient } = await import('../../client/index.ts');
        const redis = createClient({ server });
        return {
          get: (key) => redis.get(key),
          set: (key, value) => redis.set(key, value),
          many: (pairs) => redis.pipeline((p) => [...pairs].map(([k, v]) => p.set(k, v))),
          close: () => redis.close(),
        };
      });
    };
  },

  'redis-memory-server': async () => {
    const { RedisMemoryServer } = require('redis-memory-server');
    const systemBinary = process.env.BENCH_REDIS_SERVER;
    if (systemBinary === undefined) throw new Error('BENCH_REDIS_SERVER is not set'); // Or it loads one.
    return async () => {
      const server = await RedisMemoryServer.create({ binary: { systemBinary } });
      const url = `redis://${await server.getHost()}:${await server.getPort()}`;
      return { ...byClient(() => ioredis(url)), close: () => server.stop() };
    };
  },

  'js-redis-server': async () => {
    const { createRedisMock } = require('js-redis-server');
    return async () => {
      const mock = await createRedisMock();
      let entries: object[] = [];
      const reset = async () => {
        await mock.flush();
        await mock.seed(entries);
      };
      return {
        connect: () => ioredis(mock.addresses()[0]),
        fill: (data) => {
          entries = [...data].map(([key, value]) => ({ key, type: 'string', value }));
          return reset();
        },
        reset,
        close: () => mock.close(),
      };
    };
  },

  'ioredis-mock': async () => {
    const RedisMock = require('ioredis-mock');
    let count = 0;
    return async () => {
      // Those of one host and port share their data.
      const port = ++count;
      const connect = async () => adapted(new RedisMock({ port }));
      return { ...byClient(connect), close: async () => {} };
    };
  },
};

function ours(server: RunningServer, connect: () => Promise<Client>): Started {
  let start = server.snapshot();
  return {
    connect,
    fill: async (data) => {
      const client = await connect();
      await client.many(data);
      await client.close();
      start = server.snapshot();
    },
    reset: async () => server.restore(start),
    close: () => server.close(),
  };
}

/** Where nothing is offered for it, a client empties the database and fills it again. */
function byClient(connect: () => Promise<Client & { flush(): Promise<unknown> }>): {
  connect(): Promise<Client>;
  fill(data: DataSet): Promise<void>;
  reset(): Promise<unknown>;
} {
  let admin: ReturnType<typeof connect> | null = null;
  let kept: DataSet = new Map();
  const reset = async () => {
    admin ??= connect();
    const client = await admin;
    const flushed = client.flush();
    if (kept.size > 0) await client.many(kept);
    return flushed;
  };
  return {
    connect,
    fill: async (data) => {
      kept = data;
      await reset();
    },
    reset,
  };
}

async function ioredis(url: string): Promise<Client & { flush(): Promise<unknown> }> {
  const { Redis } = require('ioredis');
  const redis = new Redis(url);
  redis.on('error', () => {}); // Servers end before their clients here.
  await redis.ping();
  return adapted(redis);
}

// biome-ignore lint/suspicious/noExplicitAny: of ioredis and its mock, which are not installed here.
function adapted(redis: any): Client & { flush(): Promise<unknown> } {
  return {
    get: (key) => redis.get(key),
    set: (key, value) => redis.set(key, value),
    many: (pairs) => {
      const pipeline = redis.pipeline();
      for (const [key, value] of pairs) pipeline.set(key, value);
      return pipeline.exec();
    },
    flush: () => redis.flushall(),
    close: () => redis.disconnect(),
  };
}
