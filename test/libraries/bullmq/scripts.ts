// The scripts of BullMQ: which there are, and which of them have run.

import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { Redis } from 'ioredis';
import { expect } from 'vitest';
import type { Place, Tests } from '../servers.ts';

type Script = { readonly name: string; readonly content: string };

const scripts: readonly Script[] = Object.values(
  createRequire(import.meta.url)('bullmq/dist/cjs/scripts/index.js'),
);

/** The names of those that ran on any of this file's servers: ours, or real. */
const ran = { ours: new Set<string>(), real: new Set<string>() };

const setOf = (place: Place) => ('clock' in place ? ran.ours : ran.real);

/** Asks a server which of the scripts it knows. It knows those that ran, for each is sent when it first does. */
export async function notice(place: Place): Promise<void> {
  const redis = new Redis(place.url);
  const known = (await redis.script('EXISTS', ...scripts.map(digest))) as number[];
  scripts.forEach(({ name }, i) => {
    if (known[i] === 1) setOf(place).add(name);
  });
  await redis.quit();
}

function digest({ content }: Script): string {
  return createHash('sha1').update(content).digest('hex');
}

/** Two for servers before 6.0.6, and three that BullMQ carries without a caller. */
const UNCALLED = ['getState', 'isJobInList', 'releaseLock', 'saveStacktrace', 'relayAckInbox'];

/** The last of the file's tests: they look back on the others. */
export const lastly: Tests = {
  'BullMQ itself has run every script that it calls': async (place) => {
    const missing = scripts.map(({ name }) => name).filter((name) => !setOf(place).has(name));
    expect(scripts.length).toBeGreaterThan(60);
    expect(missing.sort()).toEqual([...UNCALLED].sort());
  },

  'and those that it does not call run too': async (place) => {
    const redis = new Redis(place.url);
    const run = (wanted: string, keys: string[], ...args: string[]) => {
      const { content } = scripts.find(({ name }) => name === wanted)!;
      return redis.eval(content, keys.length, ...keys, ...args);
    };
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
    expect(await redis.hgetall('job')).toEqual({
      name: 'it',
      stacktrace: '[]',
      failedReason: 'why',
    });
    await redis.hset('base:node:node', 'x', 1);
    expect(await run('relayAckInbox', ['base:nodes'], 'base', 'node', '5-0')).toBe(1);
    expect(await redis.hget('base:node:node', 'cursor')).toBe('5-0');
    await redis.quit();
  },
};
