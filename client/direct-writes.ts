// Bytes into a socket without its stream.
//
// What a client says nearly always fits into the kernel's buffer, so that a write is done when the
// call returns. A stream does not know that in advance: for each write it makes a request object
// and comes back a tick later. Where the process lets us, the handle is asked itself, with one
// request object that is replaced only when a write had to wait after all.
//
// What is too long for one string is put together in one buffer, which is written and filled again
// for as long as the kernel takes it. What it does not take waits as the text that it is, so a
// batch of 10 MB needs no 10 MB of buffers.
//
// docs/decisions/direct-writes.md has the figures, of the server's end.

import type { Piece } from './outbox.ts';

type WriteRequest = { oncomplete(status: number): void; held: unknown };

/** What Node's sockets stand on. */
export type Handle = {
  writeBuffer(request: WriteRequest, chunk: Uint8Array): number;
  writeLatin1String(request: WriteRequest, text: string): number;
  writeUtf8String(request: WriteRequest, text: string): number;
};

export type StreamWrap = {
  readonly WriteWrap: new () => WriteRequest;
  readonly streamBaseState: Int32Array;
  readonly kLastWriteWasAsync: number;
};

let found: StreamWrap | null | undefined;

/** What Node's own streams write with; null where a version of Node keeps it to itself. */
export function streamWrap(): StreamWrap | null {
  if (found === undefined) found = findStreamWrap();
  return found;
}

function findStreamWrap(): StreamWrap | null {
  try {
    const { binding } = process as unknown as { binding(name: string): StreamWrap };
    const { WriteWrap, streamBaseState, kLastWriteWasAsync } = binding.call(process, 'stream_wrap');
    const complete = WriteWrap && streamBaseState && kLastWriteWasAsync !== undefined;
    return complete ? { WriteWrap, streamBaseState, kLastWriteWasAsync } : null;
  } catch {
    return null;
  }
}

const ROOM = 64 * 1024;
const STACK = 16 * 1024; // Up to here Node copies a string to its stack on the way.

const DONE = 0;
const LATER = 1;
const FAILED = 2;

export class DirectWriter {
  private readonly handle: Handle;
  private readonly wrap: StreamWrap;
  private readonly drained: () => void;
  private readonly failed: () => void;
  private request: WriteRequest | null = null;
  private room: Buffer | null = null;
  private pieces: readonly Piece[] = [];
  private next = 0; // Of the pieces: those before it are written.
  private encoding: 'latin1' | 'utf8' = 'latin1';

  /** `drained` is called when what had to wait has left, `failed` when nothing will leave. */
  constructor(handle: Handle, wrap: StreamWrap, drained: () => void, failed: () => void) {
    this.handle = handle;
    this.wrap = wrap;
    this.drained = drained;
    this.failed = failed;
  }

  /** Writes the pieces. False if some have to wait: nothing may be written until `drained`. */
  write(pieces: readonly Piece[], encoding: 'latin1' | 'utf8'): boolean {
    const first = pieces[0]!;
    if (pieces.length === 1 && typeof first === 'string') {
      const most = encoding === 'latin1' ? first.length : 3 * first.length;
      if (most <= STACK) return this.writeText(first, encoding) !== LATER;
    }
    this.pieces = pieces;
    this.next = 0;
    this.encoding = encoding;
    return this.goOn() !== LATER;
  }

  private goOn(): number {
    const { pieces } = this;
    while (this.next < pieces.length) {
      const outcome = this.writeBytes(this.gather());
      if (outcome !== DONE) return outcome;
    }
    this.pieces = [];
    return DONE;
  }

  /** The next pieces, as many as there is room for; one by itself if it is larger than that. */
  private gather(): Uint8Array {
    const { pieces, encoding } = this;
    const room = (this.room ??= Buffer.allocUnsafeSlow(ROOM));
    let at = 0;
    while (this.next < pieces.length) {
      const piece = pieces[this.next]!;
      const isText = typeof piece === 'string';
      const most = isText && encoding === 'utf8' ? 3 * piece.length : piece.length;
      if (at + most > ROOM) {
        if (at > 0) break;
        this.next++;
        return isText ? Buffer.from(piece, encoding) : piece;
      }
      if (!isText) room.set(piece, at);
      at += isText ? room.write(piece, at, encoding) : piece.length;
      this.next++;
    }
    return room.subarray(0, at);
  }

  private writeText(text: string, encoding: 'latin1' | 'utf8'): number {
    const { handle } = this;
    const request = (this.request ??= this.makeRequest());
    const error =
      encoding === 'latin1'
        ? handle.writeLatin1String(request, text)
        : handle.writeUtf8String(request, text);
    return this.outcome(request, error, null);
  }

  private writeBytes(bytes: Uint8Array): number {
    const request = (this.request ??= this.makeRequest());
    return this.outcome(request, this.handle.writeBuffer(request, bytes), bytes);
  }

  private outcome(request: WriteRequest, error: number, bytes: Uint8Array | null): number {
    if (error !== 0) {
      this.failed();
      return FAILED;
    }
    const { streamBaseState, kLastWriteWasAsync } = this.wrap;
    if (streamBaseState[kLastWriteWasAsync] === 0) return DONE;
    request.held = bytes; // Until it has left.
    this.request = null;
    return LATER;
  }

  private makeRequest(): WriteRequest {
    const request = new this.wrap.WriteWrap();
    request.oncomplete = (status) => this.completed(status);
    return request;
  }

  private completed(status: number): void {
    if (status < 0) this.failed();
    else if (this.goOn() === DONE) this.drained();
  }
}
