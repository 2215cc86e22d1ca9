// The servers behind ioredis-mock.ts: one for each host and port, from when somebody first connects
// there until close(), or the end of the process, which they do not hold up.

import { type RunningServer, type ServerSnapshot, startServer } from '../index.ts';
import type { PlainData, PlainKeys, PlainText, PlainValue } from './plain.ts';

type MockValue =
  | PlainText
  | boolean
  | null
  | undefined
  | readonly unknown[]
  | ReadonlySet<unknown>
  | ReadonlyMap<string, unknown>
  | object;

/**
 * Keys and what they hold: text, numbers and Buffers are strings; an array is a list, or a stream
 * if its elements are [id, [field, value, ...]]; a Set is a set; a Map from members to scores, or
 * to { score, value }, is a sorted set; any other object is a hash.
 */
export type MockData = { readonly [key: string]: MockValue };

/** A server that is there soon, if it is not yet. */
class Mocked {
  readonly running: Promise<RunningServer>;
  private server: RunningServer | null = null;
  private beginning: ServerSnapshot | null = null;
  private readonly due: ((server: RunningServer) => void)[] = [];

  constructor(starting: Promise<RunningServer>) {
    this.running = starting.then((server) => {
      this.server = server;
      this.beginning = server.snapshot();
      for (const act of this.due.splice(0)) act(server);
      return server;
    });
  }

  /** Does something to the server before anybody connects who was not connected yet. */
  act(act: (server: RunningServer) => void): void {
    if (this.server === null) this.due.push(act);
    else act(this.server);
  }

  /** Makes it what it was before anybody came, but for who is connected. */
  reset(): void {
    this.due.length = 0;
    if (this.server === null || this.beginning === null) return;
    this.server.faults.clear();
    this.server.restore(this.beginning);
    this.server.journal.clear();
  }
}

const servers = new Map<string, Mocked>();

/** The server of a host and a port. Its time is that of fake timers, while there are any. */
export function serverFor(host = 'localhost', port: number | string = 6379): Mocked {
  const place = `${/^(127\.|::1$)/.test(host) ? 'localhost' : host}:${port}`;
  return known(place, () => startServer({ listen: false, clock: 'fake-timers' }));
}

type Node = string | number | { readonly host?: string | undefined; readonly port?: unknown };

/** The server of a cluster: one node, which has all slots. It listens, on a port of its own. */
export function clusterFor(nodes: readonly Node[]): Promise<RunningServer> {
  const places = nodes.map((node) =>
    typeof node === 'object' ? `${node.host ?? 'localhost'}:${node.port ?? 6379}` : String(node),
  );
  const begin = async () => {
    const options = { clock: 'fake-timers', host: '127.0.0.1', 'cluster-enabled': 'yes' } as const;
    const server = await startServer(options);
    server.seed('CLUSTER ADDSLOTSRANGE 0 16383');
    return server;
  };
  return known(`cluster ${places.sort().join(' ')}`, begin).running;
}

function known(place: string, start: () => Promise<RunningServer>): Mocked {
  let server = servers.get(place);
  if (server === undefined) {
    server = new Mocked(start());
    servers.set(place, server);
  }
  return server;
}

/**
 * Makes all servers as they were when nobody had asked them anything: no keys, no faults, the first
 * configuration. Connections stay, with what they subscribed to.
 */
export function reset(): void {
  for (const server of servers.values()) server.reset();
}

/** Ends all servers. Who is still connected, and connects again, comes to a new one. */
export async function close(): Promise<void> {
  const all = [...servers.values()];
  servers.clear();
  await Promise.all(all.map(async ({ running }) => (await running).close()));
}

/** What seed() takes for it. */
export function plainData(data: MockData, db: number, keyPrefix: string): PlainData {
  const keys: Record<string, PlainValue> = {};
  for (const [key, value] of Object.entries(data)) {
    if (value === null || value === undefined) continue;
    keys[escaped(keyPrefix + key)] = plainValue(value);
  }
  return { $databases: { [db]: keys as PlainKeys } };
}

function plainValue(value: NonNullable<MockValue>): PlainValue {
  if (value instanceof Uint8Array) return { $string: value };
  if (typeof value !== 'object') return { $string: plainText(value) };
  if (value instanceof Set) return { $set: [...value].map(plainText) };
  if (value instanceof Map) return { $zset: scores(value as ReadonlyMap<string, unknown>) };
  if (!Array.isArray(value)) return { $hash: fields(value) };
  const isStream = value.length > 0 && value.every((entry) => isEntry(entry));
  if (!isStream) return { $list: value.map(plainText) };
  const entries = (value as Entry[]).map(([id, words]) => [id, words.map(plainText)]);
  return { $stream: Object.fromEntries(entries) };
}

type Entry = readonly [string, readonly unknown[]];

function isEntry(entry: unknown): entry is Entry {
  return Array.isArray(entry) && entry.length === 2 && Array.isArray(entry[1]);
}

function scores(map: ReadonlyMap<string, unknown>): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [member, value] of map) {
    const score = (value as { score?: unknown } | null)?.score ?? value;
    found[escaped(member)] = Number(score);
  }
  return found;
}

function fields(value: object): Record<string, PlainText> {
  const found: Record<string, PlainText> = {};
  for (const [field, text] of Object.entries(value)) found[escaped(field)] = plainText(text);
  return found;
}

function plainText(value: unknown): PlainText {
  return value instanceof Uint8Array ? value : String(value);
}

/** A name that seed() takes for what it is. */
function escaped(name: string): string {
  return name.startsWith('$') ? `$${name}` : name;
}
