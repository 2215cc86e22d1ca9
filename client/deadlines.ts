// When requests are given up: one timer for all of them.
//
// Requests whose time is up at about the same moment share a set, from which they take themselves
// when they are settled; most are, long before. The timer runs to the first set that is left.

import type { Request } from './request.ts';
import { after, now, type Timer } from './time.ts';

const GRAIN = 8; // Milliseconds between one set and the next. Late by as much, never early.

export class Deadlines {
  private readonly sets = new Map<number, Set<Request>>();
  private timer: Timer | null = null;
  private next = Infinity;

  /** Gives the request up after that many milliseconds, unless it is settled before. */
  add(request: Request, milliseconds: number): void {
    const moment = Math.ceil((now() + milliseconds) / GRAIN);
    let set = this.sets.get(moment);
    if (set === undefined) {
      set = new Set();
      this.sets.set(moment, set);
    }
    set.add(request);
    request.deadline = set;
    request.timeout = milliseconds;
    if (moment < this.next) this.arm(moment);
  }

  /** Nothing is given up by time any more. */
  close(): void {
    this.timer?.cancel();
    this.timer = null;
    this.sets.clear();
  }

  private arm(moment: number): void {
    this.timer?.cancel();
    this.next = moment;
    // What is waited for keeps the process alive, not the time for it.
    this.timer = after(moment * GRAIN - now(), () => this.fire(), true);
  }

  private fire(): void {
    const time = now();
    this.timer = null;
    this.next = Infinity;
    let first = Infinity;
    for (const [moment, set] of this.sets) {
      if (moment * GRAIN <= time) {
        this.sets.delete(moment);
        for (const request of [...set]) request.expire(request.timeout);
      } else if (set.size === 0) this.sets.delete(moment);
      else if (moment < first) first = moment;
    }
    if (first !== Infinity) this.arm(first);
  }
}
