// Eviction: keys that go because there is not enough memory (maxmemory, maxmemory-policy).
//
// Before each command it is asked whether what the server uses (used-memory.ts) is more than it
// may. Then keys are removed until it is not: those not used for longest (LRU), those used least
// often (LFU), those that would expire soonest (TTL), or any; of all keys, or of those only that
// expire some day. The first three are approximated by sampling, see eviction-pool.ts.
//
// That may take long, if the limit was lowered or one large value came. So a round ends after some
// hundred microseconds (maxmemory-eviction-tenacity); the next command goes on, and so does a
// timer. Only where nothing can be evicted are commands refused that need memory.
//
// What a round has to free is settled when it begins, and what counts is what the removed keys
// took: the deletions that replicas and clients are told of take memory themselves, and to go on
// because of those would never end.

import type { ValueOf } from './config/parameters.ts';
import { EvictionPool } from './eviction-pool.ts';
import type { Database } from './keyspace.ts';
import type { Server } from './server.ts';

const FREED = 0; // There is room.
const RUNNING = 1; // There is not yet.
const FAILED = 2; // There is not, and nothing may go.

const LRU = 0;
const LFU = 1;
const TTL = 2;
const RANDOM = 3;

const TRIES = 32;
const LOOK_EVERY = 16; // Keys that go between two looks at the clock.

export class Eviction {
  /** Whether the last command began without enough memory: what needs more is refused. */
  short = false;
  private readonly server: Server;
  private readonly pool = new EvictionPool();
  private limit = 0;
  private order = RANDOM;
  private onlyVolatile = false;
  private mayEvict = false;
  private nextDb = 0; // Where the random policies go on.
  private exceededSinceMs = -1; // By the stopwatch; -1 while memory is not exceeded.
  private scheduled = false;
  private roundMs = 0;

  constructor(server: Server) {
    this.server = server;
    const { config } = server;
    config.follow('maxmemory-policy', (policy) => this.followPolicy(policy));
    config.follow('maxmemory-eviction-tenacity', (tenacity) => {
      // Where chance is to repeat, what goes must not depend on how fast the machine is.
      this.roundMs = server.isSeeded ? Number.POSITIVE_INFINITY : roundMs(tenacity);
    });
    this.limit = Number(config.values.maxmemory);
    config.onChange('maxmemory', (limit) => this.followLimit(Number(limit)));
  }

  /** Whether memory is limited. */
  get active(): boolean {
    return this.limit !== 0;
  }

  /** For how long memory has been exceeded, in milliseconds. */
  get exceededMs(): number {
    if (this.exceededSinceMs < 0) return 0;
    return Math.floor(this.server.clock.stopwatch() - this.exceededSinceMs);
  }

  /** Makes room before a command, as far as that can be done quickly. */
  before(): void {
    this.short = this.round() === FAILED;
  }

  /** Evicts for a while, if there is need. */
  private round(): number {
    const { server } = this;
    if (!this.active) return FREED;
    if (server.paused !== null || server.loading !== null || server.busyScript !== null) {
      return FREED;
    }
    // Redis: a replica has what its master has, unless it is told otherwise.
    if (server.isFollowing && server.config.values['replica-ignore-maxmemory']) return FREED;
    const excess = server.usedMemory.total - server.usedMemory.uncounted - this.limit;
    let outcome = FREED;
    if (excess > 0) outcome = this.mayEvict ? this.free(excess) : FAILED;
    this.note(outcome);
    return outcome;
  }

  private free(excess: number): number {
    const { server } = this;
    const { clock, current: caller } = server;
    const startMs = clock.stopwatch();
    let outcome = FREED;
    server.current = null; // Nobody did it: all who keep copies are told, at once.
    for (let freed = 0, count = 1; freed < excess; count++) {
      const bytes = this.evictOne();
      if (bytes < 0) {
        outcome = FAILED;
        break;
      }
      freed += bytes;
      if (count % LOOK_EVERY === 0 && clock.stopwatch() - startMs > this.roundMs) {
        if (freed < excess) outcome = RUNNING;
        break;
      }
    }
    server.current = caller;
    if (outcome === RUNNING) this.schedule();
    if (server.tracking.due) server.tracking.broadcast();
    server.latency.add('eviction-cycle', clock.stopwatch() - startMs);
    return outcome;
  }

  /** Removes one key; returns how many bytes it took, or -1 if there is none that may go. */
  private evictOne(): number {
    const { server, pool } = this;
    if (this.order === RANDOM) {
      const { databases } = server;
      for (let tries = databases.length; tries > 0; tries--) {
        const db = databases[this.nextDb++ % databases.length];
        const i = this.draw(db);
        if (i >= 0) return this.remove(db, db.dict.keyAt(i));
      }
      return -1;
    }
    for (;;) {
      if (!this.sample()) return -1;
      while (pool.take()) {
        const db = server.databases[pool.db];
        const i = db.dict.find(pool.key);
        // It may have gone since, or lost the expiry for which it was chosen.
        if (i < 0 || (this.onlyVolatile && db.expiryAt(i) === -1)) continue;
        return this.remove(db, pool.key);
      }
    }
  }

  private remove(db: Database, key: string): number {
    const { server } = this;
    const lazily = server.config.values['lazyfree-lazy-eviction'];
    if (lazily) db.countLazily(db.dict.find(key));
    const before = db.memory;
    db.drop(key);
    const freed = before - db.memory;
    server.stats.evictedKeys++;
    db.touched(key, true);
    db.announce(key, 'evicted');
    const { propagation } = server;
    if (propagation.active) {
      propagation.add(db, [lazily ? 'UNLINK' : 'DEL', key]);
      propagation.flush(true);
    }
    return freed;
  }

  /** Offers some keys of each database to the pool; false if there are none that may go. */
  private sample(): boolean {
    const { server, pool } = this;
    const count = server.config.values['maxmemory-samples'];
    let found = false;
    for (const db of server.databases) {
      if (db.size === 0 || (this.onlyVolatile && db.volatile === 0)) continue;
      found = true;
      const drawn = Math.min(count, this.onlyVolatile ? db.volatile : db.size);
      for (let n = 0; n < drawn; n++) {
        const i = this.draw(db);
        pool.offer(this.score(db, i), db.dict.keyAt(i), db.id);
      }
    }
    return found;
  }

  private draw(db: Database): number {
    if (db.size === 0 || (this.onlyVolatile && db.volatile === 0)) return -1;
    return this.onlyVolatile ? this.drawVolatile(db) : this.server.random.below(db.size);
  }

  /** An entry that expires some day, of a database that has such. */
  private drawVolatile(db: Database): number {
    const { random, expirer } = this.server;
    for (let tries = 0; tries < TRIES; tries++) {
      const i = random.below(db.size);
      if (db.expiryAt(i) !== -1) return i;
    }
    // They are few among many, so they are drawn from those that wait for their time.
    for (let tries = 0; tries < TRIES; tries++) {
      const i = expirer.draw(db.dict);
      if (i >= 0 && db.expiryAt(i) !== -1) return i;
    }
    let i = random.below(db.size);
    while (db.expiryAt(i) === -1) i = i + 1 < db.size ? i + 1 : 0;
    return i;
  }

  private score(db: Database, i: number): number {
    if (this.order === LRU) return db.idleAt(i);
    return this.order === LFU ? 255 - db.frequencyAt(i) : -db.expiryAt(i);
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.server.clock.in(0, () => {
      this.scheduled = false;
      this.round();
    });
  }

  /** Adds up for how long there was too little memory. */
  private note(outcome: number): void {
    if (outcome === FREED) {
      this.server.stats.evictionExceededMs += this.exceededMs;
      this.exceededSinceMs = -1;
    } else if (this.exceededSinceMs < 0) {
      this.exceededSinceMs = this.server.clock.stopwatch();
    }
  }

  private followPolicy(policy: ValueOf<'maxmemory-policy'>): void {
    this.mayEvict = policy !== 'noeviction';
    this.onlyVolatile = policy.startsWith('volatile');
    if (policy.endsWith('lru')) this.order = LRU;
    else if (policy.endsWith('lfu')) this.order = LFU;
    else this.order = policy.endsWith('ttl') ? TTL : RANDOM;
    this.pool.clear(); // Scores of one policy mean nothing to another.
  }

  private followLimit(limit: number): void {
    this.limit = limit;
    this.short = false;
    if (limit === 0) return;
    const { usedMemory, log } = this.server;
    usedMemory.refresh();
    const used = usedMemory.total - usedMemory.uncounted;
    if (used > limit) {
      log.warning(
        `WARNING: the new maxmemory value set via CONFIG SET (${limit}) is smaller than the ` +
          `current memory usage (${used}). This will result in key eviction and/or the inability ` +
          'to accept new write commands depending on the maxmemory-policy.',
      );
    }
    this.schedule();
  }
}

/** How long a round may take. */
function roundMs(tenacity: number): number {
  if (tenacity === 100) return Number.POSITIVE_INFINITY;
  // Redis: up to 10 in even steps to half a millisecond, then by 15 percent for each.
  return tenacity <= 10 ? 0.05 * tenacity : 0.5 * 1.15 ** (tenacity - 10);
}
