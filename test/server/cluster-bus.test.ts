import { connect } from 'node:net';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { ClusterMessage, FAIL, MEET } from '../../protocol/cluster-message.ts';
import type { RunningServer, ServerOptions } from '../../server/index.ts';
import { realRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';
import { overSocket } from '../wire.ts';
import {
  clusterInfo,
  formCluster,
  meetAll,
  type Place,
  startNode,
  tell,
  until,
} from './cluster-party.ts';

const there = (await realRedis('8.0.2')) !== null;
const ours: RunningServer[] = [];
const real: RealServer[] = [];

async function node(options: ServerOptions = {}): Promise<RunningServer> {
  const server = await startNode(options);
  ours.push(server);
  return server;
}

async function realNode(): Promise<RealServer> {
  const options = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000'];
  const server = (await startReal('8.0.2', [...options, '--repl-diskless-sync-delay', '0']))!;
  real.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all([...ours.map((each) => each.close()), ...real.map((each) => each.stop())]);
  ours.length = 0;
  real.length = 0;
});

const idOf = async (place: Place): Promise<string> => String(await tell(place, 'CLUSTER MYID'));

async function lines(place: Place): Promise<string[]> {
  return String(await tell(place, 'CLUSTER NODES'))
    .trim()
    .split('\n');
}

/** Makes a node the replica of another, and waits until it has what that has. */
async function replicate(replica: Place, master: Place): Promise<void> {
  const id = await idOf(master);
  await until(async () => {
    return (await lines(replica)).some((line) => line.startsWith(id) && / connected/.test(line));
  });
  await tell(replica, ['CLUSTER', 'REPLICATE', id]);
  await until(async () => /master_link_status:up/.test(String(await tell(replica, 'INFO'))));
  await untilFollowed(master, replica);
}

/** Waits until a master knows that another node is its replica. */
async function untilFollowed(master: Place, replica: Place): Promise<void> {
  const own = await idOf(replica);
  await until(async () => {
    return (await lines(master)).some((line) => line.startsWith(own) && / slave /.test(line));
  });
}

const isMaster = async (place: Place) => /role:master/.test(String(await tell(place, 'INFO')));

describe('nodes of ours', () => {
  test('meet through one of them, and know each other from then on', async () => {
    const nodes = [await node(), await node(), await node()];
    await formCluster(nodes);
    const ids = await Promise.all(nodes.map(idOf));
    for (const each of nodes) {
      const known = (await lines(each)).map((line) => line.slice(0, 40));
      expect(known.sort()).toEqual([...ids].sort());
    }
    await expect(tell(nodes[0], 'GET foo')).resolves.toMatchObject({
      message: `MOVED 12182 127.0.0.1:${nodes[2].port}`,
    });
  });

  test('forget a node for a while when one of them does', async () => {
    const nodes = [await node(), await node(), await node()];
    await formCluster(nodes);
    const gone = await idOf(nodes[2]);
    await tell(nodes[2], 'CLUSTER RESET HARD');
    await tell(nodes[0], ['CLUSTER', 'FORGET', gone]);
    await until(async () => !(await lines(nodes[1])).some((line) => line.startsWith(gone)));
    expect((await clusterInfo(nodes[0])).get('cluster_state')).toBe('fail');
  });

  test('pass on what is published, and shard messages within the shard only', async () => {
    const [a, b, replica] = [await node(), await node(), await node()];
    await formCluster([a, b]);
    await meetAll([a, b, replica]);
    await replicate(replica, a);
    const listeners = await Promise.all([a, b, replica].map((each) => overSocket(each)));
    for (const wire of listeners) await wire.ask('SUBSCRIBE', 'news');
    await until(async () => {
      await tell(b, 'PUBLISH news hello');
      const seen = await Promise.all(listeners.map((wire) => wire.ask('PING')));
      return seen.every((reply) => reply.raw.includes('news'));
    });
    const shard = await overSocket(replica);
    await shard.ask('SSUBSCRIBE', 'c'); // Slot 7365 is b's,
    await shard.ask('SSUBSCRIBE', 'b'); // and 3300 is a's.
    expect(await tell(a, 'SPUBLISH b hello')).toBe(0);
    await until(async () => (await shard.ask('PING')).raw.includes('smessage'));
    for (const wire of [...listeners, shard]) wire.close();
  });

  test('let a replica take over from a master that has gone', async () => {
    const [a, b, c, replica] = [await node(), await node(), await node(), await node()];
    await formCluster([a, b, c]);
    await meetAll([a, b, c, replica]);
    await tell(c, 'SET foo bar');
    await replicate(replica, c);
    await tell(replica, 'READONLY');
    await c.close();
    await until(() => isMaster(replica));
    expect(await tell(replica, 'GET foo')).toBe('bar');
    await until(async () => /MOVED 12182/.test(String(await tell(a, 'GET foo'))));
    await until(async () => (await clusterInfo(a)).get('cluster_state') === 'ok');
    expect(String(await tell(a, 'GET foo'))).toContain(`127.0.0.1:${replica.port}`);
  });

  test('let a replica take over by hand, and the old master follows it', async () => {
    const [a, b, replica] = [await node(), await node(), await node()];
    await formCluster([a, b]);
    await meetAll([a, b, replica]);
    await tell(b, 'SET foo bar');
    await replicate(replica, b);
    expect(await tell(replica, 'CLUSTER FAILOVER')).toBe('OK');
    await until(() => isMaster(replica));
    await until(async () => !(await isMaster(b)));
    expect(await tell(replica, 'GET foo')).toBe('bar');
    await until(async () => (await tell(replica, 'SET foo baz')) === 'OK');
    expect(await tell(a, ['CLUSTER', 'FAILOVER'])).toMatchObject({
      message: 'ERR You should send CLUSTER FAILOVER to a replica',
    });
  });

  test('remember the cluster in a file', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'respite-nodes-'));
    try {
      const [a, b] = [await node({ persistence: { dir, save: '' } }), await node()];
      await formCluster([a, b]);
      const id = await idOf(a);
      const other = await idOf(b);
      await a.close();
      const text = readFileSync(join(dir, 'nodes.conf'), 'latin1');
      expect(text).toContain(`${id} 127.0.0.1:${a.port || ''}`);
      const again = await node({ persistence: { dir, save: '' }, port: 0 });
      expect(await idOf(again)).toBe(id);
      expect((await lines(again)).some((line) => line.startsWith(other))).toBe(true);
      await until(async () => (await clusterInfo(again)).get('cluster_state') === 'ok');
    } finally {
      await Promise.all(ours.map((each) => each.close()));
      rmSync(dir, { recursive: true });
    }
  });

  test('take no notice of who is not known, and hang up on who speaks otherwise', async () => {
    const [a, b] = [await node(), await node()];
    await formCluster([a, b]);
    const busPort = Number(/@(\d+)/.exec((await lines(a))[0])![1]);
    const stranger = new ClusterMessage(FAIL);
    stranger.sender = 'f'.repeat(40);
    stranger.about = await idOf(b);
    stranger.currentEpoch = 1000;
    const socket = connect(busPort, '127.0.0.1');
    socket.write(stranger.encode());
    const badMeet = new ClusterMessage(MEET).encode();
    badMeet.writeUInt16BE(100, 14); // So many gossip entries are not there.
    socket.write(badMeet);
    await until(async () => {
      return Number((await clusterInfo(a)).get('cluster_stats_messages_meet_received')) === 1;
    });
    expect((await clusterInfo(a)).get('cluster_current_epoch')).not.toBe('1000');
    expect((await clusterInfo(a)).get('cluster_slots_fail')).toBe('0');
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await ended;
  });
});

describe.skipIf(!there)('nodes of ours and real ones', () => {
  test('make one cluster, and tell clients the same of it', async () => {
    const nodes = [await node(), await realNode(), await node(), await realNode()];
    await formCluster(nodes);
    const views = async () => {
      const all = await Promise.all(nodes.map((each) => tell(each, 'CLUSTER SLOTS')));
      return all.map((view) => JSON.stringify(view));
    };
    await until(async () => new Set(await views()).size === 1);
    const [first] = nodes;
    for (const key of ['foo', 'bar', 'hello', 'a']) {
      const told = await Promise.all(nodes.map((each) => tell(each, ['SET', key, '1'])));
      expect(told.filter((reply) => reply === 'OK').length).toBe(1);
      const moved = told.filter((reply) => reply !== 'OK').map(String);
      expect(new Set(moved).size).toBe(1);
    }
    expect((await clusterInfo(first)).get('cluster_size')).toBe('4');
  });

  test('follow each other, and take each other’s places', async () => {
    const [a, b, c] = [await node(), await realNode(), await realNode()];
    const replica = await node();
    await formCluster([a, b, c]);
    await meetAll([a, b, c, replica]);
    await tell(c, 'SET foo bar');
    await replicate(replica, c);
    expect(await tell(replica, 'CLUSTER FAILOVER')).toBe('OK');
    await until(() => isMaster(replica));
    await until(async () => !(await isMaster(c)));
    expect(await tell(replica, 'GET foo')).toBe('bar');
    await until(async () => /master_link_status:up/.test(String(await tell(c, 'INFO'))));
    await untilFollowed(replica, c);
    expect(await tell(c, 'CLUSTER FAILOVER')).toBe('OK');
    await until(() => isMaster(c));
    await until(async () => !(await isMaster(replica)));
    expect(await tell(c, 'GET foo')).toBe('bar');
  });

  test('find together that one has failed, and vote for its replica', async () => {
    const [a, b, c] = [await node(), await realNode(), await realNode()];
    const replica = await node();
    await formCluster([a, b, c]);
    await meetAll([a, b, c, replica]);
    await tell(c, 'SET foo bar');
    await replicate(replica, c);
    await real.pop()!.stop();
    await until(() => isMaster(replica));
    await until(async () => (await clusterInfo(b)).get('cluster_state') === 'ok');
    expect(String(await tell(b, 'GET foo'))).toContain(`MOVED 12182 127.0.0.1:${replica.port}`);
  });
});
