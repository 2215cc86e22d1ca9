// Who follows whom: REPLICAOF, FAILOVER, and PSYNC with FAILOVER, by which a master asks its
// replica to take its place.

import { NOT_AN_INTEGER, ReplyError, SYNTAX } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import type { Target } from '../failover.ts';
import { ONLINE } from '../replica-state.ts';
import { integer } from '../string-value.ts';

const IN_CLUSTER = new ReplyError('ERR REPLICAOF not allowed in cluster mode.');
const FAILING_OVER = new ReplyError('ERR REPLICAOF not allowed while failing over.');
const IS_REPLICA = new ReplyError('ERR Command is not valid when client is a replica.');
const BAD_PORT = new ReplyError('ERR Invalid master port');
const FAILOVER_IN_CLUSTER = new ReplyError('ERR FAILOVER not allowed in cluster mode.');
const NO_FAILOVER = new ReplyError('ERR No failover in progress.');
const ALREADY = new ReplyError('ERR FAILOVER already in progress.');
const BAD_TIMEOUT = new ReplyError('ERR FAILOVER timeout must be greater than 0');
const NOT_OF_REPLICAS = new ReplyError('ERR FAILOVER is not valid when server is a replica.');
const NO_REPLICAS = new ReplyError('ERR FAILOVER requires connected replicas.');
const FORCE_WANTS_MORE = new ReplyError(
  'ERR FAILOVER with force option requires both a timeout and target HOST and IP.',
);
const NOT_A_REPLICA = new ReplyError('ERR FAILOVER target HOST and PORT is not a replica.');
const NOT_ONLINE = new ReplyError('ERR FAILOVER target replica is not online.');
const IS_MASTER = new ReplyError("ERR PSYNC FAILOVER can't be sent to a master.");
const OTHER_HISTORY = new ReplyError('ERR PSYNC FAILOVER replid must match my replid.');

/** REPLICAOF host port|NO ONE */
export function replicaof(c: Client): void {
  const { argv, server, reply } = c;
  const { following, log } = server;
  const [, host, port] = argv;
  if (server.cluster !== null) throw IN_CLUSTER;
  if (!server.failover.isIdle) throw FAILING_OVER;
  if (host.toLowerCase() === 'no' && port.toLowerCase() === 'one') {
    if (server.isFollowing) {
      following.unfollow();
      log.notice(`MASTER MODE enabled (user request from '${server.describe(c)}')`);
    }
    return reply.ok();
  }
  if (c.isReplica) throw IS_REPLICA;
  const number = integer(port, NOT_AN_INTEGER);
  if (number < 0 || number > 65535) throw BAD_PORT;
  const isSame = following.host.toLowerCase() === host.toLowerCase() && following.port === number;
  if (server.isFollowing && isSame) {
    log.notice(
      'REPLICAOF would result into synchronization with the master we are already connected ' +
        'with. No operation performed.',
    );
    return reply.status('OK Already connected to specified master');
  }
  following.follow(host, number);
  log.notice(`REPLICAOF ${host}:${number} enabled (user request from '${server.describe(c)}')`);
  reply.ok();
}

/** SLAVEOF host port|NO ONE */
export function slaveof(c: Client): void {
  replicaof(c);
}

/** FAILOVER [TO host port [FORCE]] [ABORT] [TIMEOUT milliseconds] */
export function failover(c: Client): void {
  const { argv, server, reply } = c;
  const { failover, replication } = server;
  if (server.cluster !== null) throw FAILOVER_IN_CLUSTER;
  if (argv.length === 2 && argv[1].toLowerCase() === 'abort') {
    if (failover.isIdle) throw NO_FAILOVER;
    failover.abort('Failover manually aborted');
    return reply.ok();
  }
  const { target, ms, force } = readOptions(argv);
  if (!failover.isIdle) throw ALREADY;
  if (server.isFollowing) throw NOT_OF_REPLICAS;
  if (replication.replicas.length === 0) throw NO_REPLICAS;
  if (force && (ms === 0 || target === null)) throw FORCE_WANTS_MORE;
  if (target !== null) {
    const replica = failover.find(target);
    if (replica === undefined) throw NOT_A_REPLICA;
    if (replica.state !== ONLINE) throw NOT_ONLINE;
  }
  failover.begin(target, ms, force);
  reply.ok();
}

function readOptions(argv: readonly string[]): {
  target: Target | null;
  ms: number;
  force: boolean;
} {
  let target: Target | null = null;
  let ms = 0;
  let force = false;
  for (let i = 1; i < argv.length; i++) {
    const word = argv[i].toLowerCase();
    if (word === 'timeout' && i + 1 < argv.length && ms === 0) {
      ms = integer(argv[++i]);
      if (ms <= 0) throw BAD_TIMEOUT;
    } else if (word === 'to' && i + 2 < argv.length && target === null) {
      target = { host: argv[i + 1], port: integer(argv[i + 2]) };
      i += 2;
    } else if (word === 'force' && !force) {
      force = true;
    } else {
      throw SYNTAX;
    }
  }
  return { target, ms, force };
}

/** PSYNC ... FAILOVER: becomes the master, if the history is the same. Throws a ReplyError. */
export function takeOver(c: Client): void {
  const { argv, server } = c;
  const { log, replication, following } = server;
  log.notice(`Failover request received for replid ${argv[1]}.`);
  if (!server.isFollowing) throw IS_MASTER;
  if (argv[1].toLowerCase() !== replication.id) throw OTHER_HISTORY;
  following.unfollow();
  log.notice(`MASTER MODE enabled (failover request from '${server.describe(c)}')`);
}
