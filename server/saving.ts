// Saving the data set to an RDB file: at once (SAVE), in the background (BGSAVE), by the save
// points of the configuration, and when the server ends.
//
// A file is written under another name, has to reach the disk, and then takes the place of the old
// one, so there is always one that is whole.
//
// Redis's child process is a SnapshotFile here, in this process (docs/decisions/snapshots.md).

import type { Sink } from '../persistence/rdb-writer.ts';
import { ReplyError } from '../protocol/errors.ts';
import { reasonOf } from './disk.ts';
import { rdbFormat, writeRdb } from './rdb-file.ts';
import type { Server } from './server.ts';
import type { Progress } from './snapshot.ts';
import { CANCELLED, SnapshotFile, type SnapshotJob } from './snapshot-file.ts';

const RETRY_MS = 5000; // Before a save point tries again what has failed.

const MISCONFIGURED = new ReplyError(
  "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to " +
    'disk. Commands that may modify the data set are disabled, because this instance is ' +
    'configured to report errors during writes if RDB snapshotting fails ' +
    '(stop-writes-on-bgsave-error option). Please check the Redis logs for details about the ' +
    'RDB error.',
);

export class Saving {
  /** When the data set was last saved; a server that begins counts as saved. */
  lastSaveMs: number;
  private hasFailed = false;
  /** How many seconds the last one in the background took, or -1. */
  lastSeconds = -1;
  /** How many there were, of any kind. */
  saves = 0;
  /** BGSAVE SCHEDULE: one is to begin as soon as nothing else is written in the background. */
  scheduled = false;

  private readonly server: Server;
  private file: SnapshotJob | null = null;
  private path = ''; // What is being written in the background.
  private startMs = 0;
  private triedMs = 0;

  constructor(server: Server) {
    this.server = server;
    this.lastSaveMs = server.startedMs;
  }

  /** Whether the last save in the background went wrong. */
  get failed(): boolean {
    return this.hasFailed;
  }

  set failed(failed: boolean) {
    this.hasFailed = failed;
    this.server.troubled = failed || !this.server.appendOnly.isSound;
  }

  /** What is being saved in the background, or null. */
  get current(): (Progress & { readonly startMs: number }) | null {
    if (this.file === null) return null;
    const { saved, total, hurriedBytes } = this.file.snapshot;
    return { startMs: this.startMs, saved, total, hurriedBytes };
  }

  /** Why nothing may be changed now, or null. */
  get problem(): ReplyError | null {
    if (!this.failed) return null;
    const { values } = this.server.config;
    const stops = values['stop-writes-on-bgsave-error'] && values.save.length > 0;
    return stops ? MISCONFIGURED : null;
  }

  /** Saves everything at once; false if that failed, of which the log tells. */
  save(): boolean {
    const { server } = this;
    if (server.disk === null) return this.refuse();
    const temporary = this.temporary();
    const target = this.target();
    this.saves++;
    try {
      writeRdb(server, temporary, false);
      this.install(temporary, target);
    } catch (problem) {
      this.failedTo(problem, temporary);
      return false;
    }
    this.savedAll();
    return true;
  }

  /** The same while the event loop goes on; nobody may change anything meanwhile. */
  async saveWhilePaused(): Promise<boolean> {
    const { server } = this;
    if (server.disk === null) return this.refuse();
    const temporary = this.temporary();
    const target = this.target();
    this.saves++;
    try {
      await this.open(temporary).run();
      await server.disk.renameLater(temporary, target);
    } catch (problem) {
      this.failedTo(problem, temporary);
      return false;
    } finally {
      this.file = null;
    }
    this.savedAll();
    return true;
  }

  /**
   * Begins to save in the background, where nothing may be under way; false without a disk. What
   * else goes wrong is known when it has ended, as with Redis's child, if it be at once.
   */
  start(): boolean {
    const { server } = this;
    if (server.disk === null) return this.refuse();
    // Another name than save()'s, which may be called meanwhile (DEBUG RELOAD).
    const temporary = `${server.config.values.dir}/temp-bgsave-${server.pid}.rdb`;
    this.triedMs = server.clock.ms;
    this.startMs = server.clock.ms;
    this.saves++;
    server.log.notice(`Background saving started by pid ${server.pid}`);
    try {
      this.open(temporary);
    } catch (problem) {
      this.backgroundFailed(problem, temporary);
      return true;
    }
    server.background = 'rdb';
    void this.finish(this.file!, temporary, this.target());
    return true;
  }

  /** Begins to send the data set to replicas; nothing may be under way. */
  transfer(job: SnapshotJob): void {
    const { server } = this;
    this.path = '';
    this.file = job;
    this.startMs = server.clock.ms;
    server.background = 'rdb';
    void this.finishTransfer(job);
  }

  /** Gives up saving in the background. */
  cancel(): void {
    if (this.file === null) return;
    this.abandon();
    if (this.path === '') this.server.log.warning('Background transfer error');
    this.ended(false);
  }

  /** Gives up whatever is being written; nothing of it is left behind. */
  abandon(): void {
    if (this.file === null) return;
    this.file.cancel();
    // At once: the next one may have the same name, and must not be the same file, to which
    // something may still be on its way.
    if (this.path !== '') this.removeTemporary(this.path);
  }

  /** Looks whether it is time to save. */
  cron(): void {
    const { server } = this;
    if (server.background !== '' || server.loading !== null) return;
    const now = server.clock.ms;
    const mayTry = !this.failed || now - this.triedMs > RETRY_MS;
    for (const { seconds, changes } of server.config.values.save) {
      if (server.dirty < changes || now - this.lastSaveMs <= seconds * 1000 || !mayTry) continue;
      server.log.notice(`${changes} changes in ${seconds} seconds. Saving...`);
      this.start();
      return;
    }
    if (this.scheduled && mayTry && this.start()) this.scheduled = false;
  }

  private async finish(file: SnapshotJob, temporary: string, target: string): Promise<void> {
    const { server } = this;
    const { dirty } = server;
    let problem: unknown = null;
    try {
      await file.run();
      // If it is given up from here on, there is nothing left that could be renamed, or another
      // save takes its place in turn.
      await server.disk!.renameLater(temporary, target);
    } catch (thrown) {
      problem = thrown;
    }
    if (problem === CANCELLED || this.file !== file) return;
    server.beginTurn();
    this.lastSeconds = Math.floor((server.clock.ms - this.startMs) / 1000);
    server.stats.hurriedBytesSaved = file.snapshot.hurriedBytes;
    if (problem === null) {
      server.log.notice('DB saved on disk');
      server.log.notice('Background saving terminated with success');
      server.dirty = Math.max(0, server.dirty - dirty); // DEBUG RELOAD may have saved as well.
      this.lastSaveMs = server.clock.ms;
      this.failed = false;
    } else {
      this.backgroundFailed(problem, temporary);
    }
    this.ended(problem === null);
    server.endTurn();
  }

  private async finishTransfer(job: SnapshotJob): Promise<void> {
    const { server } = this;
    const succeeded = await job.run().then(
      () => true,
      () => false,
    );
    if (this.file !== job) return;
    server.beginTurn();
    this.lastSeconds = Math.floor((server.clock.ms - this.startMs) / 1000);
    if (succeeded) server.log.notice('Background RDB transfer terminated with success');
    else server.log.warning('Background transfer error');
    this.ended(succeeded);
    server.endTurn();
  }

  private open(temporary: string): SnapshotFile {
    const { server } = this;
    this.path = temporary;
    const format = (sink: Sink) => rdbFormat(server, sink, false);
    this.file = new SnapshotFile(server, temporary, 'rdb-save-incremental-fsync', format);
    return this.file;
  }

  private savedAll(): void {
    const { server } = this;
    server.log.notice('DB saved on disk');
    server.dirty = 0;
    this.lastSaveMs = server.clock.ms;
    this.failed = false;
  }

  private backgroundFailed(problem: unknown, temporary: string): void {
    this.failed = true;
    this.failedTo(problem, temporary);
    this.server.log.warning('Background saving error');
  }

  private ended(succeeded: boolean): void {
    if (this.file === null) return;
    this.file = null;
    this.server.background = '';
    this.server.replication.sync.ended(succeeded);
  }

  /** Puts a file that is whole into the place of the old one. */
  private install(temporary: string, target: string): void {
    const disk = this.server.disk!;
    disk.rename(temporary, target);
    disk.syncFolder(target.slice(0, target.lastIndexOf('/')));
  }

  /** Where the file belongs, as the configuration is when it is begun. */
  private target(): string {
    const { dir, dbfilename } = this.server.config.values;
    return `${dir}/${dbfilename}`;
  }

  private temporary(): string {
    return `${this.server.config.values.dir}/temp-${this.server.pid}.rdb`;
  }

  private failedTo(problem: unknown, temporary: string): void {
    const { log, config } = this.server;
    const { dir, dbfilename } = config.values;
    const why = reasonOf(problem);
    const name = temporary.slice(dir.length + 1);
    const { syscall } = problem as NodeJS.ErrnoException;
    if (syscall === 'open') {
      log.warning(
        `Failed opening the temp RDB file ${name} (in server root dir ${dir}) for saving: ${why}`,
      );
    } else if (syscall === 'rename') {
      log.warning(
        `Error moving temp DB file ${name} on the final destination ${dbfilename} (in server ` +
          `root dir ${dir}): ${why}`,
      );
    } else {
      log.warning(`Write error while saving DB to the disk: ${why}`);
    }
    this.removeTemporary(temporary);
  }

  private removeTemporary(temporary: string): void {
    try {
      this.server.disk!.remove(temporary);
    } catch {
      // It was never made, or something is wrong that the log has told of already.
    }
  }

  private refuse(): false {
    this.server.log.warning('This server was given no disk to save to.');
    return false;
  }
}
