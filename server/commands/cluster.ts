// CLUSTER, and what a connection says to a node of a cluster: ASKING, READONLY. Who the nodes are,
// and who serves what, is server/cluster.ts; where requests go is server/cluster-route.ts.

import type { cluster as specs } from '../../protocol/commands/cluster.ts';
import { NOT_AN_INTEGER, quoting, ReplyError, SYNTAX } from '../../protocol/errors.ts';
import { parseInt64 } from '../../protocol/numbers.ts';
import { keySlot, SLOT_COUNT } from '../../protocol/slot.ts';
import type { Client } from '../client.ts';
import { BUS_ABOVE } from '../cluster.ts';
import { describeNode, describeNodes } from '../cluster-file.ts';
import { isAddress } from '../cluster-socket.ts';
import type { Handlers } from '../command-table.ts';
import type { SlotKeys } from '../slot-keys.ts';
import { infoText, replyLinks, replyShards, replySlots } from './cluster-show.ts';
import { clusterOf, nodeNamed, slotCommands } from './cluster-slots.ts';

const BAD_SLOT = new ReplyError('ERR Invalid slot');
const BAD_SLOT_OR_COUNT = new ReplyError('ERR Invalid slot or number of keys');
const NOT_A_MASTER = new ReplyError('ERR The specified node is not a master');
const MYSELF = new ReplyError("ERR I tried hard but I can't forget myself...");
const MY_MASTER = new ReplyError("ERR Can't forget my master!");
const HAS_KEYS = new ReplyError(
  "ERR CLUSTER RESET can't be called with master nodes containing keys",
);
const NOT_A_REPLICA = new ReplyError('ERR You should send CLUSTER FAILOVER to a replica');
const NO_MASTER = new ReplyError("ERR I'm a replica but my master is unknown to me");
const MASTER_IS_DOWN = new ReplyError(
  'ERR Master is down or failed, please use CLUSTER FAILOVER FORCE',
);
const CANNOT_FOLLOW_MYSELF = new ReplyError("ERR Can't replicate myself");
const CANNOT_FOLLOW_REPLICAS = new ReplyError('ERR I can only replicate a master, not a replica.');
const NOT_EMPTY = new ReplyError(
  'ERR To set a master the node must be empty and without assigned slots.',
);
const KNOWS_OTHERS = new ReplyError(
  'ERR The user can assign a config epoch only when the node does not know any other node.',
);
const HAS_EPOCH = new ReplyError('ERR Node config epoch is already non-zero');

/** ASKING */
function asking(c: Client): void {
  clusterOf(c);
  c.asking = 2; // Until the request behind the next one.
  c.reply.ok();
}

/** CLUSTER BUMPEPOCH */
function clusterBumpepoch(c: Client): void {
  const cluster = clusterOf(c);
  const word = cluster.bumpEpoch() ? 'BUMPED' : 'STILL';
  if (word === 'BUMPED') cluster.save();
  c.reply.status(`${word} ${cluster.myself.epoch}`);
}

/** CLUSTER COUNT-FAILURE-REPORTS node-id */
function clusterCountFailureReports(c: Client): void {
  const cluster = clusterOf(c);
  c.reply.int(cluster.bus.reportsOf(nodeNamed(cluster, c.argv[2])));
}

/** CLUSTER COUNTKEYSINSLOT slot */
function clusterCountkeysinslot(c: Client): void {
  const keys = keysOf(c);
  const slot = parseInt64(c.argv[2]);
  if (slot === undefined) throw NOT_AN_INTEGER;
  if (slot < 0 || slot >= SLOT_COUNT) throw BAD_SLOT;
  c.reply.int(keys.count(Number(slot)));
}

/** CLUSTER FAILOVER [FORCE|TAKEOVER] */
function clusterFailover(c: Client): void {
  const { argv } = c;
  const cluster = clusterOf(c);
  if (argv.length > 3) throw tooMany(c);
  const how = argv.length === 2 ? '' : argv[2].toLowerCase();
  if (how !== '' && how !== 'force' && how !== 'takeover') throw SYNTAX;
  const { master } = cluster.myself;
  if (cluster.myself.isMaster) throw NOT_A_REPLICA;
  if (master === null) throw NO_MASTER;
  if (how === '' && (master.hasFailed || master.link === null)) throw MASTER_IS_DOWN;
  cluster.failover.begin(how);
  c.reply.ok();
}

/** CLUSTER FORGET node-id */
function clusterForget(c: Client): void {
  const cluster = clusterOf(c);
  // Others may have said so already.
  if (cluster.isBanished(c.argv[2])) return c.reply.ok();
  const node = nodeNamed(cluster, c.argv[2]);
  if (node.isMyself) throw MYSELF;
  if (cluster.myself.master === node) throw MY_MASTER;
  cluster.banish(node.name);
  cluster.forget(node);
  cluster.changed();
  c.reply.ok();
}

/** CLUSTER GETKEYSINSLOT slot count */
function clusterGetkeysinslot(c: Client): void {
  const { argv, db, reply } = c;
  const keys = keysOf(c);
  const slot = parseInt64(argv[2]);
  const most = parseInt64(argv[3]);
  if (slot === undefined || most === undefined) throw NOT_AN_INTEGER;
  if (slot < 0 || slot >= SLOT_COUNT || most < 0) throw BAD_SLOT_OR_COUNT;
  const there = keys.count(Number(slot));
  const count = most > there ? there : Number(most);
  reply.array(count);
  for (let n = 0; n < count; n++) reply.bulk(db.dict.keyAt(keys.entryAt(Number(slot), n)));
}

function keysOf(c: Client): SlotKeys {
  clusterOf(c);
  return c.server.databases[0].slots!;
}

const HELP = [
  'CLUSTER <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'ADDSLOTS <slot> [<slot> ...]',
  '    Have this node serve slots that nobody serves.',
  'ADDSLOTSRANGE <first> <last> [<first> <last> ...]',
  '    The same with ranges of slots.',
  'BUMPEPOCH',
  "    Make this node's claims the newest.",
  'COUNT-FAILURE-REPORTS <node-id>',
  '    Count the nodes that cannot reach a node.',
  'COUNTKEYSINSLOT <slot>',
  '    Count the keys of a slot that are here.',
  'DELSLOTS <slot> [<slot> ...]',
  '    Forget who serves these slots.',
  'DELSLOTSRANGE <first> <last> [<first> <last> ...]',
  '    The same with ranges of slots.',
  'FAILOVER [FORCE|TAKEOVER]',
  "    Have this replica take its master's place.",
  'FLUSHSLOTS',
  '    Forget all slots that this node serves.',
  'FORGET <node-id>',
  '    Remove a node from those that are known here.',
  'GETKEYSINSLOT <slot> <count>',
  '    Some keys of a slot.',
  'INFO',
  '    How the cluster is.',
  'KEYSLOT <key>',
  '    The slot that a key belongs to.',
  'LINKS',
  '    The connections to other nodes, and from them.',
  'MEET <ip> <port> [<bus-port>]',
  '    Take a node in.',
  'MYID',
  '    The name of this node.',
  'MYSHARDID',
  '    The name of its shard.',
  'NODES',
  '    A line for each node:',
  '    <id> <ip:port@bus-port[,hostname]> <flags> <master> <ping> <pong> <epoch> <link> <slots>',
  'REPLICAS <node-id>',
  '    The same for the replicas of a node.',
  'REPLICATE <node-id>',
  '    Make this node a replica of another.',
  'RESET [HARD|SOFT]',
  '    Forget slots and nodes; with HARD, take a new name.',
  'SAVECONFIG',
  '    Write the file in which the node remembers the cluster.',
  'SET-CONFIG-EPOCH <epoch>',
  "    Give a new node's claims their age.",
  'SETSLOT <slot> (IMPORTING <node-id>|MIGRATING <node-id>|STABLE|NODE <node-id>)',
  '    Open a slot to be moved, close it, or say who serves it.',
  'SHARDS',
  '    Slots and nodes by shard.',
  'SLOTS',
  '    Ranges of slots and who serves them.',
  'HELP',
  '    Show this text.',
];

/** CLUSTER HELP */
function clusterHelp(c: Client): void {
  clusterOf(c);
  c.reply.array(HELP.length);
  for (const line of HELP) c.reply.status(line);
}

/** CLUSTER INFO */
function clusterInfo(c: Client): void {
  c.reply.verbatim('txt', infoText(clusterOf(c)));
}

/** CLUSTER KEYSLOT key */
function clusterKeyslot(c: Client): void {
  clusterOf(c);
  c.reply.int(keySlot(c.argv[2]));
}

/** CLUSTER LINKS */
function clusterLinks(c: Client): void {
  replyLinks(c.reply, clusterOf(c));
}

/** CLUSTER MEET ip port [cluster-bus-port] */
function clusterMeet(c: Client): void {
  const { argv } = c;
  const cluster = clusterOf(c);
  if (argv.length > 5) throw tooMany(c);
  const [, , ip, ...ports] = argv;
  const port = parseInt64(ports[0]);
  if (port === undefined) throw quoting('Invalid base port specified: ', ports[0], '');
  const busPort = ports.length === 1 ? port + BigInt(BUS_ABOVE) : parseInt64(ports[1]);
  if (busPort === undefined) throw quoting('Invalid bus port specified: ', ports[1], '');
  if (!isAddress(ip) || !isPort(port) || !isPort(busPort)) {
    throw quoting('Invalid node address specified: ', `${ip}:${ports[0]}`, '');
  }
  cluster.bus.meet(ip, Number(port), Number(busPort));
  c.reply.ok();
}

function isPort(port: bigint): boolean {
  return port > 0n && port < 65536n;
}

/** CLUSTER MYID */
function clusterMyid(c: Client): void {
  c.reply.bulk(clusterOf(c).myself.name);
}

/** CLUSTER MYSHARDID */
function clusterMyshardid(c: Client): void {
  c.reply.bulk(clusterOf(c).myself.shard);
}

/** CLUSTER NODES */
function clusterNodes(c: Client): void {
  const cluster = clusterOf(c);
  cluster.refresh();
  c.reply.verbatim('txt', describeNodes(cluster));
}

/** CLUSTER REPLICATE node-id */
function clusterReplicate(c: Client): void {
  const cluster = clusterOf(c);
  const node = nodeNamed(cluster, c.argv[2]);
  if (node.isMyself) throw CANNOT_FOLLOW_MYSELF;
  if (node.isReplica) throw CANNOT_FOLLOW_REPLICAS;
  const { myself, server } = cluster;
  if (myself.isMaster && (myself.slotCount !== 0 || server.databases[0].size !== 0)) {
    throw NOT_EMPTY;
  }
  cluster.replicate(node);
  c.reply.ok();
}

/** CLUSTER REPLICAS node-id */
function clusterReplicas(c: Client): void {
  const cluster = clusterOf(c);
  const node = nodeNamed(cluster, c.argv[2]);
  if (node.isReplica) throw NOT_A_MASTER;
  cluster.refresh();
  c.reply.array(node.replicas.length);
  for (const replica of node.replicas) c.reply.bulk(describeNode(cluster, replica));
}

/** CLUSTER SLAVES node-id */
function clusterSlaves(c: Client): void {
  clusterReplicas(c);
}

/** CLUSTER RESET [HARD|SOFT] */
function clusterReset(c: Client): void {
  const cluster = clusterOf(c);
  const how = c.argv.length === 2 ? 'soft' : c.argv[2].toLowerCase();
  if (c.argv.length > 3) throw tooMany(c);
  if (how !== 'hard' && how !== 'soft') throw SYNTAX;
  if (cluster.myself.isMaster && c.db.size !== 0) throw HAS_KEYS;
  cluster.reset(how === 'hard');
  c.reply.ok();
}

/** CLUSTER SAVECONFIG */
function clusterSaveconfig(c: Client): void {
  const why = clusterOf(c).save();
  if (why !== '') throw quoting('error saving the cluster node config: ', why, '');
  c.reply.ok();
}

/** CLUSTER SET-CONFIG-EPOCH config-epoch */
function clusterSetConfigEpoch(c: Client): void {
  const cluster = clusterOf(c);
  const epoch = parseInt64(c.argv[2]);
  if (epoch === undefined) throw NOT_AN_INTEGER;
  if (epoch < 0) throw quoting('Invalid config epoch specified: ', `${epoch}`, '');
  if (cluster.nodes.size > 1) throw KNOWS_OTHERS;
  const { myself, server } = cluster;
  if (myself.epoch !== 0) throw HAS_EPOCH;
  myself.epoch = Number(epoch);
  server.log.notice(`configEpoch set to ${epoch} via CLUSTER SET-CONFIG-EPOCH`);
  cluster.currentEpoch = Math.max(cluster.currentEpoch, myself.epoch);
  cluster.changed();
  c.reply.ok();
}

/** CLUSTER SHARDS */
function clusterShards(c: Client): void {
  replyShards(c.reply, clusterOf(c));
}

/** CLUSTER SLOTS */
function clusterSlots(c: Client): void {
  replySlots(c.reply, clusterOf(c));
}

/** READONLY */
function readonly(c: Client): void {
  clusterOf(c);
  c.readonly = true;
  c.reply.ok();
}

/** READWRITE */
function readwrite(c: Client): void {
  clusterOf(c);
  c.readonly = false;
  c.reply.ok();
}

function tooMany({ argv }: Client): ReplyError {
  return quoting(
    "unknown subcommand or wrong number of arguments for '",
    argv[1],
    "'. Try CLUSTER HELP.",
  );
}

export const clusterCommands: Handlers<typeof specs> = {
  asking,
  ...slotCommands,
  'cluster|bumpepoch': clusterBumpepoch,
  'cluster|count-failure-reports': clusterCountFailureReports,
  'cluster|countkeysinslot': clusterCountkeysinslot,
  'cluster|failover': clusterFailover,
  'cluster|forget': clusterForget,
  'cluster|getkeysinslot': clusterGetkeysinslot,
  'cluster|help': clusterHelp,
  'cluster|info': clusterInfo,
  'cluster|keyslot': clusterKeyslot,
  'cluster|links': clusterLinks,
  'cluster|meet': clusterMeet,
  'cluster|myid': clusterMyid,
  'cluster|myshardid': clusterMyshardid,
  'cluster|nodes': clusterNodes,
  'cluster|replicas': clusterReplicas,
  'cluster|replicate': clusterReplicate,
  'cluster|reset': clusterReset,
  'cluster|saveconfig': clusterSaveconfig,
  'cluster|set-config-epoch': clusterSetConfigEpoch,
  'cluster|shards': clusterShards,
  'cluster|slaves': clusterSlaves,
  'cluster|slots': clusterSlots,
  readonly,
  readwrite,
};
