// Which node of a cluster a request is for.
//
// All keys of a request (of a whole transaction, at EXEC) must be of one slot; if this node
// does not serve it, the client is told who does. A slot that is open needs a closer look:
//
//   migrating   keys that are no longer here are asked for at the other end (ASK); if some are
//               here and some are not, the client has to try again later (TRYAGAIN)
//   importing   keys are served to those only who said ASKING, with all keys here or just one
//
// As Redis does, all of it is decided before the command runs.

import * as flag from '../protocol/command-spec.ts';
import { routedIndexes } from '../protocol/derive.ts';
import { ReplyError } from '../protocol/errors.ts';
import { keySlot } from '../protocol/slot.ts';
import type { Client } from './client.ts';
import type { Cluster } from './cluster.ts';
import type { ClusterNode } from './cluster-node.ts';
import type { Command } from './command-table.ts';
import type { Database } from './keyspace.ts';

// What is found out.
export const HERE = 0;
export const CROSS_SLOT = 1;
export const UNSTABLE = 2;
export const DOWN = 3;
export const DOWN_TO_WRITES = 4;
export const UNSERVED = 5;
export const MOVED = 6;
export const ASK = 7;

const CROSS_SLOT_ERROR = new ReplyError("CROSSSLOT Keys in request don't hash to the same slot");
const TRY_AGAIN = new ReplyError('TRYAGAIN Multiple keys request during rehashing of slot');
const CLUSTER_DOWN = new ReplyError('CLUSTERDOWN The cluster is down');
const ONLY_READS = new ReplyError('CLUSTERDOWN The cluster is down and only accepts read commands');
const NOT_SERVED = new ReplyError('CLUSTERDOWN Hash slot not served');

const places: number[] = [];

/** What is known of a request by and by. One is used for all of them. */
class Query {
  /** Their slot, or -1 while there is no key. */
  slot = -1;
  /** Who serves it, or is to be asked. */
  node: ClusterNode | null = null;
  private first = '';
  private several = false; // Different keys, in a slot that is being imported.
  private migrates = false;
  private imports = false;
  private missing = 0;
  private existing = 0;
  private channels = false;

  /** Finds out who has to carry out a command: one of the codes above. */
  ask(cluster: Cluster, c: Client, command: Command, argv: readonly string[]): number {
    this.slot = -1;
    this.node = null;
    this.several = false;
    this.migrates = false;
    this.imports = false;
    this.missing = 0;
    this.existing = 0;
    this.channels = false;
    if (command.spec.name === 'exec') {
      if (c.queue === null) return HERE;
      for (const queued of c.queue) {
        const code = this.look(cluster, c.db, queued.command, queued.argv);
        if (code !== HERE) return code;
      }
    } else {
      const code = this.look(cluster, c.db, command, argv);
      if (code !== HERE) return code;
    }
    return this.slot < 0 ? HERE : this.decide(cluster, c, command);
  }

  private look(cluster: Cluster, db: Database, command: Command, argv: readonly string[]): number {
    const { spec } = command;
    const count = routedIndexes(spec, argv, places);
    if (count > 0 && command.flags & flag.PUBSUB) this.channels = true;
    for (let i = 0; i < count; i++) {
      const key = argv[places[i]];
      const slot = keySlot(key);
      if (this.slot < 0) {
        const node = cluster.owners[slot];
        if (node === null) return UNSERVED;
        this.slot = slot;
        this.node = node;
        this.first = key;
        if (node.isMyself && cluster.migrating.has(slot)) this.migrates = true;
        else if (cluster.importing.has(slot)) this.imports = true;
      } else if (slot !== this.slot) {
        return CROSS_SLOT;
      } else if (key !== this.first) {
        this.several = true;
      }
      if ((this.migrates || this.imports) && !this.channels) this.count(db, key);
    }
    return HERE;
  }

  private count(db: Database, key: string): void {
    const i = db.dict.find(key);
    if (i < 0 || db.hasExpired(i)) this.missing++;
    else this.existing++;
  }

  private decide(cluster: Cluster, c: Client, command: Command): number {
    const { flags, spec } = command;
    const { values } = cluster.server.config;
    if (!cluster.ok) {
      if (this.channels) {
        if (!values['cluster-allow-pubsubshard-when-down']) return DOWN;
      } else if (!values['cluster-allow-reads-when-down']) {
        return DOWN;
      } else if (flags & flag.WRITE) {
        return DOWN_TO_WRITES;
      }
    }
    const open = this.migrates || this.imports;
    // Redis: MIGRATE moves what is here, whoever serves it.
    if (open && spec.name === 'migrate') return HERE;
    if (this.migrates && this.missing > 0) {
      if (this.existing > 0) return UNSTABLE;
      this.node = cluster.migrating.get(this.slot)!;
      return ASK;
    }
    if (this.imports && (c.asking !== 0 || flags & flag.ASKING)) {
      return this.several && this.missing > 0 ? UNSTABLE : HERE;
    }
    if (this.node!.isMyself || this.mayRead(cluster, c, command)) return HERE;
    return MOVED;
  }

  /** Whether a replica may answer in its master's place. */
  private mayRead({ myself }: Cluster, c: Client, command: Command): boolean {
    if (!myself.isReplica || myself.master !== this.node) return false;
    if (!c.readonly && !this.channels) return false;
    if (command.flags & flag.WRITE) return false;
    return command.spec.name !== 'exec' || !c.queue!.some((q) => q.command.flags & flag.WRITE);
  }
}

const query = new Query();

/** Why a request is not for this node, or null if it is. Notes the slot of its keys in c.slot. */
export function misrouted(c: Client, command: Command): ReplyError | null {
  const cluster = c.server.cluster!;
  if (c.asking !== 0 && c.queue === null) c.asking--; // It was for this request.
  if (command.spec.keys.length === 0 && command.spec.name !== 'exec') {
    c.slot = -1;
    return null;
  }
  const code = query.ask(cluster, c, command, c.argv);
  c.slot = query.slot;
  if (code === HERE) return null;
  return refusal(cluster, code, query.slot, query.node);
}

function refusal(
  cluster: Cluster,
  code: number,
  slot: number,
  node: ClusterNode | null,
): ReplyError {
  switch (code) {
    case CROSS_SLOT:
      return CROSS_SLOT_ERROR;
    case UNSTABLE:
      return TRY_AGAIN;
    case DOWN:
      return CLUSTER_DOWN;
    case DOWN_TO_WRITES:
      return ONLY_READS;
    case UNSERVED:
      return NOT_SERVED;
  }
  const word = code === ASK ? 'ASK' : 'MOVED';
  return new ReplyError(`${word} ${slot} ${endpoint(cluster, node!)}:${node!.port}`);
}

/** What clients are to call a node's host. */
export function endpoint(cluster: Cluster, node: ClusterNode): string {
  switch (cluster.server.config.values['cluster-preferred-endpoint-type']) {
    case 'ip':
      return node.ip;
    case 'hostname':
      return node.hostname === '' ? '?' : node.hostname;
    default:
      return '';
  }
}

/**
 * Who has to carry out a command of a script, as one of the codes above; c is the script's client.
 * The slot of its keys is left in c.slot.
 */
export function routeInScript(c: Client, command: Command): number {
  const { asker } = c;
  c.asking = asker.asking;
  c.readonly = asker.readonly;
  const code = query.ask(c.server.cluster!, c, command, c.argv);
  c.slot = query.slot;
  return code;
}

/** Sends those on who wait for keys that this node serves no longer. */
export function redirectBlocked(cluster: Cluster): void {
  const { blocking, databases } = cluster.server;
  const [db] = databases;
  if (db === undefined || db.blocked.size === 0) return;
  const waiting = new Set([...db.blocked.values()].flatMap((clients) => [...clients]));
  for (const c of waiting) {
    const problem = problemOfWaiting(cluster, c);
    if (problem !== null) blocking.refuse(c, problem);
  }
}

function problemOfWaiting(cluster: Cluster, c: Client): ReplyError | null {
  if (!cluster.ok) return CLUSTER_DOWN;
  const slot = keySlot(c.block!.keys[0]);
  const node = cluster.owners[slot];
  if (node?.isMyself || cluster.importing.has(slot)) return null;
  const { myself } = cluster;
  const reads = c.readonly && !(c.block!.command.flags & flag.WRITE);
  if (reads && myself.isReplica && myself.master === node) return null;
  if (node === null) return NOT_SERVED;
  return refusal(cluster, MOVED, slot, node);
}
