// Commands that are gathered before they are sent: a pipeline, and a transaction.
//
// Both have a method for every command, each with a promise of its own, so that results keep their
// types:
//
//   const [name, visits] = await client.pipeline((p) => [p.get('name'), p.incr('visits')]);
//   const [left, right] = await client.multi((tx) => [tx.decr('left'), tx.incr('right')]);

import { type Command, commandNamed, keysOf, type Value } from './command.ts';
import { Commander } from './commander.ts';
import { type Decode, type Form, plain } from './decode.ts';
import { ConnectionLostError, RedisError, ServerError, WatchError } from './errors.ts';
import { Request } from './request.ts';
import type { Script } from './script.ts';
import type { MapsAs } from './types.ts';

/** What the promises in a tuple resolve to. */
export type Results<T extends readonly unknown[]> = { -readonly [K in keyof T]: Awaited<T[K]> };

/** Sends requests off one behind the other, to where the keys are. */
export type Send = (requests: readonly Request[], keys: readonly Value[]) => void;

/** Whether a transaction that was refused as a whole may be sent again. */
export type Again = (error: ServerError) => Promise<boolean>;

/** Gathers commands. Nothing is sent until send(). */
export class Batch<S = string, M extends MapsAs = 'object'> extends Commander<S, M> {
  protected readonly requests: Request[] = [];
  protected readonly form: Form;

  constructor(form: Form) {
    super();
    this.form = form;
  }

  protected override run(
    command: Command,
    args: readonly Value[],
    given: readonly unknown[],
    decode: Decode | null,
  ): Promise<unknown> {
    const request = new Request(command, args, this.form, given);
    request.decode = decode;
    // Who looks at the whole only need not look at each.
    request.promise.catch(() => {});
    this.requests.push(request);
    return request.promise;
  }

  /** In a batch nobody can wait for a NOSCRIPT: the text goes along. */
  protected override runScript(
    script: Script<string, string, unknown>,
    args: readonly Value[],
  ): Promise<unknown> {
    if (script.whole === 'function load') {
      return this.run(commandNamed(script.call), [script.name, ...args], [], plain);
    }
    return this.run(commandNamed(script.whole), [script.text, ...args], [], plain);
  }

  /** How many commands there are. */
  get length(): number {
    return this.requests.length;
  }

  /** Every request, for whoever sends them. The batch is empty then. */
  take(): Request[] {
    return this.requests.splice(0);
  }
}

/** Between MULTI and EXEC. */
export class Transaction<S = string, M extends MapsAs = 'object'> extends Batch<S, M> {
  /**
   * Sends MULTI, the commands and EXEC. Each command's promise is settled from EXEC's reply; the
   * promise here rejects if nothing was carried out: with a WatchError if what was watched has
   * changed, or with what the server, or the connection, says.
   */
  async exec(send: Send, again: Again): Promise<void> {
    const requests = this.take();
    for (;;) {
      const refused = await this.tryOnce(requests, send);
      if (refused === null) return;
      if (refused instanceof ServerError && (await again(refused))) continue;
      for (const request of requests) request.fail(refused);
      throw refused;
    }
  }

  /** Why nothing was carried out; null if all was. */
  private async tryOnce(requests: readonly Request[], send: Send): Promise<unknown> {
    const keys = requests.flatMap(({ command, args }) => keysOf(command, args));
    const sent = requests.map((request) => once(request.command, request.args, this.form));
    const multi = once(commandNamed('multi'), [], this.form);
    const exec = once(commandNamed('exec'), [], this.form);
    let refused: unknown = null;
    for (const request of [multi, ...sent]) {
      request.promise.catch((error: unknown) => {
        refused ??= error;
      });
    }
    send([multi, ...sent, exec], keys);
    try {
      const replies = (await exec.promise) as unknown[] | null;
      if (replies === null) throw new WatchError('a watched key has changed');
      for (const [i, request] of requests.entries()) request.answer(replies[i] as never);
      return null;
    } catch (error) {
      // EXECABORT says that something was refused; what, was said before.
      const lost = error instanceof ConnectionLostError;
      return !lost && refused instanceof RedisError ? refused : error;
    }
  }
}

/** Gathers a transaction and carries it out. Resolves to the results of what `gather` returned. */
export async function transact<S, M extends MapsAs, const T extends readonly unknown[]>(
  form: Form,
  gather: (transaction: Transaction<S, M>) => T,
  send: Send,
  again: Again,
): Promise<Results<T>> {
  const transaction = new Transaction<S, M>(form);
  const promises = gather(transaction);
  for (const promise of promises) Promise.resolve(promise).catch(() => {});
  await transaction.exec(send, again);
  return Promise.all(promises) as Promise<Results<T>>;
}

function once(command: Command, args: readonly Value[], form: Form): Request {
  const request = new Request(command, args, form, args);
  request.decode = null;
  request.once = true;
  return request;
}
