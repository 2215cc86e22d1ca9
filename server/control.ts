// Lets a server be steered by the RESPITE command (double/control.ts), where its configuration says
// so. What carries it out is not loaded where it does not.

import type { Controlled } from './double/control.ts';
import type { House } from './double/restart.ts';
import type { Server } from './server.ts';

/** Resolves once the server has the commands, if it is to have them. */
export async function allowControl(server: Server, controlled: Controlled): Promise<void> {
  const who = server.config.values['enable-respite-command'];
  if (who === 'no') return;
  const { controlCommands } = await import('./double/control.ts');
  server.commands.add(controlCommands(controlled, who === 'local'));
}

/** The same for a server that is a program by itself. */
export async function allowControlOfProgram(house: House): Promise<void> {
  if (house.server.config.values['enable-respite-command'] === 'no') return;
  const { controlled } = await import('./double/control-program.ts');
  await allowControl(house.server, controlled(house));
}
