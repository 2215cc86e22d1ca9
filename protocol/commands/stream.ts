// Streams: logs of entries that many can read at their own pace. The rows about consumer groups,
// who share what they read, have a file of their own.

import {
  ACCESS,
  BLOCKING,
  CommandSpec,
  DELETE,
  DENYOOM,
  FAST,
  LOADING,
  READONLY,
  RO,
  RW,
  STALE,
  UPDATE,
  WRITE,
  added,
  after,
  block,
  container,
  group,
  int,
  key,
  keyAfter,
  keyAt,
  many,
  oneOf,
  optional,
  text,
  token,
} from '../command-spec.ts';
import { groupRows } from './stream-group.ts';

const UNSTABLE = ['nondeterministic_output'] as const;

const trimming = () =>
  block(
    'trim',
    oneOf('strategy', token('MAXLEN'), added('6.2.0', token('MINID'))),
    optional(oneOf('operator', token('=', 'equal'), token('~', 'approximately'))),
    text('threshold'),
    optional(added('6.2.0', after('LIMIT', int('count')))),
  );

const exclusive = [['6.2.0', 'Bounds that are excluded.']] as const;

export const stream = group('stream', {
  xadd: new CommandSpec(
    -5,
    WRITE | DENYOOM | FAST,
    [keyAt(1, RW | UPDATE, 'UPDATE instead of INSERT because of the optional trimming feature')],
    [
      key('key'),
      optional(added('6.2.0', token('NOMKSTREAM'))),
      optional(trimming()),
      oneOf('id-selector', token('*', 'auto-id'), text('id')),
      many(block('data', text('field'), text('value'))),
    ],
    {
      since: '5.0.0',
      cost: 'O(1), and O(N) for N entries that are trimmed',
      summary: 'Adds an entry to a stream, and makes the stream if it is not there.',
      history: [
        ['6.2.0', '`NOMKSTREAM`, `MINID` and `LIMIT`.'],
        ['7.0.0', 'IDs of the form `<ms>-*`.'],
      ],
      tips: UNSTABLE,
    },
  ),

  xdel: new CommandSpec(-3, WRITE | FAST, [keyAt(1, RW | DELETE)], [key('key'), many(text('id'))], {
    since: '5.0.0',
    cost: 'O(1) for each entry',
    summary: 'Deletes entries of a stream, and tells how many there were.',
  }),

  xinfo: container(-2, 0, {
    since: '5.0.0',
    cost: 'Depends on the subcommand.',
    summary: 'Looks into streams.',
  }),

  'xinfo|help': new CommandSpec(2, LOADING | STALE, [], [], {
    since: '5.0.0',
    cost: 'O(1)',
    summary: 'Tells what the subcommands are.',
  }),

  'xinfo|stream': new CommandSpec(
    -3,
    READONLY,
    [keyAt(2, RO | ACCESS)],
    [
      key('key'),
      optional(block('full-block', token('FULL'), optional(after('COUNT', int('count'))))),
    ],
    {
      since: '5.0.0',
      cost: 'O(1)',
      summary: 'Tells about a stream.',
      history: [
        ['6.0.0', '`FULL`.'],
        [
          '7.0.0',
          'The fields `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, ' +
            '`entries-read` and `lag`.',
        ],
        ['7.2.0', 'The field `active-time`; `seen-time` means something else.'],
      ],
    },
  ),

  xlen: new CommandSpec(2, READONLY | FAST, [keyAt(1, RO)], [key('key')], {
    since: '5.0.0',
    cost: 'O(1)',
    summary: 'Tells how many entries a stream has.',
  }),

  xrange: new CommandSpec(
    -4,
    READONLY,
    [keyAt(1, RO | ACCESS)],
    [key('key'), text('start'), text('end'), optional(after('COUNT', int('count')))],
    {
      since: '5.0.0',
      cost: 'O(log(N)+M) for M entries that are returned',
      summary: 'Returns the entries of a stream between two IDs.',
      history: exclusive,
    },
  ),

  xread: new CommandSpec(
    -4,
    READONLY | BLOCKING,
    [keyAfter('STREAMS', 1, RO | ACCESS, -1, 1, 2)],
    [
      optional(after('COUNT', int('count'))),
      optional(after('BLOCK', int('milliseconds'))),
      after('STREAMS', block('streams', many(key('key')), many(text('id')))),
    ],
    {
      since: '5.0.0',
      cost: '',
      summary: 'Returns what is newer in some streams, and waits for it if there is nothing.',
    },
  ),

  xrevrange: new CommandSpec(
    -4,
    READONLY,
    [keyAt(1, RO | ACCESS)],
    [key('key'), text('end'), text('start'), optional(after('COUNT', int('count')))],
    {
      since: '5.0.0',
      cost: 'O(log(N)+M) for M entries that are returned',
      summary: 'Returns the entries of a stream between two IDs, the newest first.',
      history: exclusive,
    },
  ),

  xsetid: new CommandSpec(
    -3,
    WRITE | DENYOOM | FAST,
    [keyAt(1, RW | UPDATE)],
    [
      key('key'),
      text('last-id'),
      optional(added('7.0.0', after('ENTRIESADDED', int('entries-added')))),
      optional(added('7.0.0', after('MAXDELETEDID', text('max-deleted-id')))),
    ],
    {
      since: '5.0.0',
      cost: 'O(1)',
      summary: 'Sets what a stream remembers beside its entries; used between servers.',
      history: [['7.0.0', '`ENTRIESADDED` and `MAXDELETEDID`.']],
    },
  ),

  xtrim: new CommandSpec(-4, WRITE, [keyAt(1, RW | DELETE)], [key('key'), trimming()], {
    since: '5.0.0',
    cost: 'O(N) for N entries that go, which is little where whole nodes do',
    summary: 'Deletes the oldest entries of a stream.',
    history: [['6.2.0', '`MINID` and `LIMIT`.']],
    tips: UNSTABLE,
  }),

  ...groupRows,
});
