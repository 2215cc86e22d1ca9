// What happens, for whoever subscribes to node's diagnostics channels. Nobody does: nothing is
// spent.
//
//   respite:command       { command, milliseconds, error }   a call has been settled
//   respite:connection    { state, error }                   a connection has come or gone

import { channel } from 'node:diagnostics_channel';
import type { State } from './endpoint.ts';
import type { Request } from './request.ts';
import { now } from './time.ts';

const commandChannel = channel('respite:command');
const connectionChannel = channel('respite:connection');

/** Whether anybody wants to know of requests. */
export function isWatched(): boolean {
  return commandChannel.hasSubscribers;
}

/** Tells of a request once it is settled, if anybody listens. */
export function watchRequest(request: Request): void {
  if (!commandChannel.hasSubscribers) return;
  const start = now();
  const command = request.describe();
  const tell = (error: unknown): void => {
    commandChannel.publish({ command, milliseconds: now() - start, error });
  };
  request.promise.then(() => tell(null), tell);
}

export function tellState(state: State, error: Error | null): void {
  if (connectionChannel.hasSubscribers) connectionChannel.publish({ state, error });
}
