// The random numbers of scripts: drand48's generator, of 48 bits, with a seed of 32. The same seed
// gives the same numbers everywhere, on which replication by scripts once relied. Until somebody
// gives a seed, it goes on, from one script to the next, from the state that drand48 starts with.

const HALF = 2 ** 24; // The state is kept in two halves of 24 bits, so that products stay exact.
const FACTOR_HIGH = 0x5de;
const FACTOR_LOW = 0xece66d;
const ADDED = 11;
const LARGEST = 2 ** 31 - 1;

export class ScriptRandom {
  private high = 0x1234ab;
  private low = 0xcd330e;

  /** Starts again; of a seed, 32 bits count. */
  seed(seed: number): void {
    this.high = (seed >>> 8) & 0xffffff;
    this.low = ((seed & 0xff) << 16) | 0x330e;
  }

  /** From 0, and below 1. */
  next(): number {
    const low = this.low * FACTOR_LOW + ADDED;
    const carried = Math.floor(low / HALF);
    const high = this.low * FACTOR_HIGH + this.high * FACTOR_LOW + carried;
    this.low = low % HALF;
    this.high = high % HALF;
    const bits = this.high * 128 + (this.low >>> 17); // The upper 31.
    return (bits % LARGEST) / LARGEST;
  }
}
