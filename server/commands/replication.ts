// Replication: what replicas tell and ask, what clients ask about them, and who follows whom.

import type { replication as specs } from '../../protocol/commands/replication.ts';
import { quoting, ReplyError, SYNTAX } from '../../protocol/errors.ts';
import { parseInt64 } from '../../protocol/numbers.ts';
import { splitWords } from '../../protocol/words.ts';
import type { Client } from '../client.ts';
import type { Handlers } from '../command-table.ts';
import { Replica } from '../replica.ts';
import { STATE_NAMES } from '../following-state.ts';
import { ONLINE, WAITS_FOR_CHANNEL } from '../replica-state.ts';
import { failover, replicaof, slaveof, takeOver } from './replication-roles.ts';
import { integer } from '../string-value.ts';
import { wholeTimeoutMs } from '../timeout.ts';

const NOT_A_FLAG = new ReplyError('ERR value is out of range, value must between 0 and 1');
const NO_FILTERS = new ReplyError('ERR Missing rdb-filter-only values');
const NOT_OF_REPLICAS = new ReplyError(
  'ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a ' +
    'replica is configured to be writable (which is not the default) writes to replicas are just ' +
    'local and are not propagated.',
);
const ADDRESS_MAX = 256; // Redis: NET_HOST_STR_LEN.

/** SYNC */
function sync(c: Client): void {
  if (isReplica(c)) return;
  c.server.replication.sync.begin(c, replicaOf(c), null);
}

/** PSYNC replicationid offset */
function psync(c: Client): void {
  const { argv, server } = c;
  if (isReplica(c)) return;
  if (argv.length > 3 && argv[3].toLowerCase() === 'failover') takeOver(c);
  const replica = replicaOf(c);
  const { sync } = server.replication;
  sync.begin(c, replica, { id: argv[1], offset: argv[2] });
}

/** Redis: who is a replica, or a monitor, which it takes for a kind of them, gets no answer. */
function isReplica(c: Client): boolean {
  return c.monitors || c.isReplica;
}

function replicaOf(c: Client): Replica {
  c.replica ??= new Replica(c);
  return c.replica;
}

/** REPLCONF */
function replconf(c: Client): void {
  const { argv } = c;
  if (argv.length % 2 === 0) throw SYNTAX;
  for (let i = 1; i < argv.length; i += 2) {
    const name = argv[i].toLowerCase();
    if (name === 'ack') return acknowledge(c, i);
    // It is for replicas.
    if (name === 'getack') return c.repeats ? c.server.following.acknowledge() : undefined;
    configure(c, replicaOf(c), argv[i], argv[i + 1]);
  }
  c.reply.ok();
}

function configure(c: Client, replica: Replica, name: string, value: string): void {
  switch (name.toLowerCase()) {
    case 'listening-port':
      replica.port = integer(value);
      break;
    case 'ip-address':
      if (value.length >= ADDRESS_MAX) throw tooLong(value.length);
      replica.address = value;
      break;
    case 'capa':
      learn(c, replica, value.toLowerCase());
      break;
    case 'rdb-only':
      replica.onlySnapshot = flag(value);
      break;
    case 'rdb-filter-only':
      filter(replica, value);
      break;
    case 'rdb-channel':
      replica.isChannel = flag(value);
      break;
    case 'main-ch-client-id':
      replica.mainId = mainId(c, value);
      break;
    default:
      throw quoting('Unrecognized REPLCONF option: ', name, '');
  }
}

function tooLong(length: number): ReplyError {
  return new ReplyError(
    `ERR REPLCONF ip-address provided by replica instance is too long: ${length} bytes`,
  );
}

function learn({ server }: Client, replica: Replica, capability: string): void {
  const { values } = server.config;
  if (capability === 'eof') replica.knowsMark = true;
  else if (capability === 'psync2') replica.knowsIds = true;
  else if (capability === 'rdb-channel-repl') {
    if (values['repl-rdb-channel'] && values['repl-diskless-sync']) replica.knowsChannel = true;
  }
}

function flag(value: string): boolean {
  const n = integer(value);
  if (n !== 0 && n !== 1) throw NOT_A_FLAG;
  return n === 1;
}

function filter(replica: Replica, value: string): void {
  const words = splitWords(value);
  if (words === undefined) throw NO_FILTERS;
  replica.withoutKeys = true;
  replica.withoutFunctions = true;
  for (const word of words) {
    if (word.toLowerCase() !== 'functions') {
      throw quoting('Unsupported rdb-filter-only option: ', word, '');
    }
    replica.withoutFunctions = false;
  }
}

function mainId({ server }: Client, value: string): number {
  const id = integer(value);
  if (server.clients.get(id)?.replica?.state !== WAITS_FOR_CHANNEL) {
    throw new ReplyError(`ERR Unrecognized RDB client id: ${value}`);
  }
  return id;
}

/** REPLCONF ACK offset [FACK offset], which has no answer. */
function acknowledge({ argv, replica, server }: Client, at: number): void {
  const offset = parseInt64(argv[at + 1]);
  if (replica === null || !replica.attached || offset === undefined) return;
  let aofOffset = 0n;
  if (argv.length > at + 3 && argv[at + 2].toLowerCase() === 'fack') {
    aofOffset = parseInt64(argv[at + 3]) ?? -1n;
  }
  server.replication.acknowledged(replica, Number(offset), Number(aofOffset));
}

/** ROLE */
function role({ reply, server }: Client): void {
  const { replication, following } = server;
  if (server.isFollowing) {
    reply.array(5);
    reply.bulk('slave');
    reply.bulk(following.host);
    reply.int(following.port);
    reply.bulk(STATE_NAMES[following.state]);
    reply.int(following.client?.offset ?? -1);
    return;
  }
  const online = replication.replicas.filter((each) => each.state === ONLINE);
  reply.array(3);
  reply.bulk('master');
  reply.int(replication.offset);
  reply.array(online.length);
  for (const { ip, port, ackOffset } of online) {
    reply.array(3);
    reply.bulk(ip);
    reply.bulkInt(port);
    reply.bulkInt(ackOffset);
  }
}

/** WAIT numreplicas timeout */
export function wait(c: Client): void {
  const { argv, server, reply } = c;
  if (server.isFollowing) throw NOT_OF_REPLICAS;
  const wanted = integer(argv[1]);
  const ms = wholeTimeoutMs(c, argv[2]);
  const got = server.replication.countAcks(c.wroteOffset, false);
  if (got >= wanted || c.inExec) return reply.int(got);
  server.replication.waiters.block(c, ms, inVain);
}

function inVain({ reply, server, wroteOffset }: Client): void {
  reply.int(server.replication.countAcks(wroteOffset, false));
}

export const replicationCommands: Handlers<typeof specs> = {
  failover,
  psync,
  replconf,
  replicaof,
  role,
  slaveof,
  sync,
};
