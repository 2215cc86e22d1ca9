// How long a command's calls took, in buckets that grow with what they hold.
//
// After Gil Tene's HdrHistogram: for each power of two there are 64 buckets of equal
// width, so that a figure read off is never more than 1.6 % too high, from a nanosecond to
// a second, in 24 x 64 counters; and counting one call is a handful of instructions.

const SUB_BITS = 6;
const SUB = 1 << SUB_BITS; // Buckets per power of two.
const MOST_NS = 1_000_000_000; // Redis: longer calls count as one second.
const BUCKETS = (30 - SUB_BITS + 1) * SUB;

export class Histogram {
  count = 0;
  private readonly buckets = new Uint32Array(BUCKETS);

  /** Counts one call that took so many microseconds. */
  record(micros: number): void {
    this.count++;
    this.buckets[bucketOf(Math.min(MOST_NS, Math.max(1, micros * 1000)) | 0)]++;
  }

  /** The time, in microseconds, that a share of the calls (0 to 100) did not exceed. */
  percentile(percent: number): number {
    const wanted = Math.max(1, Math.ceil((percent / 100) * this.count));
    let seen = 0;
    for (let b = 0; b < BUCKETS; b++) {
      seen += this.buckets[b];
      if (seen >= wanted) return highest(b) / 1000;
    }
    return 0;
  }

  /** Calls `visit` with 1, 2, 4, ... microseconds and how many calls took no longer. */
  powersOfTwo(visit: (micros: number, calls: number) => void): void {
    let seen = 0;
    let b = 0;
    let told = 0;
    for (let micros = 1; told < this.count; micros *= 2) {
      while (b < BUCKETS && highest(b) <= micros * 1024) seen += this.buckets[b++];
      if (seen > told) {
        visit(micros, seen);
        told = seen;
      }
      if (b === BUCKETS) break;
    }
  }
}

function bucketOf(ns: number): number {
  const power = 31 - Math.clz32(ns);
  if (power < SUB_BITS) return ns;
  return (power - SUB_BITS + 1) * SUB + ((ns >>> (power - SUB_BITS)) & (SUB - 1));
}

/** The highest number of nanoseconds that a bucket counts. */
function highest(bucket: number): number {
  if (bucket < SUB) return bucket;
  const shift = (bucket >> SUB_BITS) - 1;
  return ((SUB + (bucket & (SUB - 1)) + 1) << shift) - 1;
}
