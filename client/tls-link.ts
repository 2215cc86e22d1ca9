// TLS, apart from plain sockets because most programs need only those: it is loaded when it is
// asked for.

import { connect } from 'node:tls';
import type { Address } from './socket-link.ts';
import { SocketLink } from './socket-link.ts';
import type { Connect } from './transport.ts';

export function connectTls(address: Address): Connect {
  const { host, port, path, tls } = address;
  const where = path === undefined ? { host, port } : { path };
  // The name that the certificate has to bear, unless told otherwise.
  const servername = path === undefined && !isAddress(host) ? { servername: host } : {};
  return (events) => {
    const socket = connect({ ...where, ...servername, ...tls });
    socket.once('secureConnect', () => events.connected());
    socket.on('data', (chunk) => events.received(chunk, chunk.length));
    return new SocketLink(socket, address, events);
  };
}

function isAddress(host: string): boolean {
  return /^[0-9.]+$|:/.test(host);
}
