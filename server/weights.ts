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
  private readonly changing: (Bytes | Collection)[] = []; // What may weigh something else by now,
  private last: Bytes | Collection | null = null; // and what came there last.

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
    if (value === this.last) return;
    if (this.changing.length === GATHER) this.settle();
    this.changing.push(value);
    this.last = value;
  }

  /** Weighs what may have changed. */
  settle(): void {
    const { changing } = this;
    if (changing.length === 0) return;
    for (let i = 0; i < changing.length; i++) {
      const value = changing[i];
      if (value.weighed === 0) continue; // It has left.
      const bytes = value.memory;
      this.bytes += bytes - value.weighed;
      value.weighed = bytes;
    }
    changing.length = 0;
    this.last = null;
  }
}
