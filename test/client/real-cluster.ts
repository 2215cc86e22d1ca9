// Six real servers that form a cluster, for as long as a test needs them.

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { createClient } from '../../client/index.ts';
import { realRedis } from '../oracle/bring.ts';
import { type RealServer, startReal } from '../oracle/server.ts';

const run = promisify(execFile);

export interface RealCluster {
  nodes: RealServer[];
  /** Where all nodes agree that every slot is served, by as many masters. */
  settled(masters?: number): Promise<void>;
  stop(): Promise<void>;
}

/** Null where real Redis cannot be had. */
export async function startRealCluster(): Promise<RealCluster | null> {
  const install = await realRedis('8.0.2');
  if (install === null) return null;
  const nodes: RealServer[] = [];
  for (let i = 0; i < 6; i++) {
    const options = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '3000'];
    options.push(
      '--cluster-port',
      String(await freePort()),
      '--cluster-replica-validity-factor',
      '0',
    );
    options.push('--repl-diskless-sync-delay', '0', '--save', '');
    nodes.push((await startReal('8.0.2', options))!);
  }
  const cluster: RealCluster = {
    nodes,
    settled: (masters = 3) => settled(nodes, masters),
    stop: async () => {
      for (const node of nodes) await node.stop();
    },
  };
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
  const words = ['--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes'];
  await run(install.cli, words);
  await cluster.settled();
  return cluster;
}

async function settled(nodes: RealServer[], masters: number): Promise<void> {
  for (;;) {
    const views = await Promise.all(nodes.map(viewOf));
    const known = views.filter((view) => view !== null);
    if (known.every((view) => view === known[0]) && known[0]!.startsWith(`${masters} `)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** How many masters serve all slots, and which node serves which; null if it is gone. */
async function viewOf(node: RealServer): Promise<string | null> {
  const client = createClient({ host: node.host, port: node.port, connectTimeout: 500 });
  try {
    await client.connect();
    const info = await client.clusterInfo();
    if (!info.includes('cluster_state:ok')) return 'not yet';
    const slots = (await client.clusterSlots()) as [number, number, ...[string, number][]][];
    const links = /cluster_known_nodes:(\d+)/.exec(info)![1];
    const ranges = slots.map(([from, to, master]) => `${from}-${to}@${master[1]}`).sort();
    const replicas = slots.reduce((sum, range) => sum + range.length - 3, 0);
    return `${new Set(slots.map((range) => range[2][1])).size} ${links} ${replicas} ${ranges.join()}`;
  } catch {
    return null;
  } finally {
    client.destroy();
  }
}

export async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}
