// A server in the same process, without a socket.
//
// One command at a time needs no bytes at all: its arguments are handed over, and its reply comes
// as values (client/value-reply.ts). Where that cannot be (something is under way already, or the
// command is about the connection itself) the bytes are those of a socket, and the answer is there
// when write() returns.
//
// Nobody waits for a socket here, so a program that awaits one reply after the other would never
// come back to its timers and its other sockets. After a while it has to.

import type { Reply } from '../protocol/reply.ts';
import type { Command, Value } from './command.ts';
import { digitsOf, type Piece } from './outbox.ts';
import { byteLength } from './text.ts';
import { nextTurn, now } from './time.ts';
import { type Connect, LATER, NOT_NOW, type Performed } from './transport.ts';
import type { Transport, TransportEvents } from './transport.ts';
import { ValueReply } from './value-reply.ts';

/** What has to be known of a server to talk to it: what startServer() gives is one. */
export interface InProcessServer {
  connect(): {
    onData: (chunk: Buffer) => void;
    onClose: () => void;
    write(bytes: Buffer): void;
    /**
     * Carries out a request whose words have one char a byte; false if it has to be written. What
     * is not told to `reply` when this returns comes as bytes, in RESP3.
     */
    request?(argv: readonly string[], reply: Reply): boolean;
    close(): void;
  };
}

export function connectMemory(server: InProcessServer): Connect {
  return (events) => new MemoryTransport(server, events);
}

const SHARE_MS = 5; // So long, or a little longer, before others have their turn.
const UNTIMED = 256; // Commands, or writes, between two looks at the time.
const SLICE = 13; // From here on V8 may make a string a part of another one, which it keeps.
const scratch = Buffer.allocUnsafeSlow(4096);

class MemoryTransport implements Transport {
  private readonly end: ReturnType<InProcessServer['connect']>;
  private readonly reply: ValueReply;
  private readonly argv: string[] = [];
  private cause: Error | null = null;
  private open = true;
  private left = UNTIMED;
  private turnStart = 0; // 0 before the first command of a turn.
  private held: Buffer[] = []; // Written when the others' turn had come.

  constructor(server: InProcessServer, events: TransportEvents) {
    this.reply = new ValueReply((items) => events.pushed(items));
    this.end = server.connect();
    this.end.onData = (chunk) => events.received(chunk, chunk.length);
    this.end.onClose = () => {
      this.open = false;
      queueMicrotask(() => events.closed(this.cause));
    };
    queueMicrotask(() => {
      if (this.open) events.connected();
    });
  }

  write(pieces: readonly Piece[], encoding: 'latin1' | 'utf8'): boolean {
    const goes = this.count();
    for (const piece of pieces) {
      const bytes = Buffer.from(piece as string, encoding);
      if (goes) this.end.write(bytes);
      else this.held.push(bytes);
    }
    return true;
  }

  perform(command: Command, args: readonly Value[], bytes: boolean): Performed {
    if (this.end.request === undefined || command.wired || !this.open) return NOT_NOW;
    const { argv, reply } = this;
    const { words, reads } = command;
    const count = words.length;
    const length = count + args.length;
    if (argv.length !== length) argv.length = length;
    for (let i = 0; i < count; i++) argv[i] = words[i]!;
    for (let i = 0; i < args.length; i++) {
      const word = byteString(args[i]!, !reads);
      if (word === null) return NOT_NOW; // Where it is told what is wrong with it.
      argv[count + i] = word;
    }
    if (!this.count()) return NOT_NOW;
    reply.begin(bytes);
    if (!this.end.request(argv, reply)) return NOT_NOW;
    return reply.complete ? reply.value : LATER;
  }

  /** Counts what is asked; false if it has to wait until the others had their turn. */
  private count(): boolean {
    if (this.turnStart === 0) {
      this.turnStart = now();
      nextTurn(this.renew);
    }
    if (--this.left > 0) return true;
    if (now() - this.turnStart >= SHARE_MS) return false;
    this.left = UNTIMED;
    return true;
  }

  private readonly renew = (): void => {
    this.turnStart = 0;
    this.left = UNTIMED;
    const held = this.held;
    this.held = [];
    for (const bytes of held) if (this.open) this.end.write(bytes);
  };

  ref(): void {}

  destroy(cause?: Error): void {
    this.cause ??= cause ?? null;
    this.end.close();
  }
}

/** An argument with one char a byte; what is `kept` has its bytes for itself. */
function byteString(value: Value, kept: boolean): string | null {
  if (typeof value === 'string') {
    const { length } = value;
    if (byteLength(value) !== length) return Buffer.from(value).latin1Slice();
    if (!kept || length < SLICE) return value;
    if (length > scratch.length) return Buffer.from(value, 'latin1').latin1Slice();
    scratch.latin1Write(value, 0, length);
    return scratch.latin1Slice(0, length);
  }
  if (typeof value === 'object' && value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.length).latin1Slice();
  }
  return digitsOf(value);
}
