// Consumer groups with ioredis and node-redis, unmodified, used as both show it: a group is made,
// a consumer waits for entries, reads, acknowledges, and finds after a crash what it had pending.

import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../../server/index.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

beforeEach(async () => {
  const redis = new Redis(server.url);
  await redis.flushall();
  await redis.quit();
});

type Entry = [id: string, fields: string[]];
type Streams = [key: string, entries: Entry[]][] | null;

test('ioredis: a reader who waits gets every entry once, in order', async () => {
  const writer = new Redis(server.url);
  const reader = writer.duplicate();
  await writer.xgroup('CREATE', 'orders', 'billing', '$', 'MKSTREAM');
  const read = async (): Promise<string[]> => {
    const seen: string[] = [];
    while (seen.length < 20) {
      const streams = (await reader.xreadgroup(
        ...(['GROUP', 'billing', 'ada', 'COUNT', 3, 'BLOCK', 0] as const),
        ...(['STREAMS', 'orders', '>'] as const),
      )) as Streams;
      for (const [, entries] of streams ?? []) {
        for (const [id, [, order]] of entries) {
          seen.push(order);
          expect(await reader.xack('orders', 'billing', id)).toBe(1);
        }
      }
    }
    return seen;
  };
  const reading = read();
  const orders = Array.from({ length: 20 }, (_, i) => `order ${i}`);
  for (const order of orders) await writer.xadd('orders', '*', 'order', order);
  expect(await reading).toEqual(orders);
  expect(await writer.xpending('orders', 'billing')).toEqual([0, null, null, null]);
  await Promise.all([writer.quit(), reader.quit()]);
});

test('ioredis: what a consumer had pending is there when it comes back', async () => {
  const redis = new Redis(server.url);
  await redis.xgroup('CREATE', 's', 'g', '0', 'MKSTREAM');
  const [first, second] = [
    await redis.xadd('s', '*', 'n', '1'),
    await redis.xadd('s', '*', 'n', '2'),
  ];
  await redis.xreadgroup('GROUP', 'g', 'ada', 'STREAMS', 's', '>');
  await redis.xack('s', 'g', String(first));
  const again = redis.duplicate();
  const pending = (await again.xreadgroup('GROUP', 'g', 'ada', 'STREAMS', 's', '0')) as Streams;
  expect(pending).toEqual([['s', [[second, ['n', '2']]]]]);
  const claimed = await again.xautoclaim('s', 'g', 'bob', 0, '0-0', 'JUSTID');
  expect(claimed).toEqual(['0-0', [second], []]);
  expect(await again.xpending('s', 'g', '-', '+', 10, 'bob')).toEqual([
    [second, 'bob', expect.any(Number), 2],
  ]);
  const groups = (await again.xinfo('GROUPS', 's')) as unknown[][];
  expect(groups[0]).toContain('entries-read');
  await Promise.all([redis.quit(), again.quit()]);
});

test('ioredis: a group that is destroyed while one waits for it is an error', async () => {
  const redis = new Redis(server.url);
  const reader = redis.duplicate();
  await redis.xgroup('CREATE', 's', 'g', '$', 'MKSTREAM');
  const refused = expect(
    reader.xreadgroup('GROUP', 'g', 'ada', 'BLOCK', 0, 'STREAMS', 's', '>'),
  ).rejects.toThrow(/^NOGROUP /);
  while (!(await redis.info('clients')).includes('blocked_clients:1\r\n'));
  await redis.xgroup('DESTROY', 's', 'g');
  await refused;
  await Promise.all([redis.quit(), reader.quit()]);
});

for (const RESP of [2, 3] as const) {
  const connect = async () => {
    const client = createClient({ url: server.url, RESP });
    client.on('error', () => {});
    await client.connect();
    return client;
  };

  test(`node-redis, RESP${RESP}: entries are read, acknowledged and claimed`, async () => {
    const client = await connect();
    expect(await client.xGroupCreate('s', 'g', '0', { MKSTREAM: true })).toBe('OK');
    await expect(client.xGroupCreate('s', 'g', '0')).rejects.toThrow(/^BUSYGROUP /);
    const ids = [
      await client.xAdd('s', '*', { n: '1' }),
      await client.xAdd('s', '*', { n: '2', m: 'x' }),
    ];
    const read = await client.xReadGroup('g', 'ada', { key: 's', id: '>' }, { COUNT: 1 });
    expect(JSON.parse(JSON.stringify(read))).toMatchObject([
      { name: 's', messages: [{ id: ids[0], message: { n: '1' } }] },
    ]);
    await client.xReadGroup('g', 'ada', { key: 's', id: '>' }, { NOACK: true });
    expect(await client.xReadGroup('g', 'ada', { key: 's', id: '>' }, { BLOCK: 1 })).toBeNull();
    expect(await client.xPending('s', 'g')).toMatchObject({ pending: 1, firstId: ids[0] });
    expect(await client.xPendingRange('s', 'g', '-', '+', 10)).toMatchObject([
      { id: ids[0], consumer: 'ada', deliveriesCounter: 1 },
    ]);
    const claimed = await client.xAutoClaim('s', 'g', 'bob', 0, '0-0');
    expect(claimed).toMatchObject({ nextId: '0-0', messages: [{ id: ids[0] }] });
    expect(await client.xClaim('s', 'g', 'ada', 0, ids[0])).toMatchObject([{ id: ids[0] }]);
    expect(await client.xInfoConsumers('s', 'g')).toMatchObject([
      { name: 'ada', pending: 1 },
      { name: 'bob', pending: 0 },
    ]);
    expect(await client.xAck('s', 'g', ids[0])).toBe(1);
    expect(await client.xInfoGroups('s')).toMatchObject([
      { name: 'g', consumers: 2, pending: 0, 'entries-read': 2, lag: 0 },
    ]);
    expect(await client.xGroupDelConsumer('s', 'g', 'ada')).toBe(0);
    await client.close();
  });

  test(`node-redis, RESP${RESP}: readers who wait share what comes`, async () => {
    const writer = await connect();
    await writer.xGroupCreate('s', 'g', '$', { MKSTREAM: true });
    const seen: string[] = [];
    const work = async (name: string): Promise<void> => {
      const client = await connect();
      for (;;) {
        const streams = (await client.xReadGroup(
          ...(['g', name, { key: 's', id: '>' }, { COUNT: 2, BLOCK: 0 }] as const),
        )) as { messages: { id: string; message: { n: string } }[] }[];
        for (const { id, message } of streams[0].messages) {
          await client.xAck('s', 'g', id);
          if (message.n === 'stop') return client.destroy();
          seen.push(message.n);
        }
      }
    };
    const workers = ['ada', 'bob', 'cyd'].map(work);
    const numbers = Array.from({ length: 60 }, (_, i) => String(i));
    await Promise.all(numbers.map((n) => writer.xAdd('s', '*', { n })));
    // Whoever meets a stop leaves; he may take another one along, which nobody needs then.
    const left = Promise.all(workers);
    let all = false;
    void left.then(() => {
      all = true;
    });
    while (!all) await writer.xAdd('s', '*', { n: 'stop' });
    await left;
    expect(seen.sort()).toEqual(numbers.sort());
    await writer.close();
  });
}
