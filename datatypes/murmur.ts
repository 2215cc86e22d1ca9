// MurmurHash64A over the bytes of an element, and what a HyperLogLog wants of it.
//
// The hash needs products of 64 bits, of which JavaScript has none but BigInt's, at an allocation
// each. So a number of 64 bits is held as two of 32, and as one of the factors is always M:
//
//   (high * 2^32 + low) * M   mod 2^64
//     low half    low * M_LOW                                   what Math.imul keeps
//     high half   carry(low) + low * M_HIGH + high * M_LOW      mod 2^32, so imul again
//
// where carry(low) is the upper half of low * M_LOW, put together from products of 16 bits.
//
// The seed is Redis's, or else values written by one server would mean nothing to the other.

const SEED = 0xadc83b19;
const M_HIGH = 0xc6a4a793;
const M_LOW = 0x5bd1e995;
const M_LOW_UPPER = M_LOW >>> 16;
const M_LOW_LOWER = M_LOW & 0xffff;

const INDEX_BITS = 14;
const INDEX_MASK = (1 << INDEX_BITS) - 1;
const LOW_BITS_LEFT = 32 - INDEX_BITS;
const LONGEST_RUN = 51; // 50 bits are left of the hash; all zero, they count as one more.

/**
 * Where a byte string belongs in a HyperLogLog: its register in the lower 14 bits, and above
 * them its rank, 1 to 51, which is the place of the lowest set bit in the rest of the hash.
 */
export function place(element: string): number {
  const { length } = element;
  let low = SEED ^ Math.imul(length, M_LOW);
  let high = (carry(length) + Math.imul(length, M_HIGH)) | 0;
  const whole = length - (length & 7);
  for (let i = 0; i < whole; i += 8) {
    let lowWord = word(element, i);
    let highWord = word(element, i + 4);
    highWord = timesM(highWord, lowWord);
    lowWord = Math.imul(lowWord, M_LOW);
    lowWord ^= highWord >>> 15; // The 64 bits shifted by 47.
    high ^= timesM(highWord, lowWord);
    low ^= Math.imul(lowWord, M_LOW);
    high = timesM(high, low);
    low = Math.imul(low, M_LOW);
  }
  if (whole !== length) {
    for (let i = whole; i < length; i++) {
      const byte = element.charCodeAt(i) << ((i & 3) * 8);
      if (i - whole < 4) low ^= byte;
      else high ^= byte;
    }
    high = timesM(high, low);
    low = Math.imul(low, M_LOW);
  }
  low ^= high >>> 15;
  high = timesM(high, low);
  low = Math.imul(low, M_LOW);
  low ^= high >>> 15;
  return (rank(low >>> INDEX_BITS, high) << INDEX_BITS) | (low & INDEX_MASK);
}

function rank(rest: number, high: number): number {
  if (rest !== 0) return lowestBit(rest) + 1;
  return high === 0 ? LONGEST_RUN : LOW_BITS_LEFT + lowestBit(high) + 1;
}

function lowestBit(n: number): number {
  return 31 - Math.clz32(n & -n);
}

function word(bytes: string, at: number): number {
  return (
    bytes.charCodeAt(at) |
    (bytes.charCodeAt(at + 1) << 8) |
    (bytes.charCodeAt(at + 2) << 16) |
    (bytes.charCodeAt(at + 3) << 24)
  );
}

/** The upper half of (high * 2^32 + low) * M. */
function timesM(high: number, low: number): number {
  return (carry(low) + Math.imul(low, M_HIGH) + Math.imul(high, M_LOW)) | 0;
}

/** The upper 32 bits of low * M_LOW, both without a sign. */
function carry(low: number): number {
  const lower = low & 0xffff;
  const upper = low >>> 16;
  // Each sum stays below 2^32: a product of 16 bits leaves room for one more number of 16.
  const first = (Math.imul(upper, M_LOW_LOWER) >>> 0) + (Math.imul(lower, M_LOW_LOWER) >>> 16);
  const second = (Math.imul(lower, M_LOW_UPPER) >>> 0) + (first & 0xffff);
  return Math.imul(upper, M_LOW_UPPER) + (first >>> 16) + (second >>> 16);
}
