// INFO: what was counted since the start, or since CONFIG RESETSTAT.

import { type Fields, fieldsOf } from './info-fields.ts';
import type { Server } from './server.ts';

export function stats(server: Server): Fields {
  const { stats, pubsub, tracking, migrations, compatibility, eviction } = server;
  return fieldsOf({
    total_connections_received: stats.connections,
    total_commands_processed: stats.commands,
    instantaneous_ops_per_sec: Math.floor(stats.commandRate.mean),
    total_net_input_bytes: stats.netInput,
    total_net_output_bytes: stats.netOutput,
    total_net_repl_input_bytes: stats.masterInput,
    total_net_repl_output_bytes: stats.replicaOutput,
    instantaneous_input_kbps: (stats.inputRate.mean / 1024).toFixed(2),
    instantaneous_output_kbps: (stats.outputRate.mean / 1024).toFixed(2),
    instantaneous_input_repl_kbps: (stats.masterRate.mean / 1024).toFixed(2),
    instantaneous_output_repl_kbps: (stats.replicaRate.mean / 1024).toFixed(2),
    rejected_connections: stats.rejectedConnections,
    sync_full: stats.fullSyncs,
    sync_partial_ok: stats.partialSyncs,
    sync_partial_err: stats.partialSyncsRefused,
    expired_subkeys: stats.expiredFields,
    expired_keys: stats.expiredKeys,
    expired_stale_perc: '0.00', // Keys go when their time comes: none are stale.
    expired_time_cap_reached_count: 0,
    expire_cycle_cpu_milliseconds: Math.floor(stats.expireMicros / 1000),
    evicted_keys: stats.evictedKeys,
    evicted_clients: stats.evictedClients,
    evicted_scripts: stats.evictedScripts,
    total_eviction_exceeded_time: stats.evictionExceededMs,
    current_eviction_exceeded_time: eviction.exceededMs,
    keyspace_hits: stats.keyspaceHits,
    keyspace_misses: stats.keyspaceMisses,
    pubsub_channels: pubsub.channels.size,
    pubsub_patterns: pubsub.patterns.size,
    pubsubshard_channels: pubsub.shardChannels.size,
    // Unlike Redis: nothing is forked; what counts as a fork is the beginning of a snapshot.
    latest_fork_usec: Math.round(stats.snapshotMicros),
    total_forks: stats.snapshots,
    migrate_cached_sockets: migrations.cached,
    slave_expires_tracked_keys: server.following.local.size,
    active_defrag_hits: 0,
    active_defrag_misses: 0,
    active_defrag_key_hits: 0,
    active_defrag_key_misses: 0,
    total_active_defrag_time: 0,
    current_active_defrag_time: 0,
    tracking_total_keys: tracking.keys,
    tracking_total_items: tracking.items,
    tracking_total_prefixes: tracking.prefixCount,
    unexpected_error_replies: stats.unexpectedErrors,
    total_error_replies: stats.errorReplies,
    dump_payload_sanitizations: 0,
    total_reads_processed: stats.readsProcessed,
    total_writes_processed: stats.writesProcessed,
    io_threaded_reads_processed: 0,
    io_threaded_writes_processed: 0,
    client_query_buffer_limit_disconnections: stats.queryBufferDisconnections,
    client_output_buffer_limit_disconnections: stats.outputBufferDisconnections,
    reply_buffer_shrinks: stats.replyBufferShrinks,
    reply_buffer_expands: stats.replyBufferExpands,
    eventloop_cycles: stats.cycles,
    eventloop_duration_sum: Math.floor(stats.cycleMicros),
    eventloop_duration_cmd_sum: Math.floor(stats.commandMicros),
    instantaneous_eventloop_cycles_per_sec: Math.floor(stats.cycleRate.mean),
    instantaneous_eventloop_duration_usec: Math.floor(stats.cycleDuration.mean),
    acl_access_denied_auth: stats.deniedLogins,
    acl_access_denied_cmd: stats.deniedCommands,
    acl_access_denied_key: stats.deniedKeys,
    acl_access_denied_channel: stats.deniedChannels,
    ...compatibility.fields,
  });
}

export function commandstats({ commands }: Server): Fields {
  const fields = new Map<string, string>();
  for (const [name, { calls, micros, rejected, failed }] of commands.all) {
    if (calls + rejected + failed === 0) continue;
    const total = Math.floor(micros);
    const each = calls === 0 ? 0 : total / calls;
    fields.set(
      `cmdstat_${name}`,
      `calls=${calls},usec=${total},usec_per_call=${each.toFixed(2)}` +
        `,rejected_calls=${rejected},failed_calls=${failed}`,
    );
  }
  return fields;
}

export function errorstats({ stats }: Server): Fields {
  const fields = new Map<string, string>();
  // Redis: codes come from scripts too, and must not break the lines that they stand in.
  for (const code of [...stats.errors.keys()].sort()) {
    fields.set(`errorstat_${code.replace(/[#:\r\n]/g, '_')}`, `count=${stats.errors.get(code)}`);
  }
  return fields;
}

export function latencystats({ commands, config }: Server): Fields {
  const percentiles = config.values['latency-tracking-info-percentiles'];
  const fields = new Map<string, string>();
  for (const [name, { latency }] of commands.all) {
    if (latency === null) continue;
    const figures = percentiles.map((p) => `p${shortest(p)}=${latency.percentile(p).toFixed(3)}`);
    fields.set(`latency_percentiles_usec_${name}`, figures.join(','));
  }
  return fields;
}

/** Up to six digits behind the point, without zeros at their end. */
function shortest(n: number): string {
  return n.toFixed(6).replace(/\.?0+$/, '');
}

export function debug({ stats }: Server): Fields {
  return fieldsOf({
    eventloop_duration_aof_sum: Math.floor(stats.appendMicros),
    eventloop_duration_cron_sum: Math.floor(stats.cronMicros),
    eventloop_duration_max: Math.floor(stats.longestCycleMicros),
    eventloop_cmd_per_cycle_max: stats.mostCommandsInCycle,
    allocator_allocated_lua: 0,
    allocator_active_lua: 0,
    allocator_resident_lua: 0,
    allocator_frag_bytes_lua: 0,
  });
}
