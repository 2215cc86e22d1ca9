// What the micro benchmarks have in common: cases are run by the `benchmark` package and printed
// beside the first. What is printed of each is its fastest sample, a sample being some
// milliseconds' worth of calls: whoever else uses the machine can make a sample only slower.

import Benchmark from 'benchmark';

/** Holds what the cases compute, so that no compiler finds out that nobody wants it. */
export const sink: { value: unknown } = { value: undefined };

/**
 * Runs cases and prints nanoseconds for each operation; `per` is how many operations a case does
 * in one call. Returns the nanoseconds by name.
 */
export function compare(
  title: string,
  per: number,
  cases: Readonly<Record<string, () => void>>,
): Map<string, number> {
  const found = new Map<string, number>();
  const suite = new Benchmark.Suite(title, { maxTime: 0.5 });
  for (const [name, run] of Object.entries(cases)) suite.add(name, run);
  console.log(title);
  suite.on('cycle', ({ target }: Benchmark.Event) => {
    const { name, stats, error } = target as unknown as Benchmark & { error?: Error };
    if (error !== undefined) throw error;
    const ns = (Math.min(...stats!.sample) * 1e9) / per;
    found.set(name!, ns);
    const first = found.values().next().value!;
    const share = (ns / first).toFixed(2).padStart(6);
    console.log(`  ${name!.padEnd(44)}${ns.toFixed(1).padStart(9)} ns ${share}`);
  });
  suite.run();
  return found;
}

/** A random source that gives the same numbers each time: integers from 0 to 2^31-1. */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    // The low bits of such a generator follow each other in short circles.
    return (state >>> 8) ^ ((state & 0xff) << 23);
  };
}
