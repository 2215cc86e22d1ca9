// INFO as other versions gave it: without the fields that had not come yet, and Valkey's with its
// own.

import type { Client } from '../client.ts';
import type { Version } from './version.ts';

/** Fields, sections among them, by what brought them: Redis, and Valkey ('-': it never did). */
const CAME: readonly (readonly [redis: string, valkey: string, names: string])[] = [
  ['8.0', '', '#Threads #Keysizes io_thread_0 mem_replica_full_sync_buffer'],
  ['7.4', '', 'expired_subkeys'],
  [
    '7.4',
    '8.0',
    'pubsub_clients watching_clients total_watched_keys allocator_muzzy ' +
      'mem_overhead_db_hashtable_rehashing evicted_scripts ' +
      'client_query_buffer_limit_disconnections client_output_buffer_limit_disconnections',
  ],
  [
    '7.2',
    '',
    'listener0 listener1 listener2 total_blocking_keys total_blocking_keys_on_nokey ' +
      'eventloop_cycles eventloop_duration_sum eventloop_duration_cmd_sum ' +
      'instantaneous_eventloop_cycles_per_sec instantaneous_eventloop_duration_usec ' +
      'acl_access_denied_auth acl_access_denied_cmd acl_access_denied_key ' +
      'acl_access_denied_channel',
  ],
  [
    '7.0',
    '',
    'used_memory_vm_eval used_memory_scripts_eval number_of_functions number_of_libraries ' +
      'used_memory_vm_functions used_memory_vm_total used_memory_vm_total_human ' +
      'used_memory_functions mem_total_replication_buffers mem_cluster_links async_loading ' +
      'current_cow_peak rdb_saves rdb_last_load_keys_expired rdb_last_load_keys_loaded ' +
      'aof_rewrites aof_rewrites_consecutive_failures total_net_repl_input_bytes ' +
      'total_net_repl_output_bytes instantaneous_input_repl_kbps instantaneous_output_repl_kbps ' +
      'evicted_clients total_eviction_exceeded_time current_eviction_exceeded_time ' +
      'pubsubshard_channels total_active_defrag_time current_active_defrag_time ' +
      'reply_buffer_shrinks reply_buffer_expands #Latencystats',
  ],
];

/** What Valkey tells beside the rest: behind which field, since when. */
const OWN: readonly (readonly [since: string, behind: string, lines: readonly string[]])[] = [
  ['8.1', 'configured_hz', ['clients_hz:10']],
  [
    '8.1',
    'total_blocking_keys_on_nokey',
    ['paused_reason:none', 'paused_actions:none', 'paused_timeout_milliseconds:0'],
  ],
  ['8.1', 'io_threaded_writes_processed', ['io_threaded_accept_processed:0']],
  [
    '8.0',
    'io_threaded_writes_processed',
    [
      'io_threaded_freed_objects:0',
      'io_threaded_poll_processed:0',
      'io_threaded_total_prefetch_batches:0',
      'io_threaded_total_prefetch_entries:0',
    ],
  ],
  ['8.0', 'connected_slaves', ['replicas_waiting_psync:0']],
];

const missing = new Map<Version, ReadonlySet<string>>();

function missingIn(version: Version): ReadonlySet<string> {
  let names = missing.get(version);
  if (names === undefined) {
    const gone = CAME.filter(([redis, valkey]) => !version.has(redis, valkey));
    names = new Set(gone.flatMap(([, , each]) => each.split(' ')));
    missing.set(version, names);
  }
  return names;
}

/** The text of INFO, out of that of 8.0. */
export function infoAs(text: string, { server: { version, config } }: Client): string {
  const gone = missingIn(version);
  const sections: string[] = [];
  for (const section of text.split('\r\n\r\n')) {
    const [title, ...lines] = section.split('\r\n');
    if (gone.has(title.replace(' ', ''))) continue;
    const kept = lines.filter((line) => !gone.has(line.slice(0, line.indexOf(':'))));
    if (!version.has('7.0') && title === '# Commandstats') mergeParts(kept);
    const zone = config.get('availability-zone') ?? '';
    sections.push([title, ...kept.flatMap((line) => linesFor(line, version, zone))].join('\r\n'));
  }
  return sections.join('\r\n\r\n');
}

/** The figures of a command's parts were those of the command. */
function mergeParts(lines: string[]): void {
  const sums = new Map<string, number[]>();
  const ends = lines.at(-1) === ''; // The text ends with a line end.
  for (const line of lines) {
    if (line === '') continue;
    const [name, figures] = line.split(':');
    const whole = name.replace(/\|.*/, '');
    const numbers = figures.split(',').map((each) => Number(each.split('=')[1]));
    const before = sums.get(whole);
    sums.set(whole, before === undefined ? numbers : numbers.map((n, i) => n + before[i]));
  }
  lines.length = 0;
  for (const [name, [calls, micros, , rejected, failed]] of sums) {
    const each = (calls === 0 ? 0 : micros / calls).toFixed(2);
    const figures = `calls=${calls},usec=${micros},usec_per_call=${each}`;
    lines.push(`${name}:${figures},rejected_calls=${rejected},failed_calls=${failed}`);
  }
  if (ends) lines.push('');
}

function linesFor(line: string, version: Version, zone: string): string[] {
  const name = line.slice(0, line.indexOf(':'));
  const value = line.slice(name.length + 1);
  if (name === 'redis_version') {
    if (version.valkey === '') return [`${name}:${version.redis}`];
    const about = [`${name}:${version.redis}`, 'server_name:valkey'];
    about.push(`valkey_version:${version.valkey}`);
    if (version.hasOwn('8.1')) about.push('valkey_release_stage:ga');
    return about;
  }
  if (version.valkey === '') return [line];
  if (name === 'redis_mode') return [`server_mode:${value}`];
  if (name === 'atomicvar_api') return [];
  if (name === 'io_threads_active') return [line, `availability_zone:${zone}`];
  const more = OWN.filter(([since, behind]) => behind === name && version.hasOwn(since));
  return [line, ...more.flatMap(([, , lines]) => lines)];
}
