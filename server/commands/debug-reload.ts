// DEBUG RELOAD: the data set goes through a file, and has to come back the same.

import { FAILED, ReplyError } from '../../protocol/errors.ts';
import type { Client } from '../client.ts';
import { LoadError, loadRdbNow } from '../loading.ts';
import type { Server } from '../server.ts';

const BAD_OPTION = new ReplyError(
  'ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.',
);
const CANNOT_LOAD = new ReplyError('ERR Error trying to load the RDB dump, check server logs.');

/** DEBUG RELOAD [MERGE] [NOFLUSH] [NOSAVE] */
export function debugReload(c: Client): void {
  const { argv, server } = c;
  const options = new Set(argv.slice(2).map((word) => word.toUpperCase()));
  for (const option of options) {
    if (option !== 'MERGE' && option !== 'NOFLUSH' && option !== 'NOSAVE') throw BAD_OPTION;
  }
  if (server.disk === null) throw FAILED;
  if (!options.has('NOSAVE') && !server.saving.save()) throw FAILED;
  if (!options.has('NOFLUSH')) empty(server);
  const { dir, dbfilename } = server.config.values;
  try {
    loadRdbNow(server, `${dir}/${dbfilename}`, { merge: options.has('MERGE') });
  } catch (problem) {
    if (!(problem instanceof LoadError)) throw problem;
    if (problem.isHalfDone) server.onFatal(); // As Redis: half a data set is not to be served.
    throw CANNOT_LOAD;
  }
  server.log.warning('DB reloaded by DEBUG RELOAD');
  c.reply.ok();
}

/** Removes everything that a file is going to bring. */
function empty(server: Server): void {
  server.tracking.flushed();
  for (const db of server.databases) db.clear();
  server.scripting.functions.clear();
}
