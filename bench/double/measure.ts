// What is measured of each way to have a Redis in a test, by a program of its own (program.ts).

/** Milliseconds, each the only one or the median of several in the process. */
export interface Times {
  importing: number;
  first: number;
  later: number;
  close: number;
  /** Back to nothing, and back to a data set of KEYS keys, after CHANGED changes. */
  resetEmpty: number;
  resetFull: number;
  /** 1,000 commands: each awaited before the next, and all sent at once. */
  oneByOne: number;
  together: number;
}

export const KEYS = 1000;
export const CHANGED = 20;
