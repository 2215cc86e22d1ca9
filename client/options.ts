// How a client is told what it is to be. A URL says where, options say the rest.

import type { CacheOptions } from './cache.ts';
import type { Credentials } from './connection.ts';
import type { InProcessServer } from './memory-link.ts';
import type { TlsOptions } from './socket-link.ts';
import { random } from './time.ts';

/** Credentials, and when they are worth nothing any more, in milliseconds since 1970. */
export interface ExpiringCredentials extends Credentials {
  expiresAt?: number | undefined;
}

export interface HostPort {
  host: string;
  port?: number | undefined;
}

export interface ClientOptions {
  /** `redis://user:password@host:6379/0`, `rediss://…` for TLS, `unix:///path?db=0`. */
  url?: string | undefined;
  host?: string | undefined;
  port?: number | undefined;
  /** A Unix socket. */
  path?: string | undefined;
  /** TLS, with what node:tls is to know: `ca`, `cert`, `key`, `rejectUnauthorized`… */
  tls?: TlsOptions | true | undefined;
  /** A server in this process, as startServer() gives it: no socket at all. */
  server?: InProcessServer | undefined;
  /** A cluster, of which some nodes are these. */
  cluster?: readonly HostPort[] | undefined;
  /** Sentinels, of which some are these; `master` names what they watch. */
  sentinels?: readonly HostPort[] | undefined;
  master?: string | undefined;
  /** What sentinels are told; they have passwords of their own. */
  sentinelAuth?: Credentials | undefined;
  /** Commands that change nothing may be carried out by a replica. */
  readFrom?: 'master' | 'replica' | undefined;
  /** What a cluster's or a sentinel's addresses are called from here: NAT, containers. */
  mapAddress?: ((address: { host: string; port: number }) => HostPort) | undefined;

  username?: string | undefined;
  password?: string | undefined;
  /** Asked before each connection, and in time before what it gave expires. */
  credentials?: (() => Promise<ExpiringCredentials> | ExpiringCredentials) | undefined;
  database?: number | undefined;
  /** What CLIENT LIST calls the connections. */
  name?: string | undefined;
  /** RESP3 unless the server knows no HELLO; 2 for RESP2 from the start. */
  protocol?: 2 | 3 | undefined;
  /** Replies that are maps: plain objects, or Maps. */
  maps?: 'object' | 'map' | undefined;

  /** Replies to reads are kept on this side until the server says that they have changed. RESP3. */
  cache?: CacheOptions | undefined;

  /** Milliseconds for one attempt to connect, greeting included. 10,000. */
  connectTimeout?: number | undefined;
  /** Milliseconds for a command, from the call to the reply. 0: as long as it takes. */
  commandTimeout?: number | undefined;
  /** Milliseconds for which a server that still loads its data is asked again. 10,000. */
  loadingTimeout?: number | undefined;
  /** Milliseconds beyond its own timeout that a blocking command is waited for. 2,000. */
  blockingGrace?: number | undefined;
  /** Milliseconds without a byte, while replies are due, until a connection is dead. 15,000. */
  silence?: number | undefined;
  /** Milliseconds of idleness until the server is asked whether it is there. 10,000. */
  pingInterval?: number | undefined;

  /**
   * What becomes of a command that was sent when its connection ended. 'reads' (the usual): it is
   * sent again if it changes nothing. 'never'; 'always': at least once, INCR may count twice.
   */
  retry?: 'never' | 'reads' | 'always' | undefined;
  /** How often one command is sent again. 3. */
  maxRetries?: number | undefined;
  /** Milliseconds until attempt n to connect (from 1); null to give up, which closes the client. */
  reconnect?: ((attempt: number, cause: Error) => number | null) | undefined;
  /** While there is no connection commands reject at once, instead of waiting for one. */
  failFast?: boolean | undefined;
  /** Commands that may wait for a connection. 100,000; and their bytes, 64 MB. */
  queueLength?: number | undefined;
  queueBytes?: number | undefined;
  /** Milliseconds that a command may wait for a connection. 0: as long as it takes. */
  queueTimeout?: number | undefined;
  /** Connections that blocking commands may use at the same time. 64. */
  maxLeases?: number | undefined;
}

/** The options with everything decided. */
export type Settings = Omit<ClientOptions, keyof Decided> & Decided;

interface Decided {
  host: string;
  port: number;
  blockingGrace: number;
  commandTimeout: number;
  connectTimeout: number;
  database: number;
  failFast: boolean;
  loadingTimeout: number;
  maps: 'object' | 'map';
  maxLeases: number;
  maxRetries: number;
  name: string;
  pingInterval: number;
  protocol: 2 | 3;
  queueBytes: number;
  queueLength: number;
  queueTimeout: number;
  reconnect: (attempt: number, cause: Error) => number | null;
  retry: 'never' | 'reads' | 'always';
  silence: number;
}

const DEFAULTS: Omit<Decided, 'reconnect'> = {
  host: '127.0.0.1',
  port: 6379,
  blockingGrace: 2000,
  commandTimeout: 0,
  connectTimeout: 10_000,
  database: 0,
  failFast: false,
  loadingTimeout: 10_000,
  maps: 'object',
  maxLeases: 64,
  maxRetries: 3,
  name: '',
  pingInterval: 10_000,
  protocol: 3,
  queueBytes: 64 * 1024 * 1024,
  queueLength: 100_000,
  queueTimeout: 0,
  retry: 'reads',
  silence: 15_000,
};

/** Around 50 ms, 100 ms, 200 ms... up to two seconds, at random, so that not all come at once. */
function backoff(attempt: number): number {
  const most = Math.min(2000, 25 * 2 ** Math.min(attempt, 16));
  return most / 2 + (random() * most) / 2;
}

/** Throws a TypeError at a URL that is none, or of an unknown kind. */
export function settingsOf(given: string | ClientOptions): Settings {
  const options: ClientOptions = typeof given === 'string' ? { url: given } : given;
  const said = Object.entries(options).filter(([, value]) => value !== undefined);
  const fromUrl = options.url === undefined ? {} : readUrl(options.url);
  return { ...DEFAULTS, reconnect: backoff, ...fromUrl, ...Object.fromEntries(said) } as Settings;
}

function readUrl(text: string): ClientOptions {
  const url = new URL(text);
  const found: ClientOptions = {};
  if (url.username !== '') found.username = decodeURIComponent(url.username);
  if (url.password !== '') found.password = decodeURIComponent(url.password);
  if (url.protocol === 'unix:') {
    found.path = decodeURIComponent(url.pathname);
    setDatabase(found, url.searchParams.get('db') ?? '', text);
    return found;
  }
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') {
    throw new TypeError(`a URL begins with redis:, rediss: or unix:, not ${url.protocol}`);
  }
  if (url.protocol === 'rediss:') found.tls = true;
  if (url.hostname !== '') found.host = url.hostname.replace(/^\[|\]$/g, '');
  if (url.port !== '') found.port = Number(url.port);
  const database = url.pathname.length > 1 ? url.pathname.slice(1) : url.searchParams.get('db');
  setDatabase(found, database ?? '', text);
  return found;
}

function setDatabase(found: ClientOptions, digits: string, url: string): void {
  if (digits === '') return;
  if (!/^\d+$/.test(digits)) throw new TypeError(`${url}: a database is a number`);
  found.database = Number(digits);
}
