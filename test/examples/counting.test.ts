import { beforeAll, beforeEach, expect } from 'vitest';
import type { Client } from '../../client/index.ts';
import { addPlaces, nearest, onMap } from '../../examples/geo-search.ts';
import { around, award, top } from '../../examples/leaderboard.ts';
import { health, readInfo, slowCommands } from '../../examples/monitoring.ts';
import * as fixed from '../../examples/rate-limit-fixed.ts';
import * as sliding from '../../examples/rate-limit-sliding.ts';
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

  test('a fixed window lets the limit through, and says how long to wait', async () => {
    const allow = (): Promise<fixed.Verdict> => fixed.allow(client, 'ada', 2, 60_000);
    expect(await allow()).toEqual({ allowed: true, left: 1, retryAfter: 0 });
    expect(await allow()).toEqual({ allowed: true, left: 0, retryAfter: 0 });
    const refused = await allow();
    expect(refused).toMatchObject({ allowed: false, left: 0 });
    expect(refused.retryAfter).toBeGreaterThan(30_000);
    expect((await fixed.allow(client, 'bob', 2, 60_000)).allowed).toBe(true);
  });

  test('a fixed window ends, however many were refused in it', async () => {
    const allow = (): Promise<fixed.Verdict> => fixed.allow(client, 'ada', 1, 20);
    expect((await allow()).allowed).toBe(true);
    await until(async () => (await allow()).allowed);
  });

  test('a sliding window lets the limit through, and says how long to wait', async () => {
    const allow = (): Promise<fixed.Verdict> => sliding.allow(client, 'ada', 2, 60_000);
    expect(await allow()).toEqual({ allowed: true, left: 1, retryAfter: 0 });
    expect(await allow()).toEqual({ allowed: true, left: 0, retryAfter: 0 });
    const refused = await allow();
    expect(refused).toMatchObject({ allowed: false, left: 0 });
    expect(refused.retryAfter).toBeGreaterThan(30_000);
    expect(await client.zcard('recent:ada')).toBe(2);
  });

  test('a sliding window forgets each request in its turn', async () => {
    const allow = (): Promise<fixed.Verdict> => sliding.allow(client, 'ada', 2, 30);
    expect((await allow()).allowed).toBe(true);
    await host().pass(20);
    expect((await allow()).allowed).toBe(true);
    await host().pass(15); // The first is too old now, the second is not.
    expect((await allow()).allowed).toBe(true);
    expect(await client.zcard('recent:ada')).toBeLessThanOrEqual(2);
  });

  test('a leaderboard knows the best, and the neighbours of anybody', async () => {
    const points = { ada: 50, bob: 40, cid: 30, dot: 20, eve: 10 };
    for (const [player, n] of Object.entries(points)) await award(client, 'board', player, n);
    expect(await award(client, 'board', 'eve', 25.5)).toBe(35.5);
    expect(await top(client, 'board', 2)).toEqual([
      { place: 1, player: 'ada', points: 50 },
      { place: 2, player: 'bob', points: 40 },
    ]);
    expect(await around(client, 'board', 'eve', 1)).toEqual([
      { place: 2, player: 'bob', points: 40 },
      { place: 3, player: 'eve', points: 35.5 },
      { place: 4, player: 'cid', points: 30 },
    ]);
    const first = await around(client, 'board', 'ada', 1);
    expect(first.map(({ player }) => player)).toEqual(['ada', 'bob']);
    expect(await around(client, 'board', 'nobody', 1)).toEqual([]);
  });

  test('what is near comes with its distance, the nearest first', async () => {
    const cafes = { Sperl: [16.3569, 48.1985], Central: [16.3655, 48.2104], Graz: [15.44, 47.07] };
    expect(await addPlaces(client, cafes as unknown as Record<string, [number, number]>)).toBe(3);
    const found = await nearest(client, [16.3658, 48.2103], 5000, 5);
    expect(found.map(({ member }) => member)).toEqual(['Central', 'Sperl']);
    expect(found[0]!.distance).toBeLessThan(50);
    expect(found[1]!.coordinates![0]).toBeCloseTo(16.3569, 3);
    expect(await onMap(client, 'Sperl', 4000, 4000)).toEqual(['Sperl', 'Central']);
  });

  test('health is told in a few numbers', async () => {
    await client.set('k', 'v');
    await client.configResetstat();
    await client.get('k');
    await client.get('none');
    expect(await health(client)).toMatchObject({
      version: '8.0.2',
      memoryBytes: expect.any(Number),
      memoryUsed: null,
      hitRate: 0.5,
      evicted: 0,
      keys: 1,
    });
    const { redis_version, used_memory } = await readInfo(client, 'server');
    expect([redis_version, used_memory]).toEqual(['8.0.2', undefined]);
  });

  test('slow commands are told, the latest first', async () => {
    await client.configSet('slowlog-log-slower-than', 0);
    await client.slowlogReset();
    await client.set('k', 'v');
    await client.lpush('list', 1, 2);
    await client.configSet('slowlog-log-slower-than', 10_000);
    const slow = await slowCommands(client);
    const at = slow.findIndex(({ command }) => command === 'LPUSH list 1 2');
    expect(slow[at + 1]!.command).toBe('SET k v');
    expect(slow[at]!.milliseconds).toBeGreaterThanOrEqual(0);
    expect(slow[at]!.at.getTime()).toBeGreaterThan(Date.UTC(2024, 0));
  });
}, usualKinds);
