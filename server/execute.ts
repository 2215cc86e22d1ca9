// EXEC: the commands of a transaction, one after the other.
//
// A script among them may take long. Then the rest waits until it has ended, and nothing else
// comes between: most commands are refused meanwhile (script-run.ts).

import { call } from './call.ts';
import type { Client, Queued } from './client.ts';
import { SCRIPT } from './client-state.ts';
import type { Command } from './command-table.ts';
import { leaveMulti } from './multi.ts';

/** A transaction that runs. */
export type Execution = {
  readonly queue: readonly Queued[];
  /** The request EXEC itself, */
  readonly argv: string[];
  readonly command: Command;
  /** and when it began, by the stopwatch. */
  readonly startMs: number;
  /** How many of the queue have begun. */
  done: number;
};

/** Runs what is left of a transaction; false if a script among it takes long. */
export function execute(c: Client, execution: Execution): boolean {
  const { queue, argv } = execution;
  while (execution.done < queue.length && !c.closed) {
    const queued = queue[execution.done++];
    c.argv = queued.argv;
    call(c, queued.command);
    if (c.waits === SCRIPT) return false;
  }
  // Redis: CLIENT LIST shows the queue until all of it has run.
  c.argv = argv;
  c.inExec = false;
  c.execution = null;
  leaveMulti(c);
  return true;
}
