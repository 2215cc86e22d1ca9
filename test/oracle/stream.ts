// The commands that a server, real or ours, sends to its replicas: what it says to SYNC behind
// the snapshot, which is skipped.

import { connect, type NetConnectOpts } from 'node:net';
import type { Reply } from '../wire.ts';
import { ReplyReader } from '../wire.ts';

/** One command, and how it was spelled. */
export type Sent = { readonly argv: readonly string[]; readonly raw: string };

export class ReplicationStream {
  private readonly commands: Sent[] = [];
  private wake: (() => void) | null = null;
  private readonly end: () => void;

  private constructor(end: () => void) {
    this.end = end;
  }

  /** Becomes a replica, in the way of old, which is sent a file. */
  static open(where: NetConnectOpts): Promise<ReplicationStream> {
    return new Promise((resolve, reject) => {
      const socket = connect(where);
      const stream = new ReplicationStream(() => socket.destroy());
      const reader = new ReplyReader();
      let head = ''; // Until the snapshot has gone by.
      let left = -1;
      socket.on('error', reject);
      socket.on('connect', () => socket.write('SYNC\r\n'));
      socket.on('data', (chunk) => {
        let text = chunk.toString('latin1');
        if (left < 0) {
          head += text;
          const found = /^\s*\$(\d+)\r\n/.exec(head);
          if (found === null) return;
          left = Number(found[1]);
          text = head.slice(found[0].length);
          resolve(stream);
        }
        const skipped = Math.min(left, text.length);
        left -= skipped;
        reader.feed(text.slice(skipped));
        for (let reply = reader.take(); reply !== null; reply = reader.take()) {
          stream.take(reply);
        }
      });
    });
  }

  /** The commands up to one whose first argument is `mark`, with that; not PING and REPLCONF. */
  async until(mark: string): Promise<Sent[]> {
    for (;;) {
      const at = this.commands.findIndex(({ argv }) => argv[1] === mark);
      if (at >= 0) return this.commands.splice(0, at + 1);
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  close(): void {
    this.end();
  }

  private take(reply: Reply): void {
    const argv = reply.items.map((item) => item.text);
    const name = argv[0]?.toUpperCase();
    if (name === undefined || name === 'PING' || name === 'REPLCONF') return;
    this.commands.push({ argv, raw: reply.raw });
    this.wake?.();
  }
}
