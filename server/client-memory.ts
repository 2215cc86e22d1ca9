// What clients take, and who has to leave if that is too much (maxmemory-clients).
//
// Each client is weighed when its turn ends, and before a command that it brought runs. Those that
// may be evicted lie in buckets by their weight, each for weights twice as large as the one
// before, so that the heaviest are at hand without any sorting; whoever came first in the last
// bucket leaves first, until what remains is below the limit. A client that the limit does not
// reach (CLIENT NO-EVICT, a replica, a master) lies in no bucket, but counts all the same.
//
// While there is neither this limit nor `maxmemory`, clients are weighed when somebody asks.

import type { Client } from './client.ts';
import { clientMemory, clientType } from './client-info.ts';
import { hurryCollector } from './machine.ts';
import type { Server } from './server.ts';

const FIRST_BITS = 15; // Redis: all below 32 KB are in one bucket,
const BUCKETS = 19; // and all from 8 GB on.
const MUCH = 32 * 1024 * 1024;
const HURRIES = 3; // It does not always look the first time.
const HURRY_MS = 1000;
const LEAST = 128 * 1024; // Redis: with a lower limit nobody could say anything.

export class ClientMemory {
  /** Whether clients are weighed as they go. */
  active = false;
  private readonly server: Server;
  private limit = Number.POSITIVE_INFINITY;
  private normal = 0; // All but replicas and masters, which the limit does not count.
  private others = 0;
  private readonly buckets: Set<Client>[] = [];
  private dropped = 0; // Bytes of output of those who left, which may lie about as garbage.
  private hurries = 0; // How often the collector is still to be hurried,
  private hurriedMs = 0; // and when it was.

  constructor(server: Server) {
    this.server = server;
    for (let i = 0; i < BUCKETS; i++) this.buckets.push(new Set());
    for (const name of ['maxmemory', 'maxmemory-clients'] as const) {
      server.config.onChange(name, () => this.follow());
    }
    this.follow();
  }

  /** Bytes of all clients, as they were weighed last. */
  get total(): number {
    return this.normal + this.others;
  }

  /** Brings what a client is counted as up to date. */
  weigh(c: Client): void {
    if (c.closed) return;
    const type = clientType(c);
    const counts = type === 'normal' || type === 'pubsub';
    const bytes = clientMemory(c);
    this.subtract(c);
    c.weighed = bytes;
    c.weighsNormal = counts;
    if (counts) this.normal += bytes;
    else this.others += bytes;
    const bucket = counts && !c.noEvict ? bucketOf(bytes) : -1;
    if (bucket === c.bucket) return;
    if (c.bucket >= 0) this.buckets[c.bucket].delete(c);
    if (bucket >= 0) this.buckets[bucket].add(c);
    c.bucket = bucket;
  }

  weighAll(): void {
    for (const c of this.server.clients.values()) this.weigh(c);
  }

  /** A client has left. */
  forget(c: Client): void {
    this.dropped += Math.max(c.writer.held, c.writer.size);
    this.subtract(c);
    c.weighed = 0;
    if (c.bucket >= 0) this.buckets[c.bucket].delete(c);
    c.bucket = -1;
  }

  /** Whether there is a limit for all of them together. */
  get isLimited(): boolean {
    return this.limit !== Number.POSITIVE_INFINITY;
  }

  /** Whether somebody has to leave. */
  get isOver(): boolean {
    return this.normal >= this.limit;
  }

  /** Ends the heaviest clients, one after the other, until the others are below the limit. */
  evict(): void {
    const { log, stats } = this.server;
    for (let i = BUCKETS - 1; i >= 0; i--) {
      for (const c of this.buckets[i]) {
        if (!this.isOver) return;
        log.notice(`Evicting client: ${this.server.describe(c)}`);
        stats.evictedClients++;
        c.close();
      }
    }
    if (this.isOver) log.warning('Over client maxmemory after evicting all evictable clients');
  }

  /** Sees to it that what clients left behind is collected, if it is much. Called by the cron. */
  cleanUp(): void {
    if (this.dropped >= MUCH) this.hurries = HURRIES;
    const { ms } = this.server.clock;
    if (this.hurries === 0 || ms - this.hurriedMs < HURRY_MS) return;
    this.dropped = 0;
    this.hurries--;
    this.hurriedMs = ms;
    hurryCollector();
  }

  private subtract(c: Client): void {
    if (c.weighsNormal) this.normal -= c.weighed;
    else this.others -= c.weighed;
  }

  private follow(): void {
    const { maxmemory, 'maxmemory-clients': most } = this.server.config.values;
    let limit = most;
    if (most < 0) limit = maxmemory === 0 ? 0 : Math.floor((maxmemory * -most) / 100);
    this.limit = limit === 0 ? Number.POSITIVE_INFINITY : Math.max(limit, LEAST);
    this.active = limit !== 0 || maxmemory !== 0;
    this.server.limited = this.active;
    if (this.active) this.weighAll();
  }
}

function bucketOf(bytes: number): number {
  const bits = bytes < 1 ? 0 : Math.floor(Math.log2(bytes));
  return Math.min(BUCKETS - 1, Math.max(0, bits - FIRST_BITS));
}
