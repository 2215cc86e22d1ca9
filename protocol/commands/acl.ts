// Users: who may come in, and what each may do.

import {
  ADMIN,
  CommandSpec,
  LOADING,
  NOSCRIPT,
  STALE,
  container,
  group,
  int,
  many,
  oneOf,
  optional,
  text,
  token,
} from '../command-spec.ts';

const OPEN = NOSCRIPT | LOADING | STALE;
const CLOSED = ADMIN | OPEN;
const EVERYWHERE = ['request_policy:all_nodes', 'response_policy:all_succeeded'];
const CHANNELS = ['6.2.0', 'Channel patterns.'] as const;

export const acl = group('server', {
  acl: container(-2, 0, {
    since: '6.0.0',
    cost: 'See the subcommands',
    summary: 'Says who may do what.',
  }),

  'acl|cat': new CommandSpec(-2, OPEN, [], [optional(text('category'))], {
    since: '6.0.0',
    cost: 'O(N) for N commands',
    summary: 'Lists the categories of commands, or the commands of a category.',
  }),

  'acl|deluser': new CommandSpec(-3, CLOSED, [], [many(text('username'))], {
    since: '6.0.0',
    cost: 'O(N) for N connections',
    summary: 'Removes users, and ends their connections.',
    tips: EVERYWHERE,
  }),

  'acl|dryrun': new CommandSpec(
    -4,
    CLOSED,
    [],
    [text('username'), text('command'), optional(many(text('arg')))],
    {
      since: '7.0.0',
      cost: 'O(N) for N rules of the user',
      summary: 'Tells whether a user might run a command, without running it.',
    },
  ),

  'acl|genpass': new CommandSpec(-2, OPEN, [], [optional(int('bits'))], {
    since: '6.0.0',
    cost: 'O(1)',
    summary: 'Makes up a password that nobody can guess.',
  }),

  'acl|getuser': new CommandSpec(3, CLOSED, [], [text('username')], {
    since: '6.0.0',
    cost: 'O(N) for N rules of the user',
    summary: 'Returns all that is known of a user.',
    history: [CHANNELS, ['7.0.0', 'Selectors; keys and channels as the rules that allow them.']],
  }),

  'acl|help': new CommandSpec(2, LOADING | STALE, [], [], {
    since: '6.0.0',
    cost: 'O(1)',
    summary: 'Lists the subcommands.',
  }),

  'acl|list': new CommandSpec(2, CLOSED, [], [], {
    since: '6.0.0',
    cost: 'O(N) for N rules of all users',
    summary: 'Returns the users as a file would have them.',
  }),

  'acl|load': new CommandSpec(2, CLOSED, [], [], {
    since: '6.0.0',
    cost: 'O(N) for N users and connections',
    summary: 'Reads the file of users again.',
  }),

  'acl|log': new CommandSpec(
    -2,
    CLOSED,
    [],
    [optional(oneOf('operation', int('count'), token('RESET')))],
    {
      since: '6.0.0',
      cost: 'O(N) for N entries',
      summary: 'Tells who was refused what lately, or forgets it.',
      history: [
        ['7.2.0', 'Each entry has an id, and the time of its first and of its last event.'],
      ],
    },
  ),

  'acl|save': new CommandSpec(2, CLOSED, [], [], {
    since: '6.0.0',
    cost: 'O(N) for N rules of all users',
    summary: 'Writes all users to the file of users.',
    tips: EVERYWHERE,
  }),

  'acl|setuser': new CommandSpec(-3, CLOSED, [], [text('username'), optional(many(text('rule')))], {
    since: '6.0.0',
    cost: 'O(N) for N rules',
    summary: 'Makes a user, or changes what one may do.',
    history: [CHANNELS, ['7.0.0', 'Selectors; keys to be read or written only.']],
    tips: EVERYWHERE,
  }),

  'acl|users': new CommandSpec(2, CLOSED, [], [], {
    since: '6.0.0',
    cost: 'O(N) for N users',
    summary: 'Returns the names of the users.',
  }),

  'acl|whoami': new CommandSpec(2, OPEN, [], [], {
    since: '6.0.0',
    cost: 'O(1)',
    summary: "Returns the name of this connection's user.",
  }),
});
