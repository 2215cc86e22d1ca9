// Replication, from the master's side: what replicas say to it.

import {
  ADMIN,
  ALLOW_BUSY,
  CommandSpec,
  FAST,
  LOADING,
  NO_ASYNC_LOADING,
  NO_MULTI,
  NOSCRIPT,
  STALE,
  after,
  block,
  group,
  int,
  oneOf,
  optional,
  text,
  token,
} from '../command-spec.ts';

const replicaofArgs = [
  oneOf(
    'args',
    block('host-port', text('host'), int('port')),
    block('no-one', token('NO'), token('ONE')),
  ),
];

export const replication = group('server', {
  failover: new CommandSpec(
    -1,
    ADMIN | NOSCRIPT | STALE,
    [],
    [
      optional(after('TO', block('target', text('host'), int('port'), optional(token('FORCE'))))),
      optional(token('ABORT')),
      optional(after('TIMEOUT', int('milliseconds'))),
    ],
    {
      since: '6.2.0',
      cost: 'O(1)',
      summary: 'Changes places with a replica, without losing anything.',
    },
  ),

  replicaof: new CommandSpec(3, NO_ASYNC_LOADING | ADMIN | NOSCRIPT | STALE, [], replicaofArgs, {
    since: '5.0.0',
    cost: 'O(1)',
    summary: 'Makes the server a replica of another, or a master again.',
  }),

  slaveof: new CommandSpec(3, NO_ASYNC_LOADING | ADMIN | NOSCRIPT | STALE, [], replicaofArgs, {
    since: '1.0.0',
    cost: 'O(1)',
    summary: 'Makes the server a replica of another, or a master again, as it was called once.',
    deprecated: { since: '5.0.0', replacedBy: '`REPLICAOF`' },
  }),

  psync: new CommandSpec(
    -3,
    ADMIN | NOSCRIPT | NO_ASYNC_LOADING | NO_MULTI,
    [],
    [text('replicationid'), int('offset')],
    {
      since: '2.8.0',
      cost: '',
      summary: 'Makes the connection a replica, which may have most of the data set already.',
    },
  ),

  replconf: new CommandSpec(-1, ADMIN | NOSCRIPT | LOADING | STALE | ALLOW_BUSY, [], [], {
    since: '3.0.0',
    cost: 'O(1)',
    summary: 'What a replica tells of itself, and of how far it is.',
    syscmd: true,
  }),

  role: new CommandSpec(1, NOSCRIPT | LOADING | STALE | FAST, [], [], {
    since: '2.8.12',
    cost: 'O(1)',
    summary: 'Tells what part the server plays in replication.',
    categories: ['admin', 'dangerous'],
  }),

  sync: new CommandSpec(1, ADMIN | NOSCRIPT | NO_ASYNC_LOADING | NO_MULTI, [], [], {
    since: '1.0.0',
    cost: '',
    summary: 'Makes the connection a replica.',
  }),
});
