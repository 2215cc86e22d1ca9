// What becomes of commands when the connection does not hold.

import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Client,
  type ClientOptions,
  createClient,
  type RedisError,
} from '../../client/index.ts';
import { type RunningServer, startServer } from '../../server/index.ts';
import { FaultyProxy } from './proxy.ts';

let server: RunningServer;
let direct: Client;
let proxy: FaultyProxy;
beforeAll(async () => {
  server = await startServer();
  direct = createClient(server.url);
  proxy = await FaultyProxy.to(server.port);
});
afterAll(async () => {
  await direct.close();
  await proxy.close();
  await server.close();
});

const soon = { reconnect: (): number => 1 };

function throughProxy(options: ClientOptions = {}): Client {
  return createClient({ host: '127.0.0.1', port: proxy.port, ...soon, ...options });
}

type Settled = PromiseSettledResult<unknown>;

/** Runs a mixture of reads and writes; each promise is looked at once it has settled. */
async function mixture(client: Client): Promise<{ writes: Settled[]; reads: Settled[] }> {
  const writes = [client.incr('n'), client.incr('n'), client.rpush('l', 'a'), client.incr('n')];
  const reads = [client.get('fixed'), client.lrange('long', 0, -1), client.hgetall('hash')];
  return { writes: await Promise.allSettled(writes), reads: await Promise.allSettled(reads) };
}

describe.each([3, 2] as const)('a connection that is cut, RESP%i', (protocol) => {
  test.each([false, true])(
    'at every byte of what comes (reset: %s)',
    async (reset) => {
      await direct.flushall();
      await direct.set('fixed', 'value');
      await direct.rpush(
        'long',
        Array.from({ length: 20 }, (_, i) => `item ${i}`),
      );
      await direct.hset('hash', { a: 1, b: 2 });
      proxy.reset = reset;
      let done = 0;
      let unsure = 0;
      let whole = false;
      for (let bytes = 1; !whole; bytes += protocol === 3 ? 1 : 7) {
        proxy.cutAfter = bytes;
        const before = proxy.connections;
        await using client = throughProxy({ protocol });
        const { writes, reads } = await mixture(client);
        for (const write of writes) {
          if (write.status === 'fulfilled') done++;
          else {
            expect(write.reason).toMatchObject({ code: 'CONNECTION_LOST', maybeExecuted: true });
            unsure++;
          }
        }
        // Reads were asked again, and are right.
        const values = reads.map((read) =>
          read.status === 'fulfilled' ? read.value : read.reason,
        );
        expect(values[0]).toBe('value');
        expect(values[1]).toHaveLength(20);
        expect(values[2]).toEqual({ a: '1', b: '2' });
        whole = proxy.connections === before + 1;
      }
      const executed = Number(await direct.get('n')) + (await direct.llen('l'));
      expect(executed).toBeGreaterThanOrEqual(done);
      expect(executed).toBeLessThanOrEqual(done + unsure);
      expect(unsure).toBeGreaterThan(0);
    },
    60_000,
  );
});

test('commands in the queue wait for the connection, in their order', async () => {
  const client = throughProxy();
  await client.ping();
  proxy.cut();
  await stateOf(client, 'waiting');
  const replies = Promise.all([client.set('q', 1), client.incr('q'), client.get('q')]);
  expect(await replies).toEqual(['OK', 2, '2']);
  await client.close();
});

async function stateOf(client: Client, state: string): Promise<void> {
  if (client.state === state) return;
  await new Promise<void>((resolve) => {
    const stop = client.on('state', (now) => {
      if (now !== state) return;
      stop();
      resolve();
    });
  });
}

test('a black hole is noticed by its silence, and left', async () => {
  await using client = throughProxy({ silence: 150, pingInterval: 100, connectTimeout: 300 });
  await client.set('k', 'v');
  proxy.blackHole = true;
  const lost = client.set('k', 'w');
  await expect(lost).rejects.toMatchObject({ code: 'CONNECTION_LOST', maybeExecuted: true });
  const waiting = client.get('k');
  proxy.blackHole = false;
  expect(await waiting).toBe('v');
});

test('an idle connection that is a black hole is found dead before anybody needs it', async () => {
  await using client = throughProxy({ silence: 150, pingInterval: 50, connectTimeout: 300 });
  await client.ping();
  proxy.blackHole = true;
  await stateOf(client, 'waiting');
  proxy.blackHole = false;
  expect(await client.ping()).toBe('PONG');
});

test('a blocked command is not taken for a black hole', async () => {
  await using client = throughProxy({ silence: 50, pingInterval: 20 });
  const popped = client.blpop('slow', 0);
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  await direct.rpush('slow', 'x');
  expect(await popped).toEqual(['slow', 'x']);
});

test('a queue has an end, by number, by bytes and by time', async () => {
  const nowhere = { host: '127.0.0.1', port: 1, reconnect: (): number => 10_000 };
  const full = createClient({ ...nowhere, queueLength: 2, queueTimeout: 30 });
  const kept = [full.ping(), full.ping()];
  await expect(full.ping()).rejects.toMatchObject({ code: 'QUEUE_FULL' });
  for (const each of kept) {
    await expect(each).rejects.toMatchObject({ code: 'TIMEOUT', maybeExecuted: false });
  }
  full.destroy();
  const small = createClient({ ...nowhere, queueBytes: 1000 });
  await expect(small.set('k', 'x'.repeat(2000))).rejects.toMatchObject({ code: 'QUEUE_FULL' });
  small.destroy();
});

test('failFast rejects at once while there is no connection', async () => {
  const client = createClient({ host: '127.0.0.1', port: 1, failFast: true });
  await expect(client.ping()).rejects.toMatchObject({ code: 'CONNECTION_LOST', sent: false });
  await expect(client.ping()).rejects.toMatchObject({ code: 'CONNECTION_LOST', sent: false });
  client.destroy();
});

test('giving up closes the client, and all that waits rejects with the cause', async () => {
  const client = createClient({ host: '127.0.0.1', port: 1, reconnect: () => null });
  await expect(client.ping()).rejects.toMatchObject({
    code: 'CLOSED',
    cause: { code: 'ECONNREFUSED' },
  });
  expect(client.state).toBe('closed');
});

test('at least once, where that is wanted: a write is repeated though it may have been carried out', async () => {
  await direct.del('n');
  proxy.reset = false;
  // Through the greeting and no further: HELLO's reply is some 150 bytes.
  proxy.cutAfter = 190;
  await using client = throughProxy({ retry: 'always' });
  const replies = await Promise.all(Array.from({ length: 20 }, () => client.incr('n')));
  expect(replies).toHaveLength(20);
  expect(Number(await direct.get('n'))).toBeGreaterThanOrEqual(20);
});

test('a transaction whose connection ends is sent again only if it never left', async () => {
  await direct.del('t');
  await using client = throughProxy({ retry: 'always' });
  await client.ping();
  proxy.blackHole = true;
  const lost = client.multi((tx) => [tx.incr('t'), tx.incr('t')]);
  await new Promise(setImmediate);
  proxy.cut();
  proxy.blackHole = false;
  await expect(lost).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  expect(await client.get('t')).toBe(null);
});

test('subscriptions are said again on a new connection', async () => {
  await using client = throughProxy();
  const heard: string[] = [];
  const subscription = await client.subscribe('news', (message) => heard.push(message));
  proxy.cut();
  while (heard.length === 0) {
    await direct.publish('news', 'after the cut');
    await new Promise(setImmediate);
  }
  expect(heard[0]).toBe('after the cut');
  await subscription.unsubscribe();
});

/** A server that says what it is told to, whatever it is asked. */
async function saying(answer: (request: string, socket: Socket) => void): Promise<{
  port: number;
  close(): void;
}> {
  const fake = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => answer(chunk.toString('latin1'), socket));
  });
  fake.listen(0, '127.0.0.1');
  await once(fake, 'listening');
  return { port: (fake.address() as { port: number }).port, close: () => fake.close() };
}

test('a server that knows no HELLO is spoken to in RESP2', async () => {
  const asked: string[] = [];
  const fake = await saying((request, socket) => {
    for (const [, word] of request.matchAll(/\*\d+\r\n\$\d+\r\n(\w+)/g)) {
      asked.push(word!);
      if (word === 'HELLO') socket.write("-ERR unknown command 'HELLO'\r\n");
      else socket.write(word === 'GET' ? '$3\r\nold\r\n' : '+OK\r\n');
    }
  });
  const client = createClient({ port: fake.port, password: 'pw', name: 'me', database: 3 });
  expect(await client.get('k')).toBe('old');
  expect(asked).toEqual(['HELLO', 'AUTH', 'CLIENT', 'SELECT', 'GET']);
  client.destroy();
  fake.close();
});

test('what no server says ends the connection, and nothing else', async () => {
  let times = 0;
  const fake = await saying((request, socket) => {
    if (request.includes('HELLO')) socket.write('%0\r\n');
    else socket.write(times++ === 0 ? 'nonsense\r\n' : '$2\r\nok\r\n');
  });
  const client = createClient({ port: fake.port, ...soon });
  expect(await client.get('k')).toBe('ok');
  expect(client.state).toBe('ready');
  client.destroy();
  fake.close();
});

const LOADING = '-LOADING Redis is loading the dataset in memory\r\n';

/** A server that refuses so many commands as if it was loading, and then answers in their order. */
function loadingFor(refusals: number, heard: string[] = []) {
  let left = refusals;
  return saying((request, socket) => {
    if (request.includes('HELLO')) return void socket.write('%0\r\n');
    for (const [, word] of request.matchAll(/\$\d+\r\n(GET|INCR|SET)\r\n/g)) {
      if (left-- <= 0) heard.push(word!);
      socket.write(left < 0 ? `$${word!.length}\r\n${word}\r\n` : LOADING);
    }
  });
}

test('what a server refuses because it is loading is asked again, in order', async () => {
  const heard: string[] = [];
  const fake = await loadingFor(5, heard);
  const client = createClient({ port: fake.port });
  const first = [client.set('k', 1), client.incr('k'), client.get('k')];
  await client.connect();
  const others = client.pipeline((p) => [p.incr('k'), p.get('k')]);
  expect(await Promise.all([...first, others])).toEqual(['SET', 'INCR', 'GET', ['INCR', 'GET']]);
  expect(heard).toEqual(['SET', 'INCR', 'GET', 'INCR', 'GET']);
  client.destroy();
  fake.close();
});

test('LOADING is passed on when loadingTimeout is over, and by a client that is closed', async () => {
  const fake = await loadingFor(Infinity);
  const hasty = createClient({ port: fake.port, loadingTimeout: 0 });
  await expect(hasty.get('k')).rejects.toMatchObject({ code: 'LOADING' });
  hasty.destroy();
  const brief = createClient({ port: fake.port, loadingTimeout: 120 });
  await expect(brief.incr('k')).rejects.toMatchObject({ code: 'LOADING', command: 'INCR k' });
  brief.destroy();
  const late = createClient({ port: fake.port });
  const timedOut = late.with({ timeout: 70 }).get('k');
  await expect(timedOut).rejects.toMatchObject({ code: 'TIMEOUT' });
  const closed = late.get('k').catch((error: RedisError) => error.code);
  late.destroy();
  expect(await closed).toBe('CLOSED');
  fake.close();
});

test('credentials are asked for anew before they expire, and said to the server', async () => {
  let asked = 0;
  const aclUser = await direct.call(
    'ACL',
    'SETUSER',
    'rotating',
    'on',
    '>pw1',
    '>pw2',
    '+@all',
    '~*',
  );
  expect(aclUser).toBe('OK');
  const credentials = () => {
    asked++;
    return {
      username: 'rotating',
      password: `pw${Math.min(asked, 2)}`,
      expiresAt: Date.now() + 60,
    };
  };
  await using client = createClient({ url: server.url, credentials });
  expect(await client.aclWhoami()).toBe('rotating');
  while (asked < 3) await client.ping();
  expect(await client.aclWhoami()).toBe('rotating');
});

test('nothing is left of a client that was closed', async () => {
  const left = (): string[] =>
    process.getActiveResourcesInfo().filter((kind) => kind !== 'Immediate');
  const before = left();
  for (let i = 0; i < 20; i++) {
    const client = throughProxy({ commandTimeout: 5000 });
    await client.set('k', 'v');
    const subscription = await client.subscribe('c', () => {});
    const blocked = client.blpop('none', 0).catch(() => {});
    await client.get('k');
    await subscription.unsubscribe();
    if (i % 2 === 0) await client.close();
    else client.destroy();
    await blocked;
  }
  while (left().length > before.length) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(left().length).toBeLessThanOrEqual(before.length);
});
