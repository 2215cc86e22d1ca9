// Hashes: fields with values under one key.

import {
  ACCESS,
  CommandSpec,
  DELETE,
  DENYOOM,
  FAST,
  INSERT,
  READONLY,
  RO,
  RW,
  UPDATE,
  WRITE,
  after,
  block,
  double,
  group,
  int,
  key,
  keyAt,
  many,
  optional,
  pattern,
  text,
  token,
} from '../command-spec.ts';

const pairs = many(block('data', text('field'), text('value')));
const anyOrder = ['nondeterministic_output_order'];
const anyOutput = ['nondeterministic_output'];

export const hash = group('hash', {
  hdel: new CommandSpec(
    -3,
    WRITE | FAST,
    [keyAt(1, RW | DELETE)],
    [key('key'), many(text('field'))],
    {
      since: '2.0.0',
      cost: 'O(N) for N fields',
      summary: 'Removes fields from a hash; the key goes with the last one.',
      history: [['2.4.0', 'More than one `field`.']],
    },
  ),

  hexists: new CommandSpec(3, READONLY | FAST, [keyAt(1, RO)], [key('key'), text('field')], {
    since: '2.0.0',
    cost: 'O(1)',
    summary: 'Tells whether a hash has a field.',
  }),

  hget: new CommandSpec(3, READONLY | FAST, [keyAt(1, RO | ACCESS)], [key('key'), text('field')], {
    since: '2.0.0',
    cost: 'O(1)',
    summary: 'Returns the value of a field.',
  }),

  hgetall: new CommandSpec(2, READONLY, [keyAt(1, RO | ACCESS)], [key('key')], {
    since: '2.0.0',
    cost: 'O(N) for a hash of N fields',
    summary: 'Returns all fields of a hash with their values.',
    tips: anyOrder,
  }),

  hincrby: new CommandSpec(
    4,
    WRITE | DENYOOM | FAST,
    [keyAt(1, RW | ACCESS | UPDATE)],
    [key('key'), text('field'), int('increment')],
    {
      since: '2.0.0',
      cost: 'O(1)',
      summary: 'Adds a number to an integer in a field. A missing field counts as 0.',
    },
  ),

  hincrbyfloat: new CommandSpec(
    4,
    WRITE | DENYOOM | FAST,
    [keyAt(1, RW | ACCESS | UPDATE)],
    [key('key'), text('field'), double('increment')],
    {
      since: '2.6.0',
      cost: 'O(1)',
      summary: 'Adds a floating point number to a number in a field. A missing field counts as 0.',
    },
  ),

  hkeys: new CommandSpec(2, READONLY, [keyAt(1, RO | ACCESS)], [key('key')], {
    since: '2.0.0',
    cost: 'O(N) for a hash of N fields',
    summary: 'Returns the names of all fields of a hash.',
    tips: anyOrder,
  }),

  hlen: new CommandSpec(2, READONLY | FAST, [keyAt(1, RO)], [key('key')], {
    since: '2.0.0',
    cost: 'O(1)',
    summary: 'Tells how many fields a hash has.',
  }),

  hmget: new CommandSpec(
    -3,
    READONLY | FAST,
    [keyAt(1, RO | ACCESS)],
    [key('key'), many(text('field'))],
    {
      since: '2.0.0',
      cost: 'O(N) for N fields',
      summary: 'Returns the values of several fields; null where there is none.',
    },
  ),

  hmset: new CommandSpec(-4, WRITE | DENYOOM | FAST, [keyAt(1, RW | UPDATE)], [key('key'), pairs], {
    since: '2.0.0',
    cost: 'O(N) for N fields',
    summary: 'Sets the values of several fields: an older name of HSET.',
    deprecated: { since: '4.0.0', replacedBy: 'HSET with several fields' },
  }),

  hrandfield: new CommandSpec(
    -2,
    READONLY,
    [keyAt(1, RO | ACCESS)],
    [key('key'), optional(block('options', int('count'), optional(token('WITHVALUES'))))],
    {
      since: '6.2.0',
      cost: 'O(N) for N fields returned',
      summary: 'Returns one or more fields drawn at random.',
      tips: anyOutput,
    },
  ),

  hscan: new CommandSpec(
    -3,
    READONLY,
    [keyAt(1, RO | ACCESS)],
    [
      key('key'),
      int('cursor'),
      optional(after('MATCH', pattern('pattern'))),
      optional(after('COUNT', int('count'))),
      optional(token('NOVALUES')),
    ],
    {
      since: '2.8.0',
      cost: 'O(1) a call, O(N) for all of N fields',
      summary: 'Walks the fields of a hash, some at a time.',
      tips: anyOutput,
    },
  ),

  hset: new CommandSpec(-4, WRITE | DENYOOM | FAST, [keyAt(1, RW | UPDATE)], [key('key'), pairs], {
    since: '2.0.0',
    cost: 'O(N) for N fields',
    summary: 'Sets the values of fields, and tells how many of them are new.',
    history: [['4.0.0', 'More than one `field` and `value`.']],
  }),

  hsetnx: new CommandSpec(
    4,
    WRITE | DENYOOM | FAST,
    [keyAt(1, RW | INSERT)],
    [key('key'), text('field'), text('value')],
    {
      since: '2.0.0',
      cost: 'O(1)',
      summary: 'Sets the value of a field if there is no such field.',
    },
  ),

  hstrlen: new CommandSpec(3, READONLY | FAST, [keyAt(1, RO)], [key('key'), text('field')], {
    since: '3.2.0',
    cost: 'O(1)',
    summary: 'Tells how many bytes the value of a field has.',
  }),

  hvals: new CommandSpec(2, READONLY, [keyAt(1, RO | ACCESS)], [key('key')], {
    since: '2.0.0',
    cost: 'O(N) for a hash of N fields',
    summary: 'Returns the values of all fields of a hash.',
    tips: anyOrder,
  }),
});
