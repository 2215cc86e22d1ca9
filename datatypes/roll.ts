// Who is here, by number, in the order of their coming.
//
// Numbers are given out once, each larger than the last, so two arrays side by side are in order
// by themselves, and a number is found by halving. Who goes leaves a hole; when there are more
// holes than members, those close up the next time that somebody comes.
//
// WHY NOT A MAP
//
// V8 gives a Map that is full, or has too many holes, a new table, and the old one goes on pointing
// to it, for the sake of iterators. Once a table has been promoted, the scavenger takes it for
// alive until the next full collection, and with it every later table, and all that was in those.
// So a Map that lives long and changes all the time keeps nearly all it ever held: while
// connections came and went by the thousand, half of everything allocated survived, and the
// collector took 7 ms at a time. Without it a twentieth survives (docs/decisions/maps.md).

/** Members with numbers. What is added while somebody goes through them may be passed over. */
export class Roll<T> {
  private readonly numbers: number[] = []; // Rising.
  private readonly members: (T | null)[] = []; // Null where one has gone.
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** Takes in a member. Its number must be larger than that of any before. */
  add(number: number, member: T): void {
    if (this.numbers.length >= this.count * 2 + 16) this.closeUp();
    this.numbers.push(number);
    this.members.push(member);
    this.count++;
  }

  get(number: number): T | undefined {
    return this.members[this.place(number)] ?? undefined;
  }

  has(number: number): boolean {
    return this.get(number) !== undefined;
  }

  /** Lets a member go; false if there was none of that number. */
  delete(number: number): boolean {
    const place = this.place(number);
    if (this.members[place] == null) return false;
    this.members[place] = null;
    this.count--;
    return true;
  }

  /** All of them, in the order of their numbers. Any may go meanwhile. */
  *values(): Generator<T, void> {
    for (let i = 0; i < this.members.length; i++) {
      const member = this.members[i];
      if (member !== null) yield member;
    }
  }

  /** Their numbers. */
  keys(): number[] {
    return this.numbers.filter((_, i) => this.members[i] !== null);
  }

  /** Where a number stands, or the end. */
  private place(number: number): number {
    const { numbers } = this;
    let [low, high] = [0, numbers.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (numbers[middle] < number) low = middle + 1;
      else high = middle;
    }
    return numbers[low] === number ? low : numbers.length;
  }

  private closeUp(): void {
    const { numbers, members } = this;
    let left = 0;
    for (let i = 0; i < members.length; i++) {
      if (members[i] === null) continue;
      numbers[left] = numbers[i];
      members[left++] = members[i];
    }
    numbers.length = left;
    members.length = left;
  }
}
