// The scripts of BullMQ: every one of them has run.

import { createRequire } from 'node:module';
import { Redis } from 'ioredis';
import { expect } from 'vitest';
import { ScriptLedger } from '../script-ledger.ts';
import type { Tests } from '../servers.ts';

const all = createRequire(import.meta.url)('bullmq/dist/cjs/scripts/index.js');

export const ledger = new ScriptLedger(Object.values(all));

/** Two for servers before 6.0.6, and three that BullMQ carries without a caller. */
const UNCALLED = ['getState', 'isJobInList', 'relayAckInbox', 'releaseLock', 'saveStacktrace'];

/** The last of the file's tests: they look back on the others. */
export const lastly: Tests = {
  'BullMQ itself has run every script that it calls': async (place) => {
    expect(ledger.scripts.length).toBeGreaterThan(60);
    expect(ledger.missing(place).sort()).toEqual(UNCALLED);
  },

  'and those that it does not call run too': async (place) => {
    const redis = new Redis(place.url);
    const run = ledger.run.bind(ledger, redis);
    await redis.rpush('wait', '1', '2');
    expect(await run('isJobInList', ['wait'], '2')).toBe(1);
    expect(await run('isJobInList', ['wait'], '3')).toBeNull();
    const states = 'completed failed delayed active wait paused children prioritized'.split(' ');
    expect(await run('getState', states, '2')).toBe('waiting');
    expect(await run('getState', states, '3')).toBe('unknown');
    await redis.set('lock', 'mine');
    expect(await run('releaseLock', ['lock'], 'yours', '10')).toBe(0);
    expect(await run('releaseLock', ['lock'], 'mine', '10')).toBe(1);
    expect(await run('saveStacktrace', ['job'], '[]', 'why')).toBe(-1);
    await redis.hset('job', 'name', 'it');
    expect(await run('saveStacktrace', ['job'], '[]', 'why')).toBe(0);
    const job = { name: 'it', stacktrace: '[]', failedReason: 'why' };
    expect(await redis.hgetall('job')).toEqual(job);
    await redis.hset('base:node:node', 'x', 1);
    expect(await run('relayAckInbox', ['base:nodes'], 'base', 'node', '5-0')).toBe(1);
    expect(await redis.hget('base:node:node', 'cursor')).toBe('5-0');
    await redis.quit();
  },
};
