// Locks: a key with a token and an end, on one server or on most of several (Redlock).
//
// A lock is held as long as its key holds our token. It is renewed at a third of its time; when
// that cannot be done in time, `signal` aborts: whoever works under the lock has to stop then.
// Nobody can promise that work under a lock never overlaps (a process may sleep through its own
// lock's end): where it must not, what is written has to carry a number that grows, and be refused
// if it is old.
//
// Specification: redis.io, "Distributed locks with Redis".

import { randomBytes } from 'node:crypto';
import type { Caller } from './client.ts';
import { LockError } from './errors.ts';
import { defineScript } from './script.ts';
import { after, now, pause, random, type Timer } from './time.ts';

export interface LockOptions {
  /** Milliseconds until it ends by itself, unless it is renewed. 10,000. */
  ttl?: number;
  /** Milliseconds that one is willing to wait for it. 0: now or never. */
  wait?: number;
  /** Milliseconds between tries, about. 50. */
  every?: number;
  /** Whether it is renewed as long as it is held. Yes. */
  renew?: boolean;
  /** Gives up waiting. */
  signal?: AbortSignal;
}

const release = defineScript({
  keys: ['key'],
  args: ['token', 'ms'],
  lua:
    'if redis.call("get", KEYS[1]) == ARGV[1] then ' +
    'return redis.call("del", KEYS[1]) end return 0',
  reply: Number,
});

const extend = defineScript({
  keys: ['key'],
  args: ['token', 'ms'],
  lua:
    'if redis.call("get", KEYS[1]) == ARGV[1] then ' +
    'return redis.call("pexpire", KEYS[1], ARGV[2]) end return 0',
  reply: Number,
});

const SILENT = -1; // What agreed() says if too many did not answer.
const DRIFT = 0.01; // Of the time: clocks do not run alike.
const PATIENCE = 0.1; // Of the time, for one of several servers: another may be alive.

export class Lock implements AsyncDisposable {
  readonly key: string;
  /** Only who knows it can release the lock. */
  readonly token: string;
  private readonly lockers: readonly Caller[];
  private readonly ttl: number;
  private readonly lost = new AbortController();
  private validUntil: number;
  private timer: Timer | null = null;
  private released = false;

  constructor(lockers: readonly Caller[], key: string, token: string, ttl: number, until: number) {
    this.lockers = lockers;
    this.key = key;
    this.token = token;
    this.ttl = ttl;
    this.validUntil = until;
  }

  /** Aborts when the lock is not held any more, though it was not released. */
  get signal(): AbortSignal {
    return this.lost.signal;
  }

  /** Milliseconds that it is surely held for. */
  get left(): number {
    return this.released ? 0 : Math.max(0, this.validUntil - now());
  }

  /**
   * Holds it for another `ttl` milliseconds. Rejects with a LockError if it is lost already; and if
   * too few servers answer in time, which loses nothing as long as there is time left.
   */
  async extend(ttl = this.ttl): Promise<void> {
    const start = now();
    const extended = await agreed(this.patient(), (locker) => {
      return locker.script(extend, { key: this.key, token: this.token, ms: ttl });
    });
    if (extended === SILENT) {
      throw new LockError(`too few servers answer about the lock on ${this.key}`);
    }
    if (extended === 0) {
      this.lose(new LockError(`the lock on ${this.key} is lost`));
      throw this.lost.signal.reason;
    }
    this.validUntil = start + ttl * (1 - DRIFT);
  }

  /** Lets it go. Does nothing if it is not held any more. */
  async release(): Promise<void> {
    if (this.released) return;
    const lockers = this.patient();
    this.released = true;
    this.timer?.cancel();
    await Promise.allSettled(
      lockers.map((locker) => {
        return locker.script(release, { key: this.key, token: this.token, ms: 0 });
      }),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  /** Those to ask, who have until the lock's end: what they say after it is worth nothing. */
  private patient(): Caller[] {
    const left = this.left === 0 ? this.ttl : this.left;
    return patient(this.lockers, this.ttl, Math.max(1, left));
  }

  /** Renews it again and again. */
  keep(): void {
    this.renewAfter(this.ttl / 3);
  }

  private renewAfter(milliseconds: number): void {
    this.timer = after(Math.min(milliseconds, this.left), () => void this.renew(), true);
  }

  private async renew(): Promise<void> {
    let next = this.ttl / 3;
    try {
      if (this.left > 0) await this.extend();
    } catch {
      next = this.ttl / 10; // There may be time for another try.
    }
    if (this.left === 0)
      this.lose(new LockError(`the lock on ${this.key} was not renewed in time`));
    else if (!this.released) this.renewAfter(next);
  }

  private lose(cause: Error): void {
    this.timer?.cancel();
    if (!this.released) this.lost.abort(cause);
    this.released = true;
  }
}

/**
 * Takes a lock on most of the servers given. Rejects with a LockError if somebody else holds it for
 * longer than one is willing to wait.
 */
export async function acquire(
  lockers: readonly Caller[],
  key: string,
  { ttl = 10_000, wait = 0, every = 50, renew = true, signal }: LockOptions = {},
): Promise<Lock> {
  const begun = now();
  for (;;) {
    signal?.throwIfAborted();
    const token = randomBytes(16).toString('hex');
    const start = now();
    const taken = await agreed(patient(lockers, ttl, 0), async (locker) => {
      return (await locker.set(key, token, { nx: true, px: ttl })) === 'OK' ? 1 : 0;
    });
    const until = start + ttl * (1 - DRIFT);
    const lock = new Lock(lockers, key, token, ttl, until);
    if (taken === 1 && now() < until) {
      if (renew) lock.keep();
      return lock;
    }
    // Of several servers some may have been taken.
    if (lockers.length > 1) await lock.release();
    if (now() - begun + every > wait) {
      const silent = taken === SILENT;
      throw new LockError(silent ? `too few servers answer` : `${key} is locked by somebody else`);
    }
    await pause(every / 2 + random() * every);
  }
}

/** With so many milliseconds to answer; one of several is not waited for as long as that. */
function patient(lockers: readonly Caller[], ttl: number, milliseconds: number): Caller[] {
  const share = Math.max(1, ttl * PATIENCE);
  const timeout = lockers.length === 1 ? milliseconds : share;
  return lockers.map((locker) => locker.with({ timeout }));
}

/**
 * 1 as soon as most of the servers say 1, 0 as soon as so many say 0 that most cannot; SILENT if
 * too many fail for either. One server by itself rejects if it fails.
 */
function agreed(
  lockers: readonly Caller[],
  ask: (locker: Caller) => Promise<number>,
): Promise<number> {
  if (lockers.length === 1) return ask(lockers[0]!);
  const most = Math.floor(lockers.length / 2) + 1;
  let yes = 0;
  let no = 0;
  let silent = 0;
  return new Promise((resolve) => {
    const count = (answer: number): void => {
      if (answer === 1) yes++;
      else if (answer === 0) no++;
      else silent++;
      if (yes === most) resolve(1);
      else if (no > lockers.length - most) resolve(0);
      else if (yes + no + silent === lockers.length) resolve(SILENT);
    };
    for (const locker of lockers) ask(locker).then(count, () => count(SILENT));
  });
}
