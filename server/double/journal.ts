// The journal: what was asked and what was answered, by whom, in the order in which it came.
//
//   server.journal.start();
//   ...
//   server.journal.count('SET', 'user:1');           // how often
//   await server.journal.next('PUBLISH', 'news');     // the next one, whenever it comes
//
// It costs nothing until it is started, by the option `journal` or start(). From then on requests
// are kept until there are more than `max`; the oldest go first. Words and replies are kept as
// bytes, and read when somebody looks.

import { ReplyError } from '../../protocol/errors.ts';
import type { Clock } from '../clock.ts';
import type { Target } from './far-end.ts';
import { type Replayed, replay } from './journal-replay.ts';
import { transcriptOf } from './journal-text.ts';
import { type ClientView, keysOf, type Match, type Subject, testOf } from './match.ts';
import { readReplies, toText } from './values.ts';

const MAX = 10_000;

/** One request, and its reply once there is one. */
export class JournalEntry {
  /** The server's time when it was carried out, in ms. */
  readonly time: number;
  readonly client: ClientView;
  /** The command's full name: 'get', 'client|setname'. */
  readonly name: string;
  /** How long it took, in microseconds; for one that waited, from its coming on. */
  micros = 0;
  /** Whether others came before it had its reply: it was blocked, or a fault held it. */
  waited = false;
  /** The reply in RESP, or null as long as there is none. */
  replyBytes: Buffer | null = null;
  /** The words as byte strings. */
  readonly words: readonly string[];
  private readonly subject: Subject;
  private text: readonly string[] | null = null;
  private read: { readonly value: unknown } | null = null;

  constructor(subject: Subject, time: number) {
    this.subject = subject;
    this.time = time;
    this.client = subject.client;
    this.name = subject.name;
    this.words = subject.argv;
  }

  /** The words of the request as text, the command's name as it was written. */
  get argv(): readonly string[] {
    if (this.text === null) this.text = this.words.map(toText);
    return this.text;
  }

  /** The words as bytes. */
  get bytes(): Buffer[] {
    return this.words.map((word) => Buffer.from(word, 'latin1'));
  }

  get keys(): string[] {
    return keysOf(this.subject.command, this.words).map(toText);
  }

  /** Whether it has its reply. */
  get answered(): boolean {
    return this.replyBytes !== null;
  }

  /**
   * The reply as a value (values.ts): a ReplyError where it is an error, an array where there are
   * several (SUBSCRIBE), undefined as long as there is none.
   */
  get reply(): unknown {
    if (this.replyBytes === null) return undefined;
    if (this.read === null) {
      const values = readReplies(this.replyBytes);
      this.read = { value: values.length > 1 ? values : values[0] };
    }
    return this.read.value;
  }

  /** The line of the error that it was answered with, or null. */
  get error(): string | null {
    const { reply } = this;
    return reply instanceof ReplyError ? reply.line : null;
  }

  /** Whether a match means it. */
  matches(test: (subject: Subject) => boolean): boolean {
    return test(this.subject);
  }
}

/** A word to look for: a text, or a pattern for it. */
export type JournalWord = string | number | RegExp;

export type JournalFilter = Match & {
  /** The words behind the command's name, from the first on; there may be more. */
  readonly args?: readonly JournalWord[];
  /** Anything else. */
  readonly where?: (entry: JournalEntry) => boolean;
};

/** What to look for: a filter, or a command and the first words behind its name. */
export type JournalQuery =
  | readonly []
  | readonly [filter: JournalFilter]
  | readonly [command: string | RegExp, ...args: JournalWord[]];

export type NextOptions = {
  /** For how long to wait, in ms by the server's clock; for ever if it is not said. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
};

type Waiter = {
  readonly test: (entry: JournalEntry) => boolean;
  /** Whether it is for requests as they come, before they have their replies. */
  readonly early: boolean;
  go(entry: JournalEntry): void;
};

export class Journal {
  private kept: JournalEntry[] = [];
  private max = MAX;
  private started = false;
  private readonly waiters = new Set<Waiter>();
  private readonly clock: Clock;
  private readonly onChange: () => void;

  constructor(clock: Clock, onChange: () => void) {
    this.clock = clock;
    this.onChange = onChange;
  }

  /** Whether it is kept. */
  get active(): boolean {
    return this.started;
  }

  /** Begins to keep it, or changes how many entries there are at most. */
  start(options: { readonly max?: number } = {}): void {
    const { max = MAX } = options;
    if (!(max >= 1)) throw new RangeError('max is 1 or more');
    this.max = max;
    this.started = true;
    this.trim(this.max);
    this.onChange();
  }

  /** Keeps no more. What was kept can still be looked at. */
  stop(): void {
    this.started = false;
    this.onChange();
  }

  /** Forgets all entries. */
  clear(): void {
    this.kept = [];
  }

  /**
   * The entries that are meant, in the order in which they came:
   *
   *   entries()   entries('SET')   entries('SET', 'user:1')   entries({ key: 'user:*' })
   *
   * Throws an Error if the journal was never started, so that nothing is not taken for an answer.
   */
  entries(...query: JournalQuery): JournalEntry[] {
    if (!this.started && this.kept.length === 0) {
      throw new Error('there is no journal: give the option `journal`, or call journal.start()');
    }
    this.trim(this.max);
    const test = entryTest(query);
    return this.kept.filter(test);
  }

  /** How many there are. */
  count(...query: JournalQuery): number {
    return this.entries(...query).length;
  }

  /** The last one, or undefined. */
  last(...query: JournalQuery): JournalEntry | undefined {
    return this.entries(...query).at(-1);
  }

  /**
   * The next one that is answered from now on; the journal is started if it was not. Rejects when
   * the time is over or the signal comes.
   */
  next(...query: JournalQuery): Promise<JournalEntry> {
    return this.nextWithin({}, ...query);
  }

  /** The same with a limit for the time, or a signal that ends it. */
  nextWithin(options: NextOptions, ...query: JournalQuery): Promise<JournalEntry> {
    return this.wait(false, options, query);
  }

  /**
   * The next one that comes from now on, whether it has its reply or waits for it: after it, a
   * BLPOP blocks, and the clock may be moved.
   */
  received(...query: JournalQuery): Promise<JournalEntry> {
    return this.wait(true, {}, query);
  }

  private wait(early: boolean, options: NextOptions, query: JournalQuery): Promise<JournalEntry> {
    if (!this.started) this.start();
    const test = entryTest(query);
    const { timeout, signal } = options;
    return new Promise((resolve, reject) => {
      const giveUp = (reason: unknown) => {
        end();
        reject(reason);
      };
      const abort = () => giveUp(signal!.reason);
      const timer =
        timeout === undefined
          ? null
          : this.clock.in(timeout, () => giveUp(new Error(`no ${spell(query)} came in time`)));
      const go = (entry: JournalEntry) => {
        end();
        resolve(entry);
      };
      const waiter: Waiter = { test, early, go };
      const end = () => {
        this.waiters.delete(waiter);
        signal?.removeEventListener('abort', abort);
        if (timer !== null) this.clock.cancel(timer);
      };
      if (signal?.aborted) return giveUp(signal.reason);
      signal?.addEventListener('abort', abort);
      this.waiters.add(waiter);
    });
  }

  /**
   * Asks another server for what is meant: a real one by its URL, or one in this process. Resolves
   * to what that has answered, and whether it is the same. Passwords are replayed as well.
   */
  async replay(target: Target, ...query: JournalQuery): Promise<Replayed[]> {
    return replay(this.entries(...query), target);
  }

  /** All of it as a session with redis-cli: requests behind a prompt, then their replies. */
  toString(): string {
    return this.kept.map((entry) => `${transcriptOf(entry)}\n`).join('');
  }

  /** Notes a request. */
  add(subject: Subject): JournalEntry {
    const entry = new JournalEntry(subject, this.clock.ms);
    this.kept.push(entry);
    if (this.kept.length >= this.max * 2) this.trim(this.max); // Not one by one: that is slow.
    this.tell(entry, true);
    return entry;
  }

  /** Notes a reply. */
  finish(entry: JournalEntry, reply: Buffer, micros: number): void {
    entry.waited = this.kept.at(-1) !== entry;
    entry.replyBytes = reply;
    entry.micros = micros;
    this.tell(entry, false);
  }

  private tell(entry: JournalEntry, early: boolean): void {
    for (const waiter of this.waiters) {
      if (waiter.early === early && waiter.test(entry)) waiter.go(entry);
    }
  }

  private trim(max: number): void {
    if (this.kept.length > max) this.kept.splice(0, this.kept.length - max);
  }
}

function entryTest(query: JournalQuery): (entry: JournalEntry) => boolean {
  const [first, ...rest] = query;
  if (first === undefined) return () => true;
  const isFilter = typeof first === 'object' && !(first instanceof RegExp);
  const filter: JournalFilter = isFilter ? first : { command: first, args: rest };
  const isMeant = testOf(filter);
  const { args = [], where = () => true } = filter;
  // 'CLIENT SETNAME' has two words before its arguments.
  return (entry) => {
    if (!entry.matches(isMeant) || !where(entry)) return false;
    const from = entry.name.includes('|') ? 2 : 1;
    return args.every((wanted, i) => {
      const word = entry.argv[from + i];
      if (word === undefined) return false;
      return wanted instanceof RegExp ? word.search(wanted) >= 0 : word === String(wanted);
    });
  };
}

function spell([first, ...rest]: JournalQuery): string {
  if (first === undefined) return 'request';
  if (typeof first === 'object' && !(first instanceof RegExp)) return JSON.stringify(first);
  return [first, ...rest].join(' ');
}
