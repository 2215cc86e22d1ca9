// The latency monitor: what took longer than latency-monitor-threshold, event by event.
//
// An event is a kind of work ('command', 'fast-command', 'expire-cycle', ...). Each keeps its
// last 160 samples, at most one a second: the worst of that second.

import { FAST } from '../protocol/command-spec.ts';
import type { Command } from './command-table.ts';
import type { Server } from './server.ts';

const SAMPLES = 160; // Redis: LATENCY_TS_LEN.

export type LatencySample = { readonly when: number; ms: number };

/** The history of one event. */
export class LatencyEvent {
  /** The oldest first; `when` is in Unix seconds. */
  readonly samples: LatencySample[] = [];
  /** The worst ever, in milliseconds, even if its sample is gone. */
  worst = 0;

  add(when: number, ms: number): void {
    if (ms > this.worst) this.worst = ms;
    const last = this.samples.at(-1);
    if (last !== undefined && last.when === when) {
      if (ms > last.ms) last.ms = ms;
      return;
    }
    if (this.samples.length === SAMPLES) this.samples.shift();
    this.samples.push({ when, ms });
  }
}

export class LatencyMonitor {
  /** By name, in the order in which they first happened. */
  readonly events = new Map<string, LatencyEvent>();
  private readonly server: Server;

  constructor(server: Server) {
    this.server = server;
  }

  /** Notes a command that took longer than the threshold. */
  command(command: Command, micros: number): void {
    this.note(command.flags & FAST ? 'fast-command' : 'command', Math.floor(micros / 1000));
  }

  /** Notes that something took so long, if that is over the threshold. */
  add(event: string, ms: number): void {
    const threshold = this.server.config.values['latency-monitor-threshold'];
    if (threshold !== 0 && ms >= threshold) this.note(event, Math.floor(ms));
  }

  private note(name: string, ms: number): void {
    let event = this.events.get(name);
    if (event === undefined) {
      event = new LatencyEvent();
      this.events.set(name, event);
    }
    event.add(Math.floor(this.server.clock.ms / 1000), ms);
  }

  /** Forgets one event, or all when none is named. Returns how many there were to forget. */
  reset(name?: string): number {
    if (name !== undefined) return this.events.delete(name) ? 1 : 0;
    const count = this.events.size;
    this.events.clear();
    return count;
  }
}
