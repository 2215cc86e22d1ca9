// Transactions: MULTI queues what follows, EXEC runs it, WATCH lets EXEC fail. The
// queueing itself is a gate in server/call.ts; watching is server/multi.ts.

import type { transactions as specs } from '../../protocol/commands/transactions.ts';
import {
  DISCARD_WITHOUT_MULTI,
  EXEC_ABORT,
  EXEC_WITHOUT_MULTI,
  NESTED_MULTI,
  WATCH_INSIDE_MULTI,
} from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import type { Handlers } from '../command-table.ts';
import { execute } from '../execute.ts';
import { leaveMulti, unwatchAll, watch as watchKey, watchedChanged } from '../multi.ts';

/** MULTI */
function multi(c: Client): void {
  if (c.queue !== null) throw NESTED_MULTI;
  c.queue = [];
  c.reply.ok();
}

/** DISCARD */
function discard(c: Client): void {
  if (c.queue === null) throw DISCARD_WITHOUT_MULTI;
  leaveMulti(c);
  unwatchAll(c);
  c.reply.ok();
}

/** EXEC */
function exec(c: Client): void {
  const queue = c.queue;
  if (queue === null) throw EXEC_WITHOUT_MULTI;
  const failed = c.queueFailed;
  const changed = watchedChanged(c);
  unwatchAll(c);
  if (failed || changed) {
    leaveMulti(c);
    if (failed) throw EXEC_ABORT;
    return c.reply.nullArray();
  }

  c.inExec = true;
  c.reply.array(queue.length);
  const startMs = c.server.stopwatchMs();
  c.execution = { queue, argv: c.argv, command: c.running!, startMs, done: 0 };
  execute(c, c.execution);
}

/** WATCH key [key ...] */
function watch(c: Client): void {
  if (c.queue !== null) throw WATCH_INSIDE_MULTI;
  // Redis: a watch that has failed already stays failed, whatever else is watched.
  if (!c.watchFailed) for (let i = 1; i < c.argv.length; i++) watchKey(c, c.argv[i]);
  c.reply.ok();
}

/** UNWATCH */
function unwatch(c: Client): void {
  unwatchAll(c);
  c.reply.ok();
}

export const transactionsCommands: Handlers<typeof specs> = {
  discard,
  exec,
  multi,
  unwatch,
  watch,
};
