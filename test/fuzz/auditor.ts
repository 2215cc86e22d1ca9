// Somebody beside the conversation, on one server: asks what has come of it, hears the keyspace
// events that it leads to, and is told which keys have changed, as one who keeps copies.

import { encode, type Wire } from '../wire.ts';

const FENCE = 'what was heard up to here';
const PATIENCE_MS = 20_000;

/** What both servers are told to announce: everything. */
export const ALL_EVENTS = 'KEAnm';
/** The same before 7.0. */
export const OLD_EVENTS = 'KEAm';

export class Auditor {
  /** To ask through. */
  readonly wire: Wire;
  private readonly ears: Wire;
  private readonly copies: Wire;

  private constructor(wire: Wire, ears: Wire, copies: Wire) {
    this.wire = wire;
    this.ears = ears;
    this.copies = copies;
  }

  /** Takes three connections to a server. */
  static async open(wire: Wire, ears: Wire, copies: Wire): Promise<Auditor> {
    for (const pattern of ['__key*', FENCE]) await inTime(ears.ask('PSUBSCRIBE', pattern), pattern);
    await inTime(copies.ask('HELLO', '3'), 'HELLO');
    await inTime(copies.ask('CLIENT', 'TRACKING', 'on', 'BCAST'), 'CLIENT TRACKING');
    return new Auditor(wire, ears, copies);
  }

  close(): void {
    this.wire.close();
    this.ears.close();
    this.copies.close();
  }

  /** Asks, and fails with an Error if that is refused. */
  async must(...argv: string[]): Promise<void> {
    const { isError, text } = await inTime(this.wire.ask(...argv), argv.join(' '));
    if (isError) throw new Error(`${argv.join(' ')}: ${text}`);
  }

  /** The events since the last time, in order: '__keyspace@0__:k set'. */
  async events(): Promise<string[]> {
    await this.must('PUBLISH', FENCE, '');
    const events: string[] = [];
    for (;;) {
      const [, , channel, message] = (await inTime(this.ears.next(), 'events')).items;
      if (channel.text === FENCE) return events;
      events.push(`${channel.text} ${message.text}`);
    }
  }

  /** The keys that have changed since the last time, sorted; '(all)' among them if all have gone. */
  async changes(): Promise<string[]> {
    this.copies.send(encode(['PING']));
    const keys = new Set<string>();
    for (;;) {
      const { type, items } = await inTime(this.copies.next(), 'changes');
      if (type !== '>') return [...keys].sort();
      if (items[1].isNull) keys.add('(all)');
      for (const { text } of items[1].items) keys.add(text);
    }
  }
}

/** Rejects where an answer takes too long: a server hangs. */
export function inTime<T>(answer: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer: ${what}`)), PATIENCE_MS);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
