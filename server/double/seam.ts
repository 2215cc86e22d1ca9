// Where a test double looks in on what clients ask.
//
//    bytes -> takes()? -> the gates, the command -> answered() -> bytes
//               |
//               +-> held, answered, or cut off by a fault or an interception
//
// A server has no seam (null) as long as nothing uses it, and then each request pays for one look
// at that field before it is carried out, and one when its reply is there. What scripts call is no
// request, nor is what a transaction runs: EXEC is.

import type { Client } from '../client.ts';

export interface Seam {
  /** Looks at the request in c.argv before anybody else. True if it is not to go on now. */
  takes(c: Client): boolean;
  /**
   * The request of a client has its reply: what its writer holds from `start` on. True if that is
   * for somebody else, and the request goes on.
   */
  answered(c: Client, start: number): boolean;
  /** Somebody has connected. */
  connected(c: Client): void;
  /** Somebody has gone. */
  gone(c: Client): void;
}

/** What a seam remembers of a client's request until it is answered. */
export interface Taken {
  readonly argv: readonly string[];
}
