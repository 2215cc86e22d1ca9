// How a client comes to be.

import { Client } from './client.ts';
import { Deadlines } from './deadlines.ts';
import type { EndpointEvents } from './endpoint.ts';
import { connectMemory } from './memory-link.ts';
import { type ClientOptions, type Settings, settingsOf } from './options.ts';
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
  const router = new Single(() => connectTo(settings), settings, deadlines, events);
  client = new Client(router, settings, deadlines);
  router.endpoint.wake();
  return client;
}

/** How to reach the server that the settings name. */
export function connectTo(settings: Settings): Connect {
  const { server, host, port, path, tls } = settings;
  if (server !== undefined) return connectMemory(server);
  return connectSocket({ host, port, path, tls: tls === true ? {} : tls });
}
