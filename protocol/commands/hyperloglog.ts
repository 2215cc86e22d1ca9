// Counting what is different, roughly, in little room.

import {
  ACCESS,
  ADMIN,
  CommandSpec,
  DENYOOM,
  FAST,
  INSERT,
  MAY_REPLICATE,
  READONLY,
  RO,
  RW,
  WRITE,
  group,
  key,
  keyAt,
  keysFrom,
  many,
  optional,
  text,
} from '../command-spec.ts';

export const hyperloglog = group('hyperloglog', {
  pfadd: new CommandSpec(
    -2,
    WRITE | DENYOOM | FAST,
    [keyAt(1, RW | INSERT)],
    [key('key'), optional(many(text('element')))],
    {
      since: '2.8.9',
      cost: 'O(1) for each element',
      summary: 'Lets a HyperLogLog see elements, and makes it if it is not there.',
    },
  ),

  pfcount: new CommandSpec(
    -2,
    READONLY | MAY_REPLICATE,
    [
      keysFrom(
        1,
        RW | ACCESS,
        -1,
        1,
        'RW because it may change the internal representation of the key, ' +
          'and propagate to replicas',
      ),
    ],
    [many(key('key'))],
    {
      since: '2.8.9',
      cost: 'O(1) for one key, O(N) for several, and much slower for each of them',
      summary: 'Estimates how many different elements one or more HyperLogLogs have seen.',
    },
  ),

  pfdebug: new CommandSpec(
    3,
    WRITE | DENYOOM | ADMIN,
    [keyAt(2, RW | ACCESS)],
    [text('subcommand'), key('key')],
    {
      since: '2.8.9',
      cost: 'O(N) in the size of the value',
      summary: 'Shows how a HyperLogLog is kept, and changes that.',
      syscmd: true,
    },
  ),

  pfmerge: new CommandSpec(
    -2,
    WRITE | DENYOOM,
    [keyAt(1, RW | ACCESS | INSERT), keysFrom(2, RO | ACCESS)],
    [key('destkey'), optional(many(key('sourcekey', 1)))],
    {
      since: '2.8.9',
      cost: 'O(N) for N keys',
      summary: 'Makes a HyperLogLog that has seen what any of several have seen.',
    },
  ),

  pfselftest: new CommandSpec(1, ADMIN, [], [], {
    since: '2.8.9',
    cost: 'O(1), but slow',
    summary: 'Tests the HyperLogLogs of this server.',
    syscmd: true,
  }),
});
