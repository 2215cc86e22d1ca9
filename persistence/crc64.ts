// The checksum at the end of RDB files and DUMP payloads: a CRC of 64 bits with the polynomial
// that David T. Jones found for protein sequences, bits reflected, nothing added at either end.
//
// A CRC is the remainder of a division, and remainders of sums add up: what eight bytes do to
// the register is the sum of what each of them does alone. So there are eight tables, one for each
// distance of a byte from the end of its group, and a group costs eight look-ups that do not wait
// for each other ("slicing by 8", Kounavis and Berry, 2005).
//
// Numbers of 64 bits are pairs of 32-bit halves: a BigInt for each step would cost more than all
// the rest.

const POLYNOMIAL_LOW = 0xac4bc9b5 | 0; // 0xad93d23594c935a9 with its bits reversed.
const POLYNOMIAL_HIGH = 0x95ac9329 | 0;

// low half of table k, entry i, at (k * 256 + i) * 2; the high half behind it.
const tables = makeTables();

function makeTables(): Int32Array {
  const made = new Int32Array(8 * 256 * 2);
  for (let byte = 0; byte < 256; byte++) {
    let low = byte;
    let high = 0;
    for (let bit = 0; bit < 8; bit++) {
      const odd = low & 1;
      low = (low >>> 1) | (high << 31);
      high >>>= 1;
      if (odd !== 0) {
        low ^= POLYNOMIAL_LOW;
        high ^= POLYNOMIAL_HIGH;
      }
    }
    made[byte * 2] = low;
    made[byte * 2 + 1] = high;
  }
  for (let at = 512; at < made.length; at += 2) {
    // One more byte of zeros behind what the table before has.
    const low = made[at - 512];
    const high = made[at - 511];
    const entry = (low & 255) * 2;
    made[at] = ((low >>> 8) | (high << 24)) ^ made[entry];
    made[at + 1] = (high >>> 8) ^ made[entry + 1];
  }
  return made;
}

/** A checksum in the making. */
export class Crc64 {
  private low = 0;
  private high = 0;

  /** Takes in some bytes. */
  update(bytes: Uint8Array, from = 0, to: number = bytes.length): void {
    const table = tables;
    let { low, high } = this;
    let at = from;
    for (; at + 8 <= to; at += 8) {
      const a =
        low ^ (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24));
      const b =
        high ^
        (bytes[at + 4] | (bytes[at + 5] << 8) | (bytes[at + 6] << 16) | (bytes[at + 7] << 24));
      const e0 = ((a & 255) << 1) + 3584;
      const e1 = ((a >>> 7) & 510) + 3072;
      const e2 = ((a >>> 15) & 510) + 2560;
      const e3 = ((a >>> 23) & 510) + 2048;
      const e4 = ((b & 255) << 1) + 1536;
      const e5 = ((b >>> 7) & 510) + 1024;
      const e6 = ((b >>> 15) & 510) + 512;
      const e7 = (b >>> 23) & 510;
      low =
        table[e0] ^
        table[e1] ^
        table[e2] ^
        table[e3] ^
        table[e4] ^
        table[e5] ^
        table[e6] ^
        table[e7];
      high =
        table[e0 + 1] ^
        table[e1 + 1] ^
        table[e2 + 1] ^
        table[e3 + 1] ^
        table[e4 + 1] ^
        table[e5 + 1] ^
        table[e6 + 1] ^
        table[e7 + 1];
    }
    for (; at < to; at++) {
      const entry = ((low ^ bytes[at]) & 255) << 1;
      low = ((low >>> 8) | (high << 24)) ^ table[entry];
      high = (high >>> 8) ^ table[entry + 1];
    }
    this.low = low;
    this.high = high;
  }

  /** Writes the eight bytes of it, as files have them, and returns the offset behind them. */
  write(to: Buffer, at: number): number {
    to.writeInt32LE(this.low, at);
    return to.writeInt32LE(this.high, at + 4);
  }

  /** Whether the eight bytes at an offset are this checksum. */
  matches(bytes: Buffer, at: number): boolean {
    return bytes.readInt32LE(at) === this.low && bytes.readInt32LE(at + 4) === this.high;
  }

  /** As 16 hexadecimal digits. */
  get hex(): string {
    return [this.high, this.low].map((n) => (n >>> 0).toString(16).padStart(8, '0')).join('');
  }
}
