// Strings: what a key holds unless it holds something else.

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
  VARIABLE_FLAGS,
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
  oneOf,
  optional,
  text,
  token,
  unixTime,
} from '../command-spec.ts';

export const string = group('string', {
  append: new CommandSpec(
    3,
    WRITE | DENYOOM | FAST,
    [keyAt(1, RW | INSERT)],
    [key('key'), text('value')],
    {
      since: '2.0.0',
      cost: 'O(1) amortised: room grows ahead of need',
      summary: 'Adds bytes to the end of a string, which is created if missing.',
    },
  ),

  decr: new CommandSpec(2, WRITE | DENYOOM | FAST, [keyAt(1, RW | ACCESS | UPDATE)], [key('key')], {
    since: '1.0.0',
    cost: 'O(1)',
    summary: 'Subtracts one from an integer. A missing key counts as 0.',
  }),

  decrby: new CommandSpec(
    3,
    WRITE | DENYOOM | FAST,
    [keyAt(1, RW | ACCESS | UPDATE)],
    [key('key'), int('decrement')],
    {
      since: '1.0.0',
      cost: 'O(1)',
      summary: 'Subtracts a number from an integer. A missing key counts as 0.',
    },
  ),

  get: new CommandSpec(2, READONLY | FAST, [keyAt(1, RO | ACCESS)], [key('key')], {
    since: '1.0.0',
    cost: 'O(1)',
    summary: 'Returns the string that a key holds.',
  }),

  getdel: new CommandSpec(2, WRITE | FAST, [keyAt(1, RW | ACCESS | DELETE)], [key('key')], {
    since: '6.2.0',
    cost: 'O(1)',
    summary: 'Returns a string and removes its key.',
  }),

  getex: new CommandSpec(
    -2,
    WRITE | FAST,
    [keyAt(1, RW | ACCESS | UPDATE, 'Changes when the key expires')],
    [
      key('key'),
      optional(
        oneOf(
          'expiration',
          after('EX', int('seconds')),
          after('PX', int('milliseconds')),
          after('EXAT', unixTime('unix-time-seconds')),
          after('PXAT', unixTime('unix-time-milliseconds')),
          token('PERSIST'),
        ),
      ),
    ],
    {
      since: '6.2.0',
      cost: 'O(1)',
      summary: 'Returns a string and sets, changes or clears when it expires.',
    },
  ),

  getrange: new CommandSpec(
    4,
    READONLY,
    [keyAt(1, RO | ACCESS)],
    [key('key'), int('start'), int('end')],
    {
      since: '2.4.0',
      cost: 'O(N) to return N bytes',
      summary: 'Returns part of a string, both ends included.',
    },
  ),

  getset: new CommandSpec(
    3,
    WRITE | DENYOOM | FAST,
    [keyAt(1, RW | ACCESS | UPDATE)],
    [key('key'), text('value')],
    {
      since: '1.0.0',
      cost: 'O(1)',
      summary: 'Stores a string and returns the one that was there before.',
      deprecated: { since: '6.2.0', replacedBy: 'SET with GET' },
    },
  ),

  incr: new CommandSpec(2, WRITE | DENYOOM | FAST, [keyAt(1, RW | ACCESS | UPDATE)], [key('key')], {
    since: '1.0.0',
    cost: 'O(1)',
    summary: 'Adds one to an integer. A missing key counts as 0.',
  }),

  incrby: new CommandSpec(
    3,
    WRITE | DENYOOM | FAST,
    [keyAt(1, RW | ACCESS | UPDATE)],
    [key('key'), int('increment')],
    {
      since: '1.0.0',
      cost: 'O(1)',
      summary: 'Adds a number to an integer. A missing key counts as 0.',
    },
  ),

  incrbyfloat: new CommandSpec(
    3,
    WRITE | DENYOOM | FAST,
    [keyAt(1, RW | ACCESS | UPDATE)],
    [key('key'), double('increment')],
    {
      since: '2.6.0',
      cost: 'O(1)',
      summary: 'Adds a floating point number to a number. A missing key counts as 0.',
    },
  ),

  lcs: new CommandSpec(
    -3,
    READONLY,
    [keysFrom(1, RO | ACCESS, 1)],
    [
      key('key1'),
      key('key2'),
      optional(token('LEN')),
      optional(token('IDX')),
      optional(after('MINMATCHLEN', int('min-match-len'))),
      optional(token('WITHMATCHLEN')),
    ],
    {
      since: '7.0.0',
      cost: 'O(N*M) for strings of N and M bytes',
      summary: 'Finds the longest common subsequence of two strings.',
    },
  ),

  mget: new CommandSpec(-2, READONLY | FAST, [keysFrom(1, RO | ACCESS)], [many(key('key'))], {
    since: '1.0.0',
    cost: 'O(N) for N keys',
    summary: 'Returns the strings of several keys; null where there is none.',
    tips: ['request_policy:multi_shard'],
  }),

  mset: new CommandSpec(
    -3,
    WRITE | DENYOOM,
    [keysFrom(1, OW | UPDATE, -1, 2)],
    [many(block('data', key('key'), text('value')))],
    {
      since: '1.0.1',
      cost: 'O(N) for N keys',
      summary: 'Stores several strings at once.',
      tips: ['request_policy:multi_shard', 'response_policy:all_succeeded'],
    },
  ),

  msetnx: new CommandSpec(
    -3,
    WRITE | DENYOOM,
    [keysFrom(1, OW | INSERT, -1, 2)],
    [many(block('data', key('key'), text('value')))],
    {
      since: '1.0.1',
      cost: 'O(N) for N keys',
      summary: 'Stores several strings, unless one of the keys exists: all or nothing.',
    },
  ),

  psetex: new CommandSpec(
    4,
    WRITE | DENYOOM,
    [keyAt(1, OW | UPDATE)],
    [key('key'), int('milliseconds'), text('value')],
    {
      since: '2.6.0',
      cost: 'O(1)',
      summary: 'Stores a string that expires after some milliseconds.',
      deprecated: { since: '2.6.12', replacedBy: 'SET with PX' },
    },
  ),

  set: new CommandSpec(
    -3,
    WRITE | DENYOOM,
    [keyAt(1, RW | ACCESS | UPDATE | VARIABLE_FLAGS, 'Reads as well: GET asks for the old value')],
    [
      key('key'),
      text('value'),
      optional(added('2.6.12', oneOf('condition', token('NX'), token('XX')))),
      optional(added('6.2.0', token('GET'))),
      optional(
        oneOf(
          'expiration',
          added('2.6.12', after('EX', int('seconds'))),
          added('2.6.12', after('PX', int('milliseconds'))),
          added('6.2.0', after('EXAT', unixTime('unix-time-seconds'))),
          added('6.2.0', after('PXAT', unixTime('unix-time-milliseconds'))),
          added('6.0.0', token('KEEPTTL')),
        ),
      ),
    ],
    {
      since: '1.0.0',
      cost: 'O(1)',
      summary: 'Stores a string, whatever the key held before.',
      history: [
        ['2.6.12', '`EX`, `PX`, `NX` and `XX`.'],
        ['6.0.0', '`KEEPTTL`.'],
        ['6.2.0', '`GET`, `EXAT` and `PXAT`.'],
        ['7.0.0', '`NX` together with `GET`.'],
      ],
    },
  ),

  setex: new CommandSpec(
    4,
    WRITE | DENYOOM,
    [keyAt(1, OW | UPDATE)],
    [key('key'), int('seconds'), text('value')],
    {
      since: '2.0.0',
      cost: 'O(1)',
      summary: 'Stores a string that expires after some seconds.',
      deprecated: { since: '2.6.12', replacedBy: 'SET with EX' },
    },
  ),

  setnx: new CommandSpec(
    3,
    WRITE | DENYOOM | FAST,
    [keyAt(1, OW | INSERT)],
    [key('key'), text('value')],
    {
      since: '1.0.0',
      cost: 'O(1)',
      summary: 'Stores a string if the key does not exist.',
      deprecated: { since: '2.6.12', replacedBy: 'SET with NX' },
    },
  ),

  setrange: new CommandSpec(
    4,
    WRITE | DENYOOM,
    [keyAt(1, RW | UPDATE)],
    [key('key'), int('offset'), text('value')],
    {
      since: '2.2.0',
      cost: 'O(M) to write M bytes; more if the string has to move to grow',
      summary: 'Overwrites part of a string from an offset on, padding with zero bytes.',
    },
  ),

  strlen: new CommandSpec(2, READONLY | FAST, [keyAt(1, RO)], [key('key')], {
    since: '2.2.0',
    cost: 'O(1)',
    summary: 'Tells how many bytes a string has.',
  }),

  substr: new CommandSpec(
    4,
    READONLY,
    [keyAt(1, RO | ACCESS)],
    [key('key'), int('start'), int('end')],
    {
      since: '1.0.0',
      cost: 'O(N) to return N bytes',
      summary: 'Returns part of a string: an older name of GETRANGE.',
      deprecated: { since: '2.0.0', replacedBy: 'GETRANGE' },
    },
  ),
});
