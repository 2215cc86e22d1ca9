// MONITOR: every command that a server carries out, told on a connection of its own.
//
//   1339518083.107412 [0 127.0.0.1:60866] "set" "k" "v"
//
// What happens while there is no connection is not told by anybody, so a monitor does not come back
// after one has ended: its iteration throws, and says why.

import type { Connection } from './connection.ts';
import { ConnectionLostError } from './errors.ts';
import { textOf } from './text.ts';

/** A command that a server has carried out. */
export interface Monitored {
  /** When, in milliseconds since 1970, with three digits behind the point. */
  readonly time: number;
  readonly database: number;
  /** Whose it was: '127.0.0.1:60866', 'unix:/run/redis.sock', 'lua'. */
  readonly address: string;
  /** Its words. What is no UTF-8 is left as the server spells it: '\x80'. */
  readonly argv: readonly string[];
}

const LINE = /^(\d+)\.(\d{6}) \[(\d+) (.*?)\] (".*")$/s;

/** Whether a server that monitors says this of a command, rather than in reply to one. */
export function isMonitored(line: unknown): line is string {
  return typeof line === 'string' && LINE.test(line);
}

export class Monitor implements AsyncIterable<Monitored>, AsyncDisposable {
  private readonly connection: Connection;
  private readonly waiting: Monitored[] = [];
  private wake: (() => void) | null = null;
  private over = false;

  /** On a connection that is nobody else's, and that ends with it. */
  constructor(connection: Connection) {
    this.connection = connection;
  }

  /** Resolves once the server has confirmed: what is carried out from then on is told. */
  async begin(): Promise<this> {
    this.connection.onMonitored = (line) => {
      if (line !== null) this.waiting.push(monitored(line));
      this.wake?.();
      this.wake = null;
    };
    try {
      await this.connection.ask('monitor');
    } catch (error) {
      await this.stop();
      throw error;
    }
    return this;
  }

  /** Ends it, and its connection. */
  async stop(): Promise<void> {
    this.over = true;
    this.wake?.();
    this.connection.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Monitored, void, void> {
    try {
      for (;;) {
        const next = this.waiting.shift();
        if (next !== undefined) yield next;
        else if (this.over) return;
        else if (this.connection.ended) throw new ConnectionLostError(true, this.connection.why);
        else {
          await new Promise<void>((resolve) => {
            this.wake = resolve;
          });
        }
      }
    } finally {
      await this.stop();
    }
  }
}

function monitored(line: string): Monitored {
  const [, seconds, micros, database, address, words] = LINE.exec(line)!;
  return {
    time: Number(seconds) * 1000 + Number(micros) / 1000,
    database: Number(database),
    address: address!,
    // Valkey 8.1 does not escape quotes; these three characters are between two words all the same.
    argv: words!.slice(1, -1).split('" "').map(unescaped),
  };
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b' };

function unescaped(word: string): string {
  if (!word.includes('\\')) return word;
  const bytes = word.replace(/\\(?:x([0-9a-f]{2})|([nrtab"\\]))/g, (_, code, char: string) => {
    return code === undefined ? (ESCAPES[char] ?? char) : String.fromCharCode(parseInt(code, 16));
  });
  const buffer = Buffer.from(bytes, 'latin1');
  const text = textOf(buffer, 0, buffer.length);
  return typeof text === 'string' ? text : word;
}
