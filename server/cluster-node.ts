// A node of a cluster, as another one knows it.

import { SLOT_COUNT } from '../protocol/slot.ts';
import type { BusLink } from './cluster-link.ts';

// What a node is, or how it is; the bits are those of the bus.
export const MASTER = 1 << 0;
export const REPLICA = 1 << 1;
export const MAYBE_FAILED = 1 << 2; // This node cannot reach it,
export const FAILED = 1 << 3; // nor can most masters.
export const MYSELF = 1 << 4;
export const HANDSHAKE = 1 << 5; // Its name is made up: it has not said a word yet.
export const NO_ADDRESS = 1 << 6;
export const MEET = 1 << 7; // It is to be told that it shall take this node in.
export const MIGRATES_TO = 1 << 8; // A master that takes replicas which others can spare.
export const NO_FAILOVER = 1 << 9; // A replica that will not take its master's place.

export const EXTENSIBLE = 1 << 10; // It understands extensions of packets.

export const NAME_LENGTH = 40;
const FLAG_NAMES: readonly (readonly [bit: number, name: string])[] = [
  [MYSELF, 'myself'],
  [MASTER, 'master'],
  [REPLICA, 'slave'],
  [MAYBE_FAILED, 'fail?'],
  [FAILED, 'fail'],
  [HANDSHAKE, 'handshake'],
  [NO_ADDRESS, 'noaddr'],
  [NO_FAILOVER, 'nofailover'],
];

/** Whether a text can be the name of a node or a shard. */
export function isNodeName(text: string): boolean {
  return text.length === NAME_LENGTH && /^[0-9a-z]*$/.test(text);
}

export class ClusterNode {
  /** 40 hexadecimal digits. */
  name: string;
  /** What a master and its replicas have in common. */
  shard: string;
  flags: number;
  /** Its IP address, or '' if that is not known: a node does not know its own at first. */
  ip = '';
  port = 0;
  tlsPort = 0;
  busPort = 0;
  hostname = '';
  humanName = '';
  /** How new its claim to its slots is. */
  epoch = 0;
  /** Whose replica it is. */
  master: ClusterNode | null = null;
  readonly replicas: ClusterNode[] = [];
  /** A bit for each slot that it serves, and how many these are. */
  readonly slots = new Uint8Array(SLOT_COUNT / 8);
  slotCount = 0;
  /** When it was sent a ping that it has not answered (Unix ms), or 0, */
  pingMs = 0;
  /** and when it was last heard. */
  pongMs = 0;
  /** How far it is in the stream of changes. */
  offset = 0;
  /** The connection to it, and the one from it. */
  link: BusLink | null = null;
  inbound: BusLink | null = null;
  /** When it became known, when anything came from it, and when it was taken for failed. */
  readonly sinceMs: number;
  dataMs = 0;
  failedMs = 0;
  /** When a replica of it was given a vote. */
  votedMs = 0;
  /** The masters that cannot reach it, and when each said so. */
  readonly reports = new Map<ClusterNode, number>();

  constructor(name: string, shard: string, flags: number, nowMs: number) {
    this.sinceMs = nowMs;
    this.name = name;
    this.shard = shard;
    this.flags = flags;
  }

  get isMyself(): boolean {
    return (this.flags & MYSELF) !== 0;
  }

  /** Whether a connection to it can be made. */
  get hasAddress(): boolean {
    return (this.flags & NO_ADDRESS) === 0;
  }

  get inHandshake(): boolean {
    return (this.flags & HANDSHAKE) !== 0;
  }

  /** Whether it seems to be out of reach. */
  get maybeFailed(): boolean {
    return (this.flags & MAYBE_FAILED) !== 0;
  }

  get isReplica(): boolean {
    return (this.flags & REPLICA) !== 0;
  }

  get isMaster(): boolean {
    return (this.flags & MASTER) !== 0;
  }

  get hasFailed(): boolean {
    return (this.flags & FAILED) !== 0;
  }

  serves(slot: number): boolean {
    return (this.slots[slot >>> 3] & (1 << (slot & 7))) !== 0;
  }

  /** Notes that it serves a slot, or does no longer; false if that is known. */
  setServes(slot: number, serves: boolean): boolean {
    if (this.serves(slot) === serves) return false;
    this.slots[slot >>> 3] ^= 1 << (slot & 7);
    this.slotCount += serves ? 1 : -1;
    return true;
  }

  /** The ranges of slots that it serves: first and last of each. */
  ranges(): [first: number, last: number][] {
    const found: [number, number][] = [];
    if (this.slotCount === 0) return found;
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      if (!this.serves(slot)) continue;
      const before = found[found.length - 1];
      if (before !== undefined && before[1] === slot - 1) before[1] = slot;
      else found.push([slot, slot]);
    }
    return found;
  }

  flagNames(): string {
    const names = FLAG_NAMES.filter(([bit]) => this.flags & bit).map(([, name]) => name);
    return names.length === 0 ? 'noflags' : names.join(',');
  }

  /** Reads what flagNames() says; undefined for a name that no flag has. */
  static readFlags(text: string): number | undefined {
    let flags = 0;
    for (const word of text.toLowerCase().split(',')) {
      const found = FLAG_NAMES.find(([, name]) => name === word);
      if (found !== undefined) flags |= found[0];
      else if (word !== 'noflags') return undefined;
    }
    return flags;
  }
}
