// A server in the same process, without a socket: the bytes are those of a socket, and the answer
// is there when write() returns.

import type { Link, LinkEvents } from '../protocol/link.ts';
import type { Piece } from './outbox.ts';
import type { Connect, Transport, TransportEvents } from './transport.ts';

/** What has to be known of a server to talk to it: respite's startServer() gives such a one. */
export interface InProcessServer {
  /** Takes this end of a link, and gives back the server's. */
  accept(link: Link): LinkEvents;
}

export function connectMemory(server: InProcessServer): Connect {
  return (events) => new MemoryTransport(server, events);
}

class MemoryTransport implements Transport {
  private readonly server: LinkEvents;
  private open = true;
  private readonly events: TransportEvents;

  constructor(server: InProcessServer, events: TransportEvents) {
    this.events = events;
    const receive = (chunk: Buffer): void => events.received(chunk, chunk.length);
    this.server = server.accept({
      address: 'memory:0',
      localAddress: 'memory:0',
      transport: 'memory',
      fd: -1,
      unsent: 0,
      sendOne: (chunk) => {
        receive(chunk);
        return true;
      },
      send: (chunks) => {
        for (const chunk of chunks) receive(chunk);
        return true;
      },
      pause: () => {},
      resume: () => {},
      end: () => this.ended(null),
      destroy: () => this.ended(null),
    });
    queueMicrotask(() => {
      if (this.open) events.connected();
    });
  }

  write(pieces: readonly Piece[], encoding: 'latin1' | 'utf8'): boolean {
    for (const piece of pieces) {
      if (!this.open) return true;
      const bytes = Buffer.from(piece as string, encoding);
      this.server.received(bytes, bytes.length);
    }
    return true;
  }

  ref(): void {}

  destroy(cause?: Error): void {
    if (!this.open) return;
    this.ended(cause ?? null);
    this.server.gone();
  }

  private ended(cause: Error | null): void {
    if (!this.open) return;
    this.open = false;
    queueMicrotask(() => this.events.closed(cause));
  }
}
