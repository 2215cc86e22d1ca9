// The master, as its replica sees it: a client whose commands are carried out without a word.
//
// Its bytes are a stream in which every byte has an offset, and that stream is also what our own
// replicas are sent: byte for byte, so that an offset means the same in a whole chain of servers,
// and whoever loses its master can go on with another one of them.
//
//     received                  from here on it is ours to repeat
//        |                          |
//   ...  [ not yet whole ][ MULTI ... ][ SET k v ][ PING ]  ...
//                                      |
//                                   offset: all before this was carried out
//
// What was received and not carried out when the connection breaks is forgotten, and asked for
// again. That goes for a transaction without its EXEC too.

import { READY, MORE } from '../protocol/request-parser.ts';
import { Client } from './client.ts';
import { RUNNING } from './client-state.ts';
import type { OutgoingEvents, OutgoingLink } from './outgoing-link.ts';
import { repeat } from './repeat.ts';
import type { Server } from './server.ts';

const PIECE = 16 * 1024; // Bytes that are carried out at once.
const NEWLINE = Buffer.from('\n');

export class MasterClient extends Client implements OutgoingEvents {
  /** Everything up to this offset was carried out, */
  offset: number;
  /** and up to this one was received. */
  receivedOffset: number;
  /** Whether it knows offsets: one that was asked with SYNC does not. */
  readonly counts: boolean;
  private passedOn: number; // Our own replicas have everything up to this offset.
  private readonly kept: Buffer[] = []; // What comes behind that.
  private behind: Buffer[] | null = null; // Came before it could be carried out.
  private retries = false;

  constructor(server: Server, link: OutgoingLink, id: number, offset: number, counts: boolean) {
    super(server, link, id);
    this.offset = offset;
    this.receivedOffset = offset;
    this.passedOn = offset;
    this.counts = counts;
    this.repeats = true;
    this.parser.mostAtOnce = Number.POSITIVE_INFINITY;
    this.authenticated = true;
    this.user = server.acl.superuser;
    this.parser.trusted = true;
    this.parser.maxBulk = Number.MAX_SAFE_INTEGER;
    link.events = this;
  }

  connected(): void {}

  /** How many bytes have come that are still to be carried out. */
  get behindBytes(): number {
    return (this.behind ?? []).reduce((sum, { length }) => sum + length, 0);
  }

  /**
   * Carries out what has come of the stream before the snapshot was loaded, while others have their
   * turns; what comes meanwhile comes behind it. If the connection `isLost`, that ends it.
   */
  catchUp(pieces: Buffer[], isLost: boolean): void {
    this.behind = pieces;
    this.server.log.notice(
      'MASTER <-> REPLICA sync: Starting to stream replication buffer into the db ' +
        `(${this.behindBytes} bytes).`,
    );
    void this.stream(pieces, isLost);
  }

  private async stream(pieces: Buffer[], isLost: boolean): Promise<void> {
    const { server } = this;
    let sum = 0;
    for (let piece = pieces.shift(); piece !== undefined && !this.closed; piece = pieces.shift()) {
      for (let at = 0; at < piece.length && !this.closed; at += PIECE) {
        const part = piece.subarray(at, at + PIECE);
        sum += part.length;
        this.carryOutAll(part, part.length);
        server.following.stopAt('on-streaming-repl-buf');
      }
      this.tell(NEWLINE);
      const { later } = server;
      if (later !== null) await new Promise<void>((resolve) => later(resolve));
    }
    this.behind = null;
    if (this.closed) {
      return server.log.warning(
        'Master client was freed while streaming accumulated replication data to db.',
      );
    }
    server.log.notice(
      'MASTER <-> REPLICA sync: Successfully streamed replication buffer into the db ' +
        `(${sum} bytes in total)`,
    );
    if (isLost) this.close();
  }

  override received(chunk: Buffer, length: number): void {
    if (this.behind === null) return this.carryOutAll(chunk, length);
    this.activeMs = this.server.clock.ms;
    this.behind.push(Buffer.from(chunk.subarray(0, length)));
  }

  private carryOutAll(chunk: Buffer, length: number): void {
    const { server, parser, kept } = this;
    server.beginTurn();
    this.activeMs = server.clock.ms;
    this.netInput += length;
    server.stats.netInput += length;
    server.stats.masterInput += length;
    server.stats.readsProcessed++;
    this.receivedOffset += length;
    kept.push(chunk.subarray(0, length));
    parser.feed(chunk, length);
    if (this.waits === RUNNING) this.go();
    // What is left lies in a buffer that will be used again.
    if (kept.length > 0) kept.push(Buffer.from(kept.pop()!));
    parser.keep();
    server.endTurn();
  }

  override go(): void {
    const { parser, server } = this;
    while (!this.closed && !this.closing && this.waits === RUNNING) {
      if (server.busyScript !== null) {
        this.later();
        break;
      }
      const found = parser.next();
      if (found !== READY) {
        if (found !== MORE) this.broken();
        break;
      }
      this.carryOut();
    }
    this.passOn();
    if (this.closing) this.close();
  }

  override proceed(): void {
    this.waits = RUNNING;
    if (this.closed) return;
    this.carryOut();
    if (this.waits === RUNNING) this.go();
  }

  override flush(): void {
    this.writer.rewind(0);
    if (this.closing) this.close();
  }

  /** Says something that is no reply. */
  tell(bytes: Buffer): void {
    if (this.closed) return;
    this.netOutput += bytes.length;
    this.server.stats.netOutput += bytes.length;
    this.link.sendOne(bytes);
  }

  protected override forget(): void {
    if (this.closed) return;
    super.forget();
    this.server.following.lost(this);
  }

  private carryOut(): void {
    repeat(this);
    this.writer.rewind(0); // A master is told nothing.
    if (this.waits === RUNNING && this.queue === null) {
      this.offset = this.receivedOffset - this.parser.pending;
    }
  }

  /** Gives our own replicas what was carried out. */
  private passOn(): void {
    const { kept } = this;
    const { replication } = this.server;
    while (this.passedOn < this.offset) {
      const [first] = kept;
      const count = Math.min(first.length, this.offset - this.passedOn);
      replication.repeat(first.subarray(0, count));
      this.passedOn += count;
      if (count === first.length) kept.shift();
      else kept[0] = first.subarray(count);
    }
  }

  // While a script takes its time nothing may come in between.
  private later(): void {
    const { later } = this.server;
    if (this.retries || later === null) return;
    this.retries = true;
    later(() => {
      this.retries = false;
      if (this.closed || this.waits !== RUNNING) return;
      this.server.beginTurn();
      this.go();
      this.server.endTurn();
    });
  }

  private broken(): void {
    const { server, parser } = this;
    server.log.warning(
      'Protocol error (Master using the inline protocol. Desync?) from client: ' +
        `${server.describe(this)}. ${parser.problem}`,
    );
    this.closing = true;
  }
}
