// INFO: replication, as its master sees it.

import { type Fields, fieldsOf } from './info-fields.ts';
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
    role: 'master',
    connected_slaves: replicas.length,
    ...(safe ? { min_slaves_good_slaves: goodReplicas } : {}),
    ...Object.fromEntries(shown.map((each, i) => [`slave${i}`, line(each)])),
    master_failover_state: 'no-failover',
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

/** Whether a replica is there already with the connection that this one takes the snapshot for. */
function isSecond({ clients }: Server, { isChannel, mainId }: Replica): boolean {
  return isChannel && (clients.get(mainId)?.replica?.attached ?? false);
}

function line(replica: Replica): string {
  const { ip, port, state, ackOffset, lagSeconds } = replica;
  const lag = state === ONLINE ? lagSeconds : 0;
  return `ip=${ip},port=${port},state=${stateName(state)},offset=${ackOffset},lag=${lag}`;
}
