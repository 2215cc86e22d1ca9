// A disk in memory, which fails when it is told to, and remembers what a failing power would leave.
//
// Of each file it keeps what is in it, and what of that was brought to the disk by a sync; of names,
// which files they mean, and which they meant when their folder was last synced.

import type { Disk, File } from '../../server/disk.ts';

type Content = { now: Buffer; safe: Buffer };

/** The files that a power cut would leave, or a killed process. */
export type Files = ReadonlyMap<string, Buffer>;

export class MemoryDisk implements Disk {
  /** How many operations there were that may fail. */
  operations = 0;
  /** Which of them fails, from 1 on; each one from there on if `forGood`. */
  failsAt = 0;
  forGood = false;
  /** Whether a write that fails gets some of its bytes into the file. */
  tearsWrites = false;
  writes = 0;
  syncs = 0;
  laterSyncs = 0; // Those of them that nobody waited for.
  private readonly names = new Map<string, Content>();
  private safeNames = new Map<string, Content>();
  private readonly opened = new Map<File, { content: Content; at: number }>();
  private nextFile = 100;

  constructor(files: Files = new Map()) {
    for (const [path, bytes] of files) this.names.set(path, { now: bytes, safe: bytes });
    this.safeNames = new Map(this.names);
  }

  /** What is there for whoever looks now, even if the process that wrote it is gone. */
  get afterKill(): Files {
    return new Map([...this.names].map(([path, { now }]) => [path, now]));
  }

  /** What is there after a power cut, at worst. */
  get afterPowerCut(): Files {
    return new Map([...this.safeNames].map(([path, { safe }]) => [path, safe]));
  }

  /** How many files are open. */
  get openFiles(): number {
    return this.opened.size;
  }

  open(path: string, how: 'r' | 'w' | 'a'): File {
    let content = this.names.get(path);
    if (how === 'r' && content === undefined) throw problem('ENOENT', 'open');
    if (how !== 'r') this.mayFail('EACCES', 'open');
    if (content === undefined) {
      content = { now: Buffer.alloc(0), safe: Buffer.alloc(0) };
      this.names.set(path, content);
    }
    if (how === 'w') content.now = Buffer.alloc(0);
    const file = this.nextFile++;
    this.opened.set(file, { content, at: 0 });
    return file;
  }

  write(file: File, bytes: Buffer): void {
    const { content } = this.opened.get(file)!;
    this.writes++;
    try {
      this.mayFail('ENOSPC', 'write');
    } catch (failure) {
      const half = bytes.subarray(0, bytes.length >> 1);
      if (this.tearsWrites) content.now = Buffer.concat([content.now, half]);
      throw failure;
    }
    content.now = Buffer.concat([content.now, bytes]);
  }

  read(file: File, into: Buffer): number {
    const open = this.opened.get(file)!;
    const read = open.content.now.copy(into, 0, open.at);
    open.at += read;
    return read;
  }

  sync(file: File): void {
    this.syncs++;
    this.mayFail('EIO', 'fdatasync');
    const { content } = this.opened.get(file)!;
    content.safe = content.now;
  }

  close(file: File): void {
    if (!this.opened.delete(file)) throw problem('EBADF', 'close');
  }

  size(file: File): number {
    return this.opened.get(file)!.content.now.length;
  }

  truncate(path: string, bytes: number): void {
    this.mayFail('EIO', 'ftruncate');
    const content = this.names.get(path)!;
    content.now = content.now.subarray(0, bytes);
  }

  rename(from: string, to: string): void {
    this.mayFail('EIO', 'rename');
    const content = this.names.get(from);
    if (content === undefined) throw problem('ENOENT', 'rename');
    this.names.delete(from);
    this.names.set(to, content);
  }

  remove(path: string): void {
    this.mayFail('EIO', 'unlink');
    if (!this.names.delete(path)) throw problem('ENOENT', 'unlink');
  }

  makeFolder(): void {
    this.mayFail('EACCES', 'mkdir');
  }

  syncFolder(): void {
    this.mayFail('EIO', 'fsync');
    this.safeNames = new Map(this.names);
  }

  exists(path: string): boolean {
    return this.names.has(path);
  }

  async writeLater(file: File, bytes: Buffer): Promise<void> {
    await Promise.resolve();
    this.write(file, bytes);
  }

  async readLater(file: File, into: Buffer): Promise<number> {
    await Promise.resolve();
    return this.read(file, into);
  }

  async syncLater(file: File): Promise<void> {
    this.laterSyncs++;
    await Promise.resolve();
    this.sync(file);
  }

  async renameLater(from: string, to: string): Promise<void> {
    await Promise.resolve();
    this.rename(from, to);
    this.syncFolder();
  }

  async removeLater(path: string): Promise<void> {
    await Promise.resolve();
    this.remove(path);
  }

  private mayFail(code: string, syscall: string): void {
    this.operations++;
    if (this.failsAt === 0 || this.operations < this.failsAt) return;
    if (this.operations === this.failsAt || this.forGood) throw problem(code, syscall);
  }
}

const NUMBERS: Record<string, number> = {
  ENOENT: -2,
  EIO: -5,
  EBADF: -9,
  EACCES: -13,
  ENOSPC: -28,
};

function problem(code: string, syscall: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${syscall}`), { code, errno: NUMBERS[code], syscall });
}
