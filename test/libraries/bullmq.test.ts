// BullMQ, and every one of its scripts.

import { describe, test } from 'vitest';
import { startServer } from '../../server/index.ts';
import { flows } from './bullmq/flows.ts';
import { jobs } from './bullmq/jobs.ts';
import { relays } from './bullmq/relays.ts';
import { schedulers } from './bullmq/schedulers.ts';
import { lastly, ledger } from './bullmq/scripts.ts';
import { workers } from './bullmq/workers.ts';
import { onBothServers } from './servers.ts';

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
