// HyperLogLog: how many different elements were seen, told from 12 kilobytes.
//
// The idea (Flajolet and others, 2007). Hash each element. If half of all hashes end in 1, a
// quarter in 10, an eighth in 100, then the longest run of zeros met at the end of a hash says
// roughly how many different hashes there were, and repeats change nothing. One run is a
// poor witness, so there are 16384: the lower 14 bits of a hash pick a register, and the register
// keeps the longest run (plus one: the rank) met in the other 50 bits. The error of the
// estimate made from them is 1.04 / sqrt(16384), or 0.81%.
//
// The value is a string, byte for byte the one that Redis keeps, so GET on one server and SET
// on another is all it takes to move it:
//
//    0 "HYLL"   4 encoding   5 three unused   8 the last estimate, 64 bits   16 registers
//
// The estimate is kept until a register changes; then its highest bit says that it is stale.
//
// Dense (0). Ranks go to 51, so six bits do. Register i begins at bit 6i, and bits are counted
// from the lowest of each byte: four registers lie in three bytes, 12288 bytes in all.
//
//    byte       0          1          2
//    register   11000000   22221111   33333322     highest bit first
//
// Sparse (1). While few registers are set, the registers are written as runs:
//
//    ZERO    00nnnnnn            n + 1 registers (to 64) are zero
//    XZERO   01nnnnnn nnnnnnnn   n + 1 registers (to 16384) are zero
//    VAL     1vvvvvnn            n + 1 registers (to 4) hold v + 1 (to 32)
//
// An empty value is XZERO 16384: two bytes. Raising a register splits the run that it lies in,
// and equal VALs beside each other are joined again. Once the value would grow beyond
// hll-sparse-max-bytes, or a rank beyond 32 comes, it becomes dense, and stays so.
//
// Anybody can SET such a string, and not everybody will do it right. Runs that do not add up to
// 16384 registers are found out where they are read, and then nothing is answered.
//
// The estimate is Ertl's (2017): from how many registers hold each rank, with one series that
// corrects for small numbers (sigma) and one for large (tau), no tables and no special cases.

import { Bytes, type StringValue } from './string.ts';
import { place } from './murmur.ts';

export const REGISTERS = 16384;
export const HEADER = 16;

const MAGIC = 0x4c4c5948; // 'HYLL' as a number, its first byte the lowest.
const DENSE_BYTES = HEADER + (REGISTERS * 6) / 8;
const ENCODING_AT = 4;
const ESTIMATE_AT = 8;
const STALE_AT = 15;
const STALE = 0x80;
export const DENSE = 0;
export const SPARSE = 1;

/** What raising a register, or adding an element, came to. */
export const UNCHANGED = 0;
export const CHANGED = 1;
export const CORRUPT = -1;

const LAST_RANK = 51;
const MOST_IN_VAL = 32;
const LONGEST_VAL = 4;
const LONGEST_ZERO = 64;

/** Whether a string begins as a HyperLogLog does. Its runs may be wrong all the same. */
export function isHyperLogLog(value: StringValue): boolean {
  if (typeof value === 'number' || value.length < HEADER) return false;
  let encoding: number;
  if (value instanceof Bytes) {
    if (value.buf.readInt32LE(0) !== MAGIC) return false;
    encoding = value.buf[ENCODING_AT];
  } else {
    if (!value.startsWith('HYLL')) return false;
    encoding = value.charCodeAt(ENCODING_AT);
  }
  if (encoding === DENSE) return value.length === DENSE_BYTES;
  return encoding === SPARSE;
}

/** A HyperLogLog that has seen nothing. */
export function emptyHyperLogLog(): Bytes {
  const hll = Bytes.zeros(HEADER + 2);
  hll.buf.write('HYLL', 'latin1');
  hll.buf[ENCODING_AT] = SPARSE;
  writeZeros(hll.buf, HEADER, REGISTERS);
  return hll;
}

export function encodingOf(hll: Bytes): number {
  return hll.buf[ENCODING_AT];
}

/**
 * Adds an element to a value fit to be written to, which becomes dense if it would take more
 * than `sparseMax` bytes. CORRUPT leaves it as it was.
 */
export function addElement(hll: Bytes, element: string, sparseMax: number): number {
  const at = place(element);
  return raise(hll, at & (REGISTERS - 1), at >> 14, sparseMax);
}

/** Lets a register hold at least this rank: the same as addElement(), without the hash. */
export function raise(hll: Bytes, register: number, rank: number, sparseMax: number): number {
  if (encodingOf(hll) === SPARSE) return raiseSparse(hll, register, rank, sparseMax);
  const { buf } = hll;
  if (denseRank(buf, register) >= rank) return UNCHANGED;
  setDenseRank(buf, register, rank);
  return CHANGED;
}

/** Whether the estimate that is written in the value still holds. */
export function isEstimated(hll: Bytes): boolean {
  return (hll.buf[STALE_AT] & STALE) === 0;
}

export function forgetEstimate(hll: Bytes): void {
  hll.buf[STALE_AT] |= STALE;
}

/** The estimate that is written in the value, as 64 bits with a sign. */
export function estimateOf(hll: Bytes): number | bigint {
  const high = hll.buf.readInt32LE(ESTIMATE_AT + 4);
  if (high < 0 || high >= 2 ** 21) return hll.buf.readBigInt64LE(ESTIMATE_AT);
  return high * 2 ** 32 + hll.buf.readUInt32LE(ESTIMATE_AT);
}

/** Estimates anew, and writes it into the value. False, and nothing written, if it is corrupt. */
export function refreshEstimate(hll: Bytes): boolean {
  histogram.fill(0);
  const { buf, length } = hll;
  if (encodingOf(hll) === DENSE) countDense(buf);
  else if (!countSparse(buf, length)) return false;
  buf.writeBigInt64LE(BigInt(estimate()), ESTIMATE_AT);
  return true;
}

/** Estimates from ranks, one a register. -2^63 if it is beyond 64 bits with a sign. */
export function estimateRanks(ranks: Uint8Array): number {
  histogram.fill(0);
  for (let i = 0; i < REGISTERS; i++) histogram[ranks[i]]++;
  return estimate();
}

/**
 * Raises each of `ranks`, one a register, to what a value of `length` bytes holds for it. False if
 * the value is corrupt; some may have been raised then.
 */
export function raiseRanks(ranks: Uint8Array, buf: Buffer, length: number): boolean {
  if (buf[ENCODING_AT] === DENSE) {
    for (let i = 0, at = HEADER; i < REGISTERS; i += 4, at += 3) {
      const four = buf[at] | (buf[at + 1] << 8) | (buf[at + 2] << 16);
      if ((four & 63) > ranks[i]) ranks[i] = four & 63;
      if (((four >> 6) & 63) > ranks[i + 1]) ranks[i + 1] = (four >> 6) & 63;
      if (((four >> 12) & 63) > ranks[i + 2]) ranks[i + 2] = (four >> 12) & 63;
      if (four >> 18 > ranks[i + 3]) ranks[i + 3] = four >> 18;
    }
    return true;
  }
  let register = 0;
  for (let at = HEADER; at < length; at += opcodeLength(buf[at])) {
    const end = register + runLength(buf, at);
    if (end > REGISTERS) return false;
    const rank = rankOf(buf[at]);
    if (rank === 0) register = end;
    for (; register < end; register++) if (rank > ranks[register]) ranks[register] = rank;
  }
  return register === REGISTERS;
}

/** Makes a value dense that holds the given ranks; its header stays. */
export function writeRanks(hll: Bytes, ranks: Uint8Array): void {
  const buf = Buffer.alloc(DENSE_BYTES);
  hll.buf.copy(buf, 0, 0, HEADER);
  buf[ENCODING_AT] = DENSE;
  for (let i = 0, at = HEADER; i < REGISTERS; i += 4, at += 3) {
    const four = ranks[i] | (ranks[i + 1] << 6) | (ranks[i + 2] << 12) | (ranks[i + 3] << 18);
    buf[at] = four;
    buf[at + 1] = four >> 8;
    buf[at + 2] = four >> 16;
  }
  hll.buf = buf;
  hll.length = DENSE_BYTES;
}

const scratch = new Uint8Array(REGISTERS);

/** Makes a value dense. False, and nothing done, if it is corrupt. */
export function toDense(hll: Bytes): boolean {
  if (encodingOf(hll) === DENSE) return true;
  scratch.fill(0);
  if (!raiseRanks(scratch, hll.buf, hll.length)) return false;
  writeRanks(hll, scratch);
  return true;
}

/** The runs of a sparse value in words: z and Z for zeros, v for a rank and how often. */
export function describeRuns(hll: Bytes): string {
  const { buf, length } = hll;
  const runs: string[] = [];
  for (let at = HEADER; at < length; at += opcodeLength(buf[at])) {
    const run = runLength(buf, at);
    if (isVal(buf[at])) runs.push(`v:${rankOf(buf[at])},${run}`);
    else runs.push(isXzero(buf[at]) ? `Z:${run}` : `z:${run}`);
  }
  return runs.join(' ');
}

function denseRank(buf: Buffer, register: number): number {
  const bit = register * 6;
  const at = HEADER + (bit >> 3);
  const shift = bit & 7;
  const low = buf[at] >> shift;
  return (shift > 2 ? low | (buf[at + 1] << (8 - shift)) : low) & 63;
}

function setDenseRank(buf: Buffer, register: number, rank: number): void {
  const bit = register * 6;
  const at = HEADER + (bit >> 3);
  const shift = bit & 7;
  buf[at] = (buf[at] & ~(63 << shift)) | (rank << shift);
  if (shift > 2) buf[at + 1] = (buf[at + 1] & ~(63 >> (8 - shift))) | (rank >> (8 - shift));
}

function isVal(opcode: number): boolean {
  return (opcode & 0x80) !== 0;
}

function isXzero(opcode: number): boolean {
  return (opcode & 0xc0) === 0x40;
}

function opcodeLength(opcode: number): number {
  return isXzero(opcode) ? 2 : 1;
}

/** The rank that an opcode gives to its run; 0 for zeros. */
function rankOf(opcode: number): number {
  return isVal(opcode) ? ((opcode >> 2) & 31) + 1 : 0;
}

/** For how many registers the opcode at this place speaks. */
function runLength(buf: Buffer, at: number): number {
  const opcode = buf[at];
  if (isVal(opcode)) return (opcode & 3) + 1;
  // A second byte that is missing reads as zero, in Redis too.
  if (isXzero(opcode)) return (((opcode & 63) << 8) | buf[at + 1]) + 1;
  return (opcode & 63) + 1;
}

/** Writes so many zeros, if any, and returns the place behind them. */
function writeZeros(to: Uint8Array, at: number, run: number): number {
  if (run === 0) return at;
  if (run <= LONGEST_ZERO) {
    to[at] = run - 1;
    return at + 1;
  }
  to[at] = 0x40 | ((run - 1) >> 8);
  to[at + 1] = run - 1;
  return at + 2;
}

function writeVal(to: Uint8Array, at: number, rank: number, run: number): number {
  if (run === 0) return at;
  to[at] = 0x80 | ((rank - 1) << 2) | (run - 1);
  return at + 1;
}

const pieces = new Uint8Array(5); // What takes the place of an opcode: two XZEROs and a VAL.

function raiseSparse(hll: Bytes, register: number, rank: number, sparseMax: number): number {
  if (rank > MOST_IN_VAL) return raiseAsDense(hll, register, rank);
  const { buf, length } = hll;
  let at = HEADER;
  let previous = HEADER;
  let first = 0;
  let run = 0;
  for (; at < length; at += opcodeLength(buf[at])) {
    run = runLength(buf, at);
    if (register < first + run) break;
    previous = at;
    first += run;
  }
  if (at >= length) return CORRUPT;

  const old = rankOf(buf[at]);
  if (old >= rank) return UNCHANGED;
  const before = register - first;
  const behind = run - 1 - before;
  let size: number;
  if (isVal(buf[at])) {
    size = writeVal(pieces, 0, old, before);
    size = writeVal(pieces, size, rank, 1);
    size = writeVal(pieces, size, old, behind);
  } else {
    size = writeZeros(pieces, 0, before);
    size = writeVal(pieces, size, rank, 1);
    size = writeZeros(pieces, size, behind);
  }
  const growth = size - opcodeLength(buf[at]);
  if (growth > 0 && length + growth > sparseMax) return raiseAsDense(hll, register, rank);
  splice(hll, at, growth, size);
  joinVals(hll, previous);
  forgetEstimate(hll);
  return CHANGED;
}

function raiseAsDense(hll: Bytes, register: number, rank: number): number {
  if (!toDense(hll)) return CORRUPT;
  setDenseRank(hll.buf, register, rank);
  return CHANGED;
}

/** Puts `size` bytes of `pieces` in the place of the opcode, which makes the value grow. */
function splice(hll: Bytes, at: number, growth: number, size: number): void {
  const { length } = hll;
  const buf = growth > 0 ? hll.edit(length + growth) : hll.buf;
  const next = at + size - growth;
  if (growth !== 0 && next < length) buf.copyWithin(next + growth, next, length);
  hll.length = length + growth;
  // A last opcode cut short, which only a corrupt value has, leaves less room than that.
  for (let i = 0; i < size && at + i < hll.length; i++) buf[at + i] = pieces[i];
  if (growth < 0) buf.fill(0, hll.length, length);
}

/** Joins VALs of one rank, as far as Redis looks for them: five opcodes from this one on. */
function joinVals(hll: Bytes, from: number): void {
  const { buf } = hll;
  let at = from;
  for (let left = 5; left > 0 && at < hll.length; left--) {
    const opcode = buf[at];
    const next = at + 1;
    if (isVal(opcode) && next < hll.length && (opcode | 3) === (buf[next] | 3)) {
      const run = runLength(buf, at) + runLength(buf, next);
      if (run <= LONGEST_VAL) {
        writeVal(buf, next, rankOf(opcode), run);
        buf.copyWithin(at, next, hll.length);
        hll.length--;
        buf[hll.length] = 0;
        continue; // The joined one may join its neighbour.
      }
    }
    at += opcodeLength(opcode);
  }
}

// How many registers hold each rank. Dense ones may hold more than a hash can give: those do
// not count.
const histogram = new Int32Array(64);

function countDense(buf: Buffer): void {
  for (let at = HEADER; at < DENSE_BYTES; at += 3) {
    const four = buf[at] | (buf[at + 1] << 8) | (buf[at + 2] << 16);
    histogram[four & 63]++;
    histogram[(four >> 6) & 63]++;
    histogram[(four >> 12) & 63]++;
    histogram[four >> 18]++;
  }
}

function countSparse(buf: Buffer, length: number): boolean {
  let registers = 0;
  for (let at = HEADER; at < length; at += opcodeLength(buf[at])) {
    const run = runLength(buf, at);
    registers += run;
    if (registers > REGISTERS) return false;
    histogram[rankOf(buf[at])] += run;
  }
  return registers === REGISTERS;
}

const ALPHA = 1 / (2 * Math.LN2);

/** The estimate from the histogram. */
function estimate(): number {
  const m = REGISTERS;
  let z = m * tau((m - histogram[LAST_RANK]) / m);
  for (let rank = LAST_RANK - 1; rank >= 1; rank--) z = (z + histogram[rank]) * 0.5;
  z += m * sigma(histogram[0] / m);
  const count = Math.round((ALPHA * m * m) / z);
  // Redis: what no int64 holds becomes the lowest of them.
  return count < 2 ** 63 ? count : -(2 ** 63);
}

/** Registers that are still zero: x + x²·1 + x⁴·2 + x⁸·4 + ... */
function sigma(x: number): number {
  if (x === 1) return Number.POSITIVE_INFINITY;
  let weight = 1;
  let sum = x;
  for (let last = Number.NaN; last !== sum; weight += weight) {
    x *= x;
    last = sum;
    sum += x * weight;
  }
  return sum;
}

/** Registers that can grow no more: (1 - x - (1-x½)²/2 - (1-x¼)²/4 - ...) / 3 */
function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let weight = 0.5;
  let sum = 1 - x;
  for (let last = Number.NaN; last !== sum; weight *= 0.5) {
    x = Math.sqrt(x);
    last = sum;
    sum -= (1 - x) ** 2 * weight;
  }
  return sum / 3;
}
