// The commands that a real server sends to its replicas: what it says to SYNC behind the
// snapshot, which is skipped.

import { connect } from 'node:net';
import type { Reply } from '../wire.ts';
import { ReplyReader } from '../wire.ts';

export class ReplicationStream {
  private readonly commands: string[][] = [];
  private wake: (() => void) | null = null;
  private readonly end: () => void;

  private constructor(end: () => void) {
    this.end = end;
  }

  /** Becomes a replica of a server whose repl-diskless-sync is off. */
  static open(socketPath: string): Promise<ReplicationStream> {
    return new Promise((resolve, reject) => {
      const socket = connect(socketPath);
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

  /** The commands up to one that says ECHO-like `mark`, which is left out; SELECT and PING too. */
  async until(mark: string): Promise<string[][]> {
    for (;;) {
      const at = this.commands.findIndex((argv) => argv[1] === mark);
      if (at >= 0) return this.commands.splice(0, at + 1).slice(0, -1);
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
    if (name === undefined || name === 'PING' || name === 'SELECT' || name === 'REPLCONF') return;
    this.commands.push(argv);
    this.wake?.();
  }
}
