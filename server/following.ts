// This server as a replica: whom it follows, and how far that has come.
//
//   NONE -> CONNECT -> CONNECTING -> HANDSHAKE -> TRANSFER -> CONNECTED
//              ^----------------------- whatever fails ---------|
//
//   an attempt         master-link.ts      connecting, the handshake, PSYNC
//   a snapshot         master-payload.ts   received and loaded, if PSYNC was answered with one
//   the stream         master-client.ts    carried out, and sent on to our own replicas
//
// What is `known` of a master that was lost is the name of its history and how far it was carried
// out here: with that the next one is asked to go on. A master that becomes a replica knows itself
// in the same way.
//
// A replica leaves it to its master what goes: a key whose time has come is absent to whoever asks,
// but stays until the master says that it is gone.

import { ReplyError } from '../protocol/errors.ts';
import { OFF } from './append-only-state.ts';
import { CONNECT, CONNECTED, CONNECTING, type Known, NONE, TRANSFER } from './following-state.ts';
import { LocalExpires } from './local-expires.ts';
import { MasterClient } from './master-client.ts';
import { MasterLink } from './master-link.ts';
import type { OutgoingLink } from './outgoing-link.ts';
import type { Server } from './server.ts';

const SECOND = 1000;
const ROLE_CHANGED = new ReplyError(
  'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)',
);

export class Following {
  readonly server: Server;
  host = '';
  port = 0;
  state = NONE;
  /** The master, once there is nothing between us but its stream. */
  client: MasterClient | null = null;
  /** What comes before that. */
  link: MasterLink | null = null;
  known: Known | null = null;
  /** Since when there is no master (Unix ms); 0 if there is one, or never was. */
  downSinceMs = 0;
  /** Whether clients may change nothing. */
  readOnly = false;
  /** Whether most commands are refused until there is a master. */
  isStale = false;
  /** What our own clients let expire. */
  readonly local: LocalExpires;
  /** How much of the stream has ever waited for a snapshot to be loaded, in bytes. */
  gatheredPeak = 0;
  private historyId = ''; // What the master's history is called.
  private isLeaving = false;
  private started = false; // Everything is loaded, and clients are let in.
  private cronMs = 0;
  private complainedMs = 0;

  constructor(server: Server) {
    this.server = server;
    this.local = new LocalExpires(server);
    const { config } = server;
    const { replicaof } = config.values;
    if (replicaof !== undefined) this.point(replicaof.host, replicaof.port);
    config.onChange('replica-serve-stale-data', () => this.look());
    config.onChange('replica-read-only', () => this.look());
  }

  /** How far the master's stream was carried out. */
  get offset(): number {
    return this.client?.offset ?? this.known?.offset ?? -1;
  }

  get isConnected(): boolean {
    return this.state === CONNECTED;
  }

  /** How much of the stream waits for a snapshot to be loaded, or is being carried out since. */
  get gatheredBytes(): number {
    return this.link?.gatheredBytes ?? this.client?.behindBytes ?? 0;
  }

  /** DEBUG REPL-PAUSE: stops the process, if it is to stop here. */
  stopAt(point: string): void {
    const { debug, suspend } = this.server;
    if (debug.replicationStops.has(point)) suspend?.();
  }

  /** REPLICAOF: begins to follow a master, or another one. */
  follow(host: string, port: number): void {
    const { server } = this;
    const { replication, blocking } = server;
    const wasMaster = !server.isFollowing;
    if (wasMaster) replication.settle();
    this.leave();
    blocking.unblockAll(ROLE_CHANGED);
    if (wasMaster) {
      server.log.notice(
        'Before turning into a replica, using my own master parameters to synthesize a cached ' +
          'master: I may be able to synchronize with the new master with just a partial transfer.',
      );
      this.known = { id: replication.id, offset: replication.offset, database: 0 };
    }
    this.started = true;
    this.point(host, port);
    server.config.put('replicaof', `${host} ${port}`);
    replication.becameReplica();
    server.log.notice(`Connecting to MASTER ${host}:${port}`);
    this.connect();
  }

  /** REPLICAOF NO ONE: from here on the history has another name. */
  unfollow(): void {
    const { server } = this;
    const { replication, appendOnly, config, log } = server;
    if (!server.isFollowing) return;
    this.leave();
    server.isFollowing = false;
    log.role = 'M';
    this.host = '';
    this.port = 0;
    this.downSinceMs = 0;
    this.discardKnown();
    this.enter(NONE);
    this.local.clear();
    config.put('replicaof', '');
    replication.becameMaster();
    server.expirer.schedule();
    if (config.values.appendonly && appendOnly.state === OFF) {
      log.notice('Restarting AOF after becoming master');
      appendOnly.follow();
    }
  }

  /** Notes where a history stood when the file was written that was loaded at the start. */
  resume(known: Known): void {
    const { replication } = this.server;
    replication.adopt(known.id, known.offset);
    this.known = known;
  }

  /** Goes to a state; what may be asked depends on it. */
  enter(state: number): void {
    this.state = state;
    this.look();
  }

  /** Forgets the master that was lost: what is here from now on does not continue its history. */
  discardKnown(): void {
    if (this.known === null) return;
    this.server.log.notice('Discarding previously cached master state.');
    this.known = null;
  }

  /** An attempt has failed; another follows, at once or with the cron. */
  failed(again: boolean): void {
    const { log } = this.server;
    this.link = null;
    this.enter(CONNECT);
    if (!again) return;
    log.notice(`Reconnecting to MASTER ${this.host}:${this.port} after failure`);
    this.connect();
  }

  /** From here on the master's stream comes through a link; what is carried out of it so far. */
  begin(link: OutgoingLink, { id, offset, database }: Known, counts: boolean): MasterClient {
    const { server } = this;
    const client = server.admit((clientId) => {
      return new MasterClient(server, link, clientId, offset, counts);
    });
    client.db = server.databases[database] ?? server.databases[0];
    this.client = client;
    this.link = null;
    this.known = null;
    this.historyId = id;
    this.downSinceMs = 0;
    this.enter(CONNECTED);
    return client;
  }

  /** The connection to the master has ended. */
  lost(client: MasterClient): void {
    if (this.client !== client) return;
    const { server } = this;
    server.log.notice('Connection with master lost.');
    server.log.notice('Caching the disconnected master state.');
    this.client = null;
    this.known = { id: this.historyId, offset: client.offset, database: client.db.id };
    this.downSinceMs = server.clock.ms;
    this.enter(CONNECT);
    if (this.isLeaving) return;
    server.log.notice(`Reconnecting to MASTER ${this.host}:${this.port}`);
    this.connect();
  }

  /** Tells the master how far we are. */
  acknowledge(): void {
    const { client, server } = this;
    if (client === null) return;
    const synced = server.appendOnly.waiters.offset;
    const words = ['REPLCONF', 'ACK', String(client.offset)];
    if (synced !== -1) words.push('FACK', String(synced));
    const bulks = words.map((word) => `$${word.length}\r\n${word}\r\n`);
    client.tell(Buffer.from(`*${words.length}\r\n${bulks.join('')}`));
  }

  /** What has to be done once a second. */
  cron(): void {
    const { server } = this;
    if (!this.started || !server.isFollowing) return;
    this.local.cron();
    if (server.clock.ms - this.cronMs < SECOND) return;
    this.cronMs = server.clock.ms;
    this.limitTime(server.config.values['repl-timeout'] * SECOND);
    if (this.state === CONNECT && server.loading === null) {
      server.log.notice(`Connecting to MASTER ${this.host}:${this.port}`);
      this.connect();
    }
    if (this.client?.counts) this.acknowledge();
  }

  /** Begins as the configuration says, once everything is loaded. */
  start(): void {
    this.started = true;
    this.cron();
  }

  /** A command of the master led to an error: then we do not have what it has. */
  erred(problem: ReplyError, name: string): void {
    const { log, stats, config, onFatal } = this.server;
    log.warning(
      '== CRITICAL == This replica is sending an error to its master: ' +
        `'${problem.line}' after processing the command '${name}'`,
    );
    stats.unexpectedErrors++;
    const behaviour = config.values['propagation-error-behavior'];
    if (behaviour === 'ignore' || !this.readOnly) return;
    log.warning(
      'This replica panicked sending an error to its master after processing the command ' +
        `'${name}'`,
    );
    onFatal();
  }

  /** The master's command changes something, which cannot be written to the disk. */
  cannotWrite(): void {
    const { server } = this;
    const { log, clock, config } = server;
    if (server.writeProblem === null) return;
    if (!config.values['replica-ignore-disk-write-errors']) {
      log.warning('Replica was unable to write command to disk.');
      return server.onFatal();
    }
    if (clock.ms - this.complainedMs <= 10 * SECOND) return;
    this.complainedMs = clock.ms;
    log.warning('Replica is applying a command even though it is unable to write to disk.');
  }

  /** Lets go of the master without looking for another. */
  close(): void {
    this.leave();
  }

  private point(host: string, port: number): void {
    const { server } = this;
    this.host = host;
    this.port = port;
    server.isFollowing = true;
    server.log.role = 'S';
    this.enter(CONNECT);
  }

  private leave(): void {
    this.isLeaving = true;
    this.client?.close();
    this.link?.abort();
    this.link = null;
    this.isLeaving = false;
  }

  private connect(): void {
    this.enter(CONNECTING);
    this.link = new MasterLink(this);
  }

  private look(): void {
    const { server } = this;
    const { values } = server.config;
    this.readOnly = server.isFollowing && values['replica-read-only'];
    this.isStale =
      server.isFollowing && this.state !== CONNECTED && !values['replica-serve-stale-data'];
  }

  private limitTime(mostMs: number): void {
    const { link, client, server } = this;
    const { log, clock } = server;
    const heardMs = Math.max(link?.heardMs ?? 0, link?.channel?.heardMs ?? 0);
    if (link !== null && clock.ms - heardMs > mostMs) {
      log.warning(
        this.state === TRANSFER
          ? 'Timeout receiving bulk data from MASTER... If the problem persists try to set the ' +
              "'repl-timeout' parameter in redis.conf to a larger value."
          : 'Timeout connecting to the MASTER...',
      );
      link.abort();
      this.failed(true);
    } else if (client !== null && clock.ms - client.activeMs > mostMs) {
      log.warning('MASTER timeout: no data nor PING received...');
      client.close();
    }
  }
}
