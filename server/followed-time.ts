// Somebody else's time: that of the fake timers of a test.
//
// Fakes are followed in two ways. A fake timer is set for what is due next, so that it happens in
// the middle of vi.advanceTimersByTime(), in order with the timers of the program under test. But
// fakes come and go without telling anybody, and their time can be set without a timer firing.
// So there is also a look at them every few milliseconds of real time.
//
// What is done from time to time (the cron) is no fake timer's business: each month that a test
// lets pass would take millions of them, and jest.runAllTimers() would never end. It is done when
// we look, if its time has come.

import type { Timer } from './clock.ts';
import { clearTimeout, isNative, setTimeout } from './real-time.ts';

/** What tells the time and wakes us: globalThis, or a clock of fake-timers. */
export type TimeSource = {
  readonly Date: { now(): number };
  readonly setTimeout: (run: () => void, ms: number) => unknown;
  readonly clearTimeout: (timer: never) => void;
};

/** A TimeSource, or what replaces the one of globalThis: `vi`, `jest`. */
export type FakeTime = TimeSource | { readonly useFakeTimers: (...options: never[]) => unknown };

const LOOK_MS = 5;
const LONGEST_MS = 0x7fffffff; // What setTimeout can wait for.

export class FollowedTime {
  /** What is to be done at leisure, in no order. */
  readonly leisurely: Timer[] = [];
  private readonly source: TimeSource;
  /** Called when what is due next may be due; is given what may be due at leisure. */
  private readonly moved: (leisurely: readonly Timer[]) => void;
  private look: NodeJS.Timeout | null;
  private dueMs = Number.POSITIVE_INFINITY;
  private setBy: TimeSource['setTimeout'] | null = null; // Whose timer it is that we wait for.
  private unset: () => void = () => {};

  constructor(source: TimeSource, moved: (leisurely: readonly Timer[]) => void) {
    this.source = source;
    this.moved = moved;
    this.look = this.lookLater();
  }

  now(): number {
    return this.source.Date.now();
  }

  /** Whether fakes have come or gone, so that nothing wakes us when it should. */
  get isStale(): boolean {
    return this.setBy !== null && this.setBy !== this.timeouts();
  }

  /** Forgets what is to be done at leisure. */
  cancel(timer: Timer): void {
    const at = this.leisurely.indexOf(timer);
    if (at >= 0) this.leisurely.splice(at, 1);
  }

  /** Waits for a time; Infinity is none. */
  arm(dueMs: number): void {
    const set = this.timeouts();
    if (dueMs === this.dueMs && set === this.setBy) return;
    this.disarm();
    this.dueMs = dueMs;
    if (dueMs === Number.POSITIVE_INFINITY || set === null) return;
    this.setBy = set;
    const waitMs = Math.min(Math.max(dueMs - this.now(), 1), LONGEST_MS);
    const { clearTimeout: clear } = set === setTimeout ? { clearTimeout } : this.source;
    const timer = set(() => {
      this.setBy = null;
      this.moved([]);
    }, waitMs);
    (timer as { unref?(): void } | undefined)?.unref?.();
    this.unset = () => clear(timer as never);
  }

  /** Follows no longer. */
  close(): void {
    this.disarm();
    if (this.look !== null) clearTimeout(this.look);
    this.look = null;
  }

  /** What wakes us at a time that now() tells; null if nothing does, since only Date is faked. */
  private timeouts(): TimeSource['setTimeout'] | null {
    const { source } = this;
    if (isNative(source.Date)) return setTimeout;
    return source.setTimeout === setTimeout ? null : source.setTimeout;
  }

  private disarm(): void {
    if (this.setBy !== null) this.unset();
    this.setBy = null;
    this.dueMs = Number.POSITIVE_INFINITY;
  }

  private lookLater(): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.look = this.lookLater();
      this.disarm(); // Fake time may have been set: what is due may be nearer than its timer.
      this.moved([...this.leisurely]);
    }, LOOK_MS);
    return timer.unref();
  }
}
