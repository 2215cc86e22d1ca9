// What scripts cost: small ones as redis-benchmark sends them, and long ones one after the other.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Cell, Sample } from './result.ts';
import { ask, type Contender, cpuMicros, startOurs, startRedis } from './servers.ts';

const run = promisify(execFile);

const DEPTH = 16;
const KEY = 'key:__rand_int__'; // redis-benchmark puts a number in.
const GET = "redis.call('get', KEYS[1])";
const LIBRARY = `#!lua name=bench
redis.register_function('get', function(KEYS) return ${GET} end)`;
const FIB = 'local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end';

/** What is sent, and how often. */
const SMALL: readonly [test: string, requests: number, ...argv: string[]][] = [
  ['eval return 1', 500_000, 'EVAL', 'return 1', '0'],
  ['eval get', 500_000, 'EVAL', `return ${GET}`, '1', KEY],
  ['fcall get', 500_000, 'FCALL', 'get', '1', KEY],
];
const LONG: readonly [test: string, requests: number, script: string][] = [
  ['eval 1000 calls', 1000, `for i = 1, 1000 do ${GET} end`],
  ['eval 10M steps', 5, 'local n = 0 for i = 1, 10000000 do n = n + i end return n'],
  ['eval fib(27)', 10, `${FIB} return fib(27)`],
  ['eval table of 1M', 5, 'local t = {} for i = 1, 1000000 do t[i] = i end return #t'],
];

async function sampled(
  server: Contender,
  requests: number,
  send: () => Promise<unknown>,
): Promise<Sample> {
  const before = await cpuMicros(server);
  const start = performance.now();
  await send();
  const seconds = (performance.now() - start) / 1000;
  const micros = (await cpuMicros(server)) - before;
  return { perSecond: requests / seconds, cpuMicros: micros / requests };
}

async function many(
  benchmark: string,
  { host, port }: Contender,
  requests: number,
  argv: readonly string[],
): Promise<void> {
  const numbers = { p: port, c: 50, P: DEPTH, n: requests, r: 100_000 };
  const options = Object.entries(numbers).flatMap(([letter, n]) => [`-${letter}`, String(n)]);
  const { stdout } = await run(benchmark, ['-h', host, '--csv', ...options, ...argv]);
  if (!/,"[\d.]+"/.test(stdout)) throw new Error(`redis-benchmark said:\n${stdout}`);
}

async function oneByOne(server: Contender, requests: number, script: string): Promise<void> {
  for (let i = 0; i < requests; i++) await ask(server, 'EVAL', script, '1', 'key:000000000001');
}

/** One server's samples, in the order of the cells; each test runs once before it counts. */
async function measureOne(server: Contender, benchmark: string, share: number): Promise<Sample[]> {
  await many(benchmark, server, 300_000, ['SET', KEY, 'x'.repeat(16)]);
  await ask(server, 'FUNCTION', 'LOAD', LIBRARY);
  const samples: Sample[] = [];
  for (const [, most, ...argv] of SMALL) {
    const requests = Math.ceil(most * share);
    await many(benchmark, server, Math.max(requests / 3, 100_000), argv);
    samples.push(await sampled(server, requests, () => many(benchmark, server, requests, argv)));
  }
  for (const [, most, script] of LONG) {
    const requests = Math.ceil(most * share);
    await oneByOne(server, Math.ceil(requests / 3), script);
    samples.push(await sampled(server, requests, () => oneByOne(server, requests, script)));
  }
  return samples;
}

/** Measures both servers by turns; `share` is how much of the usual number of requests is sent. */
export async function measureScripts(
  node: string,
  benchmark: string,
  rounds: number,
  share: number,
): Promise<Cell[]> {
  const cells = [...SMALL, ...LONG].map(([test, most], i): Cell => {
    const pipeline = i < SMALL.length ? DEPTH : 1;
    return { test, pipeline, requests: Math.ceil(most * share), ours: [], redis: [] };
  });
  for (let round = 0; round < rounds; round++) {
    for (const [who, start] of [
      ['ours', () => startOurs(node)],
      ['redis', startRedis],
    ] as const) {
      const server = await start();
      const samples = await measureOne(server, benchmark, share);
      for (const [i, sample] of samples.entries()) cells[i][who].push(sample);
      await server.stop();
    }
  }
  return cells;
}
