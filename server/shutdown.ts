// What has to be done before a server may end, so that nothing is lost.

import type { Server } from './server.ts';

export type ShutdownOptions = {
  /** SAVE, NOSAVE, or '' for what the save points of the configuration say. */
  readonly save: 'save' | 'nosave' | '';
  /** Whether the server is going to end even if that goes wrong. */
  readonly force: boolean;
};

/** Saves what has to be saved; false if that failed, of which the log tells. */
export function prepareShutdown(server: Server, { save, force }: ShutdownOptions): boolean {
  const { log, saving, config } = server;
  if (server.background === 'rdb') {
    log.warning('There is a child saving an .rdb. Killing it!');
    saving.cancel();
  }
  const wanted = save === 'save' || (save === '' && config.values.save.length > 0);
  if (!wanted || (server.disk === null && save !== 'save')) return true;
  log.notice('Saving the final RDB snapshot before exiting.');
  if (saving.save()) return true;
  if (force) {
    log.warning('Error trying to save the DB. Exit anyway.');
  } else {
    log.warning("Error trying to save the DB, can't exit.");
  }
  return false;
}
