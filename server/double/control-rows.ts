// The rows of RESPITE: the test double's API for who is not in its process, in any language.
//
// They are for the one who writes the test, not for what is tested: no fault meets them, no pause
// holds them, a journal leaves them out, and while a script is busy or a file is loaded they are
// answered. A server has them only if enable-respite-command says so.

import {
  ADMIN,
  ALLOW_BUSY,
  type Arg,
  CommandSpec,
  CONTROL,
  LOADING,
  NO_MULTI,
  NOSCRIPT,
  SKIP_MONITOR,
  SKIP_SLOWLOG,
  STALE,
  container,
  group,
  int,
  many,
  optional,
  text,
  token,
  unixTime,
} from '../../protocol/command-spec.ts';

const FLAGS =
  ADMIN |
  ALLOW_BUSY |
  CONTROL |
  LOADING |
  NO_MULTI |
  NOSCRIPT |
  SKIP_MONITOR |
  SKIP_SLOWLOG |
  STALE;

const SINCE = '8.0.2'; // Of Redis; they came with the first version of this server.

function row(arity: number, args: readonly Arg[], summary: string): CommandSpec {
  return new CommandSpec(arity, FLAGS, [], args, { since: SINCE, cost: 'O(1)', summary });
}

const pairs = () => many(text('name-value'));

export const control = group('server', {
  respite: container(-2, FLAGS, {
    since: SINCE,
    cost: 'See HELP',
    summary: 'Steers the server as a test double.',
  }),
  'respite|help': row(2, [], 'Lists the subcommands.'),
  'respite|clock': row(
    -3,
    [text('what'), optional(unixTime('milliseconds'))],
    'Reads, stops, moves and lets go of the time.',
  ),
  'respite|fault': row(-3, [text('what'), optional(pairs())], 'Adds, lists and removes faults.'),
  'respite|stub': row(
    -3,
    [text('what'), optional(many(text('argument')))],
    'Answers commands in place of the server.',
  ),
  'respite|leaks': row(2, [], 'Returns what clients have left open, as JSON.'),
  'respite|journal': row(
    -3,
    [text('what'), optional(many(text('argument')))],
    'Says what was asked and answered.',
  ),
  'respite|snapshot': row(2, [], 'Remembers the state of the server, and returns its number.'),
  'respite|restore': row(
    -2,
    [optional(int('snapshot')), optional(token('CLOCK'))],
    'Goes back to a snapshot, the newest unless told otherwise.',
  ),
  'respite|forget': row(3, [int('snapshot')], 'Lets go of a snapshot.'),
  'respite|seed': row(3, [text('data')], 'Adds keys from JSON or a transcript.'),
  'respite|dump': row(2, [], 'Returns all keys as JSON.'),
  'respite|restart': row(
    -2,
    [optional(token('NODATA'))],
    'Ends all connections and starts the server anew at the same place.',
  ),
});
