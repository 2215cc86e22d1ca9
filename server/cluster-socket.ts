// The sockets of a cluster's bus. Each node has one connection to every other: what it says goes
// out through that one, and what the other says of itself comes in through one that the other made.

import { connect, createServer, isIP, type Server as NetServer, type Socket } from 'node:net';

/** Whom a connection belongs to. */
export interface BusEvents {
  connected(): void;
  /** Bytes came; they are not to be kept. */
  received(bytes: Buffer): void;
  /** It has ended, or never began. Called once, and nothing after it. */
  gone(): void;
}

export class BusSocket {
  events: BusEvents | null = null;
  private readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('connect', () => this.events?.connected());
    socket.on('data', (bytes: Buffer) => this.events?.received(bytes));
    socket.on('error', () => {}); // 'close' follows.
    socket.once('close', () => this.events?.gone());
  }

  /** Begins to connect; `from` is the address to connect from, or ''. */
  static to(host: string, port: number, from: string): BusSocket {
    return new BusSocket(connect({ host, port, ...(from === '' ? {} : { localAddress: from }) }));
  }

  /** Bytes that were sent and have not left. */
  get unsent(): number {
    return this.socket.writableLength;
  }

  get remoteIp(): string {
    return plain(this.socket.remoteAddress);
  }

  /** The address by which the other end has found this one. */
  get localIp(): string {
    return plain(this.socket.localAddress);
  }

  send(bytes: Buffer): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** Whether a text is an IP address. */
export function isAddress(text: string): boolean {
  return isIP(text) !== 0;
}

/** A port at which other nodes connect. */
export class BusListener {
  readonly port: number;
  private readonly servers: readonly NetServer[];

  private constructor(port: number, servers: readonly NetServer[]) {
    this.port = port;
    this.servers = servers;
  }

  /**
   * Listens at all of these addresses, whose '-' in front says that they may be missing. Rejects
   * with what listen() says.
   */
  static async open(
    addresses: readonly string[],
    port: number,
    take: (socket: BusSocket) => void,
  ): Promise<BusListener> {
    const servers: NetServer[] = [];
    let actual = port;
    for (const word of addresses) {
      const optional = word.startsWith('-');
      const address = optional ? word.slice(1) : word;
      const host = address === '*' ? '0.0.0.0' : address === '::*' ? '::' : address;
      const server = createServer((socket) => take(new BusSocket(socket)));
      try {
        actual = await listen(server, host, actual);
        servers.push(server);
      } catch (problem) {
        if (optional && isUnavailable(problem)) continue;
        for (const each of servers) each.close();
        throw problem;
      }
    }
    return new BusListener(actual, servers);
  }

  async close(): Promise<void> {
    await Promise.all(
      this.servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
    );
  }
}

function listen(server: NetServer, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, ipv6Only: host.includes(':') }, () => {
      server.removeListener('error', reject);
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : port);
    });
  });
}

function isUnavailable(problem: unknown): boolean {
  const { code } = problem as { code?: string };
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT' || code === 'EPROTONOSUPPORT';
}

function plain(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:/, '');
}
