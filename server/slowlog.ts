// The slow log: the last commands that took longer than slowlog-log-slower-than.
//
// An entry owns what it shows. Of a long command line it keeps the first arguments, and of a
// long argument the first bytes, each time with a word on how much is missing; so the log
// stays small whatever is run. Passwords never get into it: see redact.ts.

import type { Client } from './client.ts';
import { redacted } from './redact.ts';
import type { Server } from './server.ts';

const ARGUMENTS = 32; // Redis: SLOWLOG_ENTRY_MAX_ARGC, the note on the rest included,
const BYTES = 128; // and SLOWLOG_ENTRY_MAX_STRING, without its note.

export type SlowEntry = {
  readonly id: number;
  /** When it was logged, in Unix seconds. */
  readonly when: number;
  readonly micros: number;
  readonly argv: readonly string[];
  readonly address: string;
  readonly clientName: string;
};

export class SlowLog {
  private readonly server: Server;
  private entries: SlowEntry[] = []; // The newest last.
  private first = 0; // Entries before this one have been dropped.
  private nextId = 0;

  constructor(server: Server) {
    this.server = server;
  }

  get length(): number {
    return this.entries.length - this.first;
  }

  /** Logs a command that was too slow; `argv` is copied as far as it is kept. */
  add(c: Client, argv: readonly string[], micros: number): void {
    if (this.server.config.values['slowlog-max-len'] === 0) return;
    this.entries.push({
      id: this.nextId++,
      when: Math.floor(this.server.clock.ms / 1000),
      micros: Math.floor(micros),
      argv: shortened(redacted(c.server, argv)),
      address: c.link.address,
      clientName: c.name,
    });
    this.trim();
  }

  /** Drops the oldest entries beyond slowlog-max-len. */
  trim(): void {
    const over = this.length - this.server.config.values['slowlog-max-len'];
    if (over <= 0) return;
    this.entries.fill(undefined as never, this.first, this.first + over);
    this.first += over;
    if (this.first * 2 <= this.entries.length) return;
    this.entries = this.entries.slice(this.first);
    this.first = 0;
  }

  /** The latest entries, the newest first: so many, or as many as there are. */
  latest(count: number): SlowEntry[] {
    return this.entries.slice(Math.max(this.first, this.entries.length - count)).reverse();
  }

  /** Forgets all entries; ids go on from where they were. */
  reset(): void {
    this.entries = [];
    this.first = 0;
  }
}

function shortened(argv: readonly string[]): string[] {
  const whole = argv.length <= ARGUMENTS;
  const kept = (whole ? argv : argv.slice(0, ARGUMENTS - 1)).map((argument) => {
    if (argument.length <= BYTES) return argument;
    return `${argument.slice(0, BYTES)}... (${argument.length - BYTES} more bytes)`;
  });
  if (!whole) kept.push(`... (${argv.length - kept.length} more arguments)`);
  return kept;
}
