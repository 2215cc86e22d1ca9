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
// Until the snapshot begins masters may send empty lines to say that they are still there. Replies
// are single lines all along, so there is nothing here that a parser of replies would be for.
//
// Unlike Redis: a replica does not ask for the snapshot through a second connection
// (repl-rdb-channel); it takes it from the one that the stream comes through.

import type { Following } from './following.ts';
import { CONNECTING, HANDSHAKE, type Known, TRANSFER } from './following-state.ts';
import { Payload } from './master-payload.ts';
import { type OutgoingEvents, OutgoingLink } from './outgoing-link.ts';
import type { Server } from './server.ts';

const ID_LENGTH = 40;
const LONGEST_LINE = 64 * 1024;
const NO_ID = '0'.repeat(ID_LENGTH);
const LF = 10;

type Step = 'pong' | 'auth' | 'port' | 'address' | 'capabilities' | 'psync' | 'head' | 'payload';

export class MasterLink implements OutgoingEvents {
  /** When the master was last heard of. */
  heardMs: number;
  /** The snapshot that is received, or null. */
  payload: Payload | null = null;
  readonly link: OutgoingLink;
  closed = false;
  private readonly following: Following;
  private readonly server: Server;
  private step: Step = 'pong';
  private line = '';
  private known: Known = { id: NO_ID, offset: -1, database: 0 }; // What the snapshot begins.

  /** Begins to connect to the master that is configured. */
  constructor(following: Following) {
    this.following = following;
    this.server = following.server;
    this.heardMs = this.server.clock.ms;
    const { host, port } = following;
    const from = this.server.config.values['bind-source-addr'];
    this.link = new OutgoingLink({ host, port, from }, this);
  }

  connected(): void {
    if (this.closed) return;
    this.turn(() => {
      this.server.log.notice('Non blocking connect for SYNC fired the event.');
      this.following.enter(HANDSHAKE);
      this.say('PING');
    });
  }

  received(chunk: Buffer, length: number): void {
    if (this.closed) return;
    this.turn(() => this.take(chunk, length));
  }

  drained(): void {}

  gone(): void {
    if (this.closed) return;
    this.turn(() => this.ended());
  }

  /** Gives the attempt up. */
  abort(): void {
    if (this.closed) return;
    this.closed = true;
    this.link.destroy();
    this.payload?.abandon();
  }

  /** The snapshot could not be received, or not loaded. */
  failedToSync(): void {
    if (this.closed) return;
    this.abort();
    this.following.failed(true);
  }

  /** Sends an empty line, so that the master does not think that we are gone. */
  stillHere(): void {
    if (!this.closed) this.link.sendOne(Buffer.from('\n'));
  }

  /** The snapshot is loaded, and the stream goes on in a database; `more` has come of it. */
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
    if (more.length > 0) client.received(more, more.length);
  }

  private turn(run: () => void): void {
    this.server.beginTurn();
    this.heardMs = this.server.clock.ms;
    run();
    this.server.endTurn();
  }

  private take(chunk: Buffer, length: number): void {
    const { stats } = this.server;
    stats.netInput += length;
    stats.masterInput += length;
    for (let at = 0; at < length && !this.closed; ) {
      if (this.step === 'payload') {
        return this.payload!.take(chunk.subarray(at, length));
      }
      const end = chunk.subarray(at, length).indexOf(LF);
      const stop = end < 0 ? length : at + end;
      this.line += chunk.latin1Slice(at, stop);
      at = stop + 1;
      if (this.line.length > LONGEST_LINE) return this.fail('Line too long');
      if (end < 0) return;
      const line = this.line.replace(/\r$/, '');
      this.line = '';
      if (!this.heard(line)) continue;
      // From here on it is the stream.
      this.closed = true;
      const { client } = this.following;
      if (at < length) client!.received(chunk.subarray(at), length - at);
      return;
    }
  }

  /** Takes a line; true if the master goes on with the stream. */
  private heard(line: string): boolean {
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
        this.head(line);
        return false;
    }
  }

  private pong(line: string): void {
    const wantsPassword = /^-(NOAUTH|NOPERM|ERR operation not permitted)/.test(line);
    if (!line.startsWith('+') && !wantsPassword) {
      return this.fail(`Error reply to PING from master: '${line}'`);
    }
    const { log, config, port } = this.server;
    const { values } = config;
    log.notice('Master replied to PING, replication can continue...');
    this.step = 'port';
    if (values.masterauth !== '') {
      this.step = 'auth';
      const user = values.masteruser === '' ? [] : [values.masteruser];
      this.say('AUTH', ...user, values.masterauth);
    }
    this.say('REPLCONF', 'listening-port', String(values['replica-announce-port'] || port));
    if (this.announced !== '') this.say('REPLCONF', 'ip-address', this.announced);
    this.say('REPLCONF', 'capa', 'eof', 'capa', 'psync2');
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
    if (word === '+FULLRESYNC' || word === '+CONTINUE') failover.succeeded();
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

  /** What stands before the snapshot: its length, or the mark that will stand behind it. */
  private head(line: string): void {
    const { log } = this.server;
    if (line === '') return;
    if (line.startsWith('-')) {
      log.warning(`MASTER aborted replication with an error: ${line.slice(1)}`);
      return this.failedToSync();
    }
    if (!line.startsWith('$')) {
      log.warning(
        `Bad protocol from MASTER, the first byte is not '$' (we received '${line}'), are you ` +
          'sure the host and port are right?',
      );
      return this.failedToSync();
    }
    const mark = line.startsWith('$EOF:') ? line.slice(5, 5 + ID_LENGTH) : '';
    const total = mark === '' ? Number.parseInt(line.slice(1), 10) : 0;
    this.step = 'payload';
    this.payload = Payload.begin(this, this.server, { mark, total, id: this.known.id });
  }

  private say(...words: string[]): void {
    const bulks = words.map((word) => `$${word.length}\r\n${word}\r\n`);
    this.link.sendOne(Buffer.from(`*${words.length}\r\n${bulks.join('')}`, 'latin1'));
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

  private ended(): void {
    const { link, following, server } = this;
    if (following.state === CONNECTING) {
      const why = link.problem === '' ? 'Connection closed' : link.problem;
      return this.fail(`Error condition on socket for SYNC: ${why}`);
    }
    if (this.payload !== null) {
      const why = link.problem === '' ? 'connection lost' : link.problem;
      this.payload.cutOff(why);
    } else if (following.state === TRANSFER) {
      const why = link.problem === '' ? 'connection lost' : link.problem;
      server.log.warning(`I/O error reading bulk count from MASTER: ${why}`);
      this.failedToSync();
    } else if (this.step === 'psync') {
      server.log.warning('Master did not reply to PSYNC, will try later');
      server.failover.abort('Failover target rejected psync request');
      this.giveUp();
    } else {
      this.fail('Master did not respond to command during SYNC handshake');
    }
  }
}
