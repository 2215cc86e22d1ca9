// A command on its way: what was asked, who waits for the answer, and what became of it.
//
// A request is settled once. Replies come in the order of the requests, so one that was given up
// (by time or by a signal) keeps its place in the queue of its connection, and its reply is
// dropped.

import type { Command, Value } from './command.ts';
import { keysOf } from './command.ts';
import type { Decode, Form } from './decode.ts';
import { AbortError, RedisError, ServerError, TimeoutError } from './errors.ts';
import type { ReplyValue } from './reply-parser.ts';

/** What a caller wants of one call, beyond the command. */
export interface CallOptions {
  /** Milliseconds until the call rejects, wherever it is by then; 0 for never. */
  readonly timeout?: number;
  /** Rejects the call at once, wherever it is. */
  readonly signal?: AbortSignal;
  /** Strings of the reply are Buffers. */
  readonly bytes?: boolean;
  /** What to do with a command whose connection ended after it was sent. */
  readonly retry?: 'never' | 'reads' | 'always';
}

export const WAITING = 0;
export const SENT = 1;
export const SETTLED = 2;

export class Request {
  readonly command: Command;
  readonly args: readonly Value[];
  readonly promise: Promise<unknown>;
  state = WAITING;
  sent = false;
  form: Form;
  /** The method's own arguments, for decoders that depend on options. */
  given: readonly unknown[];
  decode: Decode | null;
  /** Where its time is kept, until it is settled. */
  deadline: Set<Request> | null = null;
  /** Milliseconds that it was given. */
  timeout = 0;
  /** It must be sent only once, whatever it is: part of a transaction. */
  once = false;
  /** The client's own: nobody waits for it, and it goes with its connection. */
  internal = false;
  /** May be sent again though its reply was lost. */
  repeatable: boolean;
  /** Pushes that stand for its reply: SUBSCRIBE confirms each channel. */
  pushes = 0;
  /** How often it was sent again after a connection had ended. */
  attempts = 0;
  /** Bytes, about, while it waits in a queue. */
  size = 0;
  /** How often it was sent elsewhere, because a server said so. */
  redirections = 0;
  /** Called when it was given up while it was being sent, or before. */
  onGiveUp: ((request: Request) => void) | null = null;
  /** Asked before a server's no is passed on. True: it has been sent elsewhere. */
  onRefused: ((request: Request, error: ServerError) => boolean) | null = null;
  /** Called once the connection that it was sent on is done with it. */
  onDone: (() => void) | null = null;
  private resolve!: (value: unknown) => void;
  private reject!: (error: unknown) => void;
  private signal: AbortSignal | null = null;
  private onAbort: (() => void) | null = null;

  constructor(command: Command, args: readonly Value[], form: Form, given: readonly unknown[]) {
    this.command = command;
    this.args = args;
    this.form = form;
    this.given = given;
    this.decode = command.decode;
    this.repeatable = command.reads;
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  get settled(): boolean {
    return this.state === SETTLED;
  }

  /** The reply came. */
  answer(value: ReplyValue): void {
    if (this.onDone !== null) this.done();
    if (this.state === SETTLED) return;
    if (value instanceof RedisError) return this.refuse(value);
    this.end();
    if (this.decode === null) return this.resolve(value);
    try {
      this.resolve(this.decode(value, this.form, this.given));
    } catch (error) {
      this.reject(error);
    }
  }

  private done(): void {
    const { onDone } = this;
    this.onDone = null;
    onDone?.();
  }

  private refuse(error: RedisError): void {
    if (error instanceof ServerError && this.onRefused?.(this, error)) return;
    this.fail(error);
  }

  /** There will be no reply, or it came and is an error. */
  fail(error: unknown): void {
    if (this.state === SETTLED) return;
    this.end();
    if (error instanceof RedisError && error.command === '') error.command = this.describe();
    this.reject(error);
  }

  /** Rejects when the signal says so. */
  heed(signal: AbortSignal): void {
    this.onAbort = () => this.giveUp(new AbortError(this.sent, signal.reason));
    if (signal.aborted) return this.onAbort();
    this.signal = signal;
    signal.addEventListener('abort', this.onAbort, { once: true });
  }

  /** Its time is up. */
  expire(milliseconds: number): void {
    const where = this.sent ? 'no reply' : 'no connection to send it on';
    this.giveUp(new TimeoutError(`${where} after ${Math.round(milliseconds)} ms`, this.sent));
  }

  /** The command with its keys; other arguments are question marks. */
  describe(): string {
    const keys = new Set(keysOf(this.command, this.args));
    const args = this.args.slice(0, 8).map((arg) => (keys.has(arg) ? shown(arg) : '?'));
    if (this.args.length > args.length) args.push('...');
    return [...this.command.words, ...args].join(' ');
  }

  private giveUp(error: RedisError): void {
    if (this.state === SETTLED) return;
    this.fail(error);
    this.onGiveUp?.(this);
  }

  private end(): void {
    this.state = SETTLED;
    this.deadline?.delete(this);
    if (this.signal === null) return;
    this.signal.removeEventListener('abort', this.onAbort!);
    this.signal = null;
  }
}

function shown(key: Value): string {
  const text = key instanceof Uint8Array ? Buffer.from(key).toString() : String(key);
  return text.length > 64 ? `${text.slice(0, 64)}...` : text;
}

/** First in, first out, both ends in constant time. */
export class Queue<T> {
  private items: (T | undefined)[] = [];
  private head = 0;

  get length(): number {
    return this.items.length - this.head;
  }

  push(item: T): void {
    this.items.push(item);
  }

  /** Puts items before all others, in their order. */
  putBack(items: readonly T[]): void {
    this.items = [...items, ...this.toArray()];
    this.head = 0;
  }

  shift(): T | undefined {
    if (this.head === this.items.length) return undefined;
    const item = this.items[this.head];
    this.items[this.head++] = undefined;
    if (this.head === this.items.length) {
      this.items.length = 0;
      this.head = 0;
    } else if (this.head >= 1024 && this.head * 2 >= this.items.length) {
      this.items.splice(0, this.head);
      this.head = 0;
    }
    return item;
  }

  peek(): T | undefined {
    return this.items[this.head];
  }

  toArray(): T[] {
    return this.items.slice(this.head) as T[];
  }

  clear(): T[] {
    const all = this.toArray();
    this.items.length = 0;
    this.head = 0;
    return all;
  }
}
