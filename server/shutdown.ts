// What has to be done before a server may end, so that nothing is lost.
//
// SHUTDOWN does it as soon as the replicas have everything (farewell.ts). A signal is only noted,
// and followed when the cron has its next turn (DEBUG PAUSE-CRON shows that there is time for
// SHUTDOWN ABORT in between). It is followed while everybody waits but the event loop goes on, so
// that a second SIGINT is heard: somebody insists.

import { OFF, WAITING } from './append-only-state.ts';
import { FOR_SHUTDOWN, PAUSE_ALL, pause, unpause } from './pause.ts';
import type { Server } from './server.ts';

export type ShutdownOptions = {
  /** SAVE, NOSAVE, or '' for what the save points of the configuration say. */
  readonly save: 'save' | 'nosave' | '';
  /** Whether the server is going to end even if that goes wrong. */
  readonly force: boolean;
};

export type Signal = 'SIGINT' | 'SIGTERM';

/** What the log says last of a server that goes on. */
export const CANNOT_END =
  'Errors trying to shut down the server. Check the logs for more information.';

/** What signals ask of a server. */
export class SignalledShutdown {
  private readonly server: Server;
  private asked: Signal | null = null;
  private underWay = false;

  constructor(server: Server) {
    this.server = server;
  }

  /** A signal has come; `exit` ends the process on the spot. */
  ask(signal: Signal, exit: (code: number) => void): void {
    const { log, saving, loading, debug, clock } = this.server;
    if (this.asked !== null && signal === 'SIGINT') {
      log.warning('You insist... exiting now.');
      saving.abandon();
      return exit(1);
    }
    if (loading !== null) {
      log.warning('Received shutdown signal during loading, exiting now.');
      return exit(0);
    }
    log.warning(`Received ${signal} scheduling shutdown...`);
    this.asked = signal;
    if (!debug.cronPaused) clock.in(0, () => this.follow());
  }

  /** SHUTDOWN ABORT: false if no signal waits to be followed. */
  abort(): boolean {
    if (this.asked === null || this.underWay) return false;
    this.asked = null;
    this.server.log.notice('Shutdown manually aborted.');
    return true;
  }

  /** Does what was asked for, if anything was. */
  follow(): void {
    if (this.asked === null || this.underWay) return;
    this.underWay = true;
    void this.end(this.asked);
  }

  private async end(signal: Signal): Promise<void> {
    const { server } = this;
    const name = signal === 'SIGINT' ? 'shutdown-on-sigint' : 'shutdown-on-sigterm';
    const words = server.config.values[name];
    const save = words.includes('nosave') ? 'nosave' : words.includes('save') ? 'save' : '';
    const options: ShutdownOptions = { save, force: words.includes('force') };
    const farewell = server.farewell.begin(words.includes('now'));
    if (farewell !== null && !(await farewell)) {
      this.asked = null;
      this.underWay = false;
      return;
    }
    const wants = begin(server, options);
    if (wants === SAVES) pause(server, PAUSE_ALL, Number.MAX_SAFE_INTEGER, FOR_SHUTDOWN);
    const saved = wants === SAVES ? await server.saving.saveWhilePaused() : true;
    if (wants !== CANNOT && (finish(server, saved, options) || options.force)) {
      return server.onShutdown();
    }
    server.log.warning(CANNOT_END);
    this.asked = null;
    this.underWay = false;
    unpause(server, FOR_SHUTDOWN);
  }
}

const CANNOT = 0;
const MAY = 1;
const SAVES = 2; // It may, and has to save before.

/** Saves what has to be saved; false if that failed, of which the log tells. */
export function prepareShutdown(server: Server, options: ShutdownOptions): boolean {
  // What was changed in this very turn is on its way at least.
  server.replication.flush();
  const wants = begin(server, options);
  if (wants === CANNOT) return false;
  return finish(server, wants === MAY || server.saving.save(), options);
}

/** Ends what is written in the background; says whether everything has to be saved now. */
function begin(server: Server, { save, force }: ShutdownOptions): number {
  const { appendOnly, log, saving, config } = server;
  server.farewell.report();
  if (server.background === 'rdb') {
    log.warning('There is a child saving an .rdb. Killing it!');
    saving.cancel();
  }
  if (appendOnly.state !== OFF && !mayEnd(server, force)) return CANNOT;
  // What is only half loaded must not take the place of the file that has all of it.
  if (server.loading !== null) return MAY;
  const wanted = save === 'save' || (save === '' && config.values.save.length > 0);
  if (!wanted || (server.disk === null && save !== 'save')) return MAY;
  log.notice('Saving the final RDB snapshot before exiting.');
  return SAVES;
}

/** Does the rest, now that everything was saved or could not be; returns which. */
function finish(server: Server, saved: boolean, { force }: ShutdownOptions): boolean {
  const { appendOnly, log } = server;
  if (saved || force) appendOnly.finish();
  if (!saved && force) log.warning('Error trying to save the DB. Exit anyway.');
  else if (!saved) log.warning("Error trying to save the DB, can't exit.");
  return saved;
}

/** Brings the append-only file to the disk; false if that failed, or its base is being made. */
function mayEnd(server: Server, force: boolean): boolean {
  const { appendOnly, log } = server;
  if (appendOnly.rewrite.isRunning) {
    if (appendOnly.state === WAITING) {
      log.warning(force ? 'Writing initial AOF. Exit anyway.' : "Writing initial AOF, can't exit.");
      if (!force) return false;
    }
    log.warning('There is a child rewriting the AOF. Killing it!');
    appendOnly.rewrite.cancel();
  }
  log.notice('Calling fsync() on the AOF file.');
  // Unlike Redis: a server that cannot write its last changes does not end unless it is forced to.
  return appendOnly.writer.sync() || force;
}
