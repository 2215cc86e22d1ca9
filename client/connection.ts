// One connection: requests out, replies back in the same order.
//
//   send() ── outbox ── (end of the tick) ── one write ──▶
//        └─ in flight: first in, first out ◀── replies
//
// It greets (HELLO with AUTH and SETNAME, or what older servers know instead), and then is told
// what to send. It knows nothing of coming back: when it ends it hands what was not answered to
// its owner, who decides what may be sent again.
//
// Two things tell that the other side is gone though no packet says so. Nothing in flight and
// nothing heard for `pingInterval`: a PING is sent. Something in flight and nothing heard for
// `silence`: the connection is ended, unless what is in flight is meant to wait.

import { type Command, commandNamed, type Value } from './command.ts';
import type { Form } from './decode.ts';
import { ConnectionLostError, TimeoutError } from './errors.ts';
import { isMonitored } from './monitor.ts';
import { Outbox } from './outbox.ts';
import { ReplyParser, type ReplySink, type ReplyValue } from './reply-parser.ts';
import { Queue, Request, SENT } from './request.ts';
import type { Resp2Parser } from './resp2-parser.ts';
import { after, now, type Timer } from './time.ts';
import { type Connect, LATER, NOT_NOW, type Performed } from './transport.ts';
import type { Transport, TransportEvents } from './transport.ts';

export interface Credentials {
  username?: string | undefined;
  password?: string | undefined;
}

/** What is said before anything else. */
export interface Greeting {
  /** 3 falls back to 2 where a server knows no HELLO. */
  readonly protocol: 2 | 3;
  readonly credentials: Credentials;
  readonly name: string;
  readonly database: number;
  /** Reads from a cluster's replica. */
  readonly readonly: boolean;
}

/** How long is waited for the other side. Milliseconds; 0 stands for ever. */
export interface Patience {
  /** For a connection and the answer to its greeting. */
  readonly connectTimeout: number;
  /** For any byte at all, while something is in flight. */
  readonly silence: number;
  /** Of idleness, until a PING is sent. */
  readonly pingInterval: number;
}

export interface ConnectionOwner {
  /** Messages, invalidations: strings in them are Buffers. */
  pushed(connection: Connection, items: ReplyValue[]): void;
  /** It ended. `unanswered` are the requests that no reply came for, in their order. */
  ended(connection: Connection, cause: Error, unanswered: Request[]): void;
  /** The other side keeps up again. */
  drained(connection: Connection): void;
}

const TEXT: Form = { bytes: false, maps: 'object' };
const microtask = Promise.resolve();
const CONFIRMATION = /^[ps]?(?:un)?subscribe$/;

export class Connection implements TransportEvents, ReplySink {
  /** 2 or 3, once greeted. */
  protocol: 2 | 3 = 3;
  ready = false;
  ended = false;
  /** Requests whose reply has not come. */
  readonly inFlight = new Queue<Request>();
  /** What is in flight may wait as long as it likes. */
  patient = false;
  /** Told each line of MONITOR, and null when there will be none any more. */
  onMonitored: ((line: string | null) => void) | null = null;
  private readonly owner: ConnectionOwner;
  private readonly patience: Patience;
  private readonly transport: Transport;
  private readonly direct: boolean; // The server is in this process.
  private readonly outbox = new Outbox();
  private batch: Request[] = []; // Of this tick: not handed over yet.
  private parser: ReplyParser | Resp2Parser;
  private flushing = false;
  private blocked = false; // The other side does not keep up.
  private cause: Error | null = null;
  private heardAt = now();
  private watch: Timer | null = null;
  private linked = false;
  private settleOpening: ((error: Error | null) => void) | null = null;

  constructor(connect: Connect, owner: ConnectionOwner, patience: Patience) {
    this.owner = owner;
    this.patience = patience;
    this.parser = new ReplyParser(this);
    this.transport = connect(this);
    this.direct = this.transport.perform !== undefined;
  }

  /** Resolves once the server has been greeted. Rejects if there is none, or if it refuses. */
  async open(greeting: Greeting): Promise<void> {
    const limit = this.patience.connectTimeout;
    const late = () => this.destroy(new TimeoutError(`not connected after ${limit} ms`, false));
    const timer = limit > 0 ? after(limit, late) : null;
    try {
      await new Promise<void>((resolve, reject) => {
        this.settleOpening = (error) => (error === null ? resolve() : reject(error));
        if (this.ended) reject(this.cause ?? new Error('the connection ended'));
        else if (this.linked) resolve();
      });
      await this.greet(greeting);
      this.ready = true;
      this.startWatch();
    } catch (error) {
      const cause = this.cause ?? (error as Error);
      this.destroy(cause);
      throw cause;
    } finally {
      timer?.cancel();
    }
  }

  /** Takes a request on. It leaves at the end of this tick, with all others of it. */
  send(request: Request): void {
    if (request.settled) return;
    if (this.direct && this.performs(request)) return;
    try {
      this.outbox.add(request.command, request.args);
    } catch (error) {
      return request.fail(error);
    }
    if (this.inFlight.length === 0) {
      this.parser.bytes = request.form.bytes;
      this.heardAt = now();
    }
    this.inFlight.push(request);
    this.batch.push(request);
    request.state = SENT;
    if (this.flushing || this.blocked) return;
    this.flushing = true;
    // After this tick's microtasks, so that whatever they ask for leaves along. (A promise is a
    // quicker way to a microtask than queueMicrotask().)
    microtask.then(this.flushLater);
  }

  /**
   * Carries a command out on the spot, where the server is in this process and nothing else is
   * under way. What is to come LATER is for the caller to expect().
   */
  perform(command: Command, args: readonly Value[], bytes: boolean): Performed {
    if (!this.direct || !this.ready || this.inFlight.length !== 0) return NOT_NOW;
    return this.transport.perform!(command, args, bytes);
  }

  /** Takes on a request that was performed, and will be answered. */
  expect(request: Request): void {
    this.parser.bytes = request.form.bytes;
    this.heardAt = now();
    this.inFlight.push(request);
    request.state = SENT;
    request.sent = true;
  }

  private performs(request: Request): boolean {
    if (request.internal || request.pushes > 0) return false;
    const { command, args, form } = request;
    const outcome = this.perform(command, args, form.bytes);
    if (outcome === NOT_NOW) return false;
    if (outcome === LATER) this.expect(request);
    else {
      request.sent = true;
      request.answer(outcome as ReplyValue);
    }
    return true;
  }

  /** A command of our own. Resolves to its reply, as it comes. */
  ask(name: string, ...args: Value[]): Promise<unknown> {
    const request = new Request(commandNamed(name), args, TEXT, args);
    request.decode = null;
    request.internal = true;
    this.send(request);
    return request.promise;
  }

  /** Whether nothing more should be sent for now. */
  get congested(): boolean {
    return this.blocked;
  }

  /** Why it has ended. */
  get why(): Error | null {
    return this.cause;
  }

  /** Ends it at once. */
  destroy(cause?: Error): void {
    this.cause ??= cause ?? null;
    this.transport.destroy(cause);
  }

  /** Ends it once all replies have come. */
  async quit(): Promise<void> {
    if (!this.ended) await this.ask('quit').catch(() => {});
    this.destroy();
  }

  private readonly flushLater = (): void => process.nextTick(this.flushNow);

  private readonly flushNow = (): void => this.flush();

  private flush(): void {
    this.flushing = false;
    if (this.ended || this.outbox.empty) return;
    const { pieces, encoding } = this.outbox.take();
    for (const request of this.batch) request.sent = true;
    this.batch = [];
    this.blocked = !this.transport.write(pieces, encoding);
  }

  private async greet(greeting: Greeting): Promise<void> {
    const { credentials, name, database } = greeting;
    const { username, password } = credentials;
    const greeted = greeting.protocol === 3 && (await this.hello(greeting));
    const asked: Promise<unknown>[] = [];
    if (!greeted) {
      // Nothing is in flight now, so nothing comes while it is being loaded.
      const { Resp2Parser } = await import('./resp2-parser.ts');
      this.protocol = 2;
      this.parser = new Resp2Parser(this);
      if (password !== undefined) {
        const both = username === undefined ? [password] : [username, password];
        asked.push(this.ask('auth', ...both));
      }
      if (name !== '') asked.push(this.ask('client setname', name));
    }
    if (database !== 0) asked.push(this.ask('select', database));
    if (greeting.readonly) asked.push(this.ask('readonly'));
    await Promise.all(asked);
  }

  private async hello({ credentials, name }: Greeting): Promise<boolean> {
    const { username = 'default', password } = credentials;
    const auth = password === undefined ? [] : ['AUTH', username, password];
    const setname = name === '' ? [] : ['SETNAME', name];
    try {
      await this.ask('hello', 3, ...auth, ...setname);
      return true;
    } catch (error) {
      // Older than 6.0, or behind a proxy that speaks RESP2 only.
      if (/^(?:ERR unknown command|NOPROTO)/i.test((error as Error).message)) return false;
      throw error;
    }
  }

  private startWatch(): void {
    const { silence, pingInterval } = this.patience;
    const spans = [silence, pingInterval].filter((span) => span > 0);
    if (spans.length === 0 || this.ended) return;
    const look = (): void => {
      this.look();
      this.startWatch();
    };
    this.watch = after(Math.max(10, Math.min(...spans) / 4), look, true);
  }

  private look(): void {
    const { silence, pingInterval } = this.patience;
    const quiet = now() - this.heardAt;
    if (this.inFlight.length > 0) {
      if (silence === 0 || this.patient || quiet < silence) return;
      this.destroy(new TimeoutError(`nothing came for ${Math.round(quiet)} ms`, true));
    } else if (pingInterval > 0 && quiet >= pingInterval) this.ask('ping').catch(() => {});
  }

  // What the transport tells.

  connected(): void {
    this.linked = true;
    this.settleOpening?.(null);
  }

  received(chunk: Buffer, length: number): void {
    this.heardAt = now();
    try {
      this.parser.execute(chunk, length);
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  pushed(items: ReplyValue[]): void {
    this.push(items);
  }

  drained(): void {
    this.blocked = false;
    this.flush();
    if (!this.blocked) this.owner.drained(this);
  }

  closed(cause: Error | null): void {
    this.ended = true;
    this.ready = false;
    this.watch?.cancel();
    const why = this.cause ?? cause ?? new Error('the server closed the connection');
    this.cause = why;
    this.settleOpening?.(why);
    this.onMonitored?.(null);
    const unanswered: Request[] = [];
    for (const request of this.inFlight.clear()) {
      if (request.internal) request.fail(new ConnectionLostError(request.sent, why));
      else if (!request.settled) unanswered.push(request);
    }
    this.owner.ended(this, why, unanswered);
  }

  // What the parser tells.

  reply(value: ReplyValue): void {
    if (this.onMonitored !== null && isMonitored(value)) return this.onMonitored(value);
    const request = this.inFlight.shift();
    if (request === undefined) throw new Error('a reply came that nobody asked for');
    const next = this.inFlight.peek();
    if (next !== undefined) this.parser.bytes = next.form.bytes;
    request.answer(value);
  }

  push(items: ReplyValue[]): void {
    const first = this.inFlight.peek();
    if (first !== undefined && first.pushes > 0 && CONFIRMATION.test(String(items[0]))) {
      if (--first.pushes === 0) this.reply(null);
    }
    this.owner.pushed(this, items);
  }
}
