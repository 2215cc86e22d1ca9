// One connection of the bus: packets out, packets in.

import { announcedLength, type ClusterMessage } from '../protocol/cluster-message.ts';
import type { ClusterBus } from './cluster-bus.ts';
import type { ClusterNode } from './cluster-node.ts';
import type { BusEvents, BusSocket } from './cluster-socket.ts';

const FIRST = 8; // Bytes that tell how long a packet is.
const ROOM = 16 * 1024; // What a packet is given at first: its sender may promise anything.

export class BusLink implements BusEvents {
  /** Who is at the other end; of one that came in, it is known only once it has spoken. */
  node: ClusterNode | null;
  /** Whether the other end made it. */
  readonly inbound: boolean;
  readonly sinceMs: number;
  readonly socket: BusSocket;
  private readonly bus: ClusterBus;
  private packet = Buffer.alloc(0);
  private have = 0;
  private closed = false;
  private readonly queue: Buffer[] = [];
  private queued = 0;

  constructor(bus: ClusterBus, socket: BusSocket, node: ClusterNode | null) {
    this.bus = bus;
    this.socket = socket;
    this.node = node;
    this.inbound = node === null;
    this.sinceMs = bus.clock.ms;
    socket.events = this;
  }

  send(message: ClusterMessage): void {
    this.sendBytes(message.type, message.encode());
  }

  /** The same with a packet that was made for several. */
  sendBytes(type: number, bytes: Buffer): void {
    if (this.closed) return;
    this.bus.sent[type]++;
    this.queue.push(bytes);
    this.queued += bytes.length;
    this.bus.flushSoon();
  }

  /** Bytes that have not left. */
  get unsent(): number {
    return this.queued + this.socket.unsent;
  }

  /** Sends what has gathered. */
  flush(): void {
    if (this.queued === 0 || this.closed) return;
    this.socket.send(this.queue.length === 1 ? this.queue[0] : Buffer.concat(this.queue));
    this.queue.length = 0;
    this.queued = 0;
  }

  connected(): void {
    this.bus.greet(this);
  }

  received(bytes: Buffer): void {
    const { server } = this.bus;
    server.beginTurn();
    for (let at = 0; at < bytes.length && !this.closed; ) at = this.take(bytes, at);
    server.endTurn();
  }

  gone(): void {
    this.close();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.socket.destroy();
    this.bus.forget(this);
  }

  /** Takes bytes from `at` on for the packet that is coming in; returns how far it got. */
  private take(bytes: Buffer, at: number): number {
    if (this.have === 0) {
      // Most packets come in one piece.
      const whole = bytes.length - at < FIRST ? 0 : announcedLength(bytes.subarray(at));
      if (whole !== 0 && at + whole <= bytes.length) {
        this.bus.heard(this, bytes.subarray(at, at + whole));
        return at + whole;
      }
      this.packet = Buffer.allocUnsafe(ROOM);
    }
    const wanted = this.have < FIRST ? FIRST : announcedLength(this.packet);
    const end = Math.min(bytes.length, at + wanted - this.have);
    this.makeRoom(this.have + end - at, wanted);
    bytes.copy(this.packet, this.have, at, end);
    this.have += end - at;
    if (this.have === FIRST && announcedLength(this.packet) === 0) {
      const { log } = this.bus.server;
      const from = this.socket.remoteIp;
      log.warning(`Bad message length or signature received on the Cluster bus from ${from}`);
      this.close();
    } else if (this.have > FIRST && this.have === wanted) {
      const { have, packet } = this;
      this.have = 0;
      this.bus.heard(this, packet.subarray(0, have));
    }
    return end;
  }

  private makeRoom(bytes: number, most: number): void {
    if (bytes <= this.packet.length) return;
    const larger = Buffer.allocUnsafe(Math.min(Math.max(bytes, this.packet.length * 2), most));
    this.packet.copy(larger, 0, 0, this.have);
    this.packet = larger;
  }
}
