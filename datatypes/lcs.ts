// The longest common subsequence of two byte strings, by the textbook's table.
//
// length(i, j) is the length for the first i bytes of one and the first j of the other: one more
// than length(i-1, j-1) if bytes i and j are the same, else the longer of length(i-1, j) and
// length(i, j-1). Walking back from the last cell to the first spells the subsequence, and
// the runs of that walk are the ranges in which the two match.
//
// O(N x M) in time and memory: the caller bounds the size.

/** Where a run of both strings matches; all positions count from 0, ends included. */
export type Match = {
  readonly aStart: number;
  readonly aEnd: number;
  readonly bStart: number;
  readonly bEnd: number;
};

export type CommonSubsequence = {
  readonly length: number;
  readonly bytes: string;
  /** From the end of the strings to their start. */
  readonly matches: readonly Match[];
};

/** Bytes that the table of two strings of these lengths takes. */
export function lcsTableBytes(aLength: number, bLength: number): number {
  return (aLength + 1) * (bLength + 1) * 4;
}

export function longestCommonSubsequence(a: string, b: string): CommonSubsequence {
  const width = b.length + 1;
  const table = new Uint32Array((a.length + 1) * width);
  for (let i = 1; i <= a.length; i++) {
    const byte = a.charCodeAt(i - 1);
    for (let j = 1; j <= b.length; j++) {
      const at = i * width + j;
      if (byte === b.charCodeAt(j - 1)) table[at] = table[at - width - 1] + 1;
      else table[at] = Math.max(table[at - width], table[at - 1]);
    }
  }
  return walkBack(a, b, table, width);
}

function walkBack(a: string, b: string, table: Uint32Array, width: number): CommonSubsequence {
  const length = table[table.length - 1];
  const bytes = Buffer.alloc(length);
  const matches: Match[] = [];
  let left = length;
  let i = a.length;
  let j = b.length;
  let aEnd = -1; // Of the run under way; -1 between runs.
  let bEnd = -1;
  const endRun = () => {
    if (aEnd >= 0) matches.push({ aStart: i, aEnd, bStart: j, bEnd });
    aEnd = -1;
  };
  while (i > 0 && j > 0 && left > 0) {
    if (a.charCodeAt(i - 1) === b.charCodeAt(j - 1)) {
      bytes[--left] = a.charCodeAt(i - 1);
      if (aEnd < 0) {
        aEnd = i - 1;
        bEnd = j - 1;
      }
      i--;
      j--;
    } else {
      endRun();
      // Redis: where both ways are as long, b is shortened.
      if (table[(i - 1) * width + j] > table[i * width + j - 1]) i--;
      else j--;
    }
  }
  endRun();
  return { length, bytes: bytes.toString('latin1'), matches };
}
