// A connection that this server makes itself: to its master.
//
// It carries a great deal inwards and next to nothing outwards, so it reads like the others, into
// one buffer that is used again, and writes through the stream.

import { connect, type OnReadOpts, Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { Link, LinkEvents } from '../protocol/link.ts';
import type { ConfigValues } from './config/parameters.ts';
import { reasonOf } from './disk.ts';
import { connectTls, TlsProblem } from './tls-context.ts';

const READ_SIZE = 64 * 1024;

/** Whom it belongs to, who also wants to know when there is a connection. */
export interface OutgoingEvents extends LinkEvents {
  connected(): void;
}

/** Where to connect to, and how: from which address, and with TLS or without. */
export type Destination = {
  readonly host: string;
  readonly port: number;
  readonly config: ConfigValues;
  readonly usesTls: boolean;
};

export class OutgoingLink implements Link {
  events: OutgoingEvents;
  address: string;
  localAddress = '';
  readonly transport = 'tcp';
  readonly fd = -1;
  /** Why it ended, in the words of the C library; '' if nothing was wrong. */
  problem = '';
  private readonly socket: Socket;

  /** Begins to connect; `events` hears whether that succeeds. */
  constructor({ host, port, config, usesTls }: Destination, events: OutgoingEvents) {
    this.events = events;
    this.address = spell(host, port);
    const onread = {
      buffer: Buffer.allocUnsafeSlow(READ_SIZE),
      callback: (length: number, chunk: Uint8Array) => {
        this.events.received(chunk as Buffer, length);
        return true;
      },
    };
    this.socket = usesTls
      ? openSecurely(config, host, port, onread)
      : connect({ host, port, noDelay: true, onread, ...source(config) });
    this.socket.once(usesTls ? 'secureConnect' : 'connect', () => this.begun());
    this.socket.on('drain', () => this.events.drained());
    this.socket.on('end', () => this.socket.destroy());
    this.socket.on('error', (problem) => {
      this.problem = reasonOf(problem);
    });
    this.socket.once('close', () => this.events.gone());
  }

  get unsent(): number {
    return this.socket.writableLength;
  }

  sendOne(chunk: Buffer): boolean {
    if (this.socket.destroyed) return true;
    this.socket.write(chunk);
    return this.socket.writableLength === 0;
  }

  send(chunks: readonly Buffer[]): boolean {
    for (const chunk of chunks) this.sendOne(chunk);
    return this.socket.destroyed || this.socket.writableLength === 0;
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  end(): void {
    this.socket.destroySoon();
  }

  destroy(): void {
    this.socket.destroy();
  }

  private begun(): void {
    const { remoteAddress, remotePort, localAddress, localPort } = this.socket;
    this.address = spell(remoteAddress ?? '?', remotePort ?? 0);
    this.localAddress = spell(localAddress ?? '?', localPort ?? 0);
    this.events.connected();
  }
}

function spell(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** From which address to connect, if not from any. */
function source(config: ConfigValues): { localAddress?: string } {
  const address = config['bind-source-addr'];
  return address === '' ? {} : { localAddress: address };
}

/** The same over TLS. A socket that ends at once, where TLS cannot be had as it is configured. */
function openSecurely(
  config: ConfigValues,
  host: string,
  port: number,
  onread: OnReadOpts,
): Socket {
  try {
    return connectTls(config, host, port, { noDelay: true, onread } as ConnectionOptions);
  } catch (problem) {
    if (!(problem instanceof TlsProblem)) throw problem;
    return new Socket().destroy(problem);
  }
}
