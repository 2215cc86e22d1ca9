// What a connection talks through: a socket, or a server in the same process.

import type { Command, Value } from './command.ts';
import type { Piece } from './outbox.ts';
import type { ReplyValue } from './reply-parser.ts';

/** What perform() says if the command has to go the usual way. */
export const NOT_NOW = Symbol('not now');
/** What it says if the command is under way, and its reply will come as bytes. */
export const LATER = Symbol('later');

export type Performed = ReplyValue | typeof NOT_NOW | typeof LATER;

export interface Transport {
  /**
   * Sends the pieces, in order; texts in the encoding given. Returns false if the other side does
   * not keep up: `drained` tells when it does again.
   */
  write(pieces: readonly Piece[], encoding: 'latin1' | 'utf8'): boolean;
  /**
   * Carries a command out on the spot, if there need be no bytes for that; nothing may be in
   * flight. Gives its reply, strings as Buffers if `bytes` says so.
   */
  perform?(command: Command, args: readonly Value[], bytes: boolean): Performed;
  /** Lets the process end though this is open, or not. */
  ref(keep: boolean): void;
  /** Ends at once. `closed` is called, later. */
  destroy(cause?: Error): void;
}

export interface TransportEvents {
  connected(): void;
  /** The first `length` bytes of the chunk came; it may be written to again afterwards. */
  received(chunk: Buffer, length: number): void;
  /** Something came that nobody asked for. */
  pushed(items: ReplyValue[]): void;
  drained(): void;
  /** Called once, after which nothing is. */
  closed(cause: Error | null): void;
}

/** Begins to connect. */
export type Connect = (events: TransportEvents) => Transport;
