// How long a command's calls took, in buckets that grow with what they hold.
//
// After Gil Tene's HdrHistogram: each power of two is divided into 128 buckets of equal
// width, so that a figure read off is never more than 0.8 % too high, from a nanosecond to
// a second; and counting one call is a handful of instructions. Redis keeps the same
// buckets, and rounds in the same way, so both print the same figures for the same calls.

const SUB_BITS = 7;
const SUB = 1 << SUB_BITS; // Buckets per power of two.
const MOST_NS = 1_000_000_000; // Redis: longer calls count as one second.
const BUCKETS = (30 - SUB_BITS + 1) * SUB; // 2^30 ns are more than a second.
const FEW = (18 - SUB_BITS + 1) * SUB; // Enough for calls of up to 262 microseconds.

export class Histogram {
  count = 0;
  private buckets = new Uint32Array(FEW);

  /** Counts one call that took so many microseconds. */
  record(micros: number): void {
    this.count++;
    const bucket = bucketOf(Math.min(MOST_NS, Math.max(1, micros * 1000)) | 0);
    if (bucket >= this.buckets.length) this.grow();
    this.buckets[bucket]++;
  }

  /** The time, in microseconds, that a share of the calls (0 to 100) did not exceed. */
  percentile(percent: number): number {
    const wanted = Math.max(1, Math.floor((percent / 100) * this.count + 0.5));
    let seen = 0;
    for (let b = 0; b < this.buckets.length; b++) {
      seen += this.buckets[b];
      if (seen >= wanted) return (percent === 0 ? lowest(b) : highest(b)) / 1000;
    }
    return 0;
  }

  /**
   * Calls `visit` with how many calls took no longer than about 1, 2, 4, ... microseconds, for
   * each of those times that adds some. The time told is the end of the bucket that the power
   * of two lies in, in whole microseconds: 1, 2, 4, 8, 16, 33, 66, 132, ...
   */
  powersOfTwo(visit: (micros: number, calls: number) => void): void {
    let seen = 0;
    let told = 0;
    let b = 0;
    for (let ns = 1024; told < this.count; ns *= 2) {
      const last = Math.min(bucketOf(ns), BUCKETS - 1);
      while (b <= last && b < this.buckets.length) seen += this.buckets[b++];
      if (seen === told) continue;
      told = seen;
      visit(Math.floor(highest(last) / 1000), seen);
    }
  }

  private grow(): void {
    const all = new Uint32Array(BUCKETS);
    all.set(this.buckets);
    this.buckets = all;
  }
}

function bucketOf(ns: number): number {
  const power = 31 - Math.clz32(ns);
  if (power < SUB_BITS) return ns;
  return (power - SUB_BITS + 1) * SUB + ((ns >>> (power - SUB_BITS)) & (SUB - 1));
}

/** The lowest number of nanoseconds that a bucket counts. */
function lowest(bucket: number): number {
  if (bucket < SUB) return bucket;
  return (SUB + (bucket & (SUB - 1))) << ((bucket >> SUB_BITS) - 1);
}

/** The highest. */
function highest(bucket: number): number {
  if (bucket < SUB) return bucket;
  return ((SUB + (bucket & (SUB - 1)) + 1) << ((bucket >> SUB_BITS) - 1)) - 1;
}
