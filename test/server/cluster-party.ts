// Several nodes in this process, made one cluster.

import { setTimeout as pause } from 'node:timers/promises';
import { type RunningServer, type ServerOptions, startServer } from '../../server/index.ts';
import { argvOf, type Line, meaningOf, type Value } from '../redis.ts';
import { overSocket } from '../wire.ts';

let seeds = 1;

/** A node that knows nobody and serves nothing. */
export function startNode(options: ServerOptions = {}): Promise<RunningServer> {
  return startServer({
    'cluster-enabled': true,
    'cluster-node-timeout': 1000,
    'repl-diskless-sync-delay': 0,
    seed: seeds++,
    ...options,
  });
}

/** Where a server can be reached. */
export type Place = { readonly host: string; readonly port: number };

/** Says one line to a node. */
export async function tell(node: Place, line: Line): Promise<Value> {
  const wire = await overSocket(node);
  try {
    return meaningOf(await wire.ask(...argvOf(line)));
  } finally {
    wire.close();
  }
}

/** The fields of CLUSTER INFO. */
export async function clusterInfo(node: Place): Promise<Map<string, string>> {
  const text = String(await tell(node, 'CLUSTER INFO'));
  return new Map(
    text
      .trim()
      .split('\r\n')
      .map((line) => line.split(':') as [string, string]),
  );
}

/** Waits until something is true. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await pause(10);
}

/** Has all nodes meet. */
export async function meetAll(nodes: readonly Place[]): Promise<void> {
  const [first, ...others] = nodes;
  for (const node of others) {
    const self = String(await tell(node, 'CLUSTER NODES'));
    const busPort = /@(\d+)/.exec(self)![1];
    await tell(first, ['CLUSTER', 'MEET', '127.0.0.1', node.port, busPort]);
  }
  await until(async () => {
    const infos = await Promise.all(nodes.map(clusterInfo));
    return infos.every((info) => info.get('cluster_known_nodes') === String(nodes.length));
  });
}

/** Has nodes meet, share all slots, and agree on that. */
export async function formCluster(nodes: readonly Place[]): Promise<void> {
  const share = 16384 / nodes.length;
  for (const [i, node] of nodes.entries()) {
    const first = Math.ceil(i * share);
    const last = Math.ceil((i + 1) * share) - 1;
    await tell(node, ['CLUSTER', 'ADDSLOTSRANGE', first, last]);
  }
  await meetAll(nodes);
  await until(async () => {
    const infos = await Promise.all(nodes.map(clusterInfo));
    return infos.every((info) => info.get('cluster_state') === 'ok');
  });
}
