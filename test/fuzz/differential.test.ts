// A few thousand commands of the hunt that `npm run fuzz` goes on for as long as one likes.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../server/client.ts';
import { families } from '../../protocol/command-table.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { freshServer, Pair } from './differential.ts';
import { hunt } from './hunt.ts';

const here = (await realRedis('8.0.2')) !== null;
if (!here) {
  process.stderr.write(`\n*** NOT COMPARED WITH REAL REDIS 8.0.2: ${whyNoRedis('8.0.2')} ***\n`);
}

describe.skipIf(!here)('beside real Redis 8.0.2', () => {
  let real: RealServer;
  let pair: Pair;

  beforeAll(async () => {
    real = (await startReal('8.0.2'))!;
    pair = new Pair(real);
  });
  afterAll(async () => {
    await pair?.close();
    await real?.stop();
  });

  async function agreed(
    names: readonly string[],
    commands: number,
    seed: number,
    both = pair,
  ): Promise<void> {
    const found = await hunt(both, { commands, seed, families: names, most: 3 });
    expect(found.differences.map((each) => each.transcript).join('\n\n')).toBe('');
    expect(found.commands).toBeGreaterThanOrEqual(commands);
  }

  test.each(Object.keys(families))(
    'random calls of the %s family are answered the same',
    async (name) => {
      await agreed(name === 'string' ? [name] : [name, 'string'], 2000, 1);
    },
  );

  test('random calls of all families are answered the same', async () => {
    await agreed([], 10_000, 2);
  });

  test('the same over TCP, where bytes come in other pieces', async () => {
    const over = new Pair(real);
    await over.listen();
    await agreed([], 4000, 3, over);
    await over.close();
  });

  test('the same where strings may not be longer than a megabyte', async () => {
    const settings = { 'proto-max-bulk-len': '1mb' };
    const limited = new Pair(real, settings);
    await agreed(['string', 'bitmap', 'generic'], 4000, 4, limited);
    await limited.close();
  });

  test('a difference is found, and told in as few commands as it takes', async () => {
    const faulty = new Pair(real, {}, () => {
      const server = freshServer();
      const strlen = server.commands.all.get('strlen')!;
      const { run } = strlen;
      const lie = (c: Client) => (c.db.read('k1') === undefined ? run(c) : c.reply.int(-1));
      Object.assign(strlen, { run: lie });
      return server;
    });
    const found = await hunt(faulty, { commands: 3000, seed: 3, families: ['string'], most: 1 });
    await faulty.close();
    const [difference] = found.differences;
    expect(difference.name).toBe('strlen');
    expect(difference.transcript.match(/^> .*/gm)).toHaveLength(2);
    expect(difference.transcript).toMatch(/STRLEN \S+\n--- ours\n\(integer\) -1\n--- real/i);
  });
});
