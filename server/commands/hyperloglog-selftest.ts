// PFSELFTEST: whether HyperLogLogs keep what they are given, sparse and dense, and estimate well.

import {
  addElement,
  emptyHyperLogLog,
  estimateOf,
  raise,
  raiseRanks,
  refreshEstimate,
  REGISTERS,
  toDense,
} from '../../datatypes/hyperloglog.ts';
import type { Random } from '../clock.ts';

const ROUNDS = 20;
const MOST_RANK = 51;
const SPARSE_MAX = 3000;
// Unlike Redis: PFSELFTEST stops at this many elements, not ten million, which takes seconds.
const MOST_ELEMENTS = 100_000;
const STANDARD_ERROR = 1.04 / Math.sqrt(REGISTERS);

/** What is wrong, as an error line; or null. */
export function selfTest(random: Random): string | null {
  return testRegisters(random) ?? testEstimates(random);
}

/** Dense registers must hold what was written to them, whatever is written beside them. */
function testRegisters(random: Random): string | null {
  const hll = emptyHyperLogLog();
  toDense(hll);
  const wanted = new Uint8Array(REGISTERS);
  const found = new Uint8Array(REGISTERS);
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < REGISTERS; i++) {
      const rank = random.below(MOST_RANK + 1);
      wanted[i] = Math.max(wanted[i], rank);
      raise(hll, i, rank, SPARSE_MAX);
    }
    found.fill(0);
    raiseRanks(found, hll.buf, hll.length);
    const at = wanted.findIndex((rank, i) => rank !== found[i]);
    if (at >= 0) return `TESTFAILED Register ${at} should be ${wanted[at]} but is ${found[at]}`;
  }
  return null;
}

/** Both encodings must estimate the same, and not too far from the truth. */
function testEstimates(random: Random): string | null {
  const sparse = emptyHyperLogLog();
  const dense = emptyHyperLogLog();
  toDense(dense);
  const prefix = `${random.below(2 ** 31)}:`;
  let checkpoint = 1;
  for (let count = 1; count <= MOST_ELEMENTS; count++) {
    const element = prefix + count;
    addElement(sparse, element, SPARSE_MAX);
    addElement(dense, element, SPARSE_MAX);
    if (count !== checkpoint) continue;
    refreshEstimate(sparse);
    refreshEstimate(dense);
    const estimate = Number(estimateOf(dense));
    if (Number(estimateOf(sparse)) !== estimate) {
      return 'TESTFAILED dense/sparse disagree';
    }
    // Six times the standard error; few elements may all fall together, so one is allowed.
    const error = Math.abs(estimate - count);
    if (error > Math.ceil(STANDARD_ERROR * 6 * count) + 1) {
      return `TESTFAILED Too big error. card:${count} abserr:${error}`;
    }
    checkpoint *= 10;
  }
  return null;
}
