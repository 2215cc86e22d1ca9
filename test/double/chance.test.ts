// The same seed, the same chance: two servers that are asked the same answer with the same bytes.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type RunningServer, type ServerOptions, startServer } from '../../server/index.ts';

const NOW = 1_800_000_000_000;

/** A server that answers at once, and everything that it has said. */
class Talk implements AsyncDisposable {
  said = '';
  readonly server: RunningServer;
  private readonly connection;

  constructor(server: RunningServer) {
    this.server = server;
    server.clock.freeze();
    void server.clock.set(NOW);
    this.connection = server.connect();
    this.connection.onData = (chunk) => {
      this.said += chunk.toString('latin1');
    };
  }

  /** Asks something, and returns the bytes of the answer. */
  ask(...argv: (string | number)[]): string {
    const before = this.said.length;
    const words = argv.map((word) => `$${String(word).length}\r\n${word}\r\n`);
    this.connection.write(Buffer.from(`*${argv.length}\r\n${words.join('')}`, 'latin1'));
    return this.said.slice(before);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
  }
}

async function talk(options: ServerOptions): Promise<Talk> {
  return new Talk(await startServer(options));
}

const key = fc.constantFrom('a', 'b', 'c', 'd');
const member = fc.nat(300).map((n) => `m${n}`);
const members = fc.array(member, { minLength: 1, maxLength: 200 });
const count = fc.integer({ min: -20, max: 20 }).map(String);
const command: fc.Arbitrary<string[]> = fc.oneof(
  fc.tuple(key, members).map(([k, all]) => ['SADD', `set:${k}`, ...all]),
  fc
    .tuple(key, members)
    .map(([k, all]) => ['ZADD', `z:${k}`, ...all.flatMap((m, i) => [`${i}`, m])]),
  fc.tuple(key, members).map(([k, all]) => ['HSET', `h:${k}`, ...all.flatMap((m) => [m, 'v'])]),
  fc.tuple(key, member).map(([k, m]) => ['SET', `${k}:${m}`, m]),
  fc.tuple(key, member).map(([k, m]) => ['SET', `e:${k}:${m}`, m, 'PX', '50']),
  key.map((k) => ['SPOP', `set:${k}`]),
  fc.tuple(key, fc.nat(10)).map(([k, n]) => ['SPOP', `set:${k}`, `${n}`]),
  fc.tuple(key, count).map(([k, n]) => ['SRANDMEMBER', `set:${k}`, n]),
  fc.tuple(key, count).map(([k, n]) => ['HRANDFIELD', `h:${k}`, n, 'WITHVALUES']),
  fc.tuple(key, count).map(([k, n]) => ['ZRANDMEMBER', `z:${k}`, n, 'WITHSCORES']),
  fc.tuple(key, member).map(([k, m]) => ['ZRANK', `z:${k}`, m]),
  fc.constantFrom<string[]>(
    ['RANDOMKEY'],
    ['ACL', 'GENPASS'],
    ['CLIENT', 'ID'],
    ['CLUSTER', 'MYID'],
    ['LOLWUT'],
    ['SCAN', '0', 'COUNT', '7'],
    ['EVAL', 'return tostring(math.random())', '0'],
    ['DBSIZE'],
  ),
  key.map((k) => ['OBJECT', 'FREQ', `set:${k}`]),
  key.map((k) => ['SSCAN', `set:${k}`, '0']),
);
const program = fc.array(
  fc.oneof(
    { weight: 20, arbitrary: command },
    fc.nat(100).map((ms) => ['advance', String(ms)]),
  ),
  { minLength: 50, maxLength: 150 },
);

/** Runs a program. */
async function run(to: Talk, lines: readonly string[][]): Promise<void> {
  for (const argv of lines) {
    if (argv[0] === 'advance') await to.server.clock.advance(Number(argv[1]));
    else to.ask(...argv);
  }
  to.ask('INFO', 'server');
}

/** What differs though chance is the same: who else runs, and how long things took. */
function comparable(said: string): string {
  return said
    .replace(/^(listener0|tcp_port|server_time_usec|uptime_in_\w+|process_id):.*$/gm, '')
    .replace(/^\$\d+\r\n# Server/m, '# Server');
}

describe('two servers with one seed', () => {
  for (const policy of ['noeviction', 'allkeys-lfu', 'allkeys-random', 'volatile-ttl']) {
    test(`say the same, whatever they are asked (${policy})`, async () => {
      const property = fc.asyncProperty(program, fc.integer(), async (lines, seed) => {
        const options = { seed, 'maxmemory-policy': policy };
        await using one = await talk(options);
        await using other = await talk(options);
        await run(one, lines);
        await run(other, lines);
        expect(comparable(other.said)).toBe(comparable(one.said));
      });
      await fc.assert(property, { numRuns: 15 });
    });
  }

  test('evict the same keys when there is no room', async () => {
    const left: string[] = [];
    for (let i = 0; i < 2; i++) {
      await using at = await talk({ seed: 5, 'maxmemory-policy': 'allkeys-random' });
      for (let n = 0; n < 500; n++) at.ask('SET', `key:${n}`, 'x'.repeat(1000));
      const used = Number(/used_memory:(\d+)/.exec(at.ask('INFO', 'memory'))![1]);
      at.ask('CONFIG', 'SET', 'maxmemory', used - 300_000);
      at.ask('SET', 'one', 'more');
      left.push(at.ask('KEYS', '*'));
    }
    expect(left[0].split('\r\n').length).toBeLessThan(1000);
    expect(left[0].split('\r\n').length).toBeGreaterThan(50);
    expect(left[1]).toBe(left[0]);
  });

  test('have the same name, on every start', async () => {
    const names: string[] = [];
    for (let i = 0; i < 2; i++) {
      await using at = await talk({ seed: 9 });
      const info = at.ask('INFO', 'everything');
      names.push(/run_id:(\w+)/.exec(info)![1] + /master_replid:(\w+)/.exec(info)![1]);
    }
    expect(names[0]).toHaveLength(80);
    expect(names[1]).toBe(names[0]);
  });

  test('still do after time went by in which nobody asked anything', async () => {
    const drawn: string[] = [];
    for (const ms of [0, 3_600_000]) {
      await using at = await talk({ seed: 3, 'maxmemory-policy': 'allkeys-lfu' });
      for (let n = 0; n < 300; n++) at.ask('SADD', 'set', `m${n}`);
      for (let n = 0; n < 300; n++) at.ask('SET', `key:${n}`, 'x', 'EX', 1000 + n);
      await at.server.clock.advance(ms);
      drawn.push(at.ask('SRANDMEMBER', 'set', 10));
    }
    expect(drawn[1]).toBe(drawn[0]);
  });
});

test('another seed is another chance, and no seed is any', async () => {
  const drawn = new Set<string>();
  for (const options of [{ seed: 1 }, { seed: 2 }, {}, {}]) {
    await using at = await talk(options);
    for (let n = 0; n < 300; n++) at.ask('SADD', 'set', `m${n}`);
    drawn.add(at.ask('SRANDMEMBER', 'set', 10));
  }
  expect(drawn.size).toBe(4);
});

test('what a server drew for itself is told, and makes another draw the same', async () => {
  const drawn: string[] = [];
  let seed: number | undefined;
  for (let i = 0; i < 2; i++) {
    await using at = await talk(seed === undefined ? {} : { seed });
    seed = at.server.random.seed;
    for (let n = 0; n < 300; n++) at.ask('SADD', 'set', `m${n}`);
    drawn.push(at.ask('SPOP', 'set', 5));
  }
  expect(drawn[1]).toBe(drawn[0]);
});

test('chance that begins again draws what it drew first', async () => {
  await using at = await talk({});
  for (let n = 0; n < 300; n++) at.ask('SADD', 'set', `m${n}`);
  const first = [at.ask('SRANDMEMBER', 'set', 3), at.ask('SRANDMEMBER', 'set', 3)];
  at.server.random.restart();
  expect([at.ask('SRANDMEMBER', 'set', 3), at.ask('SRANDMEMBER', 'set', 3)]).toEqual(first);
});
