import { beforeAll, beforeEach, expect } from 'vitest';
import type { Client } from '../../client/index.ts';
import * as chat from '../../examples/chat.ts';
import { onTimer, startTimer } from '../../examples/expired-keys.ts';
import { alone, aloneAmong, writeAs } from '../../examples/locks.ts';
import { transfer } from '../../examples/transfer.ts';
import { describeKinds, usualKinds } from '../client/servers.ts';
import { until } from './until.ts';

describeKinds(({ kind, host, test }) => {
  let client: Client;
  beforeAll(() => {
    client = host()?.create();
  });
  beforeEach(async () => {
    await client?.flushall();
  });

  test('a chat is heard by those in the room, and its last lines by who comes later', async () => {
    const room: string[] = [];
    const all: string[] = [];
    await using _room = await chat.join(client, 'art', ({ text }) => room.push(text));
    await using _all = await chat.join(client, '*', ({ room, text }) =>
      all.push(`${room}: ${text}`),
    );
    expect(await chat.say(client, { room: 'art', who: 'ada', text: 'hello' })).toBe(2);
    expect(await chat.say(client, { room: 'tea', who: 'bob', text: 'über' })).toBe(1);
    await until(() => all.length === 2);
    expect(all).toEqual(['art: hello', 'tea: über']);
    expect(room).toEqual(['hello']);
    await chat.say(client, { room: 'art', who: 'bob', text: 'bye' });
    expect(await chat.history(client, 'art')).toEqual([
      { room: 'art', who: 'ada', text: 'hello' },
      { room: 'art', who: 'bob', text: 'bye' },
    ]);
  });

  test('who works alone has a number, and one with a smaller number is refused', async () => {
    let inside = 0;
    const fences: number[] = [];
    const work = async (_signal: AbortSignal, fence: number): Promise<void> => {
      expect(++inside).toBe(1);
      await client.ping();
      fences.push(fence);
      inside--;
    };
    await Promise.all([alone(client, 'report', work), alone(client, 'report', work)]);
    expect(fences).toEqual([1, 2]);
    expect(await writeAs(client, 2, 'report', 'of the second')).toBe(true);
    expect(await writeAs(client, 1, 'report', 'of the first, late')).toBe(false);
    expect(await client.get('report')).toBe('of the second');
    expect(await client.exists('lock:report')).toBe(0);
  });

  test('a lock on most of five servers is had while two are gone', async () => {
    const hosts = (await Promise.all(Array.from({ length: 5 }, () => kind.start()))).map((h) => h!);
    try {
      const clients = hosts.map((each) => each.create({ connectTimeout: 300 }));
      await Promise.all(clients.map((each) => each.ping()));
      await Promise.all(hosts.slice(0, 2).map((each) => each.stop()));
      const had = await aloneAmong(clients, 'report', async (signal) => {
        expect(signal.aborted).toBe(false);
        return Promise.all(clients.slice(2).map((each) => each.exists('lock:report')));
      });
      expect(had).toEqual([1, 1, 1]);
      expect(await clients[4]!.exists('lock:report')).toBe(0);
    } finally {
      await Promise.all(hosts.slice(2).map((each) => each.stop()));
    }
  });

  test('transfers at the same time neither make nor lose money, nor overdraw', async () => {
    await client.mset({ 'account:ada': 100, 'account:bob': 0 });
    const transfers = Array.from({ length: 4 }, () => transfer(client, 'ada', 'bob', 30));
    const done = await Promise.all(transfers);
    expect(done.filter((went) => went)).toHaveLength(3);
    expect(await client.mget('account:ada', 'account:bob')).toEqual(['10', '90']);
    expect(await transfer(client, 'nobody', 'ada', 1)).toBe(false);
  });

  test('a timer that runs out is told once, with what was left for it', async () => {
    const told: string[] = [];
    const heard = (name: string) => (id: string, payload: string) => {
      told.push(`${name}: ${id} ${payload}`);
    };
    await using _one = await onTimer(client, heard('here'));
    await using other = host().create();
    await using _two = await onTimer(other, heard('here'));
    await client.set('something else', '', { px: 10 });
    await startTimer(client, 'basket 7', 'ada', 60_000);
    await startTimer(client, 'basket 7', 'bob', 10); // Set back, to sooner.
    await host().pass(20);
    await until(async () => (await client.exists('timer:basket 7')) === 0 && told.length > 0);
    await until(async () => (await client.exists('payload:basket 7')) === 0);
    await Promise.all([client.ping(), other.ping()]);
    expect(told).toEqual(['here: basket 7 bob']);
  });
}, usualKinds);
