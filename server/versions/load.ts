// The commands of other versions are loaded when a server is to be one.

import type { CommandTable } from '../command-table.ts';
import type { Version } from './version.ts';

/** The commands of a version; undefined for 8.0, which needs nothing loaded. */
export async function loadCommands(version: Version): Promise<CommandTable | undefined> {
  if (version.isCurrent) return undefined;
  const { commandsOf } = await import('./commands.ts');
  return commandsOf(version.name);
}
