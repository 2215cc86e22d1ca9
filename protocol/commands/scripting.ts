// Scripts and functions: what runs inside of the server.

import {
  ACCESS,
  ALLOW_BUSY,
  CommandSpec,
  DENYOOM,
  LOADING,
  MAY_REPLICATE,
  NOSCRIPT,
  NO_MANDATORY_KEYS,
  READONLY,
  RO,
  RW,
  SKIP_MONITOR,
  STALE,
  UPDATE,
  WRITE,
  added,
  after,
  container,
  group,
  int,
  key,
  many,
  numkeysAt,
  oneOf,
  optional,
  text,
  token,
} from '../command-spec.ts';

const ANY = NOSCRIPT | STALE | SKIP_MONITOR | NO_MANDATORY_KEYS;
const RUNS = ANY | MAY_REPLICATE;
const CHANGES = WRITE | NOSCRIPT;
const WORST = 'We cannot tell how the keys will be used so we assume the worst, ';

const changing = (note = '') => [numkeysAt(2, RW | ACCESS | UPDATE, note)];
const reading = (note = '') => [numkeysAt(2, RO | ACCESS, note)];
const calling = (what: string) => [
  text(what),
  int('numkeys'),
  optional(many(key('key'))),
  optional(many(text('arg'))),
];
const flushType = () => oneOf('flush-type', token('ASYNC'), token('SYNC'));

const OF_SCRIPT = 'That of the script';
const OF_FUNCTION = 'That of the function';
const ALL_NODES = ['request_policy:all_nodes', 'response_policy:all_succeeded'];
const ALL_SHARDS = ['request_policy:all_shards', 'response_policy:all_succeeded'];
const ANY_SHARD = ['request_policy:all_shards', 'response_policy:one_succeeded'];

export const scripting = group('scripting', {
  eval: new CommandSpec(-3, RUNS, changing(`${WORST}RW and UPDATE`), calling('script'), {
    since: '2.6.0',
    cost: OF_SCRIPT,
    summary: 'Runs a Lua script.',
  }),

  evalsha: new CommandSpec(-3, RUNS, changing(), calling('sha1'), {
    since: '2.6.0',
    cost: OF_SCRIPT,
    summary: 'Runs a Lua script that the server knows, by its SHA1 digest.',
  }),

  evalsha_ro: new CommandSpec(-3, READONLY | ANY, reading(), calling('sha1'), {
    since: '7.0.0',
    cost: OF_SCRIPT,
    summary: 'Runs a Lua script that the server knows, and lets it change nothing.',
  }),

  eval_ro: new CommandSpec(
    -3,
    READONLY | ANY,
    reading(`${WORST}RO and ACCESS`),
    calling('script'),
    {
      since: '7.0.0',
      cost: OF_SCRIPT,
      summary: 'Runs a Lua script, and lets it change nothing.',
    },
  ),

  fcall: new CommandSpec(-3, RUNS, changing(`${WORST}RW and UPDATE`), calling('function'), {
    since: '7.0.0',
    cost: OF_FUNCTION,
    summary: 'Calls a function of a library.',
  }),

  fcall_ro: new CommandSpec(
    -3,
    READONLY | ANY,
    reading(`${WORST}RO and ACCESS`),
    calling('function'),
    {
      since: '7.0.0',
      cost: OF_FUNCTION,
      summary: 'Calls a function of a library, and lets it change nothing.',
    },
  ),

  function: container(-2, 0, {
    since: '7.0.0',
    cost: 'See the subcommands',
    summary: 'Loads, lists, saves and deletes libraries of functions.',
  }),

  'function|delete': new CommandSpec(3, CHANGES, [], [text('library-name')], {
    since: '7.0.0',
    cost: 'O(1)',
    summary: 'Deletes a library and its functions.',
    tips: ALL_SHARDS,
  }),

  'function|dump': new CommandSpec(2, NOSCRIPT, [], [], {
    since: '7.0.0',
    cost: 'O(N) for N functions',
    summary: 'Returns all libraries in the form that FUNCTION RESTORE takes.',
  }),

  'function|flush': new CommandSpec(-2, CHANGES, [], [optional(flushType())], {
    since: '7.0.0',
    cost: 'O(N) for N functions',
    summary: 'Deletes all libraries.',
    tips: ALL_SHARDS,
  }),

  'function|help': new CommandSpec(2, LOADING | STALE, [], [], {
    since: '7.0.0',
    cost: 'O(1)',
    summary: 'Lists the subcommands.',
  }),

  'function|kill': new CommandSpec(2, NOSCRIPT | ALLOW_BUSY, [], [], {
    since: '7.0.0',
    cost: 'O(1)',
    summary: 'Ends the function that runs, unless it has changed something.',
    tips: ANY_SHARD,
  }),

  'function|list': new CommandSpec(
    -2,
    NOSCRIPT,
    [],
    [optional(after('LIBRARYNAME', text('library-name-pattern'))), optional(token('WITHCODE'))],
    {
      since: '7.0.0',
      cost: 'O(N) for N functions',
      summary: 'Lists the libraries and their functions.',
      tips: ['nondeterministic_output_order'],
    },
  ),

  'function|load': new CommandSpec(
    -3,
    CHANGES | DENYOOM,
    [],
    [optional(token('REPLACE')), text('function-code')],
    {
      since: '7.0.0',
      cost: 'O(1), apart from compiling it',
      summary: 'Makes a library from its code.',
      tips: ALL_SHARDS,
    },
  ),

  'function|restore': new CommandSpec(
    -3,
    CHANGES | DENYOOM,
    [],
    [
      text('serialized-value'),
      optional(oneOf('policy', token('FLUSH'), token('APPEND'), token('REPLACE'))),
    ],
    {
      since: '7.0.0',
      cost: 'O(N) for N functions of the payload',
      summary: 'Makes libraries from what FUNCTION DUMP returned.',
      tips: ALL_SHARDS,
    },
  ),

  'function|stats': new CommandSpec(2, NOSCRIPT | ALLOW_BUSY, [], [], {
    since: '7.0.0',
    cost: 'O(1)',
    summary: 'Tells what function runs, and how many there are.',
    tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
  }),

  script: container(-2, 0, {
    since: '2.6.0',
    cost: 'See the subcommands',
    summary: 'Manages the Lua scripts that the server knows.',
  }),

  'script|debug': new CommandSpec(
    3,
    NOSCRIPT,
    [],
    [oneOf('mode', token('YES'), token('SYNC'), token('NO'))],
    {
      since: '3.2.0',
      cost: 'O(1)',
      summary: 'Lets the scripts that follow be debugged.',
    },
  ),

  'script|exists': new CommandSpec(-3, NOSCRIPT, [], [many(text('sha1'))], {
    since: '2.6.0',
    cost: 'O(N) for N scripts asked for',
    summary: 'Tells which scripts the server knows.',
    tips: ['request_policy:all_shards', 'response_policy:agg_logical_and'],
  }),

  'script|flush': new CommandSpec(-2, NOSCRIPT, [], [added('6.2.0', optional(flushType()))], {
    since: '2.6.0',
    cost: 'O(N) for N scripts',
    summary: 'Forgets all scripts.',
    history: [['6.2.0', 'ASYNC and SYNC choose how.']],
    tips: ALL_NODES,
  }),

  'script|help': new CommandSpec(2, LOADING | STALE, [], [], {
    since: '5.0.0',
    cost: 'O(1)',
    summary: 'Lists the subcommands.',
  }),

  'script|kill': new CommandSpec(2, NOSCRIPT | ALLOW_BUSY, [], [], {
    since: '2.6.0',
    cost: 'O(1)',
    summary: 'Ends the script that runs, unless it has changed something.',
    tips: ANY_SHARD,
  }),

  'script|load': new CommandSpec(3, NOSCRIPT | STALE, [], [text('script')], {
    since: '2.6.0',
    cost: 'O(N) for N bytes of the script',
    summary: 'Makes a script known to the server without running it.',
    tips: ALL_NODES,
  }),
});
