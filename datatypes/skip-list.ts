// A skip list: a sorted linked list with express lanes.
//
// Every node is on level 0. About one in four is also on level 1, one in four of those on
// level 2, and so on. A search runs along the highest lane until the next step would
// overshoot, drops one lane, and goes on: O(log N) steps on average, with none of the rotations
// of a balanced tree.
//
//   level 2   head ------------------------------> 30 ----------> end
//   level 1   head ----------> 10 ---------------> 30 ----------> end
//   level 0   head ---> 5 ---> 10 ---> 20 -------> 30 ---> 41 --> end
//
// After William Pugh, "Skip Lists: A Probabilistic Alternative to Balanced Trees" (1990), with
// three changes that make it fit a sorted set:
//
// 1. Scores may repeat. Members with one score are ordered by their bytes.
// 2. Each hop records its width, the number of level-0 steps that it saves. The widths added up
//    on the way down are the rank of where one arrives, so a rank can be asked for and looked for.
// 3. Level 0 is linked backwards too, for ranges in reverse.
//
// HOW IT LIES IN MEMORY
//
// A search is a chain of loads, each of which has to wait for the one before, so what counts
// is how many cache lines there are to a hop. All nodes lie in one piece of memory, which doubles,
// and which is seen in two ways: as numbers of 64 bits and as pairs of 32. A node is the place
// where it begins, in units of 8 bytes; 0 is the head, which has room for every level:
//
//   node          score
//   node + 1      the node before; and its dictionary entry times 32, plus its height less 1
//   node + 2      hop of level 0: the next node (0 at the end), and the width;
//   node + 3          the score of that next node, or anything
//   node + 4      hop of level 1, and so on
//
// A hop knows the score that it leads to, so most are refused without a look at the node
// behind them. Members are in the dictionary that leads from them to their nodes; a node knows
// its entry there, and is told when the entry moves. The place of a node that was removed is used
// again for one of the same height.
//
// Invariants, which check() verifies:
// - nodes ascend strictly by (score, member);
// - level i+1 is a subsequence of level i;
// - widths along each level add up to the length of the list;
// - every hop knows the score of the node that it leads to;
// - no level above the first is empty;
// - the dictionary leads to the nodes, and they to its entries.

import type { Dict } from './dict.ts';

const MAX_LEVEL = 32; // Enough for 4^32 members.
const HEAD = 0;
const LANES = 2; // Where a node's hops begin. The hop of level i is 2i behind.

/** Where chance comes from: numbers from 0 up to, but not including, 1. */
export type Chance = { readonly next: () => number };

// The hop of every level that leads past the place that was searched for, and how many nodes
// come before or with the one it belongs to. All lists share them: nobody searches two at once.
const path = new Int32Array(MAX_LEVEL);
const passed = new Int32Array(MAX_LEVEL);

export class SkipList {
  length = 0;
  /** The last node, or 0. */
  last = HEAD;
  /** The node of every member. */
  readonly nodes: Dict<number>;
  private readonly chance: Chance;
  private level = 1; // How many levels are in use.

  private used = LANES + 2 * MAX_LEVEL; // Units, the head's included.
  private doubles = new Float64Array(this.used + 30);
  private ints = new Int32Array(this.doubles.buffer);
  private readonly unused: number[][] = []; // Nodes that are gone, by their height less 1.

  /** Takes an empty dictionary, which it keeps in step. */
  constructor(nodes: Dict<number>, chance: Chance) {
    this.nodes = nodes;
    this.chance = chance;
  }

  /** The first node, or 0. */
  get first(): number {
    return this.next(HEAD);
  }

  /** The node after one, or 0; `next(0)` is the first. */
  next(node: number): number {
    return this.ints[(node + LANES) * 2];
  }

  /** The node before one, or 0. */
  prev(node: number): number {
    return this.ints[node * 2 + 2];
  }

  score(node: number): number {
    return this.doubles[node];
  }

  member(node: number): string {
    return this.nodes.keyAt(this.ints[node * 2 + 3] >>> 5);
  }

  /** Adds a member that is not there yet, and returns its node. */
  insert(score: number, member: string): number {
    const height = this.randomHeight();
    const node = this.newNode(height);
    this.ints[node * 2 + 3] = this.nodes.add(member, node) * 32 + height - 1;
    this.link(node, height, score, member);
    return node;
  }

  /** Removes a node; it must be here. */
  remove(node: number): void {
    const { ints, nodes, unused } = this;
    this.unlink(node);
    const entry = ints[node * 2 + 3] >>> 5;
    const level = ints[node * 2 + 3] & 31;
    nodes.removeAt(entry);
    if (entry < nodes.size) {
      const moved = nodes.valueAt(entry);
      ints[moved * 2 + 3] = entry * 32 + (ints[moved * 2 + 3] & 31);
    }
    while (unused.length <= level) unused.push([]);
    unused[level].push(node);
  }

  /** Gives a node another score. */
  move(node: number, score: number): void {
    const left = this.prev(node);
    const right = this.next(node);
    const member = this.member(node);
    const height = this.heightOf(node);
    if (
      height === 1 &&
      (left === HEAD || this.isBefore(left, score, member)) &&
      (right === HEAD || !this.isBefore(right, score, member))
    ) {
      this.doubles[node] = score;
      this.doubles[left + LANES + 1] = score;
      return;
    }
    this.unlink(node);
    this.link(node, height, score, member);
  }

  /** How many nodes come before this (score, member), whether or not it is here. */
  rank(score: number, member: string): number {
    return this.search(score, member);
  }

  /** How many nodes have a lower score; or, with `equal`, no higher one. */
  countBelow(score: number, equal: boolean): number {
    const { ints, doubles } = this;
    let count = 0;
    let hop = this.level * 2;
    for (let lane = hop; lane >= LANES; lane -= 2, hop -= 2) {
      for (;;) {
        const next = ints[hop * 2];
        const there = doubles[hop + 1];
        if (next === 0 || !(there < score || (equal && there === score))) break;
        count += ints[hop * 2 + 1];
        hop = next + lane;
      }
    }
    return count;
  }

  /** The same by members, which makes sense as long as all scores are equal. */
  countBefore(member: string, equal: boolean): number {
    const { ints } = this;
    let count = 0;
    let hop = this.level * 2;
    for (let lane = hop; lane >= LANES; lane -= 2, hop -= 2) {
      for (;;) {
        const next = ints[hop * 2];
        if (next === 0) break;
        const name = this.member(next);
        if (!(name < member || (equal && name === member))) break;
        count += ints[hop * 2 + 1];
        hop = next + lane;
      }
    }
    return count;
  }

  /** The node of a rank, counting from 0; 0 if there is none. */
  at(rank: number): number {
    if (rank <= 0) return rank < 0 ? HEAD : this.first;
    if (rank >= this.length - 1) return rank >= this.length ? HEAD : this.last;
    const { ints } = this;
    let left = rank + 1; // The head stands one step before rank 0.
    let hop = this.level * 2;
    for (let lane = hop; lane >= LANES; lane -= 2, hop -= 2) {
      for (;;) {
        const next = ints[hop * 2];
        const width = ints[hop * 2 + 1];
        if (next === 0 || width > left) break;
        left -= width;
        hop = next + lane;
      }
      if (left === 0) return hop - lane;
    }
    return HEAD;
  }

  /** Bytes that it takes beside the dictionary. */
  get bytes(): number {
    return this.doubles.byteLength;
  }

  /** Throws unless every invariant above holds. For tests; O(N log N). */
  check(): void {
    for (let i = 0; i < this.level; i++) {
      let steps = 0;
      let left = HEAD;
      for (;;) {
        const hop = left + LANES + 2 * i;
        const node = this.ints[hop * 2];
        steps += this.ints[hop * 2 + 1];
        if (node === 0) break;
        const name = this.member(node);
        const score = this.score(node);
        if (left !== HEAD && !this.isBefore(left, score, name)) {
          throw new Error(`level ${i}: ${this.member(left)} is not before ${name}`);
        }
        if (this.doubles[hop + 1] !== score) throw new Error(`a wrong score before ${name}`);
        if (i === 0 && this.prev(node) !== left) throw new Error(`what is before ${name}?`);
        if (this.heightOf(node) <= i) throw new Error(`level ${i}: ${name} is not so high`);
        if (this.at(steps - 1) !== node) throw new Error(`level ${i}: width before ${name}`);
        left = node;
      }
      if (i === 0 && this.last !== left) throw new Error(`${this.member(left)} should be last`);
      if (steps !== this.length) throw new Error(`level ${i}: bad widths`);
      if (i > 0 && left === HEAD) throw new Error(`level ${i} is empty`);
    }
    this.nodes.check();
    for (let i = 0; i < this.nodes.size; i++) {
      const name = this.nodes.keyAt(i);
      if (this.member(this.nodes.valueAt(i)) !== name) throw new Error(`${name} is elsewhere`);
    }
  }

  private link(node: number, height: number, score: number, member: string): void {
    const rank = this.search(score, member);
    const { ints, doubles } = this;
    for (; this.level < height; this.level++) {
      path[this.level] = LANES + 2 * this.level;
      passed[this.level] = 0;
      ints[path[this.level] * 2 + 1] = this.length;
    }
    doubles[node] = score;
    for (let i = 0; i < height; i++) {
      const left = path[i];
      const own = node + LANES + 2 * i;
      const steps = rank - passed[i]; // From there to just before the node.
      ints[own * 2] = ints[left * 2];
      ints[own * 2 + 1] = ints[left * 2 + 1] - steps;
      doubles[own + 1] = doubles[left + 1];
      ints[left * 2] = node;
      ints[left * 2 + 1] = steps + 1;
      doubles[left + 1] = score;
    }
    for (let i = height; i < this.level; i++) ints[path[i] * 2 + 1]++;

    ints[node * 2 + 2] = path[0] - LANES;
    const right = this.next(node);
    if (right === HEAD) this.last = node;
    else ints[right * 2 + 2] = node;
    this.length++;
  }

  private unlink(node: number): void {
    const { ints, doubles } = this;
    const before = this.prev(node);
    if (before === HEAD) for (let i = 0; i < this.level; i++) path[i] = LANES + 2 * i;
    else this.search(doubles[node], this.member(node));
    for (let i = 0; i < this.level; i++) {
      const left = path[i];
      if (ints[left * 2] === node) {
        const own = node + LANES + 2 * i;
        ints[left * 2] = ints[own * 2];
        ints[left * 2 + 1] += ints[own * 2 + 1] - 1;
        doubles[left + 1] = doubles[own + 1];
      } else {
        ints[left * 2 + 1]--;
      }
    }
    const right = this.next(node);
    if (right === HEAD) this.last = before;
    else ints[right * 2 + 2] = before;
    while (this.level > 1 && ints[this.level * 4] === HEAD) this.level--;
    this.length--;
  }

  /** Fills `path` and `passed` for a place, and returns how many nodes come before it. */
  private search(score: number, member: string): number {
    const { ints, doubles } = this;
    let rank = 0;
    let hop = this.level * 2;
    for (let lane = hop; lane >= LANES; lane -= 2, hop -= 2) {
      for (;;) {
        const next = ints[hop * 2];
        if (next === 0) break;
        const there = doubles[hop + 1];
        if (!(there < score || (there === score && this.member(next) < member))) break;
        rank += ints[hop * 2 + 1];
        hop = next + lane;
      }
      const i = (lane - LANES) >> 1;
      path[i] = hop;
      passed[i] = rank;
    }
    return rank;
  }

  private isBefore(node: number, score: number, member: string): boolean {
    const there = this.doubles[node];
    return there < score || (there === score && this.member(node) < member);
  }

  private heightOf(node: number): number {
    return (this.ints[node * 2 + 3] & 31) + 1;
  }

  private newNode(height: number): number {
    const again = this.unused[height - 1]?.pop();
    if (again !== undefined) return again;
    const node = this.used;
    this.used += LANES + 2 * height;
    if (this.used > this.doubles.length) this.grow();
    return node;
  }

  private grow(): void {
    const larger = new Float64Array(this.doubles.length * 2);
    larger.set(this.doubles);
    this.doubles = larger;
    this.ints = new Int32Array(larger.buffer);
  }

  private randomHeight(): number {
    let height = 1;
    while (height < MAX_LEVEL && this.chance.next() < 0.25) height++;
    return height;
  }
}
