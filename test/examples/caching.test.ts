import { beforeAll, beforeEach, expect } from 'vitest';
import type { Client } from '../../client/index.ts';
import * as cacheAside from '../../examples/cache-aside.ts';
import * as sessions from '../../examples/sessions.ts';
import { refreshedEarly } from '../../examples/stampede-early.ts';
import { computedOnce } from '../../examples/stampede-lock.ts';
import * as twoLevels from '../../examples/two-level-cache.ts';
import * as writeBehind from '../../examples/write-behind.ts';
import * as writeThrough from '../../examples/write-through.ts';
import { describeKinds, usualKinds } from '../client/servers.ts';
import { until } from './until.ts';

describeKinds(({ host, test }) => {
  let client: Client;
  beforeAll(() => {
    client = host()?.create();
  });
  beforeEach(async () => {
    await client?.flushall();
  });

  test('cache-aside asks the source once, until it is told to forget', async () => {
    let asked = 0;
    const load = async (): Promise<{ asked: number }> => ({ asked: ++asked });
    const read = (): Promise<unknown> => cacheAside.cached(client, 'page', 60, load);
    expect([await read(), await read()]).toEqual([{ asked: 1 }, { asked: 1 }]);
    expect(await client.ttl('page')).toBeGreaterThan(50);
    await cacheAside.forget(client, 'page', 'none');
    expect(await read()).toEqual({ asked: 2 });
  });

  test('cache-aside asks again when the time is over', async () => {
    let asked = 0;
    const load = async (): Promise<number> => ++asked;
    await cacheAside.cached(client, 'page', 60, load);
    await client.pexpire('page', 10);
    await host().pass(20);
    expect(await cacheAside.cached(client, 'page', 60, load)).toBe(2);
  });

  test('write-through shows what was written, and never an older version', async () => {
    let version = 0;
    const source = { write: async () => ++version };
    expect(await writeThrough.read(client, '7')).toBe(null);
    await writeThrough.save(client, source, '7', { name: 'ada' });
    await writeThrough.save(client, source, '7', { name: 'Ada' });
    expect(await writeThrough.keep(client, 'user:7', 1, { name: 'ada' })).toBe(false);
    expect(await writeThrough.read(client, '7')).toEqual({ name: 'Ada' });
    expect(await client.ttl('user:7')).toBeGreaterThan(3000);
  });

  test('write-behind writes each record once, and again if it changed meanwhile', async () => {
    const written: string[] = [];
    await writeBehind.save(client, '7', { name: 'ada', visits: 1 });
    await writeBehind.save(client, '7', { visits: 2 });
    const flush = (between?: () => Promise<void>): Promise<number> => {
      return writeBehind.flush(client, async (id, { name, visits }) => {
        written.push(`${id} ${name} ${visits}`);
        await between?.();
      });
    };
    expect(await flush(() => writeBehind.save(client, '7', { visits: 3 }))).toBe(0);
    expect([await flush(), await flush()]).toEqual([1, 0]);
    expect(written).toEqual(['7 ada 2', '7 ada 3']);
  });

  test('of many who find nothing, one computes', async () => {
    let computed = 0;
    const compute = async (): Promise<number> => {
      await client.ping();
      return ++computed;
    };
    const asking = Array.from({ length: 10 }, () => computedOnce(client, 'dear', 60, compute));
    expect(new Set(await Promise.all(asking))).toEqual(new Set([1]));
    expect(await client.exists('dear:lock')).toBe(0);
  });

  test('a computation that fails lets the next one try', async () => {
    const fails = computedOnce(client, 'dear', 60, () => Promise.reject(new Error('no luck')));
    await expect(fails).rejects.toThrow('no luck');
    expect(await computedOnce(client, 'dear', 60, async () => 2)).toBe(2);
  });

  test('by chance a value is computed before it expires', async () => {
    let computed = 0;
    const compute = async (): Promise<number> => ++computed;
    const read = (chance: number): Promise<number> => {
      return refreshedEarly(client, 'dear', 60, compute, { chance: () => chance });
    };
    expect([await read(0.5), await read(0.5)]).toEqual([1, 1]);
    await client.hset('dear', { cost: 30_000 }); // Half a minute to compute, a minute to live.
    expect(await read(0.5)).toBe(1); // -ln(0.5) of 30 s is 21 s before the end.
    expect(await read(0.9)).toBe(2); // -ln(0.1), 69 s: more than there is.
  });

  test('a session that is a string lives on as long as it is read', async () => {
    const id = await sessions.open(client, { user: 'ada' });
    await client.expire(`session:${id}`, 10);
    expect(await sessions.load(client, id)).toEqual({ user: 'ada' });
    expect(await client.ttl(`session:${id}`)).toBeGreaterThan(1000);
    expect(await sessions.store(client, id, { user: 'bob' })).toBe(true);
    expect(await sessions.load(client, id)).toEqual({ user: 'bob' });
    await sessions.close(client, id);
    expect(await sessions.store(client, id, {})).toBe(false);
    expect(await sessions.load(client, id)).toBe(null);
  });

  test('a session that is a hash takes changes of its fields, and none when it is over', async () => {
    const id = await sessions.openFields(client, { user: 'ada' });
    await Promise.all([
      sessions.storeField(client, id, 'theme', 'dark'),
      sessions.storeField(client, id, 'basket', '3'),
    ]);
    expect(await sessions.loadFields(client, id)).toEqual({
      user: 'ada',
      theme: 'dark',
      basket: '3',
    });
    await client.pexpire(`session:${id}`, 10);
    await host().pass(20);
    expect(await sessions.storeField(client, id, 'theme', 'light')).toBe(false);
    expect(await sessions.loadFields(client, id)).toBe(null);
  });

  test('a cache in two levels answers from here until somebody changes the key', async () => {
    await using local = twoLevels.openTwoLevels(host().where);
    let loaded = 0;
    const load = async (id: string): Promise<string> => `${id} ${++loaded}`;
    const read = (): Promise<string> => twoLevels.product(local, 'tea', load);
    expect(await read()).toBe('tea 1');
    await until(async () => (await read()) === 'tea 1' && twoLevels.hitRate(local) > 0);
    await twoLevels.productChanged(client, 'tea');
    await until(async () => (await read()) === 'tea 2');
    expect(loaded).toBe(2);
  });
}, usualKinds);
