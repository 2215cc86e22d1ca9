// One server, for as long as the client lives: a connection that comes back, a queue for while it
// is away, and connections of their own for commands that wait.
//
//   submit(request) ─ ready? ──▶ the connection
//        │              └ no ──▶ the queue ─ until it is ready
//        └ it blocks ─────────▶ a lease (client/leases.ts)
//
// When a connection ends, what never left goes back to the front of the queue, and so does what
// left and may be repeated; of the rest nobody knows whether it was carried out, and it rejects
// saying so.

import type { Command, Value } from './command.ts';
import { Connection, type ConnectionOwner, type Greeting } from './connection.ts';
import type { Deadlines } from './deadlines.ts';
import { ClosedError, ConnectionLostError, QueueFullError, RedisError } from './errors.ts';
import { Leases } from './leases.ts';
import type { ExpiringCredentials, HostPort, Settings } from './options.ts';
import type { ReplyValue } from './reply-parser.ts';
import { Queue, type Request, WAITING } from './request.ts';
import { Subscriber } from './subscriber.ts';
import { after, type Timer, wallClock } from './time.ts';
import { type Connect, NOT_NOW, type Performed } from './transport.ts';

/** idle: not wanted yet; waiting: until the next attempt. */
export type State = 'idle' | 'connecting' | 'ready' | 'waiting' | 'closed';

const PAUSE = 50; // Milliseconds until a server that is not ready yet is asked again.

/** Where the server is. Asked before each attempt, since it may move. */
export type Resolve = () => Connect | Promise<Connect>;

/** How to reach one of several. */
export type At = (address: HostPort) => Connect | Promise<Connect>;

export interface EndpointEvents {
  state(state: State, cause: Error | null): void;
  pushed(items: ReplyValue[]): void;
  /** A connection has ended: what it would have told is not known. */
  lost?(): void;
  /** It is not there: who keeps several may send these elsewhere. */
  stranded?(requests: Request[], cause: Error): void;
}

export class Endpoint implements ConnectionOwner {
  readonly settings: Settings;
  readonly deadlines: Deadlines;
  readonly subscriber: Subscriber;
  state: State = 'idle';
  /** What ended the last connection, or the last attempt at one. */
  lastError: Error | null = null;
  private readonly resolve: Resolve;
  private readonly events: EndpointEvents;
  private readonly leases: Leases;
  private readonly readonly: boolean;
  private connection: Connection | null = null;
  private readonly queue = new Queue<Request>();
  private readonly refused: Request[] = []; // To be sent again, before the queue,
  private pause: Timer | null = null; // when this is over.
  private queuedBytes = 0;
  private attempt = 0;
  private retryTimer: Timer | null = null;
  private renewal: Timer | null = null;
  private database: number;
  private readonly waiters: Waiter[] = [];

  constructor(
    resolve: Resolve,
    settings: Settings,
    deadlines: Deadlines,
    events: EndpointEvents,
    readonly = false,
  ) {
    this.resolve = resolve;
    this.settings = settings;
    this.deadlines = deadlines;
    this.events = events;
    this.readonly = readonly;
    this.database = settings.database;
    this.leases = new Leases(this);
    this.subscriber = new Subscriber(this);
  }

  /** Resolves when it is connected. Rejects if it is not after connectTimeout, or is refused. */
  connect(): Promise<void> {
    if (this.state === 'ready') return Promise.resolve();
    if (this.state === 'closed') return Promise.reject(this.closedError());
    return new Promise((resolve, reject) => {
      const limit = this.settings.connectTimeout;
      const late = (): void =>
        this.settleWaiters(this.lostError(`not connected after ${limit} ms`));
      const timer = limit > 0 ? after(limit, late) : null;
      this.waiters.push({ resolve, reject, timer });
      this.wake();
    });
  }

  /** Takes a request on; it will be settled. */
  submit(request: Request): void {
    if (request.command.blocks && this.leases.wants(request)) return this.leases.submit(request);
    const { connection } = this;
    if (connection?.ready && !connection.congested && this.pause === null) {
      if (this.queue.length > 0) this.sendQueue();
      connection.send(request);
    } else this.enqueue([request]);
  }

  /** Carries a command out on the spot, if that can be done (Connection.perform). */
  perform(command: Command, args: readonly Value[], bytes: boolean): Performed {
    const { connection } = this;
    if (connection === null || this.queue.length !== 0 || this.pause !== null) return NOT_NOW;
    return connection.perform(command, args, bytes);
  }

  /** Takes on a request that was performed, and will be answered. */
  expect(request: Request): void {
    this.connection!.expect(request);
  }

  /** Sends what the server has refused again, after a moment; what is asked meanwhile follows. */
  sendLater(request: Request): void {
    request.state = WAITING;
    request.sent = false;
    this.refused.push(request);
    this.pause ??= after(PAUSE, () => this.resume());
  }

  private resume(): void {
    this.pause?.cancel();
    this.pause = null;
    const again: Request[] = [];
    for (const request of this.refused.splice(0)) {
      if (request.command.blocks) this.submit(request);
      else again.push(request);
    }
    for (const request of again) this.queuedBytes += sizeOf(request);
    this.queue.putBack(again);
    this.sendQueue();
  }

  /** Requests that have to go out one behind the other on one connection. */
  submitAll(requests: readonly Request[]): void {
    const { connection } = this;
    if (connection?.ready && this.queue.length === 0 && this.pause === null) {
      for (const request of requests) connection.send(request);
    } else this.enqueue(requests);
  }

  /** A connection for somebody alone, who gives it back as it was, or destroys it. */
  borrow(): Promise<Connection> {
    return this.leases.borrow();
  }

  giveBack(connection: Connection): void {
    this.leases.giveBack(connection);
  }

  /** A new connection, greeted, to the same server. */
  async open(owner: ConnectionOwner): Promise<Connection> {
    const connect = await this.resolve();
    const connection = new Connection(connect, owner, this.settings);
    await connection.open(await this.greeting());
    return connection;
  }

  /** Ends it when all that was asked has been answered. Nothing new is taken on. */
  async close(): Promise<void> {
    if (this.state === 'closed') return;
    const { connection } = this;
    this.resume();
    this.become('closed', null);
    await Promise.all([connection?.ready ? connection.quit() : null, this.leases.close()]);
    this.destroy();
  }

  /** Ends it at once: what was not answered rejects. */
  destroy(cause?: Error): void {
    if (this.state !== 'closed') this.become('closed', cause ?? null);
    this.retryTimer?.cancel();
    this.renewal?.cancel();
    this.pause?.cancel();
    this.connection?.destroy(cause);
    this.connection = null;
    this.leases.destroy();
    this.subscriber.destroy();
    const error = this.closedError();
    for (const request of [...this.refused.splice(0), ...this.queue.clear()]) request.fail(error);
    this.settleWaiters(error);
  }

  /** Ends it once what was sent has been answered. What was not is for somebody else to send. */
  retire(): Request[] {
    const requests = this.queue.clear();
    const { connection } = this;
    this.state = 'closed';
    this.connection = null;
    if (connection?.ready) void connection.quit();
    this.destroy();
    return requests;
  }

  /** Leaves the connection for a new one, wherever the server is by then. */
  restart(cause: Error): void {
    if (this.state === 'ready') this.connection?.destroy(cause);
  }

  // What becomes of connections.

  /** Begins to connect, unless it is at it. */
  wake(): void {
    if (this.state !== 'idle') return;
    void this.tryOnce();
  }

  private async tryOnce(): Promise<void> {
    this.become('connecting', null);
    this.attempt++;
    try {
      const connect = await this.resolve();
      const greeting = await this.greeting();
      if (this.isClosed()) return;
      const connection = new Connection(connect, this, this.settings);
      this.connection = connection;
      await connection.open(greeting);
      if (this.settings.cache !== undefined) await this.track(connection);
      if (this.isClosed()) return connection.destroy();
      this.attempt = 0;
      this.lastError = null;
      this.become('ready', null);
      this.settleWaiters(null);
      this.sendQueue();
    } catch (error) {
      this.connection?.destroy();
      this.connection = null;
      this.failed(error as Error);
    }
  }

  private async track(connection: Connection): Promise<void> {
    if (connection.protocol === 2) throw new RedisError('CACHE', 'a cache takes RESP3');
    await connection.ask('client tracking', 'ON');
  }

  /** An attempt, or the connection, is over. Says when to try again. */
  private failed(cause: Error): void {
    if (this.isClosed()) return;
    this.lastError = cause;
    // The server's own refusals do not get better by waiting; who waits for them should know.
    if (cause instanceof RedisError && cause.name === 'ServerError') this.settleWaiters(cause);
    // No server will do: there is nothing to wait for.
    if (cause instanceof RedisError && cause.code === 'CACHE') return this.destroy(cause);
    const delay = this.settings.reconnect(Math.max(1, this.attempt), cause);
    if (delay === null) return this.destroy(cause);
    this.become('waiting', cause);
    if (this.events.stranded !== undefined) {
      this.queuedBytes = 0;
      this.events.stranded(this.queue.clear(), cause);
    } else if (this.settings.failFast) this.failQueue(cause);
    this.retryTimer = after(delay, () => void this.tryOnce());
  }

  ended(connection: Connection, cause: Error, unanswered: Request[]): void {
    const again: Request[] = [];
    for (const request of unanswered) {
      if (this.mayRepeat(request)) again.push(request);
      else request.fail(new ConnectionLostError(request.sent, cause));
    }
    if (this.isClosed()) {
      for (const request of again) request.fail(new ConnectionLostError(request.sent, cause));
      return;
    }
    for (const request of again) {
      request.state = WAITING;
      request.sent = false;
      this.queuedBytes += request.size;
    }
    this.queue.putBack(again);
    if (connection !== this.connection || this.state !== 'ready') return;
    this.connection = null;
    this.events.lost?.();
    this.failed(cause);
  }

  private mayRepeat(request: Request): boolean {
    if (!request.sent) return true;
    if (request.once || this.settings.retry === 'never') return false;
    if (!request.repeatable && this.settings.retry !== 'always') return false;
    return request.attempts++ < this.settings.maxRetries;
  }

  pushed(_connection: Connection, items: ReplyValue[]): void {
    this.events.pushed(items);
  }

  drained(): void {
    this.sendQueue();
  }

  /** SELECT went through: new connections go to that database too. */
  selected(database: number): void {
    this.database = database;
  }

  // The queue.

  private enqueue(requests: readonly Request[]): void {
    if (this.state === 'closed') return fail(requests, this.closedError());
    if (this.settings.failFast && this.state === 'waiting') {
      return fail(requests, new ConnectionLostError(false, this.lastError ?? undefined));
    }
    const { queueLength, queueBytes, queueTimeout } = this.settings;
    const bytes = requests.reduce((sum, request) => sum + sizeOf(request), 0);
    if (
      this.queue.length + requests.length > queueLength ||
      this.queuedBytes + bytes > queueBytes
    ) {
      const waiting = `${this.queue.length} commands (${this.queuedBytes} bytes)`;
      return fail(requests, new QueueFullError(`${waiting} wait for a connection already`));
    }
    this.queuedBytes += bytes;
    for (const request of requests) {
      if (queueTimeout > 0 && request.deadline === null) this.deadlines.add(request, queueTimeout);
      this.queue.push(request);
    }
    this.wake();
  }

  private sendQueue(): void {
    const { connection, queue } = this;
    while (connection?.ready && !connection.congested && this.pause === null) {
      const request = queue.shift();
      if (request === undefined) break;
      this.queuedBytes -= request.size;
      connection.send(request);
    }
  }

  private failQueue(cause: Error): void {
    this.queuedBytes = 0;
    for (const request of this.queue.clear()) {
      request.fail(new ConnectionLostError(request.sent, cause));
    }
  }

  private settleWaiters(error: Error | null): void {
    for (const { resolve, reject, timer } of this.waiters.splice(0)) {
      timer?.cancel();
      if (error === null) resolve();
      else reject(error);
    }
  }

  // Who we are.

  private async greeting(): Promise<Greeting> {
    const { settings } = this;
    const { protocol, name } = settings;
    const credentials: ExpiringCredentials =
      settings.credentials === undefined ? settings : await settings.credentials();
    if (credentials.expiresAt !== undefined) this.renewAt(credentials.expiresAt);
    return { protocol, name, credentials, database: this.database, readonly: this.readonly };
  }

  /** New credentials before these expire, on the connections that are there. */
  private renewAt(expiresAt: number): void {
    this.renewal?.cancel();
    const left = expiresAt - wallClock();
    this.renewal = after(
      Math.max(0, left - Math.min(30_000, left / 5)),
      () => void this.renew(),
      true,
    );
  }

  private async renew(): Promise<void> {
    if (this.isClosed()) return;
    try {
      const { credentials } = await this.greeting();
      const { username = 'default', password = '' } = credentials;
      for (const each of [this.connection, this.subscriber.connection, ...this.leases.all()]) {
        if (each?.ready) await each.ask('auth', username, password);
      }
    } catch (error) {
      this.lastError = error as Error;
    }
  }

  private become(state: State, cause: Error | null): void {
    this.state = state;
    this.events.state(state, cause);
  }

  private isClosed(): boolean {
    return this.state === 'closed';
  }

  private closedError(): ClosedError {
    return new ClosedError('the client was closed', this.lastError ?? undefined);
  }

  private lostError(message: string): RedisError {
    return new RedisError('CONNECTION_LOST', message, this.lastError ?? undefined);
  }
}

interface Waiter {
  resolve(): void;
  reject(error: Error): void;
  timer: Timer | null;
}

function fail(requests: readonly Request[], error: Error): void {
  for (const request of requests) request.fail(error);
}

/** Bytes of a request, about. */
function sizeOf(request: Request): number {
  let size = 16 * (request.args.length + 1);
  for (const arg of request.args) {
    if (typeof arg === 'string' || arg instanceof Uint8Array) size += arg.length;
  }
  request.size = size;
  return size;
}
