// A connected client: what it asks, what it is told, and all that is remembered of it.
//
// Bytes come in through received(), which parses and carries out every whole request in
// them, and sends all replies in one piece. A client that has to wait (because the
// server is paused, say) leaves the request in argv and the bytes behind it in the
// parser; go() takes it up again.

import { MORE, PIECE, READY, RequestParser } from '../protocol/request-parser.ts';
import type { Link, LinkEvents } from '../protocol/link.ts';
import type { Reply } from '../protocol/reply.ts';
import { ReplyWriter } from '../protocol/reply-writer.ts';
import type { User } from './acl-user.ts';
import type { Block } from './blocking.ts';
import { answer, request } from './call.ts';
import { RUNNING, OUTSIDE, REPLY_ON } from './client-state.ts';
import type { Command } from './command-table.ts';
import type { Taken } from './double/seam.ts';
import type { Execution } from './execute.ts';
import type { Database } from './keyspace.ts';
import { leaveMulti, unwatchAll } from './multi.ts';
import { limitOutput, UNSENT_MAX } from './output-limit.ts';
import type { Replica } from './replica.ts';
import type { Server } from './server.ts';
import { endCaching, type Tracking } from './tracking.ts';
import { Digits17Writer } from './versions/digits-17.ts';

/** For how many ms, or a little longer, requests are carried out before it is others' turn. */
export type Share = {
  readonly ms: number;
  /** So few that came together are carried out together, however long they take. */
  readonly together: number;
};
const FIRST_SHARE: Share = { ms: 0.5, together: 64 };
// All whose pipelines take longer than that have one such share together in each round, so however
// many they are, and whatever they send, they hold nobody up for long.
export const RESTED_SHARE: Share = { ms: 0.2, together: 16 };
// Who has just rested, and has the next requests here already, rests again before they begin.
const BUSY_ROUNDS = 2;
// So does who sends so many bytes at once, when others have already taken their time in this round.
const LONG = 16 * 1024;
// Requests that do not move the stopwatch, because they are refused or queued, move it after
// so many.
const UNTIMED = 128;
// And a request of more arguments than this is read in pieces.
const ARGUMENTS_AT_ONCE = 2048;

export type Queued = {
  readonly command: Command;
  /** The command's, or what a script was found to declare when it was queued. */
  readonly flags: number;
  readonly argv: string[];
};

export class Client implements LinkEvents {
  /** The request under way, its name included. Used again for the next: copy what is kept. */
  argv: string[];
  /** Where its reply goes. */
  reply: Reply;
  db: Database;
  readonly server: Server;
  readonly id: number;
  /** RUNNING, or why it waits. */
  waits = RUNNING;
  authenticated: boolean;
  replyMode = REPLY_ON;
  /**
   * What is passed on instead of the command that runs (propagate.ts): other commands, or none.
   * Null is the command as it came. A handler sets it if server.propagation.active.
   */
  instead: (readonly string[])[] | null = null;
  /** What it waits for while it is BLOCKED, or null. */
  block: Block | null = null;
  /** The transaction being queued, or null. */
  queue: Queued[] | null = null;
  queuedBytes = 0; // Of the words in it.
  queueFailed = false; // A command was refused while queueing: EXEC will refuse too.
  watchFailed = false; // A watched key changed.
  inExec = false;
  execution: Execution | null = null; // Of its transaction, while it runs.
  readonly watched: { db: Database; key: string; expired: boolean }[] = [];
  monitors = false;
  /** To how many channels and patterns it listens (pubsub.ts). */
  subscriptions = 0;
  /** What it told as a replica, or is one by; null if it never did. */
  replica: Replica | null = null;
  /** It repeats what was done elsewhere or before, where it was checked: a file, a master. */
  repeats = false;
  /** The slot of the keys of its request, or of its transaction; -1 if there are none. */
  slot = -1;
  /** Not 0 if it may use slots that are being imported: counts down from its ASKING. */
  asking = 0;
  /** It may read from a replica what another node of the cluster serves (READONLY). */
  readonly = false;
  /** It is what scripts call commands as. */
  isScript = false;
  noTouch = false;
  noEvict = false;
  /** What it was counted as, whether among those with a limit, and where (client-memory.ts). */
  weighed = 0;
  weighsNormal = true;
  bucket = -1;
  /** How it is told of keys that change, or null if it does not want to be. */
  tracking: Tracking | null = null;
  /** The connection ends as soon as its replies have been sent. */
  closing = false;
  closed = false;
  /** Who has its connection now, or null. */
  moved: Client | null = null;
  /** How its scripts are debugged: not at all, on a copy, or with everybody waiting. */
  debugs: 'no' | 'yes' | 'sync' = 'no';
  name = '';
  libraryName = '';
  libraryVersion = '';
  /** Whose rights it has. */
  user: User;
  /** The first word of the last request, and the command that it named. */
  lastWord = '';
  lastNamed: Command | undefined;
  /** The command that runs: inside EXEC, the one of its queue. */
  running: Command | null = null;
  command: Command | null = null; // What it asked for last; null if there is no such command.
  readonly connectedMs: number;
  activeMs: number; // When it last sent something.
  netInput = 0;
  netOutput = 0;
  commands = 0;
  wroteOffset = 0; // Where in what was passed on (propagate.ts) its last change stands.
  softLimitSinceMs = 0; // Since when its output is over the soft limit; 0 if it is not.
  replyPeakSinceMs: number; // Since when its largest reply is remembered.
  readonly writer: ReplyWriter;
  readonly parser = new RequestParser();
  link: Link;
  /** What a test double remembers of its request (double/seam.ts), or null. */
  taken: Taken | null = null;
  outputQueued = false; // It is in server.output: something is to be sent to it.
  private draining = false; // Not read from until its replies have left.
  private resting = false; // Nor while it had its share of this round (Server.round).
  private round = -1; // Which its share began in,
  private shareEndMs = 0; // and when it ends, by the stopwatch.
  private busyUntil = -1; // The round up to which it counts as somebody with a long pipeline.
  private ending = false; // Nothing more will be said to it, and what was is still on its way.

  constructor(server: Server, link: Link, id: number) {
    this.server = server;
    this.link = link;
    this.id = id;
    this.argv = this.parser.argv;
    const { pool, version } = server;
    this.writer = version.isBefore72 ? new Digits17Writer(pool) : new ReplyWriter(pool);
    this.reply = this.writer;
    this.db = server.databases[0];
    this.user = server.acl.defaultUser;
    this.authenticated = !server.needsAuth;
    this.parser.trusted = this.authenticated;
    this.parser.maxBulk = server.config.values['proto-max-bulk-len'];
    this.parser.trust = server.trust;
    this.parser.mostAtOnce = ARGUMENTS_AT_ONCE;
    this.connectedMs = server.clock.ms;
    this.activeMs = server.clock.ms;
    this.replyPeakSinceMs = server.clock.ms;
  }

  /** Who asked for what it does: of the client of a script, whoever called the script. */
  get asker(): Client {
    return this.isScript ? (this.server.scripting.run?.caller ?? this) : this;
  }

  /** Whether it is on this machine: what a "local" client may do, others may not. */
  get isLocal(): boolean {
    const { transport, address } = this.link;
    return transport !== 'tcp' || /^(127\.|\[::1\]|\[::ffff:127\.)/.test(address);
  }

  /** Whether it asked to be sent what changes. */
  get isReplica(): boolean {
    return this.replica?.attached ?? false;
  }

  received(chunk: Buffer, length: number): void {
    if (this.closed || this.ending) return this.moved?.received(chunk, length);
    const server = this.server;
    server.beginTurn();
    this.activeMs = server.clock.ms;
    this.netInput += length;
    server.stats.netInput += length;
    server.stats.readsProcessed++;
    this.parser.feed(chunk, length);
    // Redis: what has come in is measured before any of it is carried out.
    if (this.parser.pending > server.config.values['client-query-buffer-limit']) {
      this.overflow();
    } else if (server.asleep !== null) {
      server.asleep.holds(this);
    } else if (this.waits === RUNNING && !this.draining && !this.resting) {
      const maybeLong = this.busyUntil >= server.round || (length >= LONG && server.isLate);
      if (!maybeLong || !this.mustRest()) this.go();
    }
    this.parser.keep();
    if (server.limited) server.clientMemory.weigh(this);
    server.endTurn();
  }

  /**
   * Carries out a request that came without bytes, as `words`, and has `reply` told. What is to be
   * said later is said in bytes. False, and nothing is done, where the request has to be bytes as
   * well: others are before it, or are to see what goes over the wire, or it is RESP2's.
   */
  asked(words: readonly string[], reply: Reply): boolean {
    const { server, parser, writer } = this;
    if (this.waits !== RUNNING || this.draining || this.resting || server.inTurn) return false;
    if (this.closing || this.closed || this.ending || server.asleep !== null) return false;
    if (parser.pending !== 0 || writer.size !== 0 || !writer.resp3) return false;
    if (server.seam !== null) return false;
    server.beginTurn();
    this.activeMs = server.clock.ms;
    server.stats.readsProcessed++;
    const { argv } = parser;
    if (argv.length !== words.length) argv.length = words.length;
    for (let i = 0; i < words.length; i++) argv[i] = words[i];
    this.reply = reply;
    try {
      if (this.tracking !== null) endCaching(this, this.tracking);
      request(this);
    } finally {
      this.reply = writer;
    }
    if (writer.size !== 0 || this.closing || server.propagation.active) this.flush();
    if (server.limited) server.clientMemory.weigh(this);
    server.endTurn();
    return true;
  }

  /** Whether it has had its share while others wait, and has more to ask: then it goes on later. */
  private mustRest(): boolean {
    const { server } = this;
    if (this.parser.pending === 0 || !server.rest(this)) return false;
    this.resting = true;
    this.link.pause();
    return true;
  }

  /** Goes on after it had to wait; for less, where others wait as well. */
  goOn(share = FIRST_SHARE): void {
    this.resting = false;
    if (this.closed || this.ending) return;
    if (this.server.asleep !== null) return this.server.asleep.holds(this);
    this.server.beginTurn();
    if (this.waits === RUNNING && !this.draining) this.go(share);
    this.parser.keep();
    this.busyUntil = this.server.round + BUSY_ROUNDS;
    // With the next chunk, which may be here already, it rests again before anything is sent.
    if (!this.resting && this.server.holdsOutput) this.flush();
    if (!this.resting && !this.draining) this.link.resume();
    this.server.endTurn();
  }

  private overflow(): void {
    this.server.stats.queryBufferDisconnections++;
    this.server.log.warning(
      `Closing client that reached max query buffer length: ${this.server.describe(this)}`,
    );
    this.close();
  }

  /** Carries out the requests that have come, as long as nothing makes the client wait. */
  go(share = FIRST_SHARE): void {
    const { server } = this;
    if (this.round !== server.round) {
      this.round = server.round;
      this.shareEndMs = server.stopwatchMs() + share.ms;
    }
    for (let n = 1; this.waits === RUNNING && !this.closing && !this.closed; n++) {
      const found = this.parser.next();
      if (found === PIECE) {
        server.worked(0);
        if (server.stopwatchMs() > this.shareEndMs && this.mustRest()) break;
        continue;
      }
      if (found !== READY) {
        if (found !== MORE) this.refuse(this.parser.problem);
        break;
      }
      if (this.tracking !== null) endCaching(this, this.tracking);
      request(this);
      if (this.waits !== RUNNING) break;
      if (this.writer.size >= server.flushAt || !this.parser.trusted) {
        this.flush();
        if (this.draining) break;
      }
      if (n % UNTIMED === 0) server.worked(0);
      if (n >= share.together && server.stopwatchMs() > this.shareEndMs && this.mustRest()) break;
    }
    // A program that wrote to a link in memory finds the answer when it returns.
    if (this.link.transport === 'memory') this.flush();
    else if (this.writer.size !== 0 || this.closing || this.replica !== null) this.queueOutput();
  }

  /** Takes up the request that had to wait, and those behind it. */
  proceed(): void {
    this.waits = RUNNING;
    if (this.closed) return;
    request(this);
    if (this.waits === RUNNING) this.go();
    else this.queueOutput();
  }

  /**
   * Lets the client wait for work outside of the server. When it is done, `reply` writes the
   * reply, or throws a ReplyError, and the client goes on.
   */
  waitFor<T>(work: Promise<T>, reply: (result: T) => void): void {
    this.waits = OUTSIDE;
    work.then((result) => {
      if (this.closed) return;
      this.server.beginTurn();
      this.waits = RUNNING;
      answer(this, () => reply(result));
      this.go();
      this.server.endTurn();
    });
  }

  drained(): void {
    if (this.moved !== null) return this.moved.drained();
    if (this.replica !== null) this.replica.drained();
    if (this.closed || (this.writer.size === 0 && !this.draining)) return;
    this.server.beginTurn();
    this.flush();
    if (this.draining && this.link.unsent === 0) {
      this.draining = false;
      this.link.resume();
      if (this.waits === RUNNING && !this.resting) this.go();
    }
    this.server.endTurn();
  }

  gone(): void {
    this.moved?.gone();
    this.forget();
  }

  /** Leaves its connection to a client of another server. */
  moveTo(other: Client): void {
    this.moved = other;
    this.forget();
  }

  /** Sends what the writer holds. */
  flush(): void {
    const { server, writer } = this;
    if (server.propagation.active && server.appendOnly.pending) server.appendOnly.flush();
    if (this.replica !== null && this.replica.attached) return this.replica.flush();
    const size = writer.size;
    if (this.resting && server.holdsOutput && size < server.outputMax && !this.closing) return;
    if (size !== 0 && !this.closed) {
      if ((size >= server.outputMax || !this.parser.trusted) && limitOutput(this)) return;
      // Behind what has not left yet, output gathers here, and leaves as one: a thousand small
      // messages under way would take more memory than what they say.
      if (this.link.unsent === 0 || this.closing) this.send(size);
      if (this.link.unsent !== 0) {
        if (limitOutput(this)) return;
        if (this.link.unsent + writer.size > UNSENT_MAX) {
          this.draining = true;
          this.link.pause();
        }
      }
    }
    if (this.closing && !this.closed && !this.ending) {
      this.link.end();
      // Who does not read what was said at last stays a client, for all limits there are.
      if (this.link.unsent === 0) this.forget();
      else this.ending = true;
    }
  }

  private send(size: number): void {
    const { writer, link, server } = this;
    this.netOutput += size;
    server.stats.netOutput += size;
    server.stats.writesProcessed++;
    const piece = writer.takeOne();
    writer.release(piece === null ? link.send(writer.take()) : link.sendOne(piece));
  }

  /** Sees to it that what was written to this client, out of its turn, is sent. */
  queueOutput(): void {
    if (this.outputQueued) return;
    this.outputQueued = true;
    this.server.output.push(this);
  }

  /** Sends a last error, and ends the connection. */
  refuse(line: string): void {
    if (this.replyMode === REPLY_ON) this.writer.error(line);
    this.server.stats.countError(line.slice(0, line.indexOf(' ')));
    this.closing = true;
  }

  /** Ends the connection at once. */
  close(): void {
    if (this.closed) return;
    this.link.destroy();
    this.forget();
  }

  /** Ends the connection at once, and, where there are packets, with one that says so: RST. */
  cutOff(): void {
    if (this.closed) return;
    if (this.link.reset === undefined) this.link.destroy();
    else this.link.reset();
    this.forget();
  }

  /** Takes no notice any more of what comes, while the connection stays as it is. */
  ignore(): void {
    this.ending = true;
  }

  /** Back to how a connection begins, as RESET wants it. */
  reset(): void {
    leaveMulti(this);
    unwatchAll(this);
    this.server.tracking.stop(this);
    this.server.monitors.delete(this);
    this.monitors = false;
    this.server.pubsub.forget(this);
    this.db = this.server.databases[0];
    this.reply.resp3 = false;
    this.name = '';
    this.replyMode = REPLY_ON;
    this.noTouch = false;
    this.noEvict = false;
    this.asking = 0;
    this.readonly = false;
    this.user = this.server.acl.defaultUser;
    this.authenticated = !this.server.needsAuth;
    this.parser.trusted = this.authenticated;
  }

  protected forget(): void {
    if (this.closed) return;
    this.closed = true;
    this.server.blocking.forget(this);
    leaveMulti(this);
    unwatchAll(this);
    this.server.tracking.stop(this);
    this.replica?.gone();
    this.server.asleep?.left(this);
    this.server.forgetClient(this);
  }
}
