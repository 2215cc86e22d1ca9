// socket.io on several servers that talk through Redis: by PUBLISH, by SPUBLISH, by a stream.

import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { createClient as createClient4 } from 'redis-4';
import { Server } from 'socket.io';
import { io, type Socket } from 'socket.io-client';
import { expect } from 'vitest';
import { onBothServers, type Place, type Tests, until } from './servers.ts';

type Adapter = NonNullable<ConstructorParameters<typeof Server>[1]>['adapter'];
type Made = { readonly adapter: NonNullable<Adapter>; close(): Promise<unknown> };

/** Two servers of one site, and a visitor at each. */
async function withTwo(
  place: Place,
  make: (place: Place) => Promise<Made>,
  work: (servers: Server[], visitors: Socket[]) => Promise<void>,
): Promise<void> {
  const made = [await make(place), await make(place)];
  const servers: Server[] = [];
  const visitors: Socket[] = [];
  for (const { adapter } of made) {
    const http = createServer();
    const server = new Server(http, { adapter });
    server.on('connection', (socket) => {
      socket.on('join', async (room: string, done: () => void) => {
        await socket.join(room);
        done();
      });
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const { port } = http.address() as AddressInfo;
    const visitor = io(`http://127.0.0.1:${port}`, { transports: ['websocket'] });
    await new Promise<void>((resolve) => visitor.once('connect', resolve));
    servers.push(server);
    visitors.push(visitor);
  }
  try {
    // Until each server has heard of the other.
    await until(async () => (await servers[0].fetchSockets().catch(() => [])).length === 2);
    await until(async () => (await servers[1].fetchSockets().catch(() => [])).length === 2);
    await work(servers, visitors);
  } finally {
    for (const visitor of visitors) visitor.disconnect();
    for (const server of servers) await server.close();
    for (const each of made) await each.close();
  }
}

/** What an adapter has to do, whatever it does it with. */
async function talking([here, there]: Server[], [ada, bob]: Socket[]): Promise<void> {
  const heard: string[] = [];
  ada.on('news', (what: unknown) => heard.push(`ada ${JSON.stringify(what)}`));
  bob.on('news', (what: unknown) => heard.push(`bob ${JSON.stringify(what)}`));
  here.emit('news', { n: 1, bytes: Buffer.from([0, 255]).toString('hex') });
  await until(() => heard.length === 2);
  expect(heard.sort()).toEqual(['ada {"n":1,"bytes":"00ff"}', 'bob {"n":1,"bytes":"00ff"}']);
  await bob.emitWithAck('join', 'room');
  here.to('room').emit('news', 2);
  await until(() => heard.length === 3);
  expect(heard[2]).toBe('bob 2');

  ada.on('ask', (answer: (name: string) => void) => answer('ada'));
  bob.on('ask', (answer: (name: string) => void) => answer('bob'));
  const answers = await there.timeout(10_000).emitWithAck('ask');
  expect(answers.sort()).toEqual(['ada', 'bob']);
  there.on('greeting', (text: string, answer: (text: string) => void) => answer(`${text}!`));
  expect(await here.serverSideEmitWithAck('greeting', 'hello')).toEqual(['hello!']);
  here.socketsJoin('all');
  await until(async () => (await there.in('all').fetchSockets()).length === 2);
  const gone = once(bob as never, 'disconnect');
  here.in('room').disconnectSockets();
  await gone;
  await until(async () => (await here.fetchSockets()).length === 1);
}

const adapters: Record<string, (place: Place) => Promise<Made>> = {
  'PUBLISH, ioredis': async ({ url }) => {
    const [pub, sub] = [new Redis(url), new Redis(url)];
    return {
      adapter: createAdapter(pub, sub),
      close: () => Promise.all([pub.quit(), sub.quit()]),
    };
  },
  'PUBLISH, node-redis 4': async ({ url }) => {
    const pub = createClient4({ url });
    const sub = pub.duplicate();
    await Promise.all([pub.connect(), sub.connect()]);
    return {
      adapter: createAdapter(pub, sub),
      close: () => Promise.all([pub.quit(), sub.quit()]),
    };
  },
  'SPUBLISH, node-redis 6': async ({ url }) => {
    const pub = createClient({ url });
    const sub = pub.duplicate();
    await Promise.all([pub.connect(), sub.connect()]);
    return {
      adapter: createShardedAdapter(pub, sub),
      close: () => Promise.all([pub.close(), sub.close()]),
    };
  },
  'a stream, ioredis': async ({ url }) => {
    const redis = new Redis(url);
    return {
      adapter: createStreamsAdapter(redis, { blockTimeInMs: 100 }),
      close: () => redis.quit(),
    };
  },
  'a stream, node-redis 6': async ({ url }) => {
    const redis = createClient({ url });
    redis.on('error', () => {});
    await redis.connect();
    return {
      adapter: createStreamsAdapter(redis, { blockTimeInMs: 100 }),
      close: () => redis.close(),
    };
  },
};

const tests: Tests = Object.fromEntries(
  Object.entries(adapters).map(([name, make]) => [
    `two servers talk by ${name}`,
    (place: Place) => withTwo(place, make, talking),
  ]),
);

onBothServers('socket.io', tests);
