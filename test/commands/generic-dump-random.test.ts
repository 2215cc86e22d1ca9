// DUMP and RESTORE beside real Redis: the payloads are the same bytes, unless a hash table decides
// the order, and each server restores the other's to the same value in the same encoding.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Pending, PendingList } from '../../datatypes/pending.ts';
import type { Stream } from '../../datatypes/stream.ts';
import type { Consumer } from '../../datatypes/stream-group.ts';
import { undump } from '../../persistence/dump.ts';
import { TYPE } from '../../persistence/rdb-format.ts';
import { RdbOutput } from '../../persistence/rdb-output.ts';
import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { type Call, DEFAULTS, KEY, making, stream } from '../persistence/datasets.ts';
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

  // Nothing writes these any more: our own payload is taken apart, and written again as of old.
  test.each([TYPE.STREAM_LISTPACKS, TYPE.STREAM_LISTPACKS_2])(
    'streams of the old type %i become the same as there',
    async (type) => {
      await fc.assert(
        fc.asyncProperty(stream, async (calls) => {
          for (const call of [['FLUSHALL'], ...DEFAULTS, ...calls]) await same(call);
          fc.pre(type !== TYPE.STREAM_LISTPACKS || (await same(['XLEN', KEY])) !== '0');
          const { mine } = await both(['DUMP', KEY]);
          const payload = asOfOld(type, mine);
          expect(await same(['RESTORE', 'old', '0', payload])).toBe('OK');
          await same(['DUMP', 'old']);
          await same(['DEBUG', 'DIGEST-VALUE', 'old']);
        }),
        { numRuns: 100 },
      );
    },
  );
});

/** The payload of a stream as Redis 5 and 6, or 7.0, would have written it. */
function asOfOld(type: number, payload: string): string {
  const limits = new Config().values;
  const make = { limits, seed: 1, chance: { next: () => 0.5 } };
  const value = undump(Buffer.from(payload, 'latin1'), make) as Stream;
  const out = new RdbOutput();
  const id = (bytes: string) => {
    for (const half of [bytes.slice(0, 8), bytes.slice(8)]) {
      const words = Buffer.from(half, 'latin1');
      out.length64(words.readUInt32BE(0), words.readUInt32BE(4));
    }
  };
  out.byte(type);
  out.length(value.nodeCount);
  for (let i = 0; i < value.nodeCount; i++) {
    const node = value.nodeAt(i)!;
    out.string(node.id);
    out.bytes(node.pack, node.bytes);
  }
  out.length(value.size);
  id(value.lastId);
  if (type === TYPE.STREAM_LISTPACKS_2) {
    id(value.firstId);
    id(value.maxDeletedId);
    out.length(Number(value.entriesAdded));
  }
  out.length(value.groups?.size ?? 0);
  for (const group of value.groups?.values() ?? []) {
    out.string(group.name);
    id(group.lastId);
    if (type === TYPE.STREAM_LISTPACKS_2) out.length(3);
    out.length(group.pending.size);
    for (const pending of entriesOf(group.pending)) {
      out.raw(pending.id);
      out.time(pending.deliveredMs);
      out.length(Number(pending.deliveries));
    }
    out.length(group.consumers.size);
    for (const consumer of group.consumers.values()) {
      out.string(consumer.name);
      out.time(consumer.seenMs);
      out.length(consumer.pending.size);
      for (const pending of entriesOf(consumer.pending)) out.raw(pending.id);
    }
  }
  out.byte(11);
  out.byte(0);
  out.checksum();
  return out.take().toString('latin1');
}

function entriesOf(list: PendingList<Consumer>): Pending<Consumer>[] {
  const entries: Pending<Consumer>[] = [];
  list.seek('');
  for (let entry = list.next(); entry !== undefined; entry = list.next()) entries.push(entry);
  return entries;
}

/** A payload in hexadecimal digits. */
function comparable(payload: string): string {
  const bytes = Buffer.from(payload, 'latin1');
  // When the next field expires, as Redis noted it last, and the checksum over that.
  if (bytes[0] === TYPE.HASH_LISTPACK_EX) return bytes.subarray(9, -8).toString('hex');
  return bytes.toString('hex');
}
