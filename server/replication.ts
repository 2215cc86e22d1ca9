// The replication stream of a master: everything that changes, as commands, to whoever asked to
// have a copy of the data set.
//
//   SYNC, PSYNC    replication-sync.ts       what a replica is sent first: a snapshot, or nothing
//   the stream     here                      commands -> bytes -> backlog, with SELECT in between
//   the past       replication-backlog.ts    the last bytes, for those that come back
//   a replica      replica.ts                how far it is, and what it is sent
//   WAIT           replication-waiters.ts    clients that want to know how many have got something
//
// A replica that has replicas itself sends on what its master sends (master-client.ts), and adds
// nothing of its own.
//
// Every byte of the stream has an offset, which is how replicas and we tell each other what they
// have. While there is no backlog, because no replica ever came or the last one left long ago,
// nothing is spelled, and the offset counts commands.

import { AofOutput } from '../persistence/aof-output.ts';
import { limitOutput } from './output-limit.ts';
import { Backlog } from './replication-backlog.ts';
import { Sync } from './replication-sync.ts';
import { ReplicationWaiters } from './replication-waiters.ts';
import type { Replica } from './replica.ts';
import { ONLINE, WAITS_FOR_END, WAITS_FOR_START } from './replica-state.ts';
import { TO_REPLICAS } from './propagate.ts';
import type { Server } from './server.ts';

const SECOND = 1000;
const SETTLE_AT = 16 * 1024; // Bytes that may gather before they are put into the backlog.
const NO_DATABASE = -1;
const NO_ID = '0'.repeat(40);
const PING = ['PING'];
const GETACK = ['REPLCONF', 'GETACK', '*'];
const NEWLINE = Buffer.from('\n');

export class Replication {
  /** What the data set's history is called, */
  id: string;
  /** and what it was called before, up to an offset. */
  secondId = NO_ID;
  secondOffset = -1;
  /** Null while nobody could use one. */
  backlog: Backlog | null = null;
  /** All that have asked for the data set. */
  readonly replicas: Replica[] = [];
  /** How many of them are near enough for min-replicas-to-write. */
  goodReplicas = 0;
  readonly sync: Sync;
  readonly waiters: ReplicationWaiters;
  /** Replicas are to be asked how far they are when the turn ends. */
  wantsAcks = false;

  private readonly server: Server;
  private readonly output = new AofOutput(); // What is not in the backlog yet.
  private database = NO_DATABASE; // That of the last command.
  private pending = false; // Replicas know that there is something to be sent.
  private sentMs: number; // When the stream was added to last.
  private aloneSinceMs = 0; // When the last replica left.
  private cronMs = 0;
  private unlisten: (() => void) | null = null;

  constructor(server: Server) {
    this.server = server;
    this.id = server.random.hex(40);
    this.sentMs = server.clock.ms;
    this.sync = new Sync(server, this);
    this.waiters = new ReplicationWaiters(server, this);
    const { config } = server;
    config.onChange('repl-backlog-size', () => this.trim());
    config.onChange('min-replicas-to-write', () => this.countGood());
    config.onChange('min-replicas-max-lag', () => this.countGood());
    this.countGood();
  }

  /** How far the stream has come. */
  get offset(): number {
    return this.server.propagation.offset;
  }

  /** The database that whoever takes a snapshot now, and the stream from here on, is in. */
  get streamDatabase(): number {
    const { following, isFollowing } = this.server;
    if (!isFollowing) return Math.max(this.database, 0);
    return following.client?.db.id ?? following.known?.database ?? 0;
  }

  /** The backlog, with everything in it. */
  get settled(): Backlog | null {
    this.settle();
    return this.backlog;
  }

  /** Takes a replica in. */
  attach(replica: Replica): void {
    this.replicas.push(replica);
    if (this.backlog === null) this.begin();
  }

  /** Lets the next command say its database again: somebody will begin to listen there. */
  forgetDatabase(): void {
    this.settle();
    this.database = NO_DATABASE;
  }

  /** A replica has left. */
  forget(replica: Replica): void {
    this.replicas.splice(this.replicas.indexOf(replica), 1);
    if (this.replicas.length === 0) this.aloneSinceMs = this.server.clock.ms;
    this.sync.forget(replica);
    this.countGood();
    this.trim();
    this.server.farewell.news();
  }

  /** A replica said how far it is. */
  acknowledged(replica: Replica, offset: number, aofOffset: number): void {
    replica.ackOffset = Math.max(replica.ackOffset, offset);
    replica.aofOffset = Math.max(replica.aofOffset, aofOffset);
    replica.ackMs = this.server.clock.ms;
    this.sync.acknowledged(replica);
    this.waiters.serve();
    this.server.farewell.news();
  }

  /** How many replicas have everything up to an offset; or have it in their append-only files. */
  countAcks(offset: number, inFile: boolean): number {
    let count = 0;
    for (const { state, ackOffset, aofOffset } of this.replicas) {
      if (state === ONLINE && (inFile ? aofOffset : ackOffset) >= offset) count++;
    }
    return count;
  }

  /** Asks all replicas how far they are; if writes are paused, when they go on. */
  askForAcks(): void {
    if (this.server.paused !== null) return;
    this.wantsAcks = false;
    this.sendGetack();
  }

  /** Puts a command into the stream that nobody carried out. */
  say(argv: readonly string[]): void {
    if (this.backlog !== null) this.take(-1, argv);
  }

  /** The same at once. */
  sendGetack(): void {
    if (this.server.isFollowing) return;
    if (this.backlog !== null) this.take(-1, GETACK);
    else this.server.propagation.offset++; // Redis: as if it had been a command.
  }

  /** Another name for the history, because what comes now does not continue it. */
  changeId(): void {
    this.id = this.server.random.hex(40);
    this.secondId = NO_ID;
    this.secondOffset = -1;
  }

  /** What is loaded at the start continues a history, which had come so far. */
  goOn(id: string, offset: number): void {
    this.server.propagation.offset += offset;
    this.secondId = id;
    this.secondOffset = this.offset + 1;
    this.keep();
    this.aloneSinceMs = this.server.clock.ms;
  }

  /** What a master sent, and was carried out here, is sent on as it came. */
  repeat(bytes: Buffer): void {
    const { backlog } = this;
    this.server.propagation.offset += bytes.length;
    if (backlog === null) return;
    this.add(backlog, bytes, bytes.length);
    for (const { client, next } of this.replicas) if (next >= 0) client.queueOutput();
  }

  /** What is here now is a master's history, up to an offset. */
  adopt(id: string, offset: number): void {
    this.id = id;
    this.secondId = NO_ID;
    this.secondOffset = -1;
    this.server.propagation.offset = offset;
    this.dropBacklog();
    this.keep();
  }

  /** The history goes on under another name: our replicas have to hear of it. */
  renamed(from: string, to: string): void {
    this.secondId = from;
    this.secondOffset = this.offset + 1;
    this.id = to;
    this.disconnectAll();
  }

  /** From here on the stream is a master's. */
  becameReplica(): void {
    this.unlisten?.();
    this.unlisten = null;
    this.server.propagation.counted = true;
    this.countGood();
  }

  /** From here on the stream is our own, and the history has another name. */
  becameMaster(): void {
    const { server, id } = this;
    this.changeId();
    this.secondId = id;
    this.secondOffset = this.offset + 1;
    server.log.notice(
      `Setting secondary replication ID to ${id}, valid up to offset: ${this.secondOffset}. New ` +
        `replication ID is ${this.id}`,
    );
    this.disconnectAll();
    this.database = NO_DATABASE;
    this.aloneSinceMs = server.clock.ms;
    server.propagation.counted = this.backlog !== null;
    if (this.backlog !== null) this.listen();
    this.countGood();
  }

  /** Sees to it that there is a backlog. */
  keepBacklog(): void {
    if (this.backlog === null) this.keep();
  }

  /** Forgets what was sent. */
  dropBacklog(): void {
    this.backlog = null;
    this.output.drop(this.output.length);
    this.unlisten?.();
    this.unlisten = null;
    this.server.propagation.counted = this.server.isFollowing;
  }

  /** Ends the connections of all replicas. */
  disconnectAll(): void {
    for (const { client } of [...this.replicas]) client.close();
  }

  /** What has to be done once a second. */
  cron(): void {
    const { server, backlog } = this;
    const now = server.clock.ms;
    if (backlog === null || now - this.cronMs < SECOND) return;
    this.cronMs = now;
    const { values } = server.config;
    const isQuiet = now - this.sentMs >= values['repl-ping-replica-period'] * SECOND;
    if (this.replicas.length > 0 && isQuiet && !server.failover.pausesPings) this.take(-1, PING);
    const { isSending } = this.sync;
    for (const replica of [...this.replicas]) {
      const { state } = replica;
      const waits = state === WAITS_FOR_START || (state === WAITS_FOR_END && !isSending);
      if (waits) replica.write([NEWLINE]);
      else this.limitTime(replica, values['repl-timeout']);
    }
    this.limitBacklogTime(values['repl-backlog-ttl']);
    this.sync.startPending();
    this.sync.removeFile();
    this.countGood();
  }

  /** Sends everybody what they have not been sent. */
  flush(): void {
    for (const replica of [...this.replicas]) replica.flush();
  }

  /** Puts what has gathered into the backlog. */
  settle(): void {
    const { output, backlog } = this;
    this.pending = false;
    if (output.length === 0 || backlog === null) return;
    this.add(backlog, output.buf, output.length);
    output.drop(output.length);
  }

  private add(backlog: Backlog, bytes: Buffer, length: number): void {
    const size = this.server.config.values['repl-backlog-size'];
    if (!backlog.add(bytes, length, size)) return;
    for (const replica of [...this.replicas]) if (replica.next >= 0) limitOutput(replica.client);
    this.trim();
  }

  /** Counts the replicas that are near enough, and whether those are too few. */
  countGood(): void {
    const { server } = this;
    const { values } = server.config;
    const wanted = values['min-replicas-to-write'];
    const seconds = values['min-replicas-max-lag'];
    const counts = wanted > 0 && seconds > 0;
    if (counts) {
      const good = this.replicas.filter((each) => {
        return each.state === ONLINE && each.lagSeconds <= seconds;
      });
      this.goodReplicas = good.length;
    }
    server.lacksReplicas = counts && this.goodReplicas < wanted && !server.isFollowing;
  }

  private begin(): void {
    const { server } = this;
    this.changeId();
    this.keep();
    server.log.notice(
      `Replication backlog created, my new replication IDs are '${this.id}' and '${this.secondId}'`,
    );
  }

  private keep(): void {
    const { server } = this;
    this.backlog = new Backlog(this.offset + 1);
    this.database = NO_DATABASE;
    server.propagation.counted = true;
    if (!server.isFollowing) this.listen();
    this.cronMs = server.clock.ms;
  }

  private listen(): void {
    this.unlisten ??= this.server.propagation.listen(this.take, TO_REPLICAS);
  }

  private readonly take = (db: number, argv: readonly string[]): void => {
    const { output, server } = this;
    if (server.isFollowing) return;
    const before = output.length;
    if (db !== -1 && db !== this.database) {
      this.database = db;
      output.select(db);
    }
    output.command(argv);
    server.propagation.offset += output.length - before;
    this.sentMs = server.clock.ms;
    if (!this.pending) {
      this.pending = true;
      for (const { client, next } of this.replicas) if (next >= 0) client.queueOutput();
    }
    if (output.length >= SETTLE_AT) this.settle();
  };

  private trim(): void {
    const { backlog, replicas } = this;
    if (backlog === null) return;
    let needed = backlog.end;
    for (const { next } of replicas) if (next >= 0) needed = Math.min(needed, next);
    backlog.trim(this.server.config.values['repl-backlog-size'], needed);
  }

  private limitTime(replica: Replica, seconds: number): void {
    const { log, clock } = this.server;
    const { stuckSinceMs } = replica;
    if (replica.state === ONLINE && !replica.isOld && replica.lagSeconds > seconds) {
      log.warning(`Disconnecting timedout replica (streaming sync): ${replica.name}`);
    } else if (
      replica.state === WAITS_FOR_END &&
      stuckSinceMs !== 0 &&
      clock.ms - stuckSinceMs > seconds * SECOND
    ) {
      log.warning(`Disconnecting timedout replica (full sync): ${replica.name}`);
    } else {
      return;
    }
    replica.client.close();
  }

  private limitBacklogTime(seconds: number): void {
    const { server } = this;
    if (this.replicas.length > 0 || seconds === 0 || server.isFollowing) return;
    if (server.clock.ms - this.aloneSinceMs <= seconds * SECOND) return;
    // Redis: nothing is counted from here on, so what comes later must not go by the same name.
    this.changeId();
    this.dropBacklog();
    server.log.notice(
      `Replication backlog freed after ${seconds} seconds without connected replicas.`,
    );
  }
}
