// A ration: what comes by the hundred is dealt with a few at a time.
//
// Connections that come, go or begin to shake hands cost the system and OpenSSL some tens of
// microseconds to a millisecond each, and the event loop hands over all that there are at once.
// So only so many have their turn between two of its looks at who else has something to say.

export class Ration<T> {
  private readonly later: (run: () => void) => void;
  private readonly most: () => number;
  private readonly act: (one: T) => void;
  private waiting: T[] = [];
  private had = 0; // So many had their turn in this one of the event loop.

  /**
   * Has `act` called with each, at most `most` times in a turn of the event loop, the next of which
   * begins when `later` calls.
   */
  constructor(later: (run: () => void) => void, most: () => number, act: (one: T) => void) {
    this.later = later;
    this.most = most;
    this.act = act;
  }

  /** One more: at once, if nobody waits and the ration is not used up, or in its order. */
  add(one: T): void {
    if (this.had < this.most() && this.waiting.length === 0) this.serve(one);
    else this.waiting.push(one);
  }

  /** Those who still wait; they are not served any more. */
  end(): T[] {
    const left = this.waiting;
    this.waiting = [];
    return left;
  }

  private serve(one: T): void {
    if (this.had++ === 0) this.later(this.nextTurn);
    this.act(one);
  }

  private readonly nextTurn = (): void => {
    this.had = 0;
    const now = this.waiting.splice(0, this.most());
    for (const one of now) this.serve(one);
  };
}
