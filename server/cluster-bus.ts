// The bus of a cluster: how a node talks to all others.
//
// Each node pings the others from time to time, and each ping carries, besides what the sender
// is and which slots it claims, some gossip: what it knows of a few other nodes. So all learn
// of all, and that a node cannot be reached becomes known as well. What is made of what comes in is
// cluster-hearing.ts; the packets are protocol/cluster-message.ts.
//
// A node that does not answer for `cluster-node-timeout` has perhaps failed (`fail?`). When most
// masters say so it has failed, and everybody is told at once.

import * as packet from '../protocol/cluster-message.ts';
import { ClusterMessage, type Gossip } from '../protocol/cluster-message.ts';
import type { Clock, Timer } from './clock.ts';
import type { Cluster } from './cluster.ts';
import { hear } from './cluster-hearing.ts';
import { BusLink } from './cluster-link.ts';
import * as is from './cluster-node.ts';
import type { ClusterNode } from './cluster-node.ts';
import { BusListener, BusSocket } from './cluster-socket.ts';
import { soon } from './real-time.ts';
import type { Server } from './server.ts';

const CRON_MS = 100;
const EACH_SECOND = 10; // Runs of the cron.
const LEAST_GOSSIP = 3;
const HANDSHAKE_MIN_MS = 1000;
const TYPES = packet.TYPE_NAMES.length;

export class ClusterBus {
  readonly server: Server;
  readonly clock: Clock;
  readonly cluster: Cluster;
  /** Packets by their type. */
  readonly sent: number[] = new Array(TYPES).fill(0);
  readonly received: number[] = new Array(TYPES).fill(0);
  readonly links = new Set<BusLink>();
  /** Connections that were given up because too much waited to be sent. */
  overLimit = 0;
  /** Packets of this type are not heard (DEBUG DROP-CLUSTER-PACKET-FILTER); -1 is none. */
  dropped = -1;
  private listener: BusListener | null = null;
  private timer: Timer | null = null;
  private runs = 0;
  private closed = false;
  private ending: Promise<void> | null = null;
  private flushes = false; // It will be sent.

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.server = cluster.server;
    this.clock = cluster.clock;
  }

  /** The port that other nodes connect to, or 0. */
  get port(): number {
    return this.listener?.port ?? 0;
  }

  /**
   * Listens to other nodes, and begins to talk to those that are known. Port 0 is any. Rejects with
   * what listen() says.
   */
  async open(port: number): Promise<void> {
    const { bind } = this.server.config.values;
    this.listener = await BusListener.open(bind, port, (socket) => {
      this.links.add(new BusLink(this, socket, null));
    });
    if (this.closed) return this.listener.close();
    this.schedule();
  }

  /** Ends everything at once; resolves when the port is free. */
  close(): Promise<void> {
    this.closed = true;
    if (this.timer !== null) this.clock.cancel(this.timer);
    for (const link of [...this.links]) link.close();
    this.ending ??= this.listener?.close() ?? Promise.resolve();
    return this.ending;
  }

  /** Begins to take in a node by its address; false if that is under way already. */
  meet(ip: string, port: number, busPort: number): boolean {
    for (const node of this.cluster.nodes.values()) {
      if (node.inHandshake && node.ip === ip && node.busPort === busPort) return false;
    }
    const node = this.cluster.named(this.server.random.hex(is.NAME_LENGTH));
    node.flags = is.HANDSHAKE | is.MEET;
    node.ip = ip;
    node.port = port;
    node.busPort = busPort;
    return true;
  }

  /** A connection that we began to make is there. */
  greet(link: BusLink): void {
    const node = link.node!;
    const { pingMs } = node;
    this.ping(link, node.flags & is.MEET ? packet.MEET : packet.PING);
    // What was asked through a connection that ended still waits for its answer.
    if (pingMs !== 0) node.pingMs = pingMs;
    node.flags &= ~is.MEET;
  }

  /** A packet has come. */
  heard(link: BusLink, bytes: Buffer): void {
    const type = bytes.readUInt16BE(12);
    if (type < TYPES) this.received[type]++;
    const { log } = this.server;
    if (type === this.dropped) {
      return log.warning('Dropping packet that matches debug drop filter');
    }
    const message = packet.readMessage(bytes);
    if (typeof message === 'string') {
      const name = packet.TYPE_NAMES[type] ?? 'unknown';
      log.warning(`Received invalid ${name} packet ${message}`);
    } else if (type >= TYPES) {
      log.warning(`Received unknown packet type: ${type}`);
    } else {
      hear(this, link, message);
      this.cluster.settle();
    }
  }

  /** Has what is said to others sent, with all else that is said in this turn. */
  flushSoon(): void {
    if (this.flushes) return;
    this.flushes = true;
    (this.server.later ?? soon)(() => {
      this.flushes = false;
      for (const link of this.links) link.flush();
    });
  }

  /** Bytes that wait to be sent to other nodes. */
  get unsent(): number {
    let sum = 0;
    for (const link of this.links) sum += link.unsent;
    return sum;
  }

  /** A connection has ended. */
  forget(link: BusLink): void {
    this.links.delete(link);
    const { node } = link;
    if (node === null) return;
    if (node.inbound === link) node.inbound = null;
    if (node.link !== link) return;
    node.link = null;
    // Nobody can answer now, so the time until it counts as failed begins.
    if (node.pingMs === 0) node.pingMs = this.clock.ms;
  }

  /** Sends a PING, PONG or MEET. */
  ping(link: BusLink, type: number): void {
    const message = this.head(type);
    const { node } = link;
    if (!link.inbound && type === packet.PING) node!.pingMs = this.clock.ms;
    message.gossip = this.gossipFor(node);
    if (node !== null && node.flags & is.EXTENSIBLE) message.extensions = this.extensions();
    link.send(message);
  }

  /** The head of a packet: what this node says of itself. */
  head(type: number): ClusterMessage {
    const { cluster, server } = this;
    cluster.refresh();
    const { myself } = cluster;
    const claims = myself.master ?? myself;
    const message = new ClusterMessage(type);
    message.sender = myself.name;
    message.port = myself.port;
    message.tlsPort = myself.tlsPort;
    message.busPort = myself.busPort;
    message.ip = server.config.values['cluster-announce-ip'];
    message.currentEpoch = cluster.currentEpoch;
    message.epoch = claims.epoch;
    message.slots = claims.slots;
    message.master = myself.master?.name ?? '';
    message.offset = myself.offset;
    message.flags = myself.flags;
    message.ok = cluster.ok;
    message.messageFlags = packet.EXTENSIBLE | (cluster.failover.isPaused ? packet.PAUSED : 0);
    return message;
  }

  private gossipFor(receiver: ClusterNode | null): Gossip[] {
    const { nodes, myself } = this.cluster;
    const good: ClusterNode[] = [];
    const doubtful: ClusterNode[] = [];
    for (const node of nodes.values()) {
      if (node === myself || node.inHandshake || !node.hasAddress) continue;
      if (node.maybeFailed) doubtful.push(node);
      else if (node !== receiver && (node.link !== null || node.slotCount > 0)) good.push(node);
    }
    const wanted = Math.max(LEAST_GOSSIP, Math.floor(nodes.size / 10));
    while (good.length > wanted) {
      good[this.server.random.below(good.length)] = good[good.length - 1];
      good.pop();
    }
    return [...good, ...doubtful].map(gossipOf);
  }

  private extensions(): packet.Extensions {
    const { cluster } = this;
    const { hostname, humanName, shard } = cluster.myself;
    return { hostname, humanName, shard, secret: cluster.secret, forgotten: cluster.forgotten() };
  }

  /** Sends a packet to every node that can be reached. */
  broadcast(message: ClusterMessage): void {
    const bytes = message.encode();
    for (const node of this.cluster.nodes.values()) {
      if (!node.isMyself && !node.inHandshake) node.link?.sendBytes(message.type, bytes);
    }
  }

  /** Tells all nodes what this one is, or those of its shard only. */
  broadcastPong(shardOnly = false): void {
    const { nodes, myself } = this.cluster;
    for (const node of nodes.values()) {
      if (node.isMyself || node.inHandshake || node.link === null) continue;
      const { master } = node;
      if (shardOnly && (master === null || (master !== myself && master !== myself.master)))
        continue;
      this.ping(node.link, packet.PONG);
    }
  }

  /** Tells a node who has newer claims to slots. */
  sendUpdate(link: BusLink | null, node: ClusterNode): void {
    if (link === null) return;
    const message = this.head(packet.UPDATE);
    message.about = node.name;
    message.aboutEpoch = node.epoch;
    message.aboutSlots = node.slots.slice();
    for (const slot of this.cluster.unclaimed) message.aboutSlots[slot >>> 3] &= ~(1 << (slot & 7));
    link.send(message);
  }

  /** Passes a message of PUBLISH on to all nodes, or of SPUBLISH to those of this shard. */
  publish(channel: string, text: string, sharded: boolean): void {
    const { nodes, myself } = this.cluster;
    if (nodes.size === 1) return;
    const message = this.head(sharded ? packet.PUBLISH_SHARD : packet.PUBLISH);
    message.channel = channel;
    message.message = text;
    if (!sharded) return this.broadcast(message);
    const bytes = message.encode();
    for (const node of nodes.values()) {
      if (node.isMyself || node.inHandshake || node.shard !== myself.shard) continue;
      node.link?.sendBytes(message.type, bytes);
    }
  }

  /** Looks whether most masters find that a node has failed, and if so tells everybody. */
  judge(node: ClusterNode): void {
    const { cluster, server } = this;
    if (!node.maybeFailed || node.hasFailed) return;
    const voices = this.reportsOf(node) + (cluster.myself.isMaster ? 1 : 0);
    if (voices < Math.floor(cluster.size / 2) + 1) return;
    const who = `${node.name} (${node.humanName})`;
    server.log.notice(`Marking node ${who} as failing (quorum reached).`);
    node.flags = (node.flags & ~is.MAYBE_FAILED) | is.FAILED;
    node.failedMs = this.clock.ms;
    const message = this.head(packet.FAIL);
    message.about = node.name;
    this.broadcast(message);
    cluster.changed();
  }

  /** How many masters have said lately that they cannot reach a node. */
  reportsOf(node: ClusterNode): number {
    const oldest = this.clock.ms - 2 * this.server.config.values['cluster-node-timeout'];
    for (const [from, ms] of node.reports) if (ms < oldest) node.reports.delete(from);
    return node.reports.size;
  }

  private schedule(): void {
    this.timer = this.clock.atLeisure(CRON_MS, () => {
      // What has come in is read first: after a pause of our own, answers may have waited here.
      (this.server.later ?? soon)(() => {
        if (this.closed) return;
        this.server.beginTurn();
        this.cron();
        this.server.endTurn();
        this.schedule();
      });
    });
  }

  private cron(): void {
    const { cluster } = this;
    this.runs++;
    for (const node of [...cluster.nodes.values()]) this.keepLinks(node);
    if (this.runs % EACH_SECOND === 0) this.pingOldest();
    let doubts = false;
    for (const node of [...cluster.nodes.values()]) {
      if (!node.isMyself && node.hasAddress && !node.inHandshake && this.watch(node)) doubts = true;
    }
    const { master } = cluster.myself;
    if (master?.hasAddress && !this.server.isFollowing) {
      this.server.following.follow(master.ip, master.port);
    }
    cluster.failover.cron();
    if (doubts || !cluster.ok) cluster.updateState();
  }

  /** Sees to it that there is a connection to a node, and that it takes what is sent. */
  private keepLinks(node: ClusterNode): void {
    if (node.isMyself || !node.hasAddress) return;
    const { values } = this.server.config;
    const limit = Number(values['cluster-link-sendbuf-limit']);
    for (const link of [node.link, node.inbound]) {
      if (limit === 0 || link === null || link.unsent <= limit) continue;
      this.server.log.warning(
        `Freeing cluster link(node ${node.name}) due to exceeding send buffer memory limit.`,
      );
      this.overLimit++;
      link.close();
    }
    const patience = Math.max(values['cluster-node-timeout'], HANDSHAKE_MIN_MS);
    if (node.inHandshake && this.clock.ms - node.sinceMs > patience) {
      this.cluster.forget(node);
    } else if (node.link === null) {
      const from = values['bind-source-addr'];
      node.link = new BusLink(this, BusSocket.to(node.ip, node.busPort, from), node);
      this.links.add(node.link);
    }
  }

  /** Pings the one of a few nodes that was not heard for longest. */
  private pingOldest(): void {
    const nodes = [...this.cluster.nodes.values()];
    let oldest: ClusterNode | null = null;
    for (let tries = 0; tries < 5; tries++) {
      const node = nodes[this.server.random.below(nodes.length)];
      if (node.link === null || node.pingMs !== 0 || node.inHandshake) continue;
      if (oldest === null || node.pongMs < oldest.pongMs) oldest = node;
    }
    if (oldest !== null) this.ping(oldest.link!, packet.PING);
  }

  /** Pings a node when its time has come; true if it does not answer, which is new. */
  private watch(node: ClusterNode): boolean {
    const { ms } = this.clock;
    const { values } = this.server.config;
    const timeout = values['cluster-node-timeout'];
    const waitedMs = node.pingMs === 0 ? 0 : ms - node.pingMs;
    const silentMs = ms - node.dataMs;
    const { link } = node;
    if (
      link !== null &&
      ms - link.sinceMs > timeout &&
      Math.min(waitedMs, silentMs) > timeout / 2
    ) {
      link.close(); // It may be the connection alone.
    }
    const interval = values['cluster-ping-interval'] || timeout / 2;
    if (node.link !== null && node.pingMs === 0 && ms - node.pongMs > interval) {
      this.ping(node.link, packet.PING);
      return false;
    }
    if (node.link !== null && this.cluster.failover.wantsPings(node)) {
      this.ping(node.link, packet.PING);
      return false;
    }
    if (Math.min(waitedMs, silentMs) <= timeout) return false;
    if (node.flags & (is.MAYBE_FAILED | is.FAILED)) return false;
    node.flags |= is.MAYBE_FAILED;
    if (this.cluster.myself.isMaster && this.cluster.size === 1) this.judge(node);
    return true;
  }
}

function gossipOf(node: ClusterNode): Gossip {
  return {
    name: node.name,
    pingSeconds: Math.floor(node.pingMs / 1000),
    pongSeconds: Math.floor(node.pongMs / 1000),
    ip: node.ip,
    port: node.port,
    tlsPort: node.tlsPort,
    busPort: node.busPort,
    flags: node.flags,
  };
}
