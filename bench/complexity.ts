// What an operation costs as its value grows: whether O(1) and O(log N) are what they say.
//
//   node dist/bench/complexity.js [--most 1000000] [--rounds 5] [--calls 20000]
//
// It prints a table and draws docs/complexity.svg, of values of 1000 elements up to a million.
// A server in this process gets its requests as bytes, a hundred in each write, and what is
// counted is the processor time of the process: parsing, the command, and its reply. Of
// several rounds the fastest counts, because whoever else uses the machine can make one only
// slower. Each operation leaves the value as large as it was.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Config } from '../server/config/config.ts';
import { MemoryConnection } from '../server/memory-link.ts';
import { Server } from '../server/server.ts';
import { projectRoot } from '../test/oracle/cache.ts';
import { growthPlot, growthTable, type Line } from './growth/plot.ts';
import { numbers } from './micro/suite.ts';

const { values: flags } = parseArgs({
  options: {
    most: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '5' },
    calls: { type: 'string', default: '20000' },
  },
});
const ROUNDS = Number(flags.rounds);
const CALLS = Number(flags.calls);
const SIZES = [1000, 10_000, 100_000, 1_000_000].filter((size) => size <= Number(flags.most));
const PIPELINE = 100;
const FILL = 500; // Elements in one command that fills a value.

/** A number below `n`, by chance. */
type Below = (n: number) => number;
type Call = readonly (string | number)[];

type Operation = {
  readonly name: string;
  readonly cost: string;
  /** One call, or several that undo each other: each counts as one operation. */
  readonly calls: (size: number, below: Below) => readonly Call[];
};

type Type = {
  readonly name: string;
  /** What adds elements `from` up to `to` to the value at k. */
  readonly fill: (from: number, to: number) => Call;
  readonly operations: readonly Operation[];
};

let fresh = 0; // Numbers of elements that were not there before.

const TYPES: readonly Type[] = [
  {
    name: 'Lists',
    fill: (from, to) => ['RPUSH', 'k', ...range(from, to).map(element)],
    operations: [
      one('LPUSH and RPOP', 'O(1)', () => [
        ['LPUSH', 'k', 'element'],
        ['RPOP', 'k'],
      ]),
      one('LINDEX near an end', 'O(1)', (_, below) => [['LINDEX', 'k', below(20) - 10]]),
    ],
  },
  {
    name: 'Hashes',
    fill: (from, to) => ['HSET', 'k', ...range(from, to).flatMap((i) => [element(i), i])],
    operations: [
      one('HSET', 'O(1)', (n, below) => [['HSET', 'k', element(below(n)), below(n)]]),
      one('HGET', 'O(1)', (n, below) => [['HGET', 'k', element(below(n))]]),
    ],
  },
  {
    name: 'Sets',
    fill: (from, to) => ['SADD', 'k', ...range(from, to).map(element)],
    operations: [
      one('SADD and SPOP', 'O(1)', () => [
        ['SADD', 'k', `fresh:${fresh++}`],
        ['SPOP', 'k'],
      ]),
      one('SISMEMBER', 'O(1)', (n, below) => [['SISMEMBER', 'k', element(below(n))]]),
      one('SRANDMEMBER', 'O(1)', () => [['SRANDMEMBER', 'k']]),
    ],
  },
  {
    name: 'Sorted sets',
    fill: (from, to) => ['ZADD', 'k', ...range(from, to).flatMap((i) => [i, element(i)])],
    operations: [
      one('ZADD', 'O(log N)', (n, below) => [['ZADD', 'k', below(n), element(below(n))]]),
      one('ZRANK', 'O(log N)', (n, below) => [['ZRANK', 'k', element(below(n))]]),
      one('ZRANGE of one rank', 'O(log N)', (n, below) => {
        const rank = below(n);
        return [['ZRANGE', 'k', rank, rank]];
      }),
    ],
  },
];

function one(name: string, cost: string, calls: Operation['calls']): Operation {
  return { name, cost, calls };
}

function element(i: number): string {
  return `element:${i}`;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

function encode(call: Call): string {
  const words = call.map((word) => `$${String(word).length}\r\n${word}\r\n`);
  return `*${call.length}\r\n${words.join('')}`;
}

/** The requests of so many operations, cut into writes. */
function requests(operation: Operation, size: number, below: Below): Buffer[] {
  const writes: Buffer[] = [];
  let bytes = '';
  for (let i = 1; i <= CALLS; i++) {
    bytes += operation.calls(size, below).map(encode).join('');
    if (i % PIPELINE !== 0 && i !== CALLS) continue;
    writes.push(Buffer.from(bytes, 'latin1'));
    bytes = '';
  }
  return writes;
}

/** Processor time of one operation in microseconds: that of the fastest round. */
function measure(connection: MemoryConnection, operation: Operation, size: number): number {
  const next = numbers(size);
  const below: Below = (n) => next() % n;
  let fastest = Number.POSITIVE_INFINITY;
  for (let round = 0; round <= ROUNDS; round++) {
    const writes = requests(operation, size, below); // Others each time, as for a real cache.
    const before = process.cpuUsage();
    for (const write of writes) connection.write(write);
    const { user, system } = process.cpuUsage(before);
    // The first round is for the compiler.
    if (round > 0) fastest = Math.min(fastest, (user + system) / CALLS);
  }
  return fastest;
}

/** What all the operations of a type cost at one size. */
function measureType(type: Type, size: number): number[] {
  const server = new Server(new Config(), { seed: 1 });
  const connection = new MemoryConnection(server);
  connection.onData = (chunk) => {
    if (chunk[0] === 0x2d) throw new Error(chunk.toString('latin1', 0, 200)); // An error reply.
  };
  for (let from = 0; from < size; from += FILL) {
    connection.write(Buffer.from(encode(type.fill(from, Math.min(size, from + FILL)))));
  }
  const micros = type.operations.map((operation) => measure(connection, operation, size));
  connection.close();
  server.close();
  return micros;
}

/** Whether the server has what fills a value of this type. */
function known(type: Type): boolean {
  const server = new Server(new Config(), {});
  const found = server.commands.find(String(type.fill(0, 1)[0])) !== undefined;
  server.close();
  if (!found) console.log(`left out: ${type.name} are not built yet`);
  return found;
}

const lines: Line[] = [];
for (const type of TYPES.filter(known)) {
  measureType(type, SIZES[0]); // For the compiler.
  const bySize = SIZES.map((size) => measureType(type, size));
  type.operations.forEach(({ name, cost }, i) => {
    const micros = bySize.map((found) => found[i]);
    lines.push({ type: type.name, operation: name, cost, micros });
  });
}
console.log(growthTable(lines, SIZES));
if (SIZES.length > 1 && lines.length > 0) {
  const svg = growthPlot(lines, SIZES, process.versions.node);
  writeFileSync(join(projectRoot, 'docs', 'complexity.svg'), svg);
}
