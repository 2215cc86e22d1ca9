// Streams read by groups of consumers, who share the entries and acknowledge them.

import {
  ACCESS,
  BLOCKING,
  CommandSpec,
  DELETE,
  DENYOOM,
  FAST,
  INSERT,
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
  int,
  key,
  keyAfter,
  keyAt,
  many,
  oneOf,
  optional,
  shown,
  text,
  token,
  unixTime,
} from '../command-spec.ts';

const keyAndGroup = [key('key'), text('group')];
const member = [...keyAndGroup, text('consumer')];
const idOrLast = oneOf('id-selector', text('id'), token('$', 'new-id'));
const entriesRead = () => optional(after('ENTRIESREAD', shown('entries-read', int('entriesread'))));
const countOf = () => optional(after('COUNT', int('count')));

/** The rows of the stream family that are about groups. */
export const groupRows = {
  xack: new CommandSpec(
    -4,
    WRITE | FAST,
    [keyAt(1, RW | UPDATE)],
    [...keyAndGroup, many(text('id'))],
    {
      since: '5.0.0',
      cost: 'O(log N) for each ID and N pending entries',
      summary: 'Acknowledges entries, which are pending no longer.',
    },
  ),

  xautoclaim: new CommandSpec(
    -6,
    WRITE | FAST,
    [keyAt(1, RW | DELETE)],
    [...member, text('min-idle-time'), text('start'), countOf(), optional(token('JUSTID'))],
    {
      since: '6.2.0',
      cost: 'O(M log N) for N pending entries, ten times COUNT of which are looked at',
      summary: 'Takes over pending entries that nobody has dealt with for some time.',
      history: [['7.0.0', 'The reply lists the entries that no longer existed.']],
      tips: ['nondeterministic_output'],
    },
  ),

  xclaim: new CommandSpec(
    -6,
    WRITE | FAST,
    [keyAt(1, RW | UPDATE)],
    [
      ...member,
      text('min-idle-time'),
      many(text('id')),
      optional(after('IDLE', int('ms'))),
      optional(after('TIME', unixTime('unix-time-milliseconds'))),
      optional(after('RETRYCOUNT', int('count'))),
      optional(token('FORCE')),
      optional(token('JUSTID')),
      optional(after('LASTID', text('lastid'))),
    ],
    {
      since: '5.0.0',
      cost: 'O(log N) for each ID and N pending entries',
      summary: 'Takes over pending entries from whoever has them.',
      tips: ['nondeterministic_output'],
    },
  ),

  xgroup: container(-2, 0, {
    since: '5.0.0',
    cost: 'See the subcommands',
    summary: 'Manages the consumer groups of a stream.',
  }),

  'xgroup|create': new CommandSpec(
    -5,
    WRITE | DENYOOM,
    [keyAt(2, RW | INSERT)],
    [...keyAndGroup, idOrLast, optional(token('MKSTREAM')), entriesRead()],
    {
      since: '5.0.0',
      cost: 'O(1)',
      summary: 'Creates a group that reads a stream from an ID on.',
      history: [['7.0.0', '`ENTRIESREAD`.']],
    },
  ),

  'xgroup|createconsumer': new CommandSpec(5, WRITE | DENYOOM, [keyAt(2, RW | INSERT)], member, {
    since: '6.2.0',
    cost: 'O(1)',
    summary: 'Adds a consumer to a group.',
  }),

  'xgroup|delconsumer': new CommandSpec(5, WRITE, [keyAt(2, RW | DELETE)], member, {
    since: '5.0.0',
    cost: 'O(M log N) for a consumer of M of N pending entries',
    summary: 'Removes a consumer, and what it had pending.',
  }),

  'xgroup|destroy': new CommandSpec(4, WRITE, [keyAt(2, RW | DELETE)], keyAndGroup, {
    since: '5.0.0',
    cost: 'O(N) for N pending entries',
    summary: 'Removes a group.',
  }),

  'xgroup|help': new CommandSpec(2, LOADING | STALE, [], [], {
    since: '5.0.0',
    cost: 'O(1)',
    summary: 'Lists the subcommands.',
  }),

  'xgroup|setid': new CommandSpec(
    -5,
    WRITE,
    [keyAt(2, RW | UPDATE)],
    [...keyAndGroup, idOrLast, entriesRead()],
    {
      since: '5.0.0',
      cost: 'O(1)',
      summary: 'Says from which ID on a group reads.',
      history: [['7.0.0', '`ENTRIESREAD`.']],
    },
  ),

  'xinfo|consumers': new CommandSpec(4, READONLY, [keyAt(2, RO | ACCESS)], keyAndGroup, {
    since: '5.0.0',
    cost: 'O(N log N) for N consumers',
    summary: 'Describes the consumers of a group.',
    history: [['7.2.0', 'Field `inactive`; `idle` counts every attempt.']],
    tips: ['nondeterministic_output'],
  }),

  'xinfo|groups': new CommandSpec(3, READONLY, [keyAt(2, RO | ACCESS)], [key('key')], {
    since: '5.0.0',
    cost: 'O(N log N) for N groups',
    summary: 'Describes the groups of a stream.',
    history: [['7.0.0', 'Fields `entries-read` and `lag`.']],
  }),

  xpending: new CommandSpec(
    -3,
    READONLY,
    [keyAt(1, RO | ACCESS)],
    [
      ...keyAndGroup,
      optional(
        block(
          'filters',
          optional(added('6.2.0', after('IDLE', int('min-idle-time')))),
          text('start'),
          text('end'),
          int('count'),
          optional(text('consumer')),
        ),
      ),
    ],
    {
      since: '5.0.0',
      cost: 'O(log N + M) for M of N pending entries; O(C log C) for a summary of C consumers',
      summary: 'Tells what is pending.',
      history: [['6.2.0', '`IDLE`, and ranges without their ends.']],
      tips: ['nondeterministic_output'],
    },
  ),

  xreadgroup: new CommandSpec(
    -7,
    WRITE | BLOCKING,
    [keyAfter('STREAMS', 4, RO | ACCESS, -1, 1, 2)],
    [
      after('GROUP', block('group-block', text('group'), text('consumer'))),
      countOf(),
      optional(after('BLOCK', int('milliseconds'))),
      optional(token('NOACK')),
      after('STREAMS', block('streams', many(key('key')), many(text('id')))),
    ],
    {
      since: '5.0.0',
      cost: 'O(M) for M entries of each stream',
      summary: 'Reads for a consumer of a group what is new, or what it has pending.',
    },
  ),
};
