// What the nodes of a cluster say to each other: the packets of the bus.
//
//   0    "RCmb"              signature               2128 name of the master, or zeros
//   4    length              of all of it            2168 IP address, or zeros
//   8    version             1                       2214 number of extensions
//   10   port                of clients              2246 TLS port
//   12   type                PING, PONG, ...         2248 bus port
//   14   count               of gossip entries       2250 flags of the node
//   16   current epoch                               2252 0 if the cluster is well
//   24   epoch of its claims                         2253 flags of the message
//   32   offset in the stream of changes             2256 what the type asks for:
//   40   name of the sender
//   80   a bit for each slot that it claims          PING, PONG, MEET   gossip, extensions
//                                                    FAIL               a name
//   gossip: 104 bytes about another node             PUBLISH            channel, message
//   extension: length, type, padded to 8             UPDATE             epoch, name, slots
//
// Numbers are in network order; texts end at a NUL or where their field does.

import { SLOT_COUNT } from './slot.ts';

// Types.
export const PING = 0;
export const PONG = 1;
export const MEET = 2; // A ping by which a node asks to be taken in.
export const FAIL = 3;
export const PUBLISH = 4;
export const VOTE_REQUEST = 5;
export const VOTE = 6;
export const UPDATE = 7;
export const PAUSE = 8; // A replica will take over: changes shall stop.
export const MODULE = 9;
export const PUBLISH_SHARD = 10;
export const TYPE_NAMES = [
  ...['ping', 'pong', 'meet', 'fail', 'publish', 'auth-req', 'auth-ack', 'update', 'mfstart'],
  ...['module', 'publishshard'],
];

// Flags of a message.
export const PAUSED = 1 << 0; // The sender carries out no changes, so its offset stands.
export const FORCED = 1 << 1; // A vote is asked for though the master may be well.
export const EXTENSIBLE = 1 << 2; // The sender understands extensions.

// Types of extensions.
const HOSTNAME = 0;
const HUMAN_NAME = 1;
const FORGOTTEN = 2;
const SHARD = 3;
const SECRET = 4;

const VERSION = 1;
const NAME = 40;
const IP = 46;
const SLOTS = SLOT_COUNT / 8;
const HEAD = 2256;
const ENTRY = 104;

/** The length that the first 8 bytes announce; 0 if no packet begins so. */
export function announcedLength(bytes: Buffer): number {
  if (bytes.latin1Slice(0, 4) !== 'RCmb') return 0;
  const length = bytes.readUInt32BE(4);
  return length < HEAD ? 0 : length;
}

/** What a node tells of another. */
export type Gossip = {
  readonly name: string;
  readonly pingSeconds: number;
  readonly pongSeconds: number;
  readonly ip: string;
  readonly port: number;
  readonly tlsPort: number;
  readonly busPort: number;
  readonly flags: number;
};

/** What a node tells of itself where the head has no place for it. */
export type Extensions = {
  hostname: string;
  humanName: string;
  shard: string;
  secret: string;
  readonly forgotten: { name: string; seconds: number }[];
};

/** A packet, or its head at least. */
export class ClusterMessage {
  type: number;
  port = 0;
  tlsPort = 0;
  busPort = 0;
  currentEpoch = 0;
  epoch = 0;
  offset = 0;
  sender = '';
  /** A bit for each slot; not a copy. */
  slots: Uint8Array = NO_SLOTS;
  /** Whose replica the sender is, or ''. */
  master = '';
  /** The address that it wants to be known by, or ''. */
  ip = '';
  flags = 0;
  ok = false;
  messageFlags = 0;
  /** PING, PONG, MEET. */
  gossip: Gossip[] = [];
  extensions: Extensions | null = null;
  /** FAIL and UPDATE: whom it is about. */
  about = '';
  aboutEpoch = 0;
  aboutSlots: Uint8Array = NO_SLOTS;
  /** PUBLISH and PUBLISH_SHARD. */
  channel = '';
  message = '';

  constructor(type: number) {
    this.type = type;
  }

  get isPing(): boolean {
    return this.type <= MEET;
  }

  /** The packet. */
  encode(): Buffer {
    const body = this.body();
    const bytes = Buffer.alloc(HEAD + body.length);
    bytes.write('RCmb', 0, 'latin1');
    bytes.writeUInt32BE(bytes.length, 4);
    bytes.writeUInt16BE(VERSION, 8);
    bytes.writeUInt16BE(this.port, 10);
    bytes.writeUInt16BE(this.type, 12);
    bytes.writeUInt16BE(this.gossip.length, 14);
    bytes.writeBigUInt64BE(BigInt(this.currentEpoch), 16);
    bytes.writeBigUInt64BE(BigInt(this.epoch), 24);
    bytes.writeBigUInt64BE(BigInt(this.offset), 32);
    bytes.write(this.sender, 40, NAME, 'latin1');
    bytes.set(this.slots, 80);
    bytes.write(this.master, 2128, NAME, 'latin1');
    bytes.write(this.ip, 2168, IP - 1, 'latin1');
    bytes.writeUInt16BE(this.extensions === null ? 0 : countOf(this.extensions), 2214);
    bytes.writeUInt16BE(this.tlsPort, 2246);
    bytes.writeUInt16BE(this.busPort, 2248);
    bytes.writeUInt16BE(this.flags & 0xffff, 2250);
    bytes[2252] = this.ok ? 0 : 1;
    bytes[2253] = this.messageFlags;
    body.copy(bytes, HEAD);
    return bytes;
  }

  private body(): Buffer {
    switch (this.type) {
      case FAIL:
        return Buffer.from(this.about, 'latin1');
      case PUBLISH:
      case PUBLISH_SHARD: {
        const lengths = Buffer.alloc(8);
        lengths.writeUInt32BE(this.channel.length, 0);
        lengths.writeUInt32BE(this.message.length, 4);
        return Buffer.concat([lengths, Buffer.from(this.channel + this.message, 'latin1')]);
      }
      case UPDATE: {
        const head = Buffer.alloc(8 + NAME);
        head.writeBigUInt64BE(BigInt(this.aboutEpoch), 0);
        head.write(this.about, 8, NAME, 'latin1');
        return Buffer.concat([head, this.aboutSlots]);
      }
      default: {
        const parts = this.gossip.map(encodeGossip);
        if (this.extensions !== null) parts.push(...encodeExtensions(this.extensions));
        return Buffer.concat(parts);
      }
    }
  }
}

const NO_SLOTS = new Uint8Array(SLOTS);

function encodeGossip(entry: Gossip): Buffer {
  const bytes = Buffer.alloc(ENTRY);
  bytes.write(entry.name, 0, NAME, 'latin1');
  bytes.writeUInt32BE(entry.pingSeconds, 40);
  bytes.writeUInt32BE(entry.pongSeconds, 44);
  bytes.write(entry.ip, 48, IP - 1, 'latin1');
  bytes.writeUInt16BE(entry.port, 94);
  bytes.writeUInt16BE(entry.busPort, 96);
  bytes.writeUInt16BE(entry.flags & 0xffff, 98);
  bytes.writeUInt16BE(entry.tlsPort, 100);
  return bytes;
}

function countOf({ hostname, humanName, forgotten }: Extensions): number {
  return 2 + forgotten.length + (hostname === '' ? 0 : 1) + (humanName === '' ? 0 : 1);
}

function encodeExtensions(of: Extensions): Buffer[] {
  const parts: Buffer[] = [];
  if (of.hostname !== '') parts.push(extension(HOSTNAME, `${of.hostname}\0`));
  if (of.humanName !== '') parts.push(extension(HUMAN_NAME, `${of.humanName}\0`));
  for (const { name, seconds } of of.forgotten) {
    const one = extension(FORGOTTEN, name + '\0'.repeat(8));
    one.writeBigUInt64BE(BigInt(seconds), 8 + NAME);
    parts.push(one);
  }
  parts.push(extension(SHARD, of.shard), extension(SECRET, of.secret));
  return parts;
}

function extension(type: number, data: string): Buffer {
  const bytes = Buffer.alloc(8 + Math.ceil(data.length / 8) * 8);
  bytes.writeUInt32BE(bytes.length, 0);
  bytes.writeUInt16BE(type, 4);
  bytes.write(data, 8, 'latin1');
  return bytes;
}

/**
 * Reads a packet, whose slots stay where they are in the bytes. Returns what is wrong with it if
 * its length is not what its contents make.
 */
export function readMessage(bytes: Buffer): ClusterMessage | string {
  const message = new ClusterMessage(bytes.readUInt16BE(12));
  if (bytes.readUInt16BE(8) !== VERSION) return 'of another version';
  message.port = bytes.readUInt16BE(10);
  message.currentEpoch = Number(bytes.readBigUInt64BE(16));
  message.epoch = Number(bytes.readBigUInt64BE(24));
  message.offset = Number(bytes.readBigUInt64BE(32));
  message.sender = textAt(bytes, 40, NAME);
  message.slots = bytes.subarray(80, 80 + SLOTS);
  message.master = textAt(bytes, 2128, NAME);
  message.ip = textAt(bytes, 2168, IP);
  message.tlsPort = bytes.readUInt16BE(2246);
  message.busPort = bytes.readUInt16BE(2248);
  message.flags = bytes.readUInt16BE(2250);
  message.ok = bytes[2252] === 0;
  message.messageFlags = bytes[2253];
  const problem = readBody(message, bytes);
  return problem === '' ? message : problem;
}

function readBody(message: ClusterMessage, bytes: Buffer): string {
  const left = bytes.length - HEAD;
  switch (message.type) {
    case FAIL:
      if (left !== NAME) return badLength(bytes, HEAD + NAME);
      message.about = textAt(bytes, HEAD, NAME);
      return '';
    case PUBLISH:
    case PUBLISH_SHARD:
      return left < 8 ? badLength(bytes, HEAD + 8) : readPublish(message, bytes);
    case UPDATE: {
      const expected = 8 + NAME + SLOTS;
      if (left !== expected) return badLength(bytes, HEAD + expected);
      message.aboutEpoch = Number(bytes.readBigUInt64BE(HEAD));
      message.about = textAt(bytes, HEAD + 8, NAME);
      message.aboutSlots = bytes.subarray(HEAD + 8 + NAME);
      return '';
    }
    case PING:
    case PONG:
    case MEET:
      return readGossip(message, bytes);
    default:
      return '';
  }
}

function readPublish(message: ClusterMessage, bytes: Buffer): string {
  const channel = bytes.readUInt32BE(HEAD);
  const length = bytes.readUInt32BE(HEAD + 4);
  const start = HEAD + 8;
  if (bytes.length !== start + channel + length) return badLength(bytes, start + channel + length);
  message.channel = bytes.latin1Slice(start, start + channel);
  message.message = bytes.latin1Slice(start + channel, bytes.length);
  return '';
}

function readGossip(message: ClusterMessage, bytes: Buffer): string {
  const count = bytes.readUInt16BE(14);
  let at = HEAD + count * ENTRY;
  if (bytes.length < at) {
    return `with gossip count ${count} that exceeds total packet length (${bytes.length})`;
  }
  for (let i = 0; i < count; i++) message.gossip.push(gossipAt(bytes, HEAD + i * ENTRY));
  if (message.messageFlags & EXTENSIBLE) {
    const read: Extensions = { hostname: '', humanName: '', shard: '', secret: '', forgotten: [] };
    for (let left = bytes.readUInt16BE(2214); left > 0; left--) {
      const length = bytes.length - at < 8 ? Infinity : bytes.readUInt32BE(at);
      if (length > bytes.length - at || length < 8) {
        return `with extension data that exceeds total packet length (${bytes.length})`;
      }
      if (length % 8 !== 0) return `without proper padding (${length} bytes)`;
      readExtension(read, bytes.subarray(at, at + length));
      at += length;
    }
    message.extensions = read;
  }
  return at === bytes.length ? '' : badLength(bytes, at);
}

function gossipAt(bytes: Buffer, at: number): Gossip {
  return {
    name: bytes.latin1Slice(at, at + NAME),
    pingSeconds: bytes.readUInt32BE(at + 40),
    pongSeconds: bytes.readUInt32BE(at + 44),
    ip: textAt(bytes, at + 48, IP),
    port: bytes.readUInt16BE(at + 94),
    busPort: bytes.readUInt16BE(at + 96),
    flags: bytes.readUInt16BE(at + 98),
    tlsPort: bytes.readUInt16BE(at + 100),
  };
}

function readExtension(into: Extensions, bytes: Buffer): void {
  const room = bytes.length - 8;
  switch (bytes.readUInt16BE(4)) {
    case HOSTNAME:
      into.hostname = textAt(bytes, 8, room);
      break;
    case HUMAN_NAME:
      into.humanName = textAt(bytes, 8, room);
      break;
    case SHARD:
      into.shard = textAt(bytes, 8, room);
      break;
    case SECRET:
      into.secret = textAt(bytes, 8, room);
      break;
    case FORGOTTEN: {
      if (room < NAME + 8) return;
      const seconds = Number(bytes.readBigUInt64BE(8 + NAME));
      into.forgotten.push({ name: textAt(bytes, 8, NAME), seconds });
    }
  }
}

function textAt(bytes: Buffer, at: number, length: number): string {
  const text = bytes.latin1Slice(at, at + length);
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

function badLength(bytes: Buffer, expected: number): string {
  return `of length ${bytes.length} but expected length ${expected}`;
}
