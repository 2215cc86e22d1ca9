// ioredis and node-redis without a socket, when things go wrong.

import { connect } from 'node:net';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { expect, test, vi } from 'vitest';
import { inProcess as forIoredis } from '../../server/double/ioredis.ts';
import { inProcess as forNodeRedis } from '../../server/double/node-redis.ts';
import { type RunningServer, startServer } from '../../server/index.ts';

type Client = { get(key: string): Promise<unknown>; set(key: string, value: string): unknown };
type Made = { readonly client: Client; readonly problems: string[]; end(): void };

const KINDS: Record<string, (server: RunningServer) => Promise<Made>> = {
  async ioredis(server) {
    const client = new Redis({ ...forIoredis(server), retryStrategy: () => 1 });
    const problems: string[] = [];
    client.on('error', ({ message }) => problems.push(message));
    await client.ping();
    return { client, problems, end: () => client.disconnect() };
  },
  async 'node-redis'(server) {
    const socket = { ...forNodeRedis(server).socket, reconnectStrategy: 1 };
    const client = createClient({ socket });
    const problems: string[] = [];
    client.on('error', ({ message }: Error) => problems.push(message));
    await client.connect();
    return { client, problems, end: () => client.destroy() };
  },
};

for (const [name, make] of Object.entries(KINDS)) {
  test(`${name} comes back after a connection was reset`, async () => {
    await using server = await startServer({ listen: false });
    const { client, problems, end } = await make(server);
    await client.set('k', 'v');
    server.faults.add({ command: 'GET', reset: true, count: 1 });
    expect(await client.get('k').catch(() => client.get('k'))).toBe('v');
    await vi.waitFor(() => expect(problems.join()).toContain('ECONNRESET'));
    end();
  });

  test(`${name} sees an error that was asked for, and what is cut off in the middle`, async () => {
    await using server = await startServer({ listen: false });
    const { client, end } = await make(server);
    await client.set('k', 'a value of some length');
    server.faults.add({ command: 'GET', error: 'OOM', count: 1 });
    await expect(client.get('k')).rejects.toThrow(/OOM/);
    server.faults.add({ command: 'GET', cut: 10, count: 1 });
    expect(await client.get('k').catch(() => client.get('k'))).toBe('a value of some length');
    end();
  });

  test(`${name} survives a restart, with the data`, async () => {
    await using server = await startServer({ listen: false });
    const { client, end } = await make(server);
    await client.set('k', 'v');
    await server.restart({ data: true });
    expect(await client.get('k').catch(() => client.get('k'))).toBe('v');
    end();
  });

  test(`${name} is refused until it is let in`, async () => {
    await using server = await startServer({ listen: false });
    const fault = server.faults.add({ refuse: true, count: 2 });
    const { client, problems, end } = await make(server);
    await client.set('k', 'v');
    expect(await client.get('k')).toBe('v');
    expect(fault.hits).toBe(2);
    expect(problems.length).toBeGreaterThan(0);
    end();
  });
}

test('connections that are none of ours are made as ever', async () => {
  await using server = await startServer();
  await using other = await startServer({ listen: false });
  const client = createClient(forNodeRedis(other));
  await client.connect();
  const socket = connect(server.port, '127.0.0.1');
  socket.write('SET where tcp\r\nGET where\r\n');
  const text = await new Promise((resolve) => socket.once('data', (chunk) => resolve(`${chunk}`)));
  expect(text).toContain('+OK');
  expect(await client.get('where')).toBeNull();
  const far = createClient({ url: server.url });
  await far.connect();
  expect(await far.get('where')).toBe('tcp');
  for (const each of [client, far]) each.destroy();
  socket.destroy();
});
