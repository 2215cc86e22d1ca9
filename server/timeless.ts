// Commands that are run again: what an append-only file says, or a master.
//
// No time passes for them: a key that had not expired when a command found it has to be found here
// as well, however late it is by now.

import type { Client } from './client.ts';
import type { Command } from './command-table.ts';

/**
 * Whether a command says when something is to happen by how long it takes till then, or notes the
 * time. For all others no time passes: what they found when they were written had not expired.
 */
export function dependsOnNow({ spec }: Command, argv: readonly string[]): boolean {
  if (spec.group === 'stream' || RELATIVE.has(spec.name)) return true;
  if (!MAY_BE_RELATIVE.has(spec.name)) return false;
  return argv.some((word, i) => i > 1 && word.length === 2 && /^[ep]x$/i.test(word));
}

const RELATIVE = new Set([
  ...['expire', 'pexpire', 'setex', 'psetex', 'hexpire', 'hpexpire', 'restore'],
  ...['eval', 'evalsha', 'fcall'], // Who knows.
  'exec', // Each of its commands for itself.
]);
const MAY_BE_RELATIVE = new Set(['set', 'getex', 'hgetex', 'hsetex']);

/** Runs a command's handler while time stands still, unless the command is about the time. */
export function runTimeless(c: Client, command: Command): void {
  if (dependsOnNow(command, c.argv)) return command.run(c);
  const { clock } = c.server;
  const now = clock.ms;
  clock.ms = 0;
  try {
    command.run(c);
  } finally {
    clock.ms = now;
  }
}
