// A cluster: which node serves a key, and how to find out when that has changed.
//
// The map of slots comes from CLUSTER SLOTS of any node that answers, the ones that the client was
// told of included (their names are looked up anew each time). It is asked for again when a node
// says MOVED, when a connection ends, and from time to time. Requests that meet a redirection, or
// a node that is gone, are sent again to where they belong: none of them has been carried out.
//
//   MOVED   the slot lives elsewhere: go there, and ask for the map
//   ASK     this key has moved already: go there once, with ASKING
//   TRYAGAIN, CLUSTERDOWN, LOADING, MASTERDOWN   a little later

import { keySlot, SLOT_COUNT } from '../protocol/slot.ts';
import { commandNamed, keysOf, type Value } from './command.ts';
import type { Deadlines } from './deadlines.ts';
import { Endpoint, type At, type EndpointEvents, type Resolve, type State } from './endpoint.ts';
import { ClosedError, RedisError, type ServerError } from './errors.ts';
import type { HostPort, Settings } from './options.ts';
import { Request, WAITING } from './request.ts';
import type { Loan, Router } from './router.ts';
import type { Hear, Kind } from './subscriber.ts';
import { after, random, type Timer } from './time.ts';

const REDIRECTIONS = 16;
const REFRESH_EVERY = 30_000;
const LATER = 100; // Milliseconds until what was refused for now is tried again.

/** Addresses of the nodes that serve a range of slots: its master first. */
interface Shard {
  readonly nodes: readonly string[];
}

export class Cluster implements Router {
  state: State = 'idle';
  lastError: Error | null = null;
  private readonly settings: Settings;
  private readonly deadlines: Deadlines;
  private readonly events: EndpointEvents;
  private readonly connectTo: At;
  private readonly masters = new Map<string, Endpoint>();
  private readonly replicas = new Map<string, Endpoint>();
  private shards: (Shard | undefined)[] = [];
  private refreshing: Promise<void> | null = null;
  private refreshTimer: Timer | null = null;
  private readonly timers = new Set<Timer>();
  /** Where plain channels are listened to: any node will do. */
  private readonly hearing: Endpoint;

  constructor(settings: Settings, deadlines: Deadlines, events: EndpointEvents, connectTo: At) {
    this.settings = settings;
    this.deadlines = deadlines;
    this.events = events;
    this.connectTo = connectTo;
    this.hearing = new Endpoint(() => this.anyConnect(), settings, deadlines, quiet);
  }

  async connect(): Promise<void> {
    if (this.state === 'closed') throw new ClosedError('the client was closed');
    if (this.shards.length === 0) await this.refresh();
  }

  submit(request: Request): void {
    if (this.state === 'closed') return request.fail(new ClosedError('the client was closed'));
    if (this.shards.length === 0) return this.whenKnown(request);
    request.onRefused = this.refused;
    const keys = keysOf(request.command, request.args);
    this.endpointFor(keys, request.command.reads).submit(request);
  }

  submitEach(requests: readonly Request[]): void {
    for (const request of requests) this.submit(request);
  }

  submitAll(requests: readonly Request[], keys: readonly Value[]): void {
    const go = (): void => this.endpointFor(keys, false).submitAll(requests);
    if (this.shards.length > 0) return go();
    this.refresh().then(go, (error: Error) => {
      for (const request of requests) request.fail(error);
    });
  }

  async eachMaster(): Promise<((request: Request) => void)[]> {
    await this.connect();
    const addresses = new Set(this.shards.flatMap((shard) => shard?.nodes.slice(0, 1) ?? []));
    return [...addresses].map(
      (address) => (request) => this.endpoint(address, false).submit(request),
    );
  }

  async borrow(keys: readonly Value[]): Promise<Loan> {
    await this.connect();
    const endpoint = this.endpointFor(keys, false);
    const connection = await endpoint.borrow();
    return { connection, giveBack: () => endpoint.giveBack(connection) };
  }

  /** A cluster has one database. */
  selected(): void {}

  /** A transaction was refused as a whole. Whether, and after what, it may be sent again. */
  async redirected(error: ServerError): Promise<boolean> {
    if (!/^(?:MOVED|ASK|TRYAGAIN|CLUSTERDOWN)$/.test(error.code)) return false;
    if (error.code === 'MOVED') this.learn(error);
    else await this.later();
    await this.refresh().catch(() => {});
    return true;
  }

  // Subscriptions.

  async add(kind: Kind, names: readonly string[], hear: Hear): Promise<void> {
    await this.connect();
    if (kind !== 'shard') return this.hearing.subscriber.add(kind, names, hear);
    for (const name of names) await this.addShard(name, hear);
  }

  async remove(kind: Kind, names: readonly string[], hear: Hear): Promise<void> {
    if (kind !== 'shard') return this.hearing.subscriber.remove(kind, names, hear);
    for (const endpoint of this.masters.values()) {
      await endpoint.subscriber.remove(kind, names, hear);
    }
  }

  private async addShard(channel: string, hear: Hear): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.endpointFor([channel], false).subscriber.add('shard', [channel], hear);
      } catch (error) {
        if (attempt === REDIRECTIONS || this.isClosed()) throw error;
        if ((error as RedisError).code === 'MOVED') this.learn(error as ServerError);
        await this.later();
        await this.refresh().catch(() => {});
      }
    }
  }

  /** A node does not serve a sharded channel any more. */
  private readonly moved = (channel: string, listeners: Hear[]): void => {
    for (const hear of listeners) {
      this.addShard(channel, hear).catch((error: Error) => {
        this.lastError = error;
      });
    }
  };

  // Routing.

  private endpointFor(keys: readonly Value[], reads: boolean): Endpoint {
    const slot = keys.length === 0 ? Math.floor(random() * SLOT_COUNT) : slotOf(keys[0]!);
    const shard = this.shards[slot] ?? this.shards.find((each) => each !== undefined);
    if (shard === undefined) return this.hearing;
    const [master, ...others] = shard.nodes;
    if (reads && this.settings.readFrom === 'replica' && others.length > 0) {
      return this.endpoint(others[Math.floor(random() * others.length)]!, true);
    }
    return this.endpoint(master!, false);
  }

  private endpoint(address: string, readonly: boolean): Endpoint {
    const known = readonly ? this.replicas : this.masters;
    let endpoint = known.get(address);
    if (endpoint === undefined) {
      const events: EndpointEvents = {
        state: (state, cause) => {
          if (state === 'waiting') this.lost(cause);
        },
        pushed: this.events.pushed,
        lost: () => this.events.lost?.(),
        stranded: (requests) => this.again(requests),
      };
      const resolve: Resolve = () => this.connectTo(parseAddress(address));
      endpoint = new Endpoint(resolve, this.settings, this.deadlines, events, readonly);
      endpoint.subscriber.onMoved = this.moved;
      known.set(address, endpoint);
    }
    return endpoint;
  }

  private anyConnect(): ReturnType<Resolve> {
    const nodes = [...new Set(this.shards.flatMap((shard) => shard?.nodes.slice(0, 1) ?? []))];
    const seeds = this.settings.cluster!;
    if (nodes.length === 0) return this.connectTo(seeds[Math.floor(random() * seeds.length)]!);
    return this.connectTo(parseAddress(nodes[Math.floor(random() * nodes.length)]!));
  }

  // What nodes refuse.

  private readonly refused = (request: Request, error: ServerError): boolean => {
    if (request.redirections++ >= REDIRECTIONS || this.isClosed()) return false;
    request.state = WAITING;
    request.sent = false;
    switch (error.code) {
      case 'MOVED': {
        const address = this.learn(error);
        this.endpoint(address, false).submit(request);
        this.refresh().catch(() => {});
        return true;
      }
      case 'ASK': {
        const asking = new Request(commandNamed('asking'), [], request.form, []);
        asking.promise.catch(() => {});
        const endpoint = this.endpoint(this.addressIn(error), false);
        endpoint.submitAll([asking, request]);
        return true;
      }
      case 'TRYAGAIN':
      case 'CLUSTERDOWN':
      case 'LOADING':
      case 'MASTERDOWN':
      case 'READONLY':
        this.again([request]);
        return true;
    }
    return false;
  };

  /** Sends requests anew, a little later and with a new map. */
  private again(requests: readonly Request[]): void {
    if (requests.length === 0) return;
    const go = (): void => {
      for (const request of requests) {
        if (request.redirections++ < REDIRECTIONS) this.submit(request);
        else request.fail(this.lastError ?? new RedisError('CLUSTER', 'no node serves it'));
      }
    };
    void this.later()
      .then(() => this.refresh())
      .then(go, (error: Error) => {
        this.lastError = error;
        if (this.isClosed()) for (const request of requests) request.fail(error);
        else this.again(requests.filter((request) => this.mayWait(request, error)));
      });
  }

  private mayWait(request: Request, error: Error): boolean {
    if (request.settled) return false;
    if (request.redirections++ < REDIRECTIONS * 4 && !this.settings.failFast) return true;
    request.fail(error);
    return false;
  }

  private whenKnown(request: Request): void {
    this.refresh().then(
      () => this.submit(request),
      (error: Error) => {
        if (this.mayWait(request, error)) this.again([request]);
      },
    );
  }

  private lost(cause: Error | null): void {
    this.lastError = cause;
    this.refresh().catch(() => {});
  }

  private later(): Promise<void> {
    return new Promise((resolve) => {
      const timer = after(LATER / 2 + (random() * LATER) / 2, () => {
        this.timers.delete(timer);
        resolve();
      });
      this.timers.add(timer);
    });
  }

  // The map.

  /** Takes note of where a slot has gone: 'MOVED 3999 127.0.0.1:6381'. */
  private learn(error: ServerError): string {
    const slot = Number(error.message.split(' ')[1]);
    const address = this.addressIn(error);
    if (this.shards.length > 0) this.shards[slot] = { nodes: [address] };
    return address;
  }

  private addressIn(error: ServerError): string {
    const { host, port } = parseAddress(error.message.split(' ')[2]!);
    return this.mapped(host, port);
  }

  private mapped(host: string, port: number): string {
    const { mapAddress } = this.settings;
    const to = mapAddress === undefined ? { host, port } : mapAddress({ host, port });
    return `${to.host}:${to.port ?? port}`;
  }

  /** Asks for the map of slots, unless somebody is at it. Rejects if no node tells. */
  refresh(): Promise<void> {
    this.refreshing ??= this.refreshNow().finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  private async refreshNow(): Promise<void> {
    if (this.isClosed()) throw new ClosedError('the client was closed');
    if (this.shards.length === 0) this.become('connecting', null);
    const causes: Error[] = [];
    for (const address of this.candidates()) {
      try {
        this.take(await this.ask(address), address);
        this.become('ready', null);
        this.schedule();
        return;
      } catch (error) {
        causes.push(error as Error);
      }
      if (this.isClosed()) throw new ClosedError('the client was closed');
    }
    const cause = causes.length === 1 ? causes[0]! : new AggregateError(causes, 'each node failed');
    this.lastError = cause;
    if (this.shards.length === 0) this.become('waiting', cause);
    throw new RedisError('CLUSTER', `no node tells the slots: ${causes[0]?.message}`, cause);
  }

  /** Nodes that are known, those connected first, and then those that the options name. */
  private candidates(): HostPort[] {
    const known = [...this.masters].sort((a, b) => rank(a[1]) - rank(b[1]));
    const addresses = [...known.map(([address]) => address), ...this.replicas.keys()];
    return [...addresses.slice(0, 6).map(parseAddress), ...this.settings.cluster!];
  }

  private async ask(address: HostPort): Promise<unknown[]> {
    const patience = {
      ...this.settings,
      connectTimeout: Math.min(2000, this.settings.connectTimeout),
    };
    const once = new Endpoint(() => this.connectTo(address), patience, this.deadlines, quiet);
    const connection = await once.open(nobody);
    try {
      return (await connection.ask('cluster slots')) as unknown[];
    } finally {
      connection.destroy();
    }
  }

  private take(ranges: unknown[], from: HostPort): void {
    const shards: (Shard | undefined)[] = new Array(SLOT_COUNT).fill(undefined);
    const named = new Set<string>();
    for (const [first, last, ...nodes] of ranges as [number, number, ...[string, number][]][]) {
      // Redis: an empty name, or none, stands for the node that was asked.
      const names = nodes.map(([host, port]) => this.mapped(host || from.host, port));
      const shard: Shard = { nodes: names };
      for (const name of names) named.add(name);
      shards.fill(shard, first, last + 1);
    }
    if (named.size === 0) throw new RedisError('CLUSTER', 'no slot is served by anybody');
    this.shards = shards;
    for (const known of [this.masters, this.replicas]) {
      for (const [address, endpoint] of known) {
        if (named.has(address)) continue;
        known.delete(address);
        this.leave(endpoint);
      }
    }
  }

  /** A node that has left the cluster: what it still owes is asked of others. */
  private leave(endpoint: Endpoint): void {
    endpoint.subscriber.hand(this.moved);
    this.again(endpoint.retire());
  }

  private schedule(): void {
    this.refreshTimer?.cancel();
    this.refreshTimer = after(REFRESH_EVERY, () => this.refresh().catch(() => {}), true);
  }

  private become(state: State, cause: Error | null): void {
    if (this.state === state) return;
    this.state = state;
    this.events.state(state, cause);
  }

  private isClosed(): boolean {
    return this.state === 'closed';
  }

  async close(): Promise<void> {
    if (this.isClosed()) return;
    this.become('closed', null);
    await Promise.all(this.all().map((endpoint) => endpoint.close()));
    this.destroy();
  }

  destroy(cause?: Error): void {
    this.become('closed', cause ?? null);
    this.refreshTimer?.cancel();
    for (const timer of this.timers) timer.cancel();
    for (const endpoint of this.all()) endpoint.destroy(cause);
  }

  private all(): Endpoint[] {
    return [...this.masters.values(), ...this.replicas.values(), this.hearing];
  }
}

const quiet: EndpointEvents = { state: () => {}, pushed: () => {} };
const nobody = { pushed: () => {}, ended: () => {}, drained: () => {} };

function rank(endpoint: Endpoint): number {
  return endpoint.state === 'ready' ? 0 : 1;
}

/** The slot of a key as it is sent: text is UTF-8. */
function slotOf(key: Value): number {
  const bytes = key instanceof Uint8Array ? Buffer.from(key) : Buffer.from(String(key));
  return keySlot(bytes.toString('latin1'));
}

/** 'host:port', of which the host may hold colons. */
function parseAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  return {
    host: address.slice(0, colon).replace(/^\[|\]$/g, ''),
    port: Number(address.slice(colon + 1)),
  };
}
