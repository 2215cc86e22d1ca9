// What many servers leave behind in a process: run by many.test.ts, in one of its own with
// --expose-gc. Prints one line of JSON.

import { connect, type Socket } from 'node:net';
import { type RunningServer, startServer } from '../../server/index.ts';

const ONE_BY_ONE = 1000;
const AT_ONCE = 200;
// Servers until everything has been compiled and loaded that will be, and the memory of the process is
// as large as it gets: that of Node 24 grows by 45 MB over the first 700, whatever is in its heap.
const WARM = 1000;
const TURNS = 100_000;

const REQUESTS =
  'SET k v EX 100\r\nRPUSH l a b c\r\nHSET h f v\r\nHPEXPIRE h 5000 FIELDS 1 f\r\n' +
  'EVAL "return redis.call(\'GET\', KEYS[1])" 1 k\r\nSUBSCRIBE news\r\n';
const LAST = 'subscribe\r\n$4\r\nnews\r\n:1\r\n';

/** A connection on which some commands were answered. It stays open. */
function used({ port }: RunningServer, sockets: Set<Socket>): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    sockets.add(socket);
    socket.once('error', reject);
    socket.once('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (text.endsWith(LAST)) resolve();
    });
    socket.write(REQUESTS);
  });
}

async function use(server: RunningServer, sockets: Set<Socket>): Promise<void> {
  await Promise.all([used(server, sockets), used(server, sockets)]);
  const memory = server.connect();
  memory.write(Buffer.from('BLPOP nothing 100\r\n'));
  const before = server.snapshot();
  server.seed({ more: ['x'] });
  server.restore(before);
  await server.close();
}

/** Lets the event loop turn until something holds; false if it never does. */
async function until(holds: () => boolean): Promise<boolean> {
  for (let turn = 0; turn < TURNS; turn++) {
    if (holds()) return true;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return false;
}

/** What keeps the process busy, apart from its own output. */
function handles(): string[] {
  return process.getActiveResourcesInfo().filter((name) => !/Pipe|TTY|Immediate/.test(name));
}

/** Megabytes in use, once nothing waits to be collected. */
async function megabytes(): Promise<{ heap: number; rss: number }> {
  const { gc } = globalThis as { gc?: () => void };
  for (let i = 0; i < 5; i++) {
    gc!();
    await new Promise((resolve) => setImmediate(resolve)); // Finalizers have their turn.
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: (heapUsed + external) / 1e6, rss: rss / 1e6 };
}

/** Megabytes that are kept for snapshots which nobody holds, of a value that always changes. */
async function forgotten(): Promise<number> {
  const server = await startServer({ listen: false });
  const connection = server.connect();
  server.seed({ large: 'x'.repeat(100_000) });
  const before = await megabytes();
  for (let i = 0; i < 500; i++) {
    server.snapshot();
    connection.write(Buffer.from('APPEND large y\r\n'));
  }
  const after = await megabytes();
  await server.close();
  return after.heap - before.heap;
}

async function main(): Promise<void> {
  const sockets = new Set<Socket>();
  const quiet = () => until(() => sockets.size === 0 && handles().length === 0);
  for (let i = 0; i < WARM; i++) await use(await startServer({ host: '127.0.0.1' }), sockets);
  await quiet();
  const first = await megabytes();
  for (let i = 0; i < ONE_BY_ONE; i++) await use(await startServer({ host: '127.0.0.1' }), sockets);
  await quiet();
  const second = await megabytes();

  const servers = await Promise.all(
    Array.from({ length: AT_ONCE }, () => startServer({ host: '127.0.0.1' })),
  );
  const ports = new Set(servers.map(({ port }) => port)).size;
  await Promise.all(servers.map((server) => use(server, sockets)));
  servers.length = 0;
  await quiet();
  const last = await megabytes();
  console.log(
    JSON.stringify({
      ports,
      sockets: sockets.size,
      handles: handles(),
      oneByOne: { heap: second.heap - first.heap, rss: second.rss - first.rss },
      atOnce: { heap: last.heap - second.heap },
      forgotten: await forgotten(),
    }),
  );
}

await main();
