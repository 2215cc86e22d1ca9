// How a client comes to be.

import { Cache } from './cache.ts';
import { Client } from './client.ts';
import { Cluster } from './cluster.ts';
import { Deadlines } from './deadlines.ts';
import { tellState } from './diagnostics.ts';
import type { EndpointEvents } from './endpoint.ts';
import { acquire, type Lock, type LockOptions } from './lock.ts';
import { connectMemory } from './memory-link.ts';
import { type ClientOptions, type HostPort, type Settings, settingsOf } from './options.ts';
import type { Router } from './router.ts';
import { Sentinel } from './sentinel.ts';
import { Single } from './single.ts';
import { connectSocket } from './socket-link.ts';
import type { Connect } from './transport.ts';

/**
 * A client of the server that a URL or options name: 127.0.0.1:6379 if nothing does. It connects by
 * itself, and takes commands at once. Throws a TypeError at a URL that is none.
 */
export function createClient(given: ClientOptions & { maps: 'map' }): Client<'map'>;
export function createClient(given?: string | ClientOptions): Client;
export function createClient(given: string | ClientOptions = {}): Client | Client<'map'> {
  const settings = settingsOf(given);
  const deadlines = new Deadlines();
  const cache = settings.cache === undefined ? null : new Cache(settings.cache);
  let client: Client | null = null;
  const events: EndpointEvents = {
    state: (state, cause) => {
      tellState(state, cause);
      client?.stateChanged(state, cause);
    },
    pushed: (items) => cache?.pushed(items),
    lost: () => cache?.clear(),
  };
  const router = routerFor(settings, deadlines, events);
  client = new Client(router, settings, deadlines, cache);
  router.connect().catch(() => {}); // Whoever wants to know asks for himself.
  return client;
}

function routerFor(settings: Settings, deadlines: Deadlines, events: EndpointEvents): Router {
  const at = ({ host, port }: HostPort): Connect | Promise<Connect> =>
    connectTo({ ...settings, host, port: port ?? 6379 });
  if (settings.cluster !== undefined) return new Cluster(settings, deadlines, events, at);
  if (settings.sentinels !== undefined) return new Sentinel(settings, deadlines, events, at);
  return new Single(() => connectTo(settings), settings, deadlines, events);
}

/**
 * A lock on most of several servers that know nothing of each other (Redlock). Rejects with a
 * LockError if it cannot be had in time.
 */
export function redlock(
  clients: readonly Client[],
  key: string,
  options: LockOptions = {},
): Promise<Lock> {
  return acquire(clients, key, options);
}

/** How to reach the server that the settings name. */
function connectTo(settings: Settings): Connect | Promise<Connect> {
  const { server, host, port, path, tls } = settings;
  if (server !== undefined) return connectMemory(server);
  if (tls === undefined) return connectSocket({ host, port, path });
  const address = { host, port, path, tls: tls === true ? {} : tls };
  return import('./tls-link.ts').then(({ connectTls }) => connectTls(address));
}
