// A connection to a server, and the replies that are still to come on it.
//
// Replies come in the order of the requests, so all there is to remember is a queue of
// promises. Requests of one tick leave in one write.

import { createConnection, type Socket } from 'node:net';
import RedisParser from 'redis-parser';
import { writeRequest } from '../protocol/request-writer.ts';

/** What can be sent: text (as UTF-8), bytes, and numbers in their digits. */
export type Argument = string | number | bigint | Buffer;

/** What comes back, in RESP2: errors reject instead, except inside an array. */
export type ReplyValue = string | number | null | Error | ReplyValue[];

type Waiting = {
  readonly resolve: (reply: ReplyValue) => void;
  readonly reject: (error: Error) => void;
};

/** The connection ended before the reply came: whether the command ran is not known. */
export class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError';
}

export class Client {
  private readonly socket: Socket;
  private readonly waiting: Waiting[] = [];
  private lost: Error | null = null;
  private corked = false;

  constructor(socket: Socket) {
    this.socket = socket;
    const parser = new RedisParser({
      returnReply: (reply) => this.waiting.shift()?.resolve(reply as ReplyValue),
      returnError: (error) => this.waiting.shift()?.reject(error),
      returnFatalError: (error) => socket.destroy(error),
    });
    socket.on('data', (chunk) => parser.execute(chunk));
    socket.on('error', (error) => this.end(error));
    socket.on('close', () => this.end(new Error('the connection was closed')));
  }

  /**
   * Sends a command and resolves to its reply. Rejects with the server's error, or with a
   * ConnectionLostError when the connection ends first.
   */
  call(...argv: Argument[]): Promise<ReplyValue> {
    return new Promise((resolve, reject) => {
      if (this.lost !== null) return reject(lostError(this.lost));
      this.waiting.push({ resolve, reject });
      if (!this.corked) {
        this.corked = true;
        this.socket.cork();
        queueMicrotask(() => {
          this.corked = false;
          this.socket.uncork();
        });
      }
      this.socket.write(writeRequest(argv));
    });
  }

  /** Ends the connection once all replies have come. */
  async close(): Promise<void> {
    if (this.lost === null) await this.call('QUIT').catch(() => {});
    this.socket.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private end(cause: Error): void {
    if (this.lost !== null) return;
    this.lost = cause;
    for (const { reject } of this.waiting.splice(0)) reject(lostError(cause));
  }
}

/** Connects to `redis://host:port` or `unix:///path`. Rejects if nobody answers there. */
export function connect(url: string): Promise<Client> {
  const { protocol, hostname, port, pathname } = new URL(url);
  const socket =
    protocol === 'unix:'
      ? createConnection(decodeURIComponent(pathname))
      : createConnection({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || 6379 });
  socket.setNoDelay(true);
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.removeListener('error', reject);
      resolve(new Client(socket));
    });
  });
}

function lostError(cause: Error): ConnectionLostError {
  return new ConnectionLostError('the connection ended before the reply came', { cause });
}
