// The program's end of a connection without a socket, as a stream of Node: what a client that was
// written for sockets can use instead of one.
//
//    write() -> incoming -> the server -> outgoing -> 'data'
//               `------- one turn of the event loop ------'
//
// It keeps a socket's manners, since clients rely on them. An answer never comes before write() has
// returned, nor before timers and other connections had their turn: a loop that waits for one
// reply after another does not hold up the process. What the server says out of turn is heard in a
// turn of its own, so that no listener runs inside of the server. Who does not read makes the
// server wait, as soon as what a kernel would keep is full. 'close' comes last, and says whether
// there was an error.

import { Duplex } from 'node:stream';
import { MAX_CLIENTS } from '../../protocol/errors.ts';
import type { Link, LinkEvents } from '../../protocol/link.ts';
import { clearTimeout, setImmediate, setTimeout as setTimer } from '../real-time.ts';
import type { Server } from '../server.ts';

// As much as the kernel keeps for two sockets, about: so much is no longer the server's worry.
const ON_THE_WAY = 256 * 1024;
// So much may wait for the server before write() says that it is enough.
const INCOMING_MAX = 64 * 1024;

/** A stream to a server in this process, in RESP. It is connected when it emits 'connect'. */
export class ServerDuplex extends Duplex {
  /** It has not been connected yet, and not failed to be. */
  connecting = true;
  readonly remoteAddress = '127.0.0.1'; // Some clients only know what to do with an address.
  readonly remotePort = 0;
  /** Emits 'timeout' when nothing has come or gone for so many ms; 0 is never. */
  readonly setTimeout = (ms: number, listener?: () => void): this => this.limitIdle(ms, listener);
  private readonly locate: () => Server | null;
  private client: LinkEvents | null = null; // The server's end, while there is one.
  private incoming: Buffer[] = [];
  private incomingBytes = 0;
  private admitted: (() => void) | null = null; // To be called when there is room again,
  private finished: (() => void) | null = null; // and when the server has had the last of it.
  private outgoing: Buffer[] = [];
  private outgoingBytes = 0;
  private wanted = true; // Whoever reads would take more.
  private stalled = false; // The server waits until more has been read.
  private paused = false; // The server does not want to be told more.
  private ended = false; // Nothing comes behind `outgoing`,
  private hungUp = false; // and nobody listens any more,
  private broken = false; // and that is an error.
  private due = false; // turn() is going to run.
  private inTurn = false;
  private idle: NodeJS.Timeout | null = null;

  /** `locate` gives the server when it is time to connect; null if nobody is there. */
  constructor(locate: () => Server | null) {
    super({ allowHalfOpen: false, emitClose: false, readableHighWaterMark: INCOMING_MAX });
    this.locate = locate;
    this.later();
  }

  /** For what is written for sockets: here is no packet that could be held back. */
  setNoDelay(): this {
    return this;
  }

  /** Likewise. */
  setKeepAlive(): this {
    return this;
  }

  /** Likewise: a connection in memory keeps no process from ending. */
  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.receive(chunk);
    this.admit(done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    for (const { chunk } of chunks) this.receive(chunk);
    this.admit(done);
  }

  override _final(done: () => void): void {
    this.finished = done;
    this.later();
  }

  override _read(): void {
    this.wanted = true;
    if (this.outgoing.length > 0 || this.stalled) this.later();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.limitIdle(0);
    this.connecting = false;
    this.incoming = [];
    this.outgoing = [];
    // Later, since whoever hangs up may have been called by the server.
    setImmediate(() => this.leave());
    done(error);
    process.nextTick(() => this.emit('close', error !== null));
  }

  private receive(chunk: Buffer): void {
    this.idle?.refresh();
    this.incoming.push(chunk);
    this.incomingBytes += chunk.length;
    this.later();
  }

  private admit(done: () => void): void {
    if (this.incomingBytes > INCOMING_MAX) this.admitted = done;
    else done();
  }

  private later(): void {
    if (this.due) return;
    this.due = true;
    setImmediate(() => {
      this.due = false;
      if (this.destroyed) return;
      try {
        this.turn();
      } finally {
        // A listener of whoever reads may throw: what it was told last is lost, no more than that.
        this.inTurn = false;
        if (this.wanted && this.outgoing.length > 0) this.later();
      }
    });
  }

  /** Brings each side what the other has said. */
  private turn(): void {
    if (this.connecting) {
      this.open();
      return this.later(); // Who waits for 'connect' may need a moment to listen to more.
    }
    this.inTurn = true; // What the server says now leaves below.
    this.deliverIncoming();
    this.inTurn = false;
    this.deliverOutgoing();
    if (this.stalled && this.unsent === 0) {
      this.stalled = false;
      this.client?.drained();
    }
  }

  private open(): void {
    const server = this.locate();
    if (server === null) {
      this.destroy(systemError('connect ECONNREFUSED', 'ECONNREFUSED'));
      return;
    }
    this.connecting = false;
    if (server.clients.size < server.config.values.maxclients) {
      this.client = server.connect(this.serverEnd());
    } else {
      server.stats.rejectedConnections++;
      this.outgoing.push(Buffer.from(`-${MAX_CLIENTS.line}\r\n`));
      this.ended = true;
    }
    this.emit('connect');
    this.emit('ready');
  }

  private serverEnd(): Link {
    const stream = this;
    return {
      address: 'memory:0',
      localAddress: 'memory:0',
      transport: 'memory',
      fd: -1,
      get unsent() {
        return stream.unsent;
      },
      sendOne: (chunk) => this.put(chunk),
      send: (chunks) => {
        for (const chunk of chunks) this.put(chunk);
        return true;
      },
      pause: () => {
        this.paused = true;
      },
      resume: () => {
        this.paused = false;
        this.later();
      },
      end: () => {
        this.hungUp = true;
        this.endOutput();
      },
      endOutput: () => this.endOutput(),
      destroy: () => this.breakOff(false),
      reset: () => this.breakOff(true),
    };
  }

  /** What has left the server, and would not fit in what a kernel keeps. */
  private get unsent(): number {
    return Math.max(0, this.outgoingBytes + this.readableLength - ON_THE_WAY);
  }

  /** Takes a copy: the server will write to its buffers again. */
  private put(chunk: Buffer): true {
    this.outgoing.push(Buffer.from(chunk));
    this.outgoingBytes += chunk.length;
    if (this.unsent > 0) this.stalled = true;
    if (!this.inTurn) this.later();
    return true;
  }

  private endOutput(): void {
    this.ended = true;
    this.later();
  }

  /** The server has hung up: what has not left by now, never will. */
  private breakOff(broken: boolean): void {
    this.client = null;
    while (this.unsent > 0 && this.outgoing.length > 0) {
      this.outgoingBytes -= this.outgoing.pop()!.length;
    }
    this.ended = true;
    this.broken = broken;
    this.later();
  }

  private deliverIncoming(): void {
    const { incoming } = this;
    if (incoming.length > 0 && !this.paused) {
      const chunk = incoming.length === 1 ? incoming[0] : Buffer.concat(incoming);
      this.incoming = [];
      this.incomingBytes = 0;
      this.client?.received(chunk, chunk.length);
    }
    if (this.incoming.length > 0) return;
    const { admitted, finished } = this;
    this.admitted = null;
    this.finished = null;
    admitted?.();
    if (finished === null) return;
    // Redis: a client that has said its last is gone, whatever it may still have wanted to hear.
    this.leave();
    this.ended = true;
    finished();
  }

  private deliverOutgoing(): void {
    while (this.wanted && this.outgoing.length > 0) {
      const chunk = this.outgoing.shift()!;
      this.outgoingBytes -= chunk.length;
      this.idle?.refresh();
      this.wanted = this.push(chunk);
    }
    if (!this.ended || this.outgoing.length > 0 || this.destroyed) return;
    if (this.broken) this.destroy(systemError('read ECONNRESET', 'ECONNRESET'));
    else if (!this.readableEnded) this.push(null);
    if (this.hungUp) this.leave();
  }

  private leave(): void {
    const { client } = this;
    this.client = null;
    client?.gone();
  }

  private limitIdle(ms: number, listener?: () => void): this {
    if (this.idle !== null) clearTimeout(this.idle);
    this.idle = ms > 0 ? setTimer(() => this.emit('timeout'), ms).unref() : null;
    if (listener !== undefined && ms > 0) this.once('timeout', listener);
    else if (listener !== undefined) this.removeListener('timeout', listener);
    return this;
  }
}

/** An error as the system's are. */
function systemError(message: string, code: string): Error {
  const [syscall] = message.split(' ');
  return Object.assign(new Error(message), { code, syscall });
}
