// ioredis over servers in this process, for tests that mock ioredis.
//
//   jest.mock('ioredis', () => require('respite/ioredis-mock'));
//
// This is the package of that name only in what one writes to have it: `new Redis({ data })`, one
// data set for each host and port, nothing to start and nothing to close. The client is the real
// ioredis, whichever version is installed, and so is whatever else it does; the server is ours.
// docs/moving-from-ioredis-mock.md says what that changes.
//
// Where 'ioredis' is mocked, importing it here would lead back to this file. So its modules are
// taken one by one, from where they have been for years.

import type {
  Cluster as ClusterClient,
  ClusterNode,
  ClusterOptions,
  Redis as RedisClient,
  RedisOptions,
} from 'ioredis';
import clusterModule from 'ioredis/built/cluster/index.js';
import commandModule from 'ioredis/built/Command.js';
import pipelineModule from 'ioredis/built/Pipeline.js';
import redisModule from 'ioredis/built/Redis.js';
import scanStreamModule from 'ioredis/built/ScanStream.js';
import type { RunningServer } from '../index.ts';
import { inProcess } from './ioredis.ts';
import {
  close,
  clusterFor,
  type MockData,
  plainData,
  reset,
  serverFor,
} from './ioredis-mock-servers.ts';

export type { MockData } from './ioredis-mock-servers.ts';

/** What new Redis() takes beside what ioredis knows. */
export type MockOptions = RedisOptions & {
  /** What is there to begin with, by the names of keys. It replaces what they held. */
  readonly data?: MockData;
  /** The server's notify-keyspace-events. */
  readonly notifyKeyspaceEvents?: string;
};

/** A port, a host or URL, and options; each may be missing. */
type Arguments = readonly (string | number | MockOptions | null | undefined)[];

/** The one thing that a module of ioredis is there for, however it was imported. */
function only<Kind>(module: unknown): Kind {
  return ((module as { default?: Kind }).default ?? module) as Kind;
}

export const Command = only<typeof RedisClient.Command>(commandModule);
export const Pipeline = only<unknown>(pipelineModule);
export const ScanStream = only<unknown>(scanStreamModule);
const RealRedis = only<new (...words: unknown[]) => RedisClient>(redisModule);
const RealCluster = only<Clusters>(clusterModule);

type Clusters = new (nodes: ClusterNode[], options: ClusterOptions) => ClusterClient;

export class Cluster extends RealCluster {
  private readonly begin: () => Promise<void>;
  private beginning: Promise<void> | null = null;

  /** All nodes are one, which has all slots. */
  constructor(nodes: ClusterNode[], options: ClusterOptions = {}) {
    super(nodes, { ...options, lazyConnect: true });
    const server = clusterFor(nodes);
    this.begin = async () => {
      const { host, port } = await server;
      Object.assign(this, { startupNodes: [{ host, port }] });
      await super.connect();
    };
    this.options.lazyConnect = options.lazyConnect ?? false;
    if (!this.options.lazyConnect) this.connect().catch(() => {}); // It emits 'error' for that.
  }

  override connect(): Promise<void> {
    this.beginning ??= this.begin().finally(() => {
      this.beginning = null;
    });
    return this.beginning;
  }
}

class RedisMock extends RealRedis {
  static readonly Cluster = Cluster;
  static readonly Command = Command;

  static createClient(...args: Arguments): RedisMock {
    return new RedisMock(...args);
  }

  constructor(...args: Arguments) {
    const given = args.filter((arg) => arg !== null && arg !== undefined);
    const words = given.filter((arg) => typeof arg !== 'object');
    const { data, notifyKeyspaceEvents, ...options } = Object.assign(
      {},
      ...given.filter((arg) => typeof arg === 'object'),
    ) as MockOptions;
    const connector = inProcess(({ host, port }) => serverFor(host, port).running);
    super(...words, { ...options, ...connector, lazyConnect: true });
    const { host, port, db = 0, keyPrefix = '' } = this.options;
    const server = serverFor(host, port);
    if (data !== undefined) {
      server.act((running) => running.seed(plainData(data, db, String(keyPrefix))));
    }
    if (notifyKeyspaceEvents !== undefined) {
      const line = `CONFIG SET notify-keyspace-events "${notifyKeyspaceEvents}"`;
      server.act((running) => running.seed(line));
    }
    // Any name and password will do here, as none is configured.
    Object.assign(this.options, { username: null, password: null });
    this.options.lazyConnect = options.lazyConnect ?? false;
    if (!this.options.lazyConnect) this.connect().catch(() => {}); // It emits 'error' for that.
  }
}

export { RedisMock as default, RedisMock as Redis, close, reset };

/** The server behind a client: what is in it, its faults, its time. */
export function serverOf(redis: RedisClient): Promise<RunningServer> {
  return serverFor(redis.options.host, redis.options.port).running;
}

// What require() gives is the class itself, as ioredis has it. (Vitest has a `module` without a
// file name, for modules that are none of that kind.)
declare const module: { exports: object; readonly filename?: string } | undefined;
if (typeof module === 'object' && module.filename !== undefined) {
  const classes = { default: RedisMock, Redis: RedisMock, Pipeline, ScanStream };
  const names = { ...classes, close, reset, serverOf };
  for (const [name, value] of Object.entries({ ...names, __esModule: true })) {
    Object.defineProperty(RedisMock, name, { value }); // Over getters that ioredis has there.
  }
  module.exports = RedisMock;
}
