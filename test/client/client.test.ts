import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConnectionLostError, connect } from '../../client/index.ts';
import { type RunningServer, startServer } from '../../server/index.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

test('replies come in the order of the calls', async () => {
  await using client = await connect(server.url);
  const replies = [client.call('SET', 'n', 41), client.call('INCR', 'n'), client.call('GET', 'n')];
  expect(await Promise.all(replies)).toEqual(['OK', 42, '42']);
});

test('an error reply rejects its own call and no other', async () => {
  await using client = await connect(server.url);
  const wrong = client.call('INCRBY', 'n', 'x');
  const right = client.call('PING');
  await expect(wrong).rejects.toThrow('value is not an integer');
  expect(await right).toBe('PONG');
});

test('bytes are sent as they are', async () => {
  await using client = await connect(server.url);
  await client.call('SET', 'bytes', Buffer.from([0, 255, 13, 10]));
  expect(await client.call('STRLEN', 'bytes')).toBe(4);
});

test('what was not answered when the connection ended is rejected, and so is all that follows', async () => {
  const client = await connect(server.url);
  const id = await client.call('CLIENT', 'ID');
  await using other = await connect(server.url);
  await client.call('CLIENT', 'PAUSE', '100000', 'WRITE');
  const waits = client.call('SET', 'never', 'set');
  await other.call('CLIENT', 'KILL', 'ID', String(id));
  await expect(waits).rejects.toBeInstanceOf(ConnectionLostError);
  await expect(client.call('PING')).rejects.toBeInstanceOf(ConnectionLostError);
  await other.call('CLIENT', 'UNPAUSE');
});

test('connecting to where nobody listens rejects', async () => {
  const gone = await startServer();
  const { url } = gone;
  await gone.close();
  await expect(connect(url)).rejects.toThrow(/ECONNREFUSED/);
});
