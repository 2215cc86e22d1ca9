// INFO: the process and those who are connected to it.

import { REDIS_VERSION } from '../protocol/version.ts';
import { RUNNING } from './client-state.ts';
import { type Fields, fieldsOf } from './info-fields.ts';
import * as machine from './machine.ts';
import type { Server } from './server.ts';

const DAY = 24 * 60 * 60;

export function server(server: Server): Fields {
  const { clock, config, port, tlsPort } = server;
  const uptime = Math.max(0, Math.floor((clock.ms - server.startedMs) / 1000));
  const { hz } = config.values;
  const { leftMs } = server.farewell;
  const fields = {
    redis_version: REDIS_VERSION,
    redis_git_sha1: '00000000',
    redis_git_dirty: 0,
    redis_build_id: '0000000000000000',
    redis_mode: server.cluster === null ? 'standalone' : 'cluster',
    os: machine.systemName(),
    arch_bits: machine.wordBits(),
    monotonic_clock: 'performance.now',
    multiplexing_api: machine.pollingApi(),
    atomicvar_api: 'none', // One thread runs all commands.
    gcc_version: '0.0.0', // Redis: not compiled by it.
    process_id: server.pid,
    process_supervised: 'no',
    run_id: server.runId,
    tcp_port: port || tlsPort,
    server_time_usec: clock.micros(),
    uptime_in_seconds: uptime,
    uptime_in_days: Math.floor(uptime / DAY),
    hz,
    configured_hz: hz,
    lru_clock: server.lruClock & 0xffffff,
    executable: server.executable,
    config_file: config.file || server.configFile,
    io_threads_active: 0,
    ...(leftMs < 0 ? {} : { shutdown_in_milliseconds: leftMs }),
  };
  return new Map<string, string | number>([...Object.entries(fields), ...listeners(server)]);
}

// Redis: each kind of listener has its number, whether the others are there or not.
function listeners({ config, port, tlsPort }: Server): [string, string][] {
  const { bind, unixsocket } = config.values;
  const found: [string, string][] = [];
  const addresses = bind.map((address) => `,bind=${address}`).join('');
  if (port !== 0) found.push(['listener0', `name=tcp${addresses},port=${port}`]);
  if (unixsocket !== '') found.push(['listener1', `name=unix,bind=${unixsocket}`]);
  if (tlsPort !== 0) found.push(['listener2', `name=tls${addresses},port=${tlsPort}`]);
  return found;
}

export function clients(server: Server): Fields {
  const all = [...server.clients.values()];
  const count = (test: (c: (typeof all)[number]) => boolean) => all.filter(test).length;
  let watchedKeys = 0;
  for (const db of server.databases) watchedKeys += db.watchers.size;
  return fieldsOf({
    connected_clients: all.length - server.replication.replicas.length,
    cluster_connections: server.cluster?.bus.links.size ?? 0,
    maxclients: server.config.values.maxclients,
    client_recent_max_input_buffer: Math.max(0, ...all.map((c) => c.parser.held)),
    client_recent_max_output_buffer: Math.max(0, ...all.map((c) => c.link.unsent)),
    blocked_clients: count((c) => c.waits !== RUNNING),
    tracking_clients: server.tracking.clients,
    pubsub_clients: server.pubsub.clients,
    watching_clients: count((c) => c.watched.length > 0 && !c.watchFailed),
    clients_in_timeout_table: count((c) => c.block !== null && c.block.timer !== null),
    total_watched_keys: watchedKeys,
    total_blocking_keys: server.databases.reduce((sum, db) => sum + db.blocked.size, 0),
    total_blocking_keys_on_nokey: server.databases.reduce((sum, db) => sum + db.missed.size, 0),
  });
}

export function threads({ clients, stats }: Server): Fields {
  const { readsProcessed, writesProcessed } = stats;
  return fieldsOf({
    io_thread_0: `clients=${clients.size},reads=${readsProcessed},writes=${writesProcessed}`,
  });
}

export function cpu(): Fields {
  const { user, system } = machine.cpuMicros();
  const thread = machine.threadCpuMicros();
  const seconds = (micros: number) => (micros / 1e6).toFixed(6);
  return fieldsOf({
    used_cpu_sys: seconds(system),
    used_cpu_user: seconds(user),
    used_cpu_sys_children: seconds(0),
    used_cpu_user_children: seconds(0),
    used_cpu_sys_main_thread: seconds(thread.system),
    used_cpu_user_main_thread: seconds(thread.user),
  });
}

// Unlike Redis: there are no vector sets, which 8.0.2 has as a module of its own.
export function modules(): Fields {
  return fieldsOf({});
}

export function cluster(server: Server): Fields {
  return fieldsOf({ cluster_enabled: server.cluster === null ? 0 : 1 });
}
