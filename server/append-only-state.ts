// What an append-only file is in the middle of.

export const OFF = 0;
/** Commands are appended, and what is appended counts. */
export const ON = 1;
/** It was turned on, and begins with the first rewrite, of which it is to be the continuation. */
export const WAITING = 2;
