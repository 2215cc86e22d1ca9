// What a program holds of a subscription: messages to be iterated over, or told as they come.

import { NotTextError } from './errors.ts';
import type { Hear, Kind } from './subscriber.ts';
import { textOf } from './text.ts';

export interface Message<S = string> {
  /** Where it was published. */
  readonly channel: string;
  /** The pattern that caught it, if it was one. */
  readonly pattern: string | null;
  readonly message: S;
}

export type Listener<S = string> = (message: S, channel: string, pattern: string | null) => void;

/** Says and unsays what is listened to. */
export interface Board {
  add(kind: Kind, names: readonly string[], hear: Hear): Promise<void>;
  remove(kind: Kind, names: readonly string[], hear: Hear): Promise<void>;
}

/**
 * A subscription to channels or patterns. With a listener, that is called; without, it is iterated
 * over, and messages wait meanwhile. Ends with unsubscribe(), or when its iteration is left.
 */
export class Subscription<S = string> implements AsyncIterable<Message<S>>, AsyncDisposable {
  readonly kind: Kind;
  readonly names: readonly string[];
  private readonly board: Board;
  private readonly bytes: boolean;
  private readonly listener: Listener<S> | null;
  private readonly waiting: Message<S>[] = [];
  private wake: (() => void) | null = null;
  private over = false;

  constructor(
    board: Board,
    kind: Kind,
    names: readonly string[],
    bytes: boolean,
    listener: Listener<S> | null,
  ) {
    this.board = board;
    this.kind = kind;
    this.names = names;
    this.bytes = bytes;
    this.listener = listener;
  }

  /** Resolves once the server has confirmed. */
  async begin(): Promise<this> {
    await this.board.add(this.kind, this.names, this.hear);
    return this;
  }

  /** Ends it: what still waits can be iterated over, and nothing more comes. */
  async unsubscribe(): Promise<void> {
    if (this.over) return;
    this.over = true;
    this.wake?.();
    await this.board.remove(this.kind, this.names, this.hear);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.unsubscribe();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Message<S>, void, void> {
    try {
      for (;;) {
        const next = this.waiting.shift();
        if (next !== undefined) yield next;
        else if (this.over) return;
        else {
          await new Promise<void>((resolve) => {
            this.wake = resolve;
          });
        }
      }
    } finally {
      await this.unsubscribe();
    }
  }

  private readonly hear: Hear = (bytes, channel, pattern) => {
    if (this.over) return;
    const message = this.bytes ? bytes : textOf(bytes, 0, bytes.length);
    if (message instanceof NotTextError) {
      process.emitWarning(`a message on ${channel} is no UTF-8: subscribe through client.bytes`);
      return;
    }
    if (this.listener !== null) return this.tell(message as S, channel, pattern);
    this.waiting.push({ channel, pattern, message: message as S });
    this.wake?.();
    this.wake = null;
  };

  private tell(message: S, channel: string, pattern: string | null): void {
    try {
      this.listener!(message, channel, pattern);
    } catch (error) {
      // The listener's own mistake: it must not end the connection that it listens on.
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
