// A connection over a socket, without Node's stream around it.
//
// What a port of Node's takes in is a handle, which it then builds a `net.Socket` on: a stream both
// ways, an emitter, and the state of those; some kilobytes of objects, for as long as the
// connection lasts. Nothing here needs them. While somebody opens connections by the thousand, the
// collector moves all of that about, and everybody else waits for it. So where the process lets us,
// there is the handle and nothing else: it calls for each read, with the bytes in a buffer that all
// connections share, and it is written to as socket-link.ts does. Where the process does not let
// us, socket-link.ts is what is used (docs/decisions/direct-writes.md).

import type { Link } from '../protocol/link.ts';
import type { Client } from './client.ts';
import type { Ration } from './ration.ts';
import { directWrites, type Handle, spell, type WriteRequest } from './socket-link.ts';

const EOF = -4095; // UV_EOF

type Name = { address?: string; port?: number };

/** All that Node's handles of TCP connections and Unix sockets can do, as far as it is used. */
export type FullHandle = Handle & {
  reader: Reader | null; // Ours: whom it tells of what it reads.
  onread(): void;
  useUserBuffer(buffer: Buffer): void;
  readStart(): number;
  readStop(): number;
  shutdown(request: ShutdownRequest): number;
  close(closed?: () => void): void;
  // Of TCP alone.
  reset?(closed: () => void): number;
  getpeername?(name: Name): number;
  getsockname?(name: Name): number;
  setNoDelay?(on: boolean): number;
  setKeepAlive?(on: boolean, seconds: number): number;
};

/** Whom a handle tells of what it reads. */
export type Reader = {
  /** So many bytes came into the buffer, or what the system says instead (below 0). */
  read(length: number): void;
};

type ShutdownRequest = { oncomplete(): void };

/** What the process has to offer for this; null where it does not. */
export const handles: {
  readonly WriteWrap: new () => WriteRequest;
  readonly ShutdownWrap: new () => ShutdownRequest;
  readonly state: Int32Array;
  readonly kLastWriteWasAsync: number;
  readonly kReadBytesOrError: number;
} | null = (() => {
  if (directWrites === null) return null;
  const { streamBaseState: state, ...rest } = directWrites;
  const { ShutdownWrap, kReadBytesOrError } = rest;
  if (ShutdownWrap === undefined) return null;
  if (kReadBytesOrError === undefined) return null;
  return { ...rest, ShutdownWrap, kReadBytesOrError, state };
})();

/** Where the other end of a connection is. */
export function farAddress(handle: FullHandle): string {
  return nameBy(handle, 'getpeername');
}

/** Where this end of it is. */
export function nearAddress(handle: FullHandle): string {
  return nameBy(handle, 'getsockname');
}

function nameBy(handle: FullHandle, ask: 'getpeername' | 'getsockname'): string {
  const name: Name = {};
  handle[ask]?.(name);
  return spell(name.address, name.port);
}

/** What all connections of a port have in common. */
export type Common = {
  /** What they are read into, one after the other. */
  readonly buffer: Buffer;
  /** Closes those that have ended. */
  readonly leaving: Ration<FullHandle>;
  /** Runs something once all that was said in this turn of the event loop has been sent. */
  readonly later: (run: () => void) => void;
};

export class HandleLink implements Link {
  readonly address: string;
  readonly localAddress: string;
  readonly transport: 'tcp' | 'unix';
  readonly fd: number;
  client: Client | null = null;
  private readonly handle: FullHandle;
  private readonly common: Common;
  private request: WriteRequest | null = null; // For the next write.
  private underWay = 0; // Writes that had to wait.
  private closed = false;
  private heardAll = false; // The other end has said that nothing more will come.
  private ended = false; // Nothing more is to be sent,
  private goes = false; // and when all has left, that is the end.

  /** Reads from now on. Only where there are `handles`. */
  constructor(
    handle: FullHandle,
    common: Common,
    transport: 'tcp' | 'unix',
    address: string,
    localAddress: string,
  ) {
    this.handle = handle;
    this.common = common;
    this.transport = transport;
    this.address = address;
    this.localAddress = localAddress;
    this.fd = handle.fd ?? -1;
    readFrom(handle, common.buffer, this);
  }

  get unsent(): number {
    return this.underWay === 0 || this.closed ? 0 : this.handle.writeQueueSize;
  }

  sendOne(chunk: Buffer): boolean {
    if (this.closed) return true;
    const request = this.nextRequest();
    return this.settled(request, chunk, this.handle.writeBuffer(request, chunk));
  }

  send(chunks: readonly Buffer[]): boolean {
    if (this.closed) return true;
    const request = this.nextRequest();
    return this.settled(request, chunks, this.handle.writev(request, chunks, true));
  }

  pause(): void {
    if (!this.closed && !this.goes) this.handle.readStop();
  }

  resume(): void {
    if (!this.closed && !this.heardAll) this.handle.readStart();
  }

  end(): void {
    if (this.closed || this.goes) return;
    if (this.underWay === 0) return this.destroy();
    this.goes = true;
    // What still comes is read, and ignored: bytes that nobody read would have the system throw
    // away those that have not arrived there.
    if (!this.heardAll) this.handle.readStart();
    this.endOutput();
  }

  endOutput(): void {
    if (this.closed || this.ended) return;
    this.ended = true;
    const request = new handles!.ShutdownWrap();
    request.oncomplete = () => {
      if (this.goes) this.destroy();
    };
    if (this.handle.shutdown(request) !== 0) this.destroy();
  }

  destroy(): void {
    if (this.closed) return;
    this.closed = true;
    this.handle.close(() => this.gone());
  }

  reset(): void {
    if (this.handle.reset === undefined) return this.destroy();
    if (this.closed) return;
    this.closed = true;
    if (this.handle.reset(() => this.gone()) !== 0) this.handle.close(() => this.gone());
  }

  read(length: number): void {
    if (length > 0) return this.client?.received(this.common.buffer, length);
    if (length === 0) return;
    if (length !== EOF) return this.destroy();
    this.heardAll = true;
    this.handle.readStop();
    // Who says at once what it wants and that this was all is told what was found, first.
    if (this.client?.outputQueued) this.common.later(() => this.leave());
    else this.leave();
  }

  /** The other end has gone. So is this one now, and the system hears of it when there is time. */
  private leave(): void {
    if (this.closed || this.underWay !== 0) return this.end();
    this.closed = true;
    this.gone();
    this.common.leaving.add(this.handle);
  }

  private gone(): void {
    this.handle.reader = null;
    this.client?.gone();
  }

  private nextRequest(): WriteRequest {
    if (this.request === null) {
      this.request = new handles!.WriteWrap();
      this.request.oncomplete = (status) => this.completed(status);
    }
    return this.request;
  }

  private settled(request: WriteRequest, sent: unknown, error: number): boolean {
    if (error !== 0) {
      this.destroy();
      return true;
    }
    if (handles!.state[handles!.kLastWriteWasAsync] === 0) return true;
    request.chunks = sent; // To be kept until they have left.
    this.request = null;
    this.underWay++;
    return false;
  }

  private completed(status: number): void {
    this.underWay--;
    if (status < 0) this.destroy();
    else if (this.underWay === 0) this.client?.drained();
  }
}

/** Has a handle read into a buffer, and tell somebody. */
export function readFrom(handle: FullHandle, buffer: Buffer, reader: Reader): void {
  handle.useUserBuffer(buffer);
  handle.reader = reader;
  handle.onread = onRead;
  handle.readStart();
}

function onRead(this: FullHandle): void {
  this.reader?.read(handles!.state[handles!.kReadBytesOrError]);
}
