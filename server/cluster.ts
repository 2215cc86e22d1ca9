// A cluster, as one of its nodes sees it: who the nodes are, and who serves which slot.
//
// Keys are spread over 16384 slots (protocol/slot.ts), and each slot is served by one master. A
// node keeps a table of all slots, so that it can send clients on to whoever serves what they ask
// for (cluster-route.ts); it serves its own. The cluster is well (`cluster_state:ok`) if every slot
// is served and most masters can be reached; else keys are refused.
//
// While a slot moves from node to node it is open at both ends: `migrating` at the one that serves
// it, `importing` at the one that will. Keys then go over one by one (MIGRATE).
//
// Whose claim to a slot is right is decided by age: the larger epoch wins. What a node knows is
// kept in a file (cluster-file.ts). A server has a Cluster only with `cluster-enabled yes`.

import { SLOT_COUNT } from '../protocol/slot.ts';
import type { Clock, Timer } from './clock.ts';
import { BadClusterFile, fileText, readFileText, writeFile } from './cluster-file.ts';
import { ClusterBus } from './cluster-bus.ts';
import { ClusterFailover } from './cluster-failover.ts';
import {
  ClusterNode,
  FAILED,
  MASTER,
  MAYBE_FAILED,
  MIGRATES_TO,
  MYSELF,
  NAME_LENGTH,
  NO_FAILOVER,
  REPLICA,
} from './cluster-node.ts';
import { redirectBlocked } from './cluster-route.ts';
import { isAddress } from './cluster-socket.ts';
import { LoadError } from './loading.ts';
import { soon } from './real-time.ts';
import type { Server } from './server.ts';

export const BUS_ABOVE = 10000; // A node's bus is at its port and so many more.
const PORT_MAX = 65535;
const BANISHED_MS = 60_000;
const WRITABLE_DELAY_MS = 2000;
const REJOIN_MIN_MS = 500;
const REJOIN_MAX_MS = 5000;

export class Cluster {
  readonly server: Server;
  readonly clock: Clock;
  /** All nodes by their names, this one included. */
  readonly nodes = new Map<string, ClusterNode>();
  myself: ClusterNode;
  /** Who serves each slot. */
  readonly owners: (ClusterNode | null)[] = new Array(SLOT_COUNT).fill(null);
  /** The slots that are open here, and the other end of each. */
  readonly migrating = new Map<number, ClusterNode>();
  readonly importing = new Map<number, ClusterNode>();
  /** Slots that are still taken for their owners' though these do not claim them any more. */
  readonly unclaimed = new Set<number>();
  /** How often a slot has changed hands here. */
  assignments = 0;
  readonly bus: ClusterBus;
  readonly failover: ClusterFailover;
  currentEpoch = 0;
  lastVoteEpoch = 0;
  /** Whether the cluster serves keys. */
  ok = false;
  /** How many masters serve slots. */
  size = 0;
  /** What internal connections between nodes are let in by; the smallest of all nodes' wins. */
  secret: string;
  /** The address that this node is known to have if nobody has told it another. */
  ownIp = '';

  private readonly banished = new Map<string, number>();
  private readonly startMs: number;
  private minorityMs = 0; // When most masters were last out of reach.
  private timer: Timer | null = null; // Until it may trust what it knows.
  private isMarked = false;
  private isDurable = false;
  private saves = false; // The file will be written.
  private wasOk = false;
  private remembers = false; // It comes back to a cluster that it was part of before.

  constructor(server: Server) {
    this.server = server;
    this.clock = server.clock;
    this.startMs = server.clock.ms;
    this.bus = new ClusterBus(this);
    this.failover = new ClusterFailover(this);
    this.secret = server.random.hex(NAME_LENGTH);
    this.myself = this.named(server.random.hex(NAME_LENGTH));
    this.myself.flags = MYSELF | MASTER;
    const { config } = server;
    config.onChange('cluster-require-full-coverage', () => this.updateState());
    config.onChange('cluster-replica-no-failover', () => this.changed());
  }

  /** Reads the file, or writes it if there is none. Throws a LoadError, of which the log tells. */
  open(): void {
    const { disk, log } = this.server;
    if (disk === null) return;
    const text = this.readFile();
    if (text === '') {
      log.notice(`No cluster configuration found, I'm ${this.myself.name}`);
      this.saveOrEnd();
      return;
    }
    this.nodes.clear();
    try {
      readFileText(this, text);
    } catch (problem) {
      if (!(problem instanceof BadClusterFile)) throw problem;
      const line = problem.message;
      log.warning(`Unrecoverable error: corrupted cluster config file "${line}".`);
      throw new LoadError('the cluster configuration makes no sense');
    }
    this.currentEpoch = Math.max(this.currentEpoch, this.greatestEpoch());
    this.remembers = this.nodes.size > 1;
    log.notice(`Node configuration loaded, I'm ${this.myself.name}`);
    this.updateState();
  }

  /**
   * Lets other nodes connect. Where clients were given `anyPort` that was free, so are nodes, if
   * they must. Rejects with what listen() says, of which the log tells.
   */
  async listen(anyPort: boolean): Promise<void> {
    const { server } = this;
    const given = server.config.values['cluster-port'];
    if (given === 0 && server.port === 0) return;
    const port = given || server.port + BUS_ABOVE;
    try {
      await this.bus.open(anyPort && port > PORT_MAX ? 0 : port);
    } catch (problem) {
      if (anyPort && given === 0) return this.bus.open(0);
      server.log.warning(`Failed listening on port ${port} (cluster), aborting.`);
      throw problem;
    }
  }

  /** Lets go of the bus, and keeps what has not been kept. */
  close(): void {
    if (this.saves) this.save();
    if (this.timer !== null) this.clock.cancel(this.timer);
    void this.bus.close();
  }

  /** Notes the address that it listens at, unless that is any. */
  learnAddress(address: string): void {
    if (this.ownIp === '' && isAddress(address) && !/^[0:.]+$/.test(address)) this.ownIp = address;
  }

  /** Sees to it that keys which were loaded are in slots that this node serves or imports. */
  claimKeys(): void {
    const { slots } = this.server.databases[0];
    if (slots === null || this.myself.isReplica) return;
    let changed = false;
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      const owner = this.owners[slot];
      if (slots.count(slot) === 0 || owner === this.myself || this.importing.has(slot)) continue;
      changed = true;
      const has = owner === null ? `unassigned slot ${slot}. Taking responsibility for it.` : '';
      const imports = `slot ${slot}, but the slot is assigned to another node. `;
      this.server.log.notice(
        `I have keys for ${has || `${imports}Setting it to importing state.`}`,
      );
      if (owner === null) this.assign(slot, this.myself);
      else this.importing.set(slot, owner);
    }
    if (changed) this.changed();
  }

  /** The node of a name; one that was unknown so far is added, with a shard of its own. */
  named(name: string): ClusterNode {
    let node = this.nodes.get(name);
    if (node === undefined) {
      node = new ClusterNode(name, this.server.random.hex(NAME_LENGTH), 0, this.clock.ms);
      this.nodes.set(name, node);
    }
    return node;
  }

  /** Says that a node is a replica of another, and so of its shard. */
  follow(node: ClusterNode, master: ClusterNode): void {
    this.unfollow(node);
    node.master = master;
    node.shard = master.shard;
    node.flags = (node.flags & ~MASTER) | REPLICA;
    master.replicas.push(node);
  }

  unfollow(node: ClusterNode): void {
    const { master } = node;
    if (master === null) return;
    master.replicas.splice(master.replicas.indexOf(node), 1);
    node.master = null;
  }

  /** Says who serves a slot from now on, or that nobody does. */
  assign(slot: number, node: ClusterNode | null): void {
    if (this.owners[slot] === node) return;
    this.assignments++;
    this.unclaimed.delete(slot);
    this.owners[slot]?.setServes(slot, false);
    node?.setServes(slot, true);
    this.owners[slot] = node;
  }

  /** Gives a node that has told its name that name instead of a made-up one. */
  rename(node: ClusterNode, name: string): void {
    this.nodes.delete(node.name);
    node.name = name;
    this.nodes.set(name, node);
  }

  /** Says that a node is a master. */
  promote(node: ClusterNode): void {
    if (node.isMaster) return;
    if (node.master !== null && node !== this.myself) node.flags |= MIGRATES_TO;
    this.unfollow(node);
    node.flags = (node.flags & ~REPLICA) | MASTER;
    this.changed();
  }

  /** Notes the shard that a node says it is of; false if that is known, or cannot be. */
  setShard(node: ClusterNode, shard: string): boolean {
    if (node.shard === shard) return false;
    if (node.master !== null && node.master.shard !== shard) return false;
    node.shard = shard;
    if (node.master === null) for (const replica of node.replicas) replica.shard = shard;
    return true;
  }

  /** Makes this node, which serves no slots, a replica of another. */
  replicate(master: ClusterNode): void {
    const { myself, server } = this;
    if (myself.isMaster) {
      myself.flags &= ~MIGRATES_TO;
      this.migrating.clear();
      this.importing.clear();
    }
    this.follow(myself, master);
    server.following.follow(master.ip, master.port);
    this.failover.reset();
    this.changed();
    // Unlike Redis: a node that becomes a replica tells the others at once, not with the next ping.
    this.bus.broadcastPong();
  }

  /** Brings up to date what the configuration says of this node. */
  refresh(): void {
    const { myself, server } = this;
    const { values } = server.config;
    myself.ip = values['cluster-announce-ip'] || this.ownIp;
    myself.port = values['cluster-announce-port'] || server.port;
    myself.tlsPort = values['cluster-announce-tls-port'] || values['tls-port'];
    const listens = this.bus.port || values['cluster-port'] || server.port + BUS_ABOVE;
    myself.busPort = values['cluster-announce-bus-port'] || listens;
    myself.hostname = values['cluster-announce-hostname'];
    myself.humanName = values['cluster-announce-human-nodename'];
    myself.flags &= ~NO_FAILOVER;
    if (values['cluster-replica-no-failover']) myself.flags |= NO_FAILOVER;
    myself.offset = myself.isReplica
      ? Math.max(0, server.following.offset)
      : server.propagation.offset;
  }

  /** To be called after each change: keeps it, and looks what follows from it. */
  changed(): void {
    this.mark(true);
    this.settle();
  }

  /**
   * Notes that something has changed; `durable` if it must not be lost when the power is: what this
   * node has claimed or promised. What others claim they will say again.
   */
  mark(durable = false): void {
    this.isMarked = true;
    if (durable) this.isDurable = true;
  }

  /** Looks what follows from what has changed, and has it kept before anybody is answered. */
  settle(): void {
    if (!this.isMarked) return;
    this.isMarked = false;
    this.updateState();
    if (this.server.disk === null || this.saves) return;
    this.saves = true;
    (this.server.later ?? soon)(() => {
      if (!this.saves) return;
      const why = this.save(this.isDurable);
      if (why !== '') this.server.log.warning(`Cannot update cluster config file: ${why}`);
    });
  }

  /** Looks whether the cluster is well. */
  updateState(): void {
    const ok = this.isWell();
    const waitMs = ok && !this.ok ? this.waitsToRejoinMs() : 0;
    if (waitMs > 0) {
      if (this.timer !== null) this.clock.cancel(this.timer);
      this.timer = this.clock.in(waitMs, () => this.updateState());
    } else if (ok !== this.ok) {
      this.server.log[ok ? 'notice' : 'warning'](`Cluster state changed: ${ok ? 'ok' : 'fail'}`);
      this.ok = ok;
      if (ok) this.wasOk = true;
    }
    this.leaveShardChannels();
    redirectBlocked(this);
  }

  private isWell(): boolean {
    let reachable = 0;
    this.size = 0;
    for (const node of this.nodes.values()) {
      if (!node.isMaster || node.slotCount === 0) continue;
      this.size++;
      if (!(node.flags & (FAILED | MAYBE_FAILED))) reachable++;
    }
    if (reachable < Math.floor(this.size / 2) + 1) {
      this.minorityMs = this.clock.ms;
      return false;
    }
    if (!this.server.config.values['cluster-require-full-coverage']) return true;
    return this.owners.every((node) => node !== null && !node.hasFailed);
  }

  // Unlike Redis: the slots of a new cluster are served as soon as all of them are. A node waits,
  // as Redis does for up to five seconds, only if the others may know better: after it was cut off
  // from them, or began with a file that names some.
  private waitsToRejoinMs(): number {
    const { ms } = this.clock;
    if (!this.myself.isMaster || this.nodes.size === 1) return 0;
    const sinceStart = this.remembers ? this.startMs + WRITABLE_DELAY_MS - ms : 0;
    if (!this.wasOk) return sinceStart;
    const timeout = this.server.config.values['cluster-node-timeout'];
    const delay = Math.min(Math.max(timeout, REJOIN_MIN_MS), REJOIN_MAX_MS);
    return Math.max(sinceStart, this.minorityMs + delay - ms);
  }

  // Who listens to a shard channel has to listen where its slot is served.
  private leaveShardChannels(): void {
    const { shardChannels } = this.server.pubsub;
    if (shardChannels.size === 0) return;
    const served = this.myself.master ?? this.myself;
    this.server.pubsub.leaveSlots((slot) => this.owners[slot] !== served);
  }

  /** Writes the file; returns why that failed, or ''. */
  save(durable = true): string {
    const { disk, pid } = this.server;
    this.saves = false;
    this.isDurable = false;
    if (disk === null) return '';
    this.refresh();
    return writeFile(disk, this.path, fileText(this), pid, durable);
  }

  private get path(): string {
    const { values } = this.server.config;
    const name = values['cluster-config-file'];
    return name.startsWith('/') ? name : `${values.dir}/${name}`;
  }

  private saveOrEnd(): void {
    const why = this.save();
    if (why === '') return;
    this.server.log.warning(`Fatal: can't update cluster config file: ${why}`);
    throw new LoadError(why);
  }

  private readFile(): string {
    const { disk } = this.server;
    if (!disk!.exists(this.path)) return '';
    const file = disk!.open(this.path, 'r');
    try {
      const bytes = Buffer.alloc(disk!.size(file));
      return bytes.latin1Slice(0, disk!.read(file, bytes));
    } finally {
      disk!.close(file);
    }
  }

  greatestEpoch(): number {
    let greatest = this.currentEpoch;
    for (const { epoch } of this.nodes.values()) greatest = Math.max(greatest, epoch);
    return greatest;
  }

  /** Makes this node's claims the newest, without asking; false if they are already. */
  bumpEpoch(): boolean {
    const { myself } = this;
    if (myself.epoch !== 0 && myself.epoch === this.greatestEpoch()) return false;
    this.currentEpoch++;
    myself.epoch = this.currentEpoch;
    this.server.log.notice(`New configEpoch set to ${myself.epoch}`);
    return true;
  }

  /** Keeps a node that was removed from being learnt of anew from others, for a minute. */
  banish(name: string, untilMs: number = this.clock.ms + BANISHED_MS): void {
    this.banished.set(name, untilMs);
  }

  /** What is still banished, and for how long. */
  forgotten(): { name: string; seconds: number }[] {
    const { ms } = this.clock;
    return [...this.banished.keys()]
      .filter((name) => this.isBanished(name))
      .map((name) => ({ name, seconds: Math.ceil((this.banished.get(name)! - ms) / 1000) }));
  }

  /** Whether a node was removed within the last minute. */
  isBanished(name: string): boolean {
    const untilMs = this.banished.get(name);
    if (untilMs !== undefined && untilMs <= this.clock.ms) this.banished.delete(name);
    return this.banished.has(name);
  }

  /** Removes a node that is not this one, and all that is known of it. */
  forget(node: ClusterNode): void {
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      if (this.owners[slot] === node) this.assign(slot, null);
    }
    for (const open of [this.migrating, this.importing]) {
      for (const [slot, other] of open) if (other === node) open.delete(slot);
    }
    this.unfollow(node);
    for (const replica of [...node.replicas]) this.unfollow(replica);
    for (const other of this.nodes.values()) other.reports.delete(node);
    this.nodes.delete(node.name);
    node.link?.close();
    node.inbound?.close();
  }

  /** CLUSTER RESET: forgets slots and nodes; takes a new name, too, if it is `hard`. */
  reset(hard: boolean): void {
    const { myself, server } = this;
    if (myself.isReplica) {
      this.promote(myself);
      server.following.unfollow();
      for (const db of server.databases) db.clear();
    }
    this.failover.reset();
    this.migrating.clear();
    this.importing.clear();
    for (let slot = 0; slot < SLOT_COUNT; slot++) this.assign(slot, null);
    for (const node of [...this.nodes.values()]) if (node !== myself) this.forget(node);
    this.banished.clear();
    if (hard) {
      this.currentEpoch = 0;
      this.lastVoteEpoch = 0;
      myself.epoch = 0;
      server.log.notice('configEpoch set to 0 via CLUSTER RESET HARD');
      this.nodes.delete(myself.name);
      myself.name = server.random.hex(NAME_LENGTH);
      myself.shard = server.random.hex(NAME_LENGTH);
      this.nodes.set(myself.name, myself);
      server.log.notice(`Node hard reset, now I'm ${myself.name}`);
    }
    this.changed();
  }
}
