// ACL LOG: who was refused what. The same refusal again within a minute is counted, not told anew.

import { DENIED_CHANNEL, DENIED_COMMAND, DENIED_KEY } from './acl-check.ts';
import type { Client } from './client.ts';
import { describeClient } from './client-info.ts';
import type { Server } from './server.ts';

/** A wrong password; the other reasons are those of acl-check.ts. */
export const DENIED_LOGIN = 4;

/** Where the call stood. */
export type Context = 'toplevel' | 'multi' | 'lua';

export type Refusal = {
  count: number;
  readonly reason: string;
  readonly context: Context;
  /** The command, the key or the channel. */
  readonly object: string;
  readonly user: string;
  /** The client of the last time, as CLIENT LIST describes it. */
  client: string;
  readonly id: number;
  readonly firstMs: number;
  lastMs: number;
};

const SAME_MS = 60_000;
const LOOKED_AT = 10; // So many of the newest may be the same again.

const REASONS: Readonly<Record<number, string>> = {
  [DENIED_COMMAND]: 'command',
  [DENIED_KEY]: 'key',
  [DENIED_CHANNEL]: 'channel',
  [DENIED_LOGIN]: 'auth',
};

export class AclLog {
  /** The newest first. */
  readonly refusals: Refusal[] = [];
  private readonly server: Server;
  private nextId = 0;

  constructor(server: Server) {
    this.server = server;
  }

  add(c: Client, reason: number, context: Context, object: string, user: string): void {
    const { server, refusals } = this;
    this.count(reason);
    const room = server.config.values['acllog-max-len'];
    if (room === 0) {
      refusals.length = 0;
      return;
    }
    const now = server.clock.ms;
    const client = describeClient(c.asker);
    const name = REASONS[reason];
    const at = refusals.findIndex(
      (each, i) =>
        i < LOOKED_AT &&
        each.reason === name &&
        each.context === context &&
        Math.abs(each.lastMs - now) <= SAME_MS &&
        each.object === object &&
        each.user === user,
    );
    if (at >= 0) {
      const [known] = refusals.splice(at, 1);
      known.count++;
      known.client = client;
      known.lastMs = now;
      refusals.unshift(known);
      return;
    }
    const id = this.nextId++;
    refusals.unshift({
      ...{ count: 1, reason: name, context, object, user, client, id },
      ...{ firstMs: now, lastMs: now },
    });
    if (refusals.length > room) refusals.length = room;
  }

  private count(reason: number): void {
    const { stats } = this.server;
    if (reason === DENIED_COMMAND) stats.deniedCommands++;
    else if (reason === DENIED_KEY) stats.deniedKeys++;
    else if (reason === DENIED_CHANNEL) stats.deniedChannels++;
    else stats.deniedLogins++;
  }
}
