// One request on its way through the interceptions.
//
// offer(i) asks them from number i on. A handler that calls next() has the request offered to those
// behind it, and at last carried out, in a turn of its own; the reply is then not sent but taken
// aside (replied()) and given to the one who asked, so each handler on the way gets what the ones
// behind it made of it.

import { toBuffer } from '../../protocol/byte-string.ts';
import { ReplyError } from '../../protocol/errors.ts';
import type { Reply } from '../../protocol/reply.ts';
import { endsQueueing, refuse, replied, request } from '../call.ts';
import { HELD, RUNNING } from '../client-state.ts';
import { Command } from '../command-table.ts';
import { queueUp } from '../multi.ts';
import { tellBytes } from '../push.ts';
import { soon } from '../real-time.ts';
import type { Server } from '../server.ts';
import type { Asked } from './double.ts';
import type { Interception, Interceptions, Request, Word } from './interception.ts';
import { commandOf, keysOf, nameOf } from './match.ts';
import { asError, readReplies, toBytes, toText, writeValue } from './values.ts';

/** What a handler returns for a request to go on. */
class Pass {
  readonly argv: readonly Word[] | undefined;

  constructor(argv: readonly Word[] | undefined) {
    this.argv = argv;
  }
}

/** An answer in the protocol's spelling: that of a server that a request was sent on to. */
export class RawReply {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}

/** What one handler was given by next(). */
class Turn {
  readonly place: number;
  promise: Promise<unknown> | null = null;
  bytes: Buffer | null = null;
  queued = false; // Its command is the last in the queue of MULTI.
  busy = false;

  constructor(place: number) {
    this.place = place;
  }
}

type Waiter = { readonly turn: Turn; give(value: unknown): void; refuse(problem: unknown): void };

export class Passage {
  private readonly all: Interceptions;
  private readonly server: Server;
  private readonly asked: Asked;
  private readonly list: readonly Interception[];
  private readonly waiters: Waiter[] = []; // The innermost last.

  constructor(all: Interceptions, server: Server, asked: Asked, list: readonly Interception[]) {
    this.all = all;
    this.server = server;
    this.asked = asked;
    this.list = list;
  }

  /** Whether the next reply is for a handler. */
  get takesReply(): boolean {
    return this.waiters.length > 0;
  }

  /** Offers the request to the handlers from this one on; true if one answers it, or will. */
  offer(from: number): boolean {
    const { asked } = this;
    const { c } = asked;
    for (let i = from; i < this.list.length; i++) {
      const { handler, isMeant } = this.list[i];
      if (!isMeant(asked.subject)) continue;
      this.list[i].hits++;
      asked.passage = this;
      const turn = new Turn(i);
      let result: unknown;
      try {
        result = handler(this.request(), (argv) => this.next(turn, argv));
        if (result instanceof Pass && result.argv !== undefined) this.change(result.argv);
      } catch (problem) {
        result = asError(problem);
      }
      if (c.closed) return true;
      if (turn.promise !== null) result = afterNext(turn.promise, result);
      if (result === undefined || result instanceof Pass) continue;
      if (isPromise(result)) this.wait(turn, result);
      else this.answer(turn, result);
      return true;
    }
    return false;
  }

  private wait(turn: Turn, result: PromiseLike<unknown>): void {
    this.asked.c.waits = HELD;
    this.all.count(1);
    const settle = (value: unknown) => {
      this.settle(turn, value);
      this.all.count(-1);
    };
    result.then(settle, (problem) => settle(asError(problem)));
  }

  private settle(turn: Turn, result: unknown): void {
    const { c } = this.asked;
    if (c.closed) return;
    this.server.beginTurn();
    c.waits = RUNNING;
    if (result instanceof Pass) this.goOn(turn.place + 1, result.argv);
    else if (result === undefined && turn.bytes === null) this.goOn(turn.place + 1);
    else this.answer(turn, result);
    if (c.closed) return this.server.endTurn();
    if (c.waits === RUNNING) c.go();
    else c.queueOutput();
    this.server.endTurn();
  }

  /** Offers the request to the others, and carries it out if none takes it. */
  private goOn(from: number, argv?: readonly Word[]): void {
    const { c } = this.asked;
    try {
      if (argv !== undefined) this.change(argv);
    } catch (problem) {
      return refuse(c, null, asError(problem));
    }
    if (this.offer(from)) return;
    c.waits = RUNNING;
    request(c);
  }

  private next(turn: Turn, argv?: readonly Word[]): Promise<unknown> {
    const { c } = this.asked;
    turn.promise = new Promise((give, refuseIt) => {
      if (turn.busy) return refuseIt(new Error('next() has not given its last reply yet'));
      turn.busy = true;
      soon(() => {
        if (c.closed) return refuseIt(new Error('the client is gone'));
        this.server.beginTurn();
        this.waiters.push({ turn, give, refuse: refuseIt });
        const queued = c.queue?.length ?? 0;
        this.goOn(turn.place + 1, argv);
        turn.queued = (c.queue?.length ?? 0) > queued;
        if (!c.closed && c.writer.size > 0) c.queueOutput(); // Messages behind the reply.
        this.server.endTurn();
      });
    });
    turn.promise.catch(() => {}); // Whoever wants to know of it waits for it.
    return turn.promise;
  }

  /** Gives the reply to the handler that waits for it. */
  replied(bytes: Buffer): void {
    const { turn, give, refuse: refuseIt } = this.waiters.pop()!;
    turn.busy = false;
    turn.bytes = bytes;
    const value = replyOf(bytes);
    if (value instanceof ReplyError) refuseIt(value);
    else give(value);
  }

  gone(): void {
    const problem = new Error('the client is gone');
    for (const waiter of this.waiters.splice(0)) waiter.refuse(problem);
  }

  /** Answers the request, and tells what had to wait for that. */
  private answer(turn: Turn, value: unknown): void {
    this.say(turn, value);
    if (this.asked.c.taken === null) this.asked.tellMessages();
  }

  /** Says what next() gave, as it was, or something else. */
  private say(turn: Turn, value: unknown): void {
    const { c, subject } = this.asked;
    const start = c.reply.mark();
    const command = subject.command ?? null;
    if (value instanceof RawReply) {
      c.writer.raw(value.bytes.latin1Slice());
    } else if (turn.bytes !== null && this.isSame(value, turn.bytes)) {
      c.writer.raw(turn.bytes.latin1Slice());
    } else if (value instanceof Error || value instanceof ReplyError) {
      if (turn.queued) c.queue?.pop();
      return refuse(c, command, asError(value));
    } else if (c.queue !== null && (command === null || !endsQueueing(command))) {
      if (turn.queued) c.queue.pop();
      const { spec } = command ?? this.server.commands.find('echo')!;
      queueUp(c, new Command(spec, ({ reply }) => writeAny(reply, value)));
      c.reply.status('QUEUED');
    } else {
      writeAny(c.reply, value);
    }
    replied(c, start);
  }

  private isSame(value: unknown, bytes: Buffer): boolean {
    return this.spell(value).equals(this.spell(replyOf(bytes)));
  }

  private spell(value: unknown): Buffer {
    const { aside } = this.server;
    aside.resp3 = true;
    writeAny(aside, value);
    const bytes = Buffer.concat(aside.take());
    aside.release(true);
    return bytes;
  }

  private change(words: readonly Word[]): void {
    if (words.length === 0) throw new TypeError('a request has one word at least');
    const { asked } = this;
    const argv = words.map((word) => toBytes(typeof word === 'number' ? String(word) : word));
    const command = commandOf(this.server.commands, argv);
    const { client } = asked.subject;
    asked.subject = { client, name: nameOf(command, argv), command, argv };
    const own = asked.c.argv; // The parser's: filled anew by the next request.
    own.length = argv.length;
    for (let i = 0; i < argv.length; i++) own[i] = argv[i];
  }

  private request(): Request {
    const { all, server } = this;
    const { c, subject } = this.asked;
    const { client, name, argv, command } = subject;
    return {
      client,
      name,
      argv: argv.map(toText),
      get bytes() {
        return argv.map(toBuffer);
      },
      get keys() {
        return keysOf(command, argv).map(toText);
      },
      inMulti: c.queue !== null,
      pass: (words) => new Pass(words),
      delay: (ms) => new Promise((resolve) => void server.clock.in(ms, resolve)),
      send: (bytes) => tellBytes(c, Buffer.from(bytes)),
      close: () => c.close(),
      reset: () => c.cutOff(),
      get signal() {
        return all.signalOf(c);
      },
    };
  }
}

function replyOf(bytes: Buffer): unknown {
  const values = readReplies(bytes);
  return values.length > 1 ? values : values[0];
}

/** Writes a value; what no reply can say is an error that tells so. */
function writeAny(reply: Reply, value: unknown): void {
  const start = reply.mark();
  try {
    writeValue(reply, value);
  } catch (problem) {
    reply.rewind(start);
    reply.error(asError(problem).line);
  }
}

/** What a handler that called next() means by what it returned. */
async function afterNext(reply: Promise<unknown>, result: unknown): Promise<unknown> {
  if (isPromise(result)) return result;
  const given = await reply;
  return result === undefined ? given : result;
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null)?.then === 'function';
}
