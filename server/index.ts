// The package's entrance: a server inside a program.
//
//   await using server = await startServer();
//   const client = new Redis(server.url);

import { loadUsersAtStart } from './acl-file.ts';
import type { Clock, Random } from './clock.ts';
import type { Handler } from './command-table.ts';
import { allowControl } from './control.ts';
import { Config, type ConfigOptions } from './config/config.ts';
import { diskHost } from './config/config-file.ts';
import { realDisk } from './disk.ts';
import { Double } from './double/double.ts';
import { ServerDuplex } from './double/duplex.ts';
import type { Faults } from './double/faults.ts';
import type { Interception, Interceptor } from './double/interception.ts';
import type { Journal } from './double/journal.ts';
import type { Match } from './double/match.ts';
import { defineCommand, defineCommands } from './double/own-commands.ts';
import { dumpOf } from './double/dump.ts';
import type { Dumped } from './double/plain.ts';
import type { RestartOptions } from './double/restart.ts';
import { seed as seedWith, type SeedData } from './double/seed.ts';
import { type RestoreOptions, type ServerSnapshot, States } from './double/state.ts';
import { type Leak, leaksOf } from './double/leaks.ts';
import { Listeners } from './listeners.ts';
import { loadRdb } from './loading.ts';
import { MemoryConnection } from './memory-link.ts';
import { fromText } from '../protocol/byte-string.ts';
import type { HandlersOf, Rows } from '../protocol/command-spec.ts';
import { Server } from './server.ts';
import { nearAddress, urlOf } from './server-url.ts';
import { prepareShutdown } from './shutdown.ts';
import { loadData, withCluster } from './start.ts';
import { loadCommands } from './versions/load.ts';
import type { VersionName } from './versions/version.ts';

export type { Clock, Random } from './clock.ts';
export type { Dumped, PlainData } from './double/plain.ts';
export type { RestartOptions } from './double/restart.ts';
export type { SeedData } from './double/seed.ts';
export type { RestoreOptions, ServerSnapshot } from './double/state.ts';
export type { Leak } from './double/leaks.ts';
export type { ServerDuplex } from './double/duplex.ts';
export type { Fault, FaultSpec, Faults } from './double/faults.ts';
export type { Interception, Interceptor, Next, Request } from './double/interception.ts';
export type { Journal, JournalEntry, JournalFilter } from './double/journal.ts';
export type { ClientMatch, ClientView, Match } from './double/match.ts';
export { status } from './double/values.ts';
export type { MemoryConnection } from './memory-link.ts';
export type { VersionName } from './versions/version.ts';

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
  /** The same as a stream of Node, which can stand for a socket. It emits 'connect' when it is one. */
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
  /** What clients have open: blocked commands, subscriptions, WATCH, MULTI, connections. */
  leaks(): Leak[];
  /**
   * Remembers the state of the server: keys with their expiries, configuration, users, functions.
   * That costs nothing; what changes afterwards is kept as it was. Throws while a command runs.
   */
  snapshot(): ServerSnapshot;
  /**
   * Goes back to a snapshot, in a time that depends on how much has changed since. Connections stay,
   * with subscriptions and blocked commands; to them it is a change like any other. Throws an Error
   * if it is no snapshot of this server, with an append-only file or replicas, and for a replica.
   */
  restore(snapshot: ServerSnapshot, options?: RestoreOptions): void;
  /**
   * Fills the server: with keys and what they hold (docs/testing.md), with the text of commands or
   * of a session with redis-cli, with the bytes of an RDB file, or with the file at a file: URL.
   * Keys of the same names are replaced, others stay. Throws an Error for what cannot be read.
   */
  seed(data: SeedData): void;
  /** All keys and libraries of functions, in a form that can be read, compared, and seeded again. */
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

/**
 * Starts a server, which listens when the promise resolves. Throws an Error for options
 * that do not fit, and rejects when it cannot listen, or cannot load what it is to begin with.
 */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const { host, listen, version, seed, clock, log, persistence, rdb, journal, ...parameters } =
    options;
  const configure = () => {
    const config = new Config(diskHost());
    if (version !== undefined) config.options({ 'respite-version': version });
    const files = persistence ?? { save: '' };
    config.options({ port: 0, ...files, ...parameters });
    if (host !== undefined) config.options({ bind: host });
    return config;
  };
  const config = configure();
  const disk = persistence === undefined ? undefined : realDisk;
  const commands = config.version.isCurrent ? undefined : await loadCommands(config.version);
  const server = new Server(config, { seed, log, pid: process.pid, disk, commands });
  if (clock === 'fake-timers') server.clock.follow();
  const listeners = new Listeners(server);
  const states = new States(server);
  const double = new Double(server);
  if (journal) double.journal.start(journal === true ? {} : journal);
  const usesTls = options['tls-port'] !== undefined || options['tls-cert-file'] !== undefined;
  const elsewhere = options.unixsocket !== undefined || usesTls;
  const any = { tcp: options.port !== undefined || !elsewhere, tls: usesTls };
  let ended: Promise<void> | null = null;
  const end = () => {
    if (ended === null) {
      server.close();
      ended = listeners.close();
    }
    return ended;
  };
  const close = async () => {
    const saved = ended !== null || prepareShutdown(server, { save: '', force: true });
    await end();
    if (!saved) throw new Error('The data set could not be saved: see the log.');
  };
  server.relisten = () => listeners.reopen();
  server.onShutdown = () => void end();
  server.onFatal = () => void end();
  try {
    const load = (path: string) => loadRdb(server, fromText(path), realDisk);
    loadUsersAtStart(server);
    if (rdb !== undefined) await withCluster(server, () => load(rdb));
    else await loadData(server);
    if (listen !== false) await listeners.open(any);
    config.put('port', String(server.port));
    config.put('tls-port', String(server.tlsPort));
    server.following.start();
  } catch (problem) {
    server.close();
    throw problem;
  }
  const address = host ?? nearAddress(config.values.bind);
  // Unlike Redis: a node of a cluster that a program starts tells clients its address at once;
  // Redis has to be met by another node first.
  server.cluster?.learnAddress(address);
  const running: RunningServer = {
    get url() {
      return listen === false ? '' : urlOf(server, address);
    },
    host: address,
    get port() {
      return server.port;
    },
    get tlsPort() {
      return server.tlsPort;
    },
    socketPath: config.values.unixsocket,
    clock: server.clock,
    random: server.random,
    connect: () => new MemoryConnection(server),
    faults: double.faults,
    journal: double.journal,
    intercept: (which, handler) => double.interceptions.add(which, handler),
    define: (rows: string | Rows, handlers: Handler | HandlersOf<Rows, Handler>) =>
      typeof rows === 'string'
        ? defineCommand(server, rows, handlers as Handler)
        : defineCommands(server, rows, handlers as HandlersOf<Rows, Handler>),
    duplex: () => new ServerDuplex(() => (ended === null ? server : null)),
    leaks: () => leaksOf(server),
    seed: (data) => seedWith(server, data),
    dump: () => dumpOf(server),
    async restart(how = {}) {
      const { restart } = await import('./double/restart.ts');
      await restart({ server, listeners, listens: listen !== false, configure }, how);
    },
    snapshot: () => states.take(),
    restore: (snapshot, options) => states.restore(snapshot, options),
    close,
    [Symbol.asyncDispose]: close,
  };
  await allowControl(server, running);
  return running;
}
