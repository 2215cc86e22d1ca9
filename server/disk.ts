// Files, as the server sees them: the only place where it reads and writes data on a disk.
//
// Whoever makes a server may give it another Disk, one that fails when a test says so.
//
// Paths are text in UTF-8 bytes, as everything that comes from a configuration; they are taken
// from the `dir` parameter, which each server has for itself. Everything throws, or rejects with,
// what Node says (NodeJS.ErrnoException): reasonOf() has it in the words of the C library.

import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { getSystemErrorMap } from 'node:util';

/** An open file: Node's descriptor. */
export type File = number;

export type Disk = {
  /** Opens a file: to be read, made anew, or added to. New ones have `mode`. */
  open(path: string, how: 'r' | 'w' | 'a', mode?: number): File;
  /** Writes all of these bytes where the last ones ended. */
  write(file: File, bytes: Buffer): void;
  /** Reads into a buffer from where the last read ended; returns how many bytes, 0 at the end. */
  read(file: File, into: Buffer): number;
  /** Has what was written reach the disk itself. */
  sync(file: File): void;
  close(file: File): void;
  size(file: File): number;
  truncate(path: string, bytes: number): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
  makeFolder(path: string, mode: number): void;
  /** Has what happened to the names in a folder reach the disk. */
  syncFolder(path: string): void;
  exists(path: string): boolean;
  /** The same as write, read and sync, while the event loop goes on. */
  writeLater(file: File, bytes: Buffer): Promise<void>;
  readLater(file: File, into: Buffer): Promise<number>;
  syncLater(file: File): Promise<void>;
  /** rename and syncFolder: to let go of a large file that had the name takes its time. */
  renameLater(from: string, to: string): Promise<void>;
  removeLater(path: string): Promise<void>;
};

/** The disk of this machine. */
export const realDisk: Disk = {
  open: (path, how, mode = 0o644) => fs.openSync(toText(path), how, mode),
  write(file, bytes) {
    for (let at = 0; at < bytes.length; ) at += fs.writeSync(file, bytes, at);
  },
  read: (file, into) => fs.readSync(file, into),
  sync: (file) => fs.fdatasyncSync(file),
  close: (file) => fs.closeSync(file),
  size: (file) => fs.fstatSync(file).size,
  truncate: (path, bytes) => fs.truncateSync(toText(path), bytes),
  rename: (from, to) => fs.renameSync(toText(from), toText(to)),
  remove: (path) => fs.unlinkSync(toText(path)),
  makeFolder(path, mode) {
    if (!fs.existsSync(toText(path))) fs.mkdirSync(toText(path), { mode });
  },
  syncFolder(path) {
    const folder = fs.openSync(toText(path), 'r');
    try {
      fs.fsyncSync(folder);
    } finally {
      fs.closeSync(folder);
    }
  },
  exists: (path) => fs.existsSync(toText(path)),
  async writeLater(file, bytes) {
    for (let at = 0; at < bytes.length; ) at += await writeSome(file, bytes, at);
  },
  readLater: (file, into) =>
    new Promise((resolve, reject) => {
      fs.read(file, into, 0, into.length, null, (problem, read) =>
        problem === null ? resolve(read) : reject(problem),
      );
    }),
  syncLater: (file) =>
    new Promise((resolve, reject) => {
      fs.fdatasync(file, (problem) => (problem === null ? resolve() : reject(problem)));
    }),
  removeLater: (path) => fs.promises.unlink(toText(path)),
  async renameLater(from, to) {
    await fs.promises.rename(toText(from), toText(to));
    const folder = await fs.promises.open(dirname(toText(to)));
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
};

function writeSome(file: File, bytes: Buffer, at: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.write(file, bytes, at, bytes.length - at, null, (problem, written) =>
      problem === null ? resolve(written) : reject(problem),
    );
  });
}

function toText(path: string): string {
  return Buffer.from(path, 'latin1').toString();
}

/** Why something failed, in the words that the C library has for it. */
export function reasonOf(problem: unknown): string {
  const { code, errno, message } = problem as NodeJS.ErrnoException;
  if (code === undefined || errno === undefined) return String(message);
  const words = getSystemErrorMap().get(errno)?.[1] ?? message;
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Whether something failed because a file or a folder is not there. */
export function isMissing(problem: unknown): boolean {
  return (problem as NodeJS.ErrnoException).code === 'ENOENT';
}
