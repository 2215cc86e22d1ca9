// Where a server can be reached, as clients want to be told.

import type { Server } from './server.ts';

const EVERYWHERE = new Set(['*', '0.0.0.0', '::', '::*', '']);

/** The address that is reached from this machine when these are listened at. */
export function nearAddress(bind: readonly string[]): string {
  const first = bind[0]?.replace(/^-/, '') ?? '';
  return EVERYWHERE.has(first) ? '127.0.0.1' : first;
}

/**
 * 'redis://127.0.0.1:50123', 'rediss://...' if there is a port for TLS, or 'unix:///path' if there
 * is no port at all.
 */
export function urlOf(server: Server, address: string): string {
  const name = address.includes(':') ? `[${address}]` : address;
  if (server.tlsPort !== 0) return `rediss://${name}:${server.tlsPort}`;
  if (server.port !== 0) return `redis://${name}:${server.port}`;
  return `unix://${server.config.values.unixsocket}`;
}
