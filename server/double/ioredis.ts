// ioredis without a socket: its `Connector` option says where a stream comes from.
//
//   import { inProcess } from 'respite/ioredis';
//   const redis = new Redis(inProcess(server));
//   const more = new Redis({ ...inProcess(server), keyPrefix: 'app:', db: 2 });
//   const cluster = new Redis.Cluster(nodes, { redisOptions: inProcess(server) });

import type { Duplex } from 'node:stream';
import type { RedisOptions } from 'ioredis';
import { clearTimeout, setTimeout as setTimer } from '../real-time.ts';

/** What has to be known of a server to talk to it: what startServer() gives is one. */
export interface Connectable {
  duplex(): Duplex;
}

/** Where ioredis would have connected to. */
export interface Destination {
  readonly host?: string | undefined;
  readonly port?: number | string | undefined;
}

/** Gives the server, each time that somebody connects; or throws what connecting fails of. */
export type FindServer = (at: Destination) => Connectable | Promise<Connectable>;

/** What makes an ioredis of version 5 or 6 talk to a server in this process. */
export function inProcess(
  server: Connectable | FindServer,
): Required<Pick<RedisOptions, 'Connector'>> {
  const find = typeof server === 'function' ? server : () => server;
  const Connector = class extends InProcessConnector {
    constructor(options: unknown) {
      super(find, options as Options);
    }
  };
  return { Connector: Connector as unknown as NonNullable<RedisOptions['Connector']> };
}

type Options = Destination & { readonly disconnectTimeout?: number };

class InProcessConnector {
  /** Of the last connection: what ioredis tells if it was closed before it was ready. */
  firstError: Error | undefined = undefined;
  private readonly find: FindServer;
  private readonly options: Options;
  private connecting = false;
  private stream: Duplex | null = null;

  constructor(find: FindServer, options: Options) {
    this.find = find;
    this.options = options;
  }

  /** Whether the server is one to talk to, going by its INFO. */
  check(): boolean {
    return true;
  }

  async connect(): Promise<Duplex> {
    this.connecting = true;
    const { host, port } = this.options;
    const server = await this.find({ host, port });
    if (!this.connecting) throw new Error('Connection is closed.');
    const stream = server.duplex();
    stream.once('error', (error) => {
      this.firstError = error;
    });
    // Where it is told to use TLS, it waits for that.
    stream.once('connect', () => stream.emit('secureConnect'));
    this.stream = stream;
    return stream;
  }

  disconnect(): void {
    this.connecting = false;
    const { stream } = this;
    if (stream === null) return;
    const late = setTimer(() => stream.destroy(), this.options.disconnectTimeout ?? 2000);
    stream.once('close', () => clearTimeout(late));
    stream.end();
  }
}
