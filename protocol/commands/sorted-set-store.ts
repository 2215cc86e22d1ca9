// Sorted sets put together from others. Plain sets count as sets whose scores are all 1.

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
  int,
  key,
  keyAt,
  many,
  numkeysAt,
  oneOf,
  optional,
  token,
} from '../command-spec.ts';

export const combinations = {
  zunion: new CommandSpec(
    -3,
    READONLY,
    [numkeysAt(1, RO | ACCESS)],
    [
      int('numkeys'),
      many(key('key')),
      optional(many(after('WEIGHTS', int('weight')))),
      optional(after('AGGREGATE', oneOf('aggregate', token('SUM'), token('MIN'), token('MAX')))),
      optional(token('WITHSCORES')),
    ],
    {
      since: '6.2.0',
      cost: 'O(N+M*log(M)) for N members in all, M of them different',
      summary: 'Returns the members of all the keys.',
    },
  ),

  zinter: new CommandSpec(
    -3,
    READONLY,
    [numkeysAt(1, RO | ACCESS)],
    [
      int('numkeys'),
      many(key('key')),
      optional(many(after('WEIGHTS', int('weight')))),
      optional(after('AGGREGATE', oneOf('aggregate', token('SUM'), token('MIN'), token('MAX')))),
      optional(token('WITHSCORES')),
    ],
    {
      since: '6.2.0',
      cost: 'O(N*K+M*log(M)): N in the smallest of K keys, M in all',
      summary: 'Returns the members that all the keys have.',
    },
  ),

  zdiff: new CommandSpec(
    -3,
    READONLY,
    [numkeysAt(1, RO | ACCESS)],
    [int('numkeys'), many(key('key')), optional(token('WITHSCORES'))],
    {
      since: '6.2.0',
      cost: 'O(L+N*log(N)) for L members in all, N of them in the first key',
      summary: 'Returns the members of the first key that no other has.',
    },
  ),

  zunionstore: new CommandSpec(
    -4,
    WRITE | DENYOOM,
    [keyAt(1, OW | UPDATE), numkeysAt(2, RO | ACCESS)],
    [
      key('destination'),
      int('numkeys'),
      many(key('key', 1)),
      optional(many(after('WEIGHTS', int('weight')))),
      optional(after('AGGREGATE', oneOf('aggregate', token('SUM'), token('MIN'), token('MAX')))),
    ],
    {
      since: '2.0.0',
      cost: 'O(N+M*log(M)) for N members in all, M of them different',
      summary: 'Stores the members of all the keys.',
    },
  ),

  zinterstore: new CommandSpec(
    -4,
    WRITE | DENYOOM,
    [keyAt(1, OW | UPDATE), numkeysAt(2, RO | ACCESS)],
    [
      key('destination'),
      int('numkeys'),
      many(key('key', 1)),
      optional(many(after('WEIGHTS', int('weight')))),
      optional(after('AGGREGATE', oneOf('aggregate', token('SUM'), token('MIN'), token('MAX')))),
    ],
    {
      since: '2.0.0',
      cost: 'O(N*K+M*log(M)): N in the smallest of K keys, M in all',
      summary: 'Stores the members that all the keys have.',
    },
  ),

  zdiffstore: new CommandSpec(
    -4,
    WRITE | DENYOOM,
    [keyAt(1, OW | UPDATE), numkeysAt(2, RO | ACCESS)],
    [key('destination'), int('numkeys'), many(key('key', 1))],
    {
      since: '6.2.0',
      cost: 'O(L+N*log(N)) for L members in all, N of them in the first key',
      summary: 'Stores the members of the first key that no other has.',
    },
  ),

  zintercard: new CommandSpec(
    -3,
    READONLY,
    [numkeysAt(1, RO | ACCESS)],
    [int('numkeys'), many(key('key')), optional(after('LIMIT', int('limit')))],
    {
      since: '7.0.0',
      cost: 'O(N*K) for N members in the smallest of K keys',
      summary: 'Counts the members that all the keys have.',
    },
  ),
};
