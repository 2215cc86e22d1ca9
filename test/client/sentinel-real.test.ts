import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient } from '../../client/index.ts';
import { whyNoRedis } from '../oracle/bring.ts';
import { startWatched, type Watched } from './real-sentinel.ts';

let watched: Watched | null;
beforeAll(async () => {
  watched = await startWatched();
}, 120_000);
afterAll(() => watched?.stop());

test('the master is found, left when it dies, and its successor written to', async (context) => {
  if (watched === null) return context.skip(whyNoRedis('8.0.2'));
  const { sentinels, master, replica } = watched;
  await using client = createClient({ sentinels, master: 'mymaster' });
  await using reader = createClient({ sentinels, master: 'mymaster', readFrom: 'replica' });
  await client.set('k', 'v');
  expect((await client.role())[0]).toBe('master');
  expect((await client.configGet('port')).port).toBe(String(master.port));
  while ((await reader.get('k')) !== 'v');
  expect(await reader.set('k', 'w')).toBe('OK');
  await client.call('WAIT', 1, 1000);
  await master.stop();
  // Asked for while nobody can answer, and answered by the successor.
  expect(await client.get('k')).toBe('w');
  const promoted = async (): Promise<string> => {
    return client.set('k', 'x').then(String, async () => promoted());
  };
  expect(await promoted()).toBe('OK');
  expect((await client.configGet('port')).port).toBe(String(replica.port));
}, 120_000);

test('a name that nobody watches rejects', async (context) => {
  if (watched === null) return context.skip(whyNoRedis('8.0.2'));
  const { sentinels } = watched;
  const client = createClient({ sentinels, master: 'nobody', connectTimeout: 500 });
  await expect(client.connect()).rejects.toThrow();
  expect(String(client.lastError)).toContain('no master is called nobody');
  client.destroy();
});
