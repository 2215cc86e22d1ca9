// The append-only file: every change, as the command that makes it, in a file that is written
// before anybody is told of the change.
//
// Commands come from propagation and gather in a buffer. Whoever is about to send something to a
// client (Server.sendOutput, Client.flush) looks at `pending` and calls flush() first, so all
// commands of the clients that were read together cost one write, and under `always` one sync.
// The other policies let Node's threads do the syncing: once a second, or never.
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
import { AppendOnlyFolder } from './append-only-folder.ts';
import { AppendOnlyRewrite } from './append-only-rewrite.ts';
import { OFF, ON, WAITING } from './append-only-state.ts';
import { AppendOnlyWaiters } from './append-only-waiters.ts';
import { type File, reasonOf } from './disk.ts';
import { LoadError } from './loading.ts';
import { isMessage } from './pubsub.ts';
import { writeRdb } from './rdb-file.ts';
import type { Server } from './server.ts';

const SECOND = 1000;
const POSTPONED_MOST_MS = 2000;
const LOG_ERRORS_MS = 30 * 1000;

export class AppendOnly {
  state = OFF;
  /** Whether something waits to be written: flush() before anybody is told anything. */
  pending = false;
  /** Null without a disk. */
  readonly folder: AppendOnlyFolder | null;
  readonly rewrite: AppendOnlyRewrite;
  readonly waiters: AppendOnlyWaiters;
  readonly output = new AofOutput();
  /** How long all files are that would be loaded, and how long they were after the last rewrite. */
  bytes = 0;
  bytesBefore = 0;
  /** How often a write did not wait for a sync that took too long. */
  delayedSyncs = 0;
  /** Syncs under way. */
  syncing = 0;
  /** DEBUG AOF-FLUSH-SLEEP: so many ms before each write. */
  sleepMs = 0;

  private readonly server: Server;
  private file: File | null = null;
  private fileName = '';
  private fileBytes = 0;
  private syncedBytes = 0; // How much of the file was on its way to the disk.
  private database = -1; // That of the last command.
  private seconds = 0; // The last timestamp.
  private syncMs = 0; // When the last sync began.
  private postponedMs = 0; // Since when the buffer waits for a sync; 0 if it does not.
  private toldMs = Number.NEGATIVE_INFINITY; // When the log was last told of a failure.
  private problem = ''; // Why the last write failed.
  private syncProblem = ''; // Why the last sync behind our back failed.
  private unlisten: (() => void) | null = null;

  constructor(server: Server) {
    this.server = server;
    this.folder = server.disk === null ? null : new AppendOnlyFolder(server, server.disk);
    this.rewrite = new AppendOnlyRewrite(server, this);
    this.waiters = new AppendOnlyWaiters(server, this);
    server.config.onChange('appendonly', () => {
      // What loads does this when it is done.
      if (server.loading !== null || this.follow()) return undefined;
      return 'Unable to turn on AOF. Check server logs.';
    });
    server.config.onChange('aof-disable-auto-gc', () => this.folder?.deleteHistory());
  }

  /** Why nothing may be changed now, or null. */
  get refusal(): ReplyError | null {
    if (this.state === OFF) return null;
    const problem = this.problem || this.syncProblem;
    return problem === '' ? null : misconfiguredAof(problem);
  }

  /** Whether all that should be on disk got there. */
  get isSound(): boolean {
    return this.problem === '' && this.syncProblem === '';
  }

  /** Whether commands are written to a file now. */
  get isOpen(): boolean {
    return this.file !== null;
  }

  /** How many bytes wait to be written. */
  get buffered(): number {
    return this.output.length;
  }

  /** Bytes of memory for what waits. */
  get memory(): number {
    return this.state === OFF ? 0 : this.output.buf.length;
  }

  /** How long the file is to which commands are appended. */
  get incrementBytes(): number {
    return this.fileBytes;
  }

  /** Opens the files at the start, once everything is loaded. Throws a LoadError. */
  open(): void {
    const { folder, server } = this;
    if (folder === null) return;
    if (!folder.make()) throw new LoadError('no folder');
    const manifest = folder.manifest.copy();
    const before = folder.manifest.print();
    const isNew = manifest.isEmpty;
    if (isNew) this.makeFirstBase(manifest.addBase(folder.prefix, this.suffix));
    const isOld = manifest.last !== null;
    const name =
      manifest.last?.name ?? manifest.addIncrement(folder.prefix, server.propagation.offset);
    if (!this.openFile(name)) throw new LoadError(`no ${name}`);
    if (manifest.print() !== before && !folder.replaceManifest(manifest)) {
      throw new LoadError('no manifest');
    }
    this.state = ON;
    this.syncMs = server.clock.ms;
    this.listen();
    const doing = isOld ? 'Opening' : 'Creating';
    server.log.notice(`${doing} AOF incr file ${name} on server start`);
    this.waiters.synced(server.propagation.offset);
  }

  /** What a base is called: an RDB file, or commands. */
  get suffix(): 'rdb' | 'aof' {
    return this.server.config.values['aof-use-rdb-preamble'] ? 'rdb' : 'aof';
  }

  /** Writes what waits. Nobody must be told anything before; `force` does not wait for a sync. */
  flush(force = false): void {
    const { output } = this;
    if (this.file === null) return;
    const policy = this.server.config.values.appendfsync;
    if (output.length > 0) {
      if (policy === 'everysec' && this.syncing > 0 && !force && this.postpone()) return;
      if (!this.write(this.file)) return;
    }
    if (this.syncedBytes === this.fileBytes) {
      if (this.syncing === 0) this.waiters.synced(this.server.propagation.offset);
    } else if (!this.mustNotSync()) {
      if (policy === 'always') this.syncNow(this.file);
      else if (policy === 'everysec') this.syncInTime(this.file);
    }
  }

  /** What has to be done from time to time. */
  cron(): void {
    if (this.state !== OFF) this.flush();
    this.rewrite.cron();
  }

  /**
   * Goes on in another file, whose name is in a manifest by the time that this returns; while the
   * first base is being made it is a temporary one. False, and the log says why, if that failed.
   */
  beginIncrement(): boolean {
    const { folder, server } = this;
    if (folder === null) return false;
    this.flush(true);
    // What could not be written belongs behind what is in the present file.
    if (this.pending) return false;
    this.database = -1;
    if (this.state === OFF) return true;
    const manifest = folder.manifest.copy();
    const temporary = this.state === WAITING;
    const { offset } = server.propagation;
    const name = temporary
      ? folder.temporaryIncrement
      : manifest.addIncrement(folder.prefix, offset);
    const { file: before, fileName, fileBytes, syncedBytes } = this;
    folder.remove(folder.path(name));
    if (!this.openFile(name)) return false;
    if (!temporary && !folder.replaceManifest(manifest)) {
      server.disk!.close(this.file!);
      Object.assign(this, { file: before, fileName, fileBytes, syncedBytes });
      return false;
    }
    server.log.notice(`Creating AOF incr file ${name} on background rewrite`);
    if (before !== null) this.closeLater(before);
    if (temporary) this.waiters.synced(offset); // The base will have all up to here.
    return true;
  }

  /** The first base is there: from now on the file that was temporary counts. */
  completed(name: string): void {
    this.fileName = name;
    this.state = ON;
    this.waiters.synced(0);
  }

  /** Forgets what was collected for a first base that did not come about. */
  abandonTemporary(): void {
    const { folder, server } = this;
    if (this.state !== WAITING || folder === null) return;
    this.output.drop(this.output.length);
    this.pending = false;
    this.closeFile();
    const name = folder.temporaryIncrement;
    server.log.notice(`Removing the temp incr aof file ${name} in the background`);
    folder.remove(folder.path(name));
  }

  /** CONFIG SET appendonly yes. False, and the log says why, if that failed. */
  start(): boolean {
    const { folder, rewrite, server } = this;
    if (folder === null) {
      server.log.warning('This server was given no disk to append to.');
      return false;
    }
    this.state = WAITING;
    this.waiters.begin();
    this.listen();
    if (server.background !== '' && server.background !== 'aof') {
      rewrite.scheduled = true;
      server.log.notice(
        'AOF was enabled but there is already another background operation. An AOF background ' +
          'was scheduled to start when possible.',
      );
    } else if (server.current?.inExec === true) {
      rewrite.scheduled = true;
      server.log.notice(
        'AOF was enabled during a transaction. An AOF background was scheduled to start when ' +
          'possible.',
      );
    } else {
      if (rewrite.isRunning) {
        server.log.notice(
          'AOF was enabled but there is already an AOF rewriting in background. Stopping ' +
            'background AOF and starting a rewrite now.',
        );
        rewrite.cancel();
      }
      if (!rewrite.start()) return this.startFailed();
    }
    this.syncMs = server.clock.ms;
    if (this.syncProblem !== '') {
      server.log.warning('AOF reopen, just ignore the AOF fsync error in bio job');
    }
    if (this.problem !== '') server.log.warning('AOF reopen, just ignore the last error.');
    this.report('', '');
    return true;
  }

  /** CONFIG SET appendonly no, or the end of the server: all is written, and the file closed. */
  stop(): void {
    if (this.state === OFF) return;
    this.finish();
    this.unlisten?.();
    this.unlisten = null;
    this.state = OFF;
    this.rewrite.scheduled = false;
    this.output.drop(this.output.length);
    this.pending = false;
    this.rewrite.cancel();
    this.report('', '');
    this.waiters.stopped();
  }

  /** Brings everything to the disk; false, and the log says why, if that failed. */
  sync(): boolean {
    const { file, server } = this;
    this.flush(true);
    if (this.pending) this.flush(true); // It is the last chance.
    if (file === null) return true;
    try {
      server.disk!.sync(file);
      this.syncedBytes = this.fileBytes;
      this.waiters.synced(server.propagation.offset);
    } catch (problem) {
      server.log.warning(`Fail to fsync the AOF file: ${reasonOf(problem)}`);
      return false;
    }
    return !this.pending;
  }

  /** Brings everything to the disk, and notes in the manifest where it ended. */
  finish(): void {
    const { folder, server, file } = this;
    this.sync();
    if (file === null || folder === null) return;
    if (this.state === ON && folder.manifest.last !== null) {
      const manifest = folder.manifest.copy();
      manifest.endLast(server.propagation.offset);
      folder.replaceManifest(manifest);
    }
    this.closeFile();
  }

  /** While something is loaded nothing is passed on; what was closed is opened again. */
  suspend(): () => void {
    this.flush(true);
    this.unlisten?.();
    this.unlisten = null;
    return () => {
      if (this.state !== OFF) this.listen();
      this.database = -1;
      if (this.folder === null || this.file === null) return;
      this.fileBytes = this.server.disk!.size(this.file); // It may have been cut.
      this.syncedBytes = this.fileBytes;
    };
  }

  /** Turns itself on or off as the configuration has it; false if that failed. */
  follow(): boolean {
    const { appendonly } = this.server.config.values;
    if (appendonly) return this.state !== OFF || this.start();
    this.stop();
    return true;
  }

  private startFailed(): false {
    this.unlisten?.();
    this.unlisten = null;
    this.state = OFF;
    this.server.log.warning(
      "Redis needs to enable the AOF but can't trigger a background AOF rewrite operation. " +
        'Check the above logs for more info about the error.',
    );
    return false;
  }

  private listen(): void {
    this.database = -1;
    this.unlisten ??= this.server.propagation.listen(this.take);
  }

  private readonly take = (db: number, argv: readonly string[]): void => {
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

  private makeFirstBase(name: string): void {
    const { server, folder } = this;
    try {
      const temporary = folder!.root(`temp-rewriteaof-${server.pid}.aof`);
      if (this.suffix === 'rdb') writeRdb(server, temporary, true);
      else this.rewrite.writeCommands(temporary);
      server.disk!.rename(temporary, folder!.path(name));
    } catch (problem) {
      const why = reasonOf(problem);
      server.log.warning(`Write error writing append only file on disk: ${why}`);
      throw new LoadError(why);
    }
    server.log.notice(`Creating AOF base file ${name} on server start`);
  }

  private openFile(name: string): boolean {
    const { server, folder } = this;
    try {
      const file = server.disk!.open(folder!.path(name), 'a');
      this.fileBytes = server.disk!.size(file);
      this.syncedBytes = this.fileBytes;
      this.file = file;
      this.fileName = name;
      return true;
    } catch (problem) {
      server.log.warning(`Can't open the append-only file ${name}: ${reasonOf(problem)}`);
      return false;
    }
  }

  private closeFile(): void {
    const { file } = this;
    if (file === null) return;
    this.file = null;
    this.fileBytes = 0;
    this.syncedBytes = 0;
    if (this.syncing > 0) this.closeLater(file);
    else this.server.disk!.close(file);
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
      server.disk!.write(file, output.buf.subarray(0, length));
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
    const { clock, latency, background } = this.server;
    const ms = clock.stopwatch() - startMs;
    if (this.syncing > 0) latency.add('aof-write-pending-fsync', ms);
    else latency.add(background === '' ? 'aof-write-alone' : 'aof-write-active-child', ms);
    latency.add('aof-write', ms);
  }

  private wrote(bytes: number): void {
    this.output.drop(bytes);
    this.fileBytes += bytes;
    this.bytes += bytes;
  }

  /** A write failed: takes back what of it is in the file, so that nothing stands there by half. */
  private failed(file: File, problem: unknown): void {
    const { server, folder, output } = this;
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
        server.disk!.truncate(folder!.path(this.fileName), this.fileBytes);
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
      return this.server.disk!.size(file) - this.fileBytes;
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
      server.disk!.sync(file);
    } catch (problem) {
      server.log.warning(
        "Can't persist AOF for fsync error when the AOF fsync policy is 'always': " +
          `${reasonOf(problem)}. Exiting...`,
      );
      return this.die();
    }
    server.latency.add('aof-fsync-always', server.clock.stopwatch() - startMs);
    this.syncedBytes = this.fileBytes;
    this.syncMs = server.clock.ms;
    this.waiters.synced(server.propagation.offset);
  }

  private syncInTime(file: File): void {
    const { clock } = this.server;
    if (clock.ms - this.syncMs < SECOND) return;
    if (this.syncing === 0) {
      this.syncedBytes = this.fileBytes;
      void this.syncLater(file);
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
      await server.disk!.syncLater(file);
      if (this.syncProblem !== '') this.report(this.problem, '');
      this.waiters.synced(offset);
    } catch (problem) {
      this.report(this.problem, reasonOf(problem));
      server.log.warning(`Fail to fsync the AOF file: ${this.syncProblem}`);
    } finally {
      this.syncing--;
    }
  }

  private closeLater(file: File): void {
    void this.syncLater(file).then(() => this.server.disk!.close(file));
  }

  /** Notes why the last write failed, and the last sync behind our back; '' if it did not. */
  private report(problem: string, syncProblem: string): void {
    this.problem = problem;
    this.syncProblem = syncProblem;
    this.server.troubled = this.server.saving.failed || !this.isSound;
  }

  /** Ends the server before anybody hears of what is not on the disk. */
  private die(): void {
    this.output.drop(this.output.length);
    this.pending = false;
    this.file = null;
    this.server.onFatal();
  }
}
