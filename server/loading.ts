// Reading the data set from an RDB file: when the server starts, and at once for DEBUG RELOAD.
//
// At the start the event loop stays alive: the file comes in chunks, clients have their turns in
// between, and hear LOADING from all commands that would look at keys.

import { RdbError } from '../persistence/rdb-error.ts';
import { type Disk, type File, isMissing, reasonOf } from './disk.ts';
import { RdbLoad, type RdbLoadOptions } from './rdb-file.ts';
import type { Server } from './server.ts';

/** Why a data set cannot be loaded. What there is to say of it is in the log. */
export class LoadError extends Error {
  override readonly name = 'LoadError';
  /** Whether some of it may be loaded already: then the server must not go on. */
  readonly isHalfDone: boolean;

  constructor(message: string, isHalfDone = false) {
    super(message);
    this.isHalfDone = isHalfDone;
  }
}

/** What is being loaded, for those who ask how far it is. */
export class Loading {
  readonly startMs: number;
  readonly totalBytes: number;
  loadedBytes = 0;
  /** What the file says of the memory that its server used. */
  usedMemory = 0;
  /** Whether what is there already can be read meanwhile. */
  readonly isAside: boolean;

  constructor(startMs: number, totalBytes: number, isAside = false) {
    this.startMs = startMs;
    this.totalBytes = totalBytes;
    this.isAside = isAside;
  }
}

/**
 * Loads the configured RDB file while clients have their turns; without a file there is nothing to
 * load. Rejects with a LoadError.
 */
export async function loadAtStart(server: Server): Promise<void> {
  const { dir, dbfilename } = server.config.values;
  const path = `${dir}/${dbfilename}`;
  if (server.disk === null || !server.disk.exists(path)) return;
  await loadRdb(server, path, server.disk, true);
}

/**
 * Loads an RDB file while clients have their turns; the replication stream may go on where it stood
 * when it was saved. Rejects with a LoadError.
 */
export async function loadRdb(
  server: Server,
  path: string,
  disk: Disk,
  streamGoesOn = false,
): Promise<void> {
  const file = openToRead(server, path, disk);
  const startMs = server.clock.stopwatch();
  const bytes = disk.size(file);
  const loading = new Loading(server.clock.ms, bytes);
  const load = new RdbLoad(server, { bytes, streamGoesOn });
  server.loading = loading;
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafeSlow(chunkBytes(server));
      const read = await disk.readLater(file, chunk);
      server.beginTurn();
      const keys = load.keysLoaded;
      if (read === 0) load.finish();
      else load.feed(chunk.subarray(0, read));
      server.endTurn();
      loading.loadedBytes = load.offset;
      await rest(server, load.keysLoaded - keys);
      if (read === 0 || load.done) break;
    }
  } catch (problem) {
    throw failed(server, problem, load.offset);
  } finally {
    server.loading = null;
    server.expirer.schedule(); // Nothing has expired until now.
    disk.close(file);
  }
  loaded(server, load, startMs);
}

/** The same while everything waits. Throws a LoadError. */
export function loadRdbNow(
  server: Server,
  path: string,
  options: Omit<RdbLoadOptions, 'bytes'> = {},
): void {
  const disk = server.disk!;
  const file = openToRead(server, path, disk);
  const startMs = server.clock.stopwatch();
  const load = new RdbLoad(server, { ...options, bytes: disk.size(file) });
  try {
    while (!load.done) {
      const chunk = Buffer.allocUnsafeSlow(chunkBytes(server));
      const read = disk.read(file, chunk);
      const keys = load.keysLoaded;
      if (read === 0) load.finish();
      else load.feed(chunk.subarray(0, read));
      server.clock.block(restMs(server, load.keysLoaded - keys));
      if (read === 0) break;
    }
  } catch (problem) {
    throw failed(server, problem, load.offset);
  } finally {
    disk.close(file);
  }
  loaded(server, load, startMs);
}

function loaded(server: Server, load: RdbLoad, startMs: number): void {
  countLoaded(server, load);
  const seconds = (server.clock.stopwatch() - startMs) / 1000;
  server.log.notice(`DB loaded from disk: ${seconds.toFixed(3)} seconds`);
}

/** Counts and tells what a snapshot has brought. */
export function countLoaded(server: Server, load: RdbLoad): void {
  const { log, stats } = server;
  stats.keysLoaded = load.keysLoaded;
  stats.keysExpiredAtLoad = load.keysExpired;
  const empty = load.keysEmpty === 0 ? '' : `, empty keys skipped: ${load.keysEmpty}`;
  log.notice(
    `Done loading RDB, keys loaded: ${load.keysLoaded}, keys expired: ${load.keysExpired}${empty}.`,
  );
}

function openToRead(server: Server, path: string, disk: Disk): File {
  try {
    return disk.open(path, 'r');
  } catch (problem) {
    if (isMissing(problem)) throw new LoadError(`There is no file ${path}`);
    throw fatal(server, problem);
  }
}

export function chunkBytes(server: Server): number {
  return Math.min(server.config.values['loading-process-events-interval-bytes'], 1 << 20);
}

/** key-load-delay: microseconds of rest for each key; or so many keys to a microsecond. */
function restMs(server: Server, keys: number): number {
  const delay = server.config.values['key-load-delay'];
  return (delay >= 0 ? delay * keys : keys / -delay) / 1000;
}

/** Rests for so many keys, while others have their turns. */
export async function rest(server: Server, keys: number): Promise<void> {
  const ms = restMs(server, keys);
  if (ms < 1) return;
  await new Promise<void>((resolve) => {
    server.clock.in(ms, resolve);
  });
}

/** Says in Redis's words what is wrong with a file. */
export function failed(server: Server, problem: unknown, offset: number): LoadError {
  if (!(problem instanceof RdbError)) return fatal(server, problem);
  const { log } = server;
  switch (problem.fault) {
    case 'signature':
    case 'version':
      log.warning(problem.message);
      return fatal(server, problem);
    case 'library':
      log.warning(`Failed loading library, ${problem.message}`);
      return fatal(server, problem);
    case 'short':
      log.warning('Short read or OOM loading DB. Unrecoverable error, aborting now.');
      break;
    default:
  }
  log.warning(`Internal error in RDB reading offset ${offset} -> ${problem.message}`);
  // Redis: redis-check-rdb has a look as well, and says so without a line's head.
  log.raw(`--- RDB ERROR DETECTED ---\n[offset ${offset}] ${problem.message}\n`);
  log.warning('Terminating server after rdb file reading failure.');
  return new LoadError(problem.message, true);
}

function fatal(server: Server, problem: unknown): LoadError {
  const why = problem instanceof RdbError ? problem.message : reasonOf(problem);
  server.log.warning(`Fatal error loading the DB, check server logs. Exiting. (${why})`);
  return new LoadError(why);
}
