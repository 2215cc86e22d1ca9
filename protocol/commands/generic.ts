// Keys, whatever they hold: whether they exist, for how long, and under which name.

import {
  ACCESS,
  BLOCKING,
  CommandSpec,
  DELETE,
  DENYOOM,
  FAST,
  INCOMPLETE,
  INSERT,
  LOADING,
  OW,
  READONLY,
  RM,
  RO,
  RW,
  STALE,
  TOUCHES_ARBITRARY_KEYS,
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
  keysFrom,
  many,
  oneOf,
  optional,
  pattern,
  shown,
  text,
  token,
  unixTime,
} from '../command-spec.ts';

const condition = optional(
  added('7.0.0', oneOf('condition', token('NX'), token('XX'), token('GT'), token('LT'))),
);

export const generic = group('generic', {
  copy: new CommandSpec(
    -3,
    WRITE | DENYOOM,
    [keyAt(1, RO | ACCESS), keyAt(2, OW | UPDATE)],
    [
      key('source'),
      key('destination', 1),
      optional(after('DB', int('destination-db'))),
      optional(token('REPLACE')),
    ],
    {
      since: '6.2.0',
      cost: 'O(N) for a collection of N elements, O(1) for a string',
      summary: 'Copies a key with its value and expiry.',
    },
  ),

  del: new CommandSpec(-2, WRITE, [keysFrom(1, RM | DELETE)], [many(key('key'))], {
    since: '1.0.0',
    cost: 'O(N) for N keys, and O(M) more for each collection of M elements',
    summary: 'Removes keys.',
    tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  }),

  dump: new CommandSpec(2, READONLY, [keyAt(1, RO | ACCESS)], [key('key')], {
    since: '2.6.0',
    cost: 'O(N) for a value of N bytes',
    summary: 'Returns what a key holds as bytes that RESTORE understands.',
    tips: ['nondeterministic_output'],
  }),

  exists: new CommandSpec(-2, READONLY | FAST, [keysFrom(1, RO)], [many(key('key'))], {
    since: '1.0.0',
    cost: 'O(N) for N keys',
    summary: 'Counts how many of the named keys exist.',
    history: [['3.0.3', 'Several keys.']],
    tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  }),

  expire: new CommandSpec(
    -3,
    WRITE | FAST,
    [keyAt(1, RW | UPDATE)],
    [key('key'), int('seconds'), condition],
    {
      since: '1.0.0',
      cost: 'O(1)',
      summary: 'Lets a key expire after some seconds.',
      history: [['7.0.0', '`NX`, `XX`, `GT` and `LT`.']],
    },
  ),

  expireat: new CommandSpec(
    -3,
    WRITE | FAST,
    [keyAt(1, RW | UPDATE)],
    [key('key'), unixTime('unix-time-seconds'), condition],
    {
      since: '1.2.0',
      cost: 'O(1)',
      summary: 'Lets a key expire at a Unix time in seconds.',
      history: [['7.0.0', '`NX`, `XX`, `GT` and `LT`.']],
    },
  ),

  expiretime: new CommandSpec(2, READONLY | FAST, [keyAt(1, RO | ACCESS)], [key('key')], {
    since: '7.0.0',
    cost: 'O(1)',
    summary: 'Tells the Unix time in seconds at which a key expires.',
  }),

  keys: new CommandSpec(2, READONLY | TOUCHES_ARBITRARY_KEYS, [], [pattern('pattern')], {
    since: '1.0.0',
    cost: 'O(N) in the keys of the database',
    summary: 'Lists the keys that match a pattern.',
    tips: ['request_policy:all_shards', 'nondeterministic_output_order'],
    categories: ['dangerous'],
  }),

  migrate: new CommandSpec(
    -6,
    WRITE,
    [keyAt(3, RW | ACCESS | DELETE), keyAfter('KEYS', -2, RW | ACCESS | DELETE | INCOMPLETE, -1)],
    [
      text('host'),
      int('port'),
      oneOf('key-selector', key('key'), token('', 'empty-string')),
      int('destination-db'),
      int('timeout'),
      optional(added('3.0.0', token('COPY'))),
      optional(added('3.0.0', token('REPLACE'))),
      optional(
        oneOf(
          'authentication',
          added('4.0.7', shown('password', after('AUTH', text('auth')))),
          added('6.0.0', after('AUTH2', block('auth2', text('username'), text('password')))),
        ),
      ),
      optional(added('3.0.6', shown('key', after('KEYS', many(key('keys', 1)))))),
    ],
    {
      since: '2.6.0',
      cost: 'O(N) for values of N bytes, here and on the other server',
      summary: 'Moves keys to another server.',
      history: [
        ['3.0.0', '`COPY` and `REPLACE`.'],
        ['3.0.6', '`KEYS`.'],
        ['4.0.7', '`AUTH`.'],
        ['6.0.0', '`AUTH2`.'],
      ],
      tips: ['nondeterministic_output'],
      categories: ['dangerous'],
    },
  ),

  move: new CommandSpec(
    3,
    WRITE | FAST,
    [keyAt(1, RW | ACCESS | UPDATE)],
    [key('key'), int('db')],
    { since: '1.0.0', cost: 'O(1)', summary: 'Moves a key to another database.' },
  ),

  object: container(-2, 0, {
    since: '2.2.3',
    cost: 'See the subcommands',
    summary: 'Looks inside the representation of a value.',
  }),

  'object|encoding': new CommandSpec(3, READONLY, [keyAt(2, RO)], [key('key')], {
    since: '2.2.3',
    cost: 'O(1)',
    summary: 'Names the encoding that a value has in memory.',
    tips: ['nondeterministic_output'],
  }),

  'object|freq': new CommandSpec(3, READONLY, [keyAt(2, RO)], [key('key')], {
    since: '4.0.0',
    cost: 'O(1)',
    summary: 'Tells how often a value was used lately, on a logarithmic scale.',
    tips: ['nondeterministic_output'],
  }),

  'object|help': new CommandSpec(2, LOADING | STALE, [], [], {
    since: '6.2.0',
    cost: 'O(1)',
    summary: 'Lists the subcommands.',
  }),

  'object|idletime': new CommandSpec(3, READONLY, [keyAt(2, RO)], [key('key')], {
    since: '2.2.3',
    cost: 'O(1)',
    summary: 'Tells for how many seconds a value was not used.',
    tips: ['nondeterministic_output'],
  }),

  'object|refcount': new CommandSpec(3, READONLY, [keyAt(2, RO)], [key('key')], {
    since: '2.2.3',
    cost: 'O(1)',
    summary: 'Tells how many references a value has.',
    tips: ['nondeterministic_output'],
  }),

  persist: new CommandSpec(2, WRITE | FAST, [keyAt(1, RW | UPDATE)], [key('key')], {
    since: '2.2.0',
    cost: 'O(1)',
    summary: 'Lets a key live on without expiry.',
  }),

  pexpire: new CommandSpec(
    -3,
    WRITE | FAST,
    [keyAt(1, RW | UPDATE)],
    [key('key'), int('milliseconds'), condition],
    {
      since: '2.6.0',
      cost: 'O(1)',
      summary: 'Lets a key expire after some milliseconds.',
      history: [['7.0.0', '`NX`, `XX`, `GT` and `LT`.']],
    },
  ),

  pexpireat: new CommandSpec(
    -3,
    WRITE | FAST,
    [keyAt(1, RW | UPDATE)],
    [key('key'), unixTime('unix-time-milliseconds'), condition],
    {
      since: '2.6.0',
      cost: 'O(1)',
      summary: 'Lets a key expire at a Unix time in milliseconds.',
      history: [['7.0.0', '`NX`, `XX`, `GT` and `LT`.']],
    },
  ),

  pexpiretime: new CommandSpec(2, READONLY | FAST, [keyAt(1, RO | ACCESS)], [key('key')], {
    since: '7.0.0',
    cost: 'O(1)',
    summary: 'Tells the Unix time in milliseconds at which a key expires.',
  }),

  pttl: new CommandSpec(2, READONLY | FAST, [keyAt(1, RO | ACCESS)], [key('key')], {
    since: '2.6.0',
    cost: 'O(1)',
    summary: 'Tells in how many milliseconds a key expires.',
    history: [['2.8.0', '-2 for a missing key.']],
    tips: ['nondeterministic_output'],
  }),

  randomkey: new CommandSpec(1, READONLY | TOUCHES_ARBITRARY_KEYS, [], [], {
    since: '1.0.0',
    cost: 'O(1)',
    summary: 'Returns some key of the database.',
    tips: ['request_policy:all_shards', 'response_policy:special', 'nondeterministic_output'],
  }),

  rename: new CommandSpec(
    3,
    WRITE,
    [keyAt(1, RW | ACCESS | DELETE), keyAt(2, OW | UPDATE)],
    [key('key'), key('newkey', 1)],
    { since: '1.0.0', cost: 'O(1)', summary: 'Gives a key another name, replacing what had it.' },
  ),

  renamenx: new CommandSpec(
    3,
    WRITE | FAST,
    [keyAt(1, RW | ACCESS | DELETE), keyAt(2, OW | INSERT)],
    [key('key'), key('newkey', 1)],
    {
      since: '1.0.0',
      cost: 'O(1)',
      summary: 'Gives a key another name, if that is free.',
      history: [['3.2.0', 'A key may be renamed to its own name.']],
    },
  ),

  restore: new CommandSpec(
    -4,
    WRITE | DENYOOM,
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
      since: '2.6.0',
      cost: 'O(N) for a value of N bytes, O(N*log(N)) for a sorted set',
      summary: 'Creates a key from the bytes that DUMP returned.',
      history: [
        ['3.0.0', '`REPLACE`.'],
        ['5.0.0', '`ABSTTL`.'],
        ['5.0.0', '`IDLETIME` and `FREQ`.'],
      ],
      categories: ['dangerous'],
    },
  ),

  scan: new CommandSpec(
    -2,
    READONLY | TOUCHES_ARBITRARY_KEYS,
    [],
    [
      int('cursor'),
      optional(after('MATCH', pattern('pattern'))),
      optional(after('COUNT', int('count'))),
      optional(added('6.0.0', after('TYPE', text('type')))),
    ],
    {
      since: '2.8.0',
      cost: 'O(1) a call, O(N) for all of N keys',
      summary: 'Walks the keys of the database, some at a time.',
      history: [['6.0.0', '`TYPE`.']],
      tips: ['nondeterministic_output', 'request_policy:special', 'response_policy:special'],
    },
  ),

  touch: new CommandSpec(-2, READONLY | FAST, [keysFrom(1, RO)], [many(key('key'))], {
    since: '3.2.1',
    cost: 'O(N) for N keys',
    summary: 'Marks keys as just used, and counts those that exist.',
    tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  }),

  ttl: new CommandSpec(2, READONLY | FAST, [keyAt(1, RO | ACCESS)], [key('key')], {
    since: '1.0.0',
    cost: 'O(1)',
    summary: 'Tells in how many seconds a key expires.',
    history: [['2.8.0', '-2 for a missing key.']],
    tips: ['nondeterministic_output'],
  }),

  type: new CommandSpec(2, READONLY | FAST, [keyAt(1, RO)], [key('key')], {
    since: '1.0.0',
    cost: 'O(1)',
    summary: 'Names the type of the value that a key holds.',
  }),

  unlink: new CommandSpec(-2, WRITE | FAST, [keysFrom(1, RM | DELETE)], [many(key('key'))], {
    since: '4.0.0',
    cost: 'O(1) for each key; freeing large values is put off',
    summary: 'Removes keys now, and frees their memory later.',
    tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  }),

  wait: new CommandSpec(3, BLOCKING, [], [int('numreplicas'), int('timeout')], {
    since: '3.0.0',
    cost: 'O(1)',
    summary: 'Waits until replicas have what the connection wrote.',
    tips: ['request_policy:all_shards', 'response_policy:agg_min'],
    categories: ['connection'],
    outsideGroup: true,
  }),

  waitaof: new CommandSpec(4, BLOCKING, [], [int('numlocal'), int('numreplicas'), int('timeout')], {
    since: '7.2.0',
    cost: 'O(1)',
    summary: 'Waits until what the connection wrote is in append-only files on disks.',
    tips: ['request_policy:all_shards', 'response_policy:agg_min'],
    categories: ['connection'],
    outsideGroup: true,
  }),
});
