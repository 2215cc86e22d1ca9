// A socket as a connection of the client sees it. client/tls-link.ts makes those of TLS.

import { type Socket, createConnection } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { Piece } from './outbox.ts';
import type { Connect, Transport, TransportEvents } from './transport.ts';

export type TlsOptions = ConnectionOptions;

/** Where a server listens. */
export interface Address {
  host: string;
  port: number;
  /** A Unix socket; host and port are of no meaning then. */
  path?: string | undefined;
  tls?: TlsOptions | undefined;
  /** Milliseconds after which TCP asks whether a silent peer is still there. */
  keepAlive?: number | undefined;
}

const CHUNK = 64 * 1024;

export function connectSocket(address: Address): Connect {
  const { host, port, path } = address;
  const where = path === undefined ? { host, port } : { path };
  return (events) => {
    // One buffer for the socket's life, instead of a new one for each read.
    const onread = {
      buffer: Buffer.allocUnsafeSlow(CHUNK),
      callback: (length: number, buffer: Uint8Array) => {
        events.received(buffer as Buffer, length);
        return true;
      },
    };
    const socket = createConnection({ ...where, onread });
    socket.once('connect', () => events.connected());
    return new SocketLink(socket, address, events);
  };
}

export class SocketLink implements Transport {
  private readonly socket: Socket;
  private cause: Error | null = null;

  constructor(socket: Socket, address: Address, events: TransportEvents) {
    this.socket = socket;
    socket.setNoDelay(true);
    if (address.path === undefined) socket.setKeepAlive(true, address.keepAlive ?? 5000);
    socket.on('drain', () => events.drained());
    socket.on('error', (error) => {
      this.cause = error;
    });
    socket.once('close', () => events.closed(this.cause));
  }

  write(pieces: readonly Piece[], encoding: 'latin1' | 'utf8'): boolean {
    const { socket } = this;
    if (pieces.length === 1) return this.writeOne(pieces[0]!, encoding);
    socket.cork();
    let keepsUp = true;
    for (const piece of pieces) keepsUp = this.writeOne(piece, encoding);
    socket.uncork();
    return keepsUp;
  }

  private writeOne(piece: Piece, encoding: 'latin1' | 'utf8'): boolean {
    return typeof piece === 'string'
      ? this.socket.write(piece, encoding)
      : this.socket.write(piece);
  }

  ref(keep: boolean): void {
    if (keep) this.socket.ref();
    else this.socket.unref();
  }

  destroy(cause?: Error): void {
    this.cause ??= cause ?? null;
    this.socket.destroy();
  }
}
