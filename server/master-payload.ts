// A snapshot on its way from the master into the databases.
//
//   to a file    repl-diskless-load disabled: received as a file (or in memory, where there is no
//                disk), and loaded when all of it has come. Nothing is lost until then.
//   on the way   on-empty-db, swapdb: each piece is loaded as it comes. With swapdb into databases
//                of their own, which take the place of the others in the end: clients may read
//                on meanwhile, if the history is still the same.
//
// Its end is known by its length, or by a mark of forty digits that was said at its beginning.

import { RdbError } from '../persistence/rdb-error.ts';
import { OFF } from './append-only-state.ts';
import { type File, reasonOf } from './disk.ts';
import { Libraries } from './functions.ts';
import { Database } from './keyspace.ts';
import { chunkBytes, countLoaded, Loading, rest } from './loading.ts';
import type { OutgoingLink } from './outgoing-link.ts';
import { RdbLoad } from './rdb-file.ts';
import type { Server } from './server.ts';

const NOTHING = Buffer.alloc(0);
const ID_LENGTH = 40;

/** The mark behind the snapshot, '' if there is none; or its length; and the history it begins. */
export type PayloadHead = { readonly mark: string; readonly total: number; readonly id: string };

/** The connection that a snapshot comes through. */
export interface Carrier {
  readonly link: OutgoingLink;
  readonly closed: boolean;
  heardMs: number;
  /** The snapshot could not be received, or not loaded. */
  failedToSync(): void;
  /** It is loaded, and the stream goes on in a database; `more` has come behind it. */
  synced(database: number, marked: boolean, more: Buffer): void;
}

export abstract class Payload {
  /** How many bytes have come. */
  read = 0;
  readonly head: PayloadHead;
  protected readonly link: Carrier;
  protected readonly server: Server;
  protected ended = false; // All of it has come, or never will.

  protected constructor(link: Carrier, server: Server, head: PayloadHead) {
    this.link = link;
    this.server = server;
    this.head = head;
  }

  /**
   * What is to take a snapshot, as the configuration says; `line` stands before it. Null, and the
   * log tells why, if that announces none.
   */
  static begin(link: Carrier, server: Server, line: string, id: string): Payload | null {
    if (line.startsWith('-')) {
      server.log.warning(`MASTER aborted replication with an error: ${line.slice(1)}`);
      return null;
    }
    if (!line.startsWith('$')) {
      server.log.warning(
        `Bad protocol from MASTER, the first byte is not '$' (we received '${line}'), are you ` +
          'sure the host and port are right?',
      );
      return null;
    }
    const mark = line.startsWith('$EOF:') ? line.slice(5, 5 + ID_LENGTH) : '';
    const total = mark === '' ? Number.parseInt(line.slice(1), 10) : 0;
    return Payload.choose(link, server, { mark, total, id });
  }

  private static choose(link: Carrier, server: Server, head: PayloadHead): Payload {
    const how = server.config.values['repl-diskless-load'];
    const isEmpty = server.databases.every((db) => db.size === 0);
    const parsed = how === 'swapdb' || (how === 'on-empty-db' && isEmpty);
    const where = parsed ? 'to parser' : 'to disk';
    const what =
      head.mark === ''
        ? `receiving ${head.total} bytes from master`
        : 'receiving streamed RDB from master with EOF';
    server.log.notice(`MASTER <-> REPLICA sync: ${what} ${where}`);
    return parsed
      ? new ParsedPayload(link, server, head, how === 'swapdb')
      : new StoredPayload(link, server, head);
  }

  /** Takes bytes, which are not to be kept. */
  abstract take(bytes: Buffer): void;
  /** The connection has ended before its time. */
  abstract cutOff(why: string): void;
  /** Nothing more is wanted of it. */
  abstract abandon(): void;

  /** Whether it is being loaded, though nothing more is received. */
  abstract get isLoading(): boolean;

  /** Makes way for what is going to be loaded. */
  protected makeRoom(): void {
    const { appendOnly, background, saving } = this.server;
    if (appendOnly.state !== OFF) appendOnly.stop();
    if (background === 'rdb') saving.cancel();
  }

  /** Whoever followed us has to begin anew. */
  protected attach(): void {
    const { following, replication } = this.server;
    following.discardKnown();
    replication.disconnectAll();
    replication.dropBacklog();
  }

  /** Nobody has to wait any longer. */
  protected loaded(): void {
    const { server } = this;
    server.loading = null;
    server.expirer.rebuild();
    for (const db of server.databases) server.blocking.databaseReady(db);
  }

  protected empty(): void {
    const { server } = this;
    server.following.local.clear();
    server.tracking.flushed();
    for (const db of server.databases) db.clear();
    server.scripting.functions.clear();
  }
}

/** Received first, and then loaded. */
class StoredPayload extends Payload {
  private readonly pieces: Buffer[] = []; // Where there is no disk.
  private file: File | null = null;
  private readonly path: string;
  private last = NOTHING; // The last bytes, as many as the mark has.

  constructor(link: Carrier, server: Server, head: PayloadHead) {
    super(link, server, head);
    const { dir } = server.config.values;
    this.path = `${dir}/temp-${Math.floor(server.clock.ms / 1000)}.${server.pid}.rdb`;
    if (server.disk === null) return;
    try {
      this.file = server.disk.open(this.path, 'w');
    } catch (problem) {
      this.fail(
        'Opening the temp file needed for MASTER <-> REPLICA synchronization: ' + reasonOf(problem),
      );
    }
  }

  take(bytes: Buffer): void {
    const { server, head } = this;
    if (this.ended) return;
    const wanted = head.mark === '' ? head.total - this.read : bytes.length;
    const mine = bytes.subarray(0, wanted);
    this.read += mine.length;
    try {
      if (this.file !== null) server.disk!.write(this.file, mine);
      else this.pieces.push(Buffer.from(mine));
    } catch (problem) {
      return this.fail(
        'Write error or short write writing to the DB dump file needed for MASTER <-> REPLICA ' +
          `synchronization: ${reasonOf(problem)}`,
      );
    }
    const { length } = head.mark;
    if (length > 0) this.last = Buffer.from(Buffer.concat([this.last, mine]).subarray(-length));
    const isWhole = length > 0 ? this.last.latin1Slice() === head.mark : this.read === head.total;
    if (isWhole) void this.finish(Buffer.from(bytes.subarray(mine.length)));
  }

  get isLoading(): boolean {
    return this.ended;
  }

  cutOff(why: string): void {
    if (this.ended) return; // What is missing comes behind it.
    this.fail(`I/O error trying to sync with MASTER: ${why}`);
  }

  abandon(): void {
    this.ended = true;
    this.pieces.length = 0;
    if (this.file === null) return;
    const { disk } = this.server;
    disk!.close(this.file);
    this.file = null;
    this.remove(this.path);
  }

  private async finish(more: Buffer): Promise<void> {
    const { server, link } = this;
    this.ended = true;
    link.link.pause();
    const source = await this.settled();
    if (source === null || link.closed) return;
    const bytes = this.read - this.head.mark.length;
    const isSmall = bytes <= chunkBytes(server) && server.config.values['key-load-delay'] === 0;
    // What is small is read first, so that it can be loaded before anybody has a turn.
    const next = isSmall ? await readAhead(source) : source;
    if (link.closed) return;
    server.beginTurn();
    this.makeRoom();
    this.attach();
    server.log.notice('MASTER <-> REPLICA sync: Loading DB in memory');
    server.loading = new Loading(server.clock.ms, bytes);
    server.log.notice('MASTER <-> REPLICA sync: Flushing old data');
    this.empty();
    const load = new RdbLoad(server, { bytes, expired: true });
    server.endTurn();
    const succeeded = await this.load(load, next, isSmall);
    server.beginTurn();
    this.loaded();
    this.removeFile();
    if (!succeeded) {
      server.log.warning(
        'Failed trying to load the MASTER synchronization DB from disk, check server logs.',
      );
      this.empty();
      link.failedToSync();
    } else if (!link.closed) {
      countLoaded(server, load);
      link.synced(load.streamDatabase, this.head.mark !== '', more);
    }
    server.endTurn();
  }

  /** Has all of it reach the disk under its name; resolves to what reads it, or null. */
  private async settled(): Promise<(() => Promise<Buffer>) | null> {
    const { server, head } = this;
    const { disk } = server;
    if (this.file === null) return this.readPieces();
    const { dir, dbfilename } = server.config.values;
    const path = `${dir}/${dbfilename}`;
    try {
      await disk!.syncLater(this.file);
      if (this.file === null) return null; // Abandoned.
      disk!.close(this.file);
      this.file = null;
      if (head.mark !== '') disk!.truncate(this.path, this.read - head.mark.length);
      await disk!.renameLater(this.path, path);
    } catch (problem) {
      this.fail(
        `Failed trying to rename the temp DB into ${dbfilename} in MASTER <-> REPLICA ` +
          `synchronization: ${reasonOf(problem)}`,
      );
      return null;
    }
    const file = disk!.open(path, 'r');
    return async () => {
      const chunk = Buffer.allocUnsafeSlow(chunkBytes(server));
      const read = await disk!.readLater(file, chunk);
      if (read === 0) disk!.close(file);
      return chunk.subarray(0, read);
    };
  }

  private readPieces(): () => Promise<Buffer> {
    const bytes = Buffer.concat(this.pieces).subarray(0, this.read - this.head.mark.length);
    this.pieces.length = 0;
    let at = 0;
    return async () => {
      const piece = bytes.subarray(at, at + chunkBytes(this.server));
      at += piece.length;
      return piece;
    };
  }

  private async load(
    load: RdbLoad,
    next: () => Promise<Buffer>,
    atOnce: boolean,
  ): Promise<boolean> {
    const { server, link } = this;
    const loading = server.loading!;
    let isRead = false;
    try {
      while (!isRead) {
        const chunk = await next();
        isRead = chunk.length === 0;
        server.beginTurn();
        const keys = load.keysLoaded;
        if (!isRead) load.feed(chunk);
        else if (!load.done) load.finish();
        server.endTurn();
        loading.loadedBytes = load.offset;
        link.heardMs = server.clock.ms;
        if (atOnce) continue;
        await turn(server);
        await rest(server, load.keysLoaded - keys);
      }
      return load.done;
    } catch (problem) {
      server.log.warning(`Internal error in RDB reading: ${(problem as Error).message}`);
      return false;
    }
  }

  private removeFile(): void {
    const { server } = this;
    const { values } = server.config;
    if (!values['rdb-del-sync-files'] || values.save.length > 0 || values.appendonly) return;
    if (server.disk === null) return;
    server.log.notice(
      'Removing the RDB file obtained from the master. This replica has persistence disabled',
    );
    this.remove(`${values.dir}/${values.dbfilename}`);
  }

  private remove(path: string): void {
    try {
      this.server.disk!.remove(path);
    } catch {
      // It is not there.
    }
  }

  private fail(why: string): void {
    this.server.log.warning(why);
    this.link.failedToSync();
  }
}

/** Loaded while it comes. */
class ParsedPayload extends Payload {
  private readonly swaps: boolean;
  private readonly load: RdbLoad;
  private readonly loading: Loading;
  private readonly databases: readonly Database[];
  private readonly libraries: Libraries | null;
  private working = false; // What came last is being loaded.
  private isCut = false; // Nothing more will come.

  constructor(link: Carrier, server: Server, head: PayloadHead, swaps: boolean) {
    super(link, server, head);
    this.swaps = swaps;
    this.makeRoom();
    const isSame = server.replication.id === head.id;
    if (!swaps) this.attach();
    server.log.notice('MASTER <-> REPLICA sync: Loading DB in memory');
    this.loading = new Loading(server.clock.ms, head.total, swaps && isSame);
    server.loading = this.loading;
    if (swaps) {
      this.databases = server.databases.map(({ id }) => new Database(id, server));
      this.libraries = new Libraries();
    } else {
      server.log.notice('MASTER <-> REPLICA sync: Flushing old data');
      this.empty();
      this.databases = server.databases;
      this.libraries = null;
    }
    this.load = new RdbLoad(server, {
      ...(head.mark === '' ? { bytes: head.total } : {}),
      expired: true,
      into: this.databases,
      ...(this.libraries === null ? {} : { libraries: this.libraries }),
    });
  }

  take(bytes: Buffer): void {
    if (this.ended) return;
    this.link.link.pause();
    this.working = true;
    void this.work(Buffer.from(bytes));
  }

  get isLoading(): boolean {
    return false;
  }

  cutOff(): void {
    if (this.ended) return;
    this.isCut = true;
    if (this.working) return;
    const { log } = this.server;
    log.warning('Short read or OOM loading DB. Unrecoverable error, aborting now.');
    const { offset } = this.load;
    this.fail(`Internal error in RDB reading offset ${offset} -> Unexpected EOF reading RDB file`);
  }

  abandon(): void {
    if (this.ended) return;
    this.ended = true;
    this.drop();
  }

  private async work(bytes: Buffer): Promise<void> {
    const { server, load, loading, link, head } = this;
    for (let at = 0; at < bytes.length && !this.ended; ) {
      const chunk = bytes.subarray(at, at + chunkBytes(server));
      at += chunk.length;
      this.read += chunk.length;
      const keys = load.keysLoaded;
      const problem = this.feed(chunk);
      if (problem !== '') return this.failLater(problem);
      loading.loadedBytes = load.offset;
      const missing = load.done ? head.mark.length - load.restLength : 1;
      if (load.done && missing <= 0) return this.finish(bytes.subarray(at));
      if (at < bytes.length || load.keysLoaded !== keys) {
        await rest(server, load.keysLoaded - keys);
        link.heardMs = server.clock.ms;
      }
    }
    this.working = false;
    if (this.isCut) this.cutOff();
    else if (!link.closed) link.link.resume();
  }

  private feed(chunk: Buffer): string {
    try {
      this.server.beginTurn();
      this.load.feed(chunk);
      this.server.endTurn();
      return '';
    } catch (problem) {
      if (!(problem instanceof RdbError)) throw problem;
      return `Internal error in RDB reading offset ${this.load.offset} -> ${problem.message}`;
    }
  }

  private finish(more: Buffer): void {
    const { server, load, link, head } = this;
    const { scripting, log, databases } = server;
    server.beginTurn();
    const behind = Buffer.concat([load.rest(), more]);
    const mark = behind.latin1Slice(0, head.mark.length);
    if (mark !== head.mark) {
      this.fail('Replication stream EOF marker is broken');
      return server.endTurn();
    }
    this.ended = true;
    countLoaded(server, load);
    if (this.swaps) {
      this.attach();
      log.notice('MASTER <-> REPLICA sync: Swapping active DB with loaded DB');
      server.tracking.flushed();
      this.loaded();
      for (const [i, db] of databases.entries()) db.swapWith(this.databases[i]);
      for (const db of this.databases) db.clear();
      scripting.functions.libraries = this.libraries!;
      log.notice('MASTER <-> REPLICA sync: Discarding old DB in background');
    }
    server.dirty++;
    this.loaded();
    link.synced(load.streamDatabase, mark !== '', behind.subarray(mark.length));
    server.endTurn();
  }

  private failLater(why: string): void {
    this.server.beginTurn();
    this.fail(why);
    this.server.endTurn();
  }

  private fail(why: string): void {
    const { server, link } = this;
    server.log.warning(why);
    server.log.warning(
      'Failed trying to load the MASTER synchronization DB from socket, check server logs.',
    );
    link.failedToSync();
  }

  private drop(): void {
    const { server } = this;
    if (server.loading !== this.loading) return;
    if (this.swaps) {
      server.log.notice('MASTER <-> REPLICA sync: Discarding temporary DB in background');
    } else {
      this.empty();
    }
    this.loaded();
  }
}

async function turn(server: Server): Promise<void> {
  const { later } = server;
  if (later !== null) await new Promise<void>((resolve) => later(resolve));
}

/** Reads one piece, and the end behind it; returns what gives them at once. */
async function readAhead(source: () => Promise<Buffer>): Promise<() => Promise<Buffer>> {
  try {
    const pieces = [await source(), await source()];
    return async () => pieces.shift() ?? Buffer.alloc(0);
  } catch {
    return source; // It will say so again.
  }
}
