// The packed forms of former times, which Redis still reads and no longer writes: ziplists (until
// 7.0) and zipmaps (until 2.4). Read with suspicion, like those of today.
//
// A ziplist:
//
//   header   4 bytes: the size of all of it; 4 bytes: where the last entry begins; 2 bytes: how
//            many entries, 65535 if more
//   entries  how long the entry before was, in one byte, or 254 and four; the encoding; the data
//   0xff     the end
//
// A zipmap, which has fields and values by turns:
//
//   header   1 byte: how many pairs, 254 if more
//   entries  the length, in one byte, or 254 and four; behind the length of a value, a byte that
//            says how many bytes are unused after it; the data
//   0xff     the end

const ZIPLIST_HEADER = 10;
const END = 0xff;
const LONG = 0xfe; // The length before, or of what follows, has four bytes more.
const UNCOUNTED = 0xffff;

/** The elements of a ziplist, or null if it is none. */
export function unzip(list: Buffer): string[] | null {
  const end = list.length - 1;
  if (end < ZIPLIST_HEADER || list.readUInt32LE(0) !== list.length || list[end] !== END)
    return null;
  const elements: string[] = [];
  let at = ZIPLIST_HEADER;
  let last = 0; // Where the last entry begins,
  let before = 0; // and how long it is.
  while (at < end && list[at] !== END) {
    const long = list[at] === LONG;
    const start = at + (long ? 5 : 1);
    if (start >= end) return null;
    if ((long ? list.readUInt32LE(at + 1) : list[at]) !== before) return null;
    const header = headerBytes(list[start]);
    if (header === 0 || start + header > end) return null;
    const data = start + header;
    const bytes = dataBytes(list, start);
    if (data + bytes > end) return null;
    elements.push(
      header === 1 && list[start] >= 0xc0
        ? integer(list, start)
        : list.latin1Slice(data, data + bytes),
    );
    before = data + bytes - at;
    last = at;
    at = data + bytes;
  }
  if (at !== end || (last !== 0 && list.readUInt32LE(4) !== last)) return null;
  if (list.readUInt32LE(4) > end) return null;
  const count = list.readUInt16LE(8);
  return count === UNCOUNTED || count === elements.length ? elements : null;
}

/** Bytes of an entry's encoding; 0 if it is none. */
function headerBytes(first: number): number {
  if (first < 0x40) return 1;
  if (first < 0x80) return 2;
  if (first < 0xc0) return 5;
  if (first === 0xc0 || first === 0xd0 || first === 0xe0 || first === 0xf0) return 1;
  return first >= 0xf1 && first <= 0xfe ? 1 : 0;
}

/** Bytes of an entry's data, whose encoding is there. */
function dataBytes(list: Buffer, at: number): number {
  const first = list[at];
  if (first < 0x40) return first;
  if (first < 0x80) return ((first & 0x3f) << 8) | list[at + 1];
  if (first < 0xc0) return list.readUInt32BE(at + 1);
  switch (first) {
    case 0xc0:
      return 2;
    case 0xd0:
      return 4;
    case 0xe0:
      return 8;
    case 0xf0:
      return 3;
    case 0xfe:
      return 1;
    default:
      return 0;
  }
}

function integer(list: Buffer, at: number): string {
  switch (list[at]) {
    case 0xc0:
      return String(list.readInt16LE(at + 1));
    case 0xd0:
      return String(list.readInt32LE(at + 1));
    case 0xe0:
      return list.readBigInt64LE(at + 1).toString();
    case 0xf0:
      return String(list.readIntLE(at + 1, 3));
    case 0xfe:
      return String(list.readInt8(at + 1));
    default:
      return String((list[at] & 0x0f) - 1); // 0 to 12, in the encoding itself.
  }
}

/** The fields and values of a zipmap by turns, or null if it is none. */
export function unzipMap(map: Buffer): string[] | null {
  const end = map.length - 1;
  if (end < 1 || map[end] !== END) return null;
  const elements: string[] = [];
  let at = 1;
  while (map[at] !== END) {
    const isValue = elements.length % 2 === 1;
    const long = map[at] === LONG;
    const start = at + (long ? 5 : 1);
    if (start > end) return null;
    const bytes = long ? map.readUInt32LE(at + 1) : map[at];
    const data = start + (isValue ? 1 : 0);
    const unused = isValue ? map[start] : 0;
    if (data + bytes + unused > end) return null;
    elements.push(map.latin1Slice(data, data + bytes));
    at = data + bytes + unused;
  }
  if (at !== end || elements.length === 0 || elements.length % 2 !== 0) return null;
  return map[0] >= LONG || map[0] === elements.length / 2 ? elements : null;
}
