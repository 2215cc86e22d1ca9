// One MIGRATE under way: some keys, on their way to another server.
//
//   connect -> AUTH, SELECT, RESTORE key by key ... -> as many replies -> what arrived is deleted
//
// Values are made into payloads as fast as the connection takes them, so that no more than one of
// them waits in memory. What the other end did not acknowledge stays here. Nothing changes the
// keys meanwhile: migrations.ts sees to that.

import { dump } from '../persistence/dump.ts';
import { toBuffer } from '../protocol/byte-string.ts';
import { ReplyError } from '../protocol/errors.ts';
import { writeRequest } from '../protocol/request-writer.ts';
import { answer } from './call.ts';
import type { Client } from './client.ts';
import { RUNNING } from './client-state.ts';
import type { Timer } from './clock.ts';
import type { Database, Value } from './keyspace.ts';
import type { LinkUser, MigrateLink } from './migrate-link.ts';
import type { Migrations } from './migrations.ts';
import { TlsProblem } from './tls-context.ts';

export const NO_CONNECTION = new ReplyError('IOERR error or timeout connecting to the client');
const NOT_WRITTEN = new ReplyError('IOERR error or timeout writing to target instance');
const NOT_READ = new ReplyError('IOERR error or timeout reading from target instance');

const CHUNK_BYTES = 64 * 1024; // Redis: a timeout counts anew for each.

/** What a client asked for. */
export type MigrateOrder = {
  readonly host: string;
  readonly port: string;
  /** Those that were there. */
  readonly keys: readonly string[];
  readonly db: number | bigint;
  /** For how long nothing may happen. */
  readonly timeoutMs: number;
  /** Whether the keys stay here as well. */
  readonly copy: boolean;
  readonly replace: boolean;
  /** A password, or a user's name and password; or nothing. */
  readonly credentials: readonly string[];
};

export class Migration implements LinkUser {
  readonly db: Database;
  readonly order: MigrateOrder;
  /** What is on its way. */
  readonly keys: ReadonlySet<string>;
  private readonly client: Client;
  private readonly all: Migrations;
  private readonly startMs: number;
  private link: MigrateLink;
  private timer: Timer;
  private triesLeft = 1; // Redis: a connection that was kept may be dead without anybody knowing.
  private next = 0; // The key that comes next.
  private written = false;
  private readonly sent: { key: string; value: Value }[] = [];
  private introductions = 0; // Replies that are due before those for the keys:
  private refused = ''; // the first error among them, or
  private problem = ''; // the first error at all.
  private replies = 0; // For keys.
  private readonly arrived: { key: string; value: Value }[] = [];

  constructor(all: Migrations, client: Client, order: MigrateOrder, startMs: number) {
    this.all = all;
    this.client = client;
    this.db = client.db;
    this.order = order;
    this.keys = new Set(order.keys);
    this.startMs = startMs;
    this.link = all.take(order, this);
    this.timer = this.newTimer();
    if (this.link.isOpen) this.opened();
  }

  opened(): void {
    const { credentials, db } = this.order;
    this.progress();
    const head: Buffer[] = [];
    if (credentials.length > 0) head.push(request('AUTH', ...credentials));
    if (this.link.db !== db) head.push(request('SELECT', String(db)));
    this.introductions = head.length;
    this.pump(head);
  }

  line(text: string): void {
    this.progress();
    const failed = text.startsWith('-');
    if (failed && this.problem === '') this.problem = text.slice(1);
    if (this.introductions > 0) {
      this.introductions--;
      if (failed && this.refused === '') this.refused = text;
    } else {
      const sent = this.sent[this.replies++];
      if (sent !== undefined && !failed && this.refused === '') this.arrived.push(sent);
    }
    this.endIfAnswered();
  }

  lost(unreachable: boolean): void {
    if (unreachable) return this.end(NO_CONNECTION);
    if (this.triesLeft === 0 || this.replies > 0 || this.problem !== '') return this.fail();
    this.triesLeft--;
    this.next = 0;
    this.written = false;
    this.sent.length = 0;
    this.introductions = 0;
    try {
      this.link = this.all.take(this.order, this);
    } catch (problem) {
      if (!(problem instanceof TlsProblem)) throw problem;
      this.end(NO_CONNECTION);
    }
  }

  /** Lets go of everything; the client is not told. */
  abandon(): void {
    this.client.server.clock.cancel(this.timer);
    this.link.destroy();
  }

  /** Sends some more, and goes on when that has left. */
  private pump(pieces: Buffer[]): void {
    const { keys } = this.order;
    let bytes = 0;
    while (bytes < CHUNK_BYTES && this.next < keys.length) {
      const piece = this.restoring(keys[this.next++]);
      if (piece === null) continue;
      pieces.push(piece);
      bytes += piece.length;
    }
    const last = this.next === keys.length;
    const { link } = this;
    link.write(Buffer.concat(pieces), () => {
      if (link !== this.link || link.user !== this) return;
      this.progress();
      this.written = last;
      if (last) this.endIfAnswered();
      else this.pump([]);
    });
  }

  /** The command that makes a key at the other end; null if its time has come meanwhile. */
  private restoring(key: string): Buffer | null {
    const { db, client } = this;
    const { server } = client;
    const i = db.dict.find(key);
    if (i < 0 || db.hasExpired(i)) return null;
    const value = db.dict.valueAt(i);
    this.sent.push({ key, value });
    const whenMs = db.exactExpiryAt(i);
    const left =
      typeof whenMs === 'bigint' ? whenMs - BigInt(server.clock.ms) : whenMs - server.clock.ms;
    const ttl = whenMs === -1 ? 0 : left < 1 ? 1 : left;
    const { values } = server.config;
    return writeRequest([
      values['cluster-enabled'] ? 'RESTORE-ASKING' : 'RESTORE',
      toBuffer(key),
      ttl,
      dump(value, values.rdbcompression, server.version.rdb),
      ...(this.order.replace ? ['REPLACE'] : []),
    ]);
  }

  private endIfAnswered(): void {
    if (!this.written || this.introductions > 0 || this.replies < this.sent.length) return;
    this.link.db = this.problem === '' ? Number(this.order.db) : -1;
    this.all.give(this.link);
    this.end(null);
  }

  private newTimer(): Timer {
    const { clock } = this.client.server;
    return clock.in(this.order.timeoutMs, () => this.fail());
  }

  private progress(): void {
    this.client.server.clock.cancel(this.timer);
    this.timer = this.newTimer();
  }

  /** The connection is broken, or nothing comes. */
  private fail(): void {
    const { link } = this;
    this.all.discard(link);
    if (link.secure && !link.isOpen) this.end(NO_CONNECTION);
    else this.end(this.written ? NOT_READ : NOT_WRITTEN);
  }

  private end(broken: ReplyError | null): void {
    const { client, problem } = this;
    const { server } = client;
    server.clock.cancel(this.timer);
    server.beginTurn();
    if (!this.order.copy) this.remove();
    const error =
      problem === ''
        ? broken
        : new ReplyError(`ERR Target instance replied with error: ${problem}`);
    server.ran(client, client.running!, this.startMs, error !== null);
    client.waits = RUNNING;
    if (!client.closed) {
      answer(client, () => {
        if (error !== null) throw error;
        client.reply.ok();
      });
    }
    this.all.ended(this);
    if (!client.closed) client.go();
    server.endTurn();
  }

  /** Deletes what is there now, and tells that to those who repeat what changes here. */
  private remove(): void {
    const { client, db } = this;
    const { server } = client;
    const caller = server.current;
    server.current = client;
    const gone = ['DEL'];
    for (const { key, value } of this.arrived) {
      // What was swept away by a new data set (REPLICAOF) is not what was sent.
      if (db.dict.get(key) !== value || !db.remove(key)) continue;
      db.changed(key, 'del');
      gone.push(key);
    }
    server.current = caller;
    if (gone.length === 1) return;
    const { propagation } = server;
    propagation.add(db, gone);
    propagation.flush();
    client.wroteOffset = propagation.offset;
  }
}

function request(...argv: readonly string[]): Buffer {
  return writeRequest(argv.map(toBuffer));
}
