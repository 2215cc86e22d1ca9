// INFO beside a real server's: the same sections and fields, in the same order, of the same
// kinds; and, where the same was done, the same values.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { type RunningServer, startServer } from '../../server/index.ts';
import { infoText } from '../../server/info.ts';
import { human } from '../../server/info-memory.ts';
import { Server } from '../../server/server.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { overSocket, type Reply, type Wire } from '../wire.ts';

type Section = { title: string; fields: [name: string, value: string][] };

function sectionsOf(text: string): Section[] {
  const sections: Section[] = [];
  for (const line of text.split('\r\n')) {
    if (line.startsWith('# ')) sections.push({ title: line.slice(2), fields: [] });
    else if (line !== '') sections.at(-1)!.fields.push(split(line));
  }
  return sections;
}

function split(line: string): [string, string] {
  // The names of commands and errors hold no colon, other names neither.
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1)];
}

// Their fields depend on what was done; the tests below compare those.
const BY_USE = ['Commandstats', 'Errorstats', 'Latencystats', 'Keyspace', 'Keysizes', 'Modules'];

const KINDS: readonly [string, RegExp][] = [
  ['nothing', /^$/],
  ['hexadecimal', /^[0-9a-f]{8,}$/],
  ['integer', /^-?\d+$/],
  ['decimal', /^-?\d+\.\d{2}$/],
  ['seconds', /^\d+\.\d{6}$/],
  ['percentage', /^\d+\.\d\d%$/],
  ['size', /^\d+(\.\d\d)?[BKMGT]$/],
  ['version', /^\d+\.\d+\.\d+$/],
  ['pairs', /^(\w+=[^,]*)(,\w+=[^,]*)*$/],
];

function kindOf(value: string): string {
  const number = /^\d{8,}$/.test(value) && !/^0+$/.test(value);
  const kind = KINDS.find(([, pattern]) => pattern.test(value));
  return number ? 'integer' : (kind?.[0] ?? 'text');
}

/** Whatever may differ in length or kind from run to run, for reasons that are known. */
function comparable(name: string, value: string): string {
  if (/_(id|sha1|replid|replid2)$/.test(name)) return 'hexadecimal';
  if (name === 'executable') return 'text'; // A library has none.
  return kindOf(value);
}

const here = (await realRedis('8.0.2')) !== null;
if (!here) process.stderr.write(`\n*** INFO NOT COMPARED: ${whyNoRedis('8.0.2')} ***\n\n`);

describe.skipIf(!here)('beside real Redis 8.0.2', () => {
  let real: RealServer;
  let server: RunningServer;
  let theirs: Wire;
  let ours: Wire;
  const folder = mkdtempSync(join(tmpdir(), 'respite-info-'));

  beforeAll(async () => {
    real = (await startReal('8.0.2'))!;
    server = await startServer({ host: '127.0.0.1', port: 0, unixsocket: join(folder, 'socket') });
    theirs = await overSocket(real);
    ours = await overSocket({ host: server.host, port: server.port });
  });
  afterAll(async () => {
    theirs?.close();
    ours?.close();
    await server?.close();
    await real?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function both(...argv: string[]): Promise<[Reply, Reply]> {
    return [await ours.ask(...argv), await theirs.ask(...argv)];
  }

  async function sections(...names: string[]): Promise<[Section[], Section[]]> {
    const [mine, real] = await both('INFO', ...names);
    return [sectionsOf(mine.text), sectionsOf(real.text)];
  }

  /** What commands were counted, in no order, without the times that they took. */
  async function counted(section: string): Promise<[string[], string[]]> {
    const [mine, real] = await sections(section);
    const plain = (found: Section[]) =>
      found[0].fields.map(([n, v]) => `${n}:${v.replace(/usec.*?=[^,]*,/g, '')}`).sort();
    return [plain(mine), plain(real)];
  }

  test('every section has the same fields in the same order', async () => {
    const [mine, real] = await sections('everything', 'debug');
    const names = (found: Section[]) =>
      found.map(({ title, fields }) => [
        title,
        BY_USE.includes(title) ? [] : fields.map((f) => f[0]),
      ]);
    expect(names(mine)).toEqual(names(real));
  });

  test('every field has a value of the same kind', async () => {
    const kinds = (found: Section[]) =>
      found
        .filter(({ title }) => !BY_USE.includes(title))
        .flatMap(({ fields }) => fields.map(([n, v]) => `${n}:${comparable(n, v)}`));
    const [mine, real] = await sections('everything', 'debug');
    expect(kinds(mine)).toEqual(kinds(real));
  });

  test('min-replicas-to-write adds a field', async () => {
    await both('CONFIG', 'SET', 'min-replicas-to-write', '1');
    const [mine, real] = await sections('replication');
    await both('CONFIG', 'SET', 'min-replicas-to-write', '0');
    expect(mine[0].fields.slice(0, 4).map((f) => f[0])).toEqual([
      'role',
      'connected_slaves',
      'min_slaves_good_slaves',
      'master_failover_state',
    ]);
    expect(real[0].fields[2]).toEqual(mine[0].fields[2]);
  });

  test('the same names choose the same sections', async () => {
    const word = fc.constantFrom(
      ...['server', 'CLIENTS', 'Memory', 'persistence', 'threads', 'stats', 'replication', 'cpu'],
      ...['modules', 'module_list', 'commandstats', 'errorstats', 'latencystats', 'cluster'],
      ...['keyspace', 'keysizes', 'debug', 'sentinel', '', 'default', 'ALL', 'everything'],
    );
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 4 }), async (names) => {
        const [mine, real] = await sections(...names);
        expect(mine.map((each) => each.title)).toEqual(real.map((each) => each.title));
      }),
      { numRuns: 60 },
    );
  });

  test('the same calls are counted in the same way', async () => {
    await both('CONFIG', 'RESETSTAT');
    for (const argv of [
      ['SET', 'a', 'x'],
      ['SET', 'a'],
      ['INCR', 'a'],
      ['nosuch'],
      ['CLIENT', 'nosuch'],
      ['CLIENT', 'GETNAME', 'x'],
      ['CLIENT', 'GETNAME'],
      ['MULTI'],
      ['SET', 'a'],
      ['EXEC'],
      ['MULTI'],
      ['INCR', 'a'],
      ['EXEC'],
      ['EXEC'],
      ['AUTH', 'x', 'y'],
      ['HELLO', '9'],
    ]) {
      const [mine, real] = await both(...argv);
      expect(mine.raw).toBe(real.raw);
    }
    for (const section of ['commandstats', 'errorstats']) {
      const [mine, real] = await counted(section);
      expect(mine).toEqual(real);
    }
    const [mine, theirs] = await sections('latencystats');
    const names = ([section]: Section[]) => section.fields.map((field) => field[0]).sort();
    expect(names(mine)).toEqual(names(theirs));
  });

  test('strings of any size are counted in the same bins', async () => {
    const sizes = fc.array(fc.nat(70_000), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(15), async (lengths, db) => {
        await both('FLUSHALL');
        await both('SELECT', String(db));
        for (const [i, length] of lengths.entries()) {
          await both('SET', `key${i}`, 'x'.repeat(length));
        }
        const [mine, real] = await sections('keyspace', 'keysizes');
        expect(mine).toEqual(real);
      }),
      { numRuns: 20 },
    );
    await both('SELECT', '0');
  });

  test('MEMORY STATS has the same fields in the same order', async () => {
    await both('FLUSHALL');
    await both('SET', 'a', 'x');
    const names = ({ items }: Reply) =>
      items.filter((_, i) => i % 2 === 0).map((item) => item.text);
    const types = ({ items }: Reply) =>
      items.filter((_, i) => i % 2 === 1).map((item) => item.type);
    for (const protocol of ['3', '2']) {
      await both('HELLO', protocol);
      const [mine, real] = await both('MEMORY', 'STATS');
      expect(names(mine)).toEqual(names(real));
      expect(types(mine)).toEqual(types(real));
    }
  });
});

function server(): Server {
  return new Server(new Config(), { seed: 1, pid: 4711, executable: '/bin/x' });
}

function field(server: Server, name: string): string | undefined {
  const all = sectionsOf(infoText(server, ['everything', 'debug'])).flatMap((each) => each.fields);
  return all.find((each) => each[0] === name)?.[1];
}

test('uptime and the time are those of the clock', () => {
  const s = server();
  s.clock.freeze();
  s.clock.set(s.startedMs);
  s.clock.advance(61_000);
  expect(field(s, 'uptime_in_seconds')).toBe('61');
  expect(field(s, 'server_time_usec')).toBe(String((s.startedMs + 61_000) * 1000));
  s.close();
});

test('the process is described as it was given', () => {
  const s = server();
  expect(field(s, 'process_id')).toBe('4711');
  expect(field(s, 'executable')).toBe('/bin/x');
  expect(field(s, 'run_id')).toBe(s.runId);
  expect(field(s, 'tcp_port')).toBe('0');
  expect(field(s, 'listener0')).toBeUndefined();
  s.close();
});

test('memory figures fit together', () => {
  const s = server();
  const read = (name: string) => Number(field(s, name));
  expect(read('used_memory')).toBeGreaterThan(100_000);
  expect(read('used_memory_rss')).toBeGreaterThan(read('used_memory'));
  expect(read('used_memory_peak')).toBeGreaterThanOrEqual(read('used_memory_startup'));
  expect(read('used_memory_dataset')).toBeGreaterThanOrEqual(0);
  expect(read('total_system_memory')).toBeGreaterThan(read('used_memory_rss'));
  expect(field(s, 'mem_allocator')).toBe('v8');
  s.close();
});

test('bytes are abbreviated with two digits behind the point', () => {
  expect(
    [0, 1023, 1024, 1536, 711032, 5 * 2 ** 20, 3 * 2 ** 30, 2 ** 50, 2 ** 61].map(human),
  ).toEqual(['0B', '1023B', '1.00K', '1.50K', '694.37K', '5.00M', '3.00G', '1.00P', '2048.00P']);
});

test('error codes from scripts do not break the lines that they stand in', () => {
  const s = server();
  s.stats.countError('A:b#c\r\nd');
  s.stats.countError('Z');
  s.stats.countError('B');
  expect(infoText(s, ['errorstats'])).toBe(
    '# Errorstats\r\nerrorstat_A_b_c__d:count=1\r\nerrorstat_B:count=1\r\nerrorstat_Z:count=1\r\n',
  );
  s.close();
});

test('when there are too many kinds of errors they are no longer told apart', () => {
  const s = server();
  const heard: (readonly string[])[] = [];
  s.stats.onErrorsOverflow = (codes) => heard.push(codes);
  for (let i = 0; i < 1100; i++) s.stats.countError(`E${i}`);
  expect(infoText(s, ['errorstats'])).toBe(
    '# Errorstats\r\nerrorstat_ERRORSTATS_DISABLED:count=1\r\n',
  );
  expect(heard).toHaveLength(1);
  expect(heard[0]).toHaveLength(128);
  expect(field(s, 'total_error_replies')).toBe('1100');
  expect(field(s, 'lazyfreed_objects')).toBe('128');
  s.stats.reset();
  s.stats.countError('ERR');
  expect(infoText(s, ['errorstats'])).toBe('# Errorstats\r\nerrorstat_ERR:count=1\r\n');
  s.close();
});

test('figures per second are the mean of sixteen samples', () => {
  const s = server();
  const { stats } = s;
  for (let i = 0; i < 40; i++) {
    stats.commands += 50;
    stats.countCycle(200);
    stats.sample(1000 + i * 100);
  }
  expect(field(s, 'instantaneous_ops_per_sec')).toBe('500');
  expect(field(s, 'instantaneous_eventloop_cycles_per_sec')).toBe('10');
  expect(field(s, 'instantaneous_eventloop_duration_usec')).toBe('200');
  expect(field(s, 'eventloop_cmd_per_cycle_max')).toBe('50');
  expect(field(s, 'eventloop_duration_sum')).toBe('8000');
  s.close();
});

test('the average time to live is that of the keys that have one', () => {
  const s = server();
  const [db] = s.databases;
  s.clock.freeze();
  for (let i = 0; i < 5000; i++) {
    db.add(`key${i}`, 'x');
    if (i % 2 === 0) db.expireAt(`key${i}`, s.clock.ms + 60_000);
  }
  expect(field(s, 'db0')).toBe('keys=5000,expires=2500,avg_ttl=60000,subexpiry=0');
  s.close();
});

test('sizes of many keys are counted anew when that is cheap beside the time that passed', () => {
  const s = server();
  const { keySizes } = s.stats;
  const [db] = s.databases;
  let now = 0;
  const counting = () => (now += 5); // Each look at the watch is 5 ms after the last.
  for (let i = 0; i < 10_001; i++) db.add(`key${i}`, 'x');
  const one = () => keySizes.fields(db, counting).get('db0_distrib_strings_sizes');
  expect(one()).toBe('1=10001');
  db.add('more', 'xx');
  expect(one()).toBe('1=10001');
  now += 500;
  expect(one()).toBe('1=10001,2=1');
  db.clear();
  expect(one()).toBeUndefined();
  s.close();
});
