// Queues, workers and listeners of one test, all of which are closed with it.

import {
  type ConnectionOptions,
  FlowProducer,
  type Processor,
  Queue,
  QueueEvents,
  type QueueOptions,
  Relay,
  type RelayOptions,
  Worker,
  type WorkerOptions,
} from 'bullmq';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { inProcess } from '../../../server/double/ioredis.ts';
import type { RunningServer } from '../../../server/index.ts';
import type { Place } from '../servers.ts';

type Closable = { close(): Promise<unknown> };

export class Scene implements AsyncDisposable {
  private readonly place: Place;
  private readonly open: Closable[] = [];
  private lazyRedis: Redis | null = null;

  constructor(place: Place) {
    this.place = place;
  }

  /** What BullMQ connects with: where the server is, for ioredis; or a node-redis client. */
  get connection(): ConnectionOptions {
    const { url, host, port, through } = this.place;
    if (through === 'in process') return inProcess(this.place as unknown as RunningServer);
    if (through !== 'node-redis') return { host, port };
    const client = createClient({ url });
    client.on('error', () => {});
    this.open.unshift({ close: async () => client.isOpen && client.destroy() });
    return client;
  }

  /** A connection for what no job queue would do. */
  get redis(): Redis {
    if (this.lazyRedis === null) {
      const redis =
        this.place.url === ''
          ? new Redis(inProcess(this.place as unknown as RunningServer))
          : new Redis(this.place.url);
      this.lazyRedis = redis;
      this.keep({ close: () => redis.quit() });
    }
    return this.lazyRedis;
  }

  queue(name: string, options: Partial<QueueOptions> = {}): Queue {
    return this.keep(new Queue(name, { connection: this.connection, ...options }));
  }

  worker(name: string, work: Processor, options: Partial<WorkerOptions> = {}): Worker {
    const worker = new Worker(name, work, { connection: this.connection, ...options });
    worker.on('error', () => {});
    return this.keep(worker);
  }

  /** What tells of the ends of jobs. It has to listen before they begin. */
  async events(name: string): Promise<QueueEvents> {
    const events = this.keep(new QueueEvents(name, { connection: this.connection }));
    await events.waitUntilReady();
    return events;
  }

  flows(): FlowProducer {
    return this.keep(new FlowProducer({ connection: this.connection }));
  }

  async relay(options: Partial<RelayOptions> = {}): Promise<Relay> {
    const relay = this.keep(new Relay({ connection: this.connection, ...options }));
    await relay.waitUntilReady();
    return relay;
  }

  private keep<Kind extends Closable>(what: Kind): Kind {
    this.open.push(what);
    return what;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.open.reverse()) await each.close();
  }
}
