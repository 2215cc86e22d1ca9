// What a script does is seen as if its caller had done it: by monitors, those who watch, track or
// listen, and by who counts.

import { expect } from 'vitest';
import { everywhere } from '../redis.ts';

everywhere((test) => {
  test('a watched key that a script changes lets EXEC fail', async (r) => {
    const other = await r.client();
    await other('WATCH k');
    await r("EVAL \"return redis.call('set', 'k', 1)\" 0");
    await other('MULTI');
    await other('PING');
    expect(await other('EXEC')).toBe(null);
  });

  test('a script in a transaction is one of its commands', async (r) => {
    await r('MULTI');
    expect(await r("EVAL \"return redis.call('incr', 'k')\" 0")).toBe('QUEUED');
    await r('EVAL "return redis.call(\'nope\')" 0');
    await r('GET k');
    const replies = (await r('EXEC')) as unknown[];
    expect(replies[0]).toBe(1);
    expect(String(replies[1])).toMatch(/Unknown Redis command called from script/);
    expect(replies[2]).toBe('1');
  });

  test('monitors see the script first, and then its commands', async (r) => {
    const monitor = await r.connect();
    await monitor.ask('MONITOR');
    await r(
      "EVAL \"redis.call('set', 'k', 1) redis.call('select', 3) return redis.call('get', 'k')\" 0",
    );
    const lines: string[] = [];
    for (let i = 0; i < 4; i++) lines.push((await monitor.next()).text.replace(/^[0-9.]+ /, ''));
    monitor.close();
    expect(lines[0]).toMatch(/^\[0 .*\] "EVAL" "redis\.call/);
    expect(lines.slice(1)).toEqual([
      '[0 lua] "set" "k" "1"',
      '[3 lua] "select" "3"',
      '[3 lua] "get" "k"',
    ]);
  });

  test('keys that a script read are tracked for its caller', async (r) => {
    if (!r.resp3) return;
    const other = await r.client();
    const reader = await r.connect();
    await reader.ask('HELLO', '3');
    await reader.ask('CLIENT', 'TRACKING', 'ON');
    await reader.ask('EVAL', "return redis.call('get', 'read')", '2', 'read', 'named');
    await other('SET named x');
    await other('SET read x');
    const told = await reader.next();
    reader.close();
    expect(told.items[1].items.map(({ text }) => text)).toEqual(['read']);
  });

  test('who waits for a key is served when the script has ended', async (r) => {
    const other = await r.client();
    const popped = other('BLPOP list 0');
    while (!((await r('INFO clients')) as string).includes('blocked_clients:1'));
    await r("EVAL \"redis.call('rpush', 'list', 'a') redis.call('lpush', 'list', 'b')\" 0");
    expect(await popped).toEqual(['list', 'b']);
  });

  test('an expired key stays expired, and others do not expire while a script runs', async (r) => {
    const script = `redis.call('set', 'k', 'v', 'px', 1)
      local began = os.clock() while os.clock() - began < 0.005 do end
      return redis.call('get', 'k')`;
    expect(await r(['EVAL', script, 0])).toBe('v');
  });

  test('text that a script cut from a longer one is stored by itself', async (r) => {
    const script = `local s = string.rep('0123456789', 1000)
      redis.call('set', 'cut', string.sub(s, 5, 24)) redis.call('append', 'put', s .. 'x')
      return redis.call('strlen', 'put')`;
    expect(await r(['EVAL', script, 0])).toBe(10001);
    expect(await r('GET cut')).toBe('45678901234567890123');
  });
});
