// What a connection talks through: a socket, or a server in the same process.

import type { Piece } from './outbox.ts';

export interface Transport {
  /**
   * Sends the pieces, in order; texts in the encoding given. Returns false if the other side does
   * not keep up: `drained` tells when it does again.
   */
  write(pieces: readonly Piece[], encoding: 'latin1' | 'utf8'): boolean;
  /** Lets the process end though this is open, or not. */
  ref(keep: boolean): void;
  /** Ends at once. `closed` is called, later. */
  destroy(cause?: Error): void;
}

export interface TransportEvents {
  connected(): void;
  /** The first `length` bytes of the chunk came; it may be written to again afterwards. */
  received(chunk: Buffer, length: number): void;
  drained(): void;
  /** Called once, after which nothing is. */
  closed(cause: Error | null): void;
}

/** Begins to connect. */
export type Connect = (events: TransportEvents) => Transport;
