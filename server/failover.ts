// FAILOVER: a master and one of its replicas change places, and nothing is lost.
//
//   IDLE --FAILOVER--> WAITING --the replica has everything--> UNDER_WAY --it has agreed--> IDLE
//
// While it waits nobody may write. When the replica has everything we begin to follow it, and ask
// it with our PSYNC to be the master from now on.

import { PAUSE_WRITE, FOR_FAILOVER, pause, unpause } from './pause.ts';
import type { Replica } from './replica.ts';
import type { Server } from './server.ts';

const IDLE = 0;
const WAITING = 1;
const UNDER_WAY = 2;
const CRON_MS = 100;

/** A replica, as its master calls it. */
export type Target = { readonly host: string; readonly port: number };

export class Failover {
  private readonly server: Server;
  private state = IDLE;
  private target: Target | null = null;
  private untilMs = 0; // 0 is for ever.
  private forced = false;

  constructor(server: Server) {
    this.server = server;
  }

  get isIdle(): boolean {
    return this.state === IDLE;
  }

  /** Whether the replica is being asked to be the master. */
  get isUnderWay(): boolean {
    return this.state === UNDER_WAY;
  }

  /** Redis: the target could never have everything if something was added to it. */
  get pausesPings(): boolean {
    return this.state !== IDLE && this.untilMs !== 0 && this.server.paused !== null;
  }

  /** As INFO has it. */
  get stateName(): string {
    if (this.state === IDLE) return 'no-failover';
    return this.state === WAITING ? 'waiting-for-sync' : 'failover-in-progress';
  }

  /** The replica that is listed under an address, in any state. */
  find({ host, port }: Target): Replica | undefined {
    const { replicas } = this.server.replication;
    return replicas.find((each) => {
      return each.port === port && each.ip.toLowerCase() === host.toLowerCase();
    });
  }

  /** Begins: for a replica, or any; within so many ms (0 is for ever), or without waiting on. */
  begin(target: Target | null, ms: number, forced: boolean): void {
    const { server } = this;
    const whom = target === null ? 'any replica' : `${target.host}:${target.port}`;
    server.log.notice(`FAILOVER requested to ${whom}.`);
    this.target = target;
    this.untilMs = ms === 0 ? 0 : server.clock.ms + ms;
    this.forced = forced;
    this.state = WAITING;
    pause(server, PAUSE_WRITE, Number.MAX_SAFE_INTEGER, FOR_FAILOVER);
    this.later();
  }

  /** Gives it up; nothing happens if there is none. */
  abort(why: string): void {
    if (this.state === IDLE) return;
    const { server, target } = this;
    const whom = target === null ? 'any replica' : `${target.host}:${target.port}`;
    server.log.notice(`FAILOVER to ${whom} aborted: ${why}`);
    if (this.state === UNDER_WAY) server.following.unfollow();
    this.clear();
  }

  /** The new master has answered. */
  succeeded(): void {
    if (this.state === UNDER_WAY) this.clear();
  }

  /** Looks whether it can go on. */
  cron(): void {
    if (this.state !== WAITING) return;
    const { server } = this;
    if (this.untilMs !== 0 && this.untilMs <= server.clock.ms) {
      if (!this.forced) return this.abort('Replica never caught up before timeout');
      const { host, port } = this.target!;
      server.log.notice(`FAILOVER to ${host}:${port} time out exceeded, failing over.`);
      return this.change();
    }
    const { replicas, offset } = server.replication;
    const candidates = this.target === null ? replicas : [this.find(this.target)];
    const ready = candidates.find((each) => each?.ackOffset === offset);
    if (ready === undefined) return;
    this.target ??= { host: ready.ip, port: ready.port };
    const { host, port } = this.target;
    server.log.notice(`Failover target ${host}:${port} is synced, failing over.`);
    this.change();
  }

  private change(): void {
    const { host, port } = this.target!;
    this.state = UNDER_WAY;
    this.server.following.follow(host, port);
  }

  private clear(): void {
    this.state = IDLE;
    this.target = null;
    this.untilMs = 0;
    this.forced = false;
    unpause(this.server, FOR_FAILOVER);
  }

  private later(): void {
    this.server.clock.in(CRON_MS, () => {
      if (this.state !== WAITING) return;
      this.server.beginTurn();
      this.cron();
      this.later();
    });
  }
}
