// A connection to the server that MIGRATE moves keys to. Requests go out piece by piece, and what
// comes back is lines: no command that MIGRATE sends is answered with more than that.

import { connect, type Socket } from 'node:net';
import type { ConfigValues } from './config/parameters.ts';
import { connectTls } from './tls-context.ts';

/** Whoever uses a link at the moment, and so hears of it. */
export type LinkUser = {
  /** It is connected. */
  opened(): void;
  /** A reply has come: its line, without the end. */
  line(text: string): void;
  /** It is gone; `unreachable` if there was nowhere to connect to. */
  lost(unreachable: boolean): void;
};

// Where the first step of connecting fails already; elsewhere a connection begins, and breaks.
const NOWHERE = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'ERR_SOCKET_BAD_PORT']);

export class MigrateLink {
  /** Host and port, as the command spelled them. */
  readonly address: string;
  /** The database that the other end has selected; -1 if that is not known. */
  db = -1;
  /** When it was used last. */
  usedMs = 0;
  isOpen = false;
  /** Whether it goes over TLS. */
  readonly secure: boolean;
  user: LinkUser | null = null;
  private readonly socket: Socket;
  private rest = ''; // Of a line that has not come as a whole.
  private problem = '';

  /**
   * With tls-cluster it goes over TLS, and throws a TlsProblem if that is not configured well.
   * `onClose` is called when it is gone, before its user is told.
   */
  constructor(
    values: ConfigValues,
    host: string,
    port: number,
    address: string,
    onClose: () => void,
  ) {
    const secure = values['tls-cluster'];
    this.secure = secure;
    this.address = address;
    this.socket = secure ? connectTls(values, host, port) : connect({ host, port, noDelay: true });
    this.socket.on(secure ? 'secureConnect' : 'connect', () => {
      this.isOpen = true;
      this.user?.opened();
    });
    this.socket.on('data', (chunk) => this.received(chunk.latin1Slice()));
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.problem = error.code ?? '';
    });
    this.socket.on('close', () => {
      const refused = secure && !this.isOpen; // Redis: a handshake is a part of connecting.
      this.isOpen = false;
      onClose();
      this.user?.lost(refused || NOWHERE.has(this.problem));
    });
  }

  /** Sends bytes, and calls `sent` when they have left. */
  write(bytes: Buffer, sent: () => void): void {
    this.socket.write(bytes, (error) => {
      if (!error) sent();
    });
  }

  /** Ends it at once. Its user hears nothing any more. */
  destroy(): void {
    this.user = null;
    this.socket.destroy();
  }

  private received(bytes: string): void {
    const lines = (this.rest + bytes).split('\r\n');
    this.rest = lines.pop()!;
    for (const line of lines) this.user?.line(line);
  }
}
