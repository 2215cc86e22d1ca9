// Which of a cluster's 16384 slots a key belongs to.
//
// The slot is the CRC16 of the key (the variant of XMODEM: polynomial 0x1021, from 0, most
// significant bit first), modulo 16384. Keys that must live together name what they
// share in braces: if there is a `{`, and a `}` somewhere after it, and anything between the two,
// then only that part is hashed. `{user:7}:name` and `{user:7}:mail` share a slot.

export const SLOT_COUNT = 16384;

const BRACE = 0x7b;
const table = makeTable();

/** 0 to 16383. The key is a byte string. */
export function keySlot(key: string): number {
  let start = 0;
  let end = key.length;
  for (let i = 0; i < end; i++) {
    if (key.charCodeAt(i) !== BRACE) continue;
    // Redis: only the first opening brace counts, and the first closing one after it.
    const close = key.indexOf('}', i + 1);
    if (close > i + 1) {
      start = i + 1;
      end = close;
    }
    break;
  }
  return crc16(key, start, end) & (SLOT_COUNT - 1);
}

/**
 * The slot that all keys belong to that a glob pattern can match, or -1 if they may be of any:
 * what makes the slot stands before the first wildcard, or there is none at all.
 */
export function patternSlot(pattern: string): number {
  const special = pattern.search(/[*?[\\]/);
  if (special < 0) return keySlot(pattern);
  const open = pattern.indexOf('{');
  const close = open < 0 ? -1 : pattern.indexOf('}', open + 1);
  if (close <= open + 1 || close > special) return -1;
  return crc16(pattern, open + 1, close) & (SLOT_COUNT - 1);
}

/** CRC16 (XMODEM) of the bytes from `start` up to `end`. */
export function crc16(s: string, start = 0, end: number = s.length): number {
  let crc = 0;
  for (let i = start; i < end; i++) {
    crc = ((crc << 8) ^ table[(crc >> 8) ^ s.charCodeAt(i)]) & 0xffff;
  }
  return crc;
}

function makeTable(): Uint16Array {
  const made = new Uint16Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
    made[byte] = crc;
  }
  return made;
}
