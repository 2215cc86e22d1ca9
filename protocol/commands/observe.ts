// Watching the server at work: figures, slow commands, memory, the stream of commands itself.

import {
  ADMIN,
  CommandSpec,
  LOADING,
  NOSCRIPT,
  READONLY,
  RO,
  STALE,
  after,
  container,
  group,
  int,
  key,
  keyAt,
  many,
  optional,
  text,
} from '../command-spec.ts';

export const observe = group('server', {
  info: new CommandSpec(-1, LOADING | STALE, [], [optional(many(text('section')))], {
    since: '1.0.0',
    cost: 'O(1)',
    summary: 'Reports figures about the server.',
    history: [['7.0.0', 'Several sections.']],
    tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
    categories: ['dangerous'],
  }),

  latency: container(-2, 0, {
    since: '2.8.13',
    cost: 'See the subcommands',
    summary: 'Reports events that took too long.',
  }),

  'latency|doctor': new CommandSpec(2, ADMIN | NOSCRIPT | LOADING | STALE, [], [], {
    since: '2.8.13',
    cost: 'O(1)',
    summary: 'Comments on the slow events seen so far.',
    tips: ['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:special'],
  }),

  'latency|graph': new CommandSpec(3, ADMIN | NOSCRIPT | LOADING | STALE, [], [text('event')], {
    since: '2.8.13',
    cost: 'O(1)',
    summary: 'Draws the recent history of one event.',
    tips: ['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:special'],
  }),

  'latency|help': new CommandSpec(2, LOADING | STALE, [], [], {
    since: '2.8.13',
    cost: 'O(1)',
    summary: 'Lists the subcommands.',
  }),

  'latency|histogram': new CommandSpec(
    -2,
    ADMIN | NOSCRIPT | LOADING | STALE,
    [],
    [optional(many(text('command')))],
    {
      since: '7.0.0',
      cost: 'O(N) for N commands',
      summary: 'Returns how long calls took, command by command.',
      tips: ['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:special'],
    },
  ),

  'latency|history': new CommandSpec(3, ADMIN | NOSCRIPT | LOADING | STALE, [], [text('event')], {
    since: '2.8.13',
    cost: 'O(1)',
    summary: 'Returns when one event was slow, and how slow.',
    tips: ['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:special'],
  }),

  'latency|latest': new CommandSpec(2, ADMIN | NOSCRIPT | LOADING | STALE, [], [], {
    since: '2.8.13',
    cost: 'O(1)',
    summary: 'Returns the last slow occurrence of every event.',
    tips: ['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:special'],
  }),

  'latency|reset': new CommandSpec(
    -2,
    ADMIN | NOSCRIPT | LOADING | STALE,
    [],
    [optional(many(text('event')))],
    {
      since: '2.8.13',
      cost: 'O(1)',
      summary: 'Forgets slow events.',
      tips: ['request_policy:all_nodes', 'response_policy:agg_sum'],
    },
  ),

  memory: container(-2, 0, {
    since: '4.0.0',
    cost: 'See the subcommands',
    summary: 'Reports where memory goes.',
  }),

  'memory|doctor': new CommandSpec(2, 0, [], [], {
    since: '4.0.0',
    cost: 'O(1)',
    summary: 'Comments on the use of memory.',
    tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
  }),

  'memory|help': new CommandSpec(2, LOADING | STALE, [], [], {
    since: '4.0.0',
    cost: 'O(1)',
    summary: 'Lists the subcommands.',
  }),

  'memory|malloc-stats': new CommandSpec(2, 0, [], [], {
    since: '4.0.0',
    cost: 'Grows with the memory in use',
    summary: 'Returns what the allocator says of itself.',
    tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
  }),

  'memory|purge': new CommandSpec(2, 0, [], [], {
    since: '4.0.0',
    cost: 'Grows with the memory in use',
    summary: 'Asks the allocator to give unused memory back.',
    tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  }),

  'memory|stats': new CommandSpec(2, 0, [], [], {
    since: '4.0.0',
    cost: 'O(1)',
    summary: 'Returns what memory is used for, in figures.',
    tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
  }),

  'memory|usage': new CommandSpec(
    -3,
    READONLY,
    [keyAt(2, RO)],
    [key('key'), optional(after('SAMPLES', int('count')))],
    {
      since: '4.0.0',
      cost: 'O(N) for N samples',
      summary: 'Estimates how many bytes a key and its value take.',
    },
  ),

  monitor: new CommandSpec(1, ADMIN | NOSCRIPT | LOADING | STALE, [], [], {
    since: '1.0.0',
    cost: '',
    summary: 'Shows every command that the server runs, as it comes.',
  }),

  slowlog: container(-2, 0, {
    since: '2.2.12',
    cost: 'See the subcommands',
    summary: 'Looks at the log of slow commands.',
  }),

  'slowlog|get': new CommandSpec(-2, ADMIN | LOADING | STALE, [], [optional(int('count'))], {
    since: '2.2.12',
    cost: 'O(N) for N entries',
    summary: 'Returns the latest entries.',
    history: [['4.0.0', 'Address and name of the client.']],
    tips: ['request_policy:all_nodes', 'nondeterministic_output'],
  }),

  'slowlog|help': new CommandSpec(2, LOADING | STALE, [], [], {
    since: '6.2.0',
    cost: 'O(1)',
    summary: 'Lists the subcommands.',
  }),

  'slowlog|len': new CommandSpec(2, ADMIN | LOADING | STALE, [], [], {
    since: '2.2.12',
    cost: 'O(1)',
    summary: 'Counts the entries.',
    tips: ['request_policy:all_nodes', 'response_policy:agg_sum', 'nondeterministic_output'],
  }),

  'slowlog|reset': new CommandSpec(2, ADMIN | LOADING | STALE, [], [], {
    since: '2.2.12',
    cost: 'O(N) for N entries',
    summary: 'Empties the log.',
    tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
  }),
});
