// The package's entrance: a server inside a program.
//
//   await using server = await startServer();
//   const client = new Redis(server.url);

import { fromText } from '../protocol/byte-string.ts';
import type { HandlersOf, Rows } from '../protocol/command-spec.ts';
import { loadUsersAtStart } from './acl-file.ts';
import type { Handler } from './command-table.ts';
import { diskHost } from './config/config-file.ts';
import { Config } from './config/config.ts';
import { allowControl } from './control.ts';
import { realDisk } from './disk.ts';
import { Double } from './double/double.ts';
import { dumpOf } from './double/dump.ts';
import { ServerDuplex } from './double/duplex.ts';
import { leaksOf } from './double/leaks.ts';
import { defineCommand, defineCommands } from './double/own-commands.ts';
import type { House } from './double/restart.ts';
import { seed } from './double/seed.ts';
import { States } from './double/state.ts';
import { Listeners } from './listeners.ts';
import { loadRdb } from './loading.ts';
import { MemoryConnection } from './memory-link.ts';
import type { RunningServer, ServerOptions } from './running.ts';
import { nearAddress, urlOf } from './server-url.ts';
import { unpause } from './pause.ts';
import { Server } from './server.ts';
import { prepareShutdown } from './shutdown.ts';
import { loadData, withCluster } from './start.ts';
import { loadCommands } from './versions/load.ts';

export type { Clock, Random } from './clock.ts';
export type { Dumped, PlainData } from './double/plain.ts';
export type { RestartOptions } from './double/restart.ts';
export type { SeedData } from './double/seed.ts';
export type { RestoreOptions, ServerSnapshot } from './double/state.ts';
export type { Leak } from './double/leaks.ts';
export type { ServerDuplex } from './double/duplex.ts';
export type { FaultError } from './double/fault-errors.ts';
export type { Fault, FaultSpec, Faults } from './double/faults.ts';
export type { Interception, Interceptor, Next, Request, Word } from './double/interception.ts';
export type {
  Journal,
  JournalEntry,
  JournalFilter,
  JournalQuery,
  NextOptions,
} from './double/journal.ts';
export type { Replayed } from './double/journal-replay.ts';
export type { ClientMatch, ClientView, Match } from './double/match.ts';
export { proxyTo } from './double/proxy.ts';
export { type Status, status } from './double/values.ts';
export { ReplyError } from '../protocol/errors.ts';
export type { StrictAction, StrictOptions, StrictRule, StrictWarning } from './double/strict.ts';
export type { MemoryConnection } from './memory-link.ts';
export type { VersionName } from './versions/version.ts';
export type { RunningServer, ServerOptions } from './running.ts';

/**
 * Starts a server, which listens when the promise resolves. Throws an Error for options
 * that do not fit, and rejects when it cannot listen, or cannot load what it is to begin with.
 */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const { listen, seed: chance, clock, log, persistence, journal } = options;
  const configure = () => configOf(options);
  const config = configure();
  const disk = persistence === undefined ? undefined : realDisk;
  const commands = config.version.isCurrent ? undefined : await loadCommands(config.version);
  const server = new Server(config, { seed: chance, log, pid: process.pid, disk, commands });
  if (clock === 'fake-timers') server.clock.follow();
  const house = { server, listeners: new Listeners(server), listens: listen !== false, configure };
  if (options.strict !== undefined) {
    const { beStrict } = await import('./double/strict.ts');
    beStrict(server, options.strict);
  }
  const running = face(house, options);
  if (journal) running.journal.start(journal === true ? {} : journal);
  try {
    await open(house, options);
  } catch (problem) {
    server.close();
    throw problem;
  }
  // Unlike Redis: a node of a cluster that a program starts tells clients its address at once;
  // Redis has to be met by another node first.
  server.cluster?.learnAddress(running.host);
  await allowControl(server, running);
  return running;
}

/** The configuration that options ask for. */
function configOf(options: ServerOptions): Config {
  const {
    host,
    listen,
    version,
    seed,
    clock,
    log,
    persistence,
    rdb,
    journal,
    strict,
    ...parameters
  } = options;
  const config = new Config(diskHost());
  if (version !== undefined) config.options({ 'respite-version': version });
  const files = persistence ?? { save: '' };
  config.options({ port: 0, ...files, ...parameters });
  if (host !== undefined) config.options({ bind: host });
  return config;
}

/** Loads what the server begins with, and listens. */
async function open({ server, listeners, listens }: House, options: ServerOptions): Promise<void> {
  const { rdb } = options;
  const usesTls = options['tls-port'] !== undefined || options['tls-cert-file'] !== undefined;
  const elsewhere = options.unixsocket !== undefined || usesTls;
  const any = { tcp: options.port !== undefined || !elsewhere, tls: usesTls };
  loadUsersAtStart(server);
  if (rdb === undefined) await loadData(server);
  else await withCluster(server, () => loadRdb(server, fromText(rdb), realDisk));
  if (listens) await listeners.open(any);
  server.config.put('port', String(server.port));
  server.config.put('tls-port', String(server.tlsPort));
  server.following.start();
}

/** What ends a server: once, however often it is asked. */
function ending({ server, listeners }: House): { ended(): boolean; close(): Promise<void> } {
  let ended: Promise<void> | null = null;
  const end = () => {
    if (ended === null) {
      server.close();
      ended = listeners.close();
    }
    return ended;
  };
  server.relisten = () => listeners.reopen();
  server.onShutdown = () => void end();
  server.onFatal = () => void end();
  return {
    ended: () => ended !== null,
    async close() {
      const saved = ended !== null || prepareShutdown(server, { save: '', force: true });
      await end();
      if (!saved) throw new Error('The data set could not be saved: see the log.');
    },
  };
}

/** What the program has of a server. */
function face(house: House, { host }: ServerOptions): RunningServer {
  const { server } = house;
  const { values } = server.config;
  const { ended, close } = ending(house);
  const states = new States(server);
  const double = new Double(server);
  const address = host ?? nearAddress(values.bind);
  return {
    get url() {
      return house.listens ? urlOf(server, address) : '';
    },
    host: address,
    get port() {
      return server.port;
    },
    get tlsPort() {
      return server.tlsPort;
    },
    socketPath: values.unixsocket,
    clock: server.clock,
    random: server.random,
    connect: () => new MemoryConnection(server),
    duplex: () => new ServerDuplex(() => (ended() ? null : server)),
    faults: double.faults,
    journal: double.journal,
    intercept: (which, handler) => double.interceptions.add(which, handler),
    define: (rows: string | Rows, handlers: Handler | HandlersOf<Rows, Handler>) =>
      typeof rows === 'string'
        ? defineCommand(server, rows, handlers as Handler)
        : defineCommands(server, rows, handlers as HandlersOf<Rows, Handler>),
    unpause: () => unpause(server),
    get closed() {
      return ended();
    },
    leaks: () => leaksOf(server),
    seed: (data) => seed(server, data),
    dump: () => dumpOf(server),
    snapshot: () => states.take(),
    restore: (snapshot, options) => states.restore(snapshot, options),
    async restart(how = {}) {
      const { restart } = await import('./double/restart.ts');
      await restart(house, how);
    },
    async unreachable() {
      const { unreachable } = await import('./double/unreachable.ts');
      return unreachable(house, ended);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
