// A proxy between a client and a server, of which a test decides what gets through.

import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';

export class FaultyProxy {
  /** Bytes of replies that get through on the next connection; then it is cut. */
  cutAfter = Infinity;
  /** Whether a cut is a reset rather than an end. */
  reset = false;
  /** Nothing gets through, in either direction, and nobody is told. */
  blackHole = false;
  /** Connections that have been made. */
  connections = 0;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.server = server;
  }

  /** Listens on a port of its own. */
  static async to(port: number): Promise<FaultyProxy> {
    const server = createServer();
    const proxy = new FaultyProxy(server);
    server.on('connection', (near) => proxy.join(near, port));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  /** Cuts all connections. */
  cut(): void {
    for (const socket of this.sockets) this.end(socket);
  }

  async close(): Promise<void> {
    this.server.close();
    this.cut();
    await once(this.server, 'close');
  }

  private join(near: Socket, port: number): void {
    this.connections++;
    const far = createConnection({ port, host: '127.0.0.1' });
    let left = this.cutAfter;
    this.cutAfter = Infinity;
    for (const socket of [near, far]) {
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.sockets.delete(socket);
        (socket === near ? far : near).destroy();
      });
    }
    near.on('data', (chunk) => {
      if (!this.blackHole) far.write(chunk);
    });
    far.on('data', (chunk) => {
      if (this.blackHole) return;
      near.write(chunk.subarray(0, left));
      left -= Math.min(left, chunk.length);
      if (left === 0) near.end(() => this.end(near));
    });
  }

  private end(socket: Socket): void {
    if (this.reset) socket.resetAndDestroy();
    else socket.destroy();
  }
}
