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
// A node carries a value's score and its member, and nothing else changes while it is
// in the list: a new score is a removal and an insertion, of the same object.
//
// Invariants, which check() verifies:
// - nodes ascend strictly by (score, member);
// - level i+1 is a subsequence of level i;
// - widths along each level add up to the length of the list;
// - no level above the first is empty.

const MAX_LEVEL = 32; // Enough for 4^32 members.

/** Where chance comes from: numbers from 0 up to, but not including, 1. */
export type Chance = { readonly next: () => number };

export class SkipNode {
  score: number;
  readonly member: string;
  prev: SkipNode | null = null;
  readonly next: (SkipNode | null)[] = [];
  readonly width: number[] = [];

  constructor(level: number, score: number, member: string) {
    this.score = score;
    this.member = member;
    for (let i = 0; i < level; i++) {
      this.next.push(null);
      this.width.push(0);
    }
  }
}

// The last node before the place that was searched for on every level, and its rank plus one.
// All lists share them: nobody searches two at once.
const path: SkipNode[] = [];
const passed: number[] = [];

export class SkipList {
  length = 0;
  last: SkipNode | null = null;
  private readonly head = new SkipNode(MAX_LEVEL, 0, '');
  private readonly chance: Chance;
  private level = 1; // How many levels are in use.

  constructor(chance: Chance) {
    this.chance = chance;
  }

  get first(): SkipNode | null {
    return this.head.next[0];
  }

  /** Adds a member that is not there yet. */
  insert(score: number, member: string): SkipNode {
    const node = new SkipNode(this.randomLevel(), score, member);
    this.link(node);
    return node;
  }

  /** Takes a node out; it must be here. */
  remove(node: SkipNode): void {
    this.search(node.score, node.member);
    for (let i = 0; i < this.level; i++) {
      const left = path[i];
      if (left.next[i] === node) {
        left.width[i] += node.width[i] - 1;
        left.next[i] = node.next[i];
      } else {
        left.width[i]--;
      }
    }
    const right = node.next[0];
    if (right === null) this.last = node.prev;
    else right.prev = node.prev;
    while (this.level > 1 && this.head.next[this.level - 1] === null) this.level--;
    this.length--;
  }

  /** Gives a node of this list another score. */
  move(node: SkipNode, score: number): void {
    const { prev } = node;
    const next = node.next[0];
    const staysBehind = prev === null || before(prev, score, node.member);
    if (staysBehind && (next === null || !before(next, score, node.member))) {
      node.score = score;
      return;
    }
    this.remove(node);
    node.score = score;
    this.link(node);
  }

  /** How many nodes come before this (score, member), whether or not it is here. */
  rank(score: number, member: string): number {
    return this.search(score, member);
  }

  /** How many nodes have a lower score; or, with `equal`, no higher one. */
  countBelow(score: number, equal: boolean): number {
    let node = this.head;
    let count = 0;
    for (let i = this.level - 1; i >= 0; i--) {
      let next = node.next[i];
      while (next !== null && (next.score < score || (equal && next.score === score))) {
        count += node.width[i];
        node = next;
        next = node.next[i];
      }
    }
    return count;
  }

  /** The same by members, which makes sense as long as all scores are equal. */
  countBefore(member: string, equal: boolean): number {
    let node = this.head;
    let count = 0;
    for (let i = this.level - 1; i >= 0; i--) {
      let next = node.next[i];
      while (next !== null && (next.member < member || (equal && next.member === member))) {
        count += node.width[i];
        node = next;
        next = node.next[i];
      }
    }
    return count;
  }

  /** The node of a rank, counting from 0; null if there is none. */
  at(rank: number): SkipNode | null {
    if (rank < 0 || rank >= this.length) return null;
    let node = this.head;
    let left = rank + 1; // The head stands one step before rank 0.
    for (let i = this.level - 1; i >= 0; i--) {
      while (node.next[i] !== null && node.width[i] <= left) {
        left -= node.width[i];
        node = node.next[i]!;
      }
    }
    return node;
  }

  /** Throws unless every invariant above holds. For tests; O(N log N). */
  check(): void {
    for (let i = 0; i < this.level; i++) {
      let steps = 0;
      let left = this.head;
      for (let node = left.next[i]; node !== null; node = node.next[i]) {
        if (left !== this.head && !before(left, node.score, node.member)) {
          throw new Error(`level ${i}: ${left.member} is not before ${node.member}`);
        }
        if (i === 0 && node.prev !== (left === this.head ? null : left)) {
          throw new Error(`${node.member} does not point back to its predecessor`);
        }
        steps += left.width[i];
        if (this.at(steps - 1) !== node) throw new Error(`level ${i}: width before ${node.member}`);
        left = node;
      }
      if (i === 0 && this.last !== (left === this.head ? null : left)) throw new Error('the end');
      if (steps + left.width[i] !== this.length) throw new Error(`level ${i}: bad widths`);
      if (i > 0 && left === this.head) throw new Error(`level ${i} is empty`);
    }
  }

  private link(node: SkipNode): void {
    const rank = this.search(node.score, node.member);
    const level = node.next.length;
    while (this.level < level) {
      path[this.level] = this.head;
      passed[this.level] = 0;
      this.head.width[this.level] = this.length;
      this.level++;
    }
    for (let i = 0; i < level; i++) {
      const left = path[i];
      const steps = rank - passed[i]; // From `left` to just before the node.
      node.next[i] = left.next[i];
      node.width[i] = left.width[i] - steps;
      left.next[i] = node;
      left.width[i] = steps + 1;
    }
    for (let i = level; i < this.level; i++) path[i].width[i]++;

    node.prev = path[0] === this.head ? null : path[0];
    const right = node.next[0];
    if (right === null) this.last = node;
    else right.prev = node;
    this.length++;
  }

  /** Fills `path` and `passed` for a place, and returns how many nodes come before it. */
  private search(score: number, member: string): number {
    let node = this.head;
    let rank = 0;
    for (let i = this.level - 1; i >= 0; i--) {
      let next = node.next[i];
      while (next !== null && before(next, score, member)) {
        rank += node.width[i];
        node = next;
        next = node.next[i];
      }
      path[i] = node;
      passed[i] = rank;
    }
    return rank;
  }

  private randomLevel(): number {
    let level = 1;
    while (level < MAX_LEVEL && this.chance.next() < 0.25) level++;
    return level;
  }
}

function before(node: SkipNode, score: number, member: string): boolean {
  return node.score < score || (node.score === score && node.member < member);
}
