// The ports and the socket that a server can be reached at, as its configuration says.

import { type Listener, listenTcp, listenTls, listenUnix } from './listener.ts';
import { setImmediate } from './real-time.ts';
import type { Server } from './server.ts';
import { configureTls, TlsEntrance } from './tls-link.ts';

const CANNOT_LISTEN = 'Unable to listen on this port. Check server logs.';
const CANNOT_BIND = 'Failed to bind to specified addresses.';
const CANNOT_CONFIGURE = 'Unable to update TLS configuration. Check server logs.';

/** Which ports may be any that is free, where the configuration says 0. */
export type AnyPort = { readonly tcp?: boolean; readonly tls?: boolean };

export class Listeners {
  private readonly server: Server;
  private readonly entrance: TlsEntrance;
  private readonly tcp = new Place();
  private readonly tls = new Place();
  private unix: Listener | null = null;

  constructor(server: Server) {
    this.server = server;
    server.later = setImmediate;
    this.entrance = new TlsEntrance(server);
    for (const name of TLS_PARAMETERS) {
      server.config.onChange(name, () => this.reconfigure());
    }
    server.config.onChange('tls-auth-clients', () => {
      if (this.entrance.isReady) this.entrance.followAuthClients();
    });
  }

  /**
   * Opens everything that is configured. Port 0 is none, and any free one where `any` says so.
   * Throws an Error, of which the log has been told, and then nothing is open.
   */
  async open(any: AnyPort = {}): Promise<void> {
    const { server } = this;
    const { values } = server.config;
    try {
      const usesTls = values['tls-port'] !== 0 || (any.tls ?? false);
      if (usesTls || values['tls-replication'] || values['tls-cluster']) this.beginTls();
      if (values.port !== 0 || any.tcp) await this.openAt('tcp', values.port);
      if (values.unixsocket !== '') {
        this.unix = await listenUnix(server, values.unixsocket, values.unixsocketperm);
      }
      if (usesTls) await this.openAt('tls', values['tls-port']);
      if (server.cluster !== null) await server.cluster.listen(any.tcp ?? false);
    } catch (problem) {
      await this.close();
      throw problem;
    }
  }

  private beginTls(): void {
    const problem = configureTls(this.server, this.entrance);
    if (problem === '') return;
    this.server.log.warning('Failed to configure TLS. Check logs for more info.');
    throw new Error(problem);
  }

  private async openAt(kind: Kind, port: number): Promise<void> {
    try {
      this[kind].fill(await this.listen(kind, port));
    } catch (problem) {
      this.server.log.warning(`Failed listening on port ${port} (${kind}), aborting.`);
      throw problem;
    }
    this.tellPorts();
  }

  /**
   * Moves to the addresses and the ports that are configured now. Resolves to what is wrong, or
   * ''. If something is, what had to be let go of is open again once the configuration is what it
   * was, and this is called again.
   */
  async reopen(): Promise<string> {
    const { values } = this.server.config;
    const wanted = { tcp: values.port, tls: values['tls-port'] };
    const moved = (['tcp', 'tls'] as const).filter((kind) => !this[kind].isAt(wanted[kind], this));
    if (moved.includes('tls') && wanted.tls !== 0 && !this.entrance.isReady) {
      if (configureTls(this.server, this.entrance) !== '') return CANNOT_CONFIGURE;
    }
    // A port that is to be listened on again has to be let go of first.
    const busy = [this.tcp.port, this.tls.port];
    const again = moved.filter((kind) => busy.includes(wanted[kind]));
    const isBind = again.some((kind) => this[kind].port === wanted[kind]);
    if (again.length > 0) await Promise.all(moved.map((kind) => this[kind].close()));
    const opened: [Kind, Opened][] = [];
    try {
      for (const kind of moved) opened.push([kind, await this.listen(kind, wanted[kind])]);
    } catch {
      for (const [, { listeners }] of opened) await closeAll(listeners);
      this.tellPorts();
      return isBind ? CANNOT_BIND : CANNOT_LISTEN;
    }
    for (const [kind, place] of opened) {
      await this[kind].close();
      this[kind].fill(place);
    }
    this.tellPorts();
    return '';
  }

  async close(): Promise<void> {
    const { unix } = this;
    this.unix = null;
    const bus = this.server.cluster?.bus.close();
    await Promise.all([this.tcp.close(), this.tls.close(), unix?.close(), bus]);
  }

  /** The addresses to listen at, as one text. */
  get bind(): string {
    return this.server.config.get('bind')!;
  }

  private tellPorts(): void {
    this.server.port = this.tcp.port;
    this.server.tlsPort = this.tls.port;
  }

  /** CONFIG SET of what TLS connections begin with. */
  private reconfigure(): string | undefined {
    const { values } = this.server.config;
    const isUsed = values['tls-port'] !== 0 || values['tls-replication'] || values['tls-cluster'];
    if (!isUsed || configureTls(this.server, this.entrance) === '') return undefined;
    return CANNOT_CONFIGURE;
  }

  /** Listens at all addresses, or at none: then it throws. Port 0 is any where it is asked for. */
  private async listen(kind: Kind, port: number): Promise<Opened> {
    const { server, bind } = this;
    const isAny = port === 0 && this[kind].isNew;
    const listeners: Listener[] = [];
    if (port === 0 && !isAny) return { listeners, port, bind };
    for (const word of server.config.values.bind) {
      const optional = word.startsWith('-');
      const address = optional ? word.slice(1) : word;
      const host = address === '*' ? '0.0.0.0' : address === '::*' ? '::' : address;
      try {
        const listener = await (kind === 'tls'
          ? listenTls(server, host, port, this.entrance)
          : listenTcp(server, host, port));
        listeners.push(listener);
        port = listener.port; // Whatever was free at the first address is wanted at the others.
      } catch (problem) {
        const about = `${address}:${port}: ${(problem as Error).message}`;
        server.log.warning(`Warning: Could not create server TCP listening socket ${about}`);
        if (isUnavailable(problem, optional)) continue;
        await closeAll(listeners);
        throw problem;
      }
    }
    return { listeners, port, bind };
  }
}

type Kind = 'tcp' | 'tls';
type Opened = { readonly listeners: Listener[]; readonly port: number; readonly bind: string };

/** One port, at all addresses. */
class Place {
  port = 0;
  isNew = true; // Nothing was ever open here.
  private bind = '';
  private listeners: Listener[] = [];

  /** Whether this is where to listen; a port that is closed is the same at all addresses. */
  isAt(port: number, { bind }: { bind: string }): boolean {
    return this.port === port && (port === 0 || this.bind === bind);
  }

  fill({ listeners, port, bind }: Opened): void {
    this.listeners = listeners;
    this.port = port;
    this.bind = bind;
    this.isNew = false;
  }

  async close(): Promise<void> {
    const { listeners } = this;
    this.listeners = [];
    this.port = 0;
    this.isNew = false;
    await closeAll(listeners);
  }
}

async function closeAll(listeners: readonly Listener[]): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.close()));
}

/** Whether an address can be left out: it, or its whole family, is not there on this machine. */
function isUnavailable(problem: unknown, optional: boolean): boolean {
  const { code } = problem as { code?: string };
  if (code === 'EADDRNOTAVAIL') return optional;
  return code === 'EAFNOSUPPORT' || code === 'EPROTONOSUPPORT';
}

const TLS_PARAMETERS = [
  ...(['tls-cert-file', 'tls-key-file', 'tls-key-file-pass'] as const),
  ...(['tls-client-cert-file', 'tls-client-key-file', 'tls-client-key-file-pass'] as const),
  ...(['tls-ca-cert-file', 'tls-ca-cert-dir', 'tls-dh-params-file'] as const),
  ...(['tls-protocols', 'tls-ciphers', 'tls-ciphersuites', 'tls-prefer-server-ciphers'] as const),
  ...(['tls-session-caching', 'tls-session-cache-size', 'tls-session-cache-timeout'] as const),
  ...(['tls-replication', 'tls-cluster'] as const),
];
