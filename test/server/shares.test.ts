// Whose turn it is when many ask at once (docs/decisions/shares.md).

import { beforeEach, expect, test, vi } from 'vitest';
import { silentLink } from '../../protocol/link.ts';
import type { Client } from '../../server/client.ts';
import { Config } from '../../server/config/config.ts';
import { Server } from '../../server/server.ts';
import { encode } from '../wire.ts';

let server: Server;
let turns: (() => void)[];

beforeEach(() => {
  server = new Server(new Config(), { seed: 1 });
  turns = [];
  server.later = (run) => turns.push(run);
});

function come(): Client {
  return server.connect({ ...silentLink('127.0.0.1:1'), transport: 'tcp' });
}

function say(c: Client, ...argv: string[]): void {
  const bytes = Buffer.from(encode(argv));
  c.received(bytes, bytes.length);
}

function nextTurn(): void {
  for (const run of turns.splice(0)) run();
}

/** Has each turn last so many ms, by the stopwatch. */
function take(ms: number): void {
  vi.spyOn(server.clock, 'turn').mockReturnValue(0);
  vi.spyOn(server.clock, 'stopwatch').mockReturnValue(ms);
}

function isThere(key: string): boolean {
  return server.databases[0].dict.has(key);
}

const LONG = 'x'.repeat(20_000);

test('who sends much when a round is late already goes on in the next', () => {
  const [one, other] = [come(), come()];
  take(1);
  say(one, 'SET', 'one', LONG);
  say(other, 'SET', 'other', LONG);
  expect(isThere('one')).toBe(true);
  expect(isThere('other')).toBe(false);
  nextTurn();
  expect(isThere('other')).toBe(true);
});

test('who sends little does not wait for that', () => {
  const [one, other] = [come(), come()];
  take(1);
  say(one, 'SET', 'one', LONG);
  say(other, 'SET', 'other', 'short');
  expect(isThere('other')).toBe(true);
});

test('a round that is not late keeps nobody waiting', () => {
  const [one, other] = [come(), come()];
  take(0.1);
  say(one, 'SET', 'one', LONG);
  say(other, 'SET', 'other', LONG);
  expect(isThere('other')).toBe(true);
});

test('each round begins anew', () => {
  const [one, other] = [come(), come()];
  take(1);
  say(one, 'SET', 'one', LONG);
  nextTurn();
  say(other, 'SET', 'other', LONG);
  expect(isThere('other')).toBe(true);
});
