// Tests that have their server by hooks.

import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Client, createClient } from '../../../../client/index.ts';
import { useServer } from '../../../../server/double/vitest.ts';

const server = useServer({ leaks: 'fail' });
let client: Client;
beforeAll(async () => {
  await using first = createClient(server.url);
  await first.set('always', 'there');
});
beforeEach(async () => {
  client = createClient(server.url);
  await client.set('from', 'beforeEach');
});
afterEach(() => client.close());

test('a test changes keys', async () => {
  expect(await client.get('always')).toBe('there');
  await client.set('always', 'changed');
  await client.set('new', 'key');
});

test('the next one finds them as hooks have made them', async () => {
  expect(await client.get('always')).toBe('there');
  expect(await client.dbsize()).toBe(2);
  expect(Object.keys(server)).toContain('url');
  expect('connect' in server).toBe(true);
});

describe('a block', () => {
  beforeAll(async () => {
    await using first = createClient(server.url);
    await first.set('block', 'here');
  });

  for (const turn of [1, 2]) {
    test(`has its own beginning, and keeps it (${turn})`, async () => {
      expect(await client.get('block')).toBe('here');
      await client.del('block');
    });
  }
});

describe('a block with a client that connects when it likes', () => {
  let socket: Socket;
  beforeAll(() => {
    socket = connect(server.port, server.host);
  });
  afterAll(() => {
    socket.destroy();
  });

  test('has no test that is to blame for it', () => {});
});
