// SORT, which orders what lists, sets and sorted sets hold, by whatever can be looked up for it.

import {
  ACCESS,
  CommandSpec,
  DENYOOM,
  OW,
  READONLY,
  RO,
  UPDATE,
  WRITE,
  after,
  block,
  group,
  int,
  key,
  keyAt,
  keysUnknown,
  manyWithToken,
  oneOf,
  optional,
  pattern,
  shown,
  token,
  type Arg,
} from '../command-spec.ts';

const COST = 'O(N + M log M) for N elements, M of them returned';
const CATEGORIES = ['set', 'sortedset', 'list', 'dangerous'];

const patterns = keysUnknown(RO | ACCESS, 'BY and GET name keys that depend on the elements');

/** A pattern that keys are made from. */
function keyPattern(name: string): Arg {
  const arg = shown('pattern', pattern(name));
  arg.keySpec = 1;
  return arg;
}

const options = [
  key('key'),
  optional(after('BY', keyPattern('by-pattern'))),
  optional(after('LIMIT', block('limit', int('offset'), int('count')))),
  optional(manyWithToken(after('GET', keyPattern('get-pattern')))),
  optional(oneOf('order', token('ASC'), token('DESC'))),
  optional(token('ALPHA', 'sorting')),
];

export const sort = group('generic', {
  sort: new CommandSpec(
    -2,
    WRITE | DENYOOM,
    [
      keyAt(1, RO | ACCESS),
      patterns,
      keysUnknown(OW | UPDATE, 'STORE can stand anywhere among the options'),
    ],
    [...options, optional(after('STORE', key('destination', 2)))],
    {
      since: '1.0.0',
      cost: COST,
      summary: 'Sorts the elements of a list, a set or a sorted set, and may store the outcome.',
      categories: CATEGORIES,
      outsideGroup: true,
    },
  ),

  sort_ro: new CommandSpec(-2, READONLY, [keyAt(1, RO | ACCESS), patterns], options, {
    since: '7.0.0',
    cost: COST,
    summary: 'Returns the elements of a list, a set or a sorted set in order.',
    categories: CATEGORIES,
    outsideGroup: true,
  }),
});
