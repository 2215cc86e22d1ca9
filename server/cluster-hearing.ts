// What a node makes of what others say on the bus.
//
// A packet counts only if its sender is known: any could join otherwise. Who is not known can ask
// to be taken in (MEET); it then gets a made-up name until it has said its own, in its answer to
// our ping. Of itself every node is believed; of others what it says is gossip: an address for a
// name that is new, and reports that a node cannot be reached.

import * as packet from '../protocol/cluster-message.ts';
import type { ClusterMessage, Gossip } from '../protocol/cluster-message.ts';
import type { ClusterBus } from './cluster-bus.ts';
import { applyClaims, correct, settleRole } from './cluster-claims.ts';
import type { BusLink } from './cluster-link.ts';
import * as is from './cluster-node.ts';
import type { ClusterNode } from './cluster-node.ts';

const CLOCKS_DIFFER_MS = 500;

/** Takes in a packet. */
export function hear(bus: ClusterBus, link: BusLink, message: ClusterMessage): void {
  const { cluster } = bus;
  const sender = senderOf(bus, link, message);
  if (sender !== undefined) {
    if (message.messageFlags & packet.EXTENSIBLE) sender.flags |= is.EXTENSIBLE;
    sender.dataMs = bus.clock.ms;
    if (!sender.inHandshake) noteEpochs(bus, sender, message);
  }
  if (message.isPing) return hearPing(bus, link, message, sender);
  if (sender === undefined) return;
  switch (message.type) {
    case packet.FAIL:
      return hearFailure(bus, sender, message.about);
    case packet.PUBLISH:
      return void bus.server.pubsub.publish(message.channel, message.message);
    case packet.PUBLISH_SHARD:
      return void bus.server.pubsub.publishToShard(message.channel, message.message);
    case packet.UPDATE: {
      const node = cluster.nodes.get(message.about);
      if (node === undefined || node.epoch >= message.aboutEpoch) return;
      cluster.promote(node);
      node.epoch = message.aboutEpoch;
      applyClaims(cluster, node, node.epoch, message.aboutSlots);
      return cluster.mark();
    }
    case packet.VOTE_REQUEST:
      return cluster.failover.vote(sender, message);
    case packet.VOTE:
      return cluster.failover.votedFor(sender, message);
    case packet.PAUSE:
      return cluster.failover.pauseFor(sender, link);
  }
}

function senderOf(
  { cluster }: ClusterBus,
  link: BusLink,
  message: ClusterMessage,
): ClusterNode | undefined {
  if (link.node !== null && !link.node.inHandshake) return link.node;
  const sender = cluster.nodes.get(message.sender);
  if (sender === undefined || sender.isMyself) return undefined;
  if (link.node === null) {
    sender.inbound?.close();
    sender.inbound = link;
    link.node = sender;
  }
  return sender;
}

function noteEpochs({ cluster }: ClusterBus, sender: ClusterNode, message: ClusterMessage): void {
  cluster.currentEpoch = Math.max(cluster.currentEpoch, message.currentEpoch);
  if (message.epoch > sender.epoch) {
    sender.epoch = message.epoch;
    cluster.mark();
  }
  sender.offset = message.offset;
  cluster.failover.noteOffset(sender, message);
}

function hearPing(
  bus: ClusterBus,
  link: BusLink,
  message: ClusterMessage,
  known: ClusterNode | undefined,
): void {
  const { cluster } = bus;
  const { type } = message;
  if (type !== packet.PONG) {
    const { server } = bus;
    const isToldHere = server.config.values['cluster-announce-ip'] === '';
    if (isToldHere && (type === packet.MEET || cluster.ownIp === '')) noteOwnIp(bus, link);
    if (known === undefined && type === packet.MEET) {
      takeIn(bus, link, message);
      // Who asks to be taken in is trusted.
      hearGossip(bus, undefined, message.gossip, true);
    }
    bus.ping(link, packet.PONG);
  }
  if (!link.inbound && !identify(bus, link, message, known)) return;
  if (known === undefined) return;
  known.flags = (known.flags & ~is.NO_FAILOVER) | (message.flags & is.NO_FAILOVER);
  if (type === packet.PING && !known.inHandshake) followAddress(bus, known, link, message);
  if (!link.inbound && type === packet.PONG) hearAnswer(bus, link.node!);
  settleRole(bus, known, message);
  correct(bus, known, message);
  hearGossip(bus, known, message.gossip, known.isMaster);
  hearExtensions(bus, known, message);
}

function noteOwnIp({ cluster, server }: ClusterBus, link: BusLink): void {
  const ip = link.socket.localIp;
  if (ip === cluster.ownIp || ip === '') return;
  cluster.ownIp = ip;
  server.log.notice(`IP address for this node updated to ${ip}`);
  cluster.mark();
}

/** Somebody wants to be known here. */
function takeIn({ cluster, server }: ClusterBus, link: BusLink, message: ClusterMessage): void {
  const node = cluster.named(server.random.hex(is.NAME_LENGTH));
  node.flags = is.HANDSHAKE;
  node.ip = message.ip || link.socket.remoteIp;
  node.port = message.port;
  node.tlsPort = message.tlsPort;
  node.busPort = message.busPort;
}

/** Compares who answers through our connection with whom we expect; false if the link is done. */
function identify(
  bus: ClusterBus,
  link: BusLink,
  message: ClusterMessage,
  known: ClusterNode | undefined,
): boolean {
  const { cluster, server } = bus;
  const node = link.node!;
  if (node.inHandshake) {
    if (known !== undefined || message.sender === cluster.myself.name) {
      if (known !== undefined) followAddress(bus, known, link, message);
      cluster.forget(node);
      return false;
    }
    cluster.rename(node, message.sender);
    node.flags &= ~(is.HANDSHAKE | is.MASTER | is.REPLICA);
    node.flags |= message.flags & (is.MASTER | is.REPLICA);
    node.pongMs = bus.clock.ms;
    node.pingMs = 0;
    server.log.debug(`Handshake with node ${node.name} completed.`);
    cluster.mark();
    return true;
  }
  if (node.name === message.sender) return true;
  // Another node has that address now.
  node.flags |= is.NO_ADDRESS;
  node.ip = '';
  node.port = 0;
  node.tlsPort = 0;
  node.busPort = 0;
  link.close();
  cluster.mark();
  return false;
}

/** Notes that a node has another address, of which it told through a connection of its own. */
function followAddress(
  { cluster, server }: ClusterBus,
  node: ClusterNode,
  link: BusLink,
  message: ClusterMessage,
): void {
  if (link === node.link) return;
  const ip = message.ip || link.socket.remoteIp;
  const { port, tlsPort, busPort } = message;
  const isSame = node.ip === ip && node.port === port && node.tlsPort === tlsPort;
  if (isSame && node.busPort === busPort) return;
  Object.assign(node, { ip, port, tlsPort, busPort });
  node.link?.close();
  node.flags &= ~is.NO_ADDRESS;
  server.log.notice(`Address updated for node ${node.name} (${node.humanName}), now ${ip}:${port}`);
  if (cluster.myself.master === node) server.following.follow(ip, port);
  cluster.mark();
}

function hearAnswer({ clock, cluster, server }: ClusterBus, node: ClusterNode): void {
  node.pongMs = clock.ms;
  node.pingMs = 0;
  if (node.maybeFailed) {
    node.flags &= ~is.MAYBE_FAILED;
    cluster.mark();
  } else if (node.hasFailed) {
    // A master whose slots nobody has taken over for a while may have them again.
    const oldMs = 2 * server.config.values['cluster-node-timeout'];
    const serves = node.isMaster && node.slotCount > 0;
    if (serves && clock.ms - node.failedMs <= oldMs) return;
    const what = node.isReplica ? 'replica' : 'master without slots';
    const why = serves ? 'nobody is serving its slots after some time' : what;
    const who = `${node.name} (${node.humanName})`;
    server.log.notice(`Clear FAIL state for node ${who}: it is reachable again, ${why}.`);
    node.flags &= ~is.FAILED;
    cluster.mark();
  }
}

function hearGossip(
  bus: ClusterBus,
  sender: ClusterNode | undefined,
  gossip: readonly Gossip[],
  countsAsMaster: boolean,
): void {
  const { cluster, server } = bus;
  if (gossip.some(({ name }) => !is.isNodeName(name))) {
    return server.log.warning('A node gossiped of nodes with invalid IDs.');
  }
  for (const entry of gossip) {
    const node = cluster.nodes.get(entry.name);
    if (node === cluster.myself) continue;
    if (node === undefined) {
      if (sender !== undefined) addFromGossip(bus, entry);
    } else {
      if (sender !== undefined && countsAsMaster) hearReport(bus, sender, node, entry.flags);
      compare(bus, node, entry);
    }
  }
}

function addFromGossip({ cluster }: ClusterBus, entry: Gossip): void {
  if (entry.flags & is.NO_ADDRESS || cluster.isBanished(entry.name)) return;
  const node = cluster.named(entry.name);
  node.flags = entry.flags & ~is.MYSELF;
  node.ip = entry.ip;
  node.port = entry.port;
  node.tlsPort = entry.tlsPort;
  node.busPort = entry.busPort;
}

/** A master can, or cannot, reach a node. */
function hearReport(bus: ClusterBus, from: ClusterNode, node: ClusterNode, flags: number): void {
  const { log } = bus.server;
  const who = `${node.name} (${node.humanName})`;
  const reporter = `Node ${from.name} (${from.humanName})`;
  if (flags & (is.FAILED | is.MAYBE_FAILED)) {
    if (!node.reports.has(from)) log.verbose(`${reporter} reported node ${who} as not reachable.`);
    node.reports.set(from, bus.clock.ms);
    bus.judge(node);
  } else if (node.reports.delete(from)) {
    log.verbose(`${reporter} reported node ${who} is back online.`);
  }
}

function compare(bus: ClusterBus, node: ClusterNode, entry: Gossip): void {
  const { ms } = bus.clock;
  const failing = is.FAILED | is.MAYBE_FAILED;
  if (!(entry.flags & failing) && node.pingMs === 0 && bus.reportsOf(node) === 0) {
    const pongMs = entry.pongSeconds * 1000;
    if (pongMs <= ms + CLOCKS_DIFFER_MS && pongMs > node.pongMs) node.pongMs = pongMs;
  }
  // Whoever cannot be reached here may be reached by others, at another address.
  if (!(node.flags & failing) || entry.flags & (failing | is.NO_ADDRESS)) return;
  const { ip, port, tlsPort, busPort } = entry;
  const isSame = node.ip.toLowerCase() === ip.toLowerCase() && node.port === port;
  if (isSame && node.tlsPort === tlsPort && node.busPort === busPort) return;
  node.link?.close();
  Object.assign(node, { ip, port, tlsPort, busPort });
  node.flags &= ~is.NO_ADDRESS;
}

function hearExtensions(bus: ClusterBus, sender: ClusterNode, message: ClusterMessage): void {
  const { cluster, clock } = bus;
  const { extensions } = message;
  if (extensions === null) return;
  let changed = false;
  for (const { name, seconds } of extensions.forgotten) {
    const node = cluster.nodes.get(name);
    if (node === undefined || node.isMyself || cluster.myself.master === node) continue;
    cluster.banish(name, clock.ms + seconds * 1000);
    cluster.forget(node);
    changed = true;
  }
  const { hostname, humanName, secret } = extensions;
  if (secret !== '' && secret < cluster.secret) cluster.secret = secret;
  if (sender.hostname !== hostname || sender.humanName !== humanName) {
    sender.hostname = hostname;
    sender.humanName = humanName;
    changed = true;
  }
  const shard = extensions.shard || (sender.master ?? sender).shard;
  if (cluster.setShard(sender, shard)) changed = true;
  if (changed) cluster.mark();
}

function hearFailure(
  { cluster, clock, server }: ClusterBus,
  from: ClusterNode,
  name: string,
): void {
  const node = cluster.nodes.get(name);
  if (node === undefined || node.isMyself || node.hasFailed) return;
  const who = `${name} (${node.humanName})`;
  server.log.notice(`FAIL message received from ${from.name} (${from.humanName}) about ${who}`);
  node.flags = (node.flags & ~is.MAYBE_FAILED) | is.FAILED;
  node.failedMs = clock.ms;
  cluster.mark();
}
