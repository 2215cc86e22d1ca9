// A connection over a socket, at the least cost that Node allows.
//
// READING. All sockets of a server are read into one buffer (`onread`), instead of a fresh one
// for each chunk: bench/wire has what that saves. Node offers it only to sockets that a
// program makes itself, so an accepted connection's handle is moved to a socket made for it.
//
// WRITING. Small replies nearly always fit into the kernel's buffer, so that a write is done when
// the call returns. A stream does not know that in advance: for each write it makes a request
// object and comes back a tick later. Where the process lets us, we ask the handle itself, with
// one request object that is replaced only when a write had to wait after all; where it does
// not, the stream is used. docs/decisions/direct-writes.md has the figures.

import { Socket } from 'node:net';
import type { Link } from '../protocol/link.ts';
import type { Client } from './client.ts';

export type WriteRequest = { oncomplete(status: number): void; chunks: unknown };

/** What Node's sockets stand on. */
export type Handle = {
  readonly fd?: number;
  readonly writeQueueSize: number;
  writeBuffer(request: WriteRequest, chunk: Buffer): number;
  writev(request: WriteRequest, chunks: readonly Buffer[], allBuffers: true): number;
};

type StreamWrap = {
  readonly WriteWrap: new () => WriteRequest;
  readonly streamBaseState: Int32Array;
  readonly kLastWriteWasAsync: number;
  // What handle-link.ts needs besides.
  readonly ShutdownWrap?: (new () => { oncomplete(): void }) | undefined;
  readonly kReadBytesOrError?: number | undefined;
};

/** What Node's own streams write with; null where a version of Node keeps it to itself. */
export const directWrites: StreamWrap | null = (() => {
  try {
    const { binding } = process as unknown as { binding(name: string): StreamWrap };
    const found = binding.call(process, 'stream_wrap');
    const { WriteWrap, streamBaseState, kLastWriteWasAsync } = found;
    const complete = WriteWrap && streamBaseState && kLastWriteWasAsync !== undefined;
    return complete ? { ...found } : null;
  } catch {
    return null;
  }
})();

export class SocketLink implements Link {
  readonly address: string;
  readonly localAddress: string;
  readonly transport: 'tcp' | 'unix';
  readonly fd: number;
  readonly socket: Socket;
  client: Client | null = null;
  private readonly direct: StreamWrap | null;
  private readonly handle: Handle;
  private request: WriteRequest | null = null; // For the next direct write.
  private underWay = 0; // Writes that had to wait.

  /** `direct` is directWrites, or null for the stream. */
  constructor(
    accepted: Socket,
    shared: Buffer,
    transport: 'tcp' | 'unix',
    path: string,
    direct = directWrites,
  ) {
    this.direct = direct;
    this.transport = transport;
    this.address =
      transport === 'unix' ? `${path}:0` : spell(accepted.remoteAddress, accepted.remotePort);
    this.localAddress =
      transport === 'unix' ? `${path}:0` : spell(accepted.localAddress, accepted.localPort);
    const handle = takeHandle(accepted);
    this.handle = handle;
    this.fd = handle.fd ?? -1;
    const onread = {
      buffer: shared,
      callback: (length: number, chunk: Uint8Array) => {
        this.client?.received(chunk as Buffer, length);
        return true;
      },
    };
    this.socket = new Socket({ handle, onread } as ConstructorParameters<typeof Socket>[0]);
    this.socket.on('error', () => {}); // What matters about it is that 'close' follows.
    this.socket.once('close', () => this.client?.gone());
  }

  get unsent(): number {
    if (this.underWay === 0) return 0;
    return this.direct === null ? this.socket.writableLength : this.handle.writeQueueSize;
  }

  sendOne(chunk: Buffer): boolean {
    const { direct } = this;
    if (this.socket.destroyed) return true;
    if (direct === null) return this.stream([chunk]);
    const request = this.nextRequest(direct);
    return this.settled(direct, request, chunk, this.handle.writeBuffer(request, chunk));
  }

  send(chunks: readonly Buffer[]): boolean {
    const { direct } = this;
    if (this.socket.destroyed) return true;
    if (direct === null) return this.stream(chunks);
    const request = this.nextRequest(direct);
    return this.settled(direct, request, chunks, this.handle.writev(request, chunks, true));
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

  reset(): void {
    if (this.transport === 'tcp') resetSocket(this.socket);
    else this.socket.destroy();
  }

  endOutput(): void {
    this.socket.end();
  }

  private nextRequest({ WriteWrap }: StreamWrap): WriteRequest {
    if (this.request === null) {
      this.request = new WriteWrap();
      this.request.oncomplete = (status) => this.completed(status);
    }
    return this.request;
  }

  private settled(wrap: StreamWrap, request: WriteRequest, sent: unknown, error: number): boolean {
    if (error !== 0) {
      this.socket.destroy();
      return true;
    }
    if (wrap.streamBaseState[wrap.kLastWriteWasAsync] === 0) return true;
    request.chunks = sent; // To be kept until they have left.
    this.request = null;
    this.underWay++;
    return false;
  }

  private completed(status: number): void {
    this.underWay--;
    if (status < 0) this.socket.destroy();
    else if (this.underWay === 0) this.client?.drained();
  }

  private stream(chunks: readonly Buffer[]): boolean {
    const { socket } = this;
    socket.cork();
    for (const chunk of chunks) socket.write(chunk);
    this.underWay++;
    socket.write('', (error) => this.completed(error ? -1 : 0));
    socket.uncork();
    return socket.writableLength === 0;
  }
}

/**
 * The handle of an accepted socket, for another socket to be made of. What is left is discarded,
 * so that the listener does not wait for it when it closes.
 */
export function takeHandle(accepted: Socket): Handle {
  const from = accepted as unknown as { _handle: Handle | null };
  const handle = from._handle!;
  from._handle = null;
  accepted.destroy();
  return handle;
}

/** Closes a socket with a reset at once; resetAndDestroy() would say goodbye first. */
export function resetSocket(socket: Socket): void {
  (socket as unknown as { resetAndClosing: boolean }).resetAndClosing = true;
  socket.destroy();
}

/** An end of a connection, as CLIENT LIST shows it. */
export function spell(address: string | undefined, port: number | undefined): string {
  if (address === undefined) return '?:0'; // It went away already.
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
