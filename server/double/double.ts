// What a program that tests with a server does to the requests of its clients.
//
//    request -> journal -> latency -> an ending? -> interceptions -> the server
//                                                                      |
//    bytes <- latency, pieces <- cut, corrupt <- an ending? <- journal <- reply
//
// A request that is held up anywhere on this way waits (HELD), with all that its client sends
// behind; nobody else does. It takes the way once: when it is taken up again, by a fault's timer or
// at the end of CLIENT PAUSE, it goes on where it was.

import { refuse } from '../call.ts';
import type { Client } from '../client.ts';
import { HELD, REPLY_OFF, REPLY_SKIP, RUNNING } from '../client-state.ts';
import { Random, type Timer } from '../clock.ts';
import type { Server } from '../server.ts';
import { type Blow, type Ending, Faults } from './faults.ts';
import { Interceptions } from './interception.ts';
import { Journal, type JournalEntry } from './journal.ts';
import { commandOf, isControl, nameOf, type Subject, viewOf } from './match.ts';
import { MutedLink } from './muted-link.ts';
import type { Passage } from './passage.ts';
import type { Seam, Taken } from './seam.ts';

// How far a request has come.
const NEW = 0;
const ENTERED = 1; // The latency before it is over.
const THROUGH = 2; // It is the server's.

/** A request on its way. */
export class Asked implements Taken {
  readonly c: Client;
  /** What it is now; an interception may have changed its words. */
  subject: Subject;
  entry: JournalEntry | null = null;
  blow: Blow | null = null;
  stage = NEW;
  /** By the stopwatch. */
  readonly startMs: number;
  /** The timer that it waits for, or null. */
  timer: Timer | null = null;
  /** What interceptions have made of it; null if none did anything. */
  passage: Passage | null = null;
  /** Messages that its command caused to its own client: they come behind the reply. */
  readonly messages: Buffer[] = [];

  constructor(c: Client) {
    const argv = c.argv.slice();
    const command = commandOf(c.server.commands, argv);
    this.c = c;
    this.subject = { client: viewOf(c), name: nameOf(command, argv), command, argv };
    this.startMs = c.server.clock.stopwatch();
  }

  get argv(): readonly string[] {
    return this.subject.argv;
  }

  /** Lets go of the messages that waited. */
  tellMessages(): void {
    const { c, messages } = this;
    if (!c.closing && !c.closed) for (const bytes of messages) c.writer.rawBytes(bytes);
    messages.length = 0;
  }
}

/** The double of one server: it looks in on requests as soon as anything here is used. */
export class Double implements Seam {
  readonly faults: Faults;
  readonly journal: Journal;
  readonly interceptions: Interceptions;
  private readonly server: Server;
  private readonly random: Random;

  constructor(server: Server) {
    this.server = server;
    // Its own chance: that of the server is the same with a fault and without.
    this.random = new Random(server.hashSeed ^ 0x5eed);
    const follow = () => this.follow();
    this.faults = new Faults(this.random, follow);
    this.journal = new Journal(server.clock, follow);
    this.interceptions = new Interceptions(server, follow);
  }

  takes(c: Client): boolean {
    if (c.repeats) return false;
    let asked = c.taken as Asked | null;
    if (asked === null) {
      asked = this.begin(c);
      if (asked === null) return false;
    }
    if (asked.stage === THROUGH) return false;
    const { blow } = asked;
    if (asked.stage === NEW) {
      asked.stage = ENTERED;
      if (blow !== null && blow.latencyBefore > 0) {
        this.hold(asked, blow.latencyBefore, () => c.proceed());
        return true;
      }
    }
    asked.stage = THROUGH;
    if (blow !== null) {
      if (blow.halfClose) halfClose(c);
      if (blow.before !== null) {
        this.end(asked, blow.before);
        return true;
      }
    }
    return this.interceptions.take(asked);
  }

  private begin(c: Client): Asked | null {
    const asked = new Asked(c);
    if (isControl(asked.subject.command)) return null;
    c.taken = asked;
    if (this.journal.active) asked.entry = this.journal.add(asked.subject);
    if (this.faults.size !== 0) {
      const blow = this.faults.strike(asked.subject);
      if (blow !== null && blow.bytesPerMs !== Number.POSITIVE_INFINITY) {
        const bytes = asked.argv.reduce((sum, word) => sum + word.length, 0);
        blow.latencyBefore += Math.ceil(bytes / blow.bytesPerMs);
      }
      asked.blow = blow;
    }
    return asked;
  }

  answered(c: Client, start: number): boolean {
    const asked = c.taken as Asked | null;
    if (asked === null || c.repeats) return false;
    if (asked.passage?.takesReply) {
      this.setAside(asked);
      asked.passage.replied(c.writer.since(start));
      c.writer.rewind(start);
      return true;
    }
    const { entry, blow } = asked;
    c.taken = null;
    if (entry !== null) {
      const micros = (this.server.clock.stopwatch() - asked.startMs) * 1000;
      this.journal.finish(entry, c.writer.since(start), micros);
    }
    if (blow !== null && !c.closed) this.disturb(asked, blow, start);
    return false;
  }

  /** Does to a reply what faults do to it. */
  private disturb(asked: Asked, blow: Blow, start: number): void {
    const { c } = asked;
    const { writer } = c;
    const isSilent = c.replyMode === REPLY_OFF || c.replyMode === REPLY_SKIP;
    if (blow.after !== null) {
      writer.rewind(start);
      if (typeof blow.after === 'string') return this.end(asked, blow.after);
      writer.error(blow.after.line);
    }
    if (isSilent) return;
    const { cut, corrupt, latencyAfter, bytesPerMs } = blow;
    if (corrupt > 0) spoil(c, start, corrupt, blow.random);
    const isWhole = cut >= writer.size - start;
    if (!isWhole) writer.rewind(start + cut);
    const end = () => {
      if (cut !== Number.POSITIVE_INFINITY) hangUp(c, blow.cutCloses);
    };
    if (latencyAfter === 0 && bytesPerMs === Number.POSITIVE_INFINITY) return end();
    const bytes = writer.since(start);
    writer.rewind(start);
    c.taken = asked; // Until the reply has been said.
    this.setAside(asked);
    this.sayLater(asked, bytes, latencyAfter, bytesPerMs, end);
  }

  private sayLater(asked: Asked, bytes: Buffer, ms: number, rate: number, end: () => void): void {
    const { c } = asked;
    this.hold(asked, Math.max(ms, rate === Number.POSITIVE_INFINITY ? 0 : 1), () => {
      const piece = bytes.subarray(0, Math.max(1, rate));
      c.writer.raw(piece.latin1Slice());
      c.flush();
      if (piece.length < bytes.length && !c.closed) {
        return this.sayLater(asked, bytes.subarray(piece.length), 0, rate, end);
      }
      c.taken = null;
      c.waits = RUNNING;
      asked.tellMessages();
      end();
      if (!c.closed) c.go();
    });
  }

  /** Lets a client wait for so long. */
  private hold(asked: Asked, ms: number, then: () => void): void {
    const { server } = this;
    asked.c.waits = HELD;
    asked.timer = server.clock.in(ms, () => {
      asked.timer = null;
      if (asked.c.closed) return;
      server.beginTurn();
      then();
    });
  }

  /** Takes a client out of whatever queues it stood in: it has its reply, and waits for us. */
  private setAside({ c, messages }: Asked): void {
    const { blocking, held } = this.server;
    blocking.forget(c);
    c.waits = HELD;
    // What its command told its own client (push.ts) waits as well.
    messages.push(...held);
    held.length = 0;
  }

  /** Ends a request as a fault wants it. */
  private end({ c, subject }: Asked, ending: NonNullable<Ending>): void {
    switch (ending) {
      case 'reset':
        return hangUp(c, false);
      case 'close':
        return hangUp(c, true);
      case 'blackHole':
        c.flush();
        c.waits = HELD;
        c.ignore();
        c.link = new MutedLink(c.link);
        return;
      default:
        c.command = subject.command ?? null;
        return refuse(c, c.command, ending);
    }
  }

  connected(c: Client): void {
    if (this.faults.size !== 0 && this.faults.refuse(viewOf(c))) c.cutOff();
  }

  gone(c: Client): void {
    const asked = c.taken as Asked | null;
    c.taken = null;
    if (asked?.timer) this.server.clock.cancel(asked.timer);
    asked?.passage?.gone();
    this.interceptions.gone(c);
  }

  /** Looks in on requests if there is a reason to. */
  private follow(): void {
    const { faults, interceptions, journal, server } = this;
    const isUsed = faults.size > 0 || interceptions.isUsed || journal.active;
    if (isUsed === (server.seam !== null)) return;
    server.seam = isUsed ? this : null;
    // What was not looked at when it was answered is not under way any more.
    if (!isUsed) return;
    for (const c of server.clients.values()) if (c.waits === RUNNING) c.taken = null;
  }
}

/** Says what has been said so far, and ends the connection. */
function hangUp(c: Client, politely: boolean): void {
  const { later } = c.server;
  const saysSomething = c.writer.size > 0;
  c.flush();
  // What has not left by now would be lost with a reset.
  if (politely || c.link.unsent > 0) {
    c.closing = true;
    c.queueOutput();
  } else if (saysSomething && later !== null && c.link.transport !== 'memory') {
    // Who finds bytes and a reset at once hears of an end, and not that it was a reset. So the
    // other end has time to read, if it is in this process.
    c.waits = HELD;
    c.ignore();
    later(() => later(() => c.cutOff()));
  } else {
    c.cutOff();
  }
}

function halfClose(c: Client): void {
  c.flush();
  c.link.endOutput?.();
  c.link = new MutedLink(c.link);
}

/** Changes some bytes of what was said since the mark. */
function spoil({ writer }: Client, start: number, count: number, random: Random): void {
  const bytes = writer.since(start);
  writer.rewind(start);
  for (let i = 0; i < count && bytes.length > 0; i++) {
    bytes[random.below(bytes.length)] ^= 1 + random.below(255);
  }
  writer.raw(bytes.latin1Slice());
}
