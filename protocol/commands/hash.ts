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
  oneOf,
  optional,
  pattern,
  text,
  token,
  unixTime,
} from '../command-spec.ts';

const pairs = many(block('data', text('field'), text('value')));
const fields = after('FIELDS', block('fields', int('numfields'), many(text('field'))));
const condition = optional(oneOf('condition', token('NX'), token('XX'), token('GT'), token('LT')));
const seconds = after('EX', int('seconds'));
const milliseconds = after('PX', int('milliseconds'));
const atSeconds = after('EXAT', unixTime('unix-time-seconds'));
const atMilliseconds = after('PXAT', unixTime('unix-time-milliseconds'));
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

  hexpire: new CommandSpec(
    -6,
    WRITE | FAST,
    [keyAt(1, RW | UPDATE)],
    [key('key'), int('seconds'), condition, fields],
    {
      since: '7.4.0',
      cost: 'O(N) for N fields',
      summary: 'Lets fields expire after some seconds.',
    },
  ),

  hexpireat: new CommandSpec(
    -6,
    WRITE | FAST,
    [keyAt(1, RW | UPDATE)],
    [key('key'), unixTime('unix-time-seconds'), condition, fields],
    {
      since: '7.4.0',
      cost: 'O(N) for N fields',
      summary: 'Lets fields expire at a Unix time in seconds.',
    },
  ),

  hexpiretime: new CommandSpec(-5, READONLY | FAST, [keyAt(1, RO | ACCESS)], [key('key'), fields], {
    since: '7.4.0',
    cost: 'O(N) for N fields',
    summary: 'Tells at which Unix time, in seconds, fields expire.',
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

  hgetdel: new CommandSpec(
    -5,
    WRITE | FAST,
    [keyAt(1, RW | ACCESS | DELETE)],
    [key('key'), fields],
    {
      since: '8.0.0',
      cost: 'O(N) for N fields',
      summary: 'Returns the values of fields and removes the fields.',
    },
  ),

  hgetex: new CommandSpec(
    -5,
    WRITE | FAST,
    [keyAt(1, RW | ACCESS | UPDATE, 'Changes when fields expire')],
    [
      key('key'),
      optional(
        oneOf('expiration', seconds, milliseconds, atSeconds, atMilliseconds, token('PERSIST')),
      ),
      fields,
    ],
    {
      since: '8.0.0',
      cost: 'O(N) for N fields',
      summary: 'Returns the values of fields and sets, changes or clears when they expire.',
    },
  ),

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

  hpersist: new CommandSpec(-5, WRITE | FAST, [keyAt(1, RW | UPDATE)], [key('key'), fields], {
    since: '7.4.0',
    cost: 'O(N) for N fields',
    summary: 'Lets fields live on that would have expired.',
  }),

  hpexpire: new CommandSpec(
    -6,
    WRITE | FAST,
    [keyAt(1, RW | UPDATE)],
    [key('key'), int('milliseconds'), condition, fields],
    {
      since: '7.4.0',
      cost: 'O(N) for N fields',
      summary: 'Lets fields expire after some milliseconds.',
    },
  ),

  hpexpireat: new CommandSpec(
    -6,
    WRITE | FAST,
    [keyAt(1, RW | UPDATE)],
    [key('key'), unixTime('unix-time-milliseconds'), condition, fields],
    {
      since: '7.4.0',
      cost: 'O(N) for N fields',
      summary: 'Lets fields expire at a Unix time in milliseconds.',
    },
  ),

  hpexpiretime: new CommandSpec(
    -5,
    READONLY | FAST,
    [keyAt(1, RO | ACCESS)],
    [key('key'), fields],
    {
      since: '7.4.0',
      cost: 'O(N) for N fields',
      summary: 'Tells at which Unix time, in milliseconds, fields expire.',
    },
  ),

  hpttl: new CommandSpec(-5, READONLY | FAST, [keyAt(1, RO | ACCESS)], [key('key'), fields], {
    since: '7.4.0',
    cost: 'O(N) for N fields',
    summary: 'Tells in how many milliseconds fields expire.',
    tips: anyOutput,
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

  hsetex: new CommandSpec(
    -6,
    WRITE | DENYOOM | FAST,
    [keyAt(1, RW | UPDATE)],
    [
      key('key'),
      optional(oneOf('condition', token('FNX'), token('FXX'))),
      optional(
        oneOf('expiration', seconds, milliseconds, atSeconds, atMilliseconds, token('KEEPTTL')),
      ),
      after('FIELDS', block('fields', int('numfields'), pairs)),
    ],
    {
      since: '8.0.0',
      cost: 'O(N) for N fields',
      summary: 'Sets the values of fields, and when they expire.',
    },
  ),

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

  httl: new CommandSpec(-5, READONLY | FAST, [keyAt(1, RO | ACCESS)], [key('key'), fields], {
    since: '7.4.0',
    cost: 'O(N) for N fields',
    summary: 'Tells in how many seconds fields expire.',
    tips: anyOutput,
  }),

  hvals: new CommandSpec(2, READONLY, [keyAt(1, RO | ACCESS)], [key('key')], {
    since: '2.0.0',
    cost: 'O(N) for a hash of N fields',
    summary: 'Returns the values of all fields of a hash.',
    tips: anyOrder,
  }),
});
