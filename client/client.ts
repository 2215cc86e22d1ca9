// The client: a method for every command, and what is more than a command.
//
//   client.get('k')            through the router to a connection, with all others of this tick
//   client.bytes.get('k')      the same, strings as Buffers
//   client.with({ timeout })   the same, with a deadline
//   client.blpop('k', 0)       on a connection of its own
//
// Where commands go is the router's business (client/router.ts); what they and their replies look
// like, the table's (client/commands.generated.ts).

import { Batch, type Results, type Send, type Transaction, transact } from './batch.ts';
import type { Cache, CacheStats } from './cache.ts';
import { type Command, commandNamed, type Value } from './command.ts';
import { Commander } from './commander.ts';
import type { Connection } from './connection.ts';
import { type ConsumeOptions, consume, type Delivery } from './consume.ts';
import type { Decode, Form } from './decode.ts';
import type { Deadlines } from './deadlines.ts';
import { isWatched, watchRequest } from './diagnostics.ts';
import type { State } from './endpoint.ts';
import { RedisError, WatchError } from './errors.ts';
import { follow, type ScanOptions } from './iterate.ts';
import { acquire, type Lock, type LockOptions } from './lock.ts';
import { Monitor } from './monitor.ts';
import type { Settings } from './options.ts';
import { type CallOptions, Request } from './request.ts';
import type { ReplyValue } from './reply-parser.ts';
import type { Loan, Router } from './router.ts';
import { type Listener, Subscription } from './subscription.ts';
import { LATER, NOT_NOW, type Performed } from './transport.ts';
import type { Cursor, MapsAs } from './types.ts';

/** Methods for all commandNamed, sent off by a router. */
export class Caller<S = string, M extends MapsAs = 'object'> extends Commander<S, M> {
  protected readonly router: Router;
  protected readonly settings: Settings;
  protected readonly deadlines: Deadlines;
  protected readonly form: Form;
  protected readonly cache: Cache | null;
  private readonly options: CallOptions;
  private readonly direct: boolean; // Most commands need no Request.

  constructor(
    router: Router,
    settings: Settings,
    deadlines: Deadlines,
    cache: Cache | null,
    options: CallOptions = {},
  ) {
    super();
    this.cache = cache;
    this.router = router;
    this.settings = settings;
    this.deadlines = deadlines;
    this.options = options;
    this.form = { bytes: options.bytes === true, maps: settings.maps };
    const inside = settings.server !== undefined && router.perform !== undefined;
    this.direct = inside && options.signal === undefined;
  }

  /** The same with strings of replies as Buffers: nothing is decoded, nothing lost. */
  get bytes(): Caller<Buffer, M> {
    return this.view({ bytes: true });
  }

  /** The same with a deadline, a signal or another policy for each call. */
  with(options: CallOptions): Caller<S, M> {
    return this.view(options);
  }

  private view<T>(options: CallOptions): Caller<T, M> {
    const { router, settings, deadlines, cache } = this;
    return new Caller(router, settings, deadlines, cache, { ...this.options, ...options });
  }

  /**
   * Sends what `gather` asks for in one go, one command behind the other. Resolves to the results
   * of the promises that it returns; rejects with the first error among them, when all are
   * settled.
   */
  async pipeline<const T extends readonly unknown[]>(
    gather: (pipeline: Batch<S, M>) => T,
  ): Promise<Results<T>> {
    const batch = new Batch<S, M>(this.form);
    const promises = gather(batch);
    const requests = batch.take();
    for (const request of requests) this.prepare(request);
    this.router.submitEach(requests);
    await Promise.allSettled(promises);
    return Promise.all(promises) as Promise<Results<T>>;
  }

  /**
   * Carries out what `gather` asks for as one transaction. Resolves to the results of the promises
   * that it returns; rejects if the transaction was not carried out, or with the first error of a
   * command in it. In a cluster all keys have to be in one slot.
   */
  async multi<const T extends readonly unknown[]>(
    gather: (transaction: Transaction<S, M>) => T,
  ): Promise<Results<T>> {
    const send: Send = (requests, keys) => {
      for (const request of requests) this.prepare(request);
      this.router.submitAll(requests, keys);
    };
    return transact(this.form, gather, send, (error) => this.router.redirected(error));
  }

  /**
   * Listens to channels. With a listener, that is called with each message; without, the
   * subscription is iterated over. Comes back after a reconnect; what was published meanwhile is
   * lost.
   */
  subscribe(channels: Names, listener?: Listener<S>): Promise<Subscription<S>> {
    return this.listen('channel', channels, listener);
  }

  /** The same for patterns of channels. */
  psubscribe(patterns: Names, listener?: Listener<S>): Promise<Subscription<S>> {
    return this.listen('pattern', patterns, listener);
  }

  /** The same for sharded channels. */
  ssubscribe(channels: Names, listener?: Listener<S>): Promise<Subscription<S>> {
    return this.listen('shard', channels, listener);
  }

  private listen(
    kind: 'channel' | 'pattern' | 'shard',
    names: Names,
    listener?: Listener<S>,
  ): Promise<Subscription<S>> {
    const list = typeof names === 'string' ? [names] : [...names];
    const { bytes } = this.form;
    return new Subscription<S>(this.router, kind, list, bytes, listener ?? null).begin();
  }

  protected override run(
    command: Command,
    args: readonly Value[],
    given: readonly unknown[],
    decode: Decode | null,
  ): Promise<unknown> {
    if (this.cache !== null) {
      const ask = (): Promise<unknown> => this.send(command, args, given, decode);
      const kept = this.cache.get(command, args, this.form.bytes ? 'bytes ' : '', ask);
      if (kept !== null) return kept;
    }
    return this.send(command, args, given, decode);
  }

  private send(
    command: Command,
    args: readonly Value[],
    given: readonly unknown[],
    decode: Decode | null,
  ): Promise<unknown> {
    if (command.own) return Promise.reject(notShared(command));
    const form = command.binary ? { ...this.form, bytes: true } : this.form;
    let outcome: Performed = NOT_NOW;
    if (this.direct && !command.blocks && !isWatched()) {
      outcome = this.router.perform!(command, args, form.bytes);
      if (outcome !== NOT_NOW && outcome !== LATER && !(outcome instanceof RedisError)) {
        if (decode === null) return Promise.resolve(outcome);
        return decoded(decode, outcome, form, given);
      }
      // What to do about that one is the router's business.
      if (outcome instanceof RedisError && outcome.code === 'LOADING') outcome = NOT_NOW;
    }
    const request = new Request(command, args, form, given);
    request.decode = decode;
    this.prepare(request);
    if (outcome === NOT_NOW) this.router.submit(request);
    else if (outcome === LATER) this.router.expect!(request);
    else request.answer(outcome as ReplyValue);
    if (command.name === 'select') this.noteDatabase(request);
    watchRequest(request);
    return request.promise;
  }

  /** What the options want of each request. */
  private prepare(request: Request): void {
    const { timeout, signal, retry } = this.options;
    const limit = timeout ?? (request.command.blocks ? 0 : this.settings.commandTimeout);
    if (limit > 0) this.deadlines.add(request, limit);
    if (signal !== undefined) request.heed(signal);
    if (retry !== undefined && !request.once) {
      request.repeatable = retry === 'always' || (retry === 'reads' && request.command.reads);
    }
  }

  private noteDatabase(request: Request): void {
    const note = (): void => this.router.selected(Number(request.args[0]));
    request.promise.then(note, () => {});
  }
}

async function decoded(
  decode: Decode,
  value: Performed,
  form: Form,
  given: readonly unknown[],
): Promise<unknown> {
  return decode(value, form, given);
}

function notShared(command: Command): RedisError {
  const name = command.name.toUpperCase();
  return new RedisError(
    'SHARED',
    `${name} changes a connection that others use: see client.lease()`,
  );
}

export interface ClientEvents {
  /** It is connected now, or it is not any more, and why. */
  state: (state: State, cause: Error | null) => void;
}

export class Client<M extends MapsAs = 'object'>
  extends Caller<string, M>
  implements AsyncDisposable
{
  private readonly listeners = new Set<ClientEvents['state']>();

  /** idle, connecting, ready, waiting (for the next attempt) or closed. */
  get state(): State {
    return this.router.state;
  }

  /** What went wrong last with the connection; null while nothing has. */
  get lastError(): Error | null {
    return this.router.lastError;
  }

  /** Calls the listener at each change of state. Returns how to stop that. */
  on(_event: 'state', listener: ClientEvents['state']): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Told by whoever keeps the connection. */
  stateChanged(state: State, cause: Error | null): void {
    for (const listener of this.listeners) listener(state, cause);
  }

  /**
   * Resolves when commands can be carried out. Rejects when that takes longer than connectTimeout,
   * or is refused; it goes on trying all the same. Nobody has to call it.
   */
  async connect(): Promise<this> {
    await this.router.connect();
    return this;
  }

  /** Ends the client once what was asked has been answered. */
  async close(): Promise<void> {
    await this.router.close();
    this.deadlines.close();
  }

  /** Ends the client at once: what was not answered rejects. */
  destroy(): void {
    this.router.destroy();
    this.deadlines.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Every key that there is, of all masters if it is a cluster. */
  async *scanIterator(options: ScanOptions = {}): AsyncGenerator<string, void, void> {
    const { match, count, type } = options;
    const args: Value[] = [];
    if (match !== undefined) args.push('MATCH', match);
    if (count !== undefined) args.push('COUNT', count);
    if (type !== undefined) args.push('TYPE', type);
    const command = commandNamed('scan');
    for (const submit of await this.router.eachMaster()) {
      yield* follow(async (cursor) => {
        const request = new Request(command, [cursor, ...args], this.form, []);
        submit(request);
        return (await request.promise) as Cursor<string>;
      });
    }
  }

  /** Every field of a hash, with its value. */
  hscanIterator(key: Value, options: ScanOptions = {}): AsyncGenerator<[string, string]> {
    return follow((cursor) => this.hscan(key, cursor, pageOf(options)));
  }

  /** Every member of a set. */
  sscanIterator(key: Value, options: ScanOptions = {}): AsyncGenerator<string> {
    return follow((cursor) => this.sscan(key, cursor, pageOf(options)));
  }

  /** Every member of a sorted set, with its score. */
  zscanIterator(key: Value, options: ScanOptions = {}): AsyncGenerator<[string, number]> {
    return follow((cursor) => this.zscan(key, cursor, pageOf(options)));
  }

  /**
   * Entries of a stream as a consumer of a group, which is created if it is missing: what this
   * consumer left unacknowledged, then what is new, and what other consumers have left lying.
   */
  consume(stream: string, options: ConsumeOptions): AsyncGenerator<Delivery, void, void> {
    return consume(this as unknown as Caller, stream, options);
  }

  /**
   * Takes a lock: `await using lock = await client.lock('report')`. Rejects with a LockError if
   * somebody else holds it for longer than `wait`.
   */
  lock(key: string, options: LockOptions = {}): Promise<Lock> {
    return acquire([this as unknown as Caller], key, options);
  }

  /** What the client-side cache has been good for; null if there is none. */
  get cacheStats(): CacheStats | null {
    return this.cache?.stats ?? null;
  }

  /**
   * Tells every command that the server carries out from now on, one node's if it is a cluster, on
   * a connection of its own: to be iterated over. Costs the server half of its speed.
   */
  async monitor(): Promise<Monitor> {
    const { connection } = await this.router.borrow([]);
    return new Monitor(connection).begin();
  }

  /** A connection of one's own, on which anything may be done. `await using`, or release() it. */
  async lease(): Promise<Leased<M>> {
    const loan = await this.router.borrow([]);
    return new Leased<M>(loan, this.form, false);
  }

  /**
   * Watches keys, lets `act` read them and carry out a transaction (`own.multi`), and tries again,
   * up to `attempts` times, while somebody else changes a key in between. Resolves to what `act`
   * returned. Rejects with a WatchError after the last attempt.
   */
  async watch<T>(
    keys: readonly Value[],
    act: (own: Leased<M>) => Promise<T>,
    { attempts = 16 }: { attempts?: number } = {},
  ): Promise<T> {
    const loan = await this.router.borrow(keys);
    const own = new Leased<M>(loan, this.form, true);
    try {
      for (let attempt = 1; ; attempt++) {
        await own.call('WATCH', ...keys);
        try {
          return await act(own);
        } catch (error) {
          if (!(error instanceof WatchError) || attempt >= attempts) throw error;
        }
      }
    } finally {
      await own.call('UNWATCH').then(
        () => loan.giveBack(),
        () => loan.connection.destroy(),
      );
    }
  }
}

const never = async (): Promise<boolean> => false;

/** One, or several. */
export type Names = string | readonly string[];

function pageOf({ match, count }: ScanOptions): { match?: Value; count?: number } {
  const page: { match?: Value; count?: number } = {};
  if (match !== undefined) page.match = match;
  if (count !== undefined) page.count = count;
  return page;
}

/** A connection that is nobody else's: WATCH, MULTI, SELECT as one likes. */
export class Leased<M extends MapsAs = 'object'>
  extends Commander<string, M>
  implements AsyncDisposable
{
  readonly connection: Connection;
  private readonly form: Form;
  private readonly kept: boolean;

  constructor(loan: Loan, form: Form, kept: boolean) {
    super();
    this.connection = loan.connection;
    this.form = form;
    this.kept = kept;
  }

  /** As Client.multi, on this connection. */
  async multi<const T extends readonly unknown[]>(
    gather: (transaction: Transaction<string, M>) => T,
  ): Promise<Results<T>> {
    const send: Send = (requests) => {
      for (const request of requests) this.connection.send(request);
    };
    return transact(this.form, gather, send, never);
  }

  /** Ends the connection. */
  async release(): Promise<void> {
    if (!this.kept) await this.connection.quit();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  protected override run(
    command: Command,
    args: readonly Value[],
    given: readonly unknown[],
    decode: Decode | null,
  ): Promise<unknown> {
    const request = new Request(command, args, this.form, given);
    request.decode = decode;
    this.connection.patient = command.blocks;
    this.connection.send(request);
    return request.promise;
  }
}
