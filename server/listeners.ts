// The ports and the socket that a server can be reached at, as its configuration says.

import { type Listener, listenTcp, listenUnix } from './listener.ts';
import type { Server } from './server.ts';

const { setImmediate } = globalThis; // As it was at the start, whatever a test puts there.

export class Listeners {
  private readonly server: Server;
  private tcp: Listener[] = [];
  private unix: Listener | null = null;

  constructor(server: Server) {
    this.server = server;
    server.later = setImmediate;
  }

  /**
   * Opens everything that is configured. Port 0 is none for the command line, and any free
   * one where `anyPort` says so. Throws an Error, and then nothing is open.
   */
  async open(anyPort: boolean): Promise<void> {
    const { values } = this.server.config;
    try {
      if (values.port !== 0 || anyPort) await this.openTcp(values.port);
      if (values.unixsocket !== '') {
        this.unix = await listenUnix(this.server, values.unixsocket, values.unixsocketperm);
      }
    } catch (problem) {
      await this.close();
      throw problem;
    }
  }

  /**
   * Moves to the addresses and the port that are configured now. Resolves to what is
   * wrong, and then everything is as it was; '' if all is well.
   */
  async reopen(): Promise<string> {
    const before = this.tcp;
    const portBefore = this.server.port;
    const port = this.server.config.values.port;
    // An address that is to be listened on again has to be let go of first.
    if (port === portBefore) await Promise.all(before.map((listener) => listener.close()));
    this.tcp = [];
    try {
      if (port !== 0) await this.openTcp(port);
      else this.server.port = 0;
    } catch {
      await Promise.all(this.tcp.map((listener) => listener.close()));
      this.tcp = before;
      this.server.port = portBefore;
      return 'Unable to listen on this port. Check server logs.';
    }
    if (port !== portBefore) await Promise.all(before.map((listener) => listener.close()));
    return '';
  }

  async close(): Promise<void> {
    const all = this.unix === null ? this.tcp : [...this.tcp, this.unix];
    this.tcp = [];
    this.unix = null;
    await Promise.all(all.map((listener) => listener.close()));
  }

  private async openTcp(port: number): Promise<void> {
    const { server } = this;
    for (const word of server.config.values.bind) {
      const optional = word.startsWith('-');
      const address = optional ? word.slice(1) : word;
      const host = address === '*' ? '0.0.0.0' : address === '::*' ? '::' : address;
      try {
        const listener = await listenTcp(server, host, port);
        this.tcp.push(listener);
        port = listener.port; // Whatever was free at the first address is wanted at the others.
      } catch (problem) {
        const why = (problem as Error).message;
        server.log.warning(`Warning: Could not create server TCP listening socket ${word}: ${why}`);
        if (!optional || !isUnavailable(problem)) {
          server.log.warning(`Failed listening on port ${port} (tcp), aborting.`);
          throw problem;
        }
      }
    }
    server.port = port;
  }
}

/** Whether an address is not there on this machine at all, so that it can be left out. */
function isUnavailable(problem: unknown): boolean {
  const { code } = problem as { code?: string };
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT' || code === 'EPROTONOSUPPORT';
}
