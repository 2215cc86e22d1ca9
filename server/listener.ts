// Ports and Unix sockets: where connections come in. What is then done with one is
// socket-link.ts.

import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { resolve } from 'node:path';
import { MAX_CLIENTS, PROTECTED_MODE } from '../protocol/errors.ts';
import type { Server } from './server.ts';
import { SocketLink } from './socket-link.ts';

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

function ignore(): void {}
