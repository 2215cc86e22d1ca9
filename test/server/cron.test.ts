// What has to be done from time to time, in a server whose time stands still until it is moved.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Client } from '../../server/client.ts';
import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { inProcess, type Wire } from '../wire.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

let server: Server;
beforeEach(() => {
  server = new Server(new Config(), { seed: 1 });
  server.clock.freeze();
});
afterEach(() => server.close());

function connectMany(count: number): Wire[] {
  return Array.from({ length: count }, () => inProcess(server));
}

/** What the server had of clients that came, were looked at, and left. */
function leftBehind(count: number): WeakRef<Client>[] {
  const wires = connectMany(count);
  server.clock.advance(100);
  const known = [...server.clients.values()].map((c) => new WeakRef<Client>(c));
  for (const wire of wires) wire.close();
  return known;
}

test('who has left is kept by nobody, though the cron was looking at all of them', async () => {
  const known = leftBehind(40);
  expect(server.clients.size).toBe(0);
  await new Promise((resolve) => setImmediate(resolve)); // A WeakRef holds until the turn ends.
  collect();
  // The server may know whom it served last.
  expect(known.filter((c) => c.deref() !== undefined).length).toBeLessThanOrEqual(1);
});

test('every client has its turn, however they come and go', () => {
  server.config.set(['timeout', '60']);
  const early = connectMany(600);
  for (let i = 0; i < 600; i += 2) early[i].close();
  const late = connectMany(10);
  server.clock.advance(61_000);
  server.clock.advance(1000);
  expect(server.clients.size).toBe(0);
  expect([...early, ...late].every((wire) => wire.closed)).toBe(true);
  const [again] = connectMany(1);
  server.clock.advance(62_000);
  expect(again.closed).toBe(true);
});
