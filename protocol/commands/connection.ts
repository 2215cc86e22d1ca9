// One connection: who it is, which database and protocol it speaks, and the others beside it.

import {
  ADMIN,
  ALLOW_BUSY,
  CommandSpec,
  FAST,
  LOADING,
  NOSCRIPT,
  NO_AUTH,
  STALE,
  added,
  after,
  block,
  container,
  dropped,
  group,
  int,
  many,
  manyWithToken,
  oneOf,
  optional,
  shown,
  text,
  token,
} from '../command-spec.ts';

const enabled = oneOf('enabled', token('ON'), token('OFF'));

export const connection = group('connection', {
  auth: new CommandSpec(
    -2,
    NOSCRIPT | LOADING | STALE | FAST | NO_AUTH | ALLOW_BUSY,
    [],
    [optional(added('6.0.0', text('username'))), text('password')],
    {
      since: '1.0.0',
      cost: 'O(N) for a user of N passwords',
      summary: 'Tells the server who is speaking.',
      history: [['6.0.0', 'A user name before the password.']],
    },
  ),

  client: container(-2, 0, {
    since: '2.4.0',
    cost: 'See the subcommands',
    summary: 'Looks at connections and manages them.',
  }),

  'client|caching': new CommandSpec(
    3,
    NOSCRIPT | LOADING | STALE,
    [],
    [oneOf('mode', token('YES'), token('NO'))],
    {
      since: '6.0.0',
      cost: 'O(1)',
      summary: 'Says whether the keys that the next command reads are tracked.',
    },
  ),

  'client|getname': new CommandSpec(2, NOSCRIPT | LOADING | STALE, [], [], {
    since: '2.6.9',
    cost: 'O(1)',
    summary: 'Returns the name of this connection.',
  }),

  'client|getredir': new CommandSpec(2, NOSCRIPT | LOADING | STALE, [], [], {
    since: '6.0.0',
    cost: 'O(1)',
    summary: 'Tells which connection receives the invalidations of this one.',
  }),

  'client|help': new CommandSpec(2, LOADING | STALE, [], [], {
    since: '5.0.0',
    cost: 'O(1)',
    summary: 'Lists the subcommands.',
  }),

  'client|id': new CommandSpec(2, NOSCRIPT | LOADING | STALE, [], [], {
    since: '5.0.0',
    cost: 'O(1)',
    summary: 'Returns the number of this connection, which is never used twice.',
  }),

  'client|info': new CommandSpec(2, NOSCRIPT | LOADING | STALE, [], [], {
    since: '6.2.0',
    cost: 'O(1)',
    summary: 'Describes this connection.',
    tips: ['nondeterministic_output'],
  }),

  'client|kill': new CommandSpec(
    -3,
    ADMIN | NOSCRIPT | LOADING | STALE,
    [],
    [
      oneOf(
        'filter',
        dropped('2.8.12', shown('ip:port', text('old-format'))),
        many(
          oneOf(
            'new-format',
            optional(added('2.8.12', after('ID', int('client-id')))),
            optional(
              added(
                '2.8.12',
                after(
                  'TYPE',
                  oneOf(
                    'client-type',
                    token('NORMAL'),
                    added('3.2.0', token('MASTER')),
                    token('SLAVE'),
                    added('5.0.0', token('REPLICA')),
                    token('PUBSUB'),
                  ),
                ),
              ),
            ),
            optional(after('USER', text('username'))),
            optional(shown('ip:port', after('ADDR', text('addr')))),
            optional(added('6.2.0', shown('ip:port', after('LADDR', text('laddr'))))),
            optional(after('SKIPME', oneOf('skipme', token('YES'), token('NO')))),
            optional(added('7.4.0', after('MAXAGE', int('maxage')))),
          ),
        ),
      ),
    ],
    {
      since: '2.4.0',
      cost: 'O(N) for N connections',
      summary: 'Closes the connections that filters choose.',
      history: [
        ['2.8.12', 'Filters by name and value.'],
        ['2.8.12', '`ID`.'],
        ['3.2.0', '`TYPE MASTER`.'],
        ['5.0.0', '`TYPE REPLICA`; `SLAVE` still means the same.'],
        ['6.2.0', '`LADDR`.'],
        ['7.4.0', '`MAXAGE`.'],
      ],
    },
  ),

  'client|list': new CommandSpec(
    -2,
    ADMIN | NOSCRIPT | LOADING | STALE,
    [],
    [
      optional(
        added(
          '5.0.0',
          after(
            'TYPE',
            oneOf(
              'client-type',
              token('NORMAL'),
              token('MASTER'),
              token('REPLICA'),
              token('PUBSUB'),
            ),
          ),
        ),
      ),
      optional(many(added('6.2.0', after('ID', int('client-id'))))),
    ],
    {
      since: '2.4.0',
      cost: 'O(N) for N connections',
      summary: 'Describes the open connections, one a line.',
      history: [
        ['2.8.12', 'Field `id`.'],
        ['5.0.0', '`TYPE`.'],
        ['6.0.0', 'Field `user`.'],
        ['6.2.0', '`ID`; fields `argv-mem`, `tot-mem`, `laddr` and `redir`.'],
        ['7.0.0', 'Fields `resp`, `multi-mem`, `rbs` and `rbp`.'],
        ['7.0.3', 'Field `ssub`.'],
        ['7.2.0', 'Fields `lib-name` and `lib-ver`.'],
        ['7.4.0', 'Field `watch`.'],
        ['8.0.0', 'Field `io-thread`.'],
      ],
      tips: ['nondeterministic_output'],
    },
  ),

  'client|no-evict': new CommandSpec(3, ADMIN | NOSCRIPT | LOADING | STALE, [], [enabled], {
    since: '7.0.0',
    cost: 'O(1)',
    summary: 'Keeps this connection when clients are dropped for want of memory.',
  }),

  'client|no-touch': new CommandSpec(3, NOSCRIPT | LOADING | STALE, [], [enabled], {
    since: '7.2.0',
    cost: 'O(1)',
    summary: 'Stops the commands of this connection from counting as use of a key.',
  }),

  'client|pause': new CommandSpec(
    -3,
    ADMIN | NOSCRIPT | LOADING | STALE,
    [],
    [int('timeout'), optional(added('6.2.0', oneOf('mode', token('WRITE'), token('ALL'))))],
    {
      since: '3.0.0',
      cost: 'O(1)',
      summary: 'Holds back the commands of all clients for a while.',
      history: [['6.2.0', '`WRITE` and `ALL`.']],
    },
  ),

  'client|reply': new CommandSpec(
    3,
    NOSCRIPT | LOADING | STALE,
    [],
    [oneOf('action', token('ON'), token('OFF'), token('SKIP'))],
    {
      since: '3.2.0',
      cost: 'O(1)',
      summary: 'Says which commands of this connection are answered.',
    },
  ),

  'client|setinfo': new CommandSpec(
    4,
    NOSCRIPT | LOADING | STALE,
    [],
    [oneOf('attr', after('LIB-NAME', text('libname')), after('LIB-VER', text('libver')))],
    {
      since: '7.2.0',
      cost: 'O(1)',
      summary: 'Notes what library a connection comes from.',
      tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
    },
  ),

  'client|setname': new CommandSpec(3, NOSCRIPT | LOADING | STALE, [], [text('connection-name')], {
    since: '2.6.9',
    cost: 'O(1)',
    summary: 'Names this connection.',
    tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
  }),

  'client|tracking': new CommandSpec(
    -3,
    NOSCRIPT | LOADING | STALE,
    [],
    [
      oneOf('status', token('ON'), token('OFF')),
      optional(after('REDIRECT', int('client-id'))),
      optional(manyWithToken(after('PREFIX', text('prefix')))),
      optional(token('BCAST')),
      optional(token('OPTIN')),
      optional(token('OPTOUT')),
      optional(token('NOLOOP')),
    ],
    {
      since: '6.0.0',
      cost: 'O(1), and more with some options',
      summary: 'Lets a connection be told when keys change that it keeps copies of.',
    },
  ),

  'client|trackinginfo': new CommandSpec(2, NOSCRIPT | LOADING | STALE, [], [], {
    since: '6.2.0',
    cost: 'O(1)',
    summary: 'Tells how this connection tracks keys.',
  }),

  'client|unblock': new CommandSpec(
    -3,
    ADMIN | NOSCRIPT | LOADING | STALE,
    [],
    [int('client-id'), optional(oneOf('unblock-type', token('TIMEOUT'), token('ERROR')))],
    {
      since: '5.0.0',
      cost: 'O(log N) for N connections',
      summary: 'Ends the wait of a blocked client, as if in time or with an error.',
    },
  ),

  'client|unpause': new CommandSpec(2, ADMIN | NOSCRIPT | LOADING | STALE, [], [], {
    since: '6.2.0',
    cost: 'O(N) for N paused clients',
    summary: 'Lets paused clients go on.',
  }),

  echo: new CommandSpec(2, LOADING | STALE | FAST, [], [text('message')], {
    since: '1.0.0',
    cost: 'O(1)',
    summary: 'Returns its argument.',
  }),

  hello: new CommandSpec(
    -1,
    NOSCRIPT | LOADING | STALE | FAST | NO_AUTH | ALLOW_BUSY,
    [],
    [
      optional(
        block(
          'arguments',
          int('protover'),
          optional(after('AUTH', block('auth', text('username'), text('password')))),
          optional(after('SETNAME', text('clientname'))),
        ),
      ),
    ],
    {
      since: '6.0.0',
      cost: 'O(1)',
      summary: 'Chooses the protocol, and may authenticate and name the connection at once.',
      history: [['6.2.0', 'The version may be left out, to ask without choosing.']],
    },
  ),

  ping: new CommandSpec(-1, FAST, [], [optional(text('message'))], {
    since: '1.0.0',
    cost: 'O(1)',
    summary: 'Answers, to show that the server is alive.',
    tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  }),

  quit: new CommandSpec(-1, NOSCRIPT | LOADING | STALE | FAST | NO_AUTH | ALLOW_BUSY, [], [], {
    since: '1.0.0',
    cost: 'O(1)',
    summary: 'Closes the connection after a last OK.',
    deprecated: { since: '7.2.0', replacedBy: 'closing the connection' },
  }),

  reset: new CommandSpec(1, NOSCRIPT | LOADING | STALE | FAST | NO_AUTH | ALLOW_BUSY, [], [], {
    since: '6.2.0',
    cost: 'O(1)',
    summary: 'Takes the connection back to how it was when new.',
  }),

  select: new CommandSpec(2, LOADING | STALE | FAST, [], [int('index')], {
    since: '1.0.0',
    cost: 'O(1)',
    summary: 'Chooses the database for what follows.',
  }),
});
