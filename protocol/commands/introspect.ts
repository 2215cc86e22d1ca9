// What the server says about its own commands.

import {
  CommandSpec,
  LOADING,
  STALE,
  after,
  group,
  many,
  oneOf,
  optional,
  pattern,
  text,
} from '../command-spec.ts';

export const introspect = group('server', {
  command: new CommandSpec(-1, LOADING | STALE, [], [], {
    since: '2.8.13',
    cost: 'O(N) for N commands',
    summary: 'Describes every command.',
    tips: ['nondeterministic_output_order'],
    categories: ['connection'],
  }),

  'command|count': new CommandSpec(2, LOADING | STALE, [], [], {
    since: '2.8.13',
    cost: 'O(1)',
    summary: 'Counts the commands.',
    categories: ['connection'],
  }),

  'command|docs': new CommandSpec(-2, LOADING | STALE, [], [optional(many(text('command-name')))], {
    since: '7.0.0',
    cost: 'O(N) for N commands',
    summary: 'Documents commands: arguments, history, complexity.',
    tips: ['nondeterministic_output_order'],
    categories: ['connection'],
  }),

  'command|getkeys': new CommandSpec(
    -3,
    LOADING | STALE,
    [],
    [text('command'), optional(many(text('arg')))],
    {
      since: '2.8.13',
      cost: 'O(N) for N arguments',
      summary: 'Picks the keys out of a command line.',
      categories: ['connection'],
    },
  ),

  'command|getkeysandflags': new CommandSpec(
    -3,
    LOADING | STALE,
    [],
    [text('command'), optional(many(text('arg')))],
    {
      since: '7.0.0',
      cost: 'O(N) for N arguments',
      summary: 'Picks the keys out of a command line, and says what is done with each.',
      categories: ['connection'],
    },
  ),

  'command|help': new CommandSpec(2, LOADING | STALE, [], [], {
    since: '5.0.0',
    cost: 'O(1)',
    summary: 'Lists the subcommands.',
    categories: ['connection'],
  }),

  'command|info': new CommandSpec(-2, LOADING | STALE, [], [optional(many(text('command-name')))], {
    since: '2.8.13',
    cost: 'O(N) for N commands',
    summary: 'Describes the named commands, or all.',
    history: [['7.0.0', 'No name at all stands for every command.']],
    tips: ['nondeterministic_output_order'],
    categories: ['connection'],
  }),

  'command|list': new CommandSpec(
    -2,
    LOADING | STALE,
    [],
    [
      optional(
        after(
          'FILTERBY',
          oneOf(
            'filterby',
            after('MODULE', text('module-name')),
            after('ACLCAT', text('category')),
            after('PATTERN', pattern('pattern')),
          ),
        ),
      ),
    ],
    {
      since: '7.0.0',
      cost: 'O(N) for N commands',
      summary: 'Lists the names of commands.',
      tips: ['nondeterministic_output_order'],
      categories: ['connection'],
    },
  ),
});
