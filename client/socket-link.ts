// A socket, plain or TLS, as a connection of the client sees it.

import { type Socket, createConnection } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
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
  return (events) => new SocketLink(address, events);
}

class SocketLink implements Transport {
  private readonly socket: Socket;
  private cause: Error | null = null;

  constructor(address: Address, events: TransportEvents) {
    const { host, port, path, tls } = address;
    const where = path === undefined ? { host, port } : { path };
    if (tls === undefined) {
      // One buffer for the socket's life, instead of a new one for each read.
      const onread = {
        buffer: Buffer.allocUnsafeSlow(CHUNK),
        callback: (length: number, buffer: Uint8Array) => {
          events.received(buffer as Buffer, length);
          return true;
        },
      };
      this.socket = createConnection({ ...where, onread });
      this.socket.once('connect', () => events.connected());
    } else {
      // Redis: the name that the certificate has to bear, unless told otherwise.
      const servername = path === undefined && !isAddress(host) ? { servername: host } : {};
      this.socket = connectTls({ ...where, ...servername, ...tls });
      this.socket.once('secureConnect', () => events.connected());
      this.socket.on('data', (chunk) => events.received(chunk, chunk.length));
    }
    this.socket.setNoDelay(true);
    if (path === undefined) this.socket.setKeepAlive(true, address.keepAlive ?? 5000);
    this.socket.on('drain', () => events.drained());
    this.socket.on('error', (error) => {
      this.cause = error;
    });
    this.socket.once('close', () => events.closed(this.cause));
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

function isAddress(host: string): boolean {
  return /^[0-9.]+$|:/.test(host);
}
