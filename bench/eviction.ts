// How good the eviction policies are at keeping what will be asked for, beside redis-server's.
//
//   node dist/bench/eviction.js [--seconds 20] [--keys 10000] [--pace N] [--policies ...]
//
// Both servers are used as a cache: a key is asked for, and set if it is not there. They get the
// same requests in step, so that seconds, in which LRU counts, pass for both alike; and `maxmemory`
// is trimmed for each until as many keys fit, because what a key takes differs. Hits are counted
// once that has settled.
//
// LRU counts in seconds, so it can do something only where keys stay for longer than that: `--pace
// 1000 --keys 2000` asks for so many keys a second, of which few enough are new.
//
//   zipf   popular keys among ten times as many as fit: the n-th is asked for as often as 1/n^0.9
//   scan   the same, and by turns all of three times as many others, in their order, over and over

import { scheduler } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Random } from '../server/clock.ts';
import { encode, overSocket, type Wire } from '../test/wire.ts';
import { type Contender, startOurs, startRedis } from './wire/servers.ts';

const POLICIES = [
  ...['allkeys-lru', 'allkeys-lfu', 'allkeys-random'],
  ...['volatile-lru', 'volatile-lfu', 'volatile-random', 'volatile-ttl'],
];

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    keys: { type: 'string', default: '10000' },
    pace: { type: 'string', default: 'Infinity' },
    policies: { type: 'string', default: POLICIES.join() },
    workloads: { type: 'string', default: 'zipf,scan' },
  },
});
const FIT = Number(flags.keys);
const MS = Number(flags.seconds) * 1000;
const PACE = Number(flags.pace);
const AT_ONCE = 100;
const VALUE = 'x'.repeat(100);
const random = new Random(1);

/** What is asked for next. */
type Workload = () => string;

function zipf(): Workload {
  const sums = new Float64Array(FIT * 10);
  let sum = 0;
  for (let i = 0; i < sums.length; i++) {
    sum += 1 / (i + 1) ** 0.9;
    sums[i] = sum;
  }
  return () => {
    const wanted = random.next() * sum;
    let low = 0;
    let high = sums.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sums[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    return `key:${low}`;
  };
}

function scan(): Workload {
  const popular = zipf();
  let at = 0;
  return () => (random.below(2) === 0 ? popular() : `scan:${at++ % (FIT * 3)}`);
}

/** A server as a cache, and how it does. */
class Cache {
  hits = 0;
  asked = 0;
  private readonly wire: Wire;
  private readonly control: Wire;
  private limit = 0;

  constructor(wire: Wire, control: Wire) {
    this.wire = wire;
    this.control = control;
  }

  static async of({ host, port }: Contender): Promise<Cache> {
    return new Cache(await overSocket({ host, port }), await overSocket({ host, port }));
  }

  close(): void {
    this.wire.close();
    this.control.close();
  }

  /** Empties it, and fills it with as many keys as are to fit. */
  async begin(policy: string): Promise<void> {
    await this.control.ask('FLUSHALL');
    await this.control.ask('CONFIG', 'SET', 'maxmemory', '0', 'maxmemory-policy', policy);
    const before = await this.used();
    for (let i = 0; i < FIT; i += AT_ONCE) {
      const sets = Array.from({ length: AT_ONCE }, (_, n) => set(`key:${i + n}`));
      await this.send(sets);
    }
    this.perKey = ((await this.used()) - before) / FIT;
    this.limit = await this.used();
    this.hits = 0;
    this.asked = 0;
  }

  /** Changes the limit until as many keys fit as are to; returns how many there are. */
  async trim(): Promise<number> {
    const keys = Number((await this.control.ask('DBSIZE')).text);
    this.limit = Math.round(this.limit + ((FIT - keys) * this.perKey) / 2);
    await this.control.ask('CONFIG', 'SET', 'maxmemory', String(this.limit));
    return keys;
  }

  /** Asks for keys, and sets those that are not there. */
  async use(keys: readonly string[]): Promise<void> {
    const found = await this.send(keys.map((key) => ['GET', key]));
    const missed = keys.filter((_, i) => found[i]);
    this.asked += keys.length;
    this.hits += keys.length - missed.length;
    await this.send(missed.map(set));
  }

  private perKey = 0;

  private async used(): Promise<number> {
    const info = (await this.control.ask('INFO', 'memory')).text;
    return Number(/used_memory:(\d+)/.exec(info)![1]);
  }

  /** Sends commands; returns of each whether it was answered by null. */
  private async send(commands: readonly string[][]): Promise<boolean[]> {
    this.wire.send(commands.map(encode).join(''));
    const nulls: boolean[] = [];
    for (const argv of commands) {
      const reply = await this.wire.next();
      if (reply.isError) throw new Error(`${argv.join(' ')}: ${reply.text}`);
      nulls.push(reply.isNull);
    }
    return nulls;
  }
}

/** A key expires in a time that depends on its name alone. */
function set(key: string): string[] {
  let hash = 7;
  for (let i = 0; i < key.length; i++) hash = (hash * 31 + key.charCodeAt(i)) % 99_991;
  return ['SET', key, VALUE, 'EX', String(1000 + hash)];
}

async function compare(caches: Cache[], policy: string, workload: Workload): Promise<string> {
  for (const cache of caches) await cache.begin(policy);
  const start = performance.now();
  let counting = false;
  let keys: number[] = [];
  for (let batch = 0; performance.now() - start < MS; batch++) {
    const early = (batch * AT_ONCE * 1000) / PACE - (performance.now() - start);
    if (early > 0) await scheduler.wait(early);
    const wanted = Array.from({ length: AT_ONCE }, workload);
    await Promise.all(caches.map((cache) => cache.use(wanted)));
    const settled = performance.now() - start > MS / 2;
    if (settled && !counting) for (const cache of caches) [cache.hits, cache.asked] = [0, 0];
    counting = settled;
    if (batch % 20 === 0) keys = await Promise.all(caches.map((cache) => cache.trim()));
  }
  const rates = caches.map(({ hits, asked }) => (100 * hits) / asked);
  const [ours, real] = rates.map((rate) => rate.toFixed(2));
  const apart = (rates[0] - rates[1]).toFixed(2);
  const asked = Math.round(caches[0].asked / 1000);
  return `${ours} | ${real} | ${apart} | ${keys.join(' / ')} | ${asked}k`;
}

const ours = await startOurs(process.execPath);
const real = await startRedis();
const caches = [await Cache.of(ours), await Cache.of(real)];
console.log(
  '| policy | workload | hits here, % | redis-server | apart | keys that fit | asked for |',
);
console.log('|---|---|---:|---:|---:|---:|---:|');
for (const policy of flags.policies.split(',')) {
  for (const name of flags.workloads.split(',')) {
    const figures = await compare(caches, policy, name === 'scan' ? scan() : zipf());
    console.log(`| ${policy} | ${name} | ${figures} |`);
  }
}
for (const cache of caches) cache.close();
await ours.stop();
await real.stop();
