// A snapshot that is complete, for replicas that are to know its length first.

import type { Disk } from './disk.ts';
import type { Target } from './snapshot-file.ts';

const PIECE = 64 * 1024;

/** The bytes of a snapshot, piece by piece. A piece may change when the next is asked for. */
export type SnapshotBytes = {
  readonly total: number;
  /** The next piece; an empty one if there are fewer bytes than there should be. */
  next(): Promise<Buffer>;
  close(): void;
};

/** A file, which may get another name or none meanwhile. Throws what the disk does. */
export function diskFile(disk: Disk, path: string): SnapshotBytes {
  const file = disk.open(path, 'r');
  const piece = Buffer.allocUnsafeSlow(PIECE);
  return {
    total: disk.size(file),
    next: async () => piece.subarray(0, await disk.readLater(file, piece)),
    close: () => disk.close(file),
  };
}

/** Pieces in memory. */
export function fromMemory(pieces: readonly Buffer[]): SnapshotBytes {
  let at = 0;
  return {
    total: pieces.reduce((sum, { length }) => sum + length, 0),
    next: async () => pieces[at++],
    close: () => {},
  };
}

/** Where a snapshot is written to be such pieces. */
export function gathered(pieces: Buffer[]): Target {
  return {
    write: async (bytes) => {
      pieces.push(bytes);
    },
    end: async () => {},
    close: () => {},
  };
}
