// EXEC: the commands of a transaction, one after the other.
//
// A script among them may take long. Then the rest waits until it has ended, and nothing else
// comes between: most commands are refused meanwhile (script-run.ts).

import { DENIED_COMMAND, DENIED_KEY } from './acl-check.ts';
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
  let denied = false;
  while (execution.done < queue.length && !c.closed) {
    const queued = queue[execution.done++];
    c.argv = queued.argv;
    denied = !c.user.unrestricted && isDenied(c, queued);
    if (denied) continue;
    call(c, queued.command);
    if (c.waits === SCRIPT) return false;
  }
  // Redis: what was denied counts for EXEC, unless something was run after it.
  if (denied) execution.command.failed++;
  // Redis: CLIENT LIST shows the queue until all of it has run.
  c.argv = argv;
  c.inExec = false;
  c.execution = null;
  leaveMulti(c);
  return true;
}

/** Whether rights were lost since a command was queued; then the client has been told so. */
function isDenied(c: Client, { command, argv }: Queued): boolean {
  const reason = c.server.acl.denied(c, command.spec, argv, 'multi');
  if (reason === 0) return false;
  let what = 'access one of the channels used as arguments';
  if (reason === DENIED_COMMAND) what = 'execute the command or subcommand';
  else if (reason === DENIED_KEY) what = 'touch the specified keys';
  c.reply.error(
    'NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC ' +
      `call. This command is no longer allowed for the following reason: no permission to ${what}`,
  );
  c.server.stats.countError('NOPERM');
  return true;
}
