// Sorted sets: members in the order of their scores. The rows about ranges and about several
// sets at once have files of their own.

import {
  ACCESS,
  BLOCKING,
  CommandSpec,
  DELETE,
  DENYOOM,
  FAST,
  READONLY,
  RO,
  RW,
  UPDATE,
  WRITE,
  added,
  after,
  block,
  double,
  group,
  int,
  key,
  keyAt,
  keysFrom,
  many,
  numkeysAt,
  oneOf,
  optional,
  pattern,
  text,
  token,
} from '../command-spec.ts';
import { ranges } from './sorted-set-range.ts';
import { combinations } from './sorted-set-store.ts';

export const sortedSet = group('sorted-set', {
  zadd: new CommandSpec(
    -4,
    WRITE | DENYOOM | FAST,
    [keyAt(1, RW | UPDATE)],
    [
      key('key'),
      optional(added('3.0.2', oneOf('condition', token('NX'), token('XX')))),
      optional(added('6.2.0', oneOf('comparison', token('GT'), token('LT')))),
      optional(added('3.0.2', token('CH', 'change'))),
      optional(added('3.0.2', token('INCR', 'increment'))),
      many(block('data', double('score'), text('member'))),
    ],
    {
      since: '1.2.0',
      cost: 'O(log(N)) for each member',
      summary: 'Gives members a score, adding those that are new.',
      history: [
        ['2.4.0', 'Several members at once.'],
        ['3.0.2', '`XX`, `NX`, `CH` and `INCR`.'],
        ['6.2.0', '`GT` and `LT`.'],
      ],
    },
  ),

  zincrby: new CommandSpec(
    4,
    WRITE | DENYOOM | FAST,
    [keyAt(1, RW | ACCESS | UPDATE)],
    [key('key'), int('increment'), text('member')],
    {
      since: '1.2.0',
      cost: 'O(log(N))',
      summary: "Adds a number to a member's score. A missing member counts as 0.",
    },
  ),

  zrem: new CommandSpec(
    -3,
    WRITE | FAST,
    [keyAt(1, RW | DELETE)],
    [key('key'), many(text('member'))],
    {
      since: '1.2.0',
      cost: 'O(M*log(N)) to remove M members',
      summary: 'Removes members. The key goes with the last one.',
      history: [['2.4.0', 'Several members at once.']],
    },
  ),

  zcard: new CommandSpec(2, READONLY | FAST, [keyAt(1, RO)], [key('key')], {
    since: '1.2.0',
    cost: 'O(1)',
    summary: 'Counts the members.',
  }),

  zscore: new CommandSpec(
    3,
    READONLY | FAST,
    [keyAt(1, RO | ACCESS)],
    [key('key'), text('member')],
    { since: '1.2.0', cost: 'O(1)', summary: 'Returns the score of a member.' },
  ),

  zmscore: new CommandSpec(
    -3,
    READONLY | FAST,
    [keyAt(1, RO | ACCESS)],
    [key('key'), many(text('member'))],
    {
      since: '6.2.0',
      cost: 'O(N) for N members asked for',
      summary: 'Returns the scores of several members.',
    },
  ),

  zrank: new CommandSpec(
    -3,
    READONLY | FAST,
    [keyAt(1, RO | ACCESS)],
    [key('key'), text('member'), optional(token('WITHSCORE'))],
    {
      since: '2.0.0',
      cost: 'O(log(N))',
      summary: 'Returns how many members come before one, from the lowest score.',
      history: [['7.2.0', '`WITHSCORE`.']],
    },
  ),

  zrevrank: new CommandSpec(
    -3,
    READONLY | FAST,
    [keyAt(1, RO | ACCESS)],
    [key('key'), text('member'), optional(token('WITHSCORE'))],
    {
      since: '2.0.0',
      cost: 'O(log(N))',
      summary: 'Returns how many members come before one, from the highest score.',
      history: [['7.2.0', '`WITHSCORE`.']],
    },
  ),

  zcount: new CommandSpec(
    4,
    READONLY | FAST,
    [keyAt(1, RO | ACCESS)],
    [key('key'), double('min'), double('max')],
    {
      since: '2.0.0',
      cost: 'O(log(N))',
      summary: 'Counts the members whose score lies in a range.',
    },
  ),

  zlexcount: new CommandSpec(
    4,
    READONLY | FAST,
    [keyAt(1, RO | ACCESS)],
    [key('key'), text('min'), text('max')],
    {
      since: '2.8.9',
      cost: 'O(log(N))',
      summary: 'Counts the members in a range of names, all scores being equal.',
    },
  ),

  zpopmin: new CommandSpec(
    -2,
    WRITE | FAST,
    [keyAt(1, RW | ACCESS | DELETE)],
    [key('key'), optional(int('count'))],
    {
      since: '5.0.0',
      cost: 'O(M*log(N)) to take M members',
      summary: 'Takes the members with the lowest scores away, and returns them.',
    },
  ),

  zpopmax: new CommandSpec(
    -2,
    WRITE | FAST,
    [keyAt(1, RW | ACCESS | DELETE)],
    [key('key'), optional(int('count'))],
    {
      since: '5.0.0',
      cost: 'O(M*log(N)) to take M members',
      summary: 'Takes the members with the highest scores away, and returns them.',
    },
  ),

  zmpop: new CommandSpec(
    -4,
    WRITE,
    [numkeysAt(1, RW | ACCESS | DELETE)],
    [
      int('numkeys'),
      many(key('key')),
      oneOf('where', token('MIN'), token('MAX')),
      optional(after('COUNT', int('count'))),
    ],
    {
      since: '7.0.0',
      cost: 'O(K) to look at K keys, and O(M*log(N)) to take M members',
      summary: 'Takes members from the first of several keys that has any.',
    },
  ),

  bzpopmin: new CommandSpec(
    -3,
    WRITE | BLOCKING | FAST,
    [keysFrom(1, RW | ACCESS | DELETE, -2)],
    [many(key('key')), double('timeout')],
    {
      since: '5.0.0',
      cost: 'O(log(N))',
      summary: 'Takes the lowest member of the first key that has any, or waits for one.',
      history: [['6.0.0', 'The timeout may have decimals.']],
    },
  ),

  bzpopmax: new CommandSpec(
    -3,
    WRITE | BLOCKING | FAST,
    [keysFrom(1, RW | ACCESS | DELETE, -2)],
    [many(key('key')), double('timeout')],
    {
      since: '5.0.0',
      cost: 'O(log(N))',
      summary: 'Takes the highest member of the first key that has any, or waits for one.',
      history: [['6.0.0', 'The timeout may have decimals.']],
    },
  ),

  bzmpop: new CommandSpec(
    -5,
    WRITE | BLOCKING,
    [numkeysAt(2, RW | ACCESS | DELETE)],
    [
      double('timeout'),
      int('numkeys'),
      many(key('key')),
      oneOf('where', token('MIN'), token('MAX')),
      optional(after('COUNT', int('count'))),
    ],
    {
      since: '7.0.0',
      cost: 'O(K) to look at K keys, and O(M*log(N)) to take M members',
      summary: 'Takes members from the first of several keys that has any, or waits for some.',
    },
  ),

  zrandmember: new CommandSpec(
    -2,
    READONLY,
    [keyAt(1, RO | ACCESS)],
    [key('key'), optional(block('options', int('count'), optional(token('WITHSCORES'))))],
    {
      since: '6.2.0',
      cost: 'O(M) to return M members',
      summary: 'Returns members picked at random.',
      tips: ['nondeterministic_output'],
    },
  ),

  zscan: new CommandSpec(
    -3,
    READONLY,
    [keyAt(1, RO | ACCESS)],
    [
      key('key'),
      int('cursor'),
      optional(after('MATCH', pattern('pattern'))),
      optional(after('COUNT', int('count'))),
    ],
    {
      since: '2.8.0',
      cost: 'O(M) for M members looked at; O(N) for the whole',
      summary: 'Walks over members and scores, some at a time.',
      tips: ['nondeterministic_output'],
    },
  ),

  ...ranges,
  ...combinations,
});
