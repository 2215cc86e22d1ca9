// The server as a whole: its settings, its databases, its clock and its end.

import {
  ADMIN,
  ALLOW_BUSY,
  ASKING,
  CommandSpec,
  DENYOOM,
  FAST,
  LOADING,
  NO_ASYNC_LOADING,
  NOSCRIPT,
  NO_MULTI,
  OW,
  PROTECTED,
  READONLY,
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
  keyAt,
  many,
  manyWithToken,
  oneOf,
  optional,
  text,
  token,
} from '../command-spec.ts';

const flushType = optional(
  oneOf('flush-type', added('4.0.0', token('ASYNC')), added('6.2.0', token('SYNC'))),
);

export const server = group('server', {
  bgrewriteaof: new CommandSpec(1, ADMIN | NOSCRIPT | NO_ASYNC_LOADING, [], [], {
    since: '1.0.0',
    cost: 'O(1)',
    summary: 'Makes the append-only file anew from what the keys hold, while commands go on.',
  }),

  bgsave: new CommandSpec(
    -1,
    ADMIN | NOSCRIPT | NO_ASYNC_LOADING,
    [],
    [optional(added('3.2.2', token('SCHEDULE')))],
    {
      since: '1.0.0',
      cost: 'O(1)',
      summary: 'Saves the data set to a file while commands go on.',
      history: [['3.2.2', '`SCHEDULE`.']],
    },
  ),

  config: container(-2, 0, {
    since: '2.0.0',
    cost: 'See the subcommands',
    summary: 'Reads and changes the configuration of the running server.',
  }),

  'config|get': new CommandSpec(
    -3,
    ADMIN | NOSCRIPT | LOADING | STALE,
    [],
    [many(text('parameter'))],
    {
      since: '2.0.0',
      cost: 'O(N) for N patterns',
      summary: 'Returns the parameters whose names match.',
      history: [['7.0.0', 'Several patterns.']],
    },
  ),

  'config|help': new CommandSpec(2, LOADING | STALE, [], [], {
    since: '5.0.0',
    cost: 'O(1)',
    summary: 'Lists the subcommands.',
  }),

  'config|resetstat': new CommandSpec(2, ADMIN | NOSCRIPT | LOADING | STALE, [], [], {
    since: '2.0.0',
    cost: 'O(1)',
    summary: 'Sets the counters that INFO shows back to zero.',
    tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
  }),

  'config|rewrite': new CommandSpec(2, ADMIN | NOSCRIPT | LOADING | STALE, [], [], {
    since: '2.8.0',
    cost: 'O(1)',
    summary: 'Writes the present configuration into the configuration file.',
    tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
  }),

  'config|set': new CommandSpec(
    -4,
    ADMIN | NOSCRIPT | LOADING | STALE,
    [],
    [many(block('data', text('parameter'), text('value')))],
    {
      since: '2.0.0',
      cost: 'O(N) for N parameters',
      summary: 'Changes parameters: all of them or none.',
      history: [['7.0.0', 'Several parameters.']],
      tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
    },
  ),

  dbsize: new CommandSpec(1, READONLY | FAST, [], [], {
    since: '1.0.0',
    cost: 'O(1)',
    summary: 'Counts the keys of the database.',
    tips: ['request_policy:all_shards', 'response_policy:agg_sum'],
    categories: ['keyspace'],
  }),

  debug: new CommandSpec(-2, ADMIN | NOSCRIPT | LOADING | STALE | PROTECTED, [], [], {
    since: '1.0.0',
    cost: 'See the subcommands',
    summary: 'Tools for those who work on the server itself.',
    syscmd: true,
  }),

  flushall: new CommandSpec(-1, WRITE, [], [flushType], {
    since: '1.0.0',
    cost: 'O(N) in the keys of all databases',
    summary: 'Removes every key of every database.',
    history: [
      ['4.0.0', '`ASYNC`.'],
      ['6.2.0', '`SYNC`.'],
    ],
    tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
    categories: ['keyspace', 'dangerous'],
  }),

  flushdb: new CommandSpec(-1, WRITE, [], [flushType], {
    since: '1.0.0',
    cost: 'O(N) in the keys of the database',
    summary: 'Removes every key of the database.',
    history: [
      ['4.0.0', '`ASYNC`.'],
      ['6.2.0', '`SYNC`.'],
    ],
    tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
    categories: ['keyspace', 'dangerous'],
  }),

  lastsave: new CommandSpec(1, LOADING | STALE | FAST, [], [], {
    since: '1.0.0',
    cost: 'O(1)',
    summary: 'Returns the Unix time of the last save that went well.',
    tips: ['nondeterministic_output'],
    categories: ['admin', 'dangerous'],
  }),

  lolwut: new CommandSpec(-1, READONLY | FAST, [], [optional(after('VERSION', int('version')))], {
    since: '5.0.0',
    cost: '',
    summary: 'Draws something for fun, and names the version.',
  }),

  save: new CommandSpec(1, ADMIN | NOSCRIPT | NO_ASYNC_LOADING | NO_MULTI, [], [], {
    since: '1.0.0',
    cost: 'O(N) in the keys',
    summary: 'Saves the data set to a file while everybody waits.',
  }),

  shutdown: new CommandSpec(
    -1,
    ADMIN | NOSCRIPT | LOADING | STALE | NO_MULTI | ALLOW_BUSY,
    [],
    [
      optional(oneOf('save-selector', token('NOSAVE'), token('SAVE'))),
      optional(added('7.0.0', token('NOW'))),
      optional(added('7.0.0', token('FORCE'))),
      optional(added('7.0.0', token('ABORT'))),
    ],
    {
      since: '1.0.0',
      cost: 'O(N) in the keys if they are saved, else O(1)',
      summary: 'Saves if so configured, and stops the server.',
      history: [['7.0.0', '`NOW`, `FORCE` and `ABORT`.']],
    },
  ),

  module: container(-2, 0, {
    since: '4.0.0',
    cost: 'See the subcommands',
    summary: 'What has to do with modules.',
  }),

  'module|help': new CommandSpec(2, LOADING | STALE, [], [], {
    since: '5.0.0',
    cost: 'O(1)',
    summary: 'Lists the subcommands of MODULE.',
  }),

  'module|list': new CommandSpec(2, ADMIN | NOSCRIPT, [], [], {
    since: '4.0.0',
    cost: 'O(N) for N modules',
    summary: 'Lists the modules that are loaded.',
    tips: ['nondeterministic_output_order'],
  }),

  'module|load': new CommandSpec(
    -3,
    ADMIN | NOSCRIPT | NO_ASYNC_LOADING | PROTECTED,
    [],
    [text('path'), optional(many(text('arg')))],
    { since: '4.0.0', cost: 'O(1)', summary: 'Loads a module.' },
  ),

  'module|loadex': new CommandSpec(
    -3,
    ADMIN | NOSCRIPT | NO_ASYNC_LOADING | PROTECTED,
    [],
    [
      text('path'),
      optional(manyWithToken(after('CONFIG', block('configs', text('name'), text('value'))))),
      optional(many(after('ARGS', text('args')))),
    ],
    { since: '7.0.0', cost: 'O(1)', summary: 'Loads a module with parameters.' },
  ),

  'module|unload': new CommandSpec(
    3,
    ADMIN | NOSCRIPT | NO_ASYNC_LOADING | PROTECTED,
    [],
    [text('name')],
    { since: '4.0.0', cost: 'O(1)', summary: 'Unloads a module.' },
  ),

  'restore-asking': new CommandSpec(
    -4,
    WRITE | DENYOOM | ASKING,
    [keyAt(1, OW | UPDATE)],
    [
      key('key'),
      int('ttl'),
      text('serialized-value'),
      optional(added('3.0.0', token('REPLACE'))),
      optional(added('5.0.0', token('ABSTTL'))),
      optional(added('5.0.0', after('IDLETIME', int('seconds')))),
      optional(added('5.0.0', after('FREQ', int('frequency')))),
    ],
    {
      since: '3.0.0',
      cost: 'As RESTORE',
      summary: 'RESTORE as MIGRATE sends it in a cluster.',
      history: [
        ['3.0.0', '`REPLACE`.'],
        ['5.0.0', '`ABSTTL`.'],
        ['5.0.0', '`IDLETIME` and `FREQ`.'],
      ],
      categories: ['keyspace', 'dangerous'],
      syscmd: true,
    },
  ),

  swapdb: new CommandSpec(3, WRITE | FAST, [], [int('index1'), int('index2')], {
    since: '4.0.0',
    cost: 'O(N) in the clients that watch or wait for keys of either',
    summary: 'Exchanges the keys of two databases.',
    categories: ['keyspace', 'dangerous'],
  }),

  time: new CommandSpec(1, LOADING | STALE | FAST, [], [], {
    since: '2.6.0',
    cost: 'O(1)',
    summary: 'Returns the time of the server: seconds, and microseconds of the second.',
    tips: ['nondeterministic_output'],
  }),
});
