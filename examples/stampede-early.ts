// Against the stampede, by chance: somebody computes a little before the key expires.
//
// The problem: as in stampede-lock.ts, but nobody is to wait, and nobody is to be locked out.
// The idea: each reader rolls a die; the nearer the end and the dearer the computation, the
// likelier it is to compute now, while all others still have the old value. With an exponential
// die the expected number of those who compute is about one, however many read.
// Not when: the key is read once an hour. Nobody comes by in the last moments, and it just expires.
//
// Specification: Vattani, Chierichetti, Lowenstein, "Optimal Probabilistic Cache Stampede
// Prevention", VLDB 2015.

import type { Client } from '../client/index.ts';

export interface Early {
  /** More than 1: earlier; less: later. */
  eagerness?: number;
  /** At least 0, less than 1. */
  chance?: () => number;
}

/** What `compute` gives for the key, computed again a little before `seconds` are over. */
export async function refreshedEarly<T>(
  client: Client,
  key: string,
  seconds: number,
  compute: () => Promise<T>,
  { eagerness = 1, chance = Math.random }: Early = {},
): Promise<T> {
  const [kept, left] = await client.pipeline((p) => [p.hgetall(key), p.pttl(key)]);
  const { value, cost } = kept;
  if (value !== undefined) {
    const early = Number(cost) * eagerness * -Math.log(1 - chance());
    if (early < left) return JSON.parse(value) as T;
  }

  const begun = performance.now();
  const fresh = await compute();
  const milliseconds = performance.now() - begun;
  await client.multi((tx) => [
    tx.hset(key, { value: JSON.stringify(fresh), cost: milliseconds }),
    tx.expire(key, seconds),
  ]);
  return fresh;
}
