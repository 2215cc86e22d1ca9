// How far a large file is loaded, for somebody who sits at the terminal.

import type { Timer } from './clock.ts';
import type { Server } from './server.ts';

const DELAY_MS = 300; // What is loaded sooner than that needs no bar.
const STEP_MS = 100;
const CLEAR_LINE = '\r\x1b[K';
const WIDEST = 40;

/** A terminal, as far as a bar needs one. */
export type Terminal = { readonly columns?: number; write(text: string): unknown };

export class ProgressBar {
  private readonly server: Server;
  private readonly terminal: Terminal;
  private readonly startMs: number;
  private timer: Timer;
  private visible = false;

  /** Shows how far `server.loading` is, until end(). */
  constructor(server: Server, terminal: Terminal) {
    this.server = server;
    this.terminal = terminal;
    this.startMs = server.clock.stopwatch();
    this.timer = server.clock.in(DELAY_MS, () => this.draw());
  }

  /** Makes room for something else on the terminal; the bar comes back by itself. */
  clear(): void {
    if (!this.visible) return;
    this.visible = false;
    this.terminal.write(CLEAR_LINE);
  }

  end(): void {
    this.server.clock.cancel(this.timer);
    this.clear();
  }

  private draw(): void {
    const { server, terminal } = this;
    const { loading, clock } = server;
    this.timer = clock.in(STEP_MS, () => this.draw());
    if (loading === null || loading.totalBytes === 0) return;
    const { loadedBytes, totalBytes } = loading;
    const passedMs = clock.stopwatch() - this.startMs;
    const line = progressLine(loadedBytes, totalBytes, passedMs, terminal.columns || 80);
    terminal.write(CLEAR_LINE + line);
    this.visible = true;
  }
}

/** One line, not wider than the terminal: '[######........] 43%  1.2 of 2.8 GB, 5 s left'. */
export function progressLine(
  loaded: number,
  total: number,
  passedMs: number,
  columns: number,
): string {
  const part = Math.min(1, loaded / total);
  const [unit, name] = total >= 2 ** 30 ? [2 ** 30, 'GB'] : [2 ** 20, 'MB'];
  const bytes = `${(loaded / unit).toFixed(1)} of ${(total / unit).toFixed(1)} ${name}`;
  const seconds = Math.ceil((passedMs / part) * (1 - part) * 0.001);
  const rest = part === 0 ? '' : `, ${seconds} s left`;
  const text = ` ${String(Math.floor(part * 100)).padStart(3)}%  ${bytes}${rest}`;
  const width = Math.min(WIDEST, columns - text.length - 3);
  if (width < 5) return text.slice(0, Math.max(0, columns - 1));
  const done = Math.round(part * width);
  return `[${'#'.repeat(done)}${'.'.repeat(width - done)}]${text}`;
}
