// Sets: members without order.

import {
  ACCESS,
  CommandSpec,
  DELETE,
  DENYOOM,
  FAST,
  INSERT,
  OW,
  READONLY,
  RO,
  RW,
  UPDATE,
  WRITE,
  added,
  after,
  group,
  int,
  key,
  keyAt,
  keysFrom,
  many,
  numkeysAt,
  optional,
  pattern,
  text,
} from '../command-spec.ts';

const ANY_ORDER = ['nondeterministic_output_order'];
const BY_CHANCE = ['nondeterministic_output'];

export const set = group('set', {
  sadd: new CommandSpec(
    -3,
    WRITE | DENYOOM | FAST,
    [keyAt(1, RW | INSERT)],
    [key('key'), many(text('member'))],
    {
      since: '1.0.0',
      cost: 'O(N) for N members',
      summary: 'Adds members to a set.',
      history: [['2.4.0', 'Several members.']],
    },
  ),

  scard: new CommandSpec(2, READONLY | FAST, [keyAt(1, RO)], [key('key')], {
    since: '1.0.0',
    cost: 'O(1)',
    summary: 'Counts the members of a set.',
  }),

  sdiff: new CommandSpec(-2, READONLY, [keysFrom(1, RO | ACCESS)], [many(key('key'))], {
    since: '1.0.0',
    cost: 'O(N) in the members of all sets',
    summary: 'Returns what is in the first set and in none of the others.',
    tips: ANY_ORDER,
  }),

  sdiffstore: new CommandSpec(
    -3,
    WRITE | DENYOOM,
    [keyAt(1, OW | UPDATE), keysFrom(2, RO | ACCESS)],
    [key('destination'), many(key('key', 1))],
    {
      since: '1.0.0',
      cost: 'O(N) in the members of all sets',
      summary: 'Stores what is in the first set and in none of the others.',
    },
  ),

  sinter: new CommandSpec(-2, READONLY, [keysFrom(1, RO | ACCESS)], [many(key('key'))], {
    since: '1.0.0',
    cost: 'O(N*M) for M sets, the smallest of N members',
    summary: 'Returns what is in all of the sets.',
    tips: ANY_ORDER,
  }),

  sintercard: new CommandSpec(
    -3,
    READONLY,
    [numkeysAt(1, RO | ACCESS)],
    [int('numkeys'), many(key('key')), optional(after('LIMIT', int('limit')))],
    {
      since: '7.0.0',
      cost: 'O(N*M) for M sets, the smallest of N members',
      summary: 'Counts what is in all of the sets.',
    },
  ),

  sinterstore: new CommandSpec(
    -3,
    WRITE | DENYOOM,
    [keyAt(1, OW | UPDATE), keysFrom(2, RO | ACCESS)],
    [key('destination'), many(key('key', 1))],
    {
      since: '1.0.0',
      cost: 'O(N*M) for M sets, the smallest of N members',
      summary: 'Stores what is in all of the sets.',
    },
  ),

  sismember: new CommandSpec(3, READONLY | FAST, [keyAt(1, RO)], [key('key'), text('member')], {
    since: '1.0.0',
    cost: 'O(1)',
    summary: 'Tells whether a set has a member.',
  }),

  smembers: new CommandSpec(2, READONLY, [keyAt(1, RO | ACCESS)], [key('key')], {
    since: '1.0.0',
    cost: 'O(N) in the members',
    summary: 'Returns all members of a set.',
    tips: ANY_ORDER,
  }),

  smismember: new CommandSpec(
    -3,
    READONLY | FAST,
    [keyAt(1, RO | ACCESS)],
    [key('key'), many(text('member'))],
    {
      since: '6.2.0',
      cost: 'O(N) for N members asked about',
      summary: 'Tells for several members whether a set has them.',
    },
  ),

  smove: new CommandSpec(
    4,
    WRITE | FAST,
    [keyAt(1, RW | ACCESS | DELETE), keyAt(2, RW | INSERT)],
    [key('source'), key('destination', 1), text('member')],
    { since: '1.0.0', cost: 'O(1)', summary: 'Moves a member from one set to another.' },
  ),

  spop: new CommandSpec(
    -2,
    WRITE | FAST,
    [keyAt(1, RW | ACCESS | DELETE)],
    [key('key'), optional(added('3.2.0', int('count')))],
    {
      since: '1.0.0',
      cost: 'O(N) for N members removed',
      summary: 'Removes random members of a set and returns them.',
      history: [['3.2.0', '`count`.']],
      tips: BY_CHANCE,
    },
  ),

  srandmember: new CommandSpec(
    -2,
    READONLY,
    [keyAt(1, RO | ACCESS)],
    [key('key'), optional(added('2.6.0', int('count')))],
    {
      since: '1.0.0',
      cost: 'O(N) for N members returned',
      summary: 'Returns random members of a set.',
      history: [['2.6.0', '`count`.']],
      tips: BY_CHANCE,
    },
  ),

  srem: new CommandSpec(
    -3,
    WRITE | FAST,
    [keyAt(1, RW | DELETE)],
    [key('key'), many(text('member'))],
    {
      since: '1.0.0',
      cost: 'O(N) for N members',
      summary: 'Removes members of a set.',
      history: [['2.4.0', 'Several members.']],
    },
  ),

  sscan: new CommandSpec(
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
      cost: 'O(1) for each call, O(N) for a whole walk',
      summary: 'Walks over the members of a set, some at a time.',
      tips: BY_CHANCE,
    },
  ),

  sunion: new CommandSpec(-2, READONLY, [keysFrom(1, RO | ACCESS)], [many(key('key'))], {
    since: '1.0.0',
    cost: 'O(N) in the members of all sets',
    summary: 'Returns what is in any of the sets.',
    tips: ANY_ORDER,
  }),

  sunionstore: new CommandSpec(
    -3,
    WRITE | DENYOOM,
    [keyAt(1, OW | UPDATE), keysFrom(2, RO | ACCESS)],
    [key('destination'), many(key('key', 1))],
    {
      since: '1.0.0',
      cost: 'O(N) in the members of all sets',
      summary: 'Stores what is in any of the sets.',
    },
  ),
});
