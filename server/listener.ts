// Sockets: the one place that knows TCP ports, Unix sockets and how Node reads them.
//
// All sockets of a server are read into one buffer (`onread`), instead of a fresh one for
// each chunk: that is a fifth of the cost of a small request (design.md, and
// bench/wire). Node only offers this to sockets that a program makes itself, so an accepted
// connection's handle is moved to a socket made for it.

import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server as NetServer, Socket } from 'node:net';
import { resolve } from 'node:path';
import { MAX_CLIENTS, PROTECTED_MODE } from '../protocol/errors.ts';
import type { Link } from '../protocol/link.ts';
import type { Client } from './client.ts';
import type { Server } from './server.ts';

const READ_SIZE = 64 * 1024;

/** An open port or socket. */
export type Listener = {
  /** The TCP port, or 0 for a Unix socket. */
  readonly port: number;
  close(): Promise<void>;
};

/** Accepts TCP connections for a server; port 0 picks a free one. Throws what listen() does. */
export function listenTcp(server: Server, host: string, port: number): Promise<Listener> {
  return listen(server, { host, port, backlog: server.config.values['tcp-backlog'] }, 'tcp');
}

/** Accepts connections on a Unix socket, whose file is replaced if it is there. */
export async function listenUnix(server: Server, name: string, mode: number): Promise<Listener> {
  const text = (bytes: string) => Buffer.from(bytes, 'latin1').toString();
  const path = resolve(text(server.config.values.dir), text(name));
  rmSync(path, { force: true });
  const listener = await listen(server, { path }, 'unix');
  if (mode !== 0) chmodSync(path, mode);
  return listener;
}

function listen(
  server: Server,
  where: { host: string; port: number; backlog: number } | { path: string },
  transport: 'tcp' | 'unix',
): Promise<Listener> {
  const shared = Buffer.allocUnsafeSlow(READ_SIZE);
  const path = 'path' in where ? where.path : '';
  const net = createServer({ pauseOnConnect: true, noDelay: true }, (accepted) => {
    accept(server, accepted, shared, transport, path);
  });
  return new Promise((resolve, reject) => {
    net.once('error', reject);
    net.listen(where, () => {
      net.removeListener('error', reject);
      net.on('error', (error) => server.log.warning(`Accepting a connection: ${error.message}`));
      const address = net.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      resolve({ port, close: () => close(net) });
    });
  });
}

function close(net: NetServer): Promise<void> {
  return new Promise((resolve) => net.close(() => resolve()));
}

function accept(
  server: Server,
  accepted: Socket,
  shared: Buffer,
  transport: 'tcp' | 'unix',
  path: string,
): void {
  if (server.clients.size >= server.config.values.maxclients) {
    server.stats.rejectedConnections++;
    accepted.on('error', ignore);
    accepted.end(`-${MAX_CLIENTS.line}\r\n`, () => accepted.destroy());
    return;
  }
  const link = new SocketLink(accepted, shared, transport, path);
  if (isForeign(server, link)) {
    server.stats.rejectedConnections++;
    link.socket.end(`-${PROTECTED_MODE.line}\r\n`, () => link.destroy());
    return;
  }
  const seconds = server.config.values['tcp-keepalive'];
  if (transport === 'tcp' && seconds > 0) link.socket.setKeepAlive(true, seconds * 1000);
  link.client = server.connect(link);
}

/** Protected mode: without a password, a server talks to its own machine only. */
function isForeign(server: Server, link: SocketLink): boolean {
  if (!server.config.values['protected-mode'] || server.needsAuth) return false;
  return link.transport === 'tcp' && !/^(127\.|\[::1\]|\[::ffff:127\.)/.test(link.address);
}

type Handle = { fd?: number };

class SocketLink implements Link {
  readonly address: string;
  readonly localAddress: string;
  readonly transport: 'tcp' | 'unix';
  readonly fd: number;
  readonly socket: Socket;
  client: Client | null = null;
  private waitsForDrain = false;

  constructor(accepted: Socket, shared: Buffer, transport: 'tcp' | 'unix', path: string) {
    this.transport = transport;
    this.address =
      transport === 'unix' ? `${path}:0` : spell(accepted.remoteAddress, accepted.remotePort);
    this.localAddress =
      transport === 'unix' ? `${path}:0` : spell(accepted.localAddress, accepted.localPort);
    // The handle moves to a socket that reads into the shared buffer; what is left of the
    // accepted one is discarded, so that the listener does not wait for it when it closes.
    const from = accepted as unknown as { _handle: Handle | null };
    const handle = from._handle;
    from._handle = null;
    accepted.destroy();
    this.fd = handle?.fd ?? -1;
    const onread = {
      buffer: shared,
      callback: (length: number, chunk: Uint8Array) => {
        this.client?.received(chunk as Buffer, length);
        return true;
      },
    };
    this.socket = new Socket({ handle, onread } as ConstructorParameters<typeof Socket>[0]);
    this.socket.on('error', ignore); // What matters about it is that 'close' follows.
    this.socket.once('close', () => this.client?.gone());
  }

  get unsent(): number {
    return this.socket.writableLength;
  }

  sendOne(chunk: Buffer): boolean {
    this.socket.write(chunk);
    return this.socket.writableLength === 0 || this.awaitDrain();
  }

  send(chunks: readonly Buffer[]): boolean {
    this.socket.cork();
    for (const chunk of chunks) this.socket.write(chunk);
    this.socket.uncork();
    return this.socket.writableLength === 0 || this.awaitDrain();
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

  // An empty write is done when all before it are.
  private awaitDrain(): false {
    if (this.waitsForDrain) return false;
    this.waitsForDrain = true;
    this.socket.write('', (error) => {
      this.waitsForDrain = false;
      if (!error) this.client?.drained();
    });
    return false;
  }
}

function spell(address: string | undefined, port: number | undefined): string {
  if (address === undefined) return '?:0'; // It went away already.
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function ignore(): void {}
