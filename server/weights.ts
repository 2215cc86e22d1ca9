// What the values of a database weigh together: kept as values come and go, so that to know it
// costs nothing, and eviction may ask before every command.
//
// Strings and numbers cannot change in place, so what they weigh is known when they go. A value
// that can (a collection, or Bytes) notes what it was counted as. The keyspace says of each that a
// command may be about to change it, and what it weighs now is looked up when somebody wants the
// sum, or when many have gathered: not by the command itself, and once for a thousand of them.

import { type Bytes, stringMemory } from '../datatypes/string.ts';
import type { Collection } from '../datatypes/collection.ts';
import type { Value } from './keyspace.ts';

const GATHER = 512; // Values that are weighed together at the latest.

export class Weights {
  private bytes = 0; // As the values were weighed last.
  // What may weigh something else by now, and how many those are. The array keeps its places: to
  // set its length would give them back, and before every command they are wanted again.
  private readonly changing: (Bytes | Collection | null)[] = [];
  private count = 0;

  /** Bytes that all values take. */
  get sum(): number {
    this.settle();
    return this.bytes;
  }

  /** A value comes into the database. */
  add(value: Value): void {
    if (typeof value !== 'object') {
      this.bytes += stringMemory(value);
      return;
    }
    value.weighed = value.memory;
    this.bytes += value.weighed;
    this.mayChange(value); // Whoever made it may not be done.
  }

  /** A value leaves it. */
  remove(value: Value): void {
    if (typeof value !== 'object') {
      this.bytes -= stringMemory(value);
      return;
    }
    this.bytes -= value.weighed;
    value.weighed = 0;
  }

  /** A value of the database may be about to change. */
  mayChange(value: Bytes | Collection): void {
    if (this.count !== 0 && this.changing[this.count - 1] === value) return;
    if (this.count === GATHER) this.settle();
    this.changing[this.count++] = value;
  }

  /** Weighs what may have changed. */
  settle(): void {
    const { changing } = this;
    while (this.count !== 0) {
      const value = changing[--this.count]!;
      changing[this.count] = null;
      if (value.weighed === 0) continue; // It has left.
      const bytes = value.memory;
      this.bytes += bytes - value.weighed;
      value.weighed = bytes;
    }
  }
}
