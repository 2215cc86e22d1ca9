// DEBUG LOADAOF: the data set as the append-only file has it.

import type { Client } from '../client.ts';
import { FAILED } from '../../protocol/errors.ts';
import type { AppendOnlyFolder } from '../append-only-folder.ts';
import { loadAppendOnly } from '../append-only-load.ts';
import { LoadError } from '../loading.ts';
import type { Server } from '../server.ts';

/** DEBUG LOADAOF */
export function debugLoadaof(c: Client): void {
  const { server } = c;
  const { folder } = server.appendOnly;
  if (folder === null || server.loading !== null) throw FAILED;
  c.waitFor(reload(server, folder), () => c.reply.ok());
}

async function reload(server: Server, folder: AppendOnlyFolder): Promise<void> {
  const resume = server.appendOnly.suspend();
  server.tracking.flushed();
  for (const db of server.databases) db.clear();
  server.scripting.functions.clear();
  try {
    folder.readManifest();
    folder.deleteHistory();
    await loadAppendOnly(server, folder);
  } catch (problem) {
    if (!(problem instanceof LoadError)) throw problem;
    server.onFatal();
  }
  resume();
  server.dirty = 0;
  server.log.warning('Append Only File loaded by DEBUG LOADAOF');
}
