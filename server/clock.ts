// Time, and everything that waits for it.
//
// A server asks one Clock what time it is, and whoever wants to be called later (expiry,
// blocked clients, pauses, the cron) asks the same one. So a program that tests with the
// server can move all of it at once: freeze() stops time, advance(ms) lets it go on and
// fires in order whatever falls due on the way, resume() goes back to running by itself.
//
// Timers wait in a binary heap, the soonest on top. Only that one is known to the event
// loop, and it does not keep the process alive. Timers of the same moment fire in the order
// in which they were set.
//
// A test that fakes the timers of its process means its own time, not the server's, unless it says
// so: a clock that was told to follow() takes the time from those fakes, and fires when they do.
//
// Commands see a time that stands still while they run: `ms` is read once when a batch of
// requests begins, so that a key cannot expire between two looks of one command.

import { type FakeTime, FollowedTime, type TimeSource } from './followed-time.ts';
import { clearTimeout, performance, setTimeout, SystemDate } from './real-time.ts';

/** A timer that was set; give it to Clock.cancel(). */
export class Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void;
  readonly atLeisure: boolean;
  place = -1; // Its index in the heap; -1 once it fired or was cancelled.

  constructor(dueMs: number, order: number, run: () => void, atLeisure: boolean) {
    this.dueMs = dueMs;
    this.order = order;
    this.run = run;
    this.atLeisure = atLeisure;
  }
}

const LONGEST_MS = 0x7fffffff; // What setTimeout can wait for.

export class Clock {
  /** Unix time in whole milliseconds, as the command under way sees it. */
  ms: number;

  private readonly heap: Timer[] = [];
  private order = 0;
  private frozen = false;
  private shiftMs = 0; // From the system's time to this clock's.
  private originMs = performance.timeOrigin; // The system's time when the stopwatch was at 0.
  private wake: NodeJS.Timeout | null = null;
  private wakeMs = Number.POSITIVE_INFINITY; // When `wake` fires.
  private held: NodeJS.Timeout | null = null; // While no timer may fire.
  private closed = false;
  private movingToMs: number | null = null; // Where advance() or set() is on the way to.
  private followed: FollowedTime | null = null;
  /** Called around the timers that fire together: the server sends what they had to say. */
  private readonly after: () => void;
  private readonly sent: () => Promise<void>;

  /** `sent` resolves when what `after` wanted to be sent was. */
  constructor(after: () => void = () => {}, sent: () => Promise<void> = () => Promise.resolve()) {
    this.after = after;
    this.sent = sent;
    this.followSystem();
    this.ms = SystemDate.now();
  }

  /** Brings `ms` up to date and returns it. */
  tick(): number {
    if (!this.frozen) this.ms = this.outsideMs() + this.shiftMs;
    return this.ms;
  }

  /** Brings `ms` up to date with a single look at the time, and returns the stopwatch. */
  turn(): number {
    const watchMs = performance.now();
    if (!this.frozen) {
      if (this.followed === null) this.ms = Math.floor(this.originMs + watchMs + this.shiftMs);
      else this.followFakes();
    }
    return watchMs;
  }

  /** Unix time in microseconds. */
  micros(): number {
    if (this.frozen || this.followed !== null) return this.tick() * 1000;
    return Math.floor((this.originMs + performance.now() + this.shiftMs) * 1000);
  }

  /**
   * A stopwatch in milliseconds with fractions, for how long things take. It measures real work,
   * so it runs even while the clock is frozen.
   */
  stopwatch(): number {
    return performance.now();
  }

  /**
   * Lets time pass while nothing else in the process happens: no timer fires, no byte is read.
   * Where time stands still, it is only moved.
   */
  block(ms: number): void {
    if (!(ms > 0)) return;
    if (this.frozen) this.ms += Math.floor(ms);
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  }

  /** Calls `run` at a time (Unix, in ms) or as soon as possible after it. */
  at(dueMs: number, run: () => void): Timer {
    return this.push(new Timer(dueMs, this.order++, run, false));
  }

  /** Calls `run` so many milliseconds from now. */
  in(ms: number, run: () => void): Timer {
    return this.at((this.frozen ? this.ms : this.outsideMs() + this.shiftMs) + ms, run);
  }

  /**
   * The same for what has to be done from time to time. Where advance() or set() makes the time
   * in between pass at once, it is done once, at the end: a month has 26 million tenths of a
   * second. Where the clock follows fakes, it is nothing that those have to wait for.
   */
  atLeisure(ms: number, run: () => void): Timer {
    const nowMs = this.frozen ? this.ms : this.outsideMs() + this.shiftMs;
    const dueMs = this.movingToMs === null ? nowMs + ms : Math.max(this.ms + ms, this.movingToMs);
    return this.push(new Timer(dueMs, this.order++, run, true));
  }

  /** Forgets a timer; does nothing if it fired already. */
  cancel(timer: Timer): void {
    if (timer.place >= 0) this.remove(timer);
    else this.followed?.cancel(timer);
  }

  /** Stops time. Nothing that waits will happen until advance(), set() or resume(). */
  freeze(): void {
    this.tick();
    this.frozen = true;
    this.arm();
  }

  /**
   * Has no timer fire for at least so many ms, as if the process slept, and calls `then` at their
   * end. What falls due meanwhile fires after that.
   */
  hold(ms: number, then: () => void): void {
    const endMs = this.stopwatch() + ms;
    const wait = (leftMs: number) => {
      this.held = setTimeout(woken, Math.min(Math.ceil(leftMs), LONGEST_MS));
      this.held.unref();
    };
    const woken = () => {
      // The event loop counts from when it last woke up: it may be early by as long as that is ago.
      const leftMs = endMs - this.stopwatch();
      if (leftMs > 0) return wait(leftMs);
      this.held = null;
      then();
      this.arm();
    };
    wait(ms);
    this.arm();
  }

  /** Ends what hold() began, before its time. */
  release(): void {
    if (this.held !== null) clearTimeout(this.held);
    this.held = null;
    this.arm();
  }

  /** Whether time stands still. */
  get isFrozen(): boolean {
    return this.frozen;
  }

  /** Lets time go on by itself, from where it stands. */
  resume(): void {
    if (!this.frozen) return;
    this.frozen = false;
    this.shiftMs = this.ms - this.outsideMs();
    this.arm();
  }

  /**
   * Moves time forward by `ms` and fires, in order, whatever falls due on the way. All of that has
   * happened when it returns; the promise resolves when what clients are told of it was sent.
   */
  advance(ms: number): Promise<void> {
    if (!(ms >= 0)) throw new RangeError(`cannot advance by ${ms} ms`);
    this.moveTo(this.tick() + Math.floor(ms));
    return this.sent();
  }

  /** Sets the time, forward (firing what falls due, as advance() does) or back. */
  set(when: Date | number): Promise<void> {
    const ms = typeof when === 'number' ? Math.floor(when) : when.getTime();
    if (Number.isNaN(ms)) throw new RangeError('not a time');
    this.moveTo(ms);
    return this.sent();
  }

  /** Goes back to how it began: the time is the system's, or that of the fakes it follows. */
  reset(): Promise<void> {
    if (this.frozen || this.shiftMs !== 0) this.moveTo(this.outsideMs());
    this.resume();
    this.shiftMs = 0;
    return this.sent();
  }

  /** Resolves when everything that clients were told so far has been sent. */
  settled(): Promise<void> {
    return this.sent();
  }

  /**
   * From now on time is what a test's fake timers make of it: those that are put into globalThis
   * now or later (given `vi`, `jest` or nothing), or a clock of fake-timers or Sinon by itself.
   * What falls due when fake time goes on happens there and then; when it is only set, or fakes
   * come and go, a few milliseconds later. While there are no fakes, time is the system's.
   * `null` ends it.
   */
  follow(source: FakeTime | null = globalThis): void {
    this.disarm();
    this.followed?.close();
    const all = [...this.heap, ...(this.followed?.leisurely ?? [])];
    for (const timer of all) timer.place = -1;
    this.heap.length = 0;
    this.frozen = false;
    this.shiftMs = 0;
    this.followed =
      source === null ? null : new FollowedTime(timeOf(source), (when) => this.follows(when));
    this.tick();
    for (const timer of all) this.push(timer);
    this.arm();
  }

  /** Forgets all timers for good. */
  close(): void {
    this.closed = true;
    for (const timer of this.heap) timer.place = -1; // Or cancel() would look for it.
    this.heap.length = 0;
    this.disarm();
    this.followed?.close();
    if (this.held !== null) clearTimeout(this.held);
  }

  private push(timer: Timer): Timer {
    if (timer.atLeisure && this.followed !== null) {
      this.followed.leisurely.push(timer);
      return timer;
    }
    timer.place = this.heap.push(timer) - 1;
    this.rise(timer);
    if (this.heap[0] === timer) this.arm();
    return timer;
  }

  /** What time it is without us. */
  private outsideMs(): number {
    return this.followed === null ? SystemDate.now() : this.followed.now();
  }

  private followFakes(): void {
    this.tick();
    if (this.followed!.isStale) this.arm();
  }

  /** Time that is followed has come to where something was due, or may have moved by itself. */
  private follows(leisurely: readonly Timer[]): void {
    if (this.frozen || this.held !== null) return;
    const now = this.tick();
    if (this.heap.length > 0 && this.heap[0].dueMs <= now) this.fire();
    this.runLeisurely(leisurely);
    this.arm();
  }

  private runLeisurely(timers: readonly Timer[]): void {
    for (const timer of timers) {
      if (timer.dueMs > this.ms) continue;
      this.followed?.cancel(timer);
      timer.run();
      this.after();
    }
  }

  private moveTo(targetMs: number): void {
    const wasFrozen = this.frozen;
    this.frozen = true;
    this.movingToMs = targetMs;
    while (this.heap.length > 0 && this.heap[0].dueMs <= targetMs) {
      const timer = this.heap[0];
      this.remove(timer);
      if (timer.dueMs > this.ms) this.ms = timer.dueMs;
      timer.run();
      this.after();
    }
    this.ms = targetMs;
    if (this.followed !== null) this.runLeisurely([...this.followed.leisurely]);
    this.movingToMs = null;
    this.frozen = wasFrozen;
    this.shiftMs = targetMs - this.outsideMs();
    this.wakeMs = Number.NaN; // What is due when it was is further away or nearer by now.
    this.arm();
  }

  private fire(): void {
    this.wake = null;
    this.wakeMs = Number.POSITIVE_INFINITY;
    this.followSystem();
    const now = this.tick();
    // Only what is due by now and was set before: a timer that sets itself again, even for a
    // time that has passed, must not starve the sockets.
    const next = this.order;
    while (this.heap.length > 0 && this.heap[0].dueMs <= now && this.heap[0].order < next) {
      const timer = this.heap[0];
      this.remove(timer);
      timer.run();
    }
    this.after();
    this.arm();
  }

  // The stopwatch does not know when somebody sets the system's clock.
  private followSystem(): void {
    // SystemDate.now() leaves fractions out, so the truth is this or up to a millisecond more.
    const atLeast = SystemDate.now() - performance.now();
    this.originMs = Math.min(Math.max(this.originMs, atLeast), atLeast + 1);
  }

  /** Makes the event loop wake us for the soonest timer. */
  private arm(): void {
    const dueMs =
      this.frozen || this.closed || this.held !== null || this.heap.length === 0
        ? Number.POSITIVE_INFINITY
        : this.heap[0].dueMs;
    if (this.followed !== null) return this.followed.arm(dueMs - this.shiftMs);
    if (dueMs === this.wakeMs && this.wake !== null) return;
    this.disarm();
    this.wakeMs = dueMs;
    if (dueMs === Number.POSITIVE_INFINITY) return;
    const wait = Math.min(Math.max(dueMs - SystemDate.now() - this.shiftMs, 1), LONGEST_MS);
    this.wake = setTimeout(() => this.fire(), wait);
    this.wake.unref();
  }

  private disarm(): void {
    if (this.wake !== null) clearTimeout(this.wake);
    this.wake = null;
    this.wakeMs = Number.POSITIVE_INFINITY;
  }

  private remove(timer: Timer): void {
    const heap = this.heap;
    const last = heap.pop()!;
    if (last !== timer) {
      heap[timer.place] = last;
      last.place = timer.place;
      this.rise(last);
      this.sink(last);
    }
    timer.place = -1;
  }

  private rise(timer: Timer): void {
    const heap = this.heap;
    let at = timer.place;
    while (at > 0) {
      const parent = heap[(at - 1) >> 1];
      if (!sooner(timer, parent)) break;
      heap[at] = parent;
      parent.place = at;
      at = (at - 1) >> 1;
    }
    heap[at] = timer;
    timer.place = at;
  }

  private sink(timer: Timer): void {
    const heap = this.heap;
    let at = timer.place;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && sooner(heap[child + 1], heap[child])) child++;
      if (!sooner(heap[child], timer)) break;
      heap[at] = heap[child];
      heap[at].place = at;
      at = child;
    }
    heap[at] = timer;
    timer.place = at;
  }
}

function sooner(a: Timer, b: Timer): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}

/** Where the time of fakes is found: in them, or for what only controls them, in globalThis. */
function timeOf(fakes: FakeTime): TimeSource {
  return 'Date' in fakes && 'setTimeout' in fakes ? (fakes as TimeSource) : globalThis;
}

/**
 * A seeded source of chance (Mulberry32): the same seed gives the same numbers. Everything in
 * a server that is left to chance asks one of these.
 */
export class Random {
  /** What it began with: another source with this seed gives the same numbers. */
  readonly seed: number;
  private state: number;
  private start: number; // Where restart() goes.

  constructor(seed: number = (Math.random() * 0x100000000) >>> 0) {
    this.seed = seed;
    this.state = seed | 0;
    this.start = this.state;
  }

  /** What was drawn so far belongs to the making of a server; chance begins here. */
  begin(): void {
    this.start = this.state;
  }

  /** Begins again: what comes now is what came after begin(). */
  restart(): void {
    this.state = this.start;
  }

  /** A number from 0 up to, but not including, 1. */
  readonly next = (): number => {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 0x100000000;
  };

  /** A whole number from 0 up to, but not including, `below`. */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  /** So many lower-case hexadecimal digits, as in a run id. */
  hex(digits: number): string {
    let text = '';
    while (text.length < digits) text += this.below(16).toString(16);
    return text;
  }
}
