// Somebody beside the conversation, on one server: asks what has come of it, and hears the
// keyspace events that it leads to.

import type { Wire } from '../wire.ts';

const FENCE = 'what was heard up to here';
const PATIENCE_MS = 20_000;

/** What both servers are told to announce: everything. */
export const ALL_EVENTS = 'KEAnm';

export class Auditor {
  /** To ask through. */
  readonly wire: Wire;
  private readonly ears: Wire;

  private constructor(wire: Wire, ears: Wire) {
    this.wire = wire;
    this.ears = ears;
  }

  /** Takes two connections to a server. */
  static async open(wire: Wire, ears: Wire): Promise<Auditor> {
    for (const pattern of ['__key*', FENCE]) await inTime(ears.ask('PSUBSCRIBE', pattern), pattern);
    return new Auditor(wire, ears);
  }

  close(): void {
    this.wire.close();
    this.ears.close();
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
}

/** Rejects where an answer takes too long: a server hangs. */
export function inTime<T>(answer: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer: ${what}`)), PATIENCE_MS);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
