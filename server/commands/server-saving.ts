// Saving the data set, and the end of the server.

import {
  BUSY_FUNCTION,
  BUSY_SCRIPT,
  CANNOT_SHUT_DOWN,
  FAILED,
  NO_SHUTDOWN,
  ReplyError,
  SYNTAX,
} from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import { FOR_SHUTDOWN, unpause } from '../pause.ts';
import { CANNOT_END, prepareShutdown, type ShutdownOptions } from '../shutdown.ts';

const SAVING_ALREADY = new ReplyError('ERR Background save already in progress');
const REWRITING = new ReplyError(
  "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in " +
    'order to schedule a BGSAVE whenever possible.',
);

/** SHUTDOWN [NOSAVE|SAVE] [NOW] [FORCE] [ABORT] */
function shutdown(c: Client): void {
  let save = false;
  let nosave = false;
  let force = false;
  let abort = false;
  let now = false;
  let options = 0;
  for (let i = 1; i < c.argv.length; i++) {
    const option = c.argv[i].toUpperCase();
    if (option === 'SAVE') save = true;
    else if (option === 'NOSAVE') nosave = true;
    else if (option === 'FORCE') force = true;
    else if (option === 'ABORT') abort = true;
    else if (option === 'NOW') now = true;
    else throw SYNTAX;
    if (option !== 'ABORT') options++;
  }
  if ((abort && options > 0) || (save && nosave)) throw SYNTAX;
  if (abort) {
    if (!c.server.farewell.abort() && !c.server.signalled.abort()) throw NO_SHUTDOWN;
    return c.reply.ok();
  }
  const { busyScript } = c.server;
  if (busyScript !== null && !nosave) throw busyScript.isEval ? BUSY_SCRIPT : BUSY_FUNCTION;
  const what: ShutdownOptions = { save: save ? 'save' : nosave ? 'nosave' : '', force };
  const farewell = c.server.farewell.begin(now);
  if (farewell === null) {
    if (!end(c, what)) throw CANNOT_SHUT_DOWN;
    return;
  }
  // Whoever asked for it may be gone by then.
  const ended = farewell.then((goes) => goes && (end(c, what) || giveUp(c)));
  c.waitFor(ended, () => {
    throw CANNOT_SHUT_DOWN;
  });
}

/** Ends the server; false if it cannot end now. */
function end(c: Client, options: ShutdownOptions): boolean {
  if (!prepareShutdown(c.server, options) && !options.force) {
    c.server.log.warning(CANNOT_END);
    return false;
  }
  // Redis: there is no reply; the connection ends. What was asked before is still answered.
  c.closing = true;
  c.server.unlisten();
  c.flush();
  c.server.onShutdown();
  return true;
}

/** Lets everybody go on who had to wait for the end. */
function giveUp({ server }: Client): false {
  unpause(server, FOR_SHUTDOWN);
  return false;
}

/** SAVE */
function save(c: Client): void {
  const { saving, background } = c.server;
  if (background === 'rdb') throw SAVING_ALREADY;
  if (!saving.save()) throw FAILED;
  c.reply.ok();
}

/** BGSAVE [SCHEDULE] */
function bgsave(c: Client): void {
  const { argv, server, reply } = c;
  const schedule = argv.length === 2 && argv[1].toUpperCase() === 'SCHEDULE';
  if (argv.length > 1 && !schedule) throw SYNTAX;
  if (server.background === 'rdb') throw SAVING_ALREADY;
  if (server.background !== '' || c.inExec) {
    if (!schedule && !c.inExec) throw REWRITING;
    server.saving.scheduled = true;
    return reply.status('Background saving scheduled');
  }
  if (!server.saving.start()) throw FAILED;
  reply.status('Background saving started');
}

/** LASTSAVE */
function lastsave(c: Client): void {
  c.reply.int(Math.floor(c.server.saving.lastSaveMs / 1000));
}

export const savingCommands = { bgsave, lastsave, save, shutdown };
