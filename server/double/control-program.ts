// What RESPITE steers where there is no RunningServer: the server of the command line.

import type { Server } from '../server.ts';
import type { Controlled } from './control.ts';
import { Double } from './double.ts';
import { States } from './state.ts';

export function controlled(server: Server): Controlled {
  const states = new States(server);
  const double = new Double(server);
  return {
    clock: server.clock,
    faults: double.faults,
    journal: double.journal,
    snapshot: () => states.take(),
    restore: (snapshot, options) => states.restore(snapshot, options),
  };
}
