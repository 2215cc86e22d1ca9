// Which process Linux ends first when the machine runs out of memory (oom-score-adj).
//
// The kernel adds a number to the score of each process; a process of an ordinary user may only
// raise its own. The configuration has one for masters and one for replicas (the third, for
// children, has nobody to be for). It belongs to the process, so only the command line sets it: a
// server inside of another program has no business there.

import { readFileSync, writeFileSync } from 'node:fs';
import type { Server } from './server.ts';

const FILE = '/proc/self/oom_score_adj';
const MOST = 1000; // Linux: and as much below zero.
const LOOK_MS = 1000; // How often it is looked whether a master has become a replica.
const FAILED = 'Failed to set current oom_score_adj. Check server logs.';

/** Sets the process's score as the configuration says, now and whenever that changes. */
export function followOomScore(server: Server): void {
  const { config, log, clock } = server;
  let base: number | null = null; // What it was before we changed it; null while we have not.

  /** Brings the score up to date; returns what is wrong, if anything is. */
  const apply = (): string | undefined => {
    const { 'oom-score-adj': mode, 'oom-score-adj-values': values } = config.values;
    if (mode === 'no' && base === null) return undefined;
    try {
      base ??= Number(readFileSync(FILE, 'latin1'));
      const own = values[server.isFollowing ? 1 : 0];
      const score = mode === 'no' ? base : (mode === 'absolute' ? 0 : base) + own;
      if (mode === 'no') base = null;
      writeFileSync(FILE, `${Math.max(-MOST, Math.min(MOST, score))}\n`);
      return undefined;
    } catch (problem) {
      log.warning(`Unable to write oom_score_adj: ${(problem as Error).message}`);
      return FAILED;
    }
  };

  let wasReplica = server.isFollowing;
  const look = () => {
    if (wasReplica !== server.isFollowing) apply();
    wasReplica = server.isFollowing;
    clock.atLeisure(LOOK_MS, look);
  };

  apply();
  config.onChange('oom-score-adj', apply);
  config.onChange('oom-score-adj-values', apply);
  clock.atLeisure(LOOK_MS, look);
}
