import { expect } from 'vitest';
import { everywhere, RedisError, type Talk, type Value } from '../redis.ts';

/** A reply of name, value, name, value... (RESP2), or of pairs (RESP3). */
function mapOf(value: Value): Map<Value, Value> {
  if (value instanceof Map) return value;
  const items = value as Value[];
  const map = new Map<Value, Value>();
  for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
  return map;
}

async function histogram(r: Talk, commands = ''): Promise<Map<Value, Value>> {
  return mapOf(await r(`LATENCY HISTOGRAM ${commands}`));
}

everywhere((test) => {
  test('LATENCY HISTOGRAM counts the calls of what was called', async (r) => {
    await r('CONFIG RESETSTAT');
    expect([...(await histogram(r)).keys()]).toEqual(['config|resetstat']);
    await r('SET a x');
    await r('SET b x');
    const told = mapOf((await histogram(r)).get('set')!);
    expect([...told.keys()]).toEqual(['calls', 'histogram_usec']);
    expect(told.get('calls')).toBe(2);
    const buckets = [...mapOf(told.get('histogram_usec')!)] as [number, number][];
    expect(buckets.at(-1)![1]).toBe(2);
    for (let i = 1; i < buckets.length; i++) {
      expect(buckets[i][0]).toBeGreaterThan(buckets[i - 1][0]);
      expect(buckets[i][1]).toBeGreaterThan(buckets[i - 1][1]);
    }
  });

  test('LATENCY HISTOGRAM is of the commands named, in that order, as often as named', async (r) => {
    await r('CONFIG RESETSTAT');
    await r('SET a x');
    await r('GET a');
    expect([...(await histogram(r, 'get nosuch SET mget')).keys()]).toEqual(['get', 'set']);
    expect((await histogram(r, 'nosuch')).size).toBe(0);
    expect(await r.raw('LATENCY HISTOGRAM nosuch')).toBe(r.resp3 ? '%0\r\n' : '*0\r\n');
    const twice = await r.raw('LATENCY HISTOGRAM get get');
    expect(twice.startsWith(r.resp3 ? '%2\r\n' : '*4\r\n')).toBe(true);
  });

  test('LATENCY HISTOGRAM of a container is that of its subcommands', async (r) => {
    await r('CONFIG RESETSTAT');
    await r('CLIENT ID');
    await r('CLIENT GETNAME');
    expect([...(await histogram(r, 'client')).keys()].sort()).toEqual([
      'client|getname',
      'client|id',
    ]);
    expect([...(await histogram(r, 'CLIENT|ID')).keys()]).toEqual(['client|id']);
    expect((await histogram(r, 'client|nosuch')).size).toBe(0);
  });

  test('LATENCY LATEST, HISTORY and GRAPH tell of commands over the threshold', async (r) => {
    await r('LATENCY RESET');
    await r('CONFIG SET latency-monitor-threshold 2');
    await r('DEBUG SLEEP 0.005');
    await r('CONFIG SET latency-monitor-threshold 0');
    const latest = (await r('LATENCY LATEST')) as [string, number, number, number][];
    const [name, when, last, worst] = latest.find((event) => event[0] === 'command')!;
    expect(name).toBe('command');
    expect(last).toBeGreaterThanOrEqual(5);
    expect(worst).toBe(last);
    expect(await r('LATENCY HISTORY command')).toEqual([[when, last]]);
    const graph = (await r('LATENCY GRAPH command')) as string;
    expect(graph.split('\n').slice(0, 8)).toEqual([
      `command - high ${last} ms, low ${last} ms (all time high ${last} ms)`,
      '-'.repeat(80),
      ' ',
      ' ',
      ' ',
      '_',
      ' ',
      expect.stringMatching(/^\d$/),
    ]);
    expect(graph.endsWith('s\n')).toBe(true);
    expect(await r('LATENCY DOCTOR')).toMatch(/command/);
  });

  test('LATENCY RESET forgets the events named, and says how many there were', async (r) => {
    await r('LATENCY RESET');
    await r('CONFIG SET latency-monitor-threshold 2');
    await r('DEBUG SLEEP 0.005');
    await r('CONFIG SET latency-monitor-threshold 0');
    expect(await r('LATENCY RESET nosuch')).toBe(0);
    expect(await r('LATENCY RESET nosuch command command')).toBe(1);
    expect(await r('LATENCY HISTORY command')).toEqual([]);
    await r.fails('LATENCY GRAPH command', /^ERR No samples available for event 'command'$/);
    await r.fails('LATENCY GRAPH', /wrong number of arguments for 'latency\|graph'/);
  });

  test('LATENCY DOCTOR always has something to say', async (r) => {
    await r('LATENCY RESET');
    expect(await r('LATENCY DOCTOR')).toMatch(/latency-monitor-threshold/);
    await r('CONFIG SET latency-monitor-threshold 100000');
    expect(await r('LATENCY DOCTOR')).toMatch(/\w/);
  });

  test('MEMORY USAGE is a number for a key and null without one', async (r) => {
    await r('SET a x');
    await r(['SET', 'long', 'x'.repeat(10000)]);
    const short = (await r('MEMORY USAGE a')) as number;
    expect(short).toBeGreaterThan(1);
    expect(await r('MEMORY USAGE long')).toBeGreaterThan(10000);
    expect(await r('MEMORY USAGE long')).toBeLessThan(11000);
    expect(await r('MEMORY USAGE nosuch')).toBeNull();
    for (const samples of ['0', '1', '9999999999']) {
      expect(await r(`MEMORY USAGE a SAMPLES ${samples}`)).toBe(short);
    }
    expect(await r('MEMORY USAGE a samples 0 SAMPLES 3')).toBe(short);
  });

  test('MEMORY USAGE reads its options before it looks for the key', async (r) => {
    for (const options of ['SAMPLES', 'SAMPLES -1', 'nosuch 1', 'SAMPLES 1 SAMPLES', '1']) {
      await r.fails(`MEMORY USAGE nosuch ${options}`, /^ERR syntax error$/);
    }
    for (const count of ['x', '1.5', '99999999999999999999']) {
      await r.fails(`MEMORY USAGE nosuch SAMPLES ${count} x`, /^ERR value is not an integer/);
    }
  });

  test('MEMORY PURGE, DOCTOR and MALLOC-STATS answer', async (r) => {
    expect(await r('MEMORY PURGE')).toBe('OK');
    expect(await r('MEMORY DOCTOR')).toMatch(/\w/);
    expect(await r('MEMORY MALLOC-STATS')).toMatch(/\w/);
  });

  test('MEMORY STATS lists every database that has keys', async (r) => {
    expect([...mapOf(await r('MEMORY STATS')).keys()].filter(isDatabase)).toEqual([]);
    await r('SET a x EX 100');
    await r('SELECT 2');
    await r('SET a x');
    const stats = mapOf(await r('MEMORY STATS'));
    expect([...stats.keys()].filter(isDatabase)).toEqual(['db.0', 'db.2']);
    expect([...mapOf(stats.get('db.0')!).keys()]).toEqual([
      'overhead.hashtable.main',
      'overhead.hashtable.expires',
    ]);
    expect(stats.get('keys.count')).toBe(2);
    if (r.resp3) expect(typeof stats.get('peak.percentage')).toBe('number');
  });
});

function isDatabase(name: Value): boolean {
  return /^db\.\d/.test(String(name));
}

everywhere(
  (test) => {
    test('LATENCY HISTORY keeps the worst of each second, and 160 of them', async (r) => {
      const { latency } = r.server;
      await r('CONFIG SET latency-monitor-threshold 10');
      r.clock.freeze();
      r.clock.set(1_000_000_000_000);
      latency.add('fork', 9);
      latency.add('fork', 20);
      latency.add('fork', 30);
      latency.add('fork', 25);
      expect(await r('LATENCY HISTORY fork')).toEqual([[1_000_000_000, 30]]);
      for (let i = 0; i < 170; i++) {
        r.clock.advance(1000);
        latency.add('fork', 10 + i);
      }
      const history = (await r('LATENCY HISTORY fork')) as Value[];
      expect(history).toHaveLength(160);
      expect(history[0]).toEqual([1_000_000_011, 20]);
      latency.add('fork', 500);
      r.clock.advance(1000);
      latency.add('fork', 11);
      expect(await r('LATENCY LATEST')).toEqual([['fork', 1_000_000_171, 11, 500]]);
    });

    test('LATENCY GRAPH labels samples with their age', async (r) => {
      const { latency } = r.server;
      await r('CONFIG SET latency-monitor-threshold 1');
      r.clock.freeze();
      r.clock.set(1_000_000_000_000); // Long before anything is due.
      const day = 24 * 60 * 60 * 1000;
      for (const [ms, wait] of [
        [100, 2 * day],
        [200, 3 * 60 * 60 * 1000],
        [800, 125_000],
        [400, 59_000],
        [100, 1000],
      ]) {
        latency.add('fork', ms);
        r.clock.advance(wait);
      }
      expect(await r('LATENCY GRAPH fork')).toBe(
        [
          'fork - high 800 ms, low 100 ms (all time high 800 ms)',
          '-'.repeat(80),
          '  #  ',
          '  |  ',
          '  |# ',
          '_o||_',
          '     ',
          '23311',
          'dhmms',
          '',
        ].join('\n'),
      );
    });

    test('a transaction keeps what LATENCY GRAPH refuses', async (r) => {
      await r('MULTI');
      await r('LATENCY GRAPH nosuch');
      const [refused] = (await r('EXEC')) as Value[];
      expect(refused).toBeInstanceOf(RedisError);
    });
  },
  { skip: { real: 'the clock is moved', tcp: 'the same server' } },
);
