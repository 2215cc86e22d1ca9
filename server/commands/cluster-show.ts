// CLUSTER: what is known of slots and nodes, in the forms that clients ask for.

import { TYPE_NAMES } from '../../protocol/cluster-message.ts';
import type { Reply } from '../../protocol/reply.ts';
import { SLOT_COUNT } from '../../protocol/slot.ts';
import type { Cluster } from '../cluster.ts';
import { type ClusterNode, FAILED, MAYBE_FAILED } from '../cluster-node.ts';
import { endpoint } from '../cluster-route.ts';

/** The text of CLUSTER INFO. */
export function infoText(cluster: Cluster): string {
  const { currentEpoch, myself, nodes, ok, owners, size } = cluster;
  let assigned = 0;
  let maybeFailed = 0;
  let failed = 0;
  for (const node of owners) {
    if (node === null) continue;
    assigned++;
    if (node.flags & FAILED) failed++;
    else if (node.flags & MAYBE_FAILED) maybeFailed++;
  }
  const lines = [
    `cluster_state:${ok ? 'ok' : 'fail'}`,
    `cluster_slots_assigned:${assigned}`,
    `cluster_slots_ok:${assigned - maybeFailed - failed}`,
    `cluster_slots_pfail:${maybeFailed}`,
    `cluster_slots_fail:${failed}`,
    `cluster_known_nodes:${nodes.size}`,
    `cluster_size:${size}`,
    `cluster_current_epoch:${currentEpoch}`,
    `cluster_my_epoch:${(myself.master ?? myself).epoch}`,
    ...packets(cluster.bus.sent, 'sent'),
    ...packets(cluster.bus.received, 'received'),
    `total_cluster_links_buffer_limit_exceeded:${cluster.bus.overLimit}`,
  ];
  return `${lines.join('\r\n')}\r\n`;
}

function packets(counts: readonly number[], how: string): string[] {
  const lines: string[] = [];
  let total = 0;
  counts.forEach((count, type) => {
    total += count;
    if (count > 0) lines.push(`cluster_stats_messages_${TYPE_NAMES[type]}_${how}:${count}`);
  });
  return [...lines, `cluster_stats_messages_${how}:${total}`];
}

/** CLUSTER LINKS. */
export function replyLinks(reply: Reply, { bus }: Cluster): void {
  const links = [...bus.links].filter(({ node }) => node !== null);
  reply.array(links.length);
  for (const { inbound, node, sinceMs, unsent } of links) {
    reply.map(6);
    reply.bulk('direction');
    reply.bulk(inbound ? 'from' : 'to');
    reply.bulk('node');
    reply.bulk(node!.name);
    reply.bulk('create-time');
    reply.int(sinceMs);
    reply.bulk('events');
    reply.bulk(unsent === 0 ? 'r' : 'rw');
    reply.bulk('send-buffer-allocated');
    reply.int(unsent);
    reply.bulk('send-buffer-used');
    reply.int(unsent);
  }
}

/** CLUSTER SLOTS. */
export function replySlots(reply: Reply, cluster: Cluster): void {
  cluster.refresh();
  const { owners } = cluster;
  const start = reply.beginArray();
  let count = 0;
  let first = 0;
  for (let slot = 1; slot <= SLOT_COUNT; slot++) {
    const node = owners[first];
    if (slot < SLOT_COUNT && owners[slot] === node) continue;
    if (node !== null) {
      rangeOf(reply, cluster, node, first, slot - 1);
      count++;
    }
    first = slot;
  }
  reply.endArray(start, count);
}

function rangeOf(reply: Reply, cluster: Cluster, node: ClusterNode, first: number, last: number) {
  // Redis: a replica that has nothing yet, or has failed, is not shown.
  const replicas = node.replicas.filter((replica) => !replica.hasFailed && replica.offset !== 0);
  reply.array(3 + replicas.length);
  reply.int(first);
  reply.int(last);
  for (const each of [node, ...replicas]) address(reply, cluster, each);
}

function address(reply: Reply, cluster: Cluster, node: ClusterNode): void {
  const preferred = cluster.server.config.values['cluster-preferred-endpoint-type'];
  reply.array(4);
  if (preferred === 'unknown-endpoint') reply.null();
  else reply.bulk(endpoint(cluster, node));
  reply.int(node.port);
  reply.bulk(node.name);
  const more: string[] = [];
  if (preferred !== 'ip') more.push('ip', node.ip);
  if (preferred !== 'hostname' && node.hostname !== '') more.push('hostname', node.hostname);
  reply.map(more.length / 2);
  for (const word of more) reply.bulk(word);
}

/** CLUSTER SHARDS. */
export function replyShards(reply: Reply, cluster: Cluster): void {
  cluster.refresh();
  const shards = new Map<string, ClusterNode[]>();
  for (const node of cluster.nodes.values()) {
    const known = shards.get(node.shard);
    if (known === undefined) shards.set(node.shard, [node]);
    else known.push(node);
  }
  reply.array(shards.size);
  for (const nodes of shards.values()) {
    const first = nodes.find((node) => !node.hasFailed);
    const ranges = first === undefined ? [] : (first.master ?? first).ranges();
    reply.map(2);
    reply.bulk('slots');
    reply.array(ranges.length * 2);
    for (const slot of ranges.flat()) reply.int(slot);
    reply.bulk('nodes');
    reply.array(nodes.length);
    for (const node of nodes) details(reply, cluster, node);
  }
}

function details(reply: Reply, cluster: Cluster, node: ClusterNode): void {
  const { hostname, offset, port, tlsPort } = node;
  const ports = (port !== 0 ? 1 : 0) + (tlsPort !== 0 ? 1 : 0);
  reply.map(6 + ports + (hostname === '' ? 0 : 1));
  reply.bulk('id');
  reply.bulk(node.name);
  for (const [name, value] of [
    ['port', port],
    ['tls-port', tlsPort],
  ] as const) {
    if (value === 0) continue;
    reply.bulk(name);
    reply.int(value);
  }
  const words = ['ip', node.ip, 'endpoint', endpoint(cluster, node)];
  if (hostname !== '') words.push('hostname', hostname);
  words.push('role', node.isReplica ? 'replica' : 'master', 'replication-offset');
  for (const word of words) reply.bulk(word);
  reply.int(offset);
  reply.bulk('health');
  reply.bulk(healthOf(node));
}

function healthOf(node: ClusterNode): string {
  if (node.hasFailed) return 'fail';
  return node.isReplica && node.offset === 0 ? 'loading' : 'online';
}
