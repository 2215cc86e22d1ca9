// SCRIPT KILL and FUNCTION KILL.

import { BUSY_FUNCTION, BUSY_SCRIPT, ReplyError } from '../protocol/errors.ts';
import type { Server } from './server.ts';

const NOTHING_RUNS = new ReplyError('NOTBUSY No scripts in execution right now.');
const REPEATED = new ReplyError(
  'UNKILLABLE The busy script was sent by a master instance in the context of replication and ' +
    'cannot be killed.',
);
const HAS_CHANGED = new ReplyError(
  'UNKILLABLE Sorry the script already executed write commands against the dataset. You can ' +
    'either wait the script termination or kill the server in a hard way using the SHUTDOWN ' +
    'NOSAVE command.',
);

/** Ends what runs, at its next step. Throws a ReplyError if there is none, or it is too late. */
export function killRun(server: Server, isEval: boolean): void {
  const { run } = server.scripting;
  if (run === null) throw NOTHING_RUNS;
  if (run.caller.repeats) throw REPEATED;
  if (run.wrote) throw HAS_CHANGED;
  if (isEval && !run.isEval) throw BUSY_FUNCTION;
  if (!isEval && run.isEval) throw BUSY_SCRIPT;
  run.kill();
}
