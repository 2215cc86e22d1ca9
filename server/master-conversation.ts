// A connection to the master before the stream: what we say are commands, what comes back is lines,
// and behind the last of them perhaps a snapshot.
//
// All replies of a handshake are single lines, so there is nothing here that a parser of replies
// would be for.

import type { Carrier, Payload } from './master-payload.ts';
import { type OutgoingEvents, OutgoingLink } from './outgoing-link.ts';
import type { Server } from './server.ts';

const LONGEST_LINE = 64 * 1024;
const LF = 10;

export abstract class Conversation implements OutgoingEvents, Carrier {
  /** When the master was last heard of. */
  heardMs: number;
  /** The snapshot that is received, or null. */
  payload: Payload | null = null;
  readonly link: OutgoingLink;
  closed = false;
  protected readonly server: Server;
  private line = '';

  /** Begins to connect. */
  constructor(server: Server) {
    this.server = server;
    this.heardMs = server.clock.ms;
    const { host, port } = server.following;
    const { values } = server.config;
    this.link = new OutgoingLink(
      { host, port, config: values, usesTls: values['tls-replication'] },
      this,
    );
  }

  /** Takes a line; true if what comes behind it is the stream. */
  protected abstract heard(line: string): boolean;
  /** Takes what comes of the stream. */
  protected abstract streamed(bytes: Buffer): void;
  /** The connection is there. */
  protected abstract begun(): void;
  /** It has ended, but not by us. */
  protected abstract ended(): void;
  abstract failedToSync(): void;
  abstract synced(database: number, marked: boolean, more: Buffer): void;

  connected(): void {
    if (!this.closed) this.turn(() => this.begun());
  }

  received(chunk: Buffer, length: number): void {
    if (!this.closed) this.turn(() => this.take(chunk.subarray(0, length)));
  }

  drained(): void {}

  gone(): void {
    if (!this.closed) this.turn(() => this.ended());
  }

  /** Gives the attempt up. */
  abort(): void {
    if (this.closed) return;
    this.closed = true;
    this.link.destroy();
    this.payload?.abandon();
  }

  protected say(...words: string[]): void {
    const bulks = words.map((word) => `$${word.length}\r\n${word}\r\n`);
    this.link.sendOne(Buffer.from(`*${words.length}\r\n${bulks.join('')}`, 'latin1'));
  }

  /** Says who we are, if the master is to be told. */
  protected login(): boolean {
    const { masterauth, masteruser } = this.server.config.values;
    if (masterauth === '') return false;
    this.say('AUTH', ...(masteruser === '' ? [] : [masteruser]), masterauth);
    return true;
  }

  /** The port that the master is to know us by. */
  protected get announcedPort(): string {
    const { config, port, tlsPort } = this.server;
    const own = config.values['tls-replication'] ? tlsPort : port;
    return String(config.values['replica-announce-port'] || own);
  }

  protected get why(): string {
    return this.link.problem === '' ? 'connection lost' : this.link.problem;
  }

  private turn(run: () => void): void {
    this.server.beginTurn();
    this.heardMs = this.server.clock.ms;
    run();
    this.server.endTurn();
  }

  private take(bytes: Buffer): void {
    const { stats } = this.server;
    stats.netInput += bytes.length;
    stats.masterInput += bytes.length;
    for (let at = 0; at < bytes.length && !this.closed; ) {
      if (this.payload !== null) return this.payload.take(bytes.subarray(at));
      const end = bytes.indexOf(LF, at);
      const stop = end < 0 ? bytes.length : end;
      this.line += bytes.latin1Slice(at, stop);
      at = stop + 1;
      if (this.line.length > LONGEST_LINE) {
        this.server.log.warning('A line of the master does not end');
        return this.failedToSync();
      }
      if (end < 0) return;
      const line = this.line.replace(/\r$/, '');
      this.line = '';
      if (this.heard(line)) return this.streamed(bytes.subarray(at));
    }
  }
}
