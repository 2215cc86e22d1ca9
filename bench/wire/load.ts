// redis-benchmark, and which of its tests we run how.
//
// redis-benchmark names what it can do with -t. Some of those tests need data to be there
// first, some use up what they find, and its LRANGE tests fill their list in the same run, which
// would be charged to LRANGE. So each test here says what has to be loaded before it, and
// whether that must happen anew for every measurement.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ask, type Contender, cpuMicros } from './servers.ts';
import type { Sample } from './result.ts';

const run = promisify(execFile);

export interface Test {
  /** As redis-benchmark's -t spells it. */
  readonly name: string;
  /** The Redis command without which there is nothing to measure. */
  readonly command: string;
  /** About how many GETs one request costs: fewer requests are made of it. */
  readonly weight: number;
  /** What to load before: another test, and how many requests of it (all, if not said). */
  readonly fill: { readonly test: string; readonly requests?: number } | null;
  /** Whether the test grows or uses up the data, so that each measurement starts anew. */
  readonly fresh: boolean;
  /** For tests that are run as a command of our own, its arguments. */
  readonly argv: readonly string[];
}

function test(name: string, command: string, more: Partial<Test> = {}): Test {
  return { name, command, weight: 1, fill: null, fresh: false, argv: [], ...more };
}

function lrange(length: number): Test {
  const fill = { test: 'rpush', requests: length };
  const argv = ['LRANGE', 'mylist', '0', String(length - 1)];
  return test(`lrange_${length}`, 'LRANGE', { weight: length / 10, fill, fresh: true, argv });
}

/** Everything that redis-benchmark does by itself. */
export const tests: readonly Test[] = [
  test('ping_inline', 'PING'),
  test('ping_mbulk', 'PING'),
  test('set', 'SET', { fill: { test: 'set' } }),
  test('get', 'GET', { fill: { test: 'set' } }),
  test('incr', 'INCR', { fill: { test: 'incr' } }),
  test('lpush', 'LPUSH', { fresh: true }),
  test('rpush', 'RPUSH', { fresh: true }),
  test('lpop', 'LPOP', { fill: { test: 'rpush' }, fresh: true }),
  test('rpop', 'RPOP', { fill: { test: 'rpush' }, fresh: true }),
  test('sadd', 'SADD', { fill: { test: 'sadd' } }),
  test('hset', 'HSET', { fill: { test: 'hset' } }),
  test('spop', 'SPOP', { fill: { test: 'sadd' }, fresh: true }),
  test('zadd', 'ZADD', { weight: 2, fill: { test: 'zadd' } }),
  test('zpopmin', 'ZPOPMIN', { weight: 2, fill: { test: 'zadd' }, fresh: true }),
  lrange(100),
  lrange(300),
  lrange(500),
  lrange(600),
  test('mset', 'MSET', { weight: 8, fill: { test: 'mset' } }),
  test('xadd', 'XADD', { weight: 2, fresh: true }),
];

/** What one measurement is to do. */
export interface Load {
  readonly test: Test;
  readonly pipeline: number;
  readonly requests: number;
  readonly seed: number;
}

/** The tests named, in the order of redis-benchmark. Throws for a name that it does not have. */
export function testsNamed(names: readonly string[]): Test[] {
  for (const name of names) {
    if (!tests.some((each) => each.name === name)) throw new Error(`no test is called ${name}`);
  }
  return tests.filter((each) => names.includes(each.name));
}

/** The two servers' tool: drives a load, and says what the server spent on it. */
export class Driver {
  private readonly benchmark: string;
  private readonly filled = new Map<Contender, string>(); // With what, if it is to stay.

  /** `benchmark` is the path of redis-benchmark. */
  constructor(benchmark: string) {
    this.benchmark = benchmark;
  }

  /** Loads what the test needs, runs it, and measures that. */
  async measure(server: Contender, load: Load): Promise<Sample> {
    await this.fill(server, load);
    const before = await cpuMicros(server);
    const perSecond = await this.drive(server, load);
    const after = await cpuMicros(server);
    return { perSecond, cpuMicros: (after - before) / load.requests };
  }

  /** Lets a server meet these loads before they are measured: it compiles, its buffers grow. */
  async warm(server: Contender, loads: readonly Load[]): Promise<void> {
    for (const load of loads) {
      const least = (load.pipeline === 1 ? 10_000 : 200_000) / load.test.weight;
      const requests = Math.ceil(Math.max(least, load.requests / 3));
      await this.measure(server, { ...load, requests });
    }
  }

  private async fill(server: Contender, load: Load): Promise<void> {
    const { fill, fresh } = load.test;
    const filling = fill === null ? '' : fill.test;
    if (!fresh && this.filled.get(server) === filling) return;
    await ask(server, 'FLUSHALL');
    if (fill !== null) {
      const [test] = testsNamed([fill.test]);
      // What a test uses up has to be there once for each request; what it finds, for most keys.
      const requests = fill.requests ?? (fresh ? load.requests : 300_000);
      const range = fresh ? 1_000_000_000 : undefined;
      await this.drive(server, { test, pipeline: 50, requests, seed: load.seed }, range);
    }
    this.filled.set(server, fresh ? '-' : filling);
  }

  /** Requests per second, as redis-benchmark counts them. */
  private async drive(server: Contender, load: Load, range = 100_000): Promise<number> {
    const { test, pipeline, requests, seed } = load;
    const numbers = { c: 50, d: 16, r: range, n: requests, P: pipeline };
    const args = ['-h', server.host, '-p', String(server.port), '--csv', '--seed', String(seed)];
    for (const [letter, value] of Object.entries(numbers)) args.push(`-${letter}`, String(value));
    args.push(...(test.argv.length === 0 ? ['-t', test.name] : test.argv));
    const { stdout } = await run(this.benchmark, args);
    const lines = stdout.trim().split('\n');
    const rate = /^"[^"]*","([\d.]+|inf)"/.exec(lines.at(-1) ?? '')?.[1];
    // Filling a short list takes less time than it can tell.
    const perSecond = rate === 'inf' ? Number.POSITIVE_INFINITY : Number(rate);
    if (!(perSecond > 0)) throw new Error(`redis-benchmark said:\n${stdout}`);
    return perSecond;
  }
}
