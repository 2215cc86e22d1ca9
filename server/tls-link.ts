// A connection over TLS. What is said over it is the same, and so is the client at its end.
//
//    accepted handle ──> greeting ──> handshake ──> TLSSocket ──> client
//                           └────────────┴──> refused, and the log says why
//
// The client is there from the first byte on, as with Redis: who never finishes a handshake
// counts among the connected, is listed, and can be killed.
//
// Unlike a plain socket (socket-link.ts) this one goes through Node's streams both ways: most of
// the cost is the encryption, and what a stream makes of it would be hard to do better.

import { Socket } from 'node:net';
import { createServer, type TlsOptions, type Server as TlsServer, type TLSSocket } from 'node:tls';
import { Dict } from '../datatypes/dict.ts';
import { Roll } from '../datatypes/roll.ts';
import type { Link } from '../protocol/link.ts';
import type { Client } from './client.ts';
import type { Timer } from './clock.ts';
import { type Common, type FullHandle, type Reader, readFrom } from './handle-link.ts';
import type { Server } from './server.ts';
import { Ration } from './ration.ts';
import { resetSocket, spell, takeHandle } from './socket-link.ts';
import { clientTerms, serverTerms, sslError, TlsProblem } from './tls-context.ts';
import { Greeting, REFUSED, UNFINISHED } from './tls-greeting.ts';

// Unlike Redis: who has not finished a TLS handshake after a minute is disconnected; there it may
// take for ever.
const HANDSHAKE_MS = 60_000;
const UNFINISHED_HELLO = 'the handshake was not finished';
const HELLO = ''; // Something that can be shaken hands with.
/** What became of a greeting: HELLO, or why not. */
type Greeted = string;
const TOLD_MAX = 50;
const COPIED = 4 * 1024; // Replies up to here are copied rather than given away.

/** The terms on which TLS connections are taken, and those whose handshake is under way. */
export class TlsEntrance {
  private readonly server: Server;
  private terms: TlsServer | null = null;
  private common: TlsOptions = {}; // What they come from, but for who has to show a certificate.
  private readonly shaking: Dict<TlsLink>; // By both ends of the connection.
  /** Whose first words are not complete, by the numbers of their clients. */
  private readonly greeting = new Roll<TlsLink>();
  private timer: Timer | null = null; // For those who do not go on.
  // Those who are ready for a handshake, which takes about a millisecond.
  private readonly ready: Ration<TlsLink>;
  private failures = 0; // Within a second.

  constructor(server: Server) {
    this.server = server;
    this.shaking = new Dict(server.hashSeed);
    const most = () => server.config.values['max-new-tls-connections-per-cycle'];
    this.ready = new Ration(server.later!, most, (link) => this.begin(link));
  }

  get isReady(): boolean {
    return this.terms !== null;
  }

  /**
   * Takes the terms from the configuration, for all connections to come. Throws a TlsProblem, and
   * then the terms are what they were.
   */
  configure(): void {
    const { values } = this.server.config;
    const common = serverTerms(values);
    if (values['tls-client-cert-file'] !== '' && values['tls-client-key-file'] !== '') {
      clientTerms(values); // Redis: a wrong one is noticed here, not when it is needed.
    }
    this.common = common;
    this.followAuthClients();
  }

  /** Takes from the configuration who has to show a certificate, and nothing else. */
  followAuthClients(): void {
    const wanted = this.server.config.values['tls-auth-clients'];
    const terms = createServer({
      ...this.common,
      requestCert: wanted !== 'no',
      rejectUnauthorized: wanted === 'yes',
      handshakeTimeout: HANDSHAKE_MS,
    });
    terms.on('secureConnection', (socket) => this.secured(socket));
    terms.on('tlsClientError', (problem, socket) => this.failed(sslError(problem), socket));
    this.terms = terms;
  }

  /** Takes a connection that was accepted: its handshake begins once it has said its hello. */
  take(link: TlsLink): void {
    if (!link.greet((result) => this.greeted(link, result))) return this.ready.add(link);
    this.greeting.add(link.client!.id, link);
    this.watch();
  }

  /** What somebody said first is complete, or there will be no more of it. */
  private greeted(link: TlsLink, result: Greeted): void {
    this.greeting.delete(link.client!.id);
    if (result === HELLO) return this.ready.add(link);
    this.tell(result, link);
    link.destroy();
  }

  private watch(): void {
    if (this.timer !== null || this.greeting.size === 0) return;
    const [first] = this.greeting.values();
    this.timer = this.server.clock.at(first.client!.connectedMs + HANDSHAKE_MS, () => {
      this.timer = null;
      const lastMs = this.server.clock.ms - HANDSHAKE_MS;
      for (const link of this.greeting.values()) {
        if (link.client!.connectedMs > lastMs) break;
        this.greeted(link, UNFINISHED_HELLO);
      }
      this.watch();
    });
  }

  private begin(link: TlsLink): void {
    if (link.isOver) return;
    this.shaking.set(link.name, link);
    const raw = link.open();
    raw.once('close', () => {
      // Whatever there is to say about a failure is said in this turn of the event loop.
      this.server.later!(() => {
        if (this.shaking.delete(link.name)) this.tell(UNFINISHED_HELLO, link);
      });
    });
    this.terms!.emit('connection', raw);
  }

  private secured(socket: TLSSocket): void {
    const name = nameOf(socket);
    const link = this.shaking.get(name);
    this.shaking.delete(name);
    if (link === undefined || link.isOver) return void socket.destroy();
    const isOptional = this.server.config.values['tls-auth-clients'] === 'optional';
    if (isOptional && !socket.authorized && showsCertificate(socket)) {
      this.tell(`certificate verify failed: ${socket.authorizationError}`, link);
      return void socket.destroy();
    }
    link.begin(socket);
  }

  private failed(why: string, socket: TLSSocket): void {
    const name = nameOf(socket);
    const link = this.shaking.get(name);
    if (link === undefined) return; // Hung up: begin() sees that.
    this.shaking.delete(name);
    this.tell(why, link);
    link.destroy();
  }

  private tell(why: string, { address, localAddress }: TlsLink): void {
    // Unlike Redis: of the TLS handshakes that fail within a second, the log tells the first few by
    // themselves, and then how many more there were: nobody can fill a disk with them.
    const { clock, log } = this.server;
    if (this.failures++ === 0) {
      clock.in(1000, () => {
        const untold = this.failures - TOLD_MAX;
        if (untold > 0) log.warning(`Error accepting a client connection: ${untold} more of them`);
        this.failures = 0;
      });
    }
    if (this.failures > TOLD_MAX) return;
    const about = `(addr=${address} laddr=${localAddress})`;
    log.warning(`Error accepting a client connection: ${why} ${about}`);
  }
}

/** A certificate that was not asked for with "or else" still has to be a good one. */
function showsCertificate(socket: TLSSocket): boolean {
  return Object.keys(socket.getPeerCertificate()).length > 0;
}

/** Both ends of a connection, which no other has at the same time. */
function nameOf(socket: Socket): string {
  const far = spell(socket.remoteAddress, socket.remotePort);
  return `${far} ${spell(socket.localAddress, socket.localPort)}`;
}

export class TlsLink implements Link, Reader {
  readonly transport = 'tcp';
  readonly address: string;
  readonly localAddress: string;
  readonly fd: number;
  client: Client | null = null;
  /** Called once the handshake is done. */
  onSecure: () => void = () => {};
  /** It has ended, or is about to. */
  isOver = false;
  private readonly handle: FullHandle;
  private readonly common: Common | null; // To greet: nothing else reads from the handle.
  private greeted: ((result: Greeted) => void) | null = null;
  private greeting: Greeting | null = new Greeting();
  private raw: Socket | null = null; // What the encrypted bytes go through,
  private socket: TLSSocket | null = null; // and the others, from the end of the handshake on.
  private underWay = 0; // Writes that have not left.

  private constructor(handle: FullHandle, common: Common | null, address: string, local: string) {
    this.handle = handle;
    this.common = common;
    this.address = address;
    this.localAddress = local;
    this.fd = handle.fd ?? -1;
  }

  /** Over what a port took in. */
  static ofHandle(handle: FullHandle, common: Common, address: string, local: string): TlsLink {
    return new TlsLink(handle, common, address, local);
  }

  static ofSocket(accepted: Socket): TlsLink {
    const address = spell(accepted.remoteAddress, accepted.remotePort);
    const localAddress = spell(accepted.localAddress, accepted.localPort);
    return new TlsLink(takeHandle(accepted) as FullHandle, null, address, localAddress);
  }

  /** Begins to gather the hello, and tells when it is there. False if it cannot. */
  greet(done: (result: Greeted) => void): boolean {
    if (this.common === null) return false;
    this.greeted = done;
    readFrom(this.handle, this.common.buffer, this);
    return true;
  }

  read(length: number): void {
    if (length === 0 || this.greeting === null) return;
    if (length < 0) return this.greeted!(UNFINISHED_HELLO);
    const found = this.greeting.add(this.common!.buffer.subarray(0, length));
    if (found === UNFINISHED) return;
    this.handle.readStop();
    this.greeted!(found === REFUSED ? this.greeting.problem : HELLO);
  }

  /** A socket for the handshake, which finds what was read before; the same each time. */
  open(): Socket {
    if (this.raw !== null) return this.raw;
    const { handle } = this;
    handle.reader = null;
    const raw = new Socket({ handle, manualStart: true } as ConstructorParameters<
      typeof Socket
    >[0]);
    raw.on('error', () => {}); // What matters about it is that 'close' follows.
    raw.once('close', () => {
      this.isOver = true;
      if (this.socket === null) this.client?.gone();
    });
    if (this.greeting!.bytes.length > 0) raw.push(this.greeting!.bytes);
    this.greeting = null;
    this.raw = raw;
    return raw;
  }

  get name(): string {
    return `${this.address} ${this.localAddress}`;
  }

  get unsent(): number {
    if (this.underWay === 0) return 0;
    // The stream hears of it later, but what is encrypted goes to the operating system at once.
    if (this.underWay === 1 && !this.handle.writeQueueSize) return 0;
    return this.socket!.writableLength;
  }

  /** The handshake is done: from here on, bytes come. */
  begin(socket: TLSSocket): void {
    this.socket = socket;
    socket.on('error', () => {});
    socket.once('close', () => this.client?.gone());
    socket.on('data', (chunk: Buffer) => this.client?.received(chunk, chunk.length));
    this.onSecure();
  }

  sendOne(chunk: Buffer): boolean {
    const { socket } = this;
    if (socket === null || socket.destroyed) return true;
    const copies = chunk.length <= COPIED;
    this.underWay++;
    socket.write(copies ? Buffer.from(chunk) : chunk, this.completed);
    return copies;
  }

  send(chunks: readonly Buffer[]): boolean {
    const { socket } = this;
    if (socket === null || socket.destroyed) return true;
    socket.cork();
    for (let i = 0; i < chunks.length - 1; i++) socket.write(chunks[i]);
    this.underWay++;
    socket.write(chunks[chunks.length - 1], this.completed);
    socket.uncork();
    return false;
  }

  pause(): void {
    this.socket?.pause();
  }

  resume(): void {
    this.socket?.resume();
  }

  end(): void {
    if (this.socket === null) this.destroy();
    else this.socket.destroySoon();
  }

  destroy(): void {
    if (this.socket !== null) this.socket.destroy();
    else if (this.raw !== null) this.raw.destroy();
    else if (!this.isOver) this.leave();
    this.isOver = true;
  }

  /** Ends before there is a socket. */
  private leave(): void {
    const { common, handle } = this;
    handle.reader = null;
    handle.readStop();
    if (common === null) handle.close();
    else common.leaving.add(handle);
    this.client?.gone();
  }

  reset(): void {
    if (this.raw === null) return this.destroy();
    resetSocket(this.raw);
  }

  endOutput(): void {
    if (this.socket === null) this.raw?.end();
    else this.socket.end();
  }

  private readonly completed = (problem?: Error | null): void => {
    this.underWay--;
    if (problem) this.socket!.destroy();
    else if (this.underWay === 0) this.client?.drained();
  };
}

/** What is wrong with the terms of TLS, once the log has been told; '' if nothing is. */
export function configureTls(server: Server, entrance: TlsEntrance): string {
  try {
    entrance.configure();
    return '';
  } catch (problem) {
    if (!(problem instanceof TlsProblem)) throw problem;
    server.log.warning(problem.message);
    return problem.message;
  }
}
