// WAITAOF: clients that wait until what they wrote is on the disk.
//
// Each command that is passed on has an offset, and so has whatever reached the disk: a client
// waits until the second is not below the first.

import type { AppendOnly } from './append-only.ts';
import { OFF, ON } from './append-only-state.ts';
import type { Client } from './client.ts';
import type { Server } from './server.ts';
import { Waiters } from './waiters.ts';

export class AppendOnlyWaiters {
  /** Up to which offset everything is on the disk; -1 if that cannot be said. */
  offset = -1;
  private readonly appendOnly: AppendOnly;
  private readonly waiters: Waiters;
  private reached = 0; // The same for a file that does not count yet.

  constructor(server: Server, appendOnly: AppendOnly) {
    this.appendOnly = appendOnly;
    this.waiters = new Waiters(server);
  }

  /** Lets a client's command run again as soon as there is news. */
  add(c: Client): void {
    this.waiters.add(c);
  }

  /** Everything up to an offset is on the disk. */
  synced(offset: number): void {
    if (offset > this.reached) this.reached = offset;
    if (this.appendOnly.state !== ON || this.offset >= this.reached) return;
    this.offset = this.reached;
    this.waiters.serve();
  }

  /** The file is another one from now on: what is on the disk of it is not known yet. */
  begin(): void {
    this.offset = -1;
    this.reached = 0;
  }

  /** There is no file any more. */
  stopped(): void {
    this.begin();
    this.waiters.serve();
  }

  /** Whether all that a client wrote is on the disk. */
  has(c: Client): boolean {
    return this.appendOnly.state !== OFF && this.offset >= c.wroteOffset;
  }
}
