// Faults: what goes wrong on purpose, for whom, how often.
//
//   using fault = server.faults.add({ command: 'GET', key: 'user:*', count: 2, error: 'LOADING' });
//
// A fault looks at each request, and where it hits it does one thing or several. Requests that it
// is meant for are counted first: `after` of them pass, then of the others `probability` decides,
// by the server's seed, until `count` were hit.
//
// Time is the server's: where its clock is frozen, latency lasts until it is moved. Only the client
// that is hit waits; what it sent behind comes after.

import type { ReplyError } from '../../protocol/errors.ts';
import type { Random } from '../clock.ts';
import { errorMaker, type FaultError } from './fault-errors.ts';
import { clientTest, type ClientView, keysOf, type Match, type Subject, testOf } from './match.ts';

export type FaultSpec = Match & {
  /** How likely a request is hit: from 0 to 1, which it is without this. */
  readonly probability?: number;
  /** How many requests are hit at most. */
  readonly count?: number;
  /** How many are let through first. */
  readonly after?: number;

  /** So many milliseconds pass; of two numbers, the seed chooses one between them. */
  readonly latency?: number | readonly [least: number, most: number];
  /** The request is answered with this error. In MULTI, EXEC then fails. */
  readonly error?: FaultError;
  /** The connection is reset, which the client sees as ECONNRESET. */
  readonly reset?: boolean;
  /** The connection is closed. */
  readonly close?: boolean;
  /** No byte is answered any more, now or later, nor read, and the connection stays open. */
  readonly blackHole?: boolean;
  /** The connection is closed in one direction: commands are carried out, and nothing is said. */
  readonly halfClose?: boolean;
  /** So many bytes of the reply are sent, then the connection is reset (or closed: `close`). */
  readonly cut?: number;
  /** So many bytes of the reply are changed to others, which the seed chooses. */
  readonly corrupt?: number;
  /** Requests are read, and replies sent, so many bytes at a time: one such piece each ms. */
  readonly bytesPerMs?: number;
  /** Connections are reset as soon as they are there. Of a match, only `client` is looked at. */
  readonly refuse?: boolean;

  /**
   * Whether latency, an error, or the end of the connection come before the command is carried out
   * (unless said otherwise) or afterwards, instead of or before its reply.
   */
  readonly when?: 'before' | 'after';
};

/** A fault that was added. */
export class Fault implements Disposable {
  readonly spec: FaultSpec;
  /** How many requests, or connections, it has hit. */
  hits = 0;
  /** Makes the error that it answers; null if it answers none. */
  readonly error: ((keys: readonly string[]) => ReplyError) | null;
  private seen = 0; // Requests that it is meant for.
  private readonly isMeant: (subject: Subject) => boolean;
  private readonly isClient: (client: ClientView) => boolean;
  private readonly all: Faults;

  constructor(all: Faults, spec: FaultSpec) {
    check(spec);
    this.all = all;
    this.spec = spec;
    this.error = spec.error === undefined ? null : errorMaker(spec.error);
    this.isMeant = testOf(spec);
    this.isClient = spec.client === undefined ? () => true : clientTest(spec.client);
  }

  /** Whether it still hits anybody: it does until `count` were hit, or it is removed. */
  get active(): boolean {
    return this.all.has(this) && this.hits < (this.spec.count ?? Number.POSITIVE_INFINITY);
  }

  /** Whether it hits a request, and if so counts that. */
  strikes(subject: Subject, random: Random): boolean {
    return this.spec.refuse !== true && this.isMeant(subject) && this.draw(random);
  }

  /** The same for a connection. */
  refuses(client: ClientView, random: Random): boolean {
    return this.spec.refuse === true && this.isClient(client) && this.draw(random);
  }

  private draw(random: Random): boolean {
    const { probability = 1, count = Number.POSITIVE_INFINITY, after = 0 } = this.spec;
    if (this.seen++ < after || this.hits >= count) return false;
    if (probability < 1 && random.next() >= probability) return false;
    this.hits++;
    return true;
  }

  remove(): void {
    this.all.remove(this);
  }

  [Symbol.dispose](): void {
    this.remove();
  }
}

/** The faults of one server. */
export class Faults implements Iterable<Fault> {
  private readonly list = new Set<Fault>();
  private readonly random: Random;
  private readonly onChange: () => void;

  constructor(random: Random, onChange: () => void) {
    this.random = random;
    this.onChange = onChange;
  }

  get size(): number {
    return this.list.size;
  }

  [Symbol.iterator](): Iterator<Fault> {
    return this.list.values();
  }

  /** Adds a fault. Throws a TypeError or a RangeError if it makes no sense. */
  add(spec: FaultSpec): Fault {
    const fault = new Fault(this, spec);
    this.list.add(fault);
    this.onChange();
    return fault;
  }

  has(fault: Fault): boolean {
    return this.list.has(fault);
  }

  remove(fault: Fault): void {
    if (this.list.delete(fault)) this.onChange();
  }

  /** Removes all faults. Who waits because of one waits on; who was cut off stays so. */
  clear(): void {
    this.list.clear();
    this.onChange();
  }

  /** What happens to a request, or null. */
  strike(subject: Subject): Blow | null {
    let blow: Blow | null = null;
    for (const fault of this.list) {
      if (!fault.strikes(subject, this.random)) continue;
      blow ??= new Blow(this.random);
      blow.add(fault, subject);
    }
    return blow;
  }

  /** Whether a connection is refused. */
  refuse(client: ClientView): boolean {
    for (const fault of this.list) if (fault.refuses(client, this.random)) return true;
    return false;
  }
}

/** What ends a request, or its reply: an error, or one of these. */
export type Ending = ReplyError | 'reset' | 'close' | 'blackHole' | null;

/** All that the faults that hit a request do to it. */
export class Blow {
  latencyBefore = 0;
  latencyAfter = 0;
  before: Ending = null;
  after: Ending = null;
  halfClose = false;
  cut = Number.POSITIVE_INFINITY;
  cutCloses = false;
  corrupt = 0;
  bytesPerMs = Number.POSITIVE_INFINITY;
  readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  add({ spec, error }: Fault, subject: Subject): void {
    const isAfter = spec.when === 'after';
    const latency = this.draw(spec.latency ?? 0);
    if (isAfter) this.latencyAfter += latency;
    else this.latencyBefore += latency;
    this.halfClose ||= spec.halfClose === true;
    this.corrupt = Math.max(this.corrupt, spec.corrupt ?? 0);
    this.bytesPerMs = Math.min(this.bytesPerMs, spec.bytesPerMs ?? Number.POSITIVE_INFINITY);
    if (spec.cut !== undefined) {
      this.cut = Math.min(this.cut, spec.cut);
      this.cutCloses ||= spec.close === true;
    }
    let ending: Ending = null;
    if (error !== null) ending = error(keysOf(subject.command, subject.argv));
    else if (spec.blackHole) ending = 'blackHole';
    else if (spec.cut === undefined && spec.reset) ending = 'reset';
    else if (spec.cut === undefined && spec.close) ending = 'close';
    if (isAfter) this.after ??= ending;
    else this.before ??= ending;
  }

  private draw(latency: number | readonly [number, number]): number {
    if (typeof latency === 'number') return latency;
    const [least, most] = latency;
    return least + this.random.next() * (most - least);
  }
}

const EFFECTS = [
  ...(['latency', 'error', 'reset', 'close', 'blackHole', 'halfClose'] as const),
  ...(['cut', 'corrupt', 'bytesPerMs', 'refuse'] as const),
];

function check(spec: FaultSpec): void {
  if (!EFFECTS.some((name) => spec[name] !== undefined && spec[name] !== false)) {
    throw new TypeError(`a fault does something: one of ${EFFECTS.join(', ')}`);
  }
  const { probability = 1, bytesPerMs = 1, latency = 0 } = spec;
  if (!(probability >= 0 && probability <= 1)) throw new RangeError('probability is from 0 to 1');
  if (!(bytesPerMs > 0)) throw new RangeError('bytesPerMs is more than 0');
  for (const name of ['count', 'after', 'cut', 'corrupt'] as const) {
    const n = spec[name] ?? 0;
    if (!(n >= 0)) throw new RangeError(`${name} is 0 or more`);
  }
  const [least, most] = [latency, latency].flat() as [number, number];
  if (!(least >= 0 && most >= least)) throw new RangeError('latency is 0 or more, the least first');
}
