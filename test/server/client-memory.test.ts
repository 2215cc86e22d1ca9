// What clients take, and who has to leave (maxmemory-clients).

import { expect } from 'vitest';
import { everywhere, type Talk } from '../redis.ts';

/** The beginning of a request that never ends, of so many bytes. */
function begun(bytes: number): string {
  return `*2\r\n$3\r\nGET\r\n$${bytes + 100}\r\n${'x'.repeat(bytes)}`;
}

/** The names of the clients that are there. */
async function names(r: Talk): Promise<string[]> {
  const list = String(await r('CLIENT LIST'));
  return [...list.matchAll(/ name=(\S+) /g)].map(([, name]) => name).sort();
}

async function memoryOf(r: Talk, name: string): Promise<number> {
  const list = String(await r('CLIENT LIST'));
  return Number(new RegExp(` name=${name} .* tot-mem=(\\d+)`).exec(list)?.[1] ?? 0);
}

/** A client of a name, whose request of so many bytes has come in part. */
async function heavy(r: Talk, name: string, bytes: number): Promise<Talk> {
  const client = await r.client();
  await client(['CLIENT', 'SETNAME', name]);
  client.wire.send(begun(bytes));
  for (let tries = 0; (await memoryOf(r, name)) < bytes && tries < 10_000; tries++);
  return client;
}

/** Keeps the client that asks, lets body run, and takes all limits away. */
async function limited(r: Talk, body: () => Promise<void>): Promise<void> {
  await r('CLIENT SETNAME me');
  await r('CLIENT NO-EVICT on');
  try {
    await body();
  } finally {
    await r('CONFIG SET maxmemory-clients 0 maxmemory 0');
  }
}

/** Waits until no more than these are there: Redis looks at some clients once in a second. */
async function untilLeft(r: Talk, wanted: readonly string[]): Promise<void> {
  let left: string[] = [];
  for (let tries = 0; tries < 200_000; tries++) {
    left = await names(r);
    if (left.length <= wanted.length) break;
  }
  expect(left).toEqual(wanted);
}

everywhere((test) => {
  test('a client holds what it sent of a request that is not complete', async (r) => {
    await heavy(r, 'one', 300_000);
    expect(await memoryOf(r, 'one')).toBeGreaterThan(300_000);
  });

  test('the heaviest leave first, until the others are below the limit', async (r) => {
    await limited(r, async () => {
      await heavy(r, 'small', 100_000);
      await heavy(r, 'medium', 1_000_000);
      await heavy(r, 'large', 4_000_000);
      await r('CONFIG SET maxmemory-clients 3mb');
      await untilLeft(r, ['me', 'medium', 'small']);
      await r('CONFIG SET maxmemory-clients 800kb');
      await untilLeft(r, ['me', 'small']);
    });
  });

  test('a client that asked not to be evicted stays, but counts', async (r) => {
    await limited(r, async () => {
      const stays = await r.client();
      await stays('CLIENT SETNAME stays');
      await stays('CLIENT NO-EVICT on');
      stays.wire.send(begun(2_000_000));
      await heavy(r, 'goes', 200_000);
      for (let tries = 0; (await memoryOf(r, 'stays')) < 2_000_000 && tries < 10_000; tries++);
      await r('CONFIG SET maxmemory-clients 1mb');
      await untilLeft(r, ['me', 'stays']);
    });
  });

  test('the limit may be a part of maxmemory', async (r) => {
    await limited(r, async () => {
      await heavy(r, 'one', 500_000);
      await r('CONFIG SET maxmemory 100mb maxmemory-clients 10%');
      expect(await names(r)).toEqual(['me', 'one']);
      await r('CONFIG SET maxmemory 3mb');
      await untilLeft(r, ['me']);
    });
  });

  test('a percentage of no limit is none', async (r) => {
    await limited(r, async () => {
      await heavy(r, 'one', 500_000);
      await r('CONFIG SET maxmemory-clients 1%');
      expect(await names(r)).toEqual(['me', 'one']);
    });
  });

  test('a client that queues too much is evicted before it gets to EXEC', async (r) => {
    await limited(r, async () => {
      await r('CONFIG SET maxmemory-clients 1mb');
      const client = await r.client();
      await client('CLIENT SETNAME queues');
      await client('MULTI');
      for (let i = 0; i < 4; i++) {
        const ended = await client(['SET', 'k', 'x'.repeat(400_000)]).catch(() => 'ended');
        if (ended === 'ended') break;
      }
      await untilLeft(r, ['me']);
      expect(await r('EXISTS k')).toBe(0);
    });
  });

  test('INFO counts the clients that were evicted', async (r) => {
    await limited(r, async () => {
      await r('CONFIG RESETSTAT');
      await heavy(r, 'one', 1_000_000);
      await r('CONFIG SET maxmemory-clients 500kb');
      await untilLeft(r, ['me']);
      expect(String(await r('INFO stats'))).toMatch(/\r\nevicted_clients:1\r\n/);
      expect(String(await r('INFO stats'))).toMatch(/\r\nevicted_keys:0\r\n/);
    });
  });
});
