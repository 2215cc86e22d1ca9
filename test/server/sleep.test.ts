// DEBUG SLEEP: the server stands still, and the program around it does not.

import { expect } from 'vitest';
import { everywhere } from '../redis.ts';

everywhere((test) => {
  test('what others ask while the server sleeps is answered when it wakes, in order', async (r) => {
    const [a, b] = [await r.client(), await r.client()];
    await r('RPUSH order start');
    const slept = r('DEBUG SLEEP 0.03');
    const asked = [a('RPUSH order a'), b('RPUSH order b'), a('RPUSH order c')];
    expect(await slept).toBe('OK');
    expect((await Promise.all(asked)).toSorted()).toEqual([2, 3, 4]);
    const order = (await r('LRANGE order 0 -1')) as string[];
    expect(order.indexOf('a')).toBeLessThan(order.indexOf('c'));
  });

  test('what stands behind DEBUG SLEEP in a pipeline waits for it', async (r) => {
    r.wire.send('SET k 1\r\nDEBUG SLEEP 0.01\r\nINCR k\r\nDEBUG SLEEP 0.01\r\nINCR k\r\n');
    for (const reply of ['OK', 'OK', '2', 'OK', '3'])
      expect((await r.wire.next()).text).toBe(reply);
  });

  test('a transaction sleeps and sees one time', async (r) => {
    await r('SET k v PX 60000');
    await r('MULTI');
    await r('TIME');
    await r('DEBUG SLEEP 0.01');
    await r('TIME');
    const [before, ok, after] = (await r('EXEC')) as [string[], string, string[]];
    expect(ok).toBe('OK');
    expect(after).toEqual(before);
  });

  test('the sleep is in the slow log, for as long as it was', async (r) => {
    await r('CONFIG SET slowlog-log-slower-than 9000');
    await r('SLOWLOG RESET');
    await r('DEBUG SLEEP 0.01');
    const [[, , micros, argv]] = (await r('SLOWLOG GET')) as [[number, number, number, string[]]];
    expect(argv).toEqual(['DEBUG', 'SLEEP', '0.01']);
    expect(micros).toBeGreaterThanOrEqual(9_000);
  });
});

everywhere((test) => {
  const ours = { skip: { real: 'it looks at the program around the server' } };

  test('the program goes on, and nothing expires, times out or is said', ours, async (r) => {
    const [waiting, late] = [await r.client(), await r.client()];
    await r('SET soon 1 PX 5');
    let popped = false;
    const pop = waiting('BLPOP nothing 0.005').then(() => {
      popped = true;
    });
    await late('PING');
    const slept = r('DEBUG SLEEP 0.05');
    let answered = false;
    while (r.server.asleep === null) await new Promise((resolve) => setImmediate(resolve));
    const ping = late('PING').then(() => {
      answered = true;
    });
    while (r.server.asleep !== null) {
      expect([popped, answered]).toEqual([false, false]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await slept).toBe('OK');
    await Promise.all([ping, pop]);
    expect(await r('EXISTS soon')).toBe(0);
  });

  test('who leaves while sleeping leaves the others to be served', ours, async (r) => {
    const sleeper = await r.connect();
    sleeper.send('DEBUG SLEEP 0.02\r\n');
    while (r.server.asleep === null) await new Promise((resolve) => setImmediate(resolve));
    sleeper.close();
    expect(await r('PING')).toBe('PONG');
  });

  test('where time stands still, it is only moved', ours, async (r) => {
    r.clock.freeze();
    const before = r.clock.ms;
    expect(await r('DEBUG SLEEP 5')).toBe('OK');
    expect(r.clock.ms - before).toBe(5000);
  });
});
