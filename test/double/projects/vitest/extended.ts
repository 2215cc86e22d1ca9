// Tests that get their server from the context.

import { createClient } from '../../../../client/index.ts';
import { expect, serverTest, test } from '../../../../server/double/vitest.ts';

let url = '';
let drawn: string[] = [];

test('a first test changes everything it can', async ({ server }) => {
  url = server.url;
  await using client = createClient(url);
  for (let i = 0; i < 100; i++) await client.sadd('members', `m${i}`);
  drawn = await client.srandmember('members', 10);
  await client.configSet({ 'maxmemory-policy': 'allkeys-lru' });
  server.clock.freeze();
  await server.clock.advance(1e9);
  await client.call('CLIENT', 'PAUSE', 1e9, 'WRITE');
  server.faults.add({ command: 'DBSIZE', error: 'BUSY' });
  server.intercept('GET', () => 'intercepted');
  expect(await client.get('anything')).toBe('intercepted');
});

test('a second one finds the same server as the first did', async ({ server }) => {
  expect(server.url).toBe(url);
  await using client = createClient(url);
  expect(await client.dbsize()).toBe(0);
  expect(await client.get('anything')).toBe(null);
  expect(await client.configGet('maxmemory-policy')).toEqual({ 'maxmemory-policy': 'noeviction' });
  expect(Math.abs(server.clock.tick() - Date.now())).toBeLessThan(100_000);
  for (let i = 0; i < 100; i++) await client.sadd('members', `m${i}`);
  expect(await client.srandmember('members', 10)).toEqual(drawn);
});

test('a third one ends it', ({ server }) => server.close());

test('a fourth one has another', async ({ server }) => {
  await using client = createClient(server.url);
  expect(await client.dbsize()).toBe(0);
});

const alone = serverTest({ per: 'test', seed: 7, prepare: (server) => server.clock.freeze() });
const seen = new Set<string>();

for (const name of ['one', 'another']) {
  alone(`a server for each test: ${name}`, ({ server }) => {
    expect(server.random.seed).toBe(7);
    expect(server.clock.isFrozen).toBe(true);
    seen.add(server.url);
  });
}

alone('they are not the same', () => expect(seen.size).toBe(2));
