// What things weigh in memory.
//
// V8 does not tell what an object takes, but its layout is known well enough to add it up (64 bits,
// no pointer compression, as Node is built): everything begins on a multiple of 8 bytes; a
// string is 16 bytes and one for each char; an object is 24 and 8 for each field; an array is 48
// and 8 for each place, and one that grows by push() has places to spare.
//
// Every value knows its own weight without walking: what it is made of is added up as it comes and
// goes. test/server/memory-honest.test.ts compares the sums with what the process grows by.

export const WORD = 8;
/** An object without fields. */
export const OBJECT = 24;
/** A Buffer or a typed array, its ArrayBuffer, and what V8 keeps about that. */
export const BUFFER = 240;

const STRING = 16;
const ARRAY = 48;
const STEPS_END = 361; // Beyond, the spare places are taken to be a quarter.

/** A string of so many chars. */
export function stringBytes(length: number): number {
  return STRING + ((length + 7) & ~7);
}

/** An array of so many elements that was grown by push(). */
export function arrayBytes(length: number): number {
  if (length === 0) return ARRAY;
  if (length > STEPS_END) return ARRAY + WORD * (length + (length >> 2));
  let places = 17;
  while (places < length) places += (places >> 1) + 18; // V8: half of what is needed more, and 16.
  return ARRAY + WORD * places;
}
