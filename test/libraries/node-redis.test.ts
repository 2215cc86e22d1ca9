// node-redis 4, 5 and 6, in RESP2 and RESP3.

import {
  BasicClientSideCache,
  createClient as create6,
  createClientPool,
  defineScript,
  WatchError,
} from 'redis';
import { createClient as create4 } from 'redis-4';
import {
  BasicClientSideCache as BasicClientSideCache5,
  createClient as create5,
  createClientPool as createClientPool5,
} from 'redis-5';
import { expect, test } from 'vitest';
import { inProcess } from '../../server/double/node-redis.ts';
import { type RunningServer, startServer } from '../../server/index.ts';
import { onBothServers, onOurServer, type Place, type Tests, until } from './servers.ts';

type Client = ReturnType<typeof create6>;
type Options = { readonly RESP?: 2 | 3 } & Readonly<Record<string, unknown>>;

/** The majors differ in their types more than in what is used of them here. */
const create = {
  4: create4 as unknown as (options: Options) => Client,
  5: create5 as unknown as (options: Options) => Client,
  6: create6 as unknown as (options: Options) => Client,
};

type Kind = {
  readonly major: 4 | 5 | 6;
  readonly options: Options;
  /** Where to connect to: a URL, if it is not said. */
  readonly reach?: (place: Place) => { readonly socket?: object };
};

const KINDS: Record<string, Kind> = {
  'node-redis 4': { major: 4, options: {} },
  'node-redis 5': { major: 5, options: { RESP: 2 } },
  'node-redis 5 in RESP3': { major: 5, options: { RESP: 3, unstableResp3: true } },
  'node-redis 6 in RESP2': { major: 6, options: { RESP: 2 } },
  'node-redis 6': { major: 6, options: { RESP: 3 } },
};

const twice = defineScript({
  SCRIPT: `redis.call('INCRBY', KEYS[1], ARGV[1]) return redis.call('INCRBY', KEYS[1], ARGV[1])`,
  NUMBER_OF_KEYS: 1,
  parseCommand(parser, key: string, by: number) {
    parser.pushKey(key);
    parser.push(String(by));
  },
  transformReply: (reply: unknown) => Number(reply),
});

/** The same for node-redis 4. */
const twice4 = {
  ...{ SCRIPT: twice.SCRIPT, NUMBER_OF_KEYS: 1, SHA1: twice.SHA1 },
  transformArguments: (key: string, by: number) => [key, String(by)],
  transformReply: (reply: unknown) => Number(reply),
};

const LIBRARY = `#!lua name=lib
redis.register_function{function_name = 'add', flags = {'no-writes'},
  callback = function(keys, args) return args[1] + args[2] end}`;

function testsOf({ major, options, reach }: Kind): Tests {
  const withClient = async (
    place: Place,
    work: (client: Client, another: () => Promise<Client>) => Promise<void>,
    more: Options = {},
  ) => {
    const open: Client[] = [];
    const make = async () => {
      const to = reach === undefined ? { url: place.url, socket: {} } : reach(place);
      const socket = { reconnectStrategy: 10, ...to.socket };
      const client = create[major]({ ...to, ...options, ...more, socket });
      client.on('error', () => {});
      open.push(client);
      await client.connect();
      return client;
    };
    await work(await make(), make).finally(() => Promise.all(open.map((each) => end(each))));
  };
  const end = (client: Client) => (major === 4 ? client.disconnect() : client.destroy());

  return {
    'values of all kinds': (place) =>
      withClient(place, async (client) => {
        expect(await client.set('k', 'v', { EX: 100, NX: true })).toBe('OK');
        expect(await client.set('k', 'w', { NX: true })).toBeNull();
        expect(await client.mGet(['k', 'none'])).toEqual(['v', null]);
        expect(await client.expire('k', 50)).toBeTruthy();
        expect(await client.hSet('h', { a: 1, b: '2' })).toBe(2);
        expect({ ...(await client.hGetAll('h')) }).toEqual({ a: '1', b: '2' });
        expect(await client.hIncrByFloat('h', 'a', 0.5)).toBe('1.5');
        await client.zAdd('z', [
          { score: 1.5, value: 'a' },
          { score: 2, value: 'b' },
        ]);
        expect(await client.zScore('z', 'a')).toBe(1.5);
        expect(await client.zRangeWithScores('z', 0, -1)).toEqual([
          { value: 'a', score: 1.5 },
          { value: 'b', score: 2 },
        ]);
        await client.geoAdd('g', { member: 'Palermo', longitude: 13.361389, latitude: 38.115556 });
        expect(Number((await client.geoPos('g', 'Palermo'))[0]!.longitude)).toBeCloseTo(
          13.361389,
          4,
        );
        expect(await client.sAdd('s', ['a', 'b'])).toBe(2);
        expect([...(await client.sMembers('s'))].sort()).toEqual(['a', 'b']);
        expect(await client.sendCommand(['OBJECT', 'ENCODING', 'z'])).toBe('listpack');
        expect(await client.dbSize()).toBe(5);
        await expect(client.incr('k')).rejects.toThrow(/not an integer/);
      }),

    'transactions: in one piece, watched, with an error': (place) =>
      withClient(place, async (client, another) => {
        const other = await another();
        expect(await client.multi().set('a', '1').incr('a').exec()).toEqual(['OK', 2]);
        await client.watch('a');
        await other.set('a', '5');
        await expect(client.multi().incr('a').exec()).rejects.toThrow(/watched/);
        const failing = await client
          .multi()
          .lPush('a', 'x')
          .get('a')
          .exec()
          .catch((problem: { replies: unknown[] }) => problem.replies);
        expect(String(failing[0])).toMatch(/WRONGTYPE/);
        expect(failing[1]).toBe('5');
        expect(await client.multi().get('a').execAsPipeline()).toEqual(['5']);
        expect(await Promise.all([client.incr('a'), client.incr('a')])).toEqual([6, 7]);
      }),

    'scripts and functions': (place) =>
      withClient(
        place,
        async (client) => {
          const scripted = client as unknown as { twice(key: string, by: number): Promise<number> };
          expect(await scripted.twice('n', 5)).toBe(10);
          await client.scriptFlush();
          expect(await scripted.twice('n', 1)).toBe(12);
          const script = 'return {KEYS[1], ARGV[1], 3, false}';
          const given = { keys: ['k'], arguments: ['v'] };
          expect(await client.eval(script, given)).toEqual(['k', 'v', 3, null]);
          expect(await client.functionLoad(LIBRARY, { REPLACE: true })).toBe('lib');
          expect(await client.fCallRo('add', { keys: [], arguments: ['1', '2'] })).toBe(3);
          expect(await client.functionDelete('lib')).toBe('OK');
        },
        { scripts: { twice: major === 4 ? twice4 : twice } },
      ),

    'subscriptions: names, patterns, shards, bytes; they survive a lost connection': (place) =>
      withClient(place, async (client, another) => {
        const sub = await another();
        const heard: string[] = [];
        const listen = (text: string, channel: string) => heard.push(`${channel}: ${text}`);
        await sub.subscribe(['a', 'b'], listen);
        await sub.pSubscribe('n*', listen);
        const shards = await another();
        await shards.sSubscribe('shard', listen);
        await sub.subscribe('bytes', (bytes) => heard.push(`bytes ${bytes[1]}`), true);
        await client.publish('a', 'one');
        await client.publish('news', 'two');
        await client.sPublish('shard', 'three');
        await client.sendCommand(['PUBLISH', 'bytes', Buffer.from([0, 255]) as unknown as string]);
        await until(() => heard.length === 4);
        expect(heard.sort()).toEqual(['a: one', 'bytes 255', 'news: two', 'shard: three']);
        await client.sendCommand(['CLIENT', 'KILL', 'TYPE', 'PUBSUB']);
        await until(async () => (await client.publish('b', 'again')) === 1);
        await until(() => heard.includes('b: again'));
        await sub.unsubscribe('a');
        await sub.pUnsubscribe('n*');
        await until(async () => (await client.pubSubChannels()).length === 2);
      }),

    'streams, blocking commands, iterators': (place) =>
      withClient(place, async (client, another) => {
        const id = await client.xAdd('x', '*', { f: 'v' });
        await client.xGroupCreate('x', 'g', '0');
        const taken = await client.xReadGroup('g', 'c', { key: 'x', id: '>' }, { COUNT: 1 });
        expect(JSON.stringify(taken)).toContain(id);
        expect(await client.xAck('x', 'g', id)).toBe(1);
        const waiter = await another();
        const popped = waiter.blPop('list', 20);
        const reader = await another();
        const read = reader.xRead({ key: 'x', id: '$' }, { BLOCK: 20_000 });
        await until(async () => /blocked_clients:2/.test(await client.info('clients')));
        await client.rPush('list', 'came');
        await client.xAdd('x', '*', { n: '2' });
        expect({ ...(await popped) }).toEqual({ key: 'list', element: 'came' });
        expect(JSON.stringify(await read)).toMatch(/"n"[:,]"2"/);
        for (let i = 0; i < 300; i++) void client.hSet('h', `field ${i}`, i);
        let fields = 0;
        for await (const page of client.hScanIterator('h')) {
          fields += Array.isArray(page) ? page.length : 1; // One by one in node-redis 4.
        }
        expect(fields).toBe(300);
        const keys: string[] = [];
        for await (const page of client.scanIterator({ COUNT: 1 })) keys.push(...[page].flat());
        expect(keys.sort()).toEqual(['h', 'x']);
      }),

    'what is asked while nobody is there is answered later': (place) =>
      withClient(place, async (client, another) => {
        const other = await another();
        const id = String(await client.sendCommand(['CLIENT', 'ID']));
        await other.sendCommand(['CLIENT', 'KILL', 'ID', id]);
        expect(await client.set('k', 'v').catch(() => client.set('k', 'v'))).toBe('OK');
        expect(await client.get('k')).toBe('v');
      }),
  };
}

for (const [name, kind] of Object.entries(KINDS)) onBothServers(name, testsOf(kind));

for (const [name, kind] of Object.entries(KINDS)) {
  const reach = (place: Place) => inProcess(place as RunningServer);
  const tests = testsOf({ ...kind, reach });
  onOurServer(`${name} without a socket`, tests, undefined, { listen: false });
}

onBothServers('node-redis, the newer parts', {
  'a pool runs transactions on connections of their own': async ({ url }) => {
    for (const make of [createClientPool, createClientPool5]) {
      const pool = (make as typeof createClientPool)({ url }, { minimum: 2, maximum: 4 });
      await pool.connect();
      await pool.sendCommand(['FLUSHALL']);
      const add = () =>
        pool.execute(async (client) => {
          for (;;) {
            await client.watch('n');
            const now = Number(await client.get('n'));
            try {
              return await client
                .multi()
                .set('n', now + 1)
                .exec();
            } catch (problem) {
              if ((problem as Error).constructor.name !== WatchError.name) throw problem;
            }
          }
        });
      await Promise.all(Array.from({ length: 20 }, add));
      expect(await pool.get('n')).toBe('20');
      pool.destroy();
    }
  },

  'a cache in the client forgets what another one changes': async ({ url }) => {
    const other = create6({ url });
    await other.connect();
    const caches = [
      [create6, new BasicClientSideCache()],
      [create5 as unknown as typeof create6, new BasicClientSideCache5()],
    ] as const;
    for (const [make, cache] of caches) {
      await other.set('k', 'old');
      const client = make({ url, RESP: 3, clientSideCache: cache as BasicClientSideCache });
      await client.connect();
      expect([await client.get('k'), await client.get('k')]).toEqual(['old', 'old']);
      expect(cache.stats().hitCount).toBe(1);
      await other.set('k', 'new');
      await until(async () => (await client.get('k')) === 'new');
      client.destroy();
    }
    other.destroy();
  },
});

test('node-redis waits for a server that comes back', async () => {
  const first = await startServer();
  const { port, url } = first;
  const client = create6({ url, socket: { reconnectStrategy: 20 } });
  client.on('error', () => {});
  await client.connect();
  await client.set('k', 'v');
  await first.close();
  const waiting = client.get('k').catch(() => client.get('k'));
  const second = await startServer({ port });
  expect(await waiting).toBeNull();
  client.destroy();
  await second.close();
});
