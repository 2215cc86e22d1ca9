// INFO: memory, and what is on disk.

import type { AppendOnly } from './append-only.ts';
import { type Fields, fieldsOf } from './info-fields.ts';
import { totalMemory } from './machine.ts';
import { datasetPercent, memoryFigures } from './memory-usage.ts';
import type { Loading } from './loading.ts';
import type { Server } from './server.ts';

export function memory(server: Server): Fields {
  const { values } = server.config;
  const figures = memoryFigures(server);
  const { used, peak } = figures;
  const { used: allocated, active, resident } = figures.process;
  const physical = totalMemory();
  const maxmemory = values.maxmemory;
  return fieldsOf({
    ...bothWays('used_memory', used),
    ...bothWays('used_memory_rss', resident),
    ...bothWays('used_memory_peak', peak),
    used_memory_peak_perc: percent((used * 100) / peak),
    used_memory_overhead: figures.overhead,
    used_memory_startup: figures.startup,
    used_memory_dataset: figures.dataset,
    used_memory_dataset_perc: percent(datasetPercent(figures)),
    allocator_allocated: allocated,
    allocator_active: active,
    allocator_resident: resident,
    allocator_muzzy: 0,
    ...bothWays('total_system_memory', physical),
    ...scripts(server),
    ...bothWays('maxmemory', maxmemory),
    maxmemory_policy: values['maxmemory-policy'],
    allocator_frag_ratio: ratio(active, allocated),
    allocator_frag_bytes: active - allocated,
    allocator_rss_ratio: ratio(resident, active),
    allocator_rss_bytes: resident - active,
    rss_overhead_ratio: ratio(resident, resident),
    rss_overhead_bytes: 0,
    mem_fragmentation_ratio: ratio(resident, used),
    mem_fragmentation_bytes: resident - used,
    mem_not_counted_for_evict: figures.uncounted,
    mem_replication_backlog: figures.backlog,
    mem_total_replication_buffers: server.usedMemory.stream,
    mem_replica_full_sync_buffer: server.following.gatheredBytes,
    mem_clients_slaves: figures.replicas,
    mem_clients_normal: figures.clients,
    mem_cluster_links: server.cluster?.bus.unsent ?? 0,
    mem_aof_buffer: server.appendOnly.memory,
    mem_allocator: 'v8',
    mem_overhead_db_hashtable_rehashing: 0,
    active_defrag_running: 0,
    lazyfree_pending_objects: 0,
    lazyfreed_objects: server.stats.lazyFreed,
  });
}

// Lua's tables are JavaScript's memory as any other: what of it is whose, nobody knows.
function scripts({ scripting }: Server): Record<string, string | number> {
  const { scripts: evaluated, functions } = scripting;
  const machine = scripting.vmBytes;
  const evalBytes = evaluated.memory;
  const functionBytes = functions.memory;
  return {
    used_memory_lua: machine.scripts,
    used_memory_vm_eval: machine.scripts,
    used_memory_lua_human: human(machine.scripts),
    used_memory_scripts_eval: evalBytes,
    number_of_cached_scripts: evaluated.count,
    number_of_functions: functions.libraries.size,
    number_of_libraries: functions.libraries.byName.size,
    used_memory_vm_functions: machine.functions,
    ...bothWays('used_memory_vm_total', machine.scripts + machine.functions),
    used_memory_functions: functionBytes,
    ...bothWays('used_memory_scripts', evalBytes + functionBytes),
  };
}

function bothWays(name: string, bytes: number): Record<string, string | number> {
  return { [name]: bytes, [`${name}_human`]: human(bytes) };
}

const UNITS = ['K', 'M', 'G', 'T', 'P'];

/** Bytes with a unit, as Redis prints them: 694.37K. */
export function human(bytes: number): string {
  if (bytes < 1024) return `${bytes}B`;
  let unit = -1;
  let n = bytes;
  do {
    n /= 1024;
    unit++;
  } while (n >= 1024 && unit < UNITS.length - 1);
  return `${n.toFixed(2)}${UNITS[unit]}`;
}

function percent(n: number): string {
  return `${n.toFixed(2)}%`;
}

function ratio(n: number, to: number): string {
  return (to === 0 ? 0 : n / to).toFixed(2);
}

/** What is loaded and saved, and how that went. */
export function persistence(server: Server): Fields {
  const { appendOnly, clock, config, loading, saving, stats } = server;
  const { rewrite } = appendOnly;
  const { current } = saving;
  const written = current ?? rewrite.progress;
  const sinceSec = (ms: number) => Math.floor((clock.ms - ms) / 1000);
  return fieldsOf({
    loading: loading === null || loading.isAside ? 0 : 1,
    async_loading: loading?.isAside ? 1 : 0,
    // Unlike Redis: nothing is copied on write. What counts as that is what had to be saved out of
    // its turn, because it was about to change.
    current_cow_peak: written?.hurriedBytes ?? 0,
    current_cow_size: written?.hurriedBytes ?? 0,
    current_cow_size_age: 0,
    current_fork_perc: (written === null ? 0 : (100 * written.saved) / written.total).toFixed(2),
    current_save_keys_processed: written?.saved ?? 0,
    current_save_keys_total: written?.total ?? 0,
    rdb_changes_since_last_save: server.dirty,
    rdb_bgsave_in_progress: current === null ? 0 : 1,
    rdb_last_save_time: Math.floor(saving.lastSaveMs / 1000),
    rdb_last_bgsave_status: saving.failed ? 'err' : 'ok',
    rdb_last_bgsave_time_sec: saving.lastSeconds,
    rdb_current_bgsave_time_sec: current === null ? -1 : sinceSec(current.startMs),
    rdb_saves: saving.saves,
    rdb_last_cow_size: stats.hurriedBytesSaved,
    rdb_last_load_keys_expired: stats.keysExpiredAtLoad,
    rdb_last_load_keys_loaded: stats.keysLoaded,
    aof_enabled: config.values.appendonly ? 1 : 0,
    aof_rewrite_in_progress: rewrite.isRunning ? 1 : 0,
    aof_rewrite_scheduled: rewrite.scheduled ? 1 : 0,
    aof_last_rewrite_time_sec: rewrite.lastSeconds,
    aof_current_rewrite_time_sec: rewrite.seconds,
    aof_last_bgrewrite_status: rewrite.succeeded ? 'ok' : 'err',
    aof_rewrites: rewrite.count,
    aof_rewrites_consecutive_failures: rewrite.failures,
    aof_last_write_status: appendOnly.isSound ? 'ok' : 'err',
    aof_last_cow_size: stats.hurriedBytesRewritten,
    module_fork_in_progress: 0,
    module_fork_last_cow_size: 0,
    ...(config.values.appendonly ? appended(appendOnly) : {}),
    ...(loading === null ? {} : progress(server, loading)),
  });
}

function appended(appendOnly: AppendOnly): Record<string, string | number> {
  const { writer } = appendOnly;
  return {
    aof_current_size: writer.allBytes,
    aof_base_size: appendOnly.bytesBefore,
    aof_pending_rewrite: appendOnly.rewrite.scheduled ? 1 : 0,
    aof_buffer_length: writer.output.length,
    aof_pending_bio_fsync: writer.syncing,
    aof_delayed_fsync: writer.delayedSyncs,
  };
}

function progress(server: Server, loading: Loading): Record<string, string | number> {
  const { startMs, totalBytes, loadedBytes } = loading;
  const seconds = Math.floor((server.clock.ms - startMs) / 1000);
  const left = loadedBytes === 0 ? 1 : (seconds * (totalBytes - loadedBytes)) / loadedBytes;
  return {
    loading_start_time: Math.floor(startMs / 1000),
    loading_total_bytes: totalBytes,
    loading_rdb_used_mem: loading.usedMemory,
    loading_loaded_bytes: loadedBytes,
    loading_loaded_perc: ((100 * loadedBytes) / Math.max(1, totalBytes)).toFixed(2),
    loading_eta_seconds: Math.floor(left),
  };
}
