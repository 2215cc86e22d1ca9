// Ports and Unix sockets: where connections come in. What one is then spoken with through is
// handle-link.ts, or socket-link.ts where this Node does not give the handle of a connection away.

import { chmodSync, rmSync } from 'node:fs';
import { createServer, type ListenOptions, type Server as NetServer, type Socket } from 'node:net';
import { resolve } from 'node:path';
import { MAX_CLIENTS, PROTECTED_MODE, type ReplyError } from '../protocol/errors.ts';
import type { Link } from '../protocol/link.ts';
import {
  type Common,
  type FullHandle,
  farAddress,
  HandleLink,
  handles,
  nearAddress,
} from './handle-link.ts';
import { Ration } from './ration.ts';
import { setImmediate } from './real-time.ts';
import type { Server } from './server.ts';
import { SocketLink, spell } from './socket-link.ts';
import { type TlsEntrance, TlsLink } from './tls-link.ts';

// What all connections of all servers are read into, one after the other: the bytes are done with,
// or copied, before anything else is read. Made with the first server.
let shared: Buffer | null = null;
const READ_SIZE = 64 * 1024;
const LEAVING_PER_TURN = 10; // As many as Redis lets in.

function commonOf(server: Server): Common {
  shared ??= Buffer.allocUnsafeSlow(READ_SIZE);
  const later = server.later ?? setImmediate;
  const close = (handle: FullHandle) => handle.close();
  return { buffer: shared, later, leaving: new Ration(later, () => LEAVING_PER_TURN, close) };
}

// What is set on the port is set on all who come in by it: there, each need not be told.
const INHERITS = process.platform === 'linux';

/** An open port or socket. */
export type Listener = {
  /** The TCP port, or 0 for a Unix socket. */
  readonly port: number;
  close(): Promise<void>;
};

/** Accepts TCP connections for a server; port 0 picks a free one. Throws what listen() does. */
export function listenTcp(server: Server, host: string, port: number): Promise<Listener> {
  return listen(server, place(server, host, port), new PlainDoor(server, 'tcp', ''));
}

/** The same for TLS connections, on the terms of the entrance. */
export function listenTls(
  server: Server,
  host: string,
  port: number,
  entrance: TlsEntrance,
): Promise<Listener> {
  return listen(server, place(server, host, port), new TlsDoor(server, entrance));
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
  const listener = await listen(server, { path }, new PlainDoor(server, 'unix', path));
  if (mode !== 0) chmodSync(path, mode);
  return listener;
}

/** What happens to those who come in. */
interface Door {
  /** A connection, as its handle alone; and what it is connected to. */
  take(handle: FullHandle, localAddress: string): void;
  /** The same where there are no handles to be had. */
  takeSocket(accepted: Socket): void;
  readonly common: Common;
}

function listen(server: Server, where: ListenOptions, door: Door): Promise<Listener> {
  const options = { pauseOnConnect: true, noDelay: true };
  const net = createServer(options, (accepted) => door.takeSocket(accepted));
  return new Promise((resolve, reject) => {
    net.once('error', reject);
    net.listen(where, () => {
      net.removeListener('error', reject);
      net.on('error', (error) => server.log.warning(`Accepting a connection: ${error.message}`));
      const arriving = takeHandles(server, net, door);
      const address = net.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      const close = () => {
        for (const handle of arriving?.end() ?? []) handle.close();
        for (const handle of door.common.leaving.end()) handle.close();
        return new Promise<void>((closed) => net.close(() => closed()));
      };
      resolve({ port, close });
    });
  });
}

type ListeningHandle = FullHandle & {
  onconnection(error: number, handle: FullHandle | undefined): void;
};

/** Has connections come as handles, where that can be: nothing else is made of them then. */
function takeHandles(server: Server, net: NetServer, door: Door): Ration<FullHandle> | null {
  const { _handle: listening } = net as unknown as { _handle?: ListeningHandle | null };
  if (handles === null || typeof listening?.onconnection !== 'function') return null;
  const where = net.address();
  let known = ''; // The address that all of them are connected to, if it is but one.
  if (typeof where === 'string') known = `${where}:0`;
  else if (where !== null && !/^(0\.0\.0\.0|::)$/.test(where.address)) {
    known = spell(where.address, where.port);
  }
  const settings = new Settings(server, listening);
  const most = () => server.config.values['max-new-connections-per-cycle'];
  const arriving = new Ration<FullHandle>(door.common.later, most, (handle) => {
    settings.apply(handle);
    door.take(handle, known === '' ? nearAddress(handle) : known);
  });
  listening.onconnection = (error, handle) => {
    if (handle === undefined || error !== 0) {
      return server.log.warning(`Accepting a connection: error ${error}`);
    }
    arriving.add(handle);
  };
  return arriving;
}

/** What the system is to do about connections: no delays, and a look whether they are alive. */
class Settings {
  private readonly server: Server;
  private readonly listening: FullHandle;
  private seconds = 0; // Of tcp-keepalive, as the port has it.

  constructor(server: Server, listening: FullHandle) {
    this.server = server;
    this.listening = listening;
    if (INHERITS) listening.setNoDelay?.(true);
  }

  apply(handle: FullHandle): void {
    const seconds = this.server.config.values['tcp-keepalive'];
    if (INHERITS && seconds === this.seconds) return;
    if (!INHERITS) handle.setNoDelay?.(true);
    for (const each of INHERITS ? [this.listening, handle] : [handle]) {
      each.setKeepAlive?.(seconds > 0, seconds);
    }
    this.seconds = seconds;
  }
}

function isFull({ clients, config }: Server): boolean {
  return clients.size >= config.values.maxclients;
}

class PlainDoor implements Door {
  private readonly server: Server;
  private readonly transport: 'tcp' | 'unix';
  private readonly path: string;
  readonly common: Common;

  constructor(server: Server, transport: 'tcp' | 'unix', path: string) {
    this.server = server;
    this.common = commonOf(server);
    this.transport = transport;
    this.path = path;
  }

  take(handle: FullHandle, localAddress: string): void {
    const { server, transport } = this;
    const address = transport === 'unix' ? localAddress : farAddress(handle);
    const link = new HandleLink(handle, this.common, transport, address, localAddress);
    const problem = this.refusal(link);
    if (problem === null) {
      link.client = server.connect(link);
      return;
    }
    server.stats.rejectedConnections++;
    link.sendOne(Buffer.from(`-${problem.line}\r\n`));
    link.end();
  }

  takeSocket(accepted: Socket): void {
    const { server, transport } = this;
    const link = new SocketLink(accepted, this.common.buffer, transport, this.path);
    const problem = this.refusal(link);
    if (problem === null) {
      if (transport === 'tcp') keepAlive(server, link.socket);
      link.client = server.connect(link);
      return;
    }
    server.stats.rejectedConnections++;
    link.socket.end(`-${problem.line}\r\n`, () => link.destroy());
  }

  private refusal(link: Link): ReplyError | null {
    if (isFull(this.server)) return MAX_CLIENTS;
    return isForeign(this.server, link) ? PROTECTED_MODE : null;
  }
}

class TlsDoor implements Door {
  private readonly server: Server;
  private readonly entrance: TlsEntrance;
  readonly common: Common;

  constructor(server: Server, entrance: TlsEntrance) {
    this.server = server;
    this.common = commonOf(server);
    this.entrance = entrance;
  }

  take(handle: FullHandle, localAddress: string): void {
    // Before a handshake, nothing can be said that would be understood.
    if (isFull(this.server)) return this.reject(() => handle.close());
    this.greet(TlsLink.ofHandle(handle, this.common, farAddress(handle), localAddress));
  }

  takeSocket(accepted: Socket): void {
    if (isFull(this.server)) return this.reject(() => accepted.destroy());
    const link = TlsLink.ofSocket(accepted);
    keepAlive(this.server, link.open());
    this.greet(link);
  }

  private reject(close: () => void): void {
    this.server.stats.rejectedConnections++;
    close();
  }

  private greet(link: TlsLink): void {
    const { server } = this;
    link.client = server.connect(link);
    link.onSecure = () => {
      if (!isForeign(server, link)) return;
      server.stats.rejectedConnections++;
      link.client!.refuse(PROTECTED_MODE.line);
      link.client!.flush();
    };
    this.entrance.take(link);
  }
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
