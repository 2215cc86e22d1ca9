// The cluster: which node serves which slots, and what a connection may read where.

import {
  ADMIN,
  type Arg,
  CommandSpec,
  FAST,
  LOADING,
  NO_ASYNC_LOADING,
  NOSCRIPT,
  STALE,
  added,
  after,
  block,
  container,
  group,
  int,
  many,
  oneOf,
  optional,
  shown,
  text,
  token,
} from '../command-spec.ts';

const CHANGES = ADMIN | STALE | NO_ASYNC_LOADING;
const VARIES = ['nondeterministic_output'];
const ranges = (): Arg[] => [many(block('range', int('start-slot'), int('end-slot')))];

export const cluster = group('cluster', {
  asking: new CommandSpec(1, FAST, [], [], {
    since: '3.0.0',
    cost: 'O(1)',
    summary: 'Lets the next command use a slot that is being moved here.',
    categories: ['connection'],
  }),

  cluster: container(-2, 0, {
    since: '3.0.0',
    cost: 'See the subcommands',
    summary: 'Shows the cluster as this node sees it, and changes it.',
  }),

  'cluster|addslots': new CommandSpec(-3, CHANGES, [], [many(int('slot'))], {
    since: '3.0.0',
    cost: 'O(N) for N slots',
    summary: 'Has this node serve slots that nobody serves.',
  }),

  'cluster|addslotsrange': new CommandSpec(-4, CHANGES, [], ranges(), {
    since: '7.0.0',
    cost: 'O(N) for N slots',
    summary: 'Has this node serve ranges of slots that nobody serves.',
  }),

  'cluster|bumpepoch': new CommandSpec(2, CHANGES, [], [], {
    since: '3.0.0',
    cost: 'O(1)',
    summary: "Makes this node's claims newer than all others, unless they are already.",
    tips: VARIES,
  }),

  'cluster|count-failure-reports': new CommandSpec(3, ADMIN | STALE, [], [text('node-id')], {
    since: '3.0.0',
    cost: 'O(N) for N reports',
    summary: 'Counts the nodes that say of a node that it cannot be reached.',
    tips: VARIES,
  }),

  'cluster|countkeysinslot': new CommandSpec(3, STALE, [], [int('slot')], {
    since: '3.0.0',
    cost: 'O(1)',
    summary: 'Counts the keys of a slot that are here.',
  }),

  'cluster|delslots': new CommandSpec(-3, CHANGES, [], [many(int('slot'))], {
    since: '3.0.0',
    cost: 'O(N) for N slots',
    summary: 'Forgets who serves these slots.',
  }),

  'cluster|delslotsrange': new CommandSpec(-4, CHANGES, [], ranges(), {
    since: '7.0.0',
    cost: 'O(N) for N slots',
    summary: 'Forgets who serves these ranges of slots.',
  }),

  'cluster|failover': new CommandSpec(
    -2,
    CHANGES,
    [],
    [optional(oneOf('options', token('FORCE'), token('TAKEOVER')))],
    {
      since: '3.0.0',
      cost: 'O(1)',
      summary: "Has this replica take its master's place.",
    },
  ),

  'cluster|flushslots': new CommandSpec(2, CHANGES, [], [], {
    since: '3.0.0',
    cost: 'O(1)',
    summary: 'Forgets all slots that this node serves.',
  }),

  'cluster|forget': new CommandSpec(3, CHANGES, [], [text('node-id')], {
    since: '3.0.0',
    cost: 'O(1)',
    summary: 'Removes a node from those that this one knows.',
  }),

  'cluster|getkeysinslot': new CommandSpec(4, STALE, [], [int('slot'), int('count')], {
    since: '3.0.0',
    cost: 'O(N) for N keys',
    summary: 'Returns some keys of a slot.',
    tips: VARIES,
  }),

  'cluster|help': new CommandSpec(2, LOADING | STALE, [], [], {
    since: '5.0.0',
    cost: 'O(1)',
    summary: 'Lists the subcommands.',
  }),

  'cluster|info': new CommandSpec(2, STALE, [], [], {
    since: '3.0.0',
    cost: 'O(1)',
    summary: 'Tells how the cluster is, and what was said on its bus.',
    tips: VARIES,
  }),

  'cluster|keyslot': new CommandSpec(3, STALE, [], [text('key')], {
    since: '3.0.0',
    cost: 'O(N) for N bytes',
    summary: 'Tells which slot a key belongs to.',
  }),

  'cluster|links': new CommandSpec(2, STALE, [], [], {
    since: '7.0.0',
    cost: 'O(N) for N nodes',
    summary: 'Lists the connections to other nodes and from them.',
    tips: VARIES,
  }),

  'cluster|meet': new CommandSpec(
    -4,
    CHANGES,
    [],
    [text('ip'), int('port'), optional(added('4.0.0', int('cluster-bus-port')))],
    {
      since: '3.0.0',
      cost: 'O(1)',
      summary: 'Takes a node in, and so makes one cluster of two.',
      history: [['4.0.0', 'The port of the bus.']],
    },
  ),

  'cluster|myid': new CommandSpec(2, STALE, [], [], {
    since: '3.0.0',
    cost: 'O(1)',
    summary: 'Returns the name of this node.',
  }),

  'cluster|myshardid': new CommandSpec(2, STALE, [], [], {
    since: '7.2.0',
    cost: 'O(1)',
    summary: 'Returns the name of the shard that this node is part of.',
    tips: VARIES,
  }),

  'cluster|nodes': new CommandSpec(2, STALE, [], [], {
    since: '3.0.0',
    cost: 'O(N) for N nodes',
    summary: 'Describes each node that this one knows in a line.',
    tips: VARIES,
  }),

  'cluster|replicas': new CommandSpec(3, ADMIN | STALE, [], [text('node-id')], {
    since: '5.0.0',
    cost: 'O(N) for N replicas',
    summary: 'Describes each replica of a node in a line.',
    tips: VARIES,
  }),

  'cluster|replicate': new CommandSpec(3, CHANGES, [], [text('node-id')], {
    since: '3.0.0',
    cost: 'O(1)',
    summary: 'Makes this node a replica of another.',
  }),

  'cluster|reset': new CommandSpec(
    -2,
    ADMIN | NOSCRIPT | STALE,
    [],
    [optional(oneOf('reset-type', token('HARD'), token('SOFT')))],
    {
      since: '3.0.0',
      cost: 'O(N) for N nodes, and for a replica that of FLUSHALL',
      summary: 'Forgets slots and nodes; HARD takes a new name, too.',
    },
  ),

  'cluster|saveconfig': new CommandSpec(2, CHANGES, [], [], {
    since: '3.0.0',
    cost: 'O(1)',
    summary: 'Writes the file in which the node remembers the cluster.',
  }),

  'cluster|set-config-epoch': new CommandSpec(3, CHANGES, [], [int('config-epoch')], {
    since: '3.0.0',
    cost: 'O(1)',
    summary: "Gives a new node's claims their age.",
  }),

  'cluster|setslot': new CommandSpec(
    -4,
    CHANGES,
    [],
    [
      int('slot'),
      oneOf(
        'subcommand',
        after('IMPORTING', shown('node-id', text('importing'))),
        after('MIGRATING', shown('node-id', text('migrating'))),
        after('NODE', shown('node-id', text('node'))),
        token('STABLE'),
      ),
    ],
    {
      since: '3.0.0',
      cost: 'O(1)',
      summary: 'Opens a slot to be moved from node to node, or says who serves it.',
    },
  ),

  'cluster|shards': new CommandSpec(2, LOADING | STALE, [], [], {
    since: '7.0.0',
    cost: 'O(N) for N nodes',
    summary: 'Lists the shards: their slots, and their nodes in detail.',
    tips: VARIES,
  }),

  'cluster|slaves': new CommandSpec(3, ADMIN | STALE, [], [text('node-id')], {
    since: '3.0.0',
    cost: 'O(N) for N replicas',
    summary: 'The old name of CLUSTER REPLICAS.',
    deprecated: { since: '5.0.0', replacedBy: 'CLUSTER REPLICAS' },
    tips: VARIES,
  }),

  'cluster|slots': new CommandSpec(2, LOADING | STALE, [], [], {
    since: '3.0.0',
    cost: 'O(N) for N nodes',
    summary: 'Maps ranges of slots to the nodes that serve them.',
    history: [
      ['4.0.0', 'The names of the nodes.'],
      ['7.0.0', 'What else is known of how to reach them.'],
    ],
    deprecated: { since: '7.0.0', replacedBy: 'CLUSTER SHARDS' },
    tips: VARIES,
  }),

  readonly: new CommandSpec(1, LOADING | STALE | FAST, [], [], {
    since: '3.0.0',
    cost: 'O(1)',
    summary: 'Lets this connection read from a replica what its master serves.',
    categories: ['connection'],
  }),

  readwrite: new CommandSpec(1, LOADING | STALE | FAST, [], [], {
    since: '3.0.0',
    cost: 'O(1)',
    summary: 'Takes READONLY back.',
    categories: ['connection'],
  }),
});
