// Ours follows real Redis, and stands between two real servers.

import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { commandsOf, conversations } from '../fuzz/grammar.ts';
import { type RedisVersion, realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { run } from '../persistence/both.ts';
import { manyKeys } from '../persistence/datasets.ts';
import { encode, overSocket, type Wire } from '../wire.ts';
import { agree, infoOf, inStep, Member, Tunnel, until } from './fleet.ts';

const FAMILIES = [
  ...['string', 'bitmap', 'list', 'hyperloglog', 'hash', 'set', 'stream', 'generic'],
  'transactions',
];
// What 7.0 sums up of sorted sets has its own spelling of scores.
const SCORED = ['sort', 'sortedSet', 'geo'];
const VERSIONS: RedisVersion[] = ['8.0.2', '7.0.15'];
const missing = new Set<RedisVersion>();
for (const version of VERSIONS) {
  if ((await realRedis(version)) !== null) continue;
  missing.add(version);
  console.warn(`*** NO REAL MASTER: ${whyNoRedis(version)} ***`);
}

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function ours(options: Readonly<Record<string, string>> = {}): Promise<Member> {
  const member = await Member.start(options);
  endings.push(() => member.close());
  return member;
}

async function real(version: RedisVersion, ...options: string[]): Promise<[RealServer, Wire]> {
  const server = (await startReal(version, ['--repl-diskless-sync-delay', '0', ...options]))!;
  const wire = await overSocket({ path: server.socket });
  endings.push(async () => {
    wire.close();
    await server.stop();
  });
  return [server, wire];
}

async function tunnelTo(port: number): Promise<Tunnel> {
  const tunnel = await Tunnel.open(port);
  endings.push(() => tunnel.close());
  return tunnel;
}

/** Random writes to a server, whatever the replies are, each conversation over its connections. */
async function play(server: RealServer, seed: number, count: number): Promise<void> {
  const families = server.version.startsWith('7') ? FAMILIES : [...FAMILIES, ...SCORED];
  const talks = fc.sample(conversations(commandsOf(families)), { seed, numRuns: count });
  for (const steps of talks) {
    const wires = new Map<number, Wire>();
    for (const { client, argv } of steps) {
      const wire = wires.get(client) ?? (await overSocket({ path: server.socket }));
      wires.set(client, wire);
      if (!wire.closed) wire.send(encode(argv));
    }
    for (const wire of wires.values()) {
      if (!wire.closed) wire.send(encode(['QUIT']));
    }
    await until(() => [...wires.values()].every((wire) => wire.closed));
  }
}

/** A transaction that a conversation left open waits for more, and a client may block. */
async function letGo(wire: Wire): Promise<void> {
  await wire.ask('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
}

for (const version of VERSIONS) {
  describe.skipIf(missing.has(version))(`ours follows ${version}`, () => {
    const forms: [string, string[], Record<string, string>][] = [
      ['streamed', ['--repl-diskless-sync', 'yes'], {}],
      [
        'streamed and loaded aside',
        ['--repl-diskless-sync', 'yes'],
        { 'repl-diskless-load': 'swapdb' },
      ],
      ['as a file', ['--repl-diskless-sync', 'no'], { disk: 'yes' }],
    ];

    test.each(forms)('and has what it has, from a snapshot %s', async (_, options, mine) => {
      const [master, wire] = await real(version, ...options);
      const known = version === '8.0.2' ? /./ : /^(?!Z|H.*EX)/;
      const making = manyKeys(1, 200).filter(([name]) => known.test(name));
      for (const call of making) await wire.ask(...call);
      const replica = await ours(mine);
      await replica.follow(master.port);
      await agree(wire, replica.wire);
      for (let seed = 1; seed <= 3; seed++) {
        await playAndLetGo(master, wire, seed);
        await agree(wire, replica.wire);
      }
      expect(replica.log.join('')).not.toContain('CRITICAL');
      expect(await infoOf(wire, 'sync_full', 'stats')).toBe('1');
    });

    test('and goes on where its connection was cut', async () => {
      const [master, wire] = await real(version);
      const tunnel = await tunnelTo(master.port);
      const replica = await ours();
      await replica.follow(tunnel.port);
      await inStep(wire, replica.wire);
      for (let round = 1; round <= 5; round++) {
        tunnel.cutAfter = 200 + 511 * round;
        tunnel.cut();
        await playAndLetGo(master, wire, 10 + round);
        await agree(wire, replica.wire);
      }
      expect(await infoOf(wire, 'sync_full', 'stats')).toBe('1');
      expect(Number(await infoOf(wire, 'sync_partial_ok', 'stats'))).toBeGreaterThan(4);
    });
  });
}

async function playAndLetGo(server: RealServer, wire: Wire, seed: number): Promise<void> {
  const played = play(server, seed, 10);
  let done = false;
  void played.finally(() => {
    done = true;
  });
  await until(async () => {
    if (!done) await letGo(wire);
    return done;
  });
}

describe.skipIf(missing.has('8.0.2'))('between real servers', () => {
  test('ours passes the stream on, and may take the place of the first', async () => {
    const [first, firstWire] = await real('8.0.2');
    const middle = await ours();
    await middle.follow(first.port);
    await inStep(firstWire, middle.wire);
    const [, lastWire] = await real('8.0.2', '--replicaof', '127.0.0.1', String(middle.port));
    await run(firstWire, manyKeys(3, 100));
    await agree(firstWire, middle.wire);
    await agree(firstWire, lastWire);
    expect(await infoOf(lastWire, 'master_replid')).toBe(await infoOf(firstWire, 'master_replid'));

    await middle.ask('REPLICAOF', 'NO', 'ONE');
    await run(middle.wire, [['FLUSHALL'], ['SELECT', '5'], ...manyKeys(4, 20)]);
    await agree(middle.wire, lastWire);
    await firstWire.ask('REPLICAOF', '127.0.0.1', String(middle.port));
    await agree(middle.wire, firstWire);
    expect(await middle.stat('sync_full')).toBe('1'); // The last one's first.
    expect(await middle.stat('sync_partial_ok')).toBe('2');
  });

  test('ours follows a replica that was promoted, without a snapshot', async () => {
    const [first, firstWire] = await real('8.0.2');
    const [next, nextWire] = await real('8.0.2', '--replicaof', '127.0.0.1', String(first.port));
    const replica = await ours();
    await replica.follow(first.port);
    await run(firstWire, manyKeys(5, 50));
    await agree(firstWire, nextWire);
    await agree(firstWire, replica.wire);
    await nextWire.ask('REPLICAOF', 'NO', 'ONE');
    await nextWire.ask('SET', 'new', 'master');
    await replica.follow(next.port);
    await agree(nextWire, replica.wire);
    expect(await infoOf(nextWire, 'sync_full', 'stats')).toBe('0');
    expect(replica.log.join('')).toContain('Master replication ID changed to');
  });

  test('FAILOVER works in both directions', async () => {
    const master = await ours();
    const [, wire] = await real('8.0.2', '--replicaof', '127.0.0.1', String(master.port));
    await run(master.wire, manyKeys(6, 30));
    await agree(master.wire, wire);
    expect((await master.ask('FAILOVER')).text).toBe('OK');
    await until(async () => (await infoOf(wire, 'role')) === 'master');
    await agree(wire, master.wire);
    expect((await wire.ask('FAILOVER')).text).toBe('OK');
    await until(async () => (await master.info('role')) === 'master');
    await master.ask('SET', 'back', 'again');
    await agree(master.wire, wire);
    expect(await master.stat('sync_full')).toBe('1');
  });
});
