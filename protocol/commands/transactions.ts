// Commands that run together, if nothing that they depend on has changed.

import {
  ALLOW_BUSY,
  CommandSpec,
  FAST,
  LOADING,
  NOSCRIPT,
  RO,
  SKIP_SLOWLOG,
  STALE,
  group,
  key,
  keysFrom,
  many,
} from '../command-spec.ts';

export const transactions = group('transactions', {
  discard: new CommandSpec(1, NOSCRIPT | LOADING | STALE | FAST | ALLOW_BUSY, [], [], {
    since: '2.0.0',
    cost: 'O(N) for N queued commands',
    summary: 'Drops the queued commands and leaves the transaction.',
  }),

  exec: new CommandSpec(1, NOSCRIPT | LOADING | STALE | SKIP_SLOWLOG, [], [], {
    since: '1.2.0',
    cost: 'That of the queued commands',
    summary: 'Runs the queued commands, one after the other and nothing between.',
  }),

  multi: new CommandSpec(1, NOSCRIPT | LOADING | STALE | FAST | ALLOW_BUSY, [], [], {
    since: '1.2.0',
    cost: 'O(1)',
    summary: 'Starts a transaction: what follows is queued until EXEC.',
  }),

  unwatch: new CommandSpec(1, NOSCRIPT | LOADING | STALE | FAST | ALLOW_BUSY, [], [], {
    since: '2.2.0',
    cost: 'O(1)',
    summary: 'Forgets the watched keys.',
  }),

  watch: new CommandSpec(
    -2,
    NOSCRIPT | LOADING | STALE | FAST | ALLOW_BUSY,
    [keysFrom(1, RO)],
    [many(key('key'))],
    {
      since: '2.2.0',
      cost: 'O(1) for each key',
      summary: 'Lets the next EXEC fail if one of the keys changes before it.',
    },
  ),
});
