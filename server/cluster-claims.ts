// Who serves what, when nodes do not agree.
//
// A master claims its slots in every ping, with an epoch that tells how new the claim is. The
// newest wins: a node that hears an older claim than it knows of answers with the newer one
// (UPDATE), and a master that loses all its slots becomes a replica of who has them now. No two
// masters may have the same epoch: of two that do, the one with the smaller name takes a new one.

import type { ClusterMessage } from '../protocol/cluster-message.ts';
import { SLOT_COUNT } from '../protocol/slot.ts';
import type { ClusterBus } from './cluster-bus.ts';
import type { Cluster } from './cluster.ts';
import * as is from './cluster-node.ts';
import type { ClusterNode } from './cluster-node.ts';

/** Notes whether the sender of a ping is a master, or whose replica it is. */
export function settleRole(bus: ClusterBus, sender: ClusterNode, message: ClusterMessage): void {
  const { cluster } = bus;
  if (message.master === '') return cluster.promote(sender);
  const master = cluster.nodes.get(message.master);
  if (sender.isMaster) {
    demote(bus, sender, master, message.epoch);
    cluster.mark();
  }
  if (master !== undefined && master !== sender && sender.master !== master) {
    cluster.follow(sender, master);
    cluster.mark();
  }
}

/** A master has become a replica: its slots are its new master's, or nobody's. */
function demote(
  { cluster, server }: ClusterBus,
  sender: ClusterNode,
  master: ClusterNode | undefined,
  epoch: number,
): void {
  const who = `${sender.name} (${sender.humanName})`;
  if (master !== undefined && master.shard === sender.shard) {
    if (sender.epoch > epoch) {
      server.log.notice(`Ignore stale message from ${who} in shard ${sender.shard}`);
    } else {
      const slots = give(cluster, sender, master);
      cluster.promote(master);
      master.epoch = epoch;
      server.log.notice(
        `A failover occurred in shard ${sender.shard}; node ${who} lost ${slots} slot(s) to node ` +
          `${master.name} (${master.humanName}) with a config epoch of ${epoch}`,
      );
    }
  } else {
    const slots = give(cluster, sender, null);
    server.log.notice(
      `Node ${who} is no longer master of shard ${sender.shard}; removed all ${slots} slot(s) it ` +
        'used to own',
    );
  }
  sender.flags = (sender.flags & ~(is.MASTER | is.MIGRATES_TO)) | is.REPLICA;
}

function give(cluster: Cluster, from: ClusterNode, to: ClusterNode | null): number {
  let slots = 0;
  for (let slot = 0; slot < SLOT_COUNT; slot++) {
    if (cluster.owners[slot] !== from) continue;
    cluster.assign(slot, to);
    slots++;
  }
  return slots;
}

/** Compares the slots that a ping claims with what is known. */
export function correct(bus: ClusterBus, sender: ClusterNode, message: ClusterMessage): void {
  const { cluster } = bus;
  const claims = sender.isMaster ? sender : sender.master;
  if (claims !== null && Buffer.compare(claims.slots, message.slots) !== 0) {
    if (sender.isMaster) {
      const before = cluster.assignments;
      applyClaims(cluster, sender, message.epoch, message.slots);
      if (cluster.assignments !== before) cluster.mark();
    }
    const newer = newerClaim(cluster, sender, message);
    if (newer !== null) bus.sendUpdate(sender.link, newer);
  }
  const { myself } = cluster;
  if (!myself.isMaster || !sender.isMaster || message.epoch !== myself.epoch) return;
  if (sender.epoch !== myself.epoch || sender.name <= myself.name) return;
  cluster.currentEpoch++;
  myself.epoch = cluster.currentEpoch;
  const who = `${sender.name} (${sender.humanName})`;
  const problem = `WARNING: configEpoch collision with node ${who}.`;
  cluster.server.log.verbose(`${problem} configEpoch set to ${myself.epoch}`);
  cluster.mark(true);
}

/** Who has a newer claim to a slot that the sender claims, or null. */
function newerClaim(
  cluster: Cluster,
  sender: ClusterNode,
  { slots, epoch }: ClusterMessage,
): ClusterNode | null {
  for (let slot = 0; slot < SLOT_COUNT; slot++) {
    if (!(slots[slot >>> 3] & (1 << (slot & 7)))) continue;
    const owner = cluster.owners[slot];
    if (owner === null || owner === sender || cluster.unclaimed.has(slot)) continue;
    if (owner.epoch > epoch) return owner;
  }
  return null;
}

/** Lets a master have those of the slots that it claims to which nobody has a newer claim. */
export function applyClaims(
  cluster: Cluster,
  sender: ClusterNode,
  epoch: number,
  slots: Uint8Array,
): void {
  const { myself, owners, server } = cluster;
  if (sender === myself) return;
  const mine = myself.master ?? myself;
  const keys = server.databases[0].slots!;
  const lost: number[] = [];
  let claimed = 0;
  let taken = 0;
  for (let slot = 0; slot < SLOT_COUNT; slot++) {
    const owner = owners[slot];
    if (slots[slot >>> 3] & (1 << (slot & 7))) {
      claimed++;
      if (owner === sender) cluster.unclaimed.delete(slot);
      // A slot that is being imported is closed by hand.
      if (owner === sender || cluster.importing.has(slot)) continue;
      if (owner !== null && !cluster.unclaimed.has(slot) && owner.epoch >= epoch) continue;
      if (owner === myself && keys.count(slot) > 0) lost.push(slot);
      if (owner === mine) taken++;
      cluster.assign(slot, sender);
    } else if (owner === sender) {
      // Whoever takes it will say so; until then clients had better ask there.
      cluster.unclaimed.add(slot);
    }
  }
  if (taken > 0 && mine.slotCount === 0 && mayMove(cluster, claimed === taken)) {
    server.log.notice(
      'Configuration change detected. Reconfiguring myself as a replica of ' +
        `${sender.name} (${sender.humanName})`,
    );
    cluster.replicate(sender);
  } else if (myself.master?.master && myself.master.master !== myself) {
    server.log.notice("I'm a sub-replica! Reconfiguring myself as a replica of the grandmaster");
    cluster.replicate(myself.master.master);
  } else {
    for (const slot of lost) removeKeys(cluster, slot);
  }
}

function mayMove({ server }: Cluster, isSuccessor: boolean): boolean {
  return isSuccessor || server.config.values['cluster-allow-replica-migration'];
}

/** Removes the keys of a slot that another node serves now. */
function removeKeys({ server }: Cluster, slot: number): void {
  const [db] = server.databases;
  const { propagation, config } = server;
  const word = config.values['lazyfree-lazy-server-del'] ? 'UNLINK' : 'DEL';
  while (db.slots!.count(slot) > 0) {
    const key = db.dict.keyAt(db.slots!.entryAt(slot, 0));
    db.drop(key);
    db.changed(key, 'del');
    if (propagation.active) {
      propagation.add(db, [word, key]);
      propagation.flush();
    }
  }
}
