// Filling a server: with a plain object (plain.ts), with commands as one would type them, or with
// an RDB file. Keys of that name are replaced, all others stay.

import { readFileSync } from 'node:fs';
import type { Stream } from '../../datatypes/stream.ts';
import type { Consumer, Group } from '../../datatypes/stream-group.ts';
import { parseId } from '../../datatypes/stream-id.ts';
import { RdbLoad } from '../rdb-file.ts';
import type { Server } from '../server.ts';
import { bytesOf, type PlainData, type PlainGroup, type PlainText } from './plain.ts';
import { ProgramClient, reasonOf } from './program-client.ts';
import { commandsOf } from './seed-text.ts';

/**
 * Keys and what they hold; the text of commands, or of a session with redis-cli; the bytes of an
 * RDB file, or its file: URL.
 */
export type SeedData = PlainData | string | Uint8Array | URL;

const MOST = 512; // Elements of one command.

/** Throws an Error for what cannot be read, and says where. What came before that is there then. */
export function seed(server: Server, data: SeedData): void {
  const { current, busyScript, loading } = server;
  if (current !== null || busyScript !== null || loading !== null) {
    throw new Error('A server cannot be seeded while a command runs, or while it loads a file.');
  }
  if (server.isFollowing) throw new Error('A replica has the data of its master.');
  server.beginTurn();
  try {
    if (typeof data === 'string') seedText(server, data);
    else if (data instanceof URL) seedFile(server, readFileSync(data));
    else if (data instanceof Uint8Array) seedFile(server, data);
    else seedObject(server, data);
  } finally {
    server.endTurn();
  }
}

function seedText(server: Server, text: string): void {
  const client = new ProgramClient(server);
  for (const { line, argv } of commandsOf(text)) {
    if (LEFT_OUT.has(argv[0].toUpperCase())) continue;
    try {
      client.run(argv);
    } catch (problem) {
      throw new Error(`line ${line}: ${reasonOf(problem)}`);
    }
  }
}

// All commands run in one piece, for somebody who may do everything.
const LEFT_OUT = new Set(['AUTH', 'HELLO', 'QUIT', 'EXIT', 'MULTI', 'EXEC', 'CLEAR']);

function seedFile(server: Server, file: Uint8Array): void {
  if (server.propagation.active) {
    throw new Error('An RDB file cannot be loaded with an append-only file or replicas.');
  }
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const load = new RdbLoad(server, { bytes: bytes.length, merge: true });
  load.feed(bytes);
  load.finish();
  server.dirty += load.keysLoaded;
  for (const db of server.databases) server.blocking.databaseReady(db);
}

function seedObject(server: Server, data: PlainData): void {
  const client = new ProgramClient(server);
  const { $databases = {}, $functions = [], ...keys } = data;
  for (const code of $functions) {
    attempt('$functions', () => client.run(['FUNCTION', 'LOAD', 'REPLACE', bytesOf(code)]));
  }
  const seedKeys = (all: object) => {
    for (const [name, value] of Object.entries(all)) {
      attempt(name, () => new KeySeed(client, nameOf(name)).put(value));
    }
  };
  seedKeys(keys);
  for (const [id, all] of Object.entries($databases)) {
    attempt(`$databases: ${id}`, () => client.select(id));
    seedKeys(all);
  }
}

function attempt(what: string, act: () => void): void {
  try {
    act();
  } catch (problem) {
    const why = problem instanceof SeedError ? problem.message : reasonOf(problem);
    throw new Error(`${what}: ${why}`);
  }
}

class SeedError extends Error {}

/** The byte string that a name in an object spells. */
function nameOf(name: string): string {
  if (/^\$(?!\$|bytes:)/.test(name)) {
    throw new SeedError(`'${name}' is no name; one that begins with $ is spelled '$${name}'`);
  }
  return bytesOf(name);
}

function textOf(value: unknown): string {
  if (!isText(value)) throw new SeedError(`a text, a number or bytes is wanted, not ${value}`);
  return bytesOf(value);
}

function isText(value: unknown): value is PlainText {
  const isPlain = typeof value === 'string' || typeof value === 'number';
  return isPlain || typeof value === 'bigint' || value instanceof Uint8Array;
}

type PlainTimes = {
  readonly $expireAt?: number | string | Date;
  readonly $expireIn?: number;
};
type Named = { readonly [name: string]: unknown };

/** Puts one key in its place. */
class KeySeed {
  private readonly client: ProgramClient;
  private readonly key: string;

  constructor(client: ProgramClient, key: string) {
    this.client = client;
    this.key = key;
  }

  put(value: unknown): void {
    if (isText(value)) return this.run('SET', bytesOf(value));
    this.run('DEL');
    if (Array.isArray(value)) this.push('RPUSH', value.map(textOf));
    else if (value instanceof Set) this.push('SADD', [...value].map(textOf));
    else if (value instanceof Map) this.hash(value.entries());
    else if (typeof value !== 'object' || value === null)
      throw new SeedError(`${value} is no value`);
    else if (Object.keys(value).some(isOurs)) this.thing(value as Named);
    else this.hash(Object.entries(value));
  }

  private thing(value: Named): void {
    const kind = KINDS.find((each) => each in value);
    if (kind === undefined) {
      const names = Object.keys(value).filter(isOurs).join(', ');
      throw new SeedError(`${names}: one of ${KINDS.join(', ')} is wanted`);
    }
    const it = value[kind];
    if (kind === '$string') this.run('SET', textOf(it));
    else if (kind === '$list') this.push('RPUSH', [...(it as PlainText[])].map(textOf));
    else if (kind === '$set') this.push('SADD', [...(it as PlainText[])].map(textOf));
    else if (kind === '$zset') this.sortedSet(it as Named);
    else if (kind === '$hash')
      this.timedHash(it as Named, (value['$fieldsExpireAt'] ?? {}) as Named);
    else this.stream(value);
    const { $expireAt, $expireIn } = value as PlainTimes;
    if ($expireAt !== undefined) this.run('PEXPIREAT', timeOf($expireAt));
    else if ($expireIn !== undefined) this.run('PEXPIRE', String($expireIn));
  }

  private run(command: string, ...words: string[]): void {
    this.client.run([command, this.key, ...words]);
  }

  /** A command for many words, which belong together in so many. */
  private push(command: string, words: readonly string[], width = 1): void {
    const step = MOST * width;
    for (let i = 0; i < words.length; i += step) this.run(command, ...words.slice(i, i + step));
  }

  private hash(entries: Iterable<readonly [string, unknown]>): void {
    const words: string[] = [];
    for (const [field, value] of entries) words.push(nameOf(field), textOf(value));
    this.push('HSET', words, 2);
  }

  private timedHash(fields: Named, times: Named): void {
    this.hash(Object.entries(fields));
    for (const [field, whenMs] of Object.entries(times)) {
      this.run('HPEXPIREAT', String(whenMs), 'FIELDS', '1', nameOf(field));
    }
  }

  private sortedSet(scores: Named): void {
    const words: string[] = [];
    for (const [member, score] of Object.entries(scores)) words.push(textOf(score), nameOf(member));
    this.push('ZADD', words, 2);
  }

  private stream(value: Named): void {
    const entries = Object.entries(value['$stream'] as Named);
    for (const [id, fields] of entries) this.run('XADD', id, ...wordsOf(fields));
    if (entries.length === 0) this.run('XADD', 'MAXLEN', '0', '0-1', 'x', 'y');
    const { $lastId, $entriesAdded, $maxDeletedId } = value;
    if ($lastId !== undefined) {
      const added = String($entriesAdded ?? entries.length);
      const deleted = String($maxDeletedId ?? '0-0');
      this.run('XSETID', String($lastId), 'ENTRIESADDED', added, 'MAXDELETEDID', deleted);
    }
    for (const [name, group] of Object.entries((value['$groups'] ?? {}) as Named)) {
      this.group(nameOf(name), group as PlainGroup);
    }
  }

  private group(name: string, group: PlainGroup): void {
    const read = String(group.$entriesRead ?? -1);
    this.client.run(['XGROUP', 'CREATE', this.key, name, group.$lastId, 'ENTRIESREAD', read]);
    for (const { id, consumer, deliveredAt, deliveries } of group.$pending ?? []) {
      const times = ['TIME', String(deliveredAt), 'RETRYCOUNT', String(deliveries)];
      this.run('XCLAIM', name, bytesOf(consumer), '0', id, ...times, 'FORCE', 'JUSTID');
    }
    // When consumers were heard of, and what is pending of entries that were deleted since: no
    // command could set that.
    const made = (this.client.db.write(this.key) as Stream).groups!.get(name)!;
    for (const [spelling, { seenAt, activeAt }] of Object.entries(group.$consumers ?? {})) {
      const consumer = consumerOf(made, nameOf(spelling), seenAt);
      consumer.seenMs = seenAt;
      consumer.activeMs = activeAt;
    }
    for (const { id, consumer, deliveredAt, deliveries } of group.$pending ?? []) {
      const at = parseId(id)!;
      if (made.pending.find(at) !== undefined) continue;
      const owner = consumerOf(made, bytesOf(consumer), deliveredAt);
      made.add(at, owner, deliveredAt, Number(deliveries));
    }
  }
}

function consumerOf(group: Group, name: string, seenMs: number): Consumer {
  return group.consumers.get(name) ?? group.addConsumer(name, seenMs);
}

function timeOf(when: number | string | Date): string {
  return String(when instanceof Date ? when.getTime() : when);
}

const KINDS = ['$string', '$list', '$set', '$zset', '$hash', '$stream'] as const;

function isOurs(name: string): boolean {
  return /^\$(?!\$|bytes:)/.test(name);
}

function wordsOf(fields: unknown): string[] {
  if (Array.isArray(fields)) return fields.map(textOf);
  return Object.entries(fields as Named).flatMap(([field, value]) => [
    nameOf(field),
    textOf(value),
  ]);
}
