// SYNC and PSYNC: how a client becomes a replica.
//
// A replica that was here before and lacks only what the backlog still has is told to continue.
// Any other gets a snapshot, and all that has changed since:
//
//   on disk      BGSAVE writes the RDB file, whose length goes ahead of it: $<length>
//   diskless     the snapshot goes into the connections as it is made, between two marks:
//                $EOF:<mark> ... <mark>. The replica has to know that form (capa eof), and
//                says when it has all of it.
//   by channel   the same through a second connection of the replica (capa rdb-channel-repl), so
//                that the first is free for the stream from the moment on
//
// Only one snapshot is made at a time. Whoever comes while a file is written for another replica
// shares it; otherwise it waits for the next. Before a diskless one begins, some seconds pass for
// others to come, because nobody can join it later.

import { NOT_AN_INTEGER, ReplyError } from '../protocol/errors.ts';
import { parseInt64 } from '../protocol/numbers.ts';
import type { Client } from './client.ts';
import { rdbFormat } from './rdb-file.ts';
import { diskFile, fromMemory, gathered, type SnapshotBytes } from './replication-file.ts';
import { ReplicaTarget } from './replication-target.ts';
import type { Replica } from './replica.ts';
import * as state from './replica-state.ts';
import type { Replication } from './replication.ts';
import type { Server } from './server.ts';
import { SnapshotJob, type Target } from './snapshot-file.ts';

const FAILING_OVER = new ReplyError("NOMASTERLINK Can't SYNC while failing over");
const NO_MASTER = new ReplyError("NOMASTERLINK Can't SYNC while not connected with my master");
const OUTPUT_WAITS = new ReplyError('ERR SYNC and PSYNC are invalid with pending output');
const NO_MARK = new ReplyError('ERR Filtered replica requires EOF capability');
const FAILED = "-ERR BGSAVE failed, replication can't continue\r\n";
const PIECE = 64 * 1024; // Bytes of a snapshot that are sent at once.

export class Sync {
  private readonly server: Server;
  private readonly replication: Replication;
  private target: ReplicaTarget | null = null;
  private memory: Buffer[] | null = null; // The snapshot, where there is no disk for it.
  private madeFile = false; // The RDB file is there because of a replica, not to be kept.

  constructor(server: Server, replication: Replication) {
    this.server = server;
    this.replication = replication;
  }

  /** Whether a snapshot is going into connections. */
  get isSending(): boolean {
    return this.target !== null;
  }

  /** SYNC, or PSYNC with what the replica has. Throws a ReplyError if that cannot be now. */
  begin(c: Client, replica: Replica, known: { id: string; offset: string } | null): void {
    const { server, replication } = this;
    if (!server.failover.isIdle) throw FAILING_OVER;
    if (server.isFollowing && !server.following.isConnected) throw NO_MASTER;
    if (c.writer.size > 0 || c.link.unsent > 0) throw OUTPUT_WAITS;
    const { log } = server;
    if ((replica.withoutKeys || replica.withoutFunctions) && !replica.knowsMark) throw NO_MARK;
    log.notice(`Replica ${replica.name} asks for synchronization`);
    if (known !== null) {
      const offset = parseInt64(known.offset);
      if (offset === undefined) {
        log.warning(`Replica ${replica.name} asks for synchronization but with a wrong offset`);
        throw NOT_AN_INTEGER;
      }
      if (this.resume(replica, known.id, Number(offset))) return;
      if (!known.id.startsWith('?')) server.stats.partialSyncsRefused++;
      if (replica.knowsChannel) return this.sendToChannel(replica);
    } else {
      replica.isOld = true;
    }
    server.stats.fullSyncs++;
    replica.state = state.WAITS_FOR_START;
    replication.attach(replica);
    this.startFor(replica);
  }

  /** Begins a snapshot if a replica waits for one, has waited long enough, and it can be done. */
  startPending(): void {
    const { server, replication } = this;
    if (server.background !== '') return;
    const first = replication.replicas.find((each) => each.state === state.WAITS_FOR_START);
    if (first === undefined) return;
    const waiting = this.waitingLike(first);
    const { values } = server.config;
    const now = Math.floor(server.clock.ms / 1000);
    const idle = Math.max(...waiting.map((r) => now - Math.floor(r.client.activeMs / 1000)));
    const most = values['repl-diskless-sync-max-replicas'];
    const goes =
      !values['repl-diskless-sync'] ||
      (most > 0 && waiting.length >= most) ||
      idle >= values['repl-diskless-sync-delay'];
    if (goes) this.start(waiting);
  }

  /** The snapshot under way is done, whoever wanted it. */
  ended(succeeded: boolean): void {
    const { server, replication } = this;
    const streamed = this.target !== null;
    const memory = this.memory;
    this.target = null;
    this.memory = null;
    for (const replica of [...replication.replicas]) {
      if (replica.state === state.TAKES_BOTH) {
        if (succeeded) this.putOnline(replica);
        else replica.client.close();
      } else if (replica.state === state.WAITS_FOR_END) {
        if (!succeeded) {
          server.log.warning('SYNC failed. BGSAVE child returned an error');
          replica.client.close();
        } else if (streamed) {
          this.wasStreamed(replica);
        } else {
          this.sendFile(replica, memory);
        }
      }
    }
    this.startPending();
  }

  /** A replica acknowledged something: so it has its snapshot. */
  acknowledged(replica: Replica): void {
    if (replica.mustAck && replica.state === state.ONLINE) {
      replica.mustAck = false;
      replica.client.queueOutput();
    }
    if (replica.state === state.TAKES_BOTH) this.putOnline(replica);
  }

  /** A replica has left. */
  forget(replica: Replica): void {
    const { server, replication, target } = this;
    target?.forget(replica);
    const waited = replica.state === state.WAITS_FOR_END && !this.isSending;
    if (!waited || server.background !== 'rdb' || server.config.values.save.length > 0) return;
    // Redis: what is made for nobody, and would not be kept either, is given up.
    const others = replication.replicas.some((each) => each.state === state.WAITS_FOR_END);
    if (!others) server.saving.cancel();
  }

  /** rdb-del-sync-files: removes the file that was made for replicas only. */
  removeFile(): void {
    const { server, replication } = this;
    const { values } = server.config;
    if (!values['rdb-del-sync-files']) this.madeFile = false;
    if (!this.madeFile || values.save.length > 0 || values.appendonly) return;
    const busy = replication.replicas.some(
      (each) => each.state < state.ONLINE && each.state !== state.WAITS_FOR_CHANNEL,
    );
    const path = `${values.dir}/${values.dbfilename}`;
    if (busy || server.disk === null || !server.disk.exists(path)) return;
    this.madeFile = false;
    server.log.notice('Removing the RDB file used to feed replicas in a persistence-less instance');
    server.disk.remove(path);
  }

  private resume(replica: Replica, id: string, offset: number): boolean {
    const { server, replication } = this;
    const { log } = server;
    const known = id.toLowerCase();
    const isSecond = known === replication.secondId;
    if (known !== replication.id && !(isSecond && offset <= replication.secondOffset)) {
      if (isSecond) {
        log.notice(
          'Partial resynchronization not accepted: Requested offset for second ID was ' +
            `${offset}, but I can reply up to ${replication.secondOffset}`,
        );
      } else if (id.startsWith('?')) {
        const channel = replica.isChannel ? '(rdb-channel)' : '';
        log.notice(`Full resync requested by replica ${replica.name} ${channel}`);
      } else {
        log.notice(
          `Partial resynchronization not accepted: Replication ID mismatch (Replica asked for ` +
            `'${id}', my replication IDs are '${replication.id}' and '${replication.secondId}')`,
        );
      }
      return false;
    }
    const backlog = replication.settled;
    if (backlog === null || !backlog.has(offset)) {
      log.notice(
        `Unable to partial resync with replica ${replica.name} for lack of backlog (Replica ` +
          `request was: ${offset}).`,
      );
      if (offset > replication.offset) {
        log.warning(
          `Warning: replica ${replica.name} tried to PSYNC with an offset that is greater than ` +
            'the master replication offset.',
        );
      }
      return false;
    }
    server.stats.partialSyncs++;
    replica.state = state.ONLINE;
    replica.ackMs = server.clock.ms;
    replica.mustAck = false;
    replica.next = offset;
    replication.attach(replica);
    tell(replica, replica.knowsIds ? `+CONTINUE ${replication.id}\r\n` : '+CONTINUE\r\n');
    replica.client.queueOutput();
    log.notice(
      `Partial resynchronization request from ${replica.name} accepted. Sending ` +
        `${backlog.end - offset} bytes of backlog starting from offset ${offset}.`,
    );
    replication.countGood();
    return true;
  }

  private sendToChannel(replica: Replica): void {
    const { server, replication } = this;
    replica.state = state.WAITS_FOR_CHANNEL;
    replica.ackMs = server.clock.ms;
    replication.attach(replica);
    server.log.notice(
      `Replica ${replica.name} is capable of rdb channel synchronization, and partial sync isn't ` +
        'possible. Full sync will continue with dedicated rdb channel.',
    );
    tell(replica, `+RDBCHANNELSYNC ${replica.client.id}\r\n`);
  }

  private startFor(replica: Replica): void {
    const { server, replication } = this;
    const { values } = server.config;
    const { log } = server;
    if (server.background === 'rdb' && this.isSending) {
      log.notice('Current BGSAVE has socket target. Waiting for next BGSAVE for SYNC');
    } else if (server.background === 'rdb') {
      const other = replication.replicas.find(
        (each) =>
          each.state === state.WAITS_FOR_END && (!each.onlySnapshot || replica.onlySnapshot),
      );
      if (other !== undefined && replica.knowsAllOf(other) && replica.wantsTheSame(other)) {
        this.setUp(replica, other.startOffset);
        log.notice('Waiting for end of BGSAVE for SYNC');
      } else {
        log.notice(
          "Can't attach the replica to the current BGSAVE. Waiting for next BGSAVE for SYNC",
        );
      }
    } else if (
      values['repl-diskless-sync'] &&
      replica.knowsMark &&
      values['repl-diskless-sync-delay'] > 0
    ) {
      log.notice('Delay next BGSAVE for diskless SYNC');
    } else if (server.background === '') {
      this.start(this.waitingLike(replica));
    } else {
      log.notice(
        'No BGSAVE in progress, but another BG operation is active. BGSAVE for replication delayed',
      );
    }
  }

  /** Those who wait for the same snapshot to begin. */
  private waitingLike(replica: Replica): Replica[] {
    return this.replication.replicas.filter(
      (each) => each.state === state.WAITS_FOR_START && each.wantsTheSame(replica),
    );
  }

  private start(replicas: readonly Replica[]): void {
    const { server } = this;
    const [first] = replicas;
    const filtered = first.withoutKeys || first.withoutFunctions;
    const diskless =
      (server.config.values['repl-diskless-sync'] || filtered) &&
      replicas.every((each) => each.knowsMark);
    const where = diskless ? 'replicas sockets' : 'disk';
    const how = first.isChannel ? ' (rdb-channel)' : '';
    server.log.notice(`Starting BGSAVE for SYNC with target: ${where}${how}`);
    if (diskless) return this.startSending(replicas);
    const { offset } = this.replication;
    if (server.disk === null) this.startGathering();
    else if (!server.saving.start()) return this.refuse(replicas);
    else if (server.config.values['rdb-del-sync-files']) this.madeFile = true;
    for (const replica of replicas) this.setUp(replica, offset);
    if (server.background === '') this.ended(false);
  }

  private startSending(replicas: readonly Replica[]): void {
    const { server, replication } = this;
    for (const replica of replicas) this.setUp(replica, replication.offset);
    const mark = server.random.hex(40);
    const target = new ReplicaTarget(server, replicas, mark);
    this.target = target;
    this.run(target, replicas[0]);
    const { isChannel } = replicas[0];
    const to = isChannel ? 'replica socket' : 'parent process pipe';
    server.log.notice(`Background RDB transfer started by pid ${server.pid} to ${to}`);
  }

  // Unlike Redis: a server that was given no disk keeps the file for a replica in memory.
  private startGathering(): void {
    const memory: Buffer[] = [];
    this.memory = memory;
    this.run(gathered(memory), null);
  }

  private run(target: Target, parts: Replica | null): void {
    const { server } = this;
    const keys = parts === null || !parts.withoutKeys;
    const functions = parts === null || !parts.withoutFunctions;
    const job = new SnapshotJob(server, target, PIECE, (sink) =>
      rdbFormat(server, sink, false, { keys, functions }),
    );
    server.saving.transfer(job);
  }

  /** Notes where the stream stands, and tells the replica, whose snapshot begins here. */
  private setUp(replica: Replica, offset: number): void {
    const { replication } = this;
    replica.startOffset = offset;
    replica.state = state.WAITS_FOR_END;
    if (replica.follows) replica.next = offset + 1;
    replication.forgetDatabase();
    if (replica.isOld) return;
    if (replica.isChannel) this.startStream(replica, offset);
    tell(replica, `+FULLRESYNC ${replication.id} ${offset}\r\n`);
  }

  /** The snapshot of a channel begins: its replica's first connection gets the stream. */
  private startStream({ mainId, name }: Replica, offset: number): void {
    const { clients, log } = this.server;
    const main = clients.get(mainId)?.replica;
    if (main?.state !== state.WAITS_FOR_CHANNEL) {
      return log.warning(
        `Starting to deliver RDB to replica ${name} but it has no associated main channel`,
      );
    }
    main.state = state.TAKES_BOTH;
    main.next = offset + 1;
    log.notice(`Starting to deliver RDB and replication stream to replica: ${main.name}`);
  }

  private refuse(replicas: readonly Replica[]): void {
    const { replication, server } = this;
    server.log.warning('BGSAVE for replication failed');
    for (const replica of replicas) {
      tell(replica, FAILED);
      replica.state = state.NONE;
      replication.forget(replica);
      replica.client.closing = true;
      replica.client.queueOutput();
    }
  }

  private wasStreamed(replica: Replica): void {
    const { log } = this.server;
    log.notice(
      `Streamed RDB transfer with replica ${replica.name} succeeded (socket). Waiting for ` +
        'REPLCONF ACK from replica to enable streaming',
    );
    if (!this.putOnline(replica)) return replica.client.close();
    replica.mustAck = true;
  }

  private sendFile(replica: Replica, memory: readonly Buffer[] | null): void {
    const { server } = this;
    const { dir, dbfilename } = server.config.values;
    let bytes: SnapshotBytes;
    try {
      bytes = memory !== null ? fromMemory(memory) : diskFile(server.disk!, `${dir}/${dbfilename}`);
    } catch (problem) {
      const why = (problem as Error).message;
      server.log.warning(`SYNC failed. Can't open/stat DB after BGSAVE: ${why}`);
      return replica.client.close();
    }
    replica.state = state.TAKES_FILE;
    void this.sendAll(replica, bytes);
  }

  private async sendAll(replica: Replica, bytes: SnapshotBytes): Promise<void> {
    const { server } = this;
    const { client } = replica;
    try {
      await replica.send([Buffer.from(`$${bytes.total}\r\n`)]);
      for (let left = bytes.total; left > 0 && !client.closed; ) {
        const piece = await bytes.next();
        if (piece.length === 0) throw new Error('premature EOF');
        left -= piece.length;
        await replica.send([piece]);
      }
    } catch (problem) {
      server.log.warning(`Read error sending DB to replica: ${(problem as Error).message}`);
      client.close();
    } finally {
      bytes.close();
    }
    if (client.closed) return;
    server.beginTurn();
    if (!this.putOnline(replica)) client.close();
    else client.queueOutput();
    server.endTurn();
  }

  /** The replica has its snapshot; false if it wanted no more. */
  private putOnline(replica: Replica): boolean {
    const { server, replication } = this;
    if (replica.onlySnapshot) {
      replica.state = state.HAS_ALL;
      server.log.notice(
        `RDB transfer completed, rdb only replica (${replica.name}) should be disconnected asap`,
      );
      return false;
    }
    replica.state = state.ONLINE;
    replica.ackMs = server.clock.ms;
    replication.countGood();
    server.log.notice(`Synchronization with replica ${replica.name} succeeded`);
    return true;
  }
}

function tell(replica: Replica, line: string): void {
  replica.write([Buffer.from(line)]);
}
