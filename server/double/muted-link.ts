// A link whose other end is not told anything any more.

import type { Link } from '../../protocol/link.ts';

export class MutedLink implements Link {
  readonly address: string;
  readonly localAddress: string;
  readonly transport: Link['transport'];
  readonly fd: number;
  readonly unsent = 0;
  private readonly link: Link;

  constructor(link: Link) {
    this.link = link;
    this.address = link.address;
    this.localAddress = link.localAddress;
    this.transport = link.transport;
    this.fd = link.fd;
  }

  sendOne(): boolean {
    return true;
  }

  send(): boolean {
    return true;
  }

  pause(): void {
    this.link.pause();
  }

  resume(): void {
    this.link.resume();
  }

  end(): void {
    this.link.end();
  }

  destroy(): void {
    this.link.destroy();
  }

  reset(): void {
    if (this.link.reset === undefined) this.link.destroy();
    else this.link.reset();
  }
}
