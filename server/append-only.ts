// The append-only file: every change, as the command that makes it, in a file that is written
// before anybody is told of the change.
//
// Commands come from propagation and gather in the writer's buffer. Whoever is about to send
// something to a client (Server.sendOutput, Client.flush) looks at `pending` and calls flush()
// first, so all commands of the clients that were read together cost one write, and under `always`
// one sync. The other policies let Node's threads do the syncing: once a second, or never.
//
// Here is what begins and ends: the start of a server, CONFIG SET appendonly, a rewrite (which goes
// on in another file), the end.

import type { ReplyError } from '../protocol/errors.ts';
import { AppendOnlyFolder } from './append-only-folder.ts';
import { AppendOnlyRewrite } from './append-only-rewrite.ts';
import { OFF, ON, WAITING } from './append-only-state.ts';
import { AppendOnlyWaiters } from './append-only-waiters.ts';
import { AppendOnlyWriter } from './append-only-writer.ts';
import { reasonOf } from './disk.ts';
import { LoadError } from './loading.ts';
import { writeRdb } from './rdb-file.ts';
import { TO_FILE } from './propagate.ts';
import type { Server } from './server.ts';

export class AppendOnly {
  state = OFF;
  /** Null without a disk. */
  readonly folder: AppendOnlyFolder | null;
  readonly rewrite: AppendOnlyRewrite;
  readonly waiters: AppendOnlyWaiters;
  readonly writer: AppendOnlyWriter;
  /** How long all files were after the last rewrite. */
  bytesBefore = 0;
  private readonly server: Server;
  private unlisten: (() => void) | null = null;

  constructor(server: Server) {
    this.server = server;
    this.folder = server.disk === null ? null : new AppendOnlyFolder(server, server.disk);
    this.rewrite = new AppendOnlyRewrite(server, this);
    this.waiters = new AppendOnlyWaiters(server, this);
    this.writer = new AppendOnlyWriter(server, (offset) => this.waiters.synced(offset));
    server.config.onChange('appendonly', () => {
      // What loads does this when it is done.
      if (server.loading !== null || this.follow()) return undefined;
      return 'Unable to turn on AOF. Check server logs.';
    });
    server.config.onChange('aof-disable-auto-gc', () => this.folder?.deleteHistory());
  }

  /** Whether something waits to be written: flush() before anybody is told anything. */
  get pending(): boolean {
    return this.writer.pending;
  }

  /** Writes what waits to be written. */
  flush(): void {
    this.writer.flush();
  }

  /** Why nothing may be changed now, or null. */
  get refusal(): ReplyError | null {
    return this.state === OFF ? null : this.writer.refusal;
  }

  /** Whether all that should be on disk got there. */
  get isSound(): boolean {
    return this.writer.isSound;
  }

  /** Bytes of memory for what waits. */
  get memory(): number {
    return this.state === OFF ? 0 : this.writer.output.buf.length;
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
    const opened = this.writer.open(folder.path(name), name);
    if (opened === null) throw new LoadError(`no ${name}`);
    this.writer.goOn(opened);
    if (manifest.print() !== before && !folder.replaceManifest(manifest)) {
      throw new LoadError('no manifest');
    }
    this.state = ON;
    this.listen();
    const doing = isOld ? 'Opening' : 'Creating';
    server.log.notice(`${doing} AOF incr file ${name} on server start`);
    this.waiters.synced(server.propagation.offset);
  }

  /** What a base is called: an RDB file, or commands. */
  get suffix(): 'rdb' | 'aof' {
    return this.server.config.values['aof-use-rdb-preamble'] ? 'rdb' : 'aof';
  }

  /** What has to be done from time to time. */
  cron(): void {
    if (this.state !== OFF) this.writer.flush();
    this.rewrite.cron();
  }

  /**
   * Goes on in another file, whose name is in a manifest by the time that this returns; while the
   * first base is being made it is a temporary one. False, and the log says why, if that failed.
   */
  beginIncrement(): boolean {
    const { folder, server, writer } = this;
    if (folder === null) return false;
    writer.flush(true);
    // What could not be written belongs behind what is in the present file.
    if (writer.pending) return false;
    if (this.state === OFF) return true;
    const manifest = folder.manifest.copy();
    const temporary = this.state === WAITING;
    const { offset } = server.propagation;
    const name = temporary
      ? folder.temporaryIncrement
      : manifest.addIncrement(folder.prefix, offset);
    folder.remove(folder.path(name));
    const opened = writer.open(folder.path(name), name);
    if (opened === null) return false;
    if (!temporary && !folder.replaceManifest(manifest)) {
      writer.discard(opened);
      return false;
    }
    server.log.notice(`Creating AOF incr file ${name} on background rewrite`);
    writer.goOn(opened);
    if (temporary) this.waiters.synced(offset); // The base will have all up to here.
    return true;
  }

  /** The first base is there: from now on the file that was temporary counts. */
  completed(name: string): void {
    this.writer.renamed(this.folder!.path(name));
    this.state = ON;
    this.waiters.synced(0);
  }

  /** Forgets what was collected for a first base that did not come about. */
  abandonTemporary(): void {
    const { folder, server } = this;
    if (this.state !== WAITING || folder === null) return;
    this.writer.close();
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
    this.writer.forgive();
    return true;
  }

  /** CONFIG SET appendonly no, or the end of the server: all is written, and the file closed. */
  stop(): void {
    if (this.state === OFF) return;
    this.finish();
    if (this.state === WAITING) this.abandonTemporary();
    this.unlisten?.();
    this.unlisten = null;
    this.state = OFF;
    this.rewrite.scheduled = false;
    this.rewrite.cancel();
    this.writer.close();
    this.waiters.stopped();
  }

  /** Brings everything to the disk, and notes in the manifest where it ended. */
  finish(): void {
    const { folder, server, writer } = this;
    writer.sync();
    if (!writer.isOpen || folder === null) return;
    if (this.state === ON && folder.manifest.last !== null) {
      const manifest = folder.manifest.copy();
      manifest.endLast(server.propagation.offset);
      folder.replaceManifest(manifest);
    }
    writer.close();
  }

  /** While something is loaded nothing is passed on; what was closed is opened again. */
  suspend(): () => void {
    this.writer.flush(true);
    this.unlisten?.();
    this.unlisten = null;
    return () => {
      if (this.state !== OFF) this.listen();
      this.writer.look();
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
    this.unlisten ??= this.server.propagation.listen(this.writer.take, TO_FILE);
  }

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
}
