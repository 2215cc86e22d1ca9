// BGREWRITEAOF: the append-only file made anew from what the keys hold, while commands go on.
//
//   before      base 1   increment 1
//   start       base 1   increment 1   increment 2          commands go there from now on
//   meanwhile   the data set of that moment is written to a temporary file
//   end         base 2                 increment 2          base 1 and increment 1 are history
//
// If it fails, nothing is lost: base 1 and both increments are what there is, and the next attempt
// begins a third. After three failures in a row attempts are made ever more rarely, so that
// increments do not pile up; unless somebody asks for one.

import { AofOutput } from '../persistence/aof-output.ts';
import { writeKey } from '../persistence/aof-values.ts';
import type { Sink } from '../persistence/rdb-writer.ts';
import type { AppendOnly } from './append-only.ts';
import { OFF, ON, WAITING } from './append-only-state.ts';
import { reasonOf } from './disk.ts';
import { rdbFormat, visitAll } from './rdb-file.ts';
import type { Server } from './server.ts';
import type { Progress } from './snapshot.ts';
import { CANCELLED, type Format, SnapshotFile } from './snapshot-file.ts';

const FAILURES_UNLIMITED = 3;
const MINUTE = 60 * 1000;
const LONGEST_DELAY = 60; // Minutes.

export class AppendOnlyRewrite {
  /** One is to begin as soon as nothing else is written in the background. */
  scheduled = false;
  /** Whether the last one went well. */
  succeeded = true;
  /** How many were begun, and how many of the last ones failed. */
  count = 0;
  failures = 0;
  /** How many seconds the last one took, or -1. */
  lastSeconds = -1;
  private readonly server: Server;
  private readonly appendOnly: AppendOnly;
  private file: SnapshotFile | null = null;
  private startMs = 0;
  private startOffset = 0; // Of the increment that began with it.
  private delayMinutes = 0; // How long attempts wait at present,
  private retryMs = 0; // and until when.

  constructor(server: Server, appendOnly: AppendOnly) {
    this.server = server;
    this.appendOnly = appendOnly;
  }

  get isRunning(): boolean {
    return this.file !== null;
  }

  /** How many seconds it has been under way, or -1. */
  get seconds(): number {
    if (this.file === null) return -1;
    return Math.floor((this.server.clock.ms - this.startMs) / 1000);
  }

  /** How far it is, or null if none is under way. */
  get progress(): Progress | null {
    return this.file === null ? null : this.file.snapshot;
  }

  /** Begins; false, and the log says why, if that failed or something else is under way. */
  start(): boolean {
    const { server, appendOnly } = this;
    const { folder } = appendOnly;
    if (server.background !== '' || folder === null) return false;
    this.startOffset = server.propagation.offset;
    if (!folder.make() || !appendOnly.beginIncrement()) {
      this.succeeded = false;
      return false;
    }
    this.count++;
    const { temporary } = this;
    const { suffix } = appendOnly;
    try {
      const format = (sink: Sink) => this.format(sink);
      this.file = new SnapshotFile(server, temporary, 'aof-rewrite-incremental-fsync', format);
    } catch (problem) {
      this.succeeded = false;
      const why = reasonOf(problem);
      server.log.warning(`Can't rewrite append only file in background: ${why}`);
      appendOnly.abandonTemporary();
      return false;
    }
    server.log.notice(`Background append only file rewriting started by pid ${server.pid}`);
    server.background = 'aof';
    this.scheduled = false;
    this.startMs = server.clock.ms;
    void this.finish(this.file, temporary, suffix);
    return true;
  }

  /** Lets one begin as soon as nothing else is written in the background. */
  schedule(): void {
    this.scheduled = true;
    this.failures = 0;
  }

  /** Gives up. */
  cancel(): void {
    if (this.file === null) return;
    this.server.log.notice(`Killing running AOF rewrite child: ${this.server.pid}`);
    this.file.cancel();
    this.file = null;
    this.server.background = '';
    // At once: the next one has the same name, and must not be the same file, to which something
    // may still be on its way.
    this.appendOnly.folder!.remove(this.temporary);
  }

  /** Whether it is time to begin one. */
  cron(): void {
    const { server, appendOnly } = this;
    if (server.background !== '' || server.loading !== null) return;
    if (this.scheduled) {
      if (!this.isLimited()) this.start();
      return;
    }
    const { values } = server.config;
    const growth = values['auto-aof-rewrite-percentage'];
    if (appendOnly.state !== ON || growth === 0) return;
    if (appendOnly.writer.allBytes <= values['auto-aof-rewrite-min-size']) return;
    const before = Math.max(1, appendOnly.bytesBefore);
    const grown = Math.floor((appendOnly.writer.allBytes * 100) / before) - 100;
    if (grown < growth || this.isLimited()) return;
    server.log.notice(`Starting automatic rewriting of AOF on ${grown}% growth`);
    this.start();
  }

  /** Writes everything as commands, while everybody waits. Throws what the disk does. */
  writeCommands(path: string): void {
    const disk = this.server.disk!;
    const file = disk.open(path, 'w');
    try {
      const { visit, end } = this.commands((chunk) => disk.write(file, chunk));
      visitAll(this.server, visit);
      end();
      disk.sync(file);
    } finally {
      disk.close(file);
    }
  }

  private get temporary(): string {
    return this.appendOnly.folder!.root(`temp-rewriteaof-bg-${this.server.pid}.aof`);
  }

  private format(sink: Sink): Format {
    const { server, appendOnly } = this;
    return appendOnly.suffix === 'rdb' ? rdbFormat(server, sink, true) : this.commands(sink);
  }

  private commands(sink: Sink): Format {
    const { server } = this;
    const out = new AofOutput(sink);
    if (server.config.values['aof-timestamp-enabled']) {
      out.timestamp(Math.floor(server.clock.ms / 1000));
    }
    for (const code of server.scripting.functions.codes()) out.command(['FUNCTION', 'LOAD', code]);
    let current = -1;
    return {
      visit(db, key, value, whenMs) {
        if (db !== current) out.select(db);
        current = db;
        writeKey(out, key, value, whenMs);
      },
      end: () => out.flush(),
    };
  }

  private async finish(
    file: SnapshotFile,
    temporary: string,
    suffix: 'rdb' | 'aof',
  ): Promise<void> {
    const { server, appendOnly } = this;
    let problem: unknown = null;
    try {
      await file.run();
    } catch (thrown) {
      problem = thrown;
    }
    if (problem === CANCELLED || this.file !== file) return;
    server.beginTurn();
    this.file = null;
    server.background = '';
    server.stats.hurriedBytesRewritten = file.snapshot.hurriedBytes;
    if (problem !== null) {
      const why = reasonOf(problem);
      server.log.warning(`Write error writing append only file on disk: ${why}`);
      server.log.warning('Background AOF rewrite terminated with error');
    } else {
      server.log.notice('Background AOF rewrite terminated with success');
    }
    this.succeeded = problem === null && this.install(temporary, suffix);
    this.failures = this.succeeded ? 0 : this.failures + 1;
    appendOnly.folder!.remove(temporary);
    appendOnly.abandonTemporary();
    this.lastSeconds = Math.floor((server.clock.ms - this.startMs) / 1000);
    if (appendOnly.state === WAITING) this.scheduled = true;
    server.endTurn();
  }

  /** Makes a base of what was written, and history of what was before; false if that failed. */
  private install(temporary: string, suffix: 'rdb' | 'aof'): boolean {
    const { server, appendOnly } = this;
    const folder = appendOnly.folder!;
    const { log, disk } = server;
    const manifest = folder.manifest.copy();
    const base = manifest.addBase(folder.prefix, suffix);
    const first = appendOnly.state === WAITING;
    const made: string[] = [];
    let increment = '';
    try {
      // Nothing has this name yet, so that there is no large file to let go of, which takes time.
      disk!.rename(temporary, folder.path(base));
      made.push(base);
      const from = temporary.slice(temporary.lastIndexOf('/') + 1);
      log.notice(`Successfully renamed the temporary AOF base file ${from} into ${base}`);
      if (first) {
        increment = manifest.addIncrement(folder.prefix, this.startOffset);
        const name = folder.temporaryIncrement;
        disk!.rename(folder.path(name), folder.path(increment));
        made.push(increment);
        log.notice(`Successfully renamed the temporary AOF incr file ${name} into ${increment}`);
      }
    } catch (problem) {
      const [what, name] = made.length === 0 ? ['base', base] : ['incr', increment];
      const why = reasonOf(problem);
      log.warning(`Error trying to rename the temporary AOF ${what} file into ${name}: ${why}`);
      for (const each of made) folder.remove(folder.path(each));
      return false;
    }
    manifest.retireIncrements(appendOnly.writer.isOpen);
    if (!folder.replaceManifest(manifest)) {
      for (const each of made) folder.remove(folder.path(each));
      return false;
    }
    if (appendOnly.state !== OFF) {
      const { writer } = appendOnly;
      writer.allBytes = folder.size(base) + writer.bytes;
      appendOnly.bytesBefore = writer.allBytes;
    }
    folder.deleteHistory();
    log.notice('Background AOF rewrite finished successfully');
    if (first) appendOnly.completed(increment);
    return true;
  }

  /** Whether attempts have failed so often that the next one has to wait. */
  private isLimited(): boolean {
    const { clock, log } = this.server;
    if (this.failures < FAILURES_UNLIMITED) {
      this.delayMinutes = 0;
      this.retryMs = 0;
      return false;
    }
    if (this.retryMs !== 0) {
      if (clock.ms < this.retryMs) return true;
      this.retryMs = 0;
      return false;
    }
    this.delayMinutes = Math.min(Math.max(1, this.delayMinutes * 2), LONGEST_DELAY);
    this.retryMs = clock.ms + this.delayMinutes * MINUTE;
    log.warning(
      'Background AOF rewrite has repeatedly failed and triggered the limit, will retry in ' +
        `${this.delayMinutes} minutes`,
    );
    return true;
  }
}
