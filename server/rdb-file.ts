// RDB files of a server: what stands in them beside the keys, and how they are read again.

import { corrupt, RdbError } from '../persistence/rdb-error.ts';
import {
  AUX,
  DATABASE,
  EMPTY_KEY,
  END,
  FUNCTIONS,
  KEY,
  MORE,
  RdbReader,
} from '../persistence/rdb-reader.ts';
import { RdbWriter, type Sink } from '../persistence/rdb-writer.ts';
import { ReplyError } from '../protocol/errors.ts';
import type { Libraries } from './functions.ts';
import type { Database } from './keyspace.ts';
import { removal } from './propagate.ts';
import type { Server } from './server.ts';
import type { Format } from './snapshot-file.ts';
import type { Visit } from './snapshot.ts';

const MOST_EMPTY_TOLD = 10; // Lines of the log about keys that hold nothing.
const KNOWN = new Set([...['redis-bits', 'aof-base', 'aof-preamble'], 'lua']);

export type RdbParts = { readonly keys: boolean; readonly functions: boolean };
const ALL_PARTS: RdbParts = { keys: true, functions: true };

/**
 * Writes the beginning of a file; `base` says that an append-only file begins with it. Other
 * files say where in the replication stream they stand, if there is one.
 */
export function rdbFormat(
  server: Server,
  sink: Sink,
  base: boolean,
  parts: RdbParts = ALL_PARTS,
): Format {
  const { values } = server.config;
  const options = {
    compression: values.rdbcompression,
    checksum: values.rdbchecksum,
    version: server.version.rdb,
  };
  const writer = new RdbWriter(sink, options);
  const sizes = server.databases.map((db) => [db.size, db.volatile]);
  const keepsIdle = values['maxmemory-policy'].endsWith('lru');
  writer.begin();
  const { server: name, release } = server.version;
  writer.aux(`${name}-ver`, release);
  writer.aux('redis-bits', 64);
  writer.aux('ctime', Math.floor(server.clock.ms / 1000));
  writer.aux('used-mem', server.usedMemory.total);
  const { replication } = server;
  if (!base && replication.backlog !== null) {
    writer.aux('repl-stream-db', replication.streamDatabase);
    writer.aux('repl-id', replication.id);
    writer.aux('repl-offset', replication.offset);
  }
  writer.aux('aof-base', base ? 1 : 0);
  if (parts.functions) {
    for (const code of server.scripting.functions.codes()) writer.functions(code);
  }
  let current = -1;
  const visit: Visit = (db, key, value, whenMs, idleSeconds, frequency) => {
    if (db !== current) {
      current = db;
      writer.database(db, sizes[db][0], sizes[db][1]);
      sizes[db] = [0, 0]; // Said once: keys that had to be saved early make us come back.
    }
    writer.key(key, value, whenMs, keepsIdle ? idleSeconds : -1, frequency);
  };
  const skip: Visit = () => {};
  const end = (): void => {
    writer.end();
    writer.flush();
  };
  return { visit: parts.keys ? visit : skip, end };
}

/** Visits every key at once, as a snapshot would of this moment. */
export function visitAll(server: Server, visit: Visit): void {
  for (const db of server.databases) {
    const { dict, id } = db;
    for (let i = 0; i < dict.size; i++) {
      const [idle, frequency] = [db.idleAt(i), db.frequencyAt(i)];
      visit(id, dict.keyAt(i), dict.valueAt(i), db.exactExpiryAt(i), idle, frequency);
    }
  }
}

/** Writes an RDB file while everything waits, and has it reach the disk. Throws what that does. */
export function writeRdb(server: Server, path: string, base: boolean): void {
  const disk = server.disk!;
  const file = disk.open(path, 'w');
  try {
    const { visit, end } = rdbFormat(server, (chunk) => disk.write(file, chunk), base);
    visitAll(server, delayed(server, visit));
    end();
    disk.sync(file);
  } finally {
    disk.close(file);
  }
}

/** rdb-key-save-delay: so many microseconds of rest for each key. */
function delayed(server: Server, visit: Visit): Visit {
  const delay = server.config.values['rdb-key-save-delay'];
  if (delay <= 0) return visit;
  let micros = 0;
  return (db, key, value, whenMs, idleSeconds, frequency) => {
    visit(db, key, value, whenMs, idleSeconds, frequency);
    micros += delay;
    if (micros < 1000) return;
    server.clock.block(micros / 1000);
    micros = 0;
  };
}

export type RdbLoadOptions = {
  /** How many bytes there will be, if that is known. */
  readonly bytes?: number;
  /** An append-only file begins with it: keys whose time has come are kept, commands follow. */
  readonly base?: boolean;
  /** Keys that are there already are replaced, rather than taken for an error. */
  readonly merge?: boolean;
  /** If the file says where the replication stream stood, it goes on from there. */
  readonly streamGoesOn?: boolean;
  /** Keys whose time has come are kept: a master decides on them. */
  readonly expired?: boolean;
  /** The databases that are to take the keys; the server's own if it is not given. */
  readonly into?: readonly Database[];
  /** What is to take the libraries of functions. */
  readonly libraries?: Libraries;
};

/** Reads an RDB file into the databases, in whatever chunks it comes. */
export class RdbLoad {
  keysLoaded = 0;
  keysExpired = 0;
  keysEmpty = 0;
  done = false;
  private readonly server: Server;
  private readonly reader: RdbReader;
  private readonly options: RdbLoadOptions;
  private streamId = ''; // What the file says of the replication stream.
  /** The database of what comes next in the replication stream, if the file says so, or -1. */
  streamDatabase = -1;
  private readonly databases: readonly Database[];

  constructor(server: Server, options: RdbLoadOptions) {
    this.server = server;
    this.options = options;
    this.databases = options.into ?? server.databases;
    const limits = server.config.values;
    const make = { limits, seed: server.hashSeed, chance: server.random };
    const { bytes } = options;
    const given = bytes === undefined ? {} : { bytes };
    this.reader = new RdbReader(make, { checksum: limits.rdbchecksum, ...given });
  }

  /** How many bytes were read. */
  get offset(): number {
    return this.reader.offset;
  }

  /** How many bytes came behind the end of the file. */
  get restLength(): number {
    return this.reader.rest().length;
  }

  /** What came behind the end of the file. */
  rest(): Buffer {
    return this.reader.rest();
  }

  /** Loads what these bytes, which must not change afterwards, complete. Throws an RdbError. */
  feed(chunk: Buffer): void {
    this.reader.feed(chunk);
    this.take();
  }

  /** There is no more. Throws an RdbError if there should be. */
  finish(): void {
    this.reader.finish();
    this.take();
  }

  private take(): void {
    const { reader, server } = this;
    while (!this.done) {
      switch (reader.next()) {
        case MORE:
          return;
        case KEY:
          this.add();
          break;
        case EMPTY_KEY:
          if (this.keysEmpty++ < MOST_EMPTY_TOLD) {
            server.log.notice(`rdbLoadObject skipping empty key: ${reader.key}`);
          }
          break;
        case AUX:
          this.aux(reader.name, reader.text);
          break;
        case FUNCTIONS:
          this.library(reader.text);
          break;
        case DATABASE:
          if (reader.database >= this.databases.length) this.tooManyDatabases();
          break;
        case END:
          this.done = true;
      }
    }
  }

  private add(): void {
    const { reader, server, options } = this;
    const { key, value, whenMs } = reader;
    const db = this.databases[reader.database];
    if (whenMs !== -1 && whenMs < server.clock.ms && !this.keepsExpired) {
      this.keysExpired++;
      if (server.propagation.active) {
        server.propagation.add(db, removal(server, key));
        server.propagation.flush();
      }
      return;
    }
    if (options.merge === true) db.drop(key);
    if (!db.load(key, value, whenMs)) {
      throw corrupt(`RDB has duplicated key '${key}' in DB ${reader.database}`);
    }
    db.restoreUse(reader.idleSeconds, reader.frequency);
    this.keysLoaded++;
  }

  private get keepsExpired(): boolean {
    const { base, expired } = this.options;
    return base === true || expired === true || this.server.isFollowing;
  }

  /** The history that the file says goes on here, under its own name only if that is a master's. */
  private goOn(offset: number): void {
    const { following, isFollowing, replication } = this.server;
    const { streamId: id, streamDatabase: database } = this;
    if (isFollowing) following.resume({ id, offset, database });
    else replication.goOn(id, offset);
  }

  private library(code: string): void {
    const { functions } = this.server.scripting;
    const { libraries = functions.libraries, merge } = this.options;
    try {
      functions.load(code, merge === true, libraries, false);
    } catch (problem) {
      if (!(problem instanceof ReplyError)) throw problem;
      throw new RdbError('library', problem.line.replace(/^ERR /, ''));
    }
  }

  private aux(name: string, text: string): void {
    const { clock, log } = this.server;
    if (name === 'redis-ver') {
      log.notice(`Loading RDB produced by version ${text}`);
    } else if (name === 'ctime') {
      const seconds = Math.max(0, Math.floor(clock.ms / 1000) - Number(text));
      log.notice(`RDB age ${seconds} seconds`);
    } else if (name === 'used-mem') {
      if (this.server.loading !== null) this.server.loading.usedMemory = Number(text) || 0;
      const megabytes = (Number(text) / (1024 * 1024)).toFixed(2);
      log.notice(`RDB memory usage when created ${megabytes} Mb`);
    } else if (name === 'repl-stream-db') {
      this.streamDatabase = Number(text);
    } else if (name === 'repl-id') {
      this.streamId = text;
    } else if (name === 'repl-offset') {
      const isWhole = this.streamId.length === 40 && this.streamDatabase >= 0;
      if (isWhole && this.options.streamGoesOn === true) this.goOn(Number(text));
    } else if (name === 'aof-base' && Number(text) !== 0) {
      log.notice('RDB is base AOF');
    } else if (!KNOWN.has(name)) {
      log.debug(`Unrecognized RDB AUX field: '${name}' '${text}'`);
    }
  }

  private tooManyDatabases(): never {
    const { length } = this.server.databases;
    throw corrupt(
      `FATAL: Data file was created with a Redis server configured to handle more than ${length} ` +
        'databases. Exiting',
    );
  }
}
