// A socket as a connection of the client sees it. client/tls-link.ts makes those of TLS.

import { type Socket, createConnection } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { DirectWriter, type Handle, type StreamWrap, streamWrap } from './direct-writes.ts';
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

/** `direct` is what streamWrap() says, or null to write through the stream. */
export function connectSocket(address: Address, direct = streamWrap()): Connect {
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
    const link = new SocketLink(socket, address, events);
    socket.once('connect', () => {
      if (direct !== null) link.writeDirectly(direct);
      events.connected();
    });
    return link;
  };
}

export class SocketLink implements Transport {
  private readonly socket: Socket;
  private readonly events: TransportEvents;
  private direct: DirectWriter | null = null;
  private cause: Error | null = null;

  constructor(socket: Socket, address: Address, events: TransportEvents) {
    this.socket = socket;
    this.events = events;
    socket.setNoDelay(true);
    if (address.path === undefined) socket.setKeepAlive(true, address.keepAlive ?? 5000);
    socket.on('drain', () => events.drained());
    socket.on('error', (error) => {
      this.cause = error;
    });
    socket.once('close', () => events.closed(this.cause));
  }

  /** From now on, around the stream. */
  writeDirectly(wrap: StreamWrap): void {
    const { socket, events } = this;
    const { _handle: handle } = socket as unknown as { _handle?: Handle | null };
    if (!handle) return;
    const failed = (): void => {
      // The stream fails in the same way, and says how.
      if (!socket.destroyed) socket.write('\r\n');
    };
    this.direct = new DirectWriter(handle, wrap, () => events.drained(), failed);
  }

  write(pieces: readonly Piece[], encoding: 'latin1' | 'utf8'): boolean {
    const { socket, direct } = this;
    if (socket.destroyed) return true;
    if (direct !== null) return direct.write(pieces, encoding);
    const parts = pieces.length < 3 ? pieces : joined(pieces, encoding);
    if (parts.length === 1) return this.writeOne(parts[0]!, encoding);
    socket.cork();
    let keepsUp = true;
    for (const part of parts) keepsUp = this.writeOne(part, encoding);
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

/** All pieces in Buffers of a size that the allocator has at hand; longer ones on their own. */
function joined(pieces: readonly Piece[], encoding: 'latin1' | 'utf8'): Buffer[] {
  const buffers: Buffer[] = [];
  let buffer = Buffer.allocUnsafe(CHUNK);
  let at = 0;
  for (const piece of pieces) {
    const isText = typeof piece === 'string';
    const size = isText && encoding === 'utf8' ? Buffer.byteLength(piece) : piece.length;
    if (at + size > buffer.length) {
      if (at > 0) buffers.push(buffer.subarray(0, at));
      buffer = Buffer.allocUnsafe(Math.max(CHUNK, size));
      at = 0;
    }
    if (isText) buffer.write(piece, at, encoding);
    else buffer.set(piece, at);
    at += size;
  }
  buffers.push(buffer.subarray(0, at));
  return buffers;
}
