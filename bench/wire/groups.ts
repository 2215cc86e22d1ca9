// A consumer group over a long stream: what it costs to hand its entries out, some at a time, and to
// acknowledge them; and what a pending entry takes in memory. The consumers live in this
// process, so that only the server's own CPU time means anything.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { scheduler } from 'node:timers/promises';
import { encode } from '../../test/wire.ts';
import { residentBytes } from './memory.ts';
import type { Cell, Memory, Sample } from './result.ts';
import { ask, type Contender, cpuMicros, startOurs, startRedis } from './servers.ts';

const CONSUMERS = 50;
const DEPTH = 16;
const COUNTS = [1, 10, 100];
const FIRST_MS = 1_000_000_000_000; // All IDs are equally long, and so all replies.
const REST_MS = 2000; // Both servers tidy up when there is nothing else to do.

const idOf = (i: number): string => `${FIRST_MS + i}-0`;

const fieldsOf = (i: number): string[] => ['field', `value${String(i).padStart(11, '0')}`];

const read = (count: number): string[] => {
  const from = ['STREAMS', 'stream', '>'];
  return ['XREADGROUP', 'GROUP', 'group', 'consumer', 'COUNT', String(count), ...from];
};

/** Some connections that each have several requests under way. */
class Crowd {
  private readonly sockets: Socket[] = [];

  async open({ host, port }: Contender, size: number): Promise<void> {
    for (let i = 0; i < size; i++) {
      const socket = connect({ host, port, noDelay: true });
      this.sockets.push(socket);
      await once(socket, 'connect');
    }
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Sends so many requests, each of which is answered with so many bytes. */
  async send(
    requests: number,
    depth: number,
    bytes: number,
    request: (i: number) => string[],
  ): Promise<void> {
    let sent = 0;
    const talk = async (socket: Socket): Promise<void> => {
      while (sent < requests) {
        const from = sent;
        sent = Math.min(requests, from + depth);
        let batch = '';
        for (let i = from; i < sent; i++) batch += encode(request(i));
        let left = (sent - from) * bytes;
        socket.write(batch, 'latin1');
        while (left > 0) left -= ((await once(socket, 'data')) as [Buffer])[0].length;
      }
    };
    await Promise.all(this.sockets.map(talk));
  }
}

async function sampled(
  server: Contender,
  requests: number,
  run: () => Promise<void>,
): Promise<Sample> {
  const before = await cpuMicros(server);
  const start = performance.now();
  await run();
  const seconds = (performance.now() - start) / 1000;
  const micros = (await cpuMicros(server)) - before;
  return { perSecond: requests / seconds, cpuMicros: micros / requests };
}

/** Lets a new group read from the start. */
async function begin(server: Contender): Promise<void> {
  await ask(server, 'XGROUP', 'DESTROY', 'stream', 'group');
  await ask(server, 'XGROUP', 'CREATE', 'stream', 'group', '0');
}

const bulk = (word: string): string => `$${word.length}\r\n${word}\r\n`;

/** How many bytes so many entries are handed out in. */
function replyBytes(count: number): number {
  const entry = `*2\r\n${bulk(idOf(0))}${encode(fieldsOf(0))}`;
  return `*1\r\n*2\r\n${bulk('stream')}*${count}\r\n`.length + entry.length * count;
}

/** Adds the entries, in their order. */
async function fill(server: Contender, entries: number): Promise<void> {
  const one = new Crowd();
  await one.open(server, 1);
  await one.send(entries, 1000, bulk(idOf(0)).length, (i) => {
    return ['XADD', 'stream', idOf(i), ...fieldsOf(i)];
  });
  one.close();
}

/** One server's samples, in the order of the cells, and the bytes of a pending entry. */
async function measureOne(server: Contender, entries: number): Promise<[Sample[], number]> {
  const crowd = new Crowd();
  await fill(server, entries);
  await crowd.open(server, CONSUMERS);
  await ask(server, 'XGROUP', 'CREATE', 'stream', 'group', '0');
  const samples: Sample[] = [];
  let grown = 0;
  for (const count of COUNTS) {
    await begin(server);
    await scheduler.wait(REST_MS);
    const before = residentBytes(server.pid);
    const requests = entries / count;
    const run = () => crowd.send(requests, DEPTH, replyBytes(count), () => read(count));
    samples.push(await sampled(server, requests, run));
    await scheduler.wait(REST_MS);
    if (count === COUNTS[0]) grown = (residentBytes(server.pid) - before) / entries;
  }
  const acknowledge = (i: number) => ['XACK', 'stream', 'group', idOf(i)];
  const run = () => crowd.send(entries, DEPTH, ':1\r\n'.length, acknowledge);
  samples.push(await sampled(server, entries, run));
  crowd.close();
  return [samples, grown];
}

/** Measures both servers by turns, over a stream of so many entries, a multiple of 100. */
export async function measureGroups(
  node: string,
  rounds: number,
  entries: number,
): Promise<{ cells: Cell[]; memory: Memory }> {
  const tests = COUNTS.map((count): [string, number] => [`xreadgroup_${count}`, entries / count]);
  const cells = [...tests, ['xack', entries] as const].map(([test, requests]): Cell => {
    return { test, pipeline: DEPTH, requests, ours: [], redis: [] };
  });
  const what = 'pending entries of a consumer group';
  const memory: Memory = { what, count: entries, ours: [], redis: [] };
  for (let round = 0; round < rounds; round++) {
    for (const [who, start] of [
      ['ours', () => startOurs(node)],
      ['redis', startRedis],
    ] as const) {
      const server = await start();
      const [samples, bytes] = await measureOne(server, entries);
      for (const [i, sample] of samples.entries()) cells[i][who].push(sample);
      memory[who].push(bytes);
      await server.stop();
    }
  }
  return { cells, memory };
}
