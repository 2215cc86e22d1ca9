// What a program says to start a server, and what it has then.

import type { HandlersOf, Rows } from '../protocol/command-spec.ts';
import type { Clock, Random } from './clock.ts';
import type { Handler } from './command-table.ts';
import type { ConfigOptions } from './config/config.ts';
import type { ServerDuplex } from './double/duplex.ts';
import type { Faults } from './double/faults.ts';
import type { Interception, Interceptor } from './double/interception.ts';
import type { Journal } from './double/journal.ts';
import type { Leak } from './double/leaks.ts';
import type { Match } from './double/match.ts';
import type { Dumped } from './double/plain.ts';
import type { RestartOptions } from './double/restart.ts';
import type { SeedData } from './double/seed.ts';
import type { RestoreOptions, ServerSnapshot } from './double/state.ts';
import type { StrictOptions } from './double/strict.ts';
import type { MemoryConnection } from './memory-link.ts';
import type { VersionName } from './versions/version.ts';

/**
 * Redis's own configuration names, such as `port`, `unixsocket`, `requirepass` or
 * `maxmemory-policy`, with numbers, booleans or text as redis.conf has them; and a few of ours.
 * Without `port`, a free one is taken. With `tls-cert-file` or `tls-port` it speaks TLS, on a free
 * port if that is 0 or left out, and without TLS only where `port` or `unixsocket` asks for it.
 */
export type ServerOptions = ConfigOptions & {
  /** Where to listen: one address instead of the loopback interfaces. */
  readonly host?: string;
  /** false: nowhere. It is reached by connect() and duplex(), and keeps no process from ending. */
  readonly listen?: false;
  /** Which version of Redis or Valkey to be (docs/versions.md); 8.0 if it is not said. */
  readonly version?: VersionName;
  /** Tells of, or refuses, what works here and fails or hurts elsewhere (docs/versions.md). */
  readonly strict?: StrictOptions;
  /** Makes everything that is left to chance repeat: RANDOMKEY, run ids, ... */
  readonly seed?: number;
  /** Takes the time from the fake timers of Vitest, Jest or Sinon while there are any. */
  readonly clock?: 'fake-timers';
  /** Takes the lines of the server's log, each with its line end. */
  readonly log?: (line: string) => void;
  /**
   * Where the data set is kept: it is loaded from there, saved there as Redis does by default or
   * as these options say, and saved once more when the server closes. Without it nothing is
   * written, and SAVE fails.
   */
  readonly persistence?: ConfigOptions & { readonly dir: string };
  /** An RDB file to begin with, such as a copy of a production server's. It is only read. */
  readonly rdb?: string;
  /** Whether a journal is kept, and how many entries of it at most: 10,000 if it is not said. */
  readonly journal?: boolean | { readonly max: number };
};

/** A server that runs in this process. */
export type RunningServer = AsyncDisposable & {
  /**
   * What clients connect to: 'redis://127.0.0.1:50123', 'rediss://127.0.0.1:50124' if there is a
   * port for TLS, 'unix:///path' if there is no port, or '' if it does not listen.
   */
  readonly url: string;
  readonly host: string;
  /** The TCP port, or 0 if there is none. */
  readonly port: number;
  /** The port for TLS, or 0 if there is none. */
  readonly tlsPort: number;
  /** The Unix socket's path, or ''. */
  readonly socketPath: string;
  /** The server's time, to be stopped, moved and let go. */
  readonly clock: Clock;
  /** Where its chance comes from: what `random.seed` is makes a server's chance repeat. */
  readonly random: Random;
  /** A connection without a socket: bytes in and out, in RESP. */
  connect(): MemoryConnection;
  /** The same as a stream of Node, which can stand for a socket; 'connect' says that it does. */
  duplex(): ServerDuplex;
  /** What goes wrong on purpose. */
  readonly faults: Faults;
  /** What was asked and answered, once it is started. */
  readonly journal: Journal;
  /** Has requests pass through a function, which may answer, change or delay them. */
  intercept(which: Match | NonNullable<Match['command']>, handler: Interceptor): Interception;
  /** Adds commands: rows with their handlers, or one by its name. */
  define<Family extends Rows>(rows: Family, handlers: HandlersOf<Family, Handler>): Disposable;
  define(name: string, handler: Handler): Disposable;
  /**
   * Closes its ports and its Unix socket, so that nobody can connect (ECONNREFUSED); connections
   * stay. Disposing of the result opens them again.
   */
  unreachable(): Promise<AsyncDisposable>;
  /** Ends CLIENT PAUSE, which would hold CLIENT UNPAUSE, too. */
  unpause(): void;
  /** Whether it has ended: by close(), or because a client said SHUTDOWN. */
  readonly closed: boolean;
  /** What clients have open: blocked commands, subscriptions, WATCH, MULTI, connections. */
  leaks(): Leak[];
  /**
   * Remembers the state of the server: keys with their expiries, configuration, users, functions.
   * That costs nothing; what changes afterwards is kept as it was. Throws while a command runs.
   */
  snapshot(): ServerSnapshot;
  /**
   * Goes back to a snapshot, in a time that depends on how much has changed since. Connections
   * stay, with subscriptions and blocked commands; to them it is a change like any other, and so it
   * is to replicas and an append-only file. Throws an Error if it is no snapshot of this server, if
   * that was let go of, and for a replica.
   */
  restore(snapshot: ServerSnapshot, options?: RestoreOptions): void;
  /**
   * Fills the server: with keys and what they hold (docs/testing.md), with the text of commands or
   * of a session with redis-cli, with the bytes of an RDB file, or with the file at a file: URL.
   * Keys of the same names are replaced, others stay. Throws an Error for what cannot be read.
   */
  seed(data: SeedData): void;
  /** All keys and libraries of functions, in a form that can be read, compared, seeded again. */
  dump(): Dumped;
  /**
   * Ends and starts again, at the same port: all connections end, and what a process would lose is
   * lost. The data set stays (through the files, if there is `persistence`) unless `data` is false;
   * so do the clock, faults, interceptions, journal and snapshots. Resolves when it listens.
   */
  restart(options?: RestartOptions): Promise<void>;
  /**
   * Ends all connections and stops listening; saves before that if there is `persistence`. Nothing
   * of the server is left. Rejects if the data set could not be saved.
   */
  close(): Promise<void>;
};
