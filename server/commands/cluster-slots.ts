// CLUSTER: who serves which slot.

import { quoting, ReplyError, wrongArity } from '../../protocol/errors.ts';
import { parseInt64 } from '../../protocol/numbers.ts';
import { SLOT_COUNT } from '../../protocol/slot.ts';
import type { Client } from '../client.ts';
import type { Cluster } from '../cluster.ts';
import type { ClusterNode } from '../cluster-node.ts';

const DISABLED = new ReplyError('ERR This instance has cluster support disabled');
const BAD_SLOT = new ReplyError('ERR Invalid or out of range slot');
const NOT_EMPTY = new ReplyError('ERR DB must be empty to perform CLUSTER FLUSHSLOTS.');
const NOT_BY_REPLICAS = new ReplyError('ERR Please use SETSLOT only with masters.');
const TARGET_IS_REPLICA = new ReplyError('ERR Target node is not a master');
const BAD_ACTION = new ReplyError(
  'ERR Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP',
);

/** The cluster that the server is a node of. Throws if there is none. */
export function clusterOf(c: Client): Cluster {
  const { cluster } = c.server;
  if (cluster === null) throw DISABLED;
  return cluster;
}

/** The node that an argument names. Throws if it is unknown. */
export function nodeNamed(cluster: Cluster, name: string, before = 'Unknown node '): ClusterNode {
  const node = cluster.nodes.get(name);
  if (node === undefined) throw quoting(before, name, '');
  return node;
}

function slotNumber(text: string): number {
  const slot = parseInt64(text);
  if (slot === undefined || slot < 0 || slot >= SLOT_COUNT) throw BAD_SLOT;
  return Number(slot);
}

/** CLUSTER ADDSLOTS slot [slot ...] */
function clusterAddslots(c: Client): void {
  changeSlots(c, listed(c), true);
}

/** CLUSTER ADDSLOTSRANGE start-slot end-slot [start-slot end-slot ...] */
function clusterAddslotsrange(c: Client): void {
  changeSlots(c, ranges(c), true);
}

/** CLUSTER DELSLOTS slot [slot ...] */
function clusterDelslots(c: Client): void {
  changeSlots(c, listed(c), false);
}

/** CLUSTER DELSLOTSRANGE start-slot end-slot [start-slot end-slot ...] */
function clusterDelslotsrange(c: Client): void {
  changeSlots(c, ranges(c), false);
}

/** The slots that are named one by one. */
function listed(c: Client): [number, number][] {
  clusterOf(c);
  return c.argv.slice(2).map((text): [number, number] => [slotNumber(text), Number(text)]);
}

function ranges(c: Client): [number, number][] {
  clusterOf(c);
  const { argv } = c;
  if (argv.length % 2 === 1) throw wrongArity(c.running!.spec.name);
  const found: [number, number][] = [];
  for (let i = 2; i < argv.length; i += 2) {
    const first = slotNumber(argv[i]);
    const last = slotNumber(argv[i + 1]);
    if (first > last) {
      const problem = `start slot number ${first} is greater than end slot number ${last}`;
      throw new ReplyError(`ERR ${problem}`);
    }
    found.push([first, last]);
  }
  return found;
}

/** Has this node serve slots, or nobody; all of them or none. */
function changeSlots(c: Client, slots: readonly [number, number][], serve: boolean): void {
  const cluster = clusterOf(c);
  const seen = new Set<number>();
  for (const [first, last] of slots) {
    for (let slot = first; slot <= last; slot++) {
      const free = cluster.owners[slot] === null;
      if (serve && !free) throw ofSlot(slot, 'is already busy');
      if (!serve && free) throw ofSlot(slot, 'is already unassigned');
      if (seen.has(slot)) throw ofSlot(slot, 'specified multiple times');
      seen.add(slot);
    }
  }
  for (const slot of seen) {
    // Redis: who takes a slot that it was importing has it all.
    if (serve) cluster.importing.delete(slot);
    cluster.assign(slot, serve ? cluster.myself : null);
  }
  cluster.changed();
  c.reply.ok();
}

function ofSlot(slot: number, problem: string): ReplyError {
  return new ReplyError(`ERR Slot ${slot} ${problem}`);
}

/** CLUSTER FLUSHSLOTS */
function clusterFlushslots(c: Client): void {
  const cluster = clusterOf(c);
  if (c.server.databases[0].size !== 0) throw NOT_EMPTY;
  for (let slot = 0; slot < SLOT_COUNT; slot++) {
    if (cluster.owners[slot] === cluster.myself) cluster.assign(slot, null);
  }
  cluster.changed();
  c.reply.ok();
}

/** CLUSTER SETSLOT slot IMPORTING node-id|MIGRATING node-id|NODE node-id|STABLE */
function clusterSetslot(c: Client): void {
  const { argv } = c;
  const cluster = clusterOf(c);
  if (cluster.myself.isReplica) throw NOT_BY_REPLICAS;
  const slot = slotNumber(argv[2]);
  const how = argv[3].toLowerCase();
  if (argv.length === 5 && how === 'migrating') openToGo(cluster, slot, argv[4]);
  else if (argv.length === 5 && how === 'importing') openToCome(cluster, slot, argv[4]);
  else if (argv.length === 5 && how === 'node') close(cluster, slot, argv[4]);
  else if (argv.length === 4 && how === 'stable') {
    cluster.importing.delete(slot);
    cluster.migrating.delete(slot);
  } else throw BAD_ACTION;
  cluster.changed();
  c.reply.ok();
}

function openToGo(cluster: Cluster, slot: number, name: string): void {
  if (cluster.owners[slot] !== cluster.myself) {
    throw new ReplyError(`ERR I'm not the owner of hash slot ${slot}`);
  }
  const node = nodeNamed(cluster, name, "I don't know about node ");
  if (node.isReplica) throw TARGET_IS_REPLICA;
  cluster.migrating.set(slot, node);
}

function openToCome(cluster: Cluster, slot: number, name: string): void {
  if (cluster.owners[slot] === cluster.myself) {
    throw new ReplyError(`ERR I'm already the owner of hash slot ${slot}`);
  }
  const node = nodeNamed(cluster, name, "I don't know about node ");
  if (node.isReplica) throw TARGET_IS_REPLICA;
  cluster.importing.set(slot, node);
}

/** Says who serves a slot, and that it is not open any more. */
function close(cluster: Cluster, slot: number, name: string): void {
  const { myself, server } = cluster;
  const node = nodeNamed(cluster, name);
  if (node.isReplica) throw TARGET_IS_REPLICA;
  const count = server.databases[0].slots!.count(slot);
  if (cluster.owners[slot] === myself && node !== myself && count !== 0) {
    const problem = `Can't assign hashslot ${slot} to a different node`;
    throw new ReplyError(`ERR ${problem} while I still hold keys for this hash slot.`);
  }
  if (count === 0) cluster.migrating.delete(slot);
  const wasMine = cluster.owners[slot] === myself;
  cluster.assign(slot, node);
  const { values } = server.config;
  if (wasMine && myself.slotCount === 0 && values['cluster-allow-replica-migration']) {
    server.log.notice(
      'Configuration change detected. Reconfiguring myself as a replica of ' +
        `${node.name} (${node.humanName})`,
    );
    if (node !== myself) cluster.replicate(node);
  }
  if (node === myself && cluster.importing.delete(slot)) {
    // What was moved by hand has to be newer than what the others believe.
    if (cluster.bumpEpoch()) server.log.notice(`configEpoch updated after importing slot ${slot}`);
    cluster.bus.broadcastPong();
  }
}

export const slotCommands = {
  'cluster|addslots': clusterAddslots,
  'cluster|addslotsrange': clusterAddslotsrange,
  'cluster|delslots': clusterDelslots,
  'cluster|delslotsrange': clusterDelslotsrange,
  'cluster|flushslots': clusterFlushslots,
  'cluster|setslot': clusterSetslot,
};
