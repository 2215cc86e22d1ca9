// A connection to the server that MIGRATE moves keys to. Requests go out piece by piece, and what
// comes back is lines: no command that MIGRATE sends is answered with more than that.

import { connect, type Socket } from 'node:net';

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
  user: LinkUser | null = null;
  private readonly socket: Socket;
  private rest = ''; // Of a line that has not come as a whole.
  private problem = '';

  /** `onClose` is called when it is gone, before its user is told. */
  constructor(host: string, port: number, address: string, onClose: () => void) {
    this.address = address;
    this.socket = connect({ host, port, noDelay: true });
    this.socket.on('connect', () => {
      this.isOpen = true;
      this.user?.opened();
    });
    this.socket.on('data', (chunk) => this.received(chunk.latin1Slice()));
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.problem = error.code ?? '';
    });
    this.socket.on('close', () => {
      this.isOpen = false;
      onClose();
      this.user?.lost(NOWHERE.has(this.problem));
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
