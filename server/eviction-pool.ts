// The best candidates for eviction that sampling has come across so far.
//
// To find the key that was not used for longest, all keys would have to be looked at, or be kept in
// order at every use. Instead a few are drawn by chance whenever one has to go, and the
// best of those that were drawn and not taken are remembered for the next time: 16 of them, in the
// order of their scores. That comes near to the exact order, at the cost of a sample.
//
// What is remembered may be out of date: the key is gone, or was used since. Redis evicts the
// latter all the same, and so do we.

const SIZE = 16;

export class EvictionPool {
  size = 0;
  // In ascending order of scores: the last is the best to evict.
  private readonly scores = new Float64Array(SIZE);
  private readonly keys: string[] = [];
  private readonly dbs: number[] = [];

  /** The key taken last, and the number of its database. */
  key = '';
  db = 0;

  /** Offers a candidate; the higher its score, the sooner it is to go. */
  offer(score: number, key: string, db: number): void {
    const { scores, keys, dbs, size } = this;
    let at = 0;
    while (at < size && scores[at] < score) at++;
    if (size === SIZE) {
      if (at === 0) return; // It is worse than all that are here.
      at--; // The worst makes room.
      for (let i = 0; i < at; i++) this.move(i + 1, i);
    } else {
      for (let i = size; i > at; i--) this.move(i - 1, i);
      this.size++;
    }
    scores[at] = score;
    keys[at] = key;
    dbs[at] = db;
  }

  /** Takes the best out, and sets `key` and `db`; false if there is none. */
  take(): boolean {
    if (this.size === 0) return false;
    this.size--;
    this.key = this.keys[this.size];
    this.db = this.dbs[this.size];
    this.keys[this.size] = '';
    return true;
  }

  /** Forgets all of them. */
  clear(): void {
    this.size = 0;
    this.keys.length = 0;
  }

  private move(from: number, to: number): void {
    this.scores[to] = this.scores[from];
    this.keys[to] = this.keys[from];
    this.dbs[to] = this.dbs[from];
  }
}
