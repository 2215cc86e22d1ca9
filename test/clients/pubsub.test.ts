// Publish and subscribe, and keyspace events, through ioredis and node-redis, unmodified.

import { once } from 'node:events';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../../server/index.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ 'notify-keyspace-events': 'KEA' });
});
afterAll(() => server.close());

/** Gathers what comes, and lets one wait for as much as one expects. */
class Inbox {
  readonly all: unknown[][] = [];
  private wanted = 0;
  private enough: () => void = () => {};

  readonly put = (...message: unknown[]): void => {
    this.all.push(message);
    if (this.all.length >= this.wanted) this.enough();
  };

  until(count: number): Promise<void> {
    if (this.all.length >= count) return Promise.resolve();
    this.wanted = count;
    return new Promise((enough) => {
      this.enough = enough;
    });
  }
}

describe('ioredis', () => {
  test.each([2, 3] as const)(
    'RESP%i: hears channels and patterns, and goes on when it has left them',
    async (protocol) => {
      const listener = new Redis(server.url, { protocol });
      const speaker = new Redis(server.url);
      const messages = new Inbox();
      const matched = new Inbox();
      listener.on('message', messages.put);
      listener.on('pmessage', matched.put);
      expect(await listener.subscribe('news', 'weather')).toBe(2);
      expect(await listener.psubscribe('n*')).toBe(3);
      expect(await speaker.publish('news', 'it rains')).toBe(2);
      expect(await speaker.publish('weather', 'it does')).toBe(1);
      await messages.until(2);
      await matched.until(1);
      expect(messages.all).toEqual([
        ['news', 'it rains'],
        ['weather', 'it does'],
      ]);
      expect(matched.all).toEqual([['n*', 'news', 'it rains']]);
      const got = listener.get('k');
      if (protocol === 2) await expect(got).rejects.toThrow(/subscriber mode/);
      else expect(await got).toBeNull();
      expect(await listener.unsubscribe('news', 'weather')).toBe(1);
      expect(await listener.punsubscribe()).toBe(0);
      expect(await listener.get('k')).toBeNull();
      expect(await speaker.pubsub('CHANNELS')).toEqual([]);
      listener.disconnect();
      speaker.disconnect();
    },
  );

  test('subscribes again by itself after its connection was ended', async () => {
    const listener = new Redis(server.url, { retryStrategy: () => 1 });
    const speaker = new Redis(server.url);
    const messages = new Inbox();
    listener.on('message', messages.put);
    await listener.subscribe('news');
    await speaker.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await once(listener, 'ready');
    while ((await speaker.publish('news', 'again')) === 0);
    await messages.until(1);
    expect(messages.all[0]).toEqual(['news', 'again']);
    listener.disconnect();
    speaker.disconnect();
  });

  test('hears shard channels, and bytes', async () => {
    const listener = new Redis(server.url);
    const speaker = new Redis(server.url);
    const messages = new Inbox();
    listener.on('smessageBuffer', messages.put);
    await listener.ssubscribe('shard');
    expect(await speaker.spublish('shard', Buffer.from([0, 255, 13, 10]))).toBe(1);
    await messages.until(1);
    expect(messages.all).toEqual([[Buffer.from('shard'), Buffer.from([0, 255, 13, 10])]]);
    listener.disconnect();
    speaker.disconnect();
  });
});

describe('node-redis', () => {
  for (const RESP of [2, 3] as const) {
    test(`RESP${RESP}: hears channels, patterns and keyspace events`, async () => {
      const speaker = createClient({ url: server.url, RESP });
      const listener = speaker.duplicate();
      for (const each of [speaker, listener]) await each.on('error', () => {}).connect();
      const inbox = new Inbox();
      await listener.subscribe('news', inbox.put);
      await listener.pSubscribe('n[a-f]*', inbox.put);
      await listener.sSubscribe('shard', inbox.put);
      expect(await speaker.publish('news', 'one')).toBe(2);
      expect(await speaker.sPublish('shard', 'two')).toBe(1);
      await inbox.until(3);
      expect(inbox.all).toEqual([
        ['one', 'news'],
        ['one', 'news'],
        ['two', 'shard'],
      ]);
      await listener.unsubscribe('news');
      await listener.pUnsubscribe();
      expect(await speaker.pubSubNumSub(['news'])).toMatchObject({ news: 0 });

      const events = new Inbox();
      await listener.subscribe('__keyevent@0__:lpush', events.put);
      await speaker.lPush(`list${RESP}`, 'x');
      await events.until(1);
      expect(events.all).toEqual([[`list${RESP}`, '__keyevent@0__:lpush']]);
      listener.destroy();
      speaker.destroy();
    });
  }

  test('RESP3: a connection that listens may call everything', async () => {
    const client = createClient({ url: server.url, RESP: 3 });
    await client.on('error', () => {}).connect();
    const inbox = new Inbox();
    await client.subscribe('news', inbox.put);
    expect(await client.set('k', 'v')).toBe('OK');
    expect(await client.publish('news', 'to myself')).toBe(1);
    await inbox.until(1);
    expect(inbox.all).toEqual([['to myself', 'news']]);
    client.destroy();
  });
});
