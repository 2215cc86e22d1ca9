// Cluster clients, unmodified, with clusters of one and of three of our servers in this process.

import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Cluster } from 'ioredis';
import { createCluster } from 'redis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningServer } from '../../server/index.ts';
import { formCluster, startNode } from '../server/cluster-party.ts';

describe.each([1, 3])('a cluster of %i', (size) => {
  const nodes: RunningServer[] = [];
  beforeAll(async () => {
    for (let i = 0; i < size; i++) nodes.push(await startNode());
    await formCluster(nodes);
  });
  afterAll(() => Promise.all(nodes.map((node) => node.close())));

  test('ioredis finds its way to every slot', async () => {
    const [{ host, port }] = nodes;
    const client = new Cluster([{ host, port }]);
    try {
      const keys = Array.from({ length: 200 }, (_, i) => `key:${i}`);
      await Promise.all(keys.map((key, i) => client.set(key, i)));
      expect(await Promise.all(keys.map((key) => client.get(key)))).toEqual(
        keys.map((_, i) => `${i}`),
      );
      expect(client.nodes('master').length).toBe(size);
      await expect(client.mset('a', '1', 'b', '2')).rejects.toThrow(/CROSSSLOT|same slot/);
      expect(await client.mset('{t}a', '1', '{t}b', '2')).toBe('OK');
      expect(await client.multi().incr('{t}a').incr('{t}b').exec()).toEqual([
        [null, 2],
        [null, 3],
      ]);
      expect(await client.eval('return redis.call("get", KEYS[1])', 1, '{t}a')).toBe('2');
      const pipeline = client.pipeline();
      for (let i = 0; i < 5; i++) pipeline.get(`{t}${'ab'[i % 2]}`);
      expect((await pipeline.exec())!.map(([, value]) => value)).toEqual(['2', '3', '2', '3', '2']);
    } finally {
      client.disconnect();
    }
  });

  test('ioredis hears what is published anywhere', async () => {
    const client = new Cluster(nodes.map(({ host, port }) => ({ host, port })));
    const listener = new Cluster(nodes.map(({ host, port }) => ({ host, port })));
    try {
      await listener.subscribe('news');
      const heard = once(listener, 'message');
      // Nodes that have just met may not be connected both ways.
      while ((await Promise.race([heard, pause(20)])) === undefined) {
        for (const node of client.nodes('master')) await node.publish('news', 'hello');
      }
      expect(await heard).toEqual(['news', 'hello']);
    } finally {
      client.disconnect();
      listener.disconnect();
    }
  });

  test('node-redis finds its way to every slot', async () => {
    const client = createCluster({ rootNodes: [{ url: nodes[0].url }] });
    await client.connect();
    try {
      const keys = Array.from({ length: 200 }, (_, i) => `other:${i}`);
      await Promise.all(keys.map((key, i) => client.set(key, `${i}`)));
      expect(await Promise.all(keys.map((key) => client.get(key)))).toEqual(
        keys.map((_, i) => `${i}`),
      );
      expect(client.masters.length).toBe(size);
      expect(await client.multi().set('{u}a', '1').incr('{u}a').exec()).toEqual(['OK', 2]);
      const heard = new Promise((resolve) => {
        void client
          .sSubscribe('shard', (message) => resolve(message))
          .then(async () => {
            await client.sPublish('shard', 'hello');
          });
      });
      expect(await heard).toBe('hello');
    } finally {
      await client.close();
    }
  });
});

describe('a cluster that changes', () => {
  test('a client follows a slot to another node, with its keys', async () => {
    const nodes = [await startNode(), await startNode()];
    await formCluster(nodes);
    const client = new Cluster(nodes.map(({ host, port }) => ({ host, port })));
    try {
      await client.set('foo', 'bar');
      const slot = 12182;
      const [target, source] = client.nodes('master').sort((a, b) => {
        const place = (port: number | undefined) => nodes.findIndex((node) => node.port === port);
        return place(a.options.port) - place(b.options.port);
      });
      const targetId = String(await target.cluster('MYID'));
      const sourceId = String(await source.cluster('MYID'));
      await target.cluster('SETSLOT', slot, 'IMPORTING', sourceId);
      await source.cluster('SETSLOT', slot, 'MIGRATING', targetId);
      const port = Number(target.options.port);
      expect(await source.migrate('127.0.0.1', port, '', 0, 5000, 'KEYS', 'foo')).toBe('OK');
      expect(await client.get('foo')).toBe('bar'); // By an ASK.
      await target.cluster('SETSLOT', slot, 'NODE', targetId);
      await source.cluster('SETSLOT', slot, 'NODE', targetId);
      expect(await client.get('foo')).toBe('bar'); // By a MOVED.
      expect(await client.set('foo', 'baz')).toBe('OK');
      expect(await target.get('foo')).toBe('baz');
    } finally {
      client.disconnect();
      for (const node of nodes) await node.close();
    }
  });
});
