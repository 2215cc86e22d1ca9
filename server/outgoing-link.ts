// A connection that this server makes itself: to its master.
//
// It carries a great deal inwards and next to nothing outwards, so it reads like the others, into
// one buffer that is used again, and writes through the stream.

import { connect, type Socket } from 'node:net';
import type { Link, LinkEvents } from '../protocol/link.ts';
import { reasonOf } from './disk.ts';

const READ_SIZE = 64 * 1024;

/** Whom it belongs to, who also wants to know when there is a connection. */
export interface OutgoingEvents extends LinkEvents {
  connected(): void;
}

/** Where to connect to, and from which address: '' for any. */
export type Destination = { readonly host: string; readonly port: number; readonly from: string };

export class OutgoingLink implements Link {
  events: OutgoingEvents;
  address: string;
  localAddress = '';
  readonly transport = 'tcp';
  readonly fd = -1;
  /** Why it ended, in the words of the C library; '' if nothing was wrong. */
  problem = '';
  private readonly socket: Socket;

  /** Begins to connect; `events` hears whether that succeeds. */
  constructor({ host, port, from }: Destination, events: OutgoingEvents) {
    this.events = events;
    this.address = spell(host, port);
    this.socket = connect({
      host,
      port,
      noDelay: true,
      ...(from === '' ? {} : { localAddress: from }),
      onread: {
        buffer: Buffer.allocUnsafeSlow(READ_SIZE),
        callback: (length, chunk) => {
          this.events.received(chunk as Buffer, length);
          return true;
        },
      },
    });
    this.socket.on('connect', () => this.begun());
    this.socket.on('drain', () => this.events.drained());
    this.socket.on('end', () => this.socket.destroy());
    this.socket.on('error', (problem) => {
      this.problem = reasonOf(problem);
    });
    this.socket.once('close', () => this.events.gone());
  }

  get unsent(): number {
    return this.socket.writableLength;
  }

  sendOne(chunk: Buffer): boolean {
    if (this.socket.destroyed) return true;
    this.socket.write(chunk);
    return this.socket.writableLength === 0;
  }

  send(chunks: readonly Buffer[]): boolean {
    for (const chunk of chunks) this.sendOne(chunk);
    return this.socket.destroyed || this.socket.writableLength === 0;
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  end(): void {
    this.socket.destroySoon();
  }

  destroy(): void {
    this.socket.destroy();
  }

  private begun(): void {
    const { remoteAddress, remotePort, localAddress, localPort } = this.socket;
    this.address = spell(remoteAddress ?? '?', remotePort ?? 0);
    this.localAddress = spell(localAddress ?? '?', localPort ?? 0);
    this.events.connected();
  }
}

function spell(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
