// What RESPITE steers where there is no RunningServer: the server of the command line.

import type { Controlled } from './control.ts';
import { Double } from './double.ts';
import { dumpOf } from './dump.ts';
import { leaksOf } from './leaks.ts';
import { type House, restart } from './restart.ts';
import { seed } from './seed.ts';
import { States } from './state.ts';

export function controlled(house: House): Controlled {
  const { server } = house;
  const states = new States(server);
  const double = new Double(server);
  return {
    clock: server.clock,
    faults: double.faults,
    journal: double.journal,
    intercept: (which, handler) => double.interceptions.add(which, handler),
    leaks: () => leaksOf(server),
    snapshot: () => states.take(),
    restore: (snapshot, options) => states.restore(snapshot, options),
    seed: (data) => seed(server, data),
    dump: () => dumpOf(server),
    restart: (options = {}) => restart(house, options),
  };
}
