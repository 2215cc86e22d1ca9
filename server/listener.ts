// Ports and Unix sockets: where connections come in. What is then done with one is
// socket-link.ts.

import { chmodSync, rmSync } from 'node:fs';
import { createServer, type ListenOptions, type Server as NetServer, type Socket } from 'node:net';
import { resolve } from 'node:path';
import { MAX_CLIENTS, PROTECTED_MODE } from '../protocol/errors.ts';
import type { Link } from '../protocol/link.ts';
import type { Server } from './server.ts';
import { SocketLink } from './socket-link.ts';
import { type TlsEntrance, TlsLink } from './tls-link.ts';

const READ_SIZE = 64 * 1024;

/** An open port or socket. */
export type Listener = {
  /** The TCP port, or 0 for a Unix socket. */
  readonly port: number;
  close(): Promise<void>;
};

/** Accepts TCP connections for a server; port 0 picks a free one. Throws what listen() does. */
export function listenTcp(server: Server, host: string, port: number): Promise<Listener> {
  const shared = Buffer.allocUnsafeSlow(READ_SIZE);
  return listen(server, place(server, host, port), (accepted) => {
    accept(server, accepted, shared, 'tcp', '');
  });
}

/** The same for TLS connections, on the terms of the entrance. */
export function listenTls(
  server: Server,
  host: string,
  port: number,
  entrance: TlsEntrance,
): Promise<Listener> {
  return listen(server, place(server, host, port), (accepted) => {
    acceptTls(server, accepted, entrance);
  });
}

function place({ config }: Server, host: string, port: number): ListenOptions {
  // Redis: an IPv6 address is for IPv6 alone, so that '*' and '::*' can have the same port.
  return { host, port, backlog: config.values['tcp-backlog'], ipv6Only: host.includes(':') };
}

/** Accepts connections on a Unix socket, whose file is replaced if it is there. */
export async function listenUnix(server: Server, name: string, mode: number): Promise<Listener> {
  const text = (bytes: string) => Buffer.from(bytes, 'latin1').toString();
  const path = resolve(text(server.config.values.dir), text(name));
  rmSync(path, { force: true });
  const shared = Buffer.allocUnsafeSlow(READ_SIZE);
  const listener = await listen(server, { path }, (accepted) => {
    accept(server, accepted, shared, 'unix', path);
  });
  if (mode !== 0) chmodSync(path, mode);
  return listener;
}

function listen(
  server: Server,
  where: ListenOptions,
  take: (accepted: Socket) => void,
): Promise<Listener> {
  const net = createServer({ pauseOnConnect: true, noDelay: true }, take);
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
  if (transport === 'tcp') keepAlive(server, link.socket);
  link.client = server.connect(link);
}

function acceptTls(server: Server, accepted: Socket, entrance: TlsEntrance): void {
  if (server.clients.size >= server.config.values.maxclients) {
    server.stats.rejectedConnections++;
    accepted.destroy(); // Before a handshake, nothing can be said that would be understood.
    return;
  }
  const link = new TlsLink(accepted);
  keepAlive(server, link.raw);
  link.client = server.connect(link);
  link.onSecure = () => {
    if (!isForeign(server, link)) return;
    server.stats.rejectedConnections++;
    link.client!.refuse(PROTECTED_MODE.line);
    link.client!.flush();
  };
  entrance.take(link);
}

function keepAlive({ config }: Server, socket: Socket): void {
  const seconds = config.values['tcp-keepalive'];
  if (seconds > 0) socket.setKeepAlive(true, seconds * 1000);
}

/** Protected mode: without a password, a server talks to its own machine only. */
function isForeign(server: Server, link: Link): boolean {
  if (!server.config.values['protected-mode'] || !server.acl.defaultUser.noPassword) return false;
  return link.transport === 'tcp' && !/^(127\.|\[::1\]|\[::ffff:127\.)/.test(link.address);
}

function ignore(): void {}
