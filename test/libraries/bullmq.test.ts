// BullMQ, and every one of its scripts.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { startServer } from '../../server/index.ts';
import { flows } from './bullmq/flows.ts';
import { jobs } from './bullmq/jobs.ts';
import { relays } from './bullmq/relays.ts';
import { schedulers } from './bullmq/schedulers.ts';
import { lastly, ledger } from './bullmq/scripts.ts';
import { workers } from './bullmq/workers.ts';
import { onBothServers, until } from './servers.ts';
import { startReal } from '../oracle/server.ts';

const tests = { ...jobs, ...workers, ...flows, ...schedulers, ...relays };
onBothServers('BullMQ', { ...tests, ...lastly }, ledger.notice);

describe('BullMQ with node-redis, on our server', () => {
  for (const [name, work] of Object.entries(tests)) {
    test(name, async () => {
      await using server = await startServer();
      await work({ ...server, through: 'node-redis' });
    });
  }
});

describe('BullMQ without a socket, on our server', () => {
  for (const [name, work] of Object.entries(tests)) {
    test(name, async () => {
      await using server = await startServer({ listen: false });
      await work({ ...server, through: 'in process' });
    });
  }
});

test('a real replica, and the append-only file, have what BullMQ left behind', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'respite-bullmq-'));
  const files = { dir, save: '', appendonly: 'yes', appendfsync: 'no' } as const;
  const server = await startServer({ persistence: files, 'enable-debug-command': 'yes' });
  const redis = new Redis(server.url);
  const real = await startReal('8.0.2', ['--replicaof', '127.0.0.1', String(server.port)]);
  for (const work of Object.values({ ...jobs, ...workers, ...flows })) await work(server);
  await until(async () => !/bull:[^:]*:[^:]*:lock/.test((await redis.keys('*')).join(' ')));
  const digest = await redis.call('DEBUG', 'DIGEST');
  expect(digest).not.toBe('0'.repeat(40));
  if (real !== null) {
    const replica = new Redis(real.port, real.host);
    await until(async () => (await replica.call('DEBUG', 'DIGEST')) === digest);
    expect(await replica.info('replication')).toContain('master_link_status:up');
    await replica.quit();
    await real.stop();
  }
  await redis.call('DEBUG', 'LOADAOF');
  expect(await redis.call('DEBUG', 'DIGEST')).toBe(digest);
  await redis.quit();
  await server.close();
  rmSync(dir, { recursive: true });
});
