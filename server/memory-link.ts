// A link without a socket: a program talks to a server in its own process.
//
// The bytes are the same as on a socket and run through the same parser, call() and
// writer. What is written is carried out at once, and the answer is there when write()
// returns.

import type { Link } from '../protocol/link.ts';
import type { Reply } from '../protocol/reply.ts';
import type { Client } from './client.ts';
import { soon } from './real-time.ts';
import type { Server } from './server.ts';

/** The program's end. */
export class MemoryConnection {
  /** Called with each piece of the server's output. */
  onData: (chunk: Buffer) => void = () => {};
  /** Called once, when the server or this end closed the connection. */
  onClose: () => void = () => {};
  private readonly client: Client;
  private open = true;

  constructor(server: Server) {
    const link: Link = {
      address: 'memory:0',
      localAddress: 'memory:0',
      transport: 'memory',
      fd: -1,
      unsent: 0,
      // Copied, because the server will write to its buffers again.
      sendOne: (chunk) => {
        this.onData(Buffer.from(chunk));
        return true;
      },
      send: (chunks) => {
        for (const chunk of chunks) this.onData(Buffer.from(chunk));
        return true;
      },
      pause: () => {},
      resume: () => {},
      end: () => this.ended(),
      destroy: () => this.ended(),
    };
    this.client = server.connect(link);
    if (!this.open) soon(() => this.onClose()); // It was refused.
  }

  /** Sends bytes to the server. They are ignored if the connection has ended. */
  write(bytes: Buffer): void {
    if (this.open) this.client.received(bytes, bytes.length);
  }

  /**
   * Carries out a request without bytes: its words have one char a byte. What is not told to
   * `reply` when this returns comes as bytes. False if the request has to be written instead.
   */
  request(words: readonly string[], reply: Reply): boolean {
    return this.open && this.client.asked(words, reply);
  }

  /** Ends the connection. */
  close(): void {
    if (!this.open) return;
    this.ended();
    this.client.gone();
  }

  private ended(): void {
    if (!this.open) return;
    this.open = false;
    this.onClose();
  }
}
