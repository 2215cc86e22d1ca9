// The file that commands are appended to: the buffer before it, when it is written, and when that
// reaches the disk.
//
//   commands -> buffer -> flush(): write -> sync       always: all of it before replies leave
//                                        \-> later     everysec: when a second has passed
//
// While a sync is under way a write would wait for it in the kernel, and so would everybody here.
// Under `everysec` flush() therefore leaves the buffer alone for up to two seconds.
//
// What cannot be written stays in the buffer and is tried again; meanwhile writes are refused.
// Under `always` there is no way back: what clients were told is not on the disk. The server ends.

import { AofOutput } from '../persistence/aof-output.ts';
import { misconfiguredAof, type ReplyError } from '../protocol/errors.ts';
import { type Disk, type File, reasonOf } from './disk.ts';
import { isMessage } from './pubsub.ts';
import type { Server } from './server.ts';

const SECOND = 1000;
const POSTPONED_MOST_MS = 2000;
const LOG_ERRORS_MS = 30 * 1000;

/** A file that is open to be appended to. */
export type Opened = { readonly file: File; readonly bytes: number; path: string };

export class AppendOnlyWriter {
  /** Whether something waits to be written: flush() before anybody is told anything. */
  pending = false;
  readonly output = new AofOutput();
  /** How long all files are that would be loaded. */
  allBytes = 0;
  /** How long this one is. */
  bytes = 0;
  /** How often a write did not wait for a sync that took too long. */
  delayedSyncs = 0;
  /** Syncs under way. */
  syncing = 0;
  /** DEBUG AOF-FLUSH-SLEEP: so many ms before each write. */
  sleepMs = 0;

  private readonly server: Server;
  private readonly synced: (offset: number) => void;
  private file: File | null = null;
  private path = '';
  private syncedBytes = 0; // How much of the file is on the disk, or on its way there.
  private database = -1; // That of the last command.
  private seconds = 0; // The last timestamp.
  private syncMs = 0; // When the last sync began.
  private lastSync = Promise.resolve();
  private postponedMs = 0; // Since when the buffer waits for a sync; 0 if it does not.
  private toldMs = Number.NEGATIVE_INFINITY; // When the log was last told of a failure.
  private problem = ''; // Why the last write failed.
  private syncProblem = ''; // Why the last sync behind our back failed.

  /** Calls `synced` when all that was passed on up to an offset has reached the disk. */
  constructor(server: Server, synced: (offset: number) => void) {
    this.server = server;
    this.synced = synced;
  }

  /** Why nothing may be changed now, or null. */
  get refusal(): ReplyError | null {
    const problem = this.problem || this.syncProblem;
    return problem === '' ? null : misconfiguredAof(problem);
  }

  /** Whether all that should be on disk got there. */
  get isSound(): boolean {
    return this.problem === '' && this.syncProblem === '';
  }

  get isOpen(): boolean {
    return this.file !== null;
  }

  /** Opens a file, which may be there; null, and the log says why, if that failed. */
  open(path: string, name: string): Opened | null {
    try {
      const file = this.disk.open(path, 'a');
      return { file, bytes: this.disk.size(file), path };
    } catch (problem) {
      this.server.log.warning(`Can't open the append-only file ${name}: ${reasonOf(problem)}`);
      return null;
    }
  }

  /** Closes a file that is not needed after all. */
  discard({ file }: Opened): void {
    this.disk.close(file);
  }

  /** Goes on in a file that was opened. What is in the one before gets to the disk in time. */
  goOn({ file, bytes, path }: Opened): void {
    if (this.file !== null) this.closeLater(this.file);
    this.file = file;
    this.path = path;
    this.bytes = bytes;
    this.syncedBytes = bytes;
    this.database = -1;
    this.syncMs = this.server.clock.ms;
  }

  /** The file has another name from now on. */
  renamed(path: string): void {
    this.path = path;
  }

  /** The file may have been changed by somebody else; the next command says its database. */
  look(): void {
    this.database = -1;
    if (this.file === null) return;
    this.bytes = this.disk.size(this.file);
    this.syncedBytes = this.bytes;
  }

  /** Takes a command that was passed on. */
  readonly take = (db: number, argv: readonly string[]): void => {
    if (this.file === null) return; // The first rewrite has yet to begin: it will have the change.
    if (isMessage(argv)) return;
    const { output, server } = this;
    if (server.config.values['aof-timestamp-enabled']) {
      const seconds = Math.floor(server.clock.ms / SECOND);
      if (seconds > this.seconds) {
        this.seconds = seconds;
        output.timestamp(seconds);
      }
    }
    if (db !== -1 && db !== this.database) {
      this.database = db;
      output.select(db);
    }
    output.command(argv);
    this.pending = true;
  };

  /** Writes what waits. Nobody must be told anything before; `force` does not wait for a sync. */
  flush(force = false): void {
    const { output } = this;
    if (this.file === null) return;
    const policy = this.server.config.values.appendfsync;
    if (output.length > 0) {
      if (policy === 'everysec' && this.syncing > 0 && !force && this.postpone()) return;
      if (!this.write(this.file)) return;
    }
    if (this.syncedBytes === this.bytes) {
      if (this.syncing === 0) this.synced(this.server.propagation.offset);
    } else if (!this.mustNotSync()) {
      if (policy === 'always') this.syncNow(this.file);
      else if (policy === 'everysec') this.syncInTime(this.file);
    }
  }

  /** Brings everything to the disk; false, and the log says why, if that failed. */
  sync(): boolean {
    this.flush(true);
    if (this.pending) this.flush(true); // It is the last chance.
    if (this.file === null) return true;
    try {
      this.disk.sync(this.file);
      this.syncedBytes = this.bytes;
      if (!this.pending) this.synced(this.server.propagation.offset);
    } catch (problem) {
      this.server.log.warning(`Fail to fsync the AOF file: ${reasonOf(problem)}`);
      return false;
    }
    return !this.pending;
  }

  /** Closes the file, and forgets what was not written, and why. */
  close(): void {
    this.forget();
    this.report('', '');
    if (this.file === null) return;
    if (this.syncing > 0) this.closeLater(this.file);
    else this.disk.close(this.file);
    this.file = null;
    this.bytes = 0;
    this.syncedBytes = 0;
  }

  /** Begins anew: what went wrong so far does not count. */
  forgive(): void {
    const { log } = this.server;
    if (this.syncProblem !== '') {
      log.warning('AOF reopen, just ignore the AOF fsync error in bio job');
    }
    if (this.problem !== '') log.warning('AOF reopen, just ignore the last error.');
    this.report('', '');
  }

  private get disk(): Disk {
    return this.server.disk!;
  }

  private forget(): void {
    this.output.drop(this.output.length);
    this.pending = false;
  }

  /** Whether the buffer is to wait for the sync under way; it does so for two seconds at most. */
  private postpone(): boolean {
    const { clock, log } = this.server;
    if (this.postponedMs === 0) this.postponedMs = clock.ms;
    if (clock.ms - this.postponedMs < POSTPONED_MOST_MS) return true;
    this.delayedSyncs++;
    log.notice(
      'Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer without ' +
        'waiting for fsync to complete, this may slow down Redis.',
    );
    return false;
  }

  private write(file: File): boolean {
    const { output, server } = this;
    if (this.sleepMs > 0) server.clock.block(this.sleepMs);
    const { length } = output;
    const startMs = server.clock.stopwatch();
    this.postponedMs = 0;
    try {
      this.disk.write(file, output.buf.subarray(0, length));
    } catch (problem) {
      this.failed(file, problem);
      return false;
    }
    this.noteLatency(startMs);
    this.wrote(length);
    this.pending = false;
    if (this.problem !== '') {
      this.report('', this.syncProblem);
      server.log.notice('AOF write error looks solved, Redis can write again.');
    }
    return true;
  }

  private noteLatency(startMs: number): void {
    const { clock, latency, background, stats } = this.server;
    const ms = clock.stopwatch() - startMs;
    stats.appendMicros += ms * 1000;
    if (this.syncing > 0) latency.add('aof-write-pending-fsync', ms);
    else latency.add(background === '' ? 'aof-write-alone' : 'aof-write-active-child', ms);
    latency.add('aof-write', ms);
  }

  private wrote(bytes: number): void {
    this.output.drop(bytes);
    this.bytes += bytes;
    this.allBytes += bytes;
  }

  /** A write failed: takes back what of it is in the file, so that nothing stands there by half. */
  private failed(file: File, problem: unknown): void {
    const { server, output } = this;
    const tell = server.clock.ms - this.toldMs > LOG_ERRORS_MS;
    if (tell) this.toldMs = server.clock.ms;
    this.report(reasonOf(problem), this.syncProblem);
    const written = this.writtenInVain(file);
    if (tell && written <= 0) {
      server.log.warning(`Error writing to the AOF file: ${this.problem}`);
    } else if (tell) {
      const how = `(nwritten=${written}, expected=${output.length})`;
      server.log.warning(`Short write while writing to the AOF file: ${how}`);
    }
    if (written > 0) {
      try {
        this.disk.truncate(this.path, this.bytes);
      } catch (worse) {
        if (tell) {
          server.log.warning(
            'Could not remove short write from the append-only file.  Redis may refuse to load ' +
              `the AOF the next time it starts.  ftruncate: ${reasonOf(worse)}`,
          );
        }
        this.wrote(written);
      }
    }
    if (server.config.values.appendfsync !== 'always') return;
    server.log.warning(
      "Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting...",
    );
    this.die();
  }

  private writtenInVain(file: File): number {
    try {
      return this.disk.size(file) - this.bytes;
    } catch {
      return 0;
    }
  }

  private mustNotSync(): boolean {
    const { config, background } = this.server;
    return background !== '' && config.values['no-appendfsync-on-rewrite'];
  }

  private syncNow(file: File): void {
    const { server } = this;
    const startMs = server.clock.stopwatch();
    try {
      this.disk.sync(file);
    } catch (problem) {
      server.log.warning(
        "Can't persist AOF for fsync error when the AOF fsync policy is 'always': " +
          `${reasonOf(problem)}. Exiting...`,
      );
      return this.die();
    }
    const ms = server.clock.stopwatch() - startMs;
    server.stats.appendMicros += ms * 1000;
    server.latency.add('aof-fsync-always', ms);
    this.syncedBytes = this.bytes;
    this.syncMs = server.clock.ms;
    this.synced(server.propagation.offset);
  }

  private syncInTime(file: File): void {
    const { clock } = this.server;
    if (clock.ms - this.syncMs < SECOND) return;
    if (this.syncing === 0) {
      this.syncedBytes = this.bytes;
      this.lastSync = this.syncLater(file);
    } else if (this.postponedMs !== 0) {
      return;
    }
    this.syncMs = clock.ms;
  }

  private async syncLater(file: File): Promise<void> {
    const { server } = this;
    const { offset } = server.propagation;
    this.syncing++;
    try {
      await this.disk.syncLater(file);
      if (this.syncProblem !== '') this.report(this.problem, '');
      this.synced(offset);
    } catch (problem) {
      this.syncedBytes = -1; // It has to be tried again.
      this.report(this.problem, reasonOf(problem));
      server.log.warning(`Fail to fsync the AOF file: ${this.syncProblem}`);
    } finally {
      this.syncing--;
    }
  }

  /** Closes a file once it is on the disk, and nobody works with it any more. */
  private closeLater(file: File): void {
    const { disk } = this;
    const before = this.lastSync;
    this.lastSync = this.syncLater(file)
      .then(() => before)
      .then(() => disk.close(file));
  }

  /** Notes why the last write failed, and the last sync behind our back; '' if it did not. */
  private report(problem: string, syncProblem: string): void {
    this.problem = problem;
    this.syncProblem = syncProblem;
    this.server.troubled = this.server.saving.failed || !this.isSound;
  }

  /** Ends the server before anybody hears of what is not on the disk. */
  private die(): void {
    this.forget();
    this.file = null;
    this.server.onFatal();
  }
}
