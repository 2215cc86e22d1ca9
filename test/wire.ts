// A raw connection for tests: requests go out as they are, replies come back as their very
// bytes and as a tree of what those bytes say. It knows RESP2 and RESP3, and nothing of any
// command. The same over a socket and over a link inside this process.

import { connect, type Socket } from 'node:net';
import { MemoryConnection } from '../server/memory-link.ts';
import type { Server } from '../server/server.ts';

/** One reply, or one element of a reply. */
export class Reply {
  /** The first byte: + - : $ * in RESP2; also _ # , ( ! = % ~ > | in RESP3. */
  readonly type: string;
  /** What a line says behind its type, or the bytes of a string. '' for null and for lists. */
  readonly text: string;
  /** The elements; keys and values by turns in a map. */
  readonly items: readonly Reply[];
  readonly isNull: boolean;
  /** The bytes that all of this was read from. */
  readonly raw: string;

  constructor(type: string, text: string, items: readonly Reply[], isNull: boolean, raw: string) {
    this.type = type;
    this.text = text;
    this.items = items;
    this.isNull = isNull;
    this.raw = raw;
  }

  get isError(): boolean {
    return this.type === '-' || this.type === '!';
  }
}

const NOTHING: readonly Reply[] = [];

/** Cuts a stream of bytes into replies. Throws when the bytes are no replies. */
export class ReplyReader {
  private text = '';
  private at = 0; // Where the next reply starts,
  private wanted = 0; // and how long `text` has to be before it can be complete.
  private end = 0; // Where the element read last ended.

  feed(bytes: string): void {
    this.text = this.at === 0 ? this.text + bytes : this.text.slice(this.at) + bytes;
    this.wanted -= this.at;
    this.at = 0;
  }

  /** Bytes that no whole reply was made of yet. */
  get rest(): string {
    return this.text.slice(this.at);
  }

  /** The next whole reply, or null. */
  take(): Reply | null {
    if (this.text.length === this.at || this.text.length < this.wanted) return null;
    const reply = this.read(this.at);
    if (reply !== null) this.at = this.end;
    return reply;
  }

  private read(start: number): Reply | null {
    const lineEnd = this.text.indexOf('\r\n', start);
    if (lineEnd < 0) return null;
    const type = this.text[start];
    const line = this.text.slice(start + 1, lineEnd);
    this.end = lineEnd + 2;
    switch (type) {
      case '$':
      case '!':
      case '=':
        return this.string(start, type, this.length(line));
      case '*':
      case '~':
      case '>':
        return this.list(start, type, this.length(line));
      case '%':
      case '|':
        return this.list(start, type, this.length(line) * 2);
      case '_':
        return new Reply(type, '', NOTHING, true, this.text.slice(start, this.end));
      case '+':
      case '-':
      case ':':
      case '#':
      case ',':
      case '(':
        return new Reply(type, line, NOTHING, false, this.text.slice(start, this.end));
      default:
        throw new Error(
          `no reply starts like ${JSON.stringify(this.text.slice(start, start + 60))}`,
        );
    }
  }

  private length(line: string): number {
    if (!/^(-1|0|[1-9][0-9]*)$/.test(line)) throw new Error(`no length: ${JSON.stringify(line)}`);
    return Number(line);
  }

  private string(start: number, type: string, length: number): Reply | null {
    const from = this.end;
    if (length < 0) return new Reply(type, '', NOTHING, true, this.text.slice(start, from));
    this.end = from + length + 2;
    if (this.text.length < this.end) {
      this.wanted = this.end;
      return null;
    }
    if (this.text.slice(from + length, this.end) !== '\r\n') throw new Error('a string runs over');
    const bytes = this.text.slice(from, from + length);
    return new Reply(type, bytes, NOTHING, false, this.text.slice(start, this.end));
  }

  private list(start: number, type: string, length: number): Reply | null {
    const items: Reply[] = [];
    while (items.length < length) {
      const item = this.read(this.end);
      if (item === null) return null;
      items.push(item);
    }
    return new Reply(type, '', items, length < 0, this.text.slice(start, this.end));
  }
}

/** Our end of a connection. */
export abstract class Wire {
  /** Whether the connection has ended, from whichever side. */
  closed = false;
  /** All bytes that came, for those who count them. */
  received = 0;
  private readonly reader = new ReplyReader();
  private readonly waiting: { want: () => boolean; go: () => void }[] = [];

  /** Sends bytes, one char for each. */
  abstract send(bytes: string): void;
  abstract close(): void;
  /** Stops and resumes taking what comes: over a socket it stays with the other end. */
  abstract pause(): void;
  abstract resume(): void;

  /** The next reply if it has come, or null. */
  take(): Reply | null {
    return this.reader.take();
  }

  /** The next reply; rejects if the connection ends without one. */
  async next(): Promise<Reply> {
    let reply = this.take();
    while (reply === null) {
      if (this.closed) throw new Error('the connection ended before the reply');
      const before = this.received;
      await this.until(() => this.received !== before);
      reply = this.take();
    }
    return reply;
  }

  /** Everything that has come and was not taken. */
  text(): string {
    return this.reader.rest;
  }

  /** Everything that comes until the other end closes. */
  async toEnd(): Promise<string> {
    await this.until(() => this.closed);
    return this.reader.rest;
  }

  /** Sends one request and returns its reply. */
  ask(...argv: string[]): Promise<Reply> {
    this.send(encode(argv));
    return this.next();
  }

  /** Resolves as soon as the condition holds, or the connection has ended. */
  protected until(want: () => boolean): Promise<void> {
    if (this.closed || want()) return Promise.resolve();
    return new Promise((go) => this.waiting.push({ want, go }));
  }

  protected came(bytes: string): void {
    this.received += bytes.length;
    this.reader.feed(bytes);
    this.wake();
  }

  protected ended(): void {
    this.closed = true;
    this.wake();
  }

  private wake(): void {
    for (let i = this.waiting.length - 1; i >= 0; i--) {
      if (this.closed || this.waiting[i].want()) this.waiting.splice(i, 1)[0].go();
    }
  }
}

class SocketWire extends Wire {
  private readonly socket: Socket;

  constructor(socket: Socket) {
    super();
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.came(chunk.toString('latin1')));
    socket.on('error', () => {});
    socket.on('close', () => this.ended());
  }

  send(bytes: string): void {
    this.socket.write(Buffer.from(bytes, 'latin1'));
  }

  close(): void {
    this.socket.destroy();
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }
}

class MemoryWire extends Wire {
  private readonly link: MemoryConnection;

  constructor(server: Server) {
    super();
    this.link = new MemoryConnection(server);
    this.link.onData = (chunk) => this.came(chunk.toString('latin1'));
    this.link.onClose = () => this.ended();
  }

  send(bytes: string): void {
    this.link.write(Buffer.from(bytes, 'latin1'));
  }

  close(): void {
    this.link.close();
  }

  pause(): void {
    throw new Error('replies in this process cannot be held back');
  }

  resume(): void {}
}

/** Connects to a TCP port or the path of a Unix socket. */
export function overSocket(
  where: { host: string; port: number } | { path: string },
): Promise<Wire> {
  return new Promise((resolve, reject) => {
    const socket = connect({ noDelay: true, ...where });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(new SocketWire(socket));
    });
  });
}

/** Connects to a server in this process. Replies are there when send() returns. */
export function inProcess(server: Server): Wire {
  return new MemoryWire(server);
}

/** A request as a client library spells it. */
export function encode(argv: readonly string[]): string {
  let bytes = `*${argv.length}\r\n`;
  for (const arg of argv) bytes += `$${arg.length}\r\n${arg}\r\n`;
  return bytes;
}
