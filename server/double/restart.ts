// Ending and starting again, in place: what a client sees of a Redis that was restarted.
//
// All connections end, and for a moment nobody can connect; then the server listens where it
// did. What a process would have lost is lost: blocked commands, subscriptions, scripts, what
// CONFIG SET and ACL SETUSER changed and nobody wrote down, statistics, the slow log. With
// `persistence` the data set is what was written, and is loaded from there; without, it stays.
//
// What the program holds stays as well: the clock as it stands, chance, faults, interceptions,
// the journal, and snapshots.

import { loadUsersAtStart } from '../acl-file.ts';
import type { Config } from '../config/config.ts';
import type { Listeners } from '../listeners.ts';
import { unpause } from '../pause.ts';
import { Server } from '../server.ts';
import { prepareShutdown } from '../shutdown.ts';
import { loadData } from '../start.ts';

export type RestartOptions = {
  /** false: the data set is gone, also from files. */
  readonly data?: boolean;
};

/** A server with its doors, and what it was started with. */
export type House = {
  readonly server: Server;
  readonly listeners: Listeners;
  /** Whether it listens at all. */
  readonly listens: boolean;
  /** Makes the configuration that it began with. */
  readonly configure: () => Config;
};

/**
 * Resolves when the server listens again. Rejects while a command runs, for a replica and a node of
 * a cluster, and if the files cannot be loaded or the port is taken: the server is closed then, as
 * far as anybody can connect.
 */
export async function restart(house: House, { data = true }: RestartOptions): Promise<void> {
  const { server, listeners, listens } = house;
  const { current, busyScript, loading, isFollowing, cluster } = server;
  if (current !== null || busyScript !== null || loading !== null) {
    throw new Error('A server cannot be restarted while a command runs, or while it loads a file.');
  }
  if (isFollowing) throw new Error('A replica cannot be restarted.');
  if (cluster !== null) throw new Error('A node of a cluster cannot be restarted.');
  server.beginTurn();
  for (const c of [...server.clients.values()]) c.close();
  if (!data) empty(server);
  prepareShutdown(server, { save: '', force: true });
  server.endTurn();
  await listeners.close();
  server.beginTurn();
  server.appendOnly.stop();
  beginAgain(house);
  server.appendOnly.stop(); // Or it would collect what is now loaded.
  const codes = [...server.scripting.functions.codes()];
  server.scripting.scripts.clear();
  server.scripting.functions.clear();
  if (server.disk === null) {
    const { functions } = server.scripting;
    for (const code of codes) functions.load(code, true, functions.libraries, false);
  } else {
    for (const db of server.databases) db.clear();
  }
  server.dirty = 0;
  server.endTurn();
  await loadData(server);
  if (listens) await listeners.open();
}

/** Removes all data, and sees to it that nothing of it is loaded again. */
function empty(server: Server): void {
  const { databases, propagation, scripting, saving } = server;
  server.tracking.flushed();
  for (const db of databases) db.clear();
  scripting.functions.clear();
  propagation.add(databases[0], ['FLUSHALL']);
  propagation.add(databases[0], ['FUNCTION', 'FLUSH']);
  propagation.flush();
  if (server.disk !== null) saving.save();
}

/** Makes everything beside the data what it is when a server starts. */
function beginAgain({ server, configure }: House): void {
  const model = new Server(configure(), { seed: 1 });
  loadUsersAtStart(model);
  server.config.putBack(model.config.copy());
  server.acl.replace(model.acl.copy());
  model.close();
  unpause(server);
  server.stats.reset();
  for (const command of server.commands.all.values()) command.resetStats();
  server.slowlog.reset();
  server.latency.reset();
  server.acl.log.refusals.length = 0;
  server.expirer.active = true;
  server.startedMs = server.clock.ms;
  server.runId = server.random.hex(40);
}
