// DUMP and RESTORE beside real Redis: the payloads are the same bytes, unless a hash table decides
// the order, and each server restores the other's to the same value in the same encoding.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TYPE } from '../../persistence/rdb-format.ts';
import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { type Call, DEFAULTS, KEY, making } from '../persistence/datasets.ts';
import { inProcess, overSocket, type Wire } from '../wire.ts';

const install = await realRedis('8.0.2');
if (install === null) {
  process.stderr.write(`\n*** DUMP NOT COMPARED: ${whyNoRedis('8.0.2')} ***\n\n`);
}

describe.skipIf(install === null)('beside real Redis 8.0.2', () => {
  let real: RealServer;
  let theirs: Wire;
  let server: Server;
  let ours: Wire;

  beforeAll(async () => {
    real = (await startReal('8.0.2'))!;
    theirs = await overSocket({ path: real.socket });
    const config = new Config();
    config.options({ 'enable-debug-command': 'yes' });
    server = new Server(config, { seed: 1 });
    ours = inProcess(server);
  });
  afterAll(async () => {
    theirs.close();
    server.close();
    await real.stop();
  });

  async function both(call: Call): Promise<{ mine: string; his: string }> {
    const [mine, his] = await Promise.all([ours.ask(...call), theirs.ask(...call)]);
    return { mine: mine.text, his: his.text };
  }

  async function same(call: Call): Promise<string> {
    const { mine, his } = await both(call);
    expect(mine, call.join(' ').slice(0, 200)).toBe(his);
    return mine;
  }

  test('payloads are the same, and each restores those of the other', async () => {
    await fc.assert(
      fc.asyncProperty(making, async (calls) => {
        for (const call of [['FLUSHALL'], ...DEFAULTS, ...calls]) await same(call);
        const encoding = await same(['OBJECT', 'ENCODING', KEY]);
        const digest = await same(['DEBUG', 'DIGEST-VALUE', KEY]);
        const { mine, his } = await both(['DUMP', KEY]);
        // Consumers were seen at a time of their own on each side.
        if (encoding === 'stream') expect(mine.length).toBe(his.length);
        else if (encoding !== 'hashtable') expect(comparable(mine)).toBe(comparable(his));
        else expect(mine.slice(0, 1)).toBe(his.slice(0, 1));
        for (const payload of [mine, his]) {
          expect(await same(['RESTORE', 'copy', '0', payload, 'REPLACE'])).toBe('OK');
          expect(await same(['DEBUG', 'DIGEST-VALUE', 'copy'])).toBe(digest);
          const restored = await same(['OBJECT', 'ENCODING', 'copy']);
          const again = await both(['DUMP', 'copy']);
          if (restored !== 'hashtable') expect(comparable(again.mine)).toBe(comparable(again.his));
        }
      }),
      { numRuns: 400 },
    );
  });
});

/** A payload in hexadecimal digits. */
function comparable(payload: string): string {
  const bytes = Buffer.from(payload, 'latin1');
  // When the next field expires, as Redis noted it last, and the checksum over that.
  if (bytes[0] === TYPE.HASH_LISTPACK_EX) return bytes.subarray(9, -8).toString('hex');
  return bytes.toString('hex');
}
