// A server in the same process, without a socket: the bytes are those of a socket, and the answer
// is there when write() returns.

import type { Piece } from './outbox.ts';
import type { Connect, Transport, TransportEvents } from './transport.ts';

/** What has to be known of a server to talk to it: what startServer() gives is one. */
export interface InProcessServer {
  connect(): {
    onData: (chunk: Buffer) => void;
    onClose: () => void;
    write(bytes: Buffer): void;
    close(): void;
  };
}

export function connectMemory(server: InProcessServer): Connect {
  return (events) => new MemoryTransport(server, events);
}

class MemoryTransport implements Transport {
  private readonly end: ReturnType<InProcessServer['connect']>;
  private cause: Error | null = null;

  constructor(server: InProcessServer, events: TransportEvents) {
    this.end = server.connect();
    let open = true;
    this.end.onData = (chunk) => events.received(chunk, chunk.length);
    this.end.onClose = () => {
      open = false;
      queueMicrotask(() => events.closed(this.cause));
    };
    queueMicrotask(() => {
      if (open) events.connected();
    });
  }

  write(pieces: readonly Piece[], encoding: 'latin1' | 'utf8'): boolean {
    for (const piece of pieces) this.end.write(Buffer.from(piece as string, encoding));
    return true;
  }

  ref(): void {}

  destroy(cause?: Error): void {
    this.cause ??= cause ?? null;
    this.end.close();
  }
}
