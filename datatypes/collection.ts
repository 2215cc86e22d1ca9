// What all values with elements have in common: lists, sets, sorted sets, hashes
// and streams.
//
// The parts of the server that look at any value (OBJECT, COPY, MEMORY, INFO keysizes) see
// only this. Each has one class whatever its encoding; which of Redis's encodings it would be in
// is the class's own business, decided at Redis's thresholds, and small ones need not look
// like large ones inside.

/** The kinds of values with elements, by Redis's numbers (a string is 0, a module's 5). */
export const LIST = 1;
export const SET = 2;
export const SORTED_SET = 3;
export const HASH = 4;
export const STREAM = 6;

export interface Collection {
  /** LIST, SET, SORTED_SET, HASH or STREAM: one comparison tells the class. */
  readonly kind: number;
  /** As OBJECT ENCODING says it. */
  readonly encoding: string;
  /** How many elements there are. Only a stream may have none. */
  readonly size: number;
  /** A collection of its own with the same elements, in the same encoding. */
  copy(): Collection;
  /** Bytes that it takes in memory, as weight.ts has it. Nothing is walked for it. */
  readonly memory: number;
  /** What the database that holds it counts it as (server/keyspace.ts); 0 if none does. */
  weighed: number;
}

/** The names of the kinds, as TYPE says them, by their numbers. */
export const KIND_NAMES = ['string', 'list', 'set', 'zset', 'hash', 'module', 'stream'] as const;
