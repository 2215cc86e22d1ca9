// A client of a real cluster: six servers, three masters with a replica each.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, createClient } from '../../client/index.ts';
import { keySlot } from '../../protocol/slot.ts';
import { whyNoRedis } from '../oracle/bring.ts';
import { type RealCluster, startRealCluster } from './real-cluster.ts';

let cluster: RealCluster | null;
let client: Client;
beforeAll(async () => {
  cluster = await startRealCluster();
  if (cluster === null) return;
  client = createClient({ cluster: [{ host: '127.0.0.1', port: cluster.nodes[0]!.port }] });
}, 120_000);
afterAll(async () => {
  client?.destroy();
  await cluster?.stop();
});

const keys = Array.from({ length: 200 }, (_, i) => `key:${i}`);

describe('a real cluster', { timeout: 120_000 }, () => {
  test('each key goes to its node, in one tick or in a pipeline', async (context) => {
    if (cluster === null) return context.skip(whyNoRedis('8.0.2'));
    await Promise.all(keys.map((key) => client.set(key, key)));
    expect(await Promise.all(keys.map((key) => client.get(key)))).toEqual(keys);
    expect(await client.pipeline((p) => keys.map((key) => p.get(key)))).toEqual(keys);
    expect(await client.eval('return redis.call("get", KEYS[1])', ['key:7'])).toBe('key:7');
    await expect(client.mget('key:1', 'key:2')).rejects.toMatchObject({ code: 'CROSSSLOT' });
    const both = await client.multi((tx) => [tx.incr('{t}a'), tx.incr('{t}b')]);
    expect(both).toEqual([1, 1]);
    const apart = client.multi((tx) => [tx.incr('key:1'), tx.incr('key:2')]);
    await expect(apart).rejects.toThrow();
  });

  test('replicas answer reads where that is wanted', async (context) => {
    if (cluster === null) return context.skip(whyNoRedis('8.0.2'));
    const options = { host: '127.0.0.1', port: cluster.nodes[1]!.port };
    await using reader = createClient({ cluster: [options], readFrom: 'replica' });
    await reader.set('{r}k', 'v');
    await client.call('WAIT', 1, 1000);
    const lag = async (): Promise<string | null> => (await reader.get('{r}k')) ?? lag();
    expect(await lag()).toBe('v');
    expect(await reader.set('{r}k', 'w')).toBe('OK');
  });

  test('blocking commands and transactions that watch go to the right node', async (context) => {
    if (cluster === null) return context.skip(whyNoRedis('8.0.2'));
    const popped = client.blpop('queue', 10);
    await client.rpush('queue', 'x');
    expect(await popped).toEqual(['queue', 'x']);
    const result = await client.watch(['{w}n'], (own) => own.multi((tx) => [tx.incr('{w}n')]));
    expect(result).toEqual([1]);
  });

  test('sharded channels are listened to where they live, plain ones anywhere', async (context) => {
    if (cluster === null) return context.skip(whyNoRedis('8.0.2'));
    const sharded = await client.ssubscribe(['a', 'b', 'c']);
    const plain = await client.subscribe('p');
    for (const channel of ['a', 'b', 'c']) await client.spublish(channel, `to ${channel}`);
    const heard: string[] = [];
    for await (const { channel, message } of sharded) {
      heard.push(`${message} on ${channel}`);
      if (heard.length === 3) break;
    }
    expect(heard.sort()).toEqual(['to a on a', 'to b on b', 'to c on c']);
    await client.publish('p', 'hello');
    for await (const { message } of plain) {
      expect(message).toBe('hello');
      break;
    }
  });

  test('a slot that moves is followed, key by key, while it moves', async (context) => {
    if (cluster === null) return context.skip(whyNoRedis('8.0.2'));
    const slot = keySlot('{m}');
    const names = Array.from({ length: 50 }, (_, i) => `{m}${i}`);
    await Promise.all(names.map((name) => client.set(name, 0)));
    const slots = (await client.clusterSlots()) as [
      number,
      number,
      ...[string, number, string][],
    ][];
    const [, , source] = slots.find(([from, to]) => from <= slot && slot <= to)!;
    const [, , target] = slots.find(([, , node]) => node[2] !== source[2])!;
    await using from = createClient({ host: '127.0.0.1', port: source[1] });
    await using to = createClient({ host: '127.0.0.1', port: target[1] });
    const heard: string[] = [];
    const listening = await client.ssubscribe('{m}', (message) => heard.push(message));
    await to.clusterSetslot(slot, 'IMPORTING', source[2]);
    await from.clusterSetslot(slot, 'MIGRATING', target[2]);
    let stop = false;
    let writes = 0;
    const writer = (async () => {
      for (let i = 0; !stop; i++, writes++) await client.incr(names[i % names.length]!);
    })();
    for (const name of names) await from.migrate('127.0.0.1', target[1], name, 0, 5000);
    for (const node of [to, from]) await node.clusterSetslot(slot, 'NODE', target[2]);
    stop = true;
    await writer;
    const sum = (await Promise.all(names.map((name) => client.get(name)))).map(Number);
    expect(sum.reduce((a, b) => a + b)).toBe(writes);
    while (heard.length === 0) await client.spublish('{m}', 'after the move');
    expect(heard[0]).toBe('after the move');
    await listening.unsubscribe();
  });

  test('a master that dies is replaced, and nothing is carried out twice', async (context) => {
    if (cluster === null) return context.skip(whyNoRedis('8.0.2'));
    await cluster.settled();
    const slots = (await client.clusterSlots()) as [
      number,
      number,
      ...[string, number, string][],
    ][];
    const victim = slots[0]![2][1];
    const index = cluster.nodes.findIndex(({ port }) => port === victim);
    const counters = keys.slice(0, 60).map((key) => `count:${key}`);
    let acknowledged = 0;
    let lost = 0;
    let killed = false;
    for (let round = 0; round < 40; round++) {
      if (round === 10) {
        await client.call('WAIT', 1, 1000);
        await cluster.nodes[index]!.stop();
        killed = true;
      }
      const results = await Promise.allSettled(counters.map((key) => client.incr(key)));
      for (const result of results) {
        if (result.status === 'fulfilled') acknowledged++;
        else lost++;
      }
    }
    expect(killed).toBe(true);
    const values = await Promise.all(counters.map((key) => client.get(key)));
    const sum = values.reduce((total, value) => total + Number(value), 0);
    // What was answered by the dead master may not have reached its replica: that is Redis's promise.
    expect(sum).toBeGreaterThanOrEqual(acknowledged - counters.length * 2);
    expect(sum).toBeLessThanOrEqual(acknowledged + lost);
    expect(acknowledged).toBeGreaterThan(30 * counters.length);
  });
});
