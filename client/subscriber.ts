// Who listens to which channel, over a connection of its own that comes back.
//
// A subscription is a wish, kept here; what the server knows of it is made to follow. After a
// reconnect all wishes are said again. In a cluster the server takes a sharded channel away when
// its slot moves: the subscription is then handed to whoever finds where it lives now
// (client/cluster.ts).

import type { Connection, ConnectionOwner } from './connection.ts';
import { commandNamed } from './command.ts';
import type { Endpoint } from './endpoint.ts';
import { ClosedError } from './errors.ts';
import type { ReplyValue } from './reply-parser.ts';
import { Request } from './request.ts';
import { after, type Timer } from './time.ts';

export type Kind = 'channel' | 'pattern' | 'shard';

/** Called for each message: its bytes, where it was published, and the pattern that caught it. */
export type Hear = (message: Buffer, channel: string, pattern: string | null) => void;

const SUBSCRIBE = { channel: 'subscribe', pattern: 'psubscribe', shard: 'ssubscribe' } as const;
const UNSUBSCRIBE = {
  channel: 'unsubscribe',
  pattern: 'punsubscribe',
  shard: 'sunsubscribe',
} as const;

export class Subscriber implements ConnectionOwner {
  connection: Connection | null = null;
  /** The server does not serve this sharded channel any more. */
  onMoved: ((channel: string, listeners: Hear[]) => void) | null = null;
  private readonly endpoint: Endpoint;
  private readonly listeners: Record<Kind, Map<string, Set<Hear>>> = {
    channel: new Map(),
    pattern: new Map(),
    shard: new Map(),
  };
  private opening: Promise<void> | null = null;
  private attempt = 0;
  private retryTimer: Timer | null = null;
  private closed = false;

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
  }

  /** Resolves once the server has confirmed. Rejects if it refuses; nothing is listened to then. */
  async add(kind: Kind, names: readonly string[], hear: Hear): Promise<void> {
    if (this.closed) throw new ClosedError('the client was closed');
    const fresh = names.filter((name) => !this.listeners[kind].has(name));
    for (const name of names) {
      const set = this.listeners[kind].get(name) ?? new Set();
      this.listeners[kind].set(name, set.add(hear));
    }
    try {
      if (this.connection === null || !this.connection.ready) await this.open();
      else if (fresh.length > 0) await this.say(SUBSCRIBE[kind], fresh);
    } catch (error) {
      for (const name of names) this.forget(kind, name, hear);
      throw error;
    }
  }

  /** Resolves once the server has confirmed, where it had to be told. */
  async remove(kind: Kind, names: readonly string[], hear: Hear): Promise<void> {
    const gone = names.filter((name) => this.forget(kind, name, hear));
    if (gone.length > 0 && this.connection?.ready) {
      await this.say(UNSUBSCRIBE[kind], gone).catch(() => {});
    }
    if (this.empty && this.connection !== null) {
      const { connection } = this;
      this.connection = null;
      connection.destroy();
    }
  }

  destroy(): void {
    this.closed = true;
    this.retryTimer?.cancel();
    this.connection?.destroy();
  }

  /** Hands its sharded channels over, because this node serves none any more. */
  hand(to: (channel: string, listeners: Hear[]) => void): void {
    const channels = [...this.listeners.shard];
    this.listeners.shard.clear();
    for (const [channel, set] of channels) to(channel, [...set]);
  }

  get empty(): boolean {
    return Object.values(this.listeners).every((of) => of.size === 0);
  }

  /** Whether the last listener has gone. */
  private forget(kind: Kind, name: string, hear: Hear): boolean {
    const set = this.listeners[kind].get(name);
    if (!set?.delete(hear) || set.size > 0) return false;
    this.listeners[kind].delete(name);
    return true;
  }

  private open(): Promise<void> {
    this.opening ??= this.openNow().finally(() => {
      this.opening = null;
    });
    return this.opening;
  }

  private async openNow(): Promise<void> {
    const connection = await this.endpoint.open(this);
    if (this.closed) return connection.destroy();
    this.connection = connection;
    connection.patient = false;
    for (const kind of ['channel', 'pattern', 'shard'] as const) {
      const names = [...this.listeners[kind].keys()];
      // One at a time: in a cluster each sharded channel has a slot of its own.
      if (kind === 'shard') await Promise.all(names.map((name) => this.say('ssubscribe', [name])));
      else if (names.length > 0) await this.say(SUBSCRIBE[kind], names);
    }
    this.attempt = 0;
  }

  private async say(name: string, channels: readonly string[]): Promise<void> {
    const form = { bytes: false, maps: 'object' } as const;
    const request = new Request(commandNamed(name), channels, form, channels);
    request.decode = null;
    request.internal = true;
    request.pushes = channels.length;
    this.connection!.send(request);
    await request.promise;
  }

  pushed(_connection: Connection, items: ReplyValue[]): void {
    const [kind, first, second, third] = items as Buffer[];
    switch (String(kind)) {
      case 'message':
        return this.deliver('channel', String(first), second!, String(first), null);
      case 'smessage':
        return this.deliver('shard', String(first), second!, String(first), null);
      case 'pmessage':
        return this.deliver('pattern', String(first), third!, String(second), String(first));
      case 'sunsubscribe':
        return this.moved(String(first));
    }
  }

  private deliver(
    kind: Kind,
    name: string,
    message: Buffer,
    channel: string,
    pattern: string | null,
  ): void {
    const set = this.listeners[kind].get(name);
    if (set === undefined) return;
    for (const hear of set) hear(message, channel, pattern);
  }

  private moved(channel: string): void {
    const set = this.listeners.shard.get(channel);
    if (set === undefined || this.onMoved === null) return;
    this.listeners.shard.delete(channel);
    this.onMoved(channel, [...set]);
  }

  ended(connection: Connection, cause: Error): void {
    if (connection !== this.connection) return;
    this.connection = null;
    if (this.closed || this.empty) return;
    this.comeBack(cause);
  }

  private comeBack(cause: Error): void {
    const delay = this.endpoint.settings.reconnect(++this.attempt, cause);
    if (delay === null) return;
    this.retryTimer = after(delay, () => {
      if (this.closed || this.empty || this.connection !== null) return;
      this.open().catch((error: Error) => this.comeBack(error));
    });
  }

  drained(): void {}
}
