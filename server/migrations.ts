// MIGRATE, as a server sees to it: which migrations are under way, who must wait for them, and the
// connections that are kept for the next.
//
// Redis does nothing else while it moves keys. Here the client that asked waits, and everybody else
// goes on, except for what could change the keys: such a request waits until they have arrived, or
// have not. Whoever reads them sees them until they are gone. What cannot be told to leave them
// alone (a script, FLUSHALL, a transaction with such a command in it) waits as well.
// docs/decisions/migrate.md has why.

import { MAY_REPLICATE, PUBSUB, WRITE } from '../protocol/command-spec.ts';
import { keyIndexes } from '../protocol/derive.ts';
import type { Client } from './client.ts';
import { OUTSIDE, PAUSED } from './client-state.ts';
import type { Timer } from './clock.ts';
import type { Command } from './command-table.ts';
import { MigrateLink, type LinkUser } from './migrate-link.ts';
import { type MigrateOrder, Migration, NO_CONNECTION } from './migration.ts';
import type { Server } from './server.ts';
import { TlsProblem } from './tls-context.ts';

// Redis: how long, and how many.
const IDLE_MS = 10_000;
const MOST_LINKS = 64;

const indexes: number[] = []; // Of the keys of one request.

export class Migrations {
  /** Whether there is one. */
  active = false;
  private readonly server: Server;
  private readonly underWay = new Set<Migration>();
  private readonly links = new Map<string, MigrateLink>(); // At most one for each address.
  private waiting: Client[] = [];
  private sweep: Timer | null = null;

  constructor(server: Server) {
    this.server = server;
  }

  /** How many connections are kept. */
  get cached(): number {
    return this.links.size;
  }

  /** Begins what a client asks for, which waits until it is done. Throws a ReplyError. */
  begin(c: Client, order: MigrateOrder): void {
    let migration: Migration;
    try {
      migration = new Migration(this, c, order, this.server.stopwatchMs());
    } catch (problem) {
      if (!(problem instanceof TlsProblem)) throw problem;
      this.server.log.warning(problem.message);
      throw NO_CONNECTION;
    }
    c.waits = OUTSIDE;
    this.active = true;
    this.underWay.add(migration);
  }

  /** A migration is over: whoever waited for it tries again. */
  ended(migration: Migration): void {
    this.underWay.delete(migration);
    this.active = this.underWay.size > 0;
    const { waiting } = this;
    this.waiting = [];
    for (const c of waiting) if (!c.closed && c.waits === PAUSED) c.proceed();
  }

  /** Lets a request wait that could change what is being moved; false if it may go on. */
  holds(c: Client, command: Command): boolean {
    if (c.repeats) return false;
    let touches = false;
    if (c.queue === null) touches = this.touches(command, c.argv);
    else if (command.spec.name === 'exec') {
      touches = c.queue.some((queued) => this.touches(queued.command, queued.argv));
    }
    if (!touches) return false;
    c.waits = PAUSED;
    this.waiting.push(c);
    return true;
  }

  /** Whether a call could change what is being moved. */
  touches(command: Command, argv: readonly string[]): boolean {
    const { spec, flags } = command;
    if (spec.name === 'debug') return replacesData(argv);
    if ((flags & (WRITE | MAY_REPLICATE)) === 0 || flags & PUBSUB) return false;
    if (spec.group === 'scripting') return true;
    if (spec.name === 'migrate') return keysToMigrate(argv).some((key) => this.isMoving(key));
    const found = keyIndexes(spec, argv, indexes);
    if (found <= 0) return true;
    for (let i = 0; i < found; i++) if (this.isMoving(argv[indexes[i]])) return true;
    return false;
  }

  /** A connection for somebody: one that was kept, or a new one. Throws a TlsProblem. */
  take(order: MigrateOrder, user: LinkUser): MigrateLink {
    const address = `${order.host}:${order.port}`;
    const kept = this.links.get(address);
    if (kept !== undefined && kept.user === null) {
      kept.user = user;
      return kept;
    }
    const port = (Number.parseInt(order.port, 10) || 0) & 0xffff;
    const { values } = this.server.config;
    const link: MigrateLink = new MigrateLink(values, order.host, port, address, () => {
      if (this.links.get(address) === link) this.links.delete(address);
    });
    link.user = user;
    if (kept === undefined) this.keep(link);
    return link;
  }

  /** Takes a connection back that is as good as before. */
  give(link: MigrateLink): void {
    link.user = null;
    link.usedMs = this.server.clock.ms;
    if (this.links.get(link.address) !== link) link.destroy();
    else if (this.sweep === null) this.plan();
  }

  /** Ends everything, unfinished. */
  close(): void {
    for (const migration of this.underWay) migration.abandon();
    this.underWay.clear();
    for (const link of this.links.values()) link.destroy();
    this.links.clear();
    if (this.sweep !== null) this.server.clock.cancel(this.sweep);
  }

  private isMoving(key: string): boolean {
    for (const { keys } of this.underWay) if (keys.has(key)) return true;
    return false;
  }

  private keep(link: MigrateLink): void {
    if (this.links.size >= MOST_LINKS) {
      const idle = [...this.links.values()].filter(({ user }) => user === null);
      if (idle.length === 0) return;
      this.discard(idle[this.server.random.below(idle.length)]);
    }
    this.links.set(link.address, link);
  }

  /** Ends a connection that is of no use any more. */
  discard(link: MigrateLink): void {
    if (this.links.get(link.address) === link) this.links.delete(link.address);
    link.destroy();
  }

  private plan(): void {
    const { clock } = this.server;
    this.sweep = clock.atLeisure(1000, () => {
      this.sweep = null;
      for (const link of [...this.links.values()]) {
        if (link.user === null && clock.ms - link.usedMs > IDLE_MS) this.discard(link);
      }
      if (this.links.size > 0) this.plan();
    });
  }
}

/** The keys that a call of MIGRATE names, whether they are there or not. */
export function keysToMigrate(argv: readonly string[]): readonly string[] {
  for (let i = 6; i < argv.length; i++) {
    const word = argv[i].toUpperCase();
    if (word === 'KEYS') return argv.slice(i + 1);
    if (word === 'AUTH') i++;
    else if (word === 'AUTH2') i += 2;
  }
  return [argv[3]];
}

function replacesData(argv: readonly string[]): boolean {
  const word = argv[1]?.toLowerCase();
  return word === 'reload' || word === 'loadaof';
}
