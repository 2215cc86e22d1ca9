// What was sent to replicas lately, so that one whose connection broke can go on where it was.
//
// The stream is one sequence of bytes for all replicas, each with an offset; the first byte of all
// has 1. Bytes lie in blocks, which are filled once and never written again. Replicas do not have
// copies: each knows the offset of the next byte that it has to be sent, and is sent pieces of the
// blocks themselves.
//
//     first                                        end
//       |                                           |
//     [ block 1 ][ block 2 ][ block 3 ][ bloc        ]
//                      ^                       ^
//              a slow replica             all the others
//
// The oldest block goes when what remains is still as much as is wanted, and every replica is
// past it.

const SMALLEST_BLOCK = 16 * 1024;
const BLOCKS = 16; // At most this part of the backlog is one block.

type Block = { readonly bytes: Buffer; readonly offset: number; used: number };

export class Backlog {
  /** The offset of the oldest byte that is kept, */
  first: number;
  /** and how many there are from there on. */
  length = 0;
  /** How many bytes of memory it takes. */
  memory = 0;
  private readonly blocks: Block[] = [];

  /** The next byte to be added has this offset. */
  constructor(first: number) {
    this.first = first;
  }

  /** The offset of the byte that comes next. */
  get end(): number {
    return this.first + this.length;
  }

  /** Whether everything from an offset on is there. */
  has(offset: number): boolean {
    return offset >= this.first && offset <= this.end;
  }

  /** Adds copies of the first bytes of a buffer; returns whether that took new blocks. */
  add(bytes: Buffer, length: number, size: number): boolean {
    const most = Math.max(Math.floor(size / BLOCKS), SMALLEST_BLOCK);
    let grew = false;
    for (let at = 0; at < length; ) {
      let last = this.blocks[this.blocks.length - 1] as Block | undefined;
      if (last === undefined || last.used === last.bytes.length) {
        const room = Math.min(Math.max(length - at, SMALLEST_BLOCK), most);
        last = { bytes: Buffer.allocUnsafeSlow(room), offset: this.end, used: 0 };
        this.blocks.push(last);
        this.memory += room;
        grew = true;
      }
      const count = Math.min(length - at, last.bytes.length - last.used);
      bytes.copy(last.bytes, last.used, at, at + count);
      last.used += count;
      this.length += count;
      at += count;
    }
    return grew;
  }

  /** Lets go of what is beyond a size, and before the offset that somebody still needs. */
  trim(size: number, needed: number): void {
    const { blocks } = this;
    let gone = 0;
    while (gone < blocks.length - 1) {
      const { bytes, used, offset } = blocks[gone];
      if (this.length - used <= size || offset + used > needed) break;
      this.memory -= bytes.length;
      this.length -= used;
      this.first += used;
      gone++;
    }
    if (gone > 0) blocks.splice(0, gone);
  }

  /** The bytes from an offset on, about so many at most: they will not change any more. */
  from(offset: number, most: number): Buffer[] {
    const { blocks } = this;
    let low = 0;
    for (let high = blocks.length - 1; low < high; ) {
      const middle = (low + high + 1) >> 1;
      if (blocks[middle].offset <= offset) low = middle;
      else high = middle - 1;
    }
    const pieces: Buffer[] = [];
    for (let bytes = 0; low < blocks.length && bytes < most; low++) {
      const block = blocks[low];
      const start = Math.max(0, offset - block.offset);
      if (start === block.used) continue;
      pieces.push(block.bytes.subarray(start, block.used));
      bytes += block.used - start;
    }
    return pieces;
  }
}
