// A server with an append-only file on a disk in memory.

import { Config } from '../../server/config/config.ts';
import { LoadError } from '../../server/loading.ts';
import { Server } from '../../server/server.ts';
import { loadData } from '../../server/start.ts';
import { inProcess, type Wire } from '../wire.ts';
import type { MemoryDisk } from './memory-disk.ts';

export const DIR = '/data';
export const FOLDER = `${DIR}/appendonlydir`;

export type OnDisk = {
  readonly server: Server;
  readonly wire: Wire;
  readonly log: string[];
  /** Whether the server has ended because it could not keep its word. */
  dead: boolean;
};

/** Starts a server on the files of a disk; null if it refuses to, and the log says why. */
export async function startOn(
  disk: MemoryDisk,
  options: Record<string, string> = {},
  log: string[] = [],
): Promise<OnDisk | null> {
  const config = new Config();
  config.options({
    ...{ dir: DIR, appendonly: 'yes', save: '', 'enable-debug-command': 'yes' },
    ...options,
  });
  const server = new Server(config, { disk, seed: 1, pid: 7, log: (line) => log.push(line) });
  server.later = (go) => void setImmediate(go);
  const started: OnDisk = { server, wire: inProcess(server), log, dead: false };
  server.onFatal = () => {
    started.dead = true;
    server.close();
  };
  try {
    await loadData(server);
  } catch (problem) {
    if (!(problem instanceof LoadError)) throw problem;
    server.close();
    return null;
  }
  return started;
}

/** Resolves when nothing is written in the background any more. */
export async function idle(server: Server): Promise<void> {
  while (server.background !== '' || server.appendOnly.writer.syncing > 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
