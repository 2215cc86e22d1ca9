// Interceptions: functions that a request passes through before it is carried out.
//
//   server.intercept('GET', (request) => (request.argv[1] === 'flag' ? 'on' : undefined));
//   server.intercept('SET', (request) => request.pass(['SET', request.argv[1], 'censored']));
//   server.intercept('GET', async (request, next) => {
//     await request.delay(50);
//     return String(await next()).toUpperCase();
//   });
//
// The one added first is asked first; `undefined` leaves the request to those behind it, and then
// to the server. Whatever else a handler returns is the reply; what it throws is an error.
// A handler that returns no promise answers at once, in its place among the replies of that read.
//
// In MULTI a handler is asked when a command is queued. What it returns stands in the reply of
// EXEC, in the place of that command; if it throws, the command is refused, and EXEC fails.

import type { Client } from '../client.ts';
import type { Server } from '../server.ts';
import type { Asked } from './double.ts';
import { type ClientView, type Match, type Test, testOf } from './match.ts';
import { Passage } from './passage.ts';

/** A word of a request: text, bytes, or a number as it is printed. */
export type Word = string | number | Uint8Array;

/** A request as a handler sees it. */
export type Request = {
  readonly client: ClientView;
  /** The command's full name: 'get', 'client|setname'. */
  readonly name: string;
  /** The words as text, the command's name as it was written. */
  readonly argv: readonly string[];
  readonly bytes: readonly Buffer[];
  readonly keys: readonly string[];
  /** Whether it is to be queued for EXEC. */
  readonly inMulti: boolean;
  /** What to return so that it goes on, with other words if they are given. */
  pass(argv?: readonly Word[]): unknown;
  /** Resolves after so many ms of the server's time. */
  delay(ms: number): Promise<void>;
  /** Sends bytes besides the reply, such as a message, in the spelling of the protocol. */
  send(bytes: Uint8Array): void;
  /** Ends the connection; what is returned then does not matter. */
  close(): void;
  /** The same, with a reset. */
  reset(): void;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
};

/**
 * Lets the request go on, with other words if they are given, and resolves to its reply as a value
 * (values.ts), or rejects with a ReplyError if that is an error. If a handler returns what it got
 * from here, the client gets it byte for byte. It may be called again once it has its reply.
 */
export type Next = (argv?: readonly Word[]) => Promise<unknown>;

export type Interceptor = (request: Request, next: Next) => unknown;

/** An interception that was added. */
export class Interception implements Disposable {
  readonly handler: Interceptor;
  readonly isMeant: Test;
  /** How many requests it was asked about. */
  hits = 0;
  private readonly all: Interceptions;

  constructor(all: Interceptions, match: Match, handler: Interceptor) {
    this.all = all;
    this.isMeant = testOf(match);
    this.handler = handler;
  }

  remove(): void {
    this.all.remove(this);
  }

  [Symbol.dispose](): void {
    this.remove();
  }
}

/** The interceptions of one server. */
export class Interceptions {
  private list: readonly Interception[] = [];
  private readonly server: Server;
  private readonly onChange: () => void;
  private readonly leavers = new Map<Client, AbortController>();
  private underWay = 0;

  constructor(server: Server, onChange: () => void) {
    this.server = server;
    this.onChange = onChange;
  }

  get isUsed(): boolean {
    return this.list.length > 0 || this.underWay > 0;
  }

  /** Adds one for a command (as Match has it), or for a match. */
  add(match: Match | NonNullable<Match['command']>, handler: Interceptor): Interception {
    const isMatch = typeof match === 'object' && !(match instanceof RegExp || Array.isArray(match));
    const which = isMatch ? (match as Match) : { command: match as NonNullable<Match['command']> };
    const added = new Interception(this, which, handler);
    this.list = [...this.list, added];
    this.onChange();
    return added;
  }

  remove(interception: Interception): void {
    this.list = this.list.filter((each) => each !== interception);
    this.onChange();
  }

  /** Offers a request to all; true if one has answered it, or is going to. */
  take(asked: Asked): boolean {
    if (this.list.length === 0) return false;
    return new Passage(this, this.server, asked, this.list).offer(0);
  }

  /** A handler takes its time, or is done. */
  count(change: 1 | -1): void {
    this.underWay += change;
    if (change < 0) this.onChange();
  }

  /** Comes when a client is gone. */
  signalOf(c: Client): AbortSignal {
    let leaver = this.leavers.get(c);
    if (leaver === undefined) {
      leaver = new AbortController();
      this.leavers.set(c, leaver);
      if (c.closed) leaver.abort(new Error('the client is gone'));
    }
    return leaver.signal;
  }

  gone(c: Client): void {
    const leaver = this.leavers.get(c);
    if (leaver === undefined) return;
    this.leavers.delete(c);
    leaver.abort(new Error('the client is gone'));
  }
}
