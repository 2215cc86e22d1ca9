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
// is how many there are to a hop. Nodes are numbers; 0 is the head. A node's tower is a
// run of hops, one for each of its levels, and a hop says where it leads, how wide it is, and
// what the score is there, so that most hops are refused without looking at the node behind them:
//
//   node     member, score, prev, height, and where its tower begins
//   tower    hop of level 0, hop of level 1, ...
//   hop      next node (0 at the end), width; and the score of that node, or anything
//
// All of it lies in typed arrays that double. The number of a node that was removed is used again
// for one of the same height.
//
// Invariants, which check() verifies:
// - nodes ascend strictly by (score, member);
// - level i+1 is a subsequence of level i;
// - widths along each level add up to the length of the list;
// - every hop knows the score of the node that it leads to;
// - no level above the first is empty.

const MAX_LEVEL = 32; // Enough for 4^32 members.
const HEAD = 0;

/** Where chance comes from: numbers from 0 up to, but not including, 1. */
export type Chance = { readonly next: () => number };

// The last node before the place that was searched for on every level, and how many nodes come
// before or with it. All lists share them: nobody searches two at once.
const path = new Int32Array(MAX_LEVEL);
const passed = new Int32Array(MAX_LEVEL);

export class SkipList {
  length = 0;
  /** The last node, or 0. */
  last = HEAD;
  private readonly chance: Chance;
  private level = 1; // How many levels are in use.

  private readonly members: string[] = [''];
  private scores = new Float64Array(8);
  private prevs = new Int32Array(8);
  private heights = new Uint8Array(8);
  private towers = new Int32Array(8); // The number of a node's first hop.

  private hops = MAX_LEVEL; // How many there are. The first are the head's.
  private links = new Int32Array((MAX_LEVEL + 16) * 2); // Of hop h: next at 2h, width at 2h + 1.
  private ahead = new Float64Array(MAX_LEVEL + 16); // The score that hop h leads to.

  private readonly unused: number[][] = []; // Numbers of nodes that are gone, by height.

  constructor(chance: Chance) {
    this.chance = chance;
  }

  /** The first node, or 0. */
  get first(): number {
    return this.links[0];
  }

  /** The node after one, or 0; `next(0)` is the first. */
  next(node: number): number {
    return this.links[this.towers[node] * 2];
  }

  /** The node before one, or 0. */
  prev(node: number): number {
    return this.prevs[node];
  }

  score(node: number): number {
    return this.scores[node];
  }

  member(node: number): string {
    return this.members[node];
  }

  /** Adds a member that is not there yet, and returns its node. */
  insert(score: number, member: string): number {
    const node = this.newNode(this.randomHeight());
    this.scores[node] = score;
    this.members[node] = member;
    this.link(node);
    return node;
  }

  /** Removes a node; it must be here. */
  remove(node: number): void {
    this.unlink(node);
    this.members[node] = '';
    const height = this.heights[node];
    while (this.unused.length <= height) this.unused.push([]);
    this.unused[height].push(node);
  }

  /** Gives a node another score. */
  move(node: number, score: number): void {
    const left = this.prevs[node];
    const right = this.next(node);
    const member = this.members[node];
    if (
      this.heights[node] === 1 &&
      (left === HEAD || this.isBefore(left, score, member)) &&
      (right === HEAD || !this.isBefore(right, score, member))
    ) {
      this.scores[node] = score;
      this.ahead[this.towers[left]] = score;
      return;
    }
    this.unlink(node);
    this.scores[node] = score;
    this.link(node);
  }

  /** How many nodes come before this (score, member), whether or not it is here. */
  rank(score: number, member: string): number {
    return this.search(score, member);
  }

  /** How many nodes have a lower score; or, with `equal`, no higher one. */
  countBelow(score: number, equal: boolean): number {
    const { links, ahead, towers } = this;
    let tower = 0;
    let count = 0;
    for (let i = this.level - 1; i >= 0; i--) {
      for (;;) {
        const hop = tower + i;
        const next = links[hop * 2];
        if (next === 0 || !(ahead[hop] < score || (equal && ahead[hop] === score))) break;
        count += links[hop * 2 + 1];
        tower = towers[next];
      }
    }
    return count;
  }

  /** The same by members, which makes sense as long as all scores are equal. */
  countBefore(member: string, equal: boolean): number {
    const { links, members, towers } = this;
    let tower = 0;
    let count = 0;
    for (let i = this.level - 1; i >= 0; i--) {
      for (;;) {
        const hop = tower + i;
        const next = links[hop * 2];
        if (next === 0) break;
        const name = members[next];
        if (!(name < member || (equal && name === member))) break;
        count += links[hop * 2 + 1];
        tower = towers[next];
      }
    }
    return count;
  }

  /** The node of a rank, counting from 0; 0 if there is none. */
  at(rank: number): number {
    if (rank < 0 || rank >= this.length) return HEAD;
    const { links, towers } = this;
    let node = HEAD;
    let left = rank + 1; // The head stands one step before rank 0.
    for (let i = this.level - 1; i >= 0; i--) {
      for (;;) {
        const hop = towers[node] + i;
        const next = links[hop * 2];
        const width = links[hop * 2 + 1];
        if (next === 0 || width > left) break;
        left -= width;
        node = next;
      }
    }
    return node;
  }

  /** Bytes that it takes beside the members themselves. */
  get bytes(): number {
    return this.links.byteLength + this.ahead.byteLength + this.scores.length * 25;
  }

  /** Throws unless every invariant above holds. For tests; O(N log N). */
  check(): void {
    for (let i = 0; i < this.level; i++) {
      let steps = 0;
      let left = HEAD;
      for (;;) {
        const hop = this.towers[left] + i;
        const node = this.links[hop * 2];
        steps += this.links[hop * 2 + 1];
        if (node === 0) break;
        const name = this.members[node];
        if (left !== HEAD && !this.isBefore(left, this.scores[node], name)) {
          throw new Error(`level ${i}: ${this.members[left]} is not before ${name}`);
        }
        if (this.ahead[hop] !== this.scores[node]) throw new Error(`a wrong score before ${name}`);
        if (i === 0 && this.prevs[node] !== left) throw new Error(`what is before ${name}?`);
        if (this.heights[node] <= i) throw new Error(`level ${i}: ${name} is not so high`);
        if (this.at(steps - 1) !== node) throw new Error(`level ${i}: width before ${name}`);
        left = node;
      }
      if (i === 0 && this.last !== left) throw new Error(`${this.members[left]} should be last`);
      if (steps !== this.length) throw new Error(`level ${i}: bad widths`);
      if (i > 0 && left === HEAD) throw new Error(`level ${i} is empty`);
    }
  }

  private link(node: number): void {
    const score = this.scores[node];
    const rank = this.search(score, this.members[node]);
    const height = this.heights[node];
    const { links, ahead, towers } = this;
    for (; this.level < height; this.level++) {
      path[this.level] = HEAD;
      passed[this.level] = 0;
      links[this.level * 2 + 1] = this.length;
    }
    for (let i = 0; i < height; i++) {
      const left = towers[path[i]] + i;
      const own = towers[node] + i;
      const steps = rank - passed[i]; // From there to just before the node.
      links[own * 2] = links[left * 2];
      links[own * 2 + 1] = links[left * 2 + 1] - steps;
      ahead[own] = ahead[left];
      links[left * 2] = node;
      links[left * 2 + 1] = steps + 1;
      ahead[left] = score;
    }
    for (let i = height; i < this.level; i++) links[(towers[path[i]] + i) * 2 + 1]++;

    this.prevs[node] = path[0];
    const right = this.next(node);
    if (right === HEAD) this.last = node;
    else this.prevs[right] = node;
    this.length++;
  }

  private unlink(node: number): void {
    this.search(this.scores[node], this.members[node]);
    const { links, ahead, towers } = this;
    for (let i = 0; i < this.level; i++) {
      const left = towers[path[i]] + i;
      if (links[left * 2] === node) {
        const own = towers[node] + i;
        links[left * 2] = links[own * 2];
        links[left * 2 + 1] += links[own * 2 + 1] - 1;
        ahead[left] = ahead[own];
      } else {
        links[left * 2 + 1]--;
      }
    }
    const right = this.next(node);
    if (right === HEAD) this.last = this.prevs[node];
    else this.prevs[right] = this.prevs[node];
    while (this.level > 1 && links[(this.level - 1) * 2] === HEAD) this.level--;
    this.length--;
  }

  /** Fills `path` and `passed` for a place, and returns how many nodes come before it. */
  private search(score: number, member: string): number {
    const { links, ahead, towers, members } = this;
    let node = HEAD;
    let tower = 0;
    let rank = 0;
    for (let i = this.level - 1; i >= 0; i--) {
      for (;;) {
        const hop = tower + i;
        const next = links[hop * 2];
        if (next === 0) break;
        const there = ahead[hop];
        if (!(there < score || (there === score && members[next] < member))) break;
        rank += links[hop * 2 + 1];
        node = next;
        tower = towers[next];
      }
      path[i] = node;
      passed[i] = rank;
    }
    return rank;
  }

  private isBefore(node: number, score: number, member: string): boolean {
    const there = this.scores[node];
    return there < score || (there === score && this.members[node] < member);
  }

  private newNode(height: number): number {
    const again = this.unused[height]?.pop();
    if (again !== undefined) return again;
    const node = this.members.length;
    if (node === this.scores.length) this.growNodes();
    if (this.hops + height > this.ahead.length) this.growHops();
    this.members.push('');
    this.heights[node] = height;
    this.towers[node] = this.hops;
    this.hops += height;
    return node;
  }

  private growNodes(): void {
    const size = this.scores.length * 2;
    this.scores = larger(this.scores, new Float64Array(size));
    this.prevs = larger(this.prevs, new Int32Array(size));
    this.heights = larger(this.heights, new Uint8Array(size));
    this.towers = larger(this.towers, new Int32Array(size));
  }

  private growHops(): void {
    const size = this.ahead.length * 2;
    this.links = larger(this.links, new Int32Array(size * 2));
    this.ahead = larger(this.ahead, new Float64Array(size));
  }

  private randomHeight(): number {
    let height = 1;
    while (height < MAX_LEVEL && this.chance.next() < 0.25) height++;
    return height;
  }
}

type Column = Float64Array | Int32Array | Uint8Array;

function larger<T extends Column>(column: Column, room: T): T {
  room.set(column);
  return room;
}
