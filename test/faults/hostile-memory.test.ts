// What hostile clients had the server hold is let go of when they leave. All of it is in this
// process, the clients' ends too, so what is compared is what the process holds after a collection.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../../server/index.ts';
import { encode, overSocket, type Wire } from '../wire.ts';

const PATIENT = { timeout: 20_000 };
const MB = 1024 * 1024;
const SLACK = 4 * MB;
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

let server: RunningServer;
let good: Wire;

beforeEach(async () => {
  server = await startServer();
  good = await overSocket({ host: '127.0.0.1', port: server.port });
});
afterEach(async () => {
  good.close();
  await server.close();
});

/** Fewer at once than wait to be let in (tcp-backlog): the system may lose the end of others. */
async function connectMany(count: number): Promise<Wire[]> {
  const where = { host: '127.0.0.1', port: server.port };
  const wires: Wire[] = [];
  while (wires.length < count) {
    const some = Array.from({ length: Math.min(100, count - wires.length) }, () =>
      overSocket(where),
    );
    wires.push(...(await Promise.all(some)));
  }
  return wires;
}

async function connected(): Promise<number> {
  const { text } = await good.ask('INFO', 'clients');
  return Number(/connected_clients:(\d+)/.exec(text)![1]);
}

async function inputBytes(): Promise<number> {
  const { text } = await good.ask('INFO', 'stats');
  return Number(/total_net_input_bytes:(\d+)/.exec(text)![1]);
}

/** Sends so much to all of them, and waits until the server has read it. */
async function feed(wires: readonly Wire[], bytes: string): Promise<void> {
  const before = await inputBytes();
  for (const wire of wires) wire.send(bytes);
  await expect.poll(inputBytes, PATIENT).toBeGreaterThan(before + wires.length * bytes.length);
}

/** Bytes held, on the heap and outside of it, once nothing more can be collected. */
function held(): number {
  collect();
  collect(); // What was dropped by finalizers of the first.
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

async function attack(count: number, act: (wires: Wire[]) => Promise<void>): Promise<number> {
  const wires = await connectMany(count);
  await act(wires);
  const most = held();
  for (const wire of wires) wire.close();
  await expect.poll(connected, PATIENT).toBe(1);
  return most;
}

const attacks: Record<string, [count: number, act: (wires: Wire[]) => Promise<void>]> = {
  'subscribers who do not read': [
    8,
    async (wires) => {
      for (const wire of wires) wire.send(encode(['SUBSCRIBE', 'news']));
      await Promise.all(wires.map((wire) => wire.next()));
      for (const wire of wires) wire.pause();
      // Less than the limit of 32 MB, so nobody is cut off.
      for (let i = 0; i < 250; i++) await good.ask('PUBLISH', 'news', 'x'.repeat(100_000));
    },
  ],
  'monitors who do not read': [
    4,
    async (wires) => {
      for (const wire of wires) wire.send('MONITOR\r\n');
      await Promise.all(wires.map((wire) => wire.next()));
      for (const wire of wires) wire.pause();
      for (let i = 0; i < 250; i++) await good.ask('ECHO', 'x'.repeat(100_000));
    },
  ],
  'readers of large replies who do not read': [
    20,
    async (wires) => {
      for (let i = 0; i < 500; i++) await good.ask('RPUSH', 'list', 'x'.repeat(20_000));
      for (const wire of wires) {
        wire.pause();
        wire.send(encode(['LRANGE', 'list', '0', '-1']));
      }
      await good.ask('DEL', 'list');
    },
  ],
  'large requests that are never finished': [
    20,
    async (wires) => {
      const start = `*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$50000000\r\n${'x'.repeat(3 * MB)}`;
      await feed(wires, start);
    },
  ],
  'transactions that are never run': [
    10,
    async (wires) => {
      const queue = encode(['SET', 'key', 'x'.repeat(1000)]).repeat(5000);
      await feed(wires, `MULTI\r\n${queue}PING\r\n`);
    },
  ],
  'connections by the thousand': [2000, async () => {}],
};

for (const [name, [count, act]] of Object.entries(attacks)) {
  test(`the memory of ${name} comes back`, async () => {
    await attack(count, act); // What is made once, and kept, is made here.
    let before = held();
    await expect
      .poll(() => {
        const last = before;
        before = held();
        return before >= last - MB / 10;
      }, PATIENT)
      .toBe(true);
    const most = await attack(count, act);
    await expect.poll(held, PATIENT).toBeLessThan(before + SLACK);
    expect(most).toBeGreaterThan(held() + (count === 2000 ? 2 : 4) * MB);
  });
}
