// What DEBUG turns on and off, each as it is in a server that nobody debugs.

/** Redis: how long a client's largest reply counts when its reply buffer is given a size. */
export const REPLY_PEAK_MS = 5000;

/** How DEBUG may end the process, to see what is left of it. */
export type CrashTest = 'segfault' | 'assert' | 'panic';

export class DebugSwitches {
  /** PAUSE-CRON: nothing that happens from time to time happens. */
  cronPaused = false;
  /** REPLYBUFFER RESIZING: the sizes of reply buffers follow what their clients need. */
  replyBufferResizing = true;
  /** REPLYBUFFER PEAK-RESET-TIME: see REPLY_PEAK_MS; negative for ever. */
  replyPeakMs = REPLY_PEAK_MS;
  /** DICT-RESIZING. Dictionaries here have no size that a cron would have to look after. */
  dictResizing = true;
  /** SET-DISABLE-DENY-SCRIPTS: scripts may call what is not meant for them. */
  scriptsUnrestricted = false;
  /** SET-SKIP-CHECKSUM-VALIDATION: what is loaded or restored may have any checksum. */
  checksumsIgnored = false;
  /** REPL-PAUSE: where the process stops until it is told to go on (SIGCONT). */
  readonly replicationStops = new Set<string>();
  /** QUICKLIST-PACKED-THRESHOLD: elements of so many bytes are nodes by themselves; 0 is off. */
  packedThreshold = 0;
}
