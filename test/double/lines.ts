// Connections of every kind to a server in this process, for tests of what may happen to them.

import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { MemoryConnection, RunningServer } from '../../server/index.ts';
import { encode, Wire } from '../wire.ts';

export type Kind = 'tcp' | 'tls' | 'unix' | 'memory';

/** A connection that remembers how it ended. */
export class Line extends Wire {
  /** 'ECONNRESET' and the like, or '' as long as nothing failed. */
  problem = '';
  /** Whether the other end said that nothing more would come. */
  halfClosed = false;
  private readonly write: (bytes: Buffer) => void;
  private readonly end: () => void;

  constructor(stream: Duplex | MemoryConnection) {
    super();
    if ('onData' in stream) {
      stream.onData = (chunk) => this.came(chunk.toString('latin1'));
      stream.onClose = () => this.wasClosed();
      this.write = (bytes) => stream.write(bytes);
      this.end = () => stream.close();
      return;
    }
    stream.on('data', (chunk: Buffer) => this.came(chunk.toString('latin1')));
    stream.on('error', (problem: NodeJS.ErrnoException) => {
      this.problem = problem.code ?? problem.message;
    });
    stream.on('end', () => {
      this.halfClosed = true;
      this.came('');
    });
    stream.on('close', () => this.wasClosed());
    this.write = (bytes) => void stream.write(bytes);
    this.end = () => void stream.destroy();
  }

  private wasClosed(): void {
    super.ended();
  }

  send(bytes: string): void {
    this.write(Buffer.from(bytes, 'latin1'));
  }

  /** Sends requests, as words between blanks, all at once. */
  say(...lines: string[]): void {
    this.send(lines.map((line) => encode(line.split(' '))).join(''));
  }

  /** The bytes of the next reply. */
  async hear(): Promise<string> {
    return (await this.next()).raw;
  }

  /** Resolves when the connection has ended, or half of it. */
  async finished(): Promise<void> {
    await this.until(() => this.halfClosed);
  }

  close(): void {
    this.end();
  }

  pause(): void {}
  resume(): void {}
}

/** Connects to a server in one of the ways that it offers. */
export async function dial(server: RunningServer, kind: Kind): Promise<Line> {
  if (kind === 'memory') return new Line(server.connect());
  const { host, port, tlsPort, socketPath } = server;
  const stream =
    kind === 'tls'
      ? connectTls({ host, port: tlsPort, rejectUnauthorized: false })
      : connect(kind === 'tcp' ? { host, port, noDelay: true } : { path: socketPath });
  const ready = kind === 'tls' ? 'secureConnect' : 'connect';
  await new Promise<void>((resolve, reject) => {
    stream.once('error', reject);
    stream.once(ready, () => {
      stream.off('error', reject);
      resolve();
    });
  });
  return new Line(stream);
}
