// How a replica takes its master's place in a cluster.
//
// By itself, if its master has failed: it waits a little, the longer the more other replicas know
// more than it does, and then asks all masters for their votes, in a new epoch. A master votes once
// in an epoch. With the votes of most masters it claims its master's slots, in that epoch, so that
// nobody has a newer claim.
//
// By hand (CLUSTER FAILOVER), so that nothing is lost:
//
//   replica                             master
//   PAUSE                     ------>   lets no client write any more
//                             <------   pings, with the offset at which it stands
//   has come as far: asks for votes
//
// FORCE leaves the master out, and TAKEOVER the votes as well.

import { FORCED, PAUSE, PAUSED, PING, VOTE, VOTE_REQUEST } from '../protocol/cluster-message.ts';
import type { ClusterMessage } from '../protocol/cluster-message.ts';
import { SLOT_COUNT } from '../protocol/slot.ts';
import type { Cluster } from './cluster.ts';
import type { BusLink } from './cluster-link.ts';
import { type ClusterNode, NO_FAILOVER } from './cluster-node.ts';
import { FOR_FAILOVER, PAUSE_WRITE, pause, unpause } from './pause.ts';
import type { Server } from './server.ts';

const MANUAL_MS = 5000;
const ELECTION_MIN_MS = 2000;
const DELAY_MS = 500;
const RANK_MS = 1000;

export class ClusterFailover {
  private readonly cluster: Cluster;
  private readonly server: Server;
  /** Until when a failover by hand may last; 0 if there is none. */
  private manualUntilMs = 0;
  /** The replica that takes over, as its master sees it. */
  private successor: ClusterNode | null = null;
  /** How far the master came before it paused, as its replica knows; -1 if it does not. */
  private masterOffset = -1;
  private mayStart = false;
  /** The election: when it begins, its epoch, and the votes so far. */
  private electionMs = 0;
  private electionEpoch = 0;
  private rank = 0;
  private asked = false;
  private votes = 0;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.server = cluster.server;
  }

  /** Whether this master lets nobody write, for the sake of a replica. */
  get isPaused(): boolean {
    return this.successor !== null;
  }

  /** Whether a node is to be told all the time where we stand. */
  wantsPings(node: ClusterNode): boolean {
    return node === this.successor;
  }

  /** CLUSTER FAILOVER: by hand. `how` is '', 'force' or 'takeover'. */
  begin(how: string): void {
    const { cluster, server } = this;
    const { bus, clock, myself } = cluster;
    this.reset();
    this.electionMs = 0; // Whatever came of the last one.
    this.manualUntilMs = clock.ms + MANUAL_MS;
    if (how === 'takeover') {
      server.log.notice('Taking over the master (user request).');
      cluster.bumpEpoch();
      this.takeOver();
    } else if (how === 'force') {
      server.log.notice('Forced failover user request accepted.');
      this.mayStart = true;
    } else {
      server.log.notice('Manual failover user request accepted.');
      myself.master!.link!.send(bus.head(PAUSE));
    }
  }

  /** Ends a failover by hand, whatever has come of it. */
  reset(): void {
    if (this.successor !== null) unpause(this.server, FOR_FAILOVER);
    this.manualUntilMs = 0;
    this.successor = null;
    this.masterOffset = -1;
    this.mayStart = false;
  }

  /** A replica asks its master to stop. */
  pauseFor(sender: ClusterNode, link: BusLink): void {
    const { cluster, server } = this;
    if (sender.master !== cluster.myself) return;
    this.reset();
    this.manualUntilMs = cluster.clock.ms + MANUAL_MS;
    this.successor = sender;
    pause(server, PAUSE_WRITE, cluster.clock.ms + 2 * MANUAL_MS, FOR_FAILOVER);
    const who = `${sender.name} (${sender.humanName})`;
    server.log.notice(`Manual failover requested by replica ${who}.`);
    cluster.bus.ping(link, PING);
  }

  /** A node has said how far it is. */
  noteOffset(sender: ClusterNode, message: ClusterMessage): void {
    if (this.manualUntilMs === 0 || this.cluster.myself.master !== sender) return;
    if (!(message.messageFlags & PAUSED) || this.masterOffset !== -1) return;
    this.masterOffset = message.offset;
    this.server.log.notice(
      `Received replication offset for paused master manual failover: ${message.offset}`,
    );
  }

  cron(): void {
    const { clock, myself } = this.cluster;
    if (this.manualUntilMs !== 0 && this.manualUntilMs < clock.ms) {
      this.server.log.warning('Manual failover timed out.');
      this.reset();
    }
    if (!myself.isReplica) return;
    if (this.masterOffset !== -1 && !this.mayStart) {
      if (this.server.following.offset !== this.masterOffset) return;
      this.mayStart = true;
      this.server.log.notice('All master replication stream processed, manual failover can start.');
    }
    this.campaign();
  }

  /** Goes on with the election that would make this replica the master. */
  private campaign(): void {
    const { cluster, server } = this;
    const { bus, clock, myself } = cluster;
    const { master } = myself;
    const byHand = this.manualUntilMs !== 0 && this.mayStart;
    if (master === null || master.slotCount === 0 || !(master.hasFailed || byHand)) return;
    if (!byHand && (myself.flags & NO_FAILOVER || this.isTooOld())) return;
    const timeoutMs = Math.max(server.config.values['cluster-node-timeout'] * 2, ELECTION_MIN_MS);
    const ageMs = clock.ms - this.electionMs;
    if (ageMs > timeoutMs * 2) return this.announce(byHand);
    if (!this.asked && !byHand) this.stepBack();
    if (clock.ms < this.electionMs || ageMs > timeoutMs) return;
    if (!this.asked) {
      cluster.currentEpoch++;
      this.electionEpoch = cluster.currentEpoch;
      server.log.notice(`Starting a failover election for epoch ${cluster.currentEpoch}.`);
      const message = bus.head(VOTE_REQUEST);
      if (byHand) message.messageFlags |= FORCED;
      bus.broadcast(message);
      this.asked = true;
      cluster.changed();
    } else if (this.votes >= Math.floor(cluster.size / 2) + 1) {
      this.win();
    }
  }

  /** Sets the time of an election. */
  private announce(byHand: boolean): void {
    const { bus, clock } = this.cluster;
    this.rank = byHand ? 0 : this.rankNow();
    const delayMs = DELAY_MS + this.server.random.below(DELAY_MS) + this.rank * RANK_MS;
    this.electionMs = clock.ms + (byHand ? 0 : delayMs);
    this.votes = 0;
    this.asked = false;
    const { offset } = this.server.following;
    this.server.log.notice(
      `Start of election delayed for ${this.electionMs - clock.ms} milliseconds ` +
        `(rank #${this.rank}, offset ${offset}).`,
    );
    bus.broadcastPong(true);
  }

  /** Waits longer if others turn out to know more. */
  private stepBack(): void {
    const rank = this.rankNow();
    if (rank <= this.rank) return;
    this.electionMs += (rank - this.rank) * RANK_MS;
    this.rank = rank;
  }

  /** How many other replicas of our master are further than we are. */
  private rankNow(): number {
    const { myself } = this.cluster;
    const { offset } = this.server.following;
    return myself.master!.replicas.filter((each) => {
      return each !== myself && !(each.flags & NO_FAILOVER) && each.offset > offset;
    }).length;
  }

  /** Whether what is here is too old to be anybody's. */
  private isTooOld(): boolean {
    const { following, config } = this.server;
    const factor = config.values['cluster-replica-validity-factor'];
    if (factor === 0 || following.isConnected) return false;
    const timeout = config.values['cluster-node-timeout'];
    const ageMs = this.cluster.clock.ms - following.downSinceMs - timeout;
    return ageMs > config.values['repl-ping-replica-period'] * 1000 + timeout * factor;
  }

  private win(): void {
    const { cluster, server } = this;
    const { myself } = cluster;
    server.log.notice("Failover election won: I'm the new master.");
    if (myself.epoch < this.electionEpoch) {
      myself.epoch = this.electionEpoch;
      const how = `configEpoch set to ${myself.epoch}`;
      server.log.notice(`${how} after successful failover`);
    }
    this.takeOver();
  }

  private takeOver(): void {
    const { cluster, server } = this;
    const { myself, owners } = cluster;
    const { master } = myself;
    cluster.promote(myself);
    server.following.unfollow();
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      if (owners[slot] === master) cluster.assign(slot, myself);
    }
    cluster.changed();
    cluster.bus.broadcastPong();
    this.reset();
  }

  /** A replica asks for our vote. */
  vote(sender: ClusterNode, message: ClusterMessage): void {
    const { cluster, server } = this;
    const { clock, myself, owners } = cluster;
    if (!myself.isMaster || myself.slotCount === 0) return;
    const { master } = sender;
    const refuse = (why: string) => {
      const who = `${sender.name} (${sender.humanName})`;
      server.log.notice(`Failover auth denied to ${who}: ${why}`);
    };
    const { currentEpoch, epoch } = message;
    if (currentEpoch < cluster.currentEpoch) {
      return refuse(`reqEpoch (${currentEpoch}) < curEpoch(${cluster.currentEpoch})`);
    }
    if (cluster.lastVoteEpoch === cluster.currentEpoch) {
      return refuse(`already voted for epoch ${cluster.currentEpoch}`);
    }
    if (sender.isMaster) return refuse('it is a master node');
    if (master === null) return refuse("I don't know its master");
    if (!master.hasFailed && !(message.messageFlags & FORCED)) return refuse('its master is up');
    const againMs = 2 * server.config.values['cluster-node-timeout'];
    if (clock.ms - master.votedMs < againMs) {
      return refuse('a replica of this master was voted for a moment ago');
    }
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      const claimed = (message.slots[slot >>> 3] & (1 << (slot & 7))) !== 0;
      const owner = owners[slot];
      if (!claimed || cluster.unclaimed.has(slot) || owner === null) continue;
      if (owner.epoch > epoch) {
        return refuse(`slot ${slot} epoch (${owner.epoch}) > reqEpoch (${epoch})`);
      }
    }
    master.votedMs = clock.ms;
    cluster.lastVoteEpoch = cluster.currentEpoch;
    cluster.changed();
    sender.link?.send(cluster.bus.head(VOTE));
    server.log.notice(
      `Failover auth granted to ${sender.name} (${sender.humanName}) ` +
        `for epoch ${cluster.currentEpoch}`,
    );
  }

  /** A master has given us its vote. */
  votedFor(sender: ClusterNode, message: ClusterMessage): void {
    if (!sender.isMaster || sender.slotCount === 0) return;
    if (message.currentEpoch >= this.electionEpoch) this.votes++;
  }
}
