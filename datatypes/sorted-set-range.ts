// Ranges of a sorted set: by scores, and by names. Either end may be open, which leaves out the
// score or the name that it is at.

export type ScoreRange = {
  readonly min: number;
  readonly minOpen: boolean;
  readonly max: number;
  readonly maxOpen: boolean;
};

/** Where the end of a range of names is, if it is not at a name. */
export const BEFORE_ALL = -1;
export const AT_A_NAME = 0;
export const BEHIND_ALL = 1;

/** An end of a range of names; the name counts only AT_A_NAME. */
export type NameEnd = { readonly end: number; readonly name: string; readonly open: boolean };

export class NameRange {
  readonly min: string;
  readonly minEnd: number;
  readonly minOpen: boolean;
  readonly max: string;
  readonly maxEnd: number;
  readonly maxOpen: boolean;
  /** No name can lie in it. */
  readonly empty: boolean;

  constructor(min: NameEnd, max: NameEnd) {
    this.min = min.name;
    this.minEnd = min.end;
    this.minOpen = min.open;
    this.max = max.name;
    this.maxEnd = max.end;
    this.maxOpen = max.open;
    this.empty = isEmpty(min, max);
  }

  /** Whether a name is not below the range. */
  reaches(name: string): boolean {
    if (this.minEnd !== AT_A_NAME) return this.minEnd === BEFORE_ALL;
    return this.minOpen ? name > this.min : name >= this.min;
  }

  /** Whether a name is not above the range. */
  ends(name: string): boolean {
    if (this.maxEnd !== AT_A_NAME) return this.maxEnd === BEHIND_ALL;
    return this.maxOpen ? name < this.max : name <= this.max;
  }
}

function isEmpty(min: NameEnd, max: NameEnd): boolean {
  if (min.end === BEHIND_ALL || max.end === BEFORE_ALL) return true;
  if (min.end !== AT_A_NAME || max.end !== AT_A_NAME) return false;
  return min.name > max.name || (min.name === max.name && (min.open || max.open));
}
