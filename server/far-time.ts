// Times too far away for a double, kept in a double.
//
// Redis counts in 64-bit integers, and a key may expire at any of them: PEXPIREAT takes
// 9223372036854775807, and PEXPIRETIME gives it back. A column of doubles (keyspace.ts) is
// exact up to 2^53, the year 287,396. For what lies beyond, the 63 bits that a negative double
// has besides its sign hold how much it is more than that. This is never zero, which means no
// time at all, nor do they get as far as the bits of infinities and NaN, which may change when
// they are moved.

const BASE = BigInt(Number.MAX_SAFE_INTEGER);
const SIGN = 1n << 63n;

const cell = new Float64Array(1);
const bits = new BigUint64Array(cell.buffer);

/** A time beyond 2^53 - 1, as a negative double to be kept. */
export function packTime(whenMs: bigint): number {
  bits[0] = SIGN | (whenMs - BASE);
  return cell[0];
}

/** The time that packTime() was given. */
export function unpackTime(packed: number): bigint {
  cell[0] = packed;
  return (bits[0] ^ SIGN) + BASE;
}
