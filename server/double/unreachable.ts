// A server that is there, and cannot be reached: its ports and its socket are closed for a while.

import type { House } from './restart.ts';

/**
 * Closes ports and the Unix socket. Connections that are there stay; who connects is refused by the
 * operating system. What it resolves to opens them again, at the same place, when it is disposed;
 * that rejects if somebody else has taken the port.
 */
export async function unreachable(house: House, ended: () => boolean): Promise<AsyncDisposable> {
  const { listeners, listens } = house;
  await listeners.close();
  let closed = true;
  return {
    async [Symbol.asyncDispose]() {
      if (!closed || !listens || ended()) return;
      closed = false;
      await listeners.open();
    },
  };
}
