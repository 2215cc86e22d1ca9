import { expect, test as plainTest } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { drawMap } from '../../server/lolwut.ts';
import { Server } from '../../server/server.ts';
import { everywhere } from '../redis.ts';
import { inProcess } from '../wire.ts';

everywhere((test) => {
  test('DBSIZE counts the keys of the database at hand', async (r) => {
    expect(await r('DBSIZE')).toBe(0);
    await r('MSET a 1 b 2');
    await r('SELECT 1');
    await r('SET c 3');
    expect(await r('DBSIZE')).toBe(1);
    await r.fails('DBSIZE now', /wrong number of arguments for 'dbsize' command/);
  });

  test('FLUSHDB empties one database, FLUSHALL all of them', async (r) => {
    await r('MSET a 1 b 2');
    await r('SELECT 1');
    await r('SET c 3 PX 100000');
    expect(await r('FLUSHDB')).toBe('OK');
    expect(await r('DBSIZE')).toBe(0);
    await r('SET c 3');
    expect(await r('FLUSHALL ASYNC')).toBe('OK');
    expect(await r('DBSIZE')).toBe(0);
    await r('SELECT 0');
    expect(await r('DBSIZE')).toBe(0);
    expect(await r('SET c 4')).toBe('OK');
    expect(await r('TTL c')).toBe(-1);
  });

  test('FLUSHALL and FLUSHDB take SYNC or ASYNC and nothing else', async (r) => {
    for (const name of ['FLUSHALL', 'FLUSHDB']) {
      for (const type of ['sync', 'SYNC', 'Async']) expect(await r([name, type])).toBe('OK');
      for (const rest of ['NOW', 'SYNC ASYNC', '""']) {
        await r.fails(`${name} ${rest}`, /^ERR syntax error$/);
      }
    }
  });

  test('INFO counts what a flush frees in the background', async (r) => {
    const freed = async () => {
      for (;;) {
        const info = String(await r('INFO'));
        const done = /\nlazyfree_pending_objects:0\r\nlazyfreed_objects:(\d+)\r/.exec(info);
        if (done !== null) return done[1]; // Otherwise the real one is still at it.
      }
    };
    await r('CONFIG RESETSTAT');
    const flush = async (command: string, transaction: boolean) => {
      await r('MSET a 1 b 2');
      if (transaction) await r('MULTI');
      await r(command);
      if (transaction) await r('EXEC');
      return freed();
    };
    expect(await flush('FLUSHALL', false)).toBe('2');
    expect(await flush('FLUSHDB SYNC', false)).toBe('4');
    expect(await flush('FLUSHALL SYNC', true)).toBe('4');
    expect(await flush('FLUSHALL', true)).toBe('4');
    expect(await flush('FLUSHDB ASYNC', true)).toBe('6');
    await r('CONFIG SET lazyfree-lazy-user-flush yes');
    expect(await flush('FLUSHDB', true)).toBe('8');
  });

  test('a transaction that watches a key fails when the database is flushed', async (r) => {
    const other = await r.client();
    await r('SET here 1');
    for (const flush of ['FLUSHDB', 'FLUSHALL']) {
      await r('SET here 1');
      await r('WATCH here');
      await other(flush);
      await r('MULTI');
      await r('PING');
      expect(await r('EXEC'), flush).toBeNull();
    }
    await r('WATCH missing');
    await other('FLUSHALL');
    await r('MULTI');
    await r('PING');
    expect(await r('EXEC')).toEqual(['PONG']);
  });

  test('SWAPDB exchanges what two databases hold, expiries included', async (r) => {
    await r('SET a zero PX 100000');
    await r('SELECT 3');
    await r('MSET a three b three');
    expect(await r('SWAPDB 0 3')).toBe('OK');
    expect(await r('GET a')).toBe('zero');
    expect(await r('PTTL a')).toBeGreaterThan(0);
    expect(await r('DBSIZE')).toBe(1);
    await r('SELECT 0');
    expect(await r('MGET a b')).toEqual(['three', 'three']);
    expect(await r('TTL a')).toBe(-1);
    expect(await r('SWAPDB 0 0')).toBe('OK');
  });

  test('SWAPDB refuses what is no number of a database', async (r) => {
    await r.fails('SWAPDB x 0', /^ERR invalid first DB index$/);
    await r.fails('SWAPDB x y', /^ERR invalid first DB index$/);
    await r.fails('SWAPDB 0 2147483648', /^ERR invalid second DB index$/);
    await r.fails('SWAPDB 0 16', /^ERR DB index is out of range$/);
    await r.fails('SWAPDB -1 0', /^ERR DB index is out of range$/);
  });

  test('a transaction notices that SWAPDB changed the key it watches', async (r) => {
    const other = await r.client();
    await other('SELECT 1');
    await other('SET k 1');
    await r('WATCH k');
    await other('SWAPDB 0 1');
    await r('MULTI');
    await r('GET k');
    expect(await r('EXEC')).toBeNull();
    expect(await r('GET k')).toBe('1');
  });

  test('TIME is now, in seconds and microseconds, and goes on', async (r) => {
    const before = Date.now();
    const [seconds, micros] = (await r('TIME')) as [string, string];
    const ms = Number(seconds) * 1000 + Number(micros) / 1000;
    expect(Math.abs(ms - before)).toBeLessThan(60_000);
    expect(micros).toMatch(/^\d{1,6}$/);
    const [later, laterMicros] = (await r('TIME')) as [string, string];
    expect(Number(later) * 1e6 + Number(laterMicros)).toBeGreaterThanOrEqual(ms * 1000 - 1);
  });

  test('TIME stands still inside a transaction', async (r) => {
    await r('MULTI');
    await r('TIME');
    await r('DEBUG SLEEP 0.002');
    await r('TIME');
    const [first, , second] = (await r('EXEC')) as string[][];
    expect(second).toEqual(first);
  });

  test('LOLWUT ends with the version, and wants a number behind VERSION', async (r) => {
    expect(await r('LOLWUT')).toMatch(/Redis ver\. 8\.0\.2\n+$/);
    expect(await r('LOLWUT VERSION 7')).toMatch(/Redis ver\. 8\.0\.2\n+$/);
    expect((await r.raw('LOLWUT'))[0]).toBe(r.resp3 ? '=' : '$');
    await r.fails('LOLWUT VERSION x', /^ERR value is not an integer or out of range$/);
  });

  test('SHUTDOWN refuses options that contradict each other, and nothing happens', async (r) => {
    for (const options of ['x', 'SAVE NOSAVE', 'ABORT NOW', 'NOSAVE ABORT', 'FORCE ABORT', '""']) {
      await r.fails(`SHUTDOWN ${options}`, /^ERR syntax error$/);
    }
    await r.fails('SHUTDOWN ABORT', /^ERR No shutdown in progress\.$/);
    await r('MULTI');
    await r.fails('SHUTDOWN', /^ERR Command not allowed inside a transaction$/);
    await r.fails('EXEC', /^EXECABORT/);
    expect(await r('PING')).toBe('PONG');
  });
});

plainTest('SHUTDOWN ends the connection without a reply, after what was said before', async () => {
  const server = new Server(new Config(), {});
  let ended = 0;
  server.onShutdown = () => {
    ended++;
    server.close();
  };
  const wire = inProcess(server);
  wire.send('PING\r\nSHUTDOWN NOSAVE NOW FORCE\r\nPING\r\n');
  expect(await wire.toEnd()).toBe('+PONG\r\n');
  expect(ended).toBe(1);
});

plainTest('SHUTDOWN SAVE does not pretend to have saved, unless it is forced', async () => {
  const server = new Server(new Config(), {});
  let ended = 0;
  server.onShutdown = () => ended++;
  const wire = inProcess(server);
  const reply = await wire.ask('SHUTDOWN', 'SAVE');
  expect(reply.text).toBe('ERR Errors trying to SHUTDOWN. Check logs.');
  expect(ended).toBe(0);
  wire.send('SHUTDOWN SAVE FORCE\r\n');
  expect(await wire.toEnd()).toBe('');
  expect(ended).toBe(1);
  server.close();
});

plainTest('the same chances draw the same map, others another', () => {
  const chances = (start: number) => () => (start = (start * 16807 + 11) % 2147483647) / 2147483647;
  const map = drawMap(chances(1));
  expect(drawMap(chances(1))).toBe(map);
  expect(drawMap(chances(2))).not.toBe(map);
  const lines = Buffer.from(map, 'latin1').toString('utf8').split('\n');
  expect(lines).toHaveLength(17);
  for (const line of lines.slice(0, 16)) expect(line).toMatch(/^[\u2800-\u28ff]{60}$/);
});
