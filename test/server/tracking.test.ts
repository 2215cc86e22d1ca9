import { expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { inProcess, type Wire } from '../wire.ts';

function start(settings: Record<string, string> = {}): Server {
  const config = new Config();
  config.options(settings);
  return new Server(config, { seed: 1 });
}

async function tracker(server: Server): Promise<Wire> {
  const wire = inProcess(server);
  await wire.ask('HELLO', '3');
  await wire.ask('CLIENT', 'TRACKING', 'on');
  return wire;
}

/** How many keys a client was told of before the reply to a PING. */
async function toldBeforePong(wire: Wire): Promise<number> {
  let told = 0;
  for (let reply = await wire.ask('PING'); reply.type === '>'; reply = await wire.next()) told++;
  return told;
}

test('each request forgets some keys too many, and the next ones try harder', async () => {
  const server = start();
  const wire = await tracker(server);
  await wire.ask('MGET', ...Array.from({ length: 701 }, (_, i) => `k${i}`));
  await wire.ask('CONFIG', 'SET', 'tracking-table-max-keys', '1');
  const told: number[] = [];
  for (let n = 0; n < 5; n++) told.push(await toldBeforePong(wire));
  expect(told).toEqual([100, 200, 300, 100, 0]);
  expect(server.tracking.keys).toBe(1);
  server.close();
});

test('cron forgets keys too, if nobody asks for anything', async () => {
  const server = start({ 'tracking-table-max-keys': '10' });
  server.clock.freeze();
  const wire = await tracker(server);
  await wire.ask('MGET', ...Array.from({ length: 50 }, (_, i) => `k${i}`));
  expect(server.tracking.keys).toBe(50);
  server.clock.advance(200);
  expect(server.tracking.keys).toBe(10);
  expect(server.tracking.items).toBe(10);
  server.close();
});

test('once nobody tracks and all keys are forgotten, nothing is looked at any more', async () => {
  const server = start();
  const wire = await tracker(server);
  const other = inProcess(server);
  await wire.ask('GET', 'k');
  expect(server.tracking.active).toBe(true);
  wire.close();
  await other.ask('PING');
  expect(server.tracking.active).toBe(true);
  expect(server.tracking.clients).toBe(0);
  await other.ask('SET', 'k', 'v');
  expect(server.tracking.keys).toBe(0);
  expect(server.tracking.active).toBe(false);
  server.close();
});

test('a reader who has left costs nothing but his place', async () => {
  const server = start();
  const stays = await tracker(server);
  const leaves = await tracker(server);
  await leaves.ask('GET', 'k');
  await stays.ask('GET', 'k');
  leaves.close();
  expect(server.tracking.items).toBe(2);
  await inProcess(server).ask('SET', 'k', 'v');
  expect(await toldBeforePong(stays)).toBe(1);
  expect(server.tracking.items).toBe(0);
  server.close();
});
