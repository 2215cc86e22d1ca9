// The server's log, line by line in Redis's format:
//
//    4711:M 20 Nov 2026 21:19:18.123 * Ready to accept connections tcp
//
// A server that a program starts says nothing unless it is given somewhere to say it.

import type { Clock } from './clock.ts';

const LEVELS = ['debug', 'verbose', 'notice', 'warning', 'nothing'] as const;
export type LogLevel = (typeof LEVELS)[number];
const MARKS = '.-*#';
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

export class Log {
  /** Lines below this level are left out. */
  level: LogLevel = 'notice';
  /** What the process is, in the line's head: M for a master. */
  role = 'M';
  private readonly clock: Clock;
  private readonly pid: number;
  private readonly write: ((line: string) => void) | null;

  constructor(clock: Clock, pid: number, write: ((line: string) => void) | null) {
    this.clock = clock;
    this.pid = pid;
    this.write = write;
  }

  debug(text: string): void {
    this.line(0, text);
  }

  verbose(text: string): void {
    this.line(1, text);
  }

  notice(text: string): void {
    this.line(2, text);
  }

  warning(text: string): void {
    this.line(3, text);
  }

  /** A line of a level from 0, debug, to 3, a warning. */
  at(level: number, text: string): void {
    this.line(level, text);
  }

  /** Text as it stands, without head. */
  raw(text: string): void {
    this.write?.(text);
  }

  private line(level: number, text: string): void {
    if (this.write === null || level < LEVELS.indexOf(this.level)) return;
    const t = new Date(this.clock.ms);
    const two = (n: number) => String(n).padStart(2, '0');
    const month = MONTHS.slice(t.getMonth() * 3, t.getMonth() * 3 + 3);
    const time = `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;
    const ms = String(t.getMilliseconds()).padStart(3, '0');
    const date = `${two(t.getDate())} ${month} ${t.getFullYear()} ${time}.${ms}`;
    this.write(`${this.pid}:${this.role} ${date} ${MARKS[level]} ${text}\n`);
  }
}
