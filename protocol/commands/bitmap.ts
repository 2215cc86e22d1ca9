// Strings seen as rows of bits.

import {
  ACCESS,
  CommandSpec,
  DENYOOM,
  FAST,
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
  group,
  int,
  key,
  keyAt,
  keysFrom,
  many,
  manyWithToken,
  oneOf,
  optional,
  text,
  token,
} from '../command-spec.ts';

const unit = optional(added('7.0.0', oneOf('unit', token('BYTE'), token('BIT'))));

export const bitmap = group('bitmap', {
  bitcount: new CommandSpec(
    -2,
    READONLY,
    [keyAt(1, RO | ACCESS)],
    [key('key'), optional(block('range', int('start'), int('end'), unit))],
    {
      since: '2.6.0',
      cost: 'O(N) in the bytes counted',
      summary: 'Counts the bits that are set.',
      history: [['7.0.0', '`BYTE` and `BIT`.']],
    },
  ),

  bitfield: new CommandSpec(
    -2,
    WRITE | DENYOOM,
    [keyAt(1, RW | ACCESS | UPDATE | VARIABLE_FLAGS, 'Reads or changes, as its operations ask')],
    [
      key('key'),
      optional(
        many(
          oneOf(
            'operation',
            after('GET', block('get-block', text('encoding'), int('offset'))),
            block(
              'write',
              optional(
                after(
                  'OVERFLOW',
                  oneOf('overflow-block', token('WRAP'), token('SAT'), token('FAIL')),
                ),
              ),
              oneOf(
                'write-operation',
                after('SET', block('set-block', text('encoding'), int('offset'), int('value'))),
                after(
                  'INCRBY',
                  block('incrby-block', text('encoding'), int('offset'), int('increment')),
                ),
              ),
            ),
          ),
        ),
      ),
    ],
    {
      since: '3.2.0',
      cost: 'O(1) for each operation',
      summary: 'Reads and changes integers of any width inside a string.',
    },
  ),

  bitfield_ro: new CommandSpec(
    -2,
    READONLY | FAST,
    [keyAt(1, RO | ACCESS)],
    [
      key('key'),
      optional(manyWithToken(after('GET', block('get-block', text('encoding'), int('offset'))))),
    ],
    {
      since: '6.0.0',
      cost: 'O(1) for each read',
      summary: 'Reads integers of any width inside a string.',
    },
  ),

  bitop: new CommandSpec(
    -4,
    WRITE | DENYOOM,
    [keyAt(2, OW | UPDATE), keysFrom(3, RO | ACCESS)],
    [
      oneOf('operation', token('AND'), token('OR'), token('XOR'), token('NOT')),
      key('destkey'),
      many(key('key', 1)),
    ],
    {
      since: '2.6.0',
      cost: 'O(N) in the longest string',
      summary: 'Combines strings bit by bit and stores the outcome.',
    },
  ),

  bitpos: new CommandSpec(
    -3,
    READONLY,
    [keyAt(1, RO | ACCESS)],
    [
      key('key'),
      int('bit'),
      optional(block('range', int('start'), optional(block('end-unit-block', int('end'), unit)))),
    ],
    {
      since: '2.8.7',
      cost: 'O(N) in the bytes searched',
      summary: 'Finds the first bit that is set, or that is clear.',
      history: [['7.0.0', '`BYTE` and `BIT`.']],
    },
  ),

  getbit: new CommandSpec(
    3,
    READONLY | FAST,
    [keyAt(1, RO | ACCESS)],
    [key('key'), int('offset')],
    { since: '2.2.0', cost: 'O(1)', summary: 'Returns one bit of a string.' },
  ),

  setbit: new CommandSpec(
    4,
    WRITE | DENYOOM,
    [keyAt(1, RW | ACCESS | UPDATE)],
    [key('key'), int('offset'), int('value')],
    {
      since: '2.2.0',
      cost: 'O(1)',
      summary: 'Sets or clears one bit of a string and returns what it was.',
    },
  ),
});
