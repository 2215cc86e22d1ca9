// Before a server ends, its replicas get a chance to take what they still lack: for so long as
// shutdown-timeout says, nothing may be changed, and the server waits until all have everything.
//
// SHUTDOWN ABORT ends the waiting, and the server goes on.

import type { Timer } from './clock.ts';
import { FOR_SHUTDOWN, PAUSE_WRITE, pause, unpause } from './pause.ts';
import { ONLINE, stateName } from './replica-state.ts';
import type { Server } from './server.ts';

export class Farewell {
  private readonly server: Server;
  private untilMs = 0;
  private timer: Timer | null = null;
  private waiting: ((goes: boolean) => void)[] = [];

  constructor(server: Server) {
    this.server = server;
  }

  /** How long it is going to wait at most, in ms; -1 if it does not wait. */
  get leftMs(): number {
    return this.timer === null ? -1 : this.untilMs - this.server.clock.ms;
  }

  /**
   * Waits for the replicas, and stops all changes meanwhile. Resolves to true when they have
   * everything or the time is over, and to false when that was aborted; null if there is nothing to
   * wait for, or the server has to end `now`.
   */
  begin(now: boolean): Promise<boolean> | null {
    const { clock, config, log } = this.server;
    if (this.timer === null) {
      log.notice('User requested shutdown...');
      const ms = config.values['shutdown-timeout'] * 1000;
      if (now || ms === 0 || this.isReady()) return null;
      this.untilMs = clock.ms + ms;
      if (this.server.paused === null) this.server.replication.sendGetack();
      pause(this.server, PAUSE_WRITE, Number.MAX_SAFE_INTEGER, FOR_SHUTDOWN);
      log.notice('Waiting for replicas before shutting down.');
      this.timer = clock.at(this.untilMs, () => this.end(true));
    }
    return new Promise((resolve) => {
      this.waiting.push(resolve);
    });
  }

  /** A replica has said how far it is, or has left. */
  news(): void {
    if (this.timer !== null && this.isReady()) this.end(true);
  }

  /** SHUTDOWN ABORT: false if nobody waits. */
  abort(): boolean {
    if (this.timer === null) return false;
    this.end(false);
    unpause(this.server, FOR_SHUTDOWN);
    this.server.log.notice('Shutdown manually aborted.');
    return true;
  }

  /** Tells the log which replicas lack something. */
  report(): void {
    const { log, replication } = this.server;
    const { replicas, offset } = replication;
    if (replicas.length === 0) return;
    const lagging = replicas.filter(({ ackOffset }) => ackOffset !== offset);
    for (const { name, ackOffset, state, lagSeconds } of lagging) {
      const lag = state === ONLINE ? lagSeconds : 0;
      log.notice(
        `Lagging replica ${name} reported offset ${offset - ackOffset} behind master, ` +
          `lag=${lag}, state=${stateName(state)}.`,
      );
    }
    const good = replicas.length - lagging.length;
    log.notice(`${good} of ${replicas.length} replicas are in sync when shutting down.`);
  }

  private isReady(): boolean {
    const { replicas, offset } = this.server.replication;
    return replicas.every(({ ackOffset }) => ackOffset === offset);
  }

  private end(goes: boolean): void {
    if (this.timer !== null) this.server.clock.cancel(this.timer);
    this.timer = null;
    const { waiting } = this;
    this.waiting = [];
    // It is enough for one of them to end the server.
    for (const [i, resolve] of waiting.entries()) resolve(goes && i === 0);
  }
}
