// Connections for commands that wait: a BLPOP holds up nobody but itself.
//
// A connection is kept when its command has been answered, for the next one that waits. One that
// is given up while it waits takes its connection along: only so does the server stop waiting for
// it.

import type { Connection, ConnectionOwner } from './connection.ts';
import type { Endpoint } from './endpoint.ts';
import { ConnectionLostError, QueueFullError } from './errors.ts';
import type { ReplyValue } from './reply-parser.ts';
import { Queue, type Request } from './request.ts';

const KEPT = 8; // Idle connections that are kept.

export class Leases implements ConnectionOwner {
  private readonly endpoint: Endpoint;
  private readonly idle: Connection[] = [];
  private readonly busy = new Map<Connection, Request | null>();
  private readonly waiting = new Queue<Request>();
  private opening = 0;
  private closed = false;

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
  }

  /** XREAD waits only with BLOCK; the others always may. */
  wants(request: Request): boolean {
    if (!request.command.name.startsWith('xread')) return true;
    return request.args.some((arg) => String(arg).toUpperCase() === 'BLOCK');
  }

  submit(request: Request): void {
    const { blockingGrace, maxLeases } = this.endpoint.settings;
    const limit = serverTimeout(request);
    if (limit > 0) this.endpoint.deadlines.add(request, limit + blockingGrace);
    const connection = this.idle.pop();
    if (connection !== undefined) return this.use(connection, request);
    if (this.busy.size + this.opening >= maxLeases + this.endpoint.settings.queueLength) {
      return request.fail(new QueueFullError('too many commands wait for a connection to wait on'));
    }
    this.waiting.push(request);
    if (this.busy.size + this.opening < maxLeases) void this.openOne();
  }

  /** A connection that is nobody else's until it is given back, or destroyed. */
  async borrow(): Promise<Connection> {
    const connection = this.idle.pop() ?? (await this.endpoint.open(this));
    this.busy.set(connection, null);
    return connection;
  }

  /** Takes back one that is as it was: nothing watched, no database but the first. */
  giveBack(connection: Connection): void {
    if (!connection.ended) this.free(connection);
  }

  all(): Connection[] {
    return [...this.idle, ...this.busy.keys()];
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all(this.idle.splice(0).map((connection) => connection.quit()));
  }

  destroy(): void {
    this.closed = true;
    for (const connection of this.all()) connection.destroy();
    const error = new ConnectionLostError(false, this.endpoint.lastError ?? undefined);
    for (const request of this.waiting.clear()) request.fail(error);
  }

  private async openOne(): Promise<void> {
    this.opening++;
    try {
      const connection = await this.endpoint.open(this);
      this.opening--;
      if (this.closed) return connection.destroy();
      this.free(connection);
    } catch (error) {
      this.opening--;
      const lost = new ConnectionLostError(false, error);
      for (const request of this.waiting.clear()) request.fail(lost);
    }
  }

  private use(connection: Connection, request: Request): void {
    if (request.settled) return this.free(connection);
    this.busy.set(connection, request);
    connection.patient = true;
    request.onGiveUp = () => connection.destroy();
    request.onDone = () => {
      if (!connection.ended) this.free(connection);
    };
    connection.send(request);
  }

  private free(connection: Connection): void {
    this.busy.delete(connection);
    connection.patient = false;
    const next = this.waiting.shift();
    if (next !== undefined) this.use(connection, next);
    else if (this.idle.length < KEPT && !this.closed) this.idle.push(connection);
    else void connection.quit();
  }

  ended(connection: Connection, cause: Error, unanswered: Request[]): void {
    this.busy.delete(connection);
    const at = this.idle.indexOf(connection);
    if (at >= 0) this.idle.splice(at, 1);
    for (const request of unanswered) request.fail(new ConnectionLostError(request.sent, cause));
    if (this.waiting.length > 0 && !this.closed) void this.openOne();
  }

  pushed(_connection: Connection, _items: ReplyValue[]): void {}

  drained(): void {}
}

/** Milliseconds that the server will wait at most; 0 if it has no limit. */
function serverTimeout({ command, args }: Request): number {
  if (command.name.startsWith('xread')) {
    const at = args.findIndex((arg) => String(arg).toUpperCase() === 'BLOCK');
    return Number(args[at + 1]);
  }
  const first = command.name === 'blmpop' || command.name === 'bzmpop';
  return 1000 * Number(first ? args[0] : args.at(-1));
}
