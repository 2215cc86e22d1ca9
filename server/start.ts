// What a server begins with: its append-only file if it keeps one, else its RDB file.

import { loadAppendOnly } from './append-only-load.ts';
import type { AppendOnlyFolder } from './append-only-folder.ts';
import { LoadError, loadAtStart } from './loading.ts';
import type { Server } from './server.ts';

/**
 * Loads the data set while clients have their turns, and opens the append-only file. Rejects with a
 * LoadError, of which the log has told.
 */
export async function loadData(server: Server): Promise<void> {
  await withCluster(server, () => loadFiles(server));
}

/** Does the same with what `load` loads. */
export async function withCluster(server: Server, load: () => Promise<void>): Promise<void> {
  server.cluster?.open();
  await load();
  server.cluster?.claimKeys();
}

async function loadFiles(server: Server): Promise<void> {
  const { appendOnly } = server;
  const { folder } = appendOnly;
  if (folder === null) return;
  folder.readManifest();
  const { appendonly } = server.config.values;
  if (appendonly) await loadCommands(server, folder);
  else await loadAtStart(server);
  if (appendonly) appendOnly.open();
  folder.deleteHistory();
  if (!appendOnly.follow()) throw new LoadError('the append-only file cannot be turned on');
}

async function loadCommands(server: Server, folder: AppendOnlyFolder): Promise<void> {
  const startMs = server.clock.stopwatch();
  if (await loadAppendOnly(server, folder)) {
    const seconds = (server.clock.stopwatch() - startMs) / 1000;
    server.log.notice(`DB loaded from append only file: ${seconds.toFixed(3)} seconds`);
  }
  const { last } = folder.manifest;
  if (last === null) return;
  if (last.endOffset === -1) {
    server.propagation.offset = Math.max(0, last.startOffset) + folder.size(last.name);
    return;
  }
  server.propagation.offset = last.endOffset;
  const manifest = folder.manifest.copy();
  manifest.endLast(-1); // It goes on.
  if (!folder.replaceManifest(manifest)) throw new LoadError('no manifest');
}
