// Servers of ours that follow servers of ours.

import fc from 'fast-check';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { commandsOf, conversations, type Step } from '../fuzz/grammar.ts';
import { run } from '../persistence/both.ts';
import { manyKeys } from '../persistence/datasets.ts';
import { makeCertificates } from '../certificates.ts';
import { encode, inProcess } from '../wire.ts';
import { agree, inStep, Member, Tunnel, until } from './fleet.ts';

const FAMILIES = [
  ...['string', 'bitmap', 'list', 'hyperloglog', 'hash', 'set', 'sort', 'sortedSet', 'geo'],
  ...['stream', 'generic', 'transactions'],
];
const certificates = makeCertificates();
const members: Member[] = [];
const tunnels: Tunnel[] = [];

afterEach(async () => {
  for (const tunnel of tunnels.splice(0)) await tunnel.close();
  for (const member of members.splice(0)) await member.close();
});

async function start(options: Readonly<Record<string, string>> = {}): Promise<Member> {
  const member = await Member.start(options);
  members.push(member);
  return member;
}

async function tunnelTo(port: number): Promise<Tunnel> {
  const tunnel = await Tunnel.open(port);
  tunnels.push(tunnel);
  return tunnel;
}

/** A master, and a replica that is in step with it. */
async function couple(options: Readonly<Record<string, string>> = {}): Promise<[Member, Member]> {
  const [master, replica] = [await start(), await start(options)];
  await replica.follow(master.port);
  await inStep(master.wire, replica.wire);
  return [master, replica];
}

/** Random writes, whatever the replies are. */
function play(member: Member, seed: number, count: number): void {
  const talks = fc.sample(conversations(commandsOf(FAMILIES)), { seed, numRuns: count });
  for (const steps of talks) playOne(member, steps);
}

function playOne(member: Member, steps: readonly Step[]): void {
  const wires = new Map<number, ReturnType<typeof inProcess>>();
  for (const { client, argv } of steps) {
    const wire = wires.get(client) ?? inProcess(member.server);
    wires.set(client, wire);
    if (!wire.closed) wire.send(encode(argv));
  }
  for (const wire of wires.values()) wire.close();
}

describe('a snapshot', () => {
  const ways: [string, Record<string, string>, Record<string, string>][] = [
    ['through a second connection, kept in memory', {}, {}],
    ['through a second connection to a file', {}, { disk: 'yes' }],
    ['through a second connection, loaded aside', {}, { 'repl-diskless-load': 'swapdb' }],
    ['streamed, kept in memory first', {}, { 'repl-rdb-channel': 'no' }],
    ['streamed, by way of a file', { 'repl-rdb-channel': 'no' }, { disk: 'yes' }],
    ['with its length, in memory', { 'repl-diskless-sync': 'no' }, {}],
    ['from a file to a file', { 'repl-diskless-sync': 'no', disk: 'yes' }, { disk: 'yes' }],
    ['loaded on the way', {}, { 'repl-rdb-channel': 'no', 'repl-diskless-load': 'on-empty-db' }],
    ['loaded aside', { 'repl-rdb-channel': 'no' }, { 'repl-diskless-load': 'swapdb' }],
    [
      'of known length, loaded aside',
      { 'repl-diskless-sync': 'no' },
      { 'repl-diskless-load': 'swapdb' },
    ],
  ];

  test.each(ways)('is taken %s, and the stream follows', async (_, masterHas, replicaHas) => {
    const [master, replica] = [await start(masterHas), await start(replicaHas)];
    await run(master.wire, manyKeys(1, 200));
    await run(master.wire, [
      ['FUNCTION', 'LOAD', '#!lua name=l\nredis.register_function("f",function() return 1 end)'],
    ]);
    if (replicaHas['repl-diskless-load'] !== 'on-empty-db') {
      await run(replica.wire, [
        ['SET', 'own', 'key'],
        ['SELECT', '7'],
        ['SET', 'own', 'key'],
        ['SELECT', '0'],
      ]);
    }
    await replica.follow(master.port);
    await agree(master.wire, replica.wire);
    play(master, 5, 20);
    await run(master.wire, [['SWAPDB', '0', '9'], ['SELECT', '3'], ...manyKeys(2, 50)]);
    await agree(master.wire, replica.wire);
    expect(await master.stat('sync_full')).toBe('1');
    expect((await replica.ask('FCALL_RO', 'f', '0')).text).toMatch(/^READONLY/);
    expect((await replica.ask('FUNCTION', 'LIST')).items).toHaveLength(1);
  });

  test('that breaks off while it is loaded aside leaves what was there', async () => {
    const master = await start({ rdbcompression: 'no' });
    const replica = await start({ 'repl-diskless-load': 'swapdb', 'repl-rdb-channel': 'no' });
    await master.ask('DEBUG', 'POPULATE', '2000', 'k', '100');
    await run(replica.wire, [['SET', 'own', 'key']]);
    const tunnel = await tunnelTo(master.port);
    tunnel.cutAfter = 100_000;
    await replica.follow(tunnel.port);
    await until(() => replica.log.some((line) => line.includes('Discarding temporary DB')));
    expect(replica.log.join('')).toContain('Failed trying to load the MASTER synchronization DB');
    await agree(master.wire, replica.wire);
    expect((await replica.ask('EXISTS', 'own')).text).toBe('0');
  });

  test.each(['no', 'yes'])(
    'while it comes, nothing of the stream is lost (disk: %s)',
    async (disk) => {
      const [master, replica] = [await start(), await start({ disk })];
      await run(master.wire, manyKeys(3, 50));
      await master.ask('DEBUG', 'POPULATE', '3000');
      await master.ask('CONFIG', 'SET', 'rdb-key-save-delay', '50');
      await replica.follow(master.port);
      await until(() => master.server.background === 'rdb');
      await run(master.wire, [['MULTI'], ['SET', 'during', '1'], ['INCR', 'during'], ['EXEC']]);
      for (let seed = 1; master.server.background === 'rdb'; seed++) {
        play(master, seed, 1);
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
      }
      await agree(master.wire, replica.wire);
      // The log is told a turn after the last of it was carried out.
      const streamed = 'Successfully streamed replication buffer into the db';
      await until(() => replica.log.some((line) => line.includes(streamed)));
      expect(await master.stat('sync_full')).toBe('1');
      expect(Number(await replica.info('replica_full_sync_buffer_peak'))).toBeGreaterThan(0);
    },
  );

  test('that breaks off before it is whole is asked for again', async () => {
    const master = await start({ rdbcompression: 'no' });
    const replica = await start({ disk: 'yes', 'repl-rdb-channel': 'no' });
    await master.ask('DEBUG', 'POPULATE', '2000', 'k', '100');
    await run(replica.wire, [['SET', 'own', 'key']]);
    const tunnel = await tunnelTo(master.port);
    tunnel.cutAfter = 100_000;
    await replica.follow(tunnel.port);
    await until(() => replica.log.some((line) => line.includes('I/O error trying to sync')));
    await agree(master.wire, replica.wire);
    expect(await master.stat('sync_full')).toBe('2');
  });
});

describe('the stream', () => {
  test('goes on at the byte where it was cut', async () => {
    const master = await start();
    const tunnel = await tunnelTo(master.port);
    const replica = await start();
    await replica.follow(tunnel.port);
    await inStep(master.wire, replica.wire);
    for (let round = 1; round <= 12; round++) {
      tunnel.cutAfter = 200 + 137 * round;
      tunnel.cut();
      play(master, round, 8);
      await agree(master.wire, replica.wire);
    }
    expect(await master.stat('sync_full')).toBe('1');
    expect(Number(await master.stat('sync_partial_ok'))).toBeGreaterThan(11);
    expect(replica.log.join('')).not.toContain('CRITICAL');
  });

  test('is asked for anew from the beginning of a transaction that was cut', async () => {
    const [master, replica] = await couple();
    const tunnel = await tunnelTo(master.port);
    await replica.follow(tunnel.port);
    await inStep(master.wire, replica.wire);
    tunnel.cut();
    await inStep(master.wire, replica.wire);
    tunnel.cutAfter = 150; // The handshake of the next connection is longer than that.
    await run(master.wire, [['MULTI'], ['SET', 'a', '1'], ['INCR', 'n'], ['INCR', 'n'], ['EXEC']]);
    tunnel.cut();
    await agree(master.wire, replica.wire);
    expect((await replica.ask('GET', 'n')).text).toBe('2');
  });

  test('reaches replicas of replicas with the same offsets', async () => {
    const [master, middle] = await couple();
    const last = await start();
    await last.follow(middle.port);
    await inStep(middle.wire, last.wire);
    play(master, 77, 20);
    await run(master.wire, [['MULTI'], ['SET', 'a', '1'], ['SET', 'b', '1'], ['EXEC']]);
    await agree(master.wire, middle.wire);
    await agree(master.wire, last.wire);
    expect(await middle.info('master_replid')).toBe(await master.info('master_replid'));
    expect(await last.info('master_replid')).toBe(await master.info('master_replid'));
    // The last one can follow the first without a snapshot.
    await last.follow(master.port);
    await agree(master.wire, last.wire);
    expect(await master.stat('sync_full')).toBe('1');
    expect(await master.stat('sync_partial_ok')).toBe('1');
  });
});

describe('a replica', () => {
  test('refuses writes, unless it may take them', async () => {
    const [master, replica] = await couple();
    const refused = "-READONLY You can't write against a read only replica.\r\n";
    expect((await replica.ask('SET', 'k', 'v')).raw).toBe(refused);
    expect((await replica.ask('EVAL', 'return redis.call("set", "k", "v")', '0')).raw).toMatch(
      /^-READONLY You can't write against a read only replica. script: /,
    );
    await replica.ask('CONFIG', 'SET', 'replica-read-only', 'no');
    expect((await replica.ask('SET', 'k', 'v')).text).toBe('OK');
    await inStep(master.wire, replica.wire);
    expect((await master.ask('EXISTS', 'k')).text).toBe('0');
  });

  test('keeps a key whose time has come until its master says that it is gone', async () => {
    const [master, replica] = await couple();
    await master.ask('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
    await run(master.wire, [
      ['SET', 'k', 'v', 'PX', '1'],
      ['HSET', 'h', 'f', 'v', 'g', 'w'],
      ['HPEXPIRE', 'h', '1', 'FIELDS', '1', 'f'],
    ]);
    await inStep(master.wire, replica.wire);
    await until(async () => (await replica.ask('GET', 'k')).isNull);
    expect((await replica.ask('EXISTS', 'k')).text).toBe('0');
    expect((await replica.ask('DBSIZE')).text).toBe('2');
    await until(async () => (await replica.ask('HGET', 'h', 'f')).isNull);
    expect((await replica.ask('HLEN', 'h')).text).toBe('2');
    expect((await replica.ask('KEYS', '*')).items.map(({ text }) => text)).toEqual(['h']);
    await run(master.wire, [['GET', 'k']]);
    await inStep(master.wire, replica.wire);
    expect((await replica.ask('DBSIZE')).text).toBe('1');
  });

  test('does what its master did with a key that had not expired there', async () => {
    const [master, replica] = await couple();
    master.server.clock.freeze();
    await run(master.wire, [
      ['RPUSH', 'l', '1'],
      ['PEXPIRE', 'l', '1'],
    ]);
    await inStep(master.wire, replica.wire);
    await until(async () => (await replica.ask('EXISTS', 'l')).text === '0');
    await run(master.wire, [
      ['RPUSH', 'l', '2'],
      ['PERSIST', 'l'],
    ]);
    await until(async () => (await replica.ask('LLEN', 'l')).text === '2');
    master.server.clock.resume();
  });

  test('answers nothing but what it may while its master is not there', async () => {
    const [master, replica] = await couple();
    await replica.ask('CONFIG', 'SET', 'replica-serve-stale-data', 'no');
    expect((await replica.ask('GET', 'k')).isError).toBe(false);
    await master.close();
    members.splice(members.indexOf(master), 1);
    await until(async () => (await replica.info('master_link_status')) === 'down');
    expect((await replica.ask('GET', 'k')).text).toBe(
      "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    );
    expect((await replica.ask('PING')).text).toMatch(/^MASTERDOWN/);
    expect((await replica.ask('ROLE')).items[0].text).toBe('slave');
    const allowed = '#!lua flags=allow-stale,no-writes\nreturn 1';
    expect((await replica.ask('EVAL', allowed, '0')).text).toMatch(/^MASTERDOWN|^1/);
  });

  test('says with ROLE, INFO, HELLO and CLIENT LIST what it is', async () => {
    const [master, replica] = await couple();
    const [role, host, port, state] = (await replica.ask('ROLE')).items.map(({ text }) => text);
    expect([role, host, port, state]).toEqual([
      'slave',
      '127.0.0.1',
      String(master.port),
      'connected',
    ]);
    expect(await replica.info('role')).toBe('slave');
    expect((await replica.ask('CLIENT', 'LIST', 'TYPE', 'master')).text).toMatch(/ flags=M db=0 /);
    expect((await replica.ask('HELLO', '2')).items.map(({ text }) => text)).toContain('replica');
    expect((await replica.ask('CONFIG', 'GET', 'replicaof')).items[1].text).toBe(
      `127.0.0.1 ${master.port}`,
    );
    expect(await master.info('slave0')).toMatch(new RegExp(`port=${replica.port},state=online`));
  });

  test('refuses WAIT, and ends who waited when it became one', async () => {
    const [master, other] = [await start(), await start()];
    const waiting = inProcess(other.server);
    waiting.send(encode(['BLPOP', 'l', '0']));
    await other.follow(master.port);
    expect(waiting.text()).toBe(
      '-UNBLOCKED force unblock from blocking operation, instance state changed (master -> ' +
        'replica?)\r\n',
    );
    await until(() => waiting.closed);
    expect((await other.ask('WAIT', '1', '0')).text).toMatch(/^ERR WAIT cannot be used with repl/);
    expect((await other.ask('WAITAOF', '0', '1', '0')).text).toMatch(/^ERR WAITAOF cannot be used/);
  });

  test('logs in with its master, as whom it is told to', async () => {
    const master = await start({ requirepass: 'secret' });
    await master.ask('AUTH', 'secret');
    const replica = await start({ masterauth: 'wrong' });
    await replica.follow(master.port);
    await until(() => replica.log.some((line) => line.includes('Unable to AUTH to MASTER')));
    await replica.ask('CONFIG', 'SET', 'masterauth', 'secret', 'masteruser', 'default');
    await inStep(master.wire, replica.wire);
  });
});

describe.skipIf(certificates === null)('over TLS', () => {
  afterAll(() => certificates?.remove());

  test('a replica follows who shows a certificate that it trusts', async () => {
    const { server, ca } = certificates!;
    const terms = { 'tls-ca-cert-file': ca, 'tls-replication': 'yes' };
    const mine = { 'tls-cert-file': server.cert, 'tls-key-file': server.key, ...terms };
    const [master, replica] = [await start(mine), await start(mine)];
    await run(master.wire, manyKeys(1, 50));
    await replica.follow(master.server.tlsPort);
    await agree(master.wire, replica.wire);
    play(master, 4, 5);
    await agree(master.wire, replica.wire);
    expect(await master.info('slave0')).toContain(`port=${replica.server.tlsPort},state=online`);
  });
});

describe('a change of roles', () => {
  test('needs no snapshot: who follows a replica that was promoted goes on', async () => {
    const [master, next] = await couple();
    const third = await start();
    await third.follow(master.port);
    play(master, 9, 10);
    await agree(master.wire, next.wire);
    await agree(master.wire, third.wire);
    const history = await master.info('master_replid');
    await next.ask('REPLICAOF', 'NO', 'ONE');
    expect(await next.info('master_replid2')).toBe(history);
    await run(next.wire, [
      ['SELECT', '2'],
      ['SET', 'new', 'master'],
    ]);
    await third.follow(next.port);
    await master.follow(next.port);
    await agree(next.wire, third.wire);
    await agree(next.wire, master.wire);
    expect(await next.stat('sync_full')).toBe('0');
    expect(await next.stat('sync_partial_ok')).toBe('2');
    expect(await third.info('master_replid')).toBe(await next.info('master_replid'));
  });

  test('with FAILOVER loses nothing', async () => {
    const [master, replica] = await couple();
    play(master, 3, 5);
    const held = inProcess(master.server);
    expect((await master.ask('FAILOVER')).text).toBe('OK');
    held.send(encode(['SET', 'late', 'x']));
    await until(async () => (await replica.info('role')) === 'master');
    await until(() => held.text() !== '');
    expect(held.text()).toMatch(/^-READONLY/);
    await agree(replica.wire, master.wire);
    expect(await replica.stat('sync_full')).toBe('0');
    expect(await master.info('master_failover_state')).toBe('no-failover');
  });

  test('with FAILOVER is given up in time', async () => {
    const [master, replica] = await couple();
    await replica.ask('CLIENT', 'PAUSE', '100000', 'ALL');
    await master.ask('SET', 'k', 'v');
    await master.ask('FAILOVER', 'TO', '127.0.0.1', String(replica.port), 'TIMEOUT', '20');
    expect(await master.info('master_failover_state')).toBe('waiting-for-sync');
    await until(async () => (await master.info('master_failover_state')) === 'no-failover');
    expect(master.log.join('')).toContain('aborted: Replica never caught up before timeout');
    expect((await master.ask('SET', 'k', 'w')).text).toBe('OK');
  });

  test.each([
    [['FAILOVER', 'ABORT'], 'ERR No failover in progress.'],
    [['FAILOVER'], 'ERR FAILOVER requires connected replicas.'],
    [['FAILOVER', 'TIMEOUT', '0'], 'ERR FAILOVER timeout must be greater than 0'],
    [['FAILOVER', 'TO', 'x'], 'ERR syntax error'],
    [['REPLICAOF', 'x', '70000'], 'ERR Invalid master port'],
    [['REPLICAOF', 'x', 'y'], 'ERR value is not an integer or out of range'],
  ])('%j is refused', async (argv, problem) => {
    const master = await start();
    expect((await master.ask(...argv)).text).toBe(problem);
  });
});
