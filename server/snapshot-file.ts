// A snapshot written while commands go on: to a file (BGSAVE, BGREWRITEAOF), or to replicas.
//
// Turns of the event loop alternate with slices of the walk, and what the walk yields is written
// behind their back. If that is slower than the walk, the walk waits; only what has to be
// written because it is about to change comes nevertheless.

import type { Sink } from '../persistence/rdb-writer.ts';
import type { Timer } from './clock.ts';
import type { Disk, File } from './disk.ts';
import type { Server } from './server.ts';
import { Snapshot, type Visit } from './snapshot.ts';

const SLICE_MS = 2;
const ENOUGH = 1024 * 1024; // Bytes that are worth a write,
const TOO_MUCH = 8 * ENOUGH; // and how many may wait before the walk does.
const SYNC_BYTES = 4 * ENOUGH; // Written between two syncs, if the configuration wants those.
const NAP_MS = 50; // Of rdb-key-save-delay at a time.

/** What a snapshot is written as. */
export type Format = {
  readonly visit: Visit;
  /** Writes what comes behind the last key. */
  readonly end: () => void;
};

/** Where a snapshot goes. */
export type Target = {
  /** Takes bytes; resolves when it can take more. */
  write(bytes: Buffer): Promise<void>;
  /** Everything was written. */
  end(): Promise<void>;
  /** Nothing more will come, whether or not that was everything. */
  close(): void;
};

/** Thrown by run() after cancel(). */
export const CANCELLED = Symbol('cancelled');

export class SnapshotJob {
  readonly snapshot: Snapshot;
  private readonly server: Server;
  private readonly format: Format;
  private readonly target: Target;
  private readonly enough: number; // Bytes that are worth a write.
  private readonly chunks: Buffer[] = [];
  private waiting = 0; // Bytes in them.
  private writing: Promise<void> | null = null;
  private problem: unknown = null;
  private timer: Timer | null = null;
  private wake: (() => void) | null = null;

  /** The snapshot's moment is now. It is written when so many bytes have come together. */
  constructor(server: Server, target: Target, enough: number, format: (sink: Sink) => Format) {
    this.server = server;
    this.target = target;
    this.enough = enough;
    this.format = format((chunk) => {
      this.chunks.push(chunk);
      this.waiting += chunk.length;
    });
    this.snapshot = new Snapshot(server, this.format.visit);
  }

  /** Writes all of it, and ends and closes the target. Rejects if anything fails. */
  async run(): Promise<void> {
    const { target } = this;
    try {
      await this.walk();
      this.format.end();
      while (this.waiting > 0) await this.write();
      this.throwProblem();
      await target.end();
      this.throwProblem();
    } finally {
      this.snapshot.end();
      await this.writing; // Or it would go on with a descriptor that is another file's by then.
      target.close();
    }
  }

  /** Gives up: run() rejects soon with CANCELLED. */
  cancel(): void {
    this.problem = CANCELLED;
    this.snapshot.end();
    if (this.timer !== null) this.server.clock.cancel(this.timer);
    this.wake?.();
  }

  private async walk(): Promise<void> {
    for (let done = false; !done; ) {
      const delay = this.server.config.values['rdb-key-save-delay'];
      if (delay !== 0) done = await this.slowly(delay);
      else done = this.snapshot.walk(SLICE_MS);
      if (this.waiting > TOO_MUCH) await this.lessWaits();
      else if (this.waiting > this.enough && this.writing === null) void this.write();
      await this.turn();
      this.throwProblem();
    }
  }

  private async lessWaits(): Promise<void> {
    while (this.waiting > ENOUGH) await this.write();
  }

  /** So many microseconds of rest for each key; or so many keys to one, if it is negative. */
  private async slowly(delay: number): Promise<boolean> {
    const each = delay > 0 ? delay : -1 / delay;
    let micros = 0;
    for (; micros < 1000; micros += each) {
      if (!this.snapshot.step()) return true;
    }
    for (let restMs = micros / 1000; restMs > 0; restMs -= NAP_MS) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        this.timer = this.server.clock.in(Math.min(restMs, NAP_MS), resolve);
      });
      // Unlike Redis: whoever takes the delay back does not have to kill anybody.
      const changed = this.server.config.values['rdb-key-save-delay'] !== delay;
      if (changed || this.problem !== null) break;
    }
    return false;
  }

  /** Resolves when some of what waits has been written, whether or not that went well. */
  private write(): Promise<void> {
    this.writing ??= this.writeSome().then(
      () => this.wrote(null),
      (problem: unknown) => this.wrote(problem),
    );
    return this.writing;
  }

  private wrote(problem: unknown): void {
    this.writing = null;
    if (problem === null) return;
    this.problem ??= problem;
    this.waiting = 0; // Nothing more will be written.
  }

  private async writeSome(): Promise<void> {
    const bytes = this.take();
    await this.target.write(bytes);
    this.waiting -= bytes.length;
  }

  /** Chunks that are enough for a write; not all of them, because to join them takes time. */
  private take(): Buffer {
    const { chunks } = this;
    let bytes = 0;
    let count = 0;
    while (bytes < ENOUGH && count < chunks.length) bytes += chunks[count++].length;
    const taken = chunks.splice(0, count);
    return count === 1 ? taken[0] : Buffer.concat(taken, bytes);
  }

  private throwProblem(): void {
    if (this.problem !== null) throw this.problem;
  }

  private async turn(): Promise<void> {
    const { later } = this.server;
    if (later !== null) await new Promise<void>((resolve) => later(resolve));
  }
}

/** Which parameter says whether a file reaches the disk piece by piece. */
export type SyncsIf = 'rdb-save-incremental-fsync' | 'aof-rewrite-incremental-fsync';

/** A file: all that was written has reached the disk when it ends. */
class FileTarget implements Target {
  private readonly server: Server;
  private readonly syncsIf: SyncsIf;
  private readonly disk: Disk;
  private readonly file: File;
  private unsynced = 0; // Bytes written since the last sync.

  /** Throws what the disk does. */
  constructor(server: Server, path: string, syncsIf: SyncsIf) {
    this.server = server;
    this.syncsIf = syncsIf;
    this.disk = server.disk!;
    this.file = this.disk.open(path, 'w');
  }

  async write(bytes: Buffer): Promise<void> {
    await this.disk.writeLater(this.file, bytes);
    this.unsynced += bytes.length;
    if (this.unsynced < SYNC_BYTES || !this.server.config.values[this.syncsIf]) return;
    this.unsynced = 0;
    await this.disk.syncLater(this.file);
  }

  end(): Promise<void> {
    return this.disk.syncLater(this.file);
  }

  close(): void {
    this.disk.close(this.file);
  }
}

export class SnapshotFile extends SnapshotJob {
  /** Opens the file; the snapshot's moment is now. Throws what the disk does. */
  constructor(server: Server, path: string, syncsIf: SyncsIf, format: (sink: Sink) => Format) {
    super(server, new FileTarget(server, path, syncsIf), ENOUGH, format);
  }
}
