// A client that asked to be a replica, or has said with REPLCONF that it is going to.
//
// It is sent bytes that are no replies: a snapshot, and then the stream. They go to its link past
// the client's writer, which stays empty: a replica that has a reply coming is cut off, because
// the reply would stand in the stream.

import type { Client } from './client.ts';
import { NONE, ONLINE, TAKES_BOTH, WAITS_FOR_CHANNEL, WAITS_FOR_START } from './replica-state.ts';

const AT_ONCE = 1024 * 1024; // Bytes of the stream that are under way to one replica.

export class Replica {
  readonly client: Client;
  state = NONE;
  /** What REPLCONF told: where it listens, what it understands, what it wants. */
  port = 0;
  address = '';
  knowsMark = false; // capa eof: a snapshot that ends with a mark.
  knowsIds = false; // capa psync2: +CONTINUE with an id.
  knowsChannel = false; // capa rdb-channel-repl: a snapshot through another connection.
  onlySnapshot = false;
  withoutKeys = false;
  withoutFunctions = false;
  isChannel = false; // It is that other connection,
  mainId = 0; // of the client with this id.
  /** It came with SYNC: it will never acknowledge anything. */
  isOld = false;
  /** Where the stream stood at the moment of its snapshot. */
  startOffset = 0;
  /** The next byte of the stream that it has to be sent; -1 if it is sent none. */
  next = -1;
  /** It has the snapshot, but must say so before it is sent anything else. */
  mustAck = false;
  ackOffset = 0;
  aofOffset = 0;
  ackMs: number;
  /** Since when it does not take what it is sent; 0 if it does. */
  stuckSinceMs = 0;
  private wake: (() => void) | null = null;

  constructor(client: Client) {
    this.client = client;
    this.ackMs = client.server.clock.ms;
  }

  /** Whether it has asked for the data set. */
  get attached(): boolean {
    return this.state !== NONE;
  }

  /** Whether what changes from now on is for it. */
  get follows(): boolean {
    const { state } = this;
    const waits = state === NONE || state === WAITS_FOR_START || state === WAITS_FOR_CHANNEL;
    return !waits && !this.onlySnapshot && !this.client.closed;
  }

  /** How many bytes of the stream have not reached it, as far as this process knows. */
  get pending(): number {
    const { backlog } = this.client.server.replication;
    if (this.next < 0 || backlog === null) return 0;
    const streams = this.state === ONLINE || this.state === TAKES_BOTH;
    return backlog.end - this.next + (streams ? this.client.link.unsent : 0);
  }

  /** Whether two may be sent the same snapshot. */
  wantsTheSame(other: Replica): boolean {
    return (
      this.withoutKeys === other.withoutKeys &&
      this.withoutFunctions === other.withoutFunctions &&
      this.isChannel === other.isChannel
    );
  }

  /** Whether it understands everything that another does. */
  knowsAllOf(other: Replica): boolean {
    return (
      (this.knowsMark || !other.knowsMark) &&
      (this.knowsIds || !other.knowsIds) &&
      (this.knowsChannel || !other.knowsChannel)
    );
  }

  /** How long ago it was heard of, in seconds. */
  get lagSeconds(): number {
    const { clock } = this.client.server;
    return Math.floor(clock.ms / 1000) - Math.floor(this.ackMs / 1000);
  }

  /** How the log calls it. */
  get name(): string {
    const ip = this.ip;
    if (ip === '') return `client id #${this.client.id}`;
    if (this.port === 0) return `${ip}:<unknown-replica-port>`;
    return ip.includes(':') ? `[${ip}]:${this.port}` : `${ip}:${this.port}`;
  }

  /** Where it is. */
  get ip(): string {
    if (this.address !== '') return this.address;
    const { address, transport } = this.client.link;
    if (transport === 'unix') return '/unixsocket';
    return address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '');
  }

  /** Sends what it has not been sent of the stream, if it takes it. */
  flush(): void {
    const { client, next } = this;
    if (client.writer.size > 0) return this.cutOff();
    const backlog = client.server.replication.settled;
    if (client.closed || next < 0 || backlog === null || this.mustAck) return;
    if (this.state !== ONLINE && this.state !== TAKES_BOTH) return;
    for (let at = next; client.link.unsent === 0 && at < backlog.end; at = this.next) {
      const pieces = backlog.from(at, AT_ONCE);
      for (const { length } of pieces) this.next += length;
      this.write(pieces);
      if (client.closed) return;
    }
  }

  /** Sends bytes, which must not change any more. */
  write(pieces: readonly Buffer[]): void {
    const { client } = this;
    if (client.closed) return;
    const { stats } = client.server;
    for (const { length } of pieces) {
      client.netOutput += length;
      stats.replicaOutput += length;
      stats.netOutput += length;
    }
    if (pieces.length === 1) client.link.sendOne(pieces[0]);
    else client.link.send(pieces);
  }

  /** Sends text; resolves when that and what was sent before has left, or the connection ended. */
  async send(pieces: readonly Buffer[]): Promise<void> {
    this.write(pieces);
    const { client } = this;
    while (!client.closed && client.link.unsent > 0) {
      if (this.stuckSinceMs === 0) this.stuckSinceMs = client.server.clock.ms;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    this.stuckSinceMs = 0;
  }

  /** What was under way has left. */
  drained(): void {
    this.awake();
    if (this.attached) this.flush();
  }

  /** The connection has ended. */
  gone(): void {
    this.awake();
    if (this.attached) this.client.server.replication.forget(this);
  }

  /** Redis: a reply is nothing that belongs into the stream. */
  private cutOff(): void {
    const { client } = this;
    const { server, command } = client;
    const name = command === null ? 'unknown' : command.spec.name;
    const who = server.describe(client);
    server.log.warning(`Replica generated a reply to command '${name}', disconnecting it: ${who}`);
    client.close();
  }

  private awake(): void {
    const { wake } = this;
    this.wake = null;
    wake?.();
  }
}
