// A few thousand commands of the hunt that `npm run fuzz` goes on for as long as one likes.

import { describe, expect, test } from 'vitest';
import { families } from '../../protocol/command-table.ts';
import type { Client } from '../../server/client.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { startReal } from '../oracle/server.ts';
import { freshServer, Pair, type PairOptions } from './differential.ts';
import { type Catch, hunt } from './hunt.ts';

const here = (await realRedis('8.0.2')) !== null;
if (!here) {
  process.stderr.write(`\n*** NOT COMPARED WITH REAL REDIS 8.0.2: ${whyNoRedis('8.0.2')} ***\n`);
}

type Plan = { families: readonly string[]; commands: number; seed: number; most?: number };

/** Hunts beside a real server started for that. */
async function hunted(plan: Plan, options: PairOptions = {}): Promise<Catch> {
  const real = (await startReal('8.0.2'))!;
  const pair = new Pair(real, options);
  try {
    return await hunt(pair, { most: 3, ...plan });
  } finally {
    await pair.close();
    await real.stop();
  }
}

async function agreed(plan: Plan, options?: PairOptions): Promise<void> {
  const found = await hunted(plan, options);
  expect(found.differences.map((each) => each.transcript).join('\n\n')).toBe('');
  expect(found.commands).toBeGreaterThanOrEqual(plan.commands);
}

describe.skipIf(!here)('beside real Redis 8.0.2, the same is answered and left behind', () => {
  test.each(Object.keys(families))('by random calls of the %s family', async (name) => {
    const both = name === 'string' ? [name] : [name, 'string'];
    await agreed({ families: both, commands: 2000, seed: 1 });
  });

  test('by random calls of all families', async () => {
    await agreed({ families: [], commands: 10_000, seed: 2 });
  });

  test('over TCP, where bytes come in other pieces', async () => {
    await agreed({ families: [], commands: 4000, seed: 3 }, { tcp: true });
  });

  test('where strings may not be longer than a megabyte', async () => {
    const settings = { 'proto-max-bulk-len': '1mb' };
    const short = ['string', 'bitmap', 'generic'];
    await agreed({ families: short, commands: 4000, seed: 4 }, { settings });
  });

  test('where keys count how often they are used', async () => {
    const settings = { 'maxmemory-policy': 'allkeys-lfu' };
    await agreed({ families: ['string', 'generic'], commands: 3000, seed: 5 }, { settings });
  });
});

test.skipIf(!here)('a difference is found, and told in as few commands as it takes', async () => {
  const make = () => {
    const server = freshServer();
    const strlen = server.commands.all.get('strlen')!;
    const { run } = strlen;
    const lie = (c: Client) => (c.db.read('k1') === undefined ? run(c) : c.reply.int(-1));
    Object.assign(strlen, { run: lie });
    return server;
  };
  const plan = { families: ['string'], commands: 3000, seed: 3, most: 1 };
  const [difference] = (await hunted(plan, { make })).differences;
  expect(difference.name).toBe('strlen');
  expect(difference.transcript.match(/^> .*/gm)).toHaveLength(2);
  expect(difference.transcript).toMatch(/STRLEN \S+\n--- ours\n\(integer\) -1\n--- real/i);
});

test.skipIf(!here)('an event that is not announced is found', async () => {
  const make = () => {
    const server = freshServer();
    const { pubsub } = server;
    const publish = pubsub.publish.bind(pubsub);
    pubsub.publish = (channel, text) => (text === 'append' ? 0 : publish(channel, text));
    return server;
  };
  const plan = { families: ['string'], commands: 3000, seed: 3, most: 1 };
  const [difference] = (await hunted(plan, { make })).differences;
  expect(difference.name).toBe('event: append');
  expect(difference.transcript.match(/^> .*/gm)).toHaveLength(1);
});
