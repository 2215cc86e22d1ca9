// INFO: replication: the master, if there is one, and the replicas.

import { CONNECTED, TRANSFER } from './following-state.ts';
import { type Fields, fieldsOf } from './info-fields.ts';
import type { MasterLink } from './master-link.ts';
import { ONLINE, stateName } from './replica-state.ts';
import type { Replica } from './replica.ts';
import type { Server } from './server.ts';

export function replication(server: Server): Fields {
  const { config, replication } = server;
  const { values } = config;
  const { id, secondId, secondOffset, offset, goodReplicas } = replication;
  const safe = values['min-replicas-to-write'] > 0 && values['min-replicas-max-lag'] > 0;
  const replicas = replication.replicas.filter((each) => !isSecond(server, each));
  const shown = replicas.filter(({ state }) => stateName(state) !== '');
  const backlog = replication.settled;
  return fieldsOf({
    role: server.isFollowing ? 'slave' : 'master',
    ...(server.isFollowing ? following(server) : {}),
    connected_slaves: replicas.length,
    ...(safe ? { min_slaves_good_slaves: goodReplicas } : {}),
    ...Object.fromEntries(shown.map((each, i) => [`slave${i}`, line(each)])),
    master_failover_state: server.failover.stateName,
    master_replid: id,
    master_replid2: secondId,
    master_repl_offset: offset,
    second_repl_offset: secondOffset,
    repl_backlog_active: backlog === null ? 0 : 1,
    repl_backlog_size: values['repl-backlog-size'],
    repl_backlog_first_byte_offset: backlog === null ? 0 : backlog.first,
    repl_backlog_histlen: backlog === null ? 0 : backlog.length,
  });
}

/** What a replica says of its master. */
function following({ following, clock, config }: Server): Record<string, string | number> {
  const { host, port, client, known, state, link, downSinceMs } = following;
  const { gatheredBytes, gatheredPeak } = following;
  const { values } = config;
  const seconds = (sinceMs: number) => Math.floor(clock.ms / 1000) - Math.floor(sinceMs / 1000);
  const offset = client?.offset ?? known?.offset ?? 1;
  const downSeconds = downSinceMs === 0 ? -1 : seconds(downSinceMs);
  return {
    master_host: host,
    master_port: port,
    master_link_status: state === CONNECTED ? 'up' : 'down',
    master_last_io_seconds_ago: client === null ? -1 : seconds(client.activeMs),
    master_sync_in_progress: state === TRANSFER ? 1 : 0,
    slave_read_repl_offset: client?.receivedOffset ?? offset,
    slave_repl_offset: offset,
    replica_full_sync_buffer_size: gatheredBytes,
    replica_full_sync_buffer_peak: gatheredPeak,
    ...(state === TRANSFER ? transfer(link, seconds) : {}),
    ...(state === CONNECTED ? {} : { master_link_down_since_seconds: downSeconds }),
    slave_priority: values['replica-priority'],
    slave_read_only: values['replica-read-only'] ? 1 : 0,
    replica_announced: values['replica-announced'] ? 1 : 0,
  };
}

function transfer(
  link: MasterLink | null,
  seconds: (sinceMs: number) => number,
): Record<string, string | number> {
  const payload = link?.payload ?? link?.channel?.payload;
  const total = payload?.head.total ?? -1;
  const read = payload?.read ?? 0;
  return {
    master_sync_total_bytes: total,
    master_sync_read_bytes: read,
    master_sync_left_bytes: total - read,
    master_sync_perc: (total === 0 ? 0 : (read / total) * 100).toFixed(2),
    master_sync_last_io_seconds_ago: link === null ? 0 : seconds(link.heardMs),
  };
}

/** Whether a replica is there already with the connection that this one takes the snapshot for. */
function isSecond({ clients }: Server, { isChannel, mainId }: Replica): boolean {
  return isChannel && (clients.get(mainId)?.replica?.attached ?? false);
}

function line(replica: Replica): string {
  const { ip, port, state, ackOffset, lagSeconds } = replica;
  const lag = state === ONLINE ? lagSeconds : 0;
  return `ip=${ip},port=${port},state=${stateName(state)},offset=${ackOffset},lag=${lag}`;
}
