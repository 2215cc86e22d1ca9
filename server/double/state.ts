// Snapshots of a running server, and the way back to them.
//
// To take one costs next to nothing: what changes afterwards is kept as it was, key by key
// (kept.ts), and restore() puts back just that. So a test suite fills a server once, takes a
// snapshot, and after each test goes back to it, in a time that depends on what the test has
// changed and not on how much there is.
//
// A snapshot has all keys with their expiries and the order of SCAN, which database holds
// which, the configuration, ACL users, and libraries of functions. Scripts that were
// forgotten since are known again; those that came since stay known, because clients remember, too,
// what the server knows.
//
// Whoever is connected stays so, with subscriptions, the chosen database, and what MULTI has
// queued. To clients restore() is a change like any other, all of it in one moment: WATCH fails and
// copies of tracked keys are invalid where a key was changed, and who waits for a key that is there
// again is served, right afterwards. Who waits for one that was not there waits on. There
// are no keyspace events, as there was no command. What was put back is passed on to append-only
// files and replicas, as one unit.
//
// Snapshots may be restored in any order, and each as often as one wants. One that nobody has any
// more lets go of what it kept, as does dispose().

import { dump } from '../../persistence/dump.ts';
import { copyUsers } from '../acl.ts';
import type { User } from '../acl-user.ts';
import type { Script } from '../eval-scripts.ts';
import type { FunctionsCopy } from '../functions.ts';
import type { Database } from '../keyspace.ts';
import type { Server } from '../server.ts';
import { hasTimes, Kept } from './kept.ts';

/** A state of a server, which it can go back to. */
export type ServerSnapshot = Disposable & {
  /** The server's time when it was taken (Unix, in ms). */
  readonly takenMs: number;
  /** Lets go of it: it cannot be restored any more, and costs nothing. */
  dispose(): void;
};

export type RestoreOptions = {
  /**
   * Whether the clock goes back, too, to when the snapshot was taken, so that keys have as long to
   * live as they had then. It goes on, or stands still, as it does now. By default time goes on,
   * and keys whose time has come since are gone.
   */
  readonly clock?: boolean;
};

type Settings = {
  readonly config: ReadonlyMap<string, string>;
  readonly configChanges: number;
  readonly users: ReadonlyMap<string, User>;
  readonly usersChanges: number;
};

/** What is kept for one snapshot. It must not know the object that the program has. */
class Moment {
  readonly ms: number;
  readonly parts: readonly Kept[];
  readonly settings: Settings;
  readonly functions: FunctionsCopy;
  readonly scripts: readonly Script[];
  ended = false;

  constructor({ clock, databases, scripting }: Server, settings: Settings) {
    this.ms = clock.tick();
    this.parts = databases.map((db) => new Kept(db));
    this.settings = settings;
    this.functions = scripting.functions.copy();
    this.scripts = scripting.scripts.copy();
  }

  end(): void {
    if (this.ended) return;
    this.ended = true;
    for (const part of this.parts) part.end();
  }
}

export class States {
  /** Whose states these are: another one after restart(). */
  server: Server;
  private settings: Settings | null = null; // As they were when they were looked at last.
  private readonly moments = new WeakMap<ServerSnapshot, Moment>();
  private readonly forgotten = new FinalizationRegistry((moment: Moment) => moment.end());

  constructor(server: Server) {
    this.server = server;
  }

  /** Takes a snapshot. Throws an Error while a command runs. */
  take(): ServerSnapshot {
    this.checkIdle('A snapshot cannot be taken');
    const moment = new Moment(this.server, this.currentSettings());
    const dispose = () => moment.end();
    const taken = { takenMs: moment.ms, dispose, [Symbol.dispose]: dispose };
    this.moments.set(taken, moment);
    this.forgotten.register(taken, moment);
    return taken;
  }

  /**
   * Goes back to a snapshot. Throws an Error if that is none of this server's, or was let go of,
   * while a command runs, and for a replica.
   */
  restore(taken: ServerSnapshot, options: RestoreOptions = {}): void {
    const moment = this.moments.get(taken);
    if (moment === undefined) throw new Error('This is no snapshot of this server.');
    if (moment.ended) throw new Error('The snapshot was let go of.');
    this.checkIdle('A snapshot cannot be restored');
    const { server } = this;
    if (server.isFollowing) throw new Error('A replica has the state of its master.');
    if (options.clock) server.clock.set(moment.ms);
    server.beginTurn();
    this.putBackSettings(moment);
    this.putBackKeys(moment);
    server.propagation.flush();
    server.endTurn();
  }

  private checkIdle(what: string): void {
    const { current, busyScript, loading } = this.server;
    if (current !== null || busyScript !== null) throw new Error(`${what} while a command runs.`);
    if (loading !== null) throw new Error(`${what} while a file is loaded.`);
  }

  /** The settings, which are copied only if they have changed since the last time. */
  private currentSettings(): Settings {
    const { config, acl } = this.server;
    const { settings: last } = this;
    const [configChanges, usersChanges] = [config.changes, acl.changes];
    this.settings = {
      config: last?.configChanges === configChanges ? last.config : config.copy(),
      configChanges,
      users: last?.usersChanges === usersChanges ? last.users : acl.copy(),
      usersChanges,
    };
    return this.settings;
  }

  private putBackSettings({ settings, functions, scripts }: Moment): void {
    const { config, acl, scripting } = this.server;
    if (this.currentSettings().config !== settings.config) config.putBack(settings.config);
    if (this.currentSettings().users !== settings.users) acl.replace(copyUsers(settings.users));
    this.settings = { ...settings, configChanges: config.changes, usersChanges: acl.changes };
    if (scripting.functions.putBack(functions)) this.passOnFunctions();
    scripting.scripts.putBack(scripts);
  }

  private putBackKeys({ parts }: Moment): void {
    const { server } = this;
    const { databases, expirer, blocking, tracking, propagation } = server;
    const moved: Database[] = [];
    let timedFields = false;
    for (const [i, db] of databases.entries()) {
      const { past } = parts[i];
      if (past.table === db) continue;
      if (moved.length === 0) tracking.flushed();
      moved.push(db);
      timedFields = timedFields || past.timedFields;
      db.swapWith(past.table);
    }
    for (const [i, db] of databases.entries()) {
      const changed = this.putBackKeysOf(db, parts[i]);
      if (propagation.active) this.passOn(db, moved.includes(db) ? null : changed);
    }
    if (moved.length === 0) return;
    if (timedFields || databases.some((db) => db.volatile > 0)) expirer.rebuild(timedFields);
    for (const db of moved) blocking.databaseReady(db);
    server.dirty += moved.length;
  }

  private putBackKeysOf(db: Database, part: Kept): readonly string[] {
    const { server } = this;
    const { expirer, blocking } = server;
    const changed = part.putBack();
    for (const key of changed) {
      db.touched(key);
      if (db.missed.size !== 0) blocking.keyGone(db, key);
      const i = db.dict.find(key);
      if (i < 0) continue;
      if (db.blocked.size !== 0) blocking.keyReady(db, key);
      const whenMs = db.rawExpiry(i);
      if (whenMs > 0) expirer.add(whenMs, db, key);
      if (hasTimes(db.dict.valueAt(i))) expirer.addFields(db, key);
    }
    server.dirty += changed.length;
    return changed;
  }

  /** Passes on what these keys hold now; or all keys, where a database holds others than before. */
  private passOn(db: Database, changed: readonly string[] | null): void {
    const { propagation, version } = this.server;
    const { dict } = db;
    if (changed === null) {
      propagation.add(db, ['FLUSHDB']);
      changed = Array.from({ length: db.size }, (_, i) => dict.keyAt(i));
    }
    for (const key of changed) {
      const i = dict.find(key);
      if (i < 0) {
        propagation.add(db, ['DEL', key]);
        continue;
      }
      const payload = dump(dict.valueAt(i), false, version.rdb).latin1Slice();
      const whenMs = db.exactExpiryAt(i);
      const at = whenMs === -1 ? '0' : String(whenMs);
      propagation.add(db, ['RESTORE', key, at, payload, 'REPLACE', 'ABSTTL']);
    }
  }

  private passOnFunctions(): void {
    const { propagation, databases, scripting } = this.server;
    propagation.add(databases[0], ['FUNCTION', 'FLUSH']);
    for (const code of scripting.functions.codes()) {
      propagation.add(databases[0], ['FUNCTION', 'LOAD', code]);
    }
  }
}
