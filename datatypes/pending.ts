// Pending entries: what a consumer group has handed out and nobody has acknowledged yet.
//
// A group looks an entry up by its ID (XACK, XCLAIM), walks from some ID on (XPENDING,
// XAUTOCLAIM), and nearly always adds behind all others, because IDs grow. The same holds for each
// of its consumers, so there is one kind of list for both, and the entries are shared:
//
//     group      [ 1-1  1-2  1-3  1-4 | 2-1  2-2  2-3 | ... ]    blocks of up to 64
//                   |    |    |    |     |
//     ada        [ 1-1  1-2        1-4 ]                         the same objects
//     bob        [           1-3        | 2-1 ... ]
//
// A block is a sorted array. `starts` holds for each block an ID that none of its entries is
// below, and all entries of the blocks before are: binary search goes over those, and then over one
// block. A block that is full is cut in two, unless the entry comes behind all others: then a
// new block begins, and those before stay full. One that has become nearly empty joins its
// neighbour. Blocks that go from the front leave a gap, which is closed when it has become larger
// than the rest. So there are at most about N/8 blocks, and what moves when an entry comes or goes
// is a fraction of one block.
//
// Beside Redis's two radix trees this is less to walk and no more to keep: for each entry an
// object, its ID, and one word in either list.

/** An entry that was handed out. */
export class Pending<Owner> {
  readonly id: string;
  /** Who has it. */
  owner: Owner;
  /** When it was handed out last, Unix ms. */
  deliveredMs: number;
  /** How often it was handed out; a bigint beyond what a number holds exactly. */
  deliveries: number | bigint;

  constructor(id: string, owner: Owner, deliveredMs: number, deliveries: number | bigint) {
    this.id = id;
    this.owner = owner;
    this.deliveredMs = deliveredMs;
    this.deliveries = deliveries;
  }
}

const FULL = 64;
const FEW = FULL / 4; // A block with fewer looks for a neighbour to join.

const SMALL_GAP = 32; // A gap up to this size may stay.

const ENTRY_BYTES = 56 + 16 + 32; // An object of four fields, a time outside of it, and an ID.
const WORD_BYTES = 8;
const BLOCK_BYTES = 96;

export class PendingList<Owner> {
  /** How many entries there are. */
  size = 0;
  private blocks: Pending<Owner>[][] = [];
  private starts: string[] = [];
  private gap = 0; // Where the first block is.
  // Where next() goes on: an entry, or the end of a block.
  private block = 0;
  private offset = 0;

  get first(): Pending<Owner> | undefined {
    return this.size === 0 ? undefined : this.blocks[this.gap][0];
  }

  get last(): Pending<Owner> | undefined {
    if (this.size === 0) return undefined;
    const block = this.blocks[this.blocks.length - 1];
    return block[block.length - 1];
  }

  /** The entry with an ID, or undefined. */
  find(id: string): Pending<Owner> | undefined {
    if (this.size === 0) return undefined;
    const block = this.blocks[this.blockOf(id)];
    const i = offsetIn(block, id);
    return i < block.length && block[i].id === id ? block[i] : undefined;
  }

  /** Adds an entry whose ID is not here yet. */
  add(entry: Pending<Owner>): void {
    const { id } = entry;
    const last = this.blocks.length - 1;
    this.size++;
    if (this.size === 1 || id > this.blocks[last][this.blocks[last].length - 1].id) {
      if (last >= this.gap && this.blocks[last].length < FULL) {
        this.blocks[last].push(entry);
      } else {
        this.blocks.push([entry]);
        this.starts.push(id);
      }
      return;
    }
    let at = this.blockOf(id);
    if (this.blocks[at].length === FULL) {
      this.split(at);
      if (id >= this.starts[at + 1]) at++;
    }
    const block = this.blocks[at];
    const i = offsetIn(block, id);
    block.push(entry);
    for (let k = block.length - 1; k > i; k--) block[k] = block[k - 1];
    block[i] = entry;
    if (id < this.starts[at]) this.starts[at] = id;
  }

  /**
   * Removes the entry with an ID and returns it, or undefined if there is none. Whoever walks has
   * to seek again.
   */
  remove(id: string): Pending<Owner> | undefined {
    if (this.size === 0) return undefined;
    const at = this.blockOf(id);
    const block = this.blocks[at];
    const i = offsetIn(block, id);
    if (i === block.length || block[i].id !== id) return undefined;
    const entry = block[i];
    if (i === 0) {
      block.shift();
    } else {
      for (let k = i + 1; k < block.length; k++) block[k - 1] = block[k];
      block.length--;
    }
    this.size--;
    if (block.length === 0) this.drop(at);
    else if (block.length < FEW) this.join(at);
    return entry;
  }

  /** Makes next() begin with the first entry whose ID is not below this one. */
  seek(id: string): void {
    this.block = this.gap;
    this.offset = 0;
    if (this.size === 0) return;
    this.block = this.blockOf(id);
    this.offset = offsetIn(this.blocks[this.block], id);
  }

  /** The next entry of a walk, or undefined at its end. */
  next(): Pending<Owner> | undefined {
    if (this.block === this.blocks.length) return undefined;
    if (this.offset === this.blocks[this.block].length) {
      this.offset = 0;
      if (++this.block === this.blocks.length) return undefined;
    }
    return this.blocks[this.block][this.offset++];
  }

  /** Bytes of the list; of its entries too if it is theirs. */
  memory(withEntries: boolean): number {
    const each = WORD_BYTES + (withEntries ? ENTRY_BYTES : 0);
    return this.size * each + (this.blocks.length - this.gap) * BLOCK_BYTES;
  }

  /** Throws unless every invariant above holds. For tests; O(N). */
  check(): void {
    let count = 0;
    let before = '';
    if (this.starts.length !== this.blocks.length) throw new Error('not one start for each block');
    this.blocks.slice(0, this.gap).forEach((block, at) => {
      if (block.length > 0 || this.starts[at] !== '') throw new Error('something in the gap');
    });
    this.blocks.forEach((block, at) => {
      if (at < this.gap) return;
      if (block.length === 0 || block.length > FULL) throw new Error(`a block of ${block.length}`);
      if (at > this.gap && this.starts[at] <= before) throw new Error('a start that is too low');
      if (block[0].id < this.starts[at]) throw new Error('a start that is too high');
      for (const { id } of block) {
        if (count++ > 0 && id <= before) throw new Error('entries out of order');
        before = id;
      }
    });
    if (count !== this.size) throw new Error(`${count} entries, not ${this.size}`);
    if (this.blocks.length - this.gap > 4 + (2 * count) / FEW) throw new Error('too many blocks');
  }

  /** The block that holds an ID if any does: the last that starts no higher, or the first. */
  private blockOf(id: string): number {
    const { starts } = this;
    let low = this.gap;
    let high = starts.length - 1;
    // Entries are acknowledged in their order.
    if (high === low || id < starts[low + 1]) return low;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (starts[middle] <= id) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  private split(at: number): void {
    const block = this.blocks[at];
    const upper = block.slice(FULL / 2);
    block.length = FULL / 2;
    this.blocks.splice(at + 1, 0, upper);
    this.starts.splice(at + 1, 0, upper[0].id);
  }

  private drop(at: number): void {
    if (at > this.gap) {
      this.blocks.splice(at, 1);
      this.starts.splice(at, 1);
      return;
    }
    this.blocks[at] = [];
    this.starts[at] = '';
    this.gap++;
    if (this.gap > SMALL_GAP && this.gap * 2 > this.blocks.length) {
      this.blocks = this.blocks.slice(this.gap);
      this.starts = this.starts.slice(this.gap);
      this.gap = 0;
    }
  }

  /** Puts a block into the one beside it, if both together leave room for more. */
  private join(at: number): void {
    const fits = (left: number): boolean => {
      const right = left + 1;
      if (left < this.gap || right === this.blocks.length) return false;
      return this.blocks[left].length + this.blocks[right].length <= FULL - FEW;
    };
    const left = fits(at) ? at : fits(at - 1) ? at - 1 : -1;
    if (left < 0) return;
    for (const entry of this.blocks[left + 1]) this.blocks[left].push(entry);
    this.drop(left + 1);
  }
}

/** Where an ID stands in a block, or would. */
function offsetIn<Owner>(block: readonly Pending<Owner>[], id: string): number {
  if (id <= block[0].id) return 0;
  let low = 1;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (block[middle].id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
