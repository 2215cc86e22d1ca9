import { afterEach, expect, test, vi } from 'vitest';
import { createClient } from '../../client/index.ts';
import { startServer } from '../../server/index.ts';

afterEach(() => vi.useRealTimers());

test('a server goes on answering and expiring while a test fakes timers', async () => {
  await using server = await startServer();
  await using client = createClient(server.url);
  vi.useFakeTimers({
    toFake: ['setTimeout', 'setImmediate', 'clearTimeout', 'Date', 'performance'],
  });
  expect(await client.call('SET', 'k', 'v', 'PX', 60_000)).toBe('OK');
  server.clock.advance(60_001);
  expect(await client.call('GET', 'k')).toBe(null);
  expect(Number(((await client.call('TIME')) as string[])[0])).toBeGreaterThan(1_700_000_000);
});

test('the clock moves everything that waits, over a socket too', async () => {
  await using server = await startServer();
  await using client = createClient(server.url);
  server.clock.freeze();
  await client.call('SET', 'session', 'ada', 'EX', 60);
  server.clock.advance(60_000);
  expect(await client.call('GET', 'session')).toBe('ada');
  server.clock.advance(1);
  expect(await client.call('DBSIZE')).toBe(0);
});
