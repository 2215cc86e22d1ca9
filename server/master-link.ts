// One attempt to come to follow a master: connecting, the handshake, and what PSYNC brings.
//
//   us                              master
//   PING                            +PONG, or an error that says that it wants a password
//   AUTH                            +OK
//   REPLCONF listening-port <port>  +OK   (older masters do not know REPLCONF, which is no harm)
//   REPLCONF ip-address <address>   +OK
//   REPLCONF capa eof capa psync2   +OK
//   PSYNC <history> <offset>        +CONTINUE [history]            and then the stream
//                                   +FULLRESYNC <history> <offset> and then a snapshot
//                                   an error: old masters know SYNC only
//
// Until the snapshot begins masters may send empty lines to say that they are still there.
//
// A master that would rather send the snapshot through another connection answers PSYNC with
// +RDBCHANNELSYNC and the id that we have there (master-channel.ts). From then on the stream comes
// through this one: it is kept until the snapshot is loaded.

import type { Following } from './following.ts';
import { CONNECTING, HANDSHAKE, type Known, TRANSFER } from './following-state.ts';
import { MasterChannel } from './master-channel.ts';
import { Conversation } from './master-conversation.ts';
import { Payload } from './master-payload.ts';

const ID_LENGTH = 40;
const NO_ID = '0'.repeat(ID_LENGTH);

type Step = 'pong' | 'auth' | 'port' | 'address' | 'capabilities' | 'psync' | 'head' | 'channel';

export class MasterLink extends Conversation {
  /** What has come of the stream already, */
  readonly gathered: Buffer[] = [];
  /** and how many bytes that is. */
  gatheredBytes = 0;
  /** The other connection, if the snapshot comes through one. */
  channel: MasterChannel | null = null;
  private readonly following: Following;
  private step: Step = 'pong';
  private known: Known = { id: NO_ID, offset: -1, database: 0 }; // What the snapshot begins.
  private isLost = false; // But the snapshot is being loaded.

  /** Begins to connect to the master that is configured. */
  constructor(following: Following) {
    super(following.server);
    this.following = following;
  }

  protected begun(): void {
    this.server.log.notice('Non blocking connect for SYNC fired the event.');
    this.following.enter(HANDSHAKE);
    this.say('PING');
  }

  override abort(): void {
    this.channel?.abort();
    super.abort();
  }

  failedToSync(): void {
    if (this.closed) return;
    this.abort();
    this.following.failed(true);
  }

  /** What the snapshot that comes through the other connection begins. */
  channelBegan(known: Known): void {
    this.known = known;
    this.following.enter(TRANSFER);
    this.server.log.notice('Starting to receive RDB and replication stream in parallel.');
  }

  synced(database: number, marked: boolean, more: Buffer): void {
    const { server, following, known } = this;
    const { log, config, replication, appendOnly } = server;
    this.closed = true;
    const client = following.begin(this.link, { ...known, database }, known.offset !== -1);
    replication.adopt(known.id, known.offset);
    log.notice('MASTER <-> REPLICA sync: Finished with success');
    if (marked) following.acknowledge();
    if (config.values.appendonly) {
      log.notice('MASTER <-> REPLICA sync: Starting AOF after a successful sync');
      appendOnly.follow();
    }
    this.link.resume();
    if (this.channel !== null) client.catchUp(this.gathered, this.isLost);
    else if (more.length > 0) client.received(more, more.length);
  }

  protected streamed(bytes: Buffer): void {
    this.closed = true;
    if (bytes.length > 0) this.following.client!.received(bytes, bytes.length);
  }

  override received(chunk: Buffer, length: number): void {
    if (this.step !== 'channel' || this.closed) return super.received(chunk, length);
    const { server, following } = this;
    this.heardMs = server.clock.ms;
    server.stats.netInput += length;
    server.stats.masterInput += length;
    this.gathered.push(Buffer.from(chunk.subarray(0, length)));
    this.gatheredBytes += length;
    following.gatheredPeak = Math.max(following.gatheredPeak, this.gatheredBytes);
    const { values } = server.config;
    const limit =
      values['replica-full-sync-buffer-limit'] ||
      values['client-output-buffer-limit'].slave.hardBytes;
    if (limit === 0 || this.gatheredBytes <= limit) return;
    server.log.notice(
      `Replication buffer limit has been reached (${limit} bytes), stopped buffering replication ` +
        'stream. Further accumulation may occur on master side. ',
    );
    this.link.pause();
  }

  protected heard(line: string): boolean {
    switch (this.step) {
      case 'pong':
        this.pong(line);
        return false;
      case 'auth':
        if (line.startsWith('-')) this.fail(`Unable to AUTH to MASTER: ${line}`);
        this.step = 'port';
        return false;
      case 'port':
        this.minor(line, 'listening-port');
        this.step = this.announced === '' ? 'capabilities' : 'address';
        return false;
      case 'address':
        this.minor(line, 'ip-address');
        this.step = 'capabilities';
        return false;
      case 'capabilities':
        this.minor(line, 'capa');
        this.askToContinue();
        return false;
      case 'psync':
        return line !== '' && this.answered(line);
      default:
        if (line === '') return false;
        this.payload = Payload.begin(this, this.server, line, this.known.id);
        if (this.payload === null) this.failedToSync();
        return false;
    }
  }

  private pong(line: string): void {
    const wantsPassword = /^-(NOAUTH|NOPERM|ERR operation not permitted)/.test(line);
    if (!line.startsWith('+') && !wantsPassword) {
      return this.fail(`Error reply to PING from master: '${line}'`);
    }
    const { log, config } = this.server;
    log.notice('Master replied to PING, replication can continue...');
    this.step = this.login() ? 'auth' : 'port';
    this.say('REPLCONF', 'listening-port', this.announcedPort);
    if (this.announced !== '') this.say('REPLCONF', 'ip-address', this.announced);
    const channel = config.values['repl-rdb-channel'] ? ['capa', 'rdb-channel-repl'] : [];
    this.say('REPLCONF', 'capa', 'eof', 'capa', 'psync2', ...channel);
  }

  private get announced(): string {
    return this.server.config.values['replica-announce-ip'];
  }

  private minor(line: string, option: string): void {
    if (!line.startsWith('-')) return;
    this.server.log.notice(`(Non critical) Master does not understand REPLCONF ${option}: ${line}`);
  }

  private askToContinue(): void {
    const { following, server } = this;
    const { known } = following;
    const failover = server.failover.isUnderWay ? ['FAILOVER'] : [];
    this.step = 'psync';
    if (known === null) {
      server.log.notice('Partial resynchronization not possible (no cached master)');
      return this.say('PSYNC', '?', '-1', ...failover);
    }
    const next = String(known.offset + 1);
    server.log.notice(`Trying a partial resynchronization (request ${known.id}:${next}).`);
    this.say('PSYNC', known.id, next, ...failover);
  }

  private answered(line: string): boolean {
    const { server } = this;
    const { log, failover } = server;
    const [word, id = '', offset = ''] = line.split(' ');
    if (/^\+(FULLRESYNC|CONTINUE|RDBCHANNELSYNC)$/.test(word)) failover.succeeded();
    else if (failover.isUnderWay) {
      failover.abort('Failover target rejected psync request');
      return false;
    }
    if (word === '+CONTINUE') {
      this.goOn(id);
      return true;
    }
    if (word === '+FULLRESYNC') {
      this.fullSync(id, offset);
    } else if (word === '+RDBCHANNELSYNC' && id !== '') {
      log.notice('PSYNC is not possible, initialize RDB channel.');
      this.step = 'channel';
      this.channel = new MasterChannel(this.server, this, id);
    } else if (/^-(NOMASTERLINK|LOADING)/.test(line)) {
      log.notice(`Master is currently unable to PSYNC but should be in the future: ${line}`);
      this.giveUp();
    } else {
      if (line.startsWith('-ERR')) {
        log.notice(`Master does not support PSYNC or is in error state (reply: ${line})`);
      } else {
        log.warning(`Unexpected reply to PSYNC from master: ${line}`);
      }
      log.notice('Retrying with SYNC...');
      this.link.sendOne(Buffer.from('SYNC\r\n'));
      this.expectSnapshot();
    }
    return false;
  }

  private fullSync(id: string, offset: string): void {
    const { log } = this.server;
    if (id.length === ID_LENGTH && /^-?\d+$/.test(offset)) {
      this.known = { id, offset: Number(offset), database: 0 };
      log.notice(`Full resync from master: ${id}:${offset}`);
    } else {
      log.warning('Master replied with wrong +FULLRESYNC syntax.');
    }
    this.expectSnapshot();
  }

  private goOn(id: string): void {
    const { following, server } = this;
    const { log, replication } = server;
    const known = following.known!;
    log.notice('Successful partial resynchronization with master.');
    const renamed = id.length === ID_LENGTH && id !== known.id;
    if (renamed) {
      log.notice(`Master replication ID changed to ${id}`);
      replication.renamed(known.id, id);
    }
    following.begin(this.link, { ...known, id: renamed ? id : known.id }, true);
    replication.keepBacklog();
    log.notice('MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization.');
  }

  private expectSnapshot(): void {
    this.step = 'head';
    this.following.enter(TRANSFER);
  }

  /** The handshake has failed: the next attempt is the cron's. */
  private fail(why: string): void {
    this.server.log.warning(why);
    this.giveUp();
  }

  private giveUp(): void {
    this.abort();
    this.following.failed(false);
  }

  protected ended(): void {
    const { following, server } = this;
    const { log, failover } = server;
    if (following.state === CONNECTING) {
      const why = this.link.problem === '' ? 'Connection closed' : this.link.problem;
      this.fail(`Error condition on socket for SYNC: ${why}`);
    } else if (this.step === 'channel') {
      this.lostBesideChannel();
    } else if (this.payload !== null) {
      this.payload.cutOff(this.why);
    } else if (following.state === TRANSFER) {
      log.warning(`I/O error reading bulk count from MASTER: ${this.why}`);
      this.failedToSync();
    } else if (this.step === 'psync') {
      log.warning('Master did not reply to PSYNC, will try later');
      failover.abort('Failover target rejected psync request');
      this.giveUp();
    } else {
      this.fail('Master did not respond to command during SYNC handshake');
    }
  }

  /** What was loaded from a file can be gone on from, wherever the stream has stopped. */
  private lostBesideChannel(): void {
    const { log, loading } = this.server;
    log.warning(`Main channel error while reading from master: ${this.why}`);
    if (loading === null) log.notice('Aborting rdb channel sync');
    else log.notice('Aborting rdb channel sync while loading the RDB.');
    if (this.channel?.payload?.isLoading) {
      log.notice('After loading RDB, replica will try psync with master.');
      this.isLost = true;
    } else if (loading !== null) {
      this.channel?.payload?.cutOff(this.why);
    } else {
      this.failedToSync();
    }
  }
}
