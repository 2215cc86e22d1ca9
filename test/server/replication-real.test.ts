// A real redis-server as a replica of ours: it takes the snapshot in each of its forms, follows
// whatever commands do, also while the snapshot is still on its way, and goes on where it was when
// its connection broke.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { Config } from '../../server/config/config.ts';
import { diskHost } from '../../server/config/config-file.ts';
import { realDisk } from '../../server/disk.ts';
import { Listeners } from '../../server/listeners.ts';
import { Server } from '../../server/server.ts';
import { loadData } from '../../server/start.ts';
import { commandsOf, conversations, type Step } from '../fuzz/grammar.ts';
import { realRedis, whyNoRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { run } from '../persistence/both.ts';
import { manyKeys } from '../persistence/datasets.ts';
import { encode, inProcess, overSocket, type Reply, type Wire } from '../wire.ts';

// Redis 7.0 cannot be a replica of 8.0, real or not: it does not know the format of its snapshots.
const install = await realRedis('8.0.2');
if (install === null) console.warn(`*** NO REAL REPLICA: ${whyNoRedis('8.0.2')} ***`);

const FAMILIES = [
  ...['string', 'bitmap', 'list', 'hyperloglog', 'hash', 'set', 'sort', 'sortedSet', 'geo'],
  ...['stream', 'generic', 'transactions'],
];
const FORMS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'in a connection of its own': {},
  'between two marks': { 'repl-rdb-channel': 'no' },
  'from a file': { 'repl-diskless-sync': 'no' },
  'from memory, without a disk': { 'repl-diskless-sync': 'no', disk: 'no' },
};

/** A server of ours that listens, and a real one that follows it. */
class Couple {
  server: Server;
  ours: Wire;
  theirs!: Wire;
  replica!: RealServer;
  private listeners: Listeners;
  private readonly dir: string;

  constructor(options: Readonly<Record<string, string>>) {
    this.dir = mkdtempSync(join(tmpdir(), 'respite-replica-'));
    const config = new Config(diskHost());
    const basics = { dir: this.dir, port: '0', save: '', 'enable-debug-command': 'yes' };
    const { disk = 'yes', ...others } = options;
    config.options({ ...basics, 'repl-diskless-sync-delay': '0', ...others });
    this.server = new Server(config, { disk: disk === 'yes' ? realDisk : undefined, seed: 1 });
    this.listeners = new Listeners(this.server);
    this.ours = inProcess(this.server);
  }

  /** Lets the real one begin to follow. */
  async follow(...options: string[]): Promise<void> {
    await this.listeners.open({ tcp: true });
    const port = String(this.server.port);
    const all = ['--replicaof', '127.0.0.1', port, ...options];
    this.replica = (await startReal('8.0.2', all))!;
    this.theirs = await overSocket({ path: this.replica.socket });
  }

  async close(): Promise<void> {
    this.theirs?.close();
    this.server.close();
    await this.listeners.close();
    await this.replica?.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** Ends our server, having saved, and starts it again in the same place. */
  async restart(): Promise<void> {
    const { port, config } = this.server;
    await this.ours.ask('SAVE');
    this.server.close();
    await this.listeners.close();
    config.put('port', String(port));
    this.server = new Server(config, { disk: realDisk, seed: 2 });
    this.listeners = new Listeners(this.server);
    await loadData(this.server);
    await this.listeners.open();
    this.ours = inProcess(this.server);
  }

  /** Resolves when the replica has everything. */
  async settle(): Promise<void> {
    await this.ours.ask('SET', 'settle', '');
    expect((await this.ours.ask('WAIT', '1', '0')).text).toBe('1');
  }

  /** Both have the same; of what expires between two looks there may have to be another. */
  async agree(): Promise<void> {
    let digests: string[] = [];
    for (let looks = 0; looks < 20; looks++) {
      await this.settle();
      digests = [];
      for (const wire of [this.ours, this.theirs]) {
        digests.push((await wire.ask('DEBUG', 'DIGEST')).text);
      }
      if (digests[0] === digests[1]) break;
    }
    expect(digests[1]).toBe(digests[0]);
    expect(digests[0]).not.toMatch(/^0+$/);
    expect(this.replica.log()).not.toContain('CRITICAL');
  }

  /** What our INFO says. */
  async info(section: string, field: string): Promise<string> {
    const { text } = await this.ours.ask('INFO', section);
    return new RegExp(`^${field}:(.*)\r$`, 'm').exec(text)![1];
  }

  /** Plays a conversation, whatever the replies are. */
  play(steps: readonly Step[]): void {
    const wires = new Map<number, Wire>();
    for (const { client, argv } of steps) {
      const wire = wires.get(client) ?? inProcess(this.server);
      wires.set(client, wire);
      if (!wire.closed) wire.send(encode(argv));
    }
    for (const wire of wires.values()) wire.close();
  }
}

function talk(seed: number, count: number): Step[][] {
  return fc.sample(conversations(commandsOf(FAMILIES)), { seed, numRuns: count });
}

describe.skipIf(install === null)('a real replica', () => {
  let couple: Couple;
  afterEach(() => couple.close());

  test.each(Object.keys(FORMS))('is in step, having got a snapshot %s', async (form) => {
    couple = new Couple(FORMS[form]);
    await run(couple.ours, manyKeys(1, 300));
    await couple.follow();
    await couple.agree();
    for (const steps of talk(form.length, 60)) couple.play(steps);
    await couple.agree();
    await run(couple.ours, [['SWAPDB', '0', '9'], ['SELECT', '3'], ...manyKeys(2, 100)]);
    await couple.agree();
    await run(couple.ours, [['FLUSHALL'], ['SELECT', '1'], ['SET', 'k', 'v']]);
    await couple.agree();
    expect(await couple.info('stats', 'sync_full')).toBe('1');
  });

  test.each(Object.keys(FORMS))('misses nothing while a snapshot comes %s', async (form) => {
    couple = new Couple(FORMS[form]);
    await run(couple.ours, manyKeys(3, 300));
    await couple.ours.ask('DEBUG', 'POPULATE', '5000');
    await couple.ours.ask('CONFIG', 'SET', 'rdb-key-save-delay', '50');
    await couple.follow();
    while (couple.server.background === '') await turn();
    let during = 0;
    for (const steps of talk(form.length + 100, 100)) {
      couple.play(steps.filter(({ argv }) => !/^flush/i.test(argv[0])));
      if (couple.server.background === 'rdb') during++;
      await turn();
    }
    expect(during).toBeGreaterThan(10);
    await couple.agree();
    expect(await couple.info('stats', 'sync_full')).toBe('1');
  });

  test('goes on where it was when its connection was cut', async () => {
    couple = new Couple({});
    await run(couple.ours, manyKeys(4, 100));
    await couple.follow();
    await couple.agree();
    for (let i = 1; i <= 5; i++) {
      expect((await couple.ours.ask('CLIENT', 'KILL', 'TYPE', 'replica')).text).toBe('1');
      expect(await couple.info('replication', 'connected_slaves')).toBe('0');
      for (const steps of talk(i, 5)) couple.play(steps);
      await couple.agree();
      expect(await couple.info('stats', 'sync_partial_ok')).toBe(String(i));
    }
    expect(await couple.info('stats', 'sync_full')).toBe('1');
    expect(couple.replica.log()).toContain('Master accepted a Partial Resynchronization');
  });

  test('says what it has, and what is in its append-only file', async () => {
    couple = new Couple({});
    await couple.follow('--appendonly', 'yes', '--appendfsync', 'always');
    await couple.settle();
    expect((await couple.ours.ask('WAITAOF', '0', '1', '0')).raw).toBe('*2\r\n:0\r\n:1\r\n');
    await run(couple.ours, manyKeys(6, 10));
    expect((await couple.ours.ask('WAITAOF', '0', '1', '0')).raw).toBe('*2\r\n:0\r\n:1\r\n');
    expect(await couple.info('replication', 'slave0')).toMatch(
      /^ip=127.0.0.1,port=\d+,state=online,offset=\d+,lag=[01]$/,
    );
    const [role, offset, [replica]] = roleOf(await couple.ours.ask('ROLE'));
    expect([role, offset]).toEqual([
      'master',
      await couple.info('replication', 'master_repl_offset'),
    ]);
    expect(replica[0]).toBe('127.0.0.1');
    expect(replica[1]).toBe(String(couple.replica.port));
  });

  test('goes on although we were started anew', async () => {
    couple = new Couple({});
    await run(couple.ours, manyKeys(5, 100));
    await couple.follow();
    await couple.agree();
    await couple.ours.ask('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
    await couple.ours.ask('SET', 'short', 'lived', 'PX', '1');
    await couple.settle();
    const id = await couple.info('replication', 'master_replid');
    const offset = Number(await couple.info('replication', 'master_repl_offset'));
    await couple.restart();
    expect(await couple.info('replication', 'master_replid2')).toBe(id);
    expect(await couple.info('replication', 'second_repl_offset')).toBe(String(offset + 1));
    for (const steps of talk(6, 5)) couple.play(steps);
    await couple.agree();
    expect(await couple.info('stats', 'sync_partial_ok')).toBe('1');
    expect(await couple.info('stats', 'sync_full')).toBe('0');
    expect((await couple.theirs.ask('GET', 'short')).isNull).toBe(true);
    expect(couple.replica.log()).toContain('Master replication ID changed to');
  });

  test('starts anew when the backlog lacks what it needs', async () => {
    couple = new Couple({ 'repl-backlog-size': '16kb' });
    await couple.follow();
    await couple.agree();
    await couple.ours.ask('CLIENT', 'KILL', 'TYPE', 'replica');
    for (let i = 0; i < 10; i++) await couple.ours.ask('SET', `k${i}`, 'x'.repeat(10_000));
    await couple.agree();
    expect(await couple.info('stats', 'sync_partial_err')).toBe('1');
    expect(await couple.info('stats', 'sync_full')).toBe('2');
  });
});

function roleOf({ items }: Reply): [string, string, string[][]] {
  const replicas = items[2].items.map((each) => each.items.map(({ text }) => text));
  return [items[0].text, items[1].text, replicas];
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
