// The file in which a node remembers the cluster (nodes.conf), and the lines of CLUSTER NODES,
// which are nearly the same:
//
//   <name> <ip>:<port>@<bus port>[,<hostname>] <flags> <master or -> <ping> <pong> <epoch>
//     connected <slots> [<slot>-><name>] [<slot>-<-<name>]
//
// In the file the address goes on, with names and values of what clients are not told here. Its
// last line holds the epochs. It is replaced as a whole, so that it is the old or the new one
// whatever happens.

import { SLOT_COUNT } from '../protocol/slot.ts';
import { splitWords } from '../protocol/words.ts';
import type { Cluster } from './cluster.ts';
import { ClusterNode, HANDSHAKE, isNodeName, MASTER, MYSELF, REPLICA } from './cluster-node.ts';
import { type Disk, reasonOf } from './disk.ts';

/** The line of one node, as clients see it. */
export function describeNode(cluster: Cluster, node: ClusterNode): string {
  return line(cluster, node, '');
}

/** The lines of all nodes. */
export function describeNodes(cluster: Cluster): string {
  let text = '';
  for (const node of cluster.nodes.values()) text += `${describeNode(cluster, node)}\n`;
  return text;
}

/** The contents of the file. */
export function fileText(cluster: Cluster): string {
  let text = '';
  for (const node of cluster.nodes.values()) {
    if (!(node.flags & HANDSHAKE)) text += `${line(cluster, node, more(node))}\n`;
  }
  const { currentEpoch, lastVoteEpoch } = cluster;
  return `${text}vars currentEpoch ${currentEpoch} lastVoteEpoch ${lastVoteEpoch}\n`;
}

function line(cluster: Cluster, node: ClusterNode, fields: string): string {
  const { name, ip, port, busPort, hostname, master } = node;
  const known = hostname === '' && fields === '' ? '' : `,${hostname}`;
  const words = [name, `${ip}:${port}@${busPort}${known}${fields}`, node.flagNames()];
  words.push(master === null ? '-' : master.name, `${node.pingMs}`, `${node.pongMs}`);
  words.push(`${(master ?? node).epoch}`);
  words.push(node.link !== null || node.isMyself ? 'connected' : 'disconnected');
  for (const [first, last] of node.ranges()) {
    words.push(first === last ? `${first}` : `${first}-${last}`);
  }
  if (node.isMyself) words.push(...openSlots(cluster));
  return words.join(' ');
}

function openSlots({ migrating, importing }: Cluster): string[] {
  const found: [slot: number, text: string][] = [];
  for (const [slot, { name }] of migrating) found.push([slot, `[${slot}->-${name}]`]);
  for (const [slot, { name }] of importing) {
    if (!migrating.has(slot)) found.push([slot, `[${slot}-<-${name}]`]);
  }
  return found.sort(([a], [b]) => a - b).map(([, text]) => text);
}

function more(node: ClusterNode): string {
  const { tlsPort, humanName, shard } = node;
  const tls = tlsPort === 0 ? '' : `,tls-port=${tlsPort}`;
  const human = humanName === '' ? '' : `,nodename=${humanName}`;
  return `${tls}${human},shard-id=${shard}`;
}

// Unlike Redis: nodes.conf is not locked, so nobody notices if two nodes are given the same.
/** Writes the file, to the disk itself if `durable`; returns why that failed, or ''. */
export function writeFile(
  disk: Disk,
  path: string,
  text: string,
  pid: number,
  durable: boolean,
): string {
  const temporary = `${path}.tmp-${pid}`;
  try {
    const file = disk.open(temporary, 'w');
    try {
      disk.write(file, Buffer.from(text, 'latin1'));
      if (durable) disk.sync(file);
    } finally {
      disk.close(file);
    }
    disk.rename(temporary, path);
    if (durable) disk.syncFolder(path.slice(0, path.lastIndexOf('/')));
    return '';
  } catch (problem) {
    return reasonOf(problem);
  }
}

/** A file that makes no sense, and the line that does not. */
export class BadClusterFile extends Error {}

/** Fills a cluster that has no nodes yet with what a file says. Throws a BadClusterFile. */
export function readFileText(cluster: Cluster, text: string): void {
  for (const each of text.split('\n')) {
    if (each === '') continue;
    const words = splitWords(each);
    if (words === undefined || words.length === 0) throw new BadClusterFile(each);
    if (words[0].toLowerCase() === 'vars') readEpochs(cluster, words, each);
    else readNode(cluster, words, each);
  }
  const { myself } = cluster;
  const ofNobody = myself.isReplica && myself.master === null;
  if (!cluster.nodes.has(myself.name) || !(myself.flags & (MASTER | REPLICA)) || ofNobody) {
    throw new BadClusterFile('');
  }
}

function readEpochs(cluster: Cluster, words: readonly string[], each: string): void {
  if (words.length % 2 === 0) throw new BadClusterFile(each);
  for (let i = 1; i < words.length; i += 2) {
    const name = words[i].toLowerCase();
    if (name === 'currentepoch') cluster.currentEpoch = Number(words[i + 1]);
    else if (name === 'lastvoteepoch') cluster.lastVoteEpoch = Number(words[i + 1]);
  }
}

function readNode(cluster: Cluster, words: readonly string[], each: string): void {
  const [name, address, flags, master, ping, pong, epoch] = words;
  if (words.length < 8 || !isNodeName(name)) throw new BadClusterFile(each);
  const node = cluster.named(name);
  const known = ClusterNode.readFlags(flags);
  if (known === undefined) throw new BadClusterFile(each);
  node.flags = known;
  if (known & MYSELF) cluster.myself = node;
  if (!readAddress(node, address)) throw new BadClusterFile(each);
  if (master[0] !== '-') {
    if (!isNodeName(master)) throw new BadClusterFile(each);
    cluster.follow(node, cluster.named(master));
  }
  const { ms } = cluster.clock;
  if (ping !== '0') node.pingMs = ms;
  if (pong !== '0') node.pongMs = ms;
  node.epoch = node.isReplica ? 0 : Number(epoch);
  for (const word of words.slice(8)) {
    if (!readSlots(cluster, node, word)) throw new BadClusterFile(each);
  }
}

function readAddress(node: ClusterNode, text: string): boolean {
  const [address, hostname = '', ...fields] = text.split(',');
  const parts = /^(.*):(\d+)(?:@(\d+))?$/.exec(address);
  if (parts === null) return false;
  node.ip = parts[1];
  node.port = Number(parts[2]);
  node.busPort = parts[3] === undefined ? node.port + 10000 : Number(parts[3]);
  node.hostname = hostname;
  for (const field of fields) {
    const [name, value, ...rest] = field.split('=');
    if (value === undefined || rest.length > 0) return false;
    if (name === 'shard-id' && isNodeName(value)) node.shard = value;
    else if (name === 'nodename') node.humanName = value;
    else if (name === 'tls-port') node.tlsPort = Number(value);
    else if (name === 'tcp-port') node.port = Number(value);
    else return false;
  }
  return true;
}

function readSlots(cluster: Cluster, node: ClusterNode, word: string): boolean {
  const open = /^\[(\d+)-([<>])-([0-9a-z]{40})\]$/.exec(word);
  if (open !== null) {
    const [, digits, direction, name] = open;
    const slot = Number(digits);
    if (slot >= SLOT_COUNT) return false;
    const slots = direction === '>' ? cluster.migrating : cluster.importing;
    slots.set(slot, cluster.named(name));
    return true;
  }
  const range = /^(\d+)(?:-(\d+))?$/.exec(word);
  if (range === null) return false;
  const first = Number(range[1]);
  const last = Number(range[2] ?? range[1]);
  if (first >= SLOT_COUNT || last >= SLOT_COUNT) return false;
  for (let slot = first; slot <= last; slot++) cluster.assign(slot, node);
  return true;
}
