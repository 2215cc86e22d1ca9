// node-redis without a socket.
//
//   import { inProcess } from 'respite/node-redis';
//   const client = createClient(inProcess(server));
//   const more = createClient({ socket: { ...inProcess(server).socket, reconnectStrategy: 20 } });
//
// node-redis makes its sockets itself, with `net.createConnection(options)` or, in version 4,
// `net.connect(options)`; it asks nobody where to get a stream from. But it hands on to them what
// its `socket` option holds. So the options made here carry a server, under a symbol, and
// those two functions of Node are replaced, when inProcess() is called for the first time, by ones
// that look for that symbol: where it is, they give a stream to the server, and otherwise do what
// they always did. They stay replaced. Nothing else in the process can see a difference, unless it
// compares the functions.

import net from 'node:net';
import type { Duplex } from 'node:stream';

/** What has to be known of a server to talk to it: what startServer() gives is one. */
export interface Connectable {
  duplex(): Duplex;
}

const SERVER = Symbol.for('respite.in-process');

type Carrier = { readonly [SERVER]?: Connectable };
type Connect = (...args: unknown[]) => unknown;

/** Options that make a node-redis of version 4, 5 or 6 talk to a server in this process. */
export function inProcess(server: Connectable): { socket: { host: string; port: number } } {
  watchConnections();
  // An address, since node-redis asks the name service about anything else, in RESP3.
  const socket = { host: '127.0.0.1', port: 6379 };
  return { socket: Object.assign(socket, { [SERVER]: server }) };
}

let watching = false;

function watchConnections(): void {
  if (watching) return;
  watching = true;
  const functions = net as unknown as Record<'connect' | 'createConnection', Connect>;
  for (const name of ['connect', 'createConnection'] as const) {
    const original = functions[name];
    functions[name] = (...args) => {
      const server = (args[0] as Carrier | null | undefined)?.[SERVER];
      return server === undefined ? original(...args) : server.duplex();
    };
  }
}
