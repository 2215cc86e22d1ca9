// SSCAN, HSCAN, ZSCAN: walks over what one key holds, some at a time.
//
// What is small comes whole, whatever COUNT says. In what is large the cursor is the number of
// entries that are still to be visited, from the end down: see datatypes/dict.ts.

import { NOVALUES_IN_HSCAN, SYNTAX } from '../../protocol/errors.ts';
import { globMatch } from '../../protocol/glob.ts';
import { parseCount } from './generic-scan.ts';

const FRUITLESS = 10; // Redis: how many times COUNT entries are visited to find COUNT that match.
const USUAL_COUNT = 10;

export type ScanOptions = {
  readonly pattern: string;
  readonly count: number;
  /** Whether values are told beside the names. */
  readonly values: boolean;
};

/** The options behind key and cursor; throws for what is none. NOVALUES is HSCAN's alone. */
export function scanOptions(argv: readonly string[], mayOmitValues = false): ScanOptions {
  const options = { pattern: '*', count: USUAL_COUNT, values: true };
  for (let i = 3; i < argv.length; i++) {
    const word = argv[i].toUpperCase();
    if (word === 'NOVALUES') {
      if (!mayOmitValues) throw NOVALUES_IN_HSCAN;
      options.values = false;
      continue;
    }
    if (i + 1 === argv.length) throw SYNTAX;
    if (word === 'COUNT') options.count = parseCount(argv[++i]);
    else if (word === 'MATCH') options.pattern = argv[++i];
    else throw SYNTAX;
  }
  return options;
}

/**
 * Goes on with a walk over so many entries, known by number, and puts those that match into
 * `found`; returns the next cursor. `nameAt` is what the pattern is for: null for an entry
 * that is passed over.
 */
export function scanEntries(
  cursor: number,
  size: number,
  isSmall: boolean,
  { pattern, count }: ScanOptions,
  nameAt: (i: number) => string | null,
  found: number[],
): number {
  const all = pattern === '*';
  const matches = (i: number): boolean => {
    const name = nameAt(i);
    return name !== null && (all || globMatch(pattern, name));
  };
  if (isSmall) {
    for (let i = 0; i < size; i++) if (matches(i)) found.push(i);
    return 0;
  }
  let left = cursor === 0 ? size : Math.min(cursor, size);
  const least = Math.max(0, left - count * FRUITLESS);
  while (left > least && found.length < count) if (matches(--left)) found.push(left);
  return left;
}
