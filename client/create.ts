// How a client comes to be.

import { Client } from './client.ts';
import { Cluster } from './cluster.ts';
import { Deadlines } from './deadlines.ts';
import type { EndpointEvents } from './endpoint.ts';
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
export function createClient(given: string | ClientOptions = {}): Client {
  const settings = settingsOf(given);
  const deadlines = new Deadlines();
  let client: Client | null = null;
  const events: EndpointEvents = {
    state: (state, cause) => client?.stateChanged(state, cause),
    pushed: () => {},
  };
  const router = routerFor(settings, deadlines, events);
  client = new Client(router, settings, deadlines);
  router.connect().catch(() => {}); // Whoever wants to know asks for himself.
  return client;
}

function routerFor(settings: Settings, deadlines: Deadlines, events: EndpointEvents): Router {
  const at = ({ host, port }: HostPort): Connect =>
    connectTo({ ...settings, host, port: port ?? 6379 });
  if (settings.cluster !== undefined) return new Cluster(settings, deadlines, events, at);
  if (settings.sentinels !== undefined) return new Sentinel(settings, deadlines, events, at);
  return new Single(() => connectTo(settings), settings, deadlines, events);
}

/** How to reach the server that the settings name. */
export function connectTo(settings: Settings): Connect {
  const { server, host, port, path, tls } = settings;
  if (server !== undefined) return connectMemory(server);
  return connectSocket({ host, port, path, tls: tls === true ? {} : tls });
}
